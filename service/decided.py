"""From what people decided on kept notes to billed notes a ranker can learn from."""

from __future__ import annotations

from collections.abc import Iterable

from service.settings import load_settings
from service.store.store import KeptNote, Store


def decided_codes(kept: KeptNote) -> tuple[str, ...] | None:
    """The codes a kept note stands for by the last decision on each; ``None`` while a suggested one is undecided.

    An undecided note would teach that what nobody looked at was right.
    """
    stands: dict[str, bool] = {}
    for decision in kept.decisions:
        if decision.replaced:
            stands[decision.replaced] = False
        stands[decision.code] = decision.action in ("accept", "add", "correct")
    if any(code not in stands for code in kept.codes):
        return None
    return tuple(code for code, held in stands.items() if held)


def billed(notes: Iterable[KeptNote]) -> tuple[list[tuple[str, tuple[str, ...]]], int]:
    """Text and codes of the notes decided on as a whole, and how many others there are."""
    rows = [(kept.text, decided_codes(kept)) for kept in notes]
    done = [(text, codes) for text, codes in rows if codes is not None]
    return done, len(rows) - len(done)


def kept_rows() -> tuple[list[tuple[str, tuple[str, ...]]], int]:
    """`billed` of this installation's store.

    Raises
    ------
    service.store.errors.StoreError
        When the store cannot be opened.
    ValueError
        When no kept note was decided on as a whole.
    """
    store = Store.open(load_settings())
    try:
        rows, undecided = billed(store.kept_notes())
    finally:
        store.close()
    if not rows:
        raise ValueError(
            f"there must be kept notes of which every suggested code was accepted, rejected or corrected, found {undecided}"
            " others; switch retention on (see 'soapcode config') and decide on some"
        )
    return rows, undecided
