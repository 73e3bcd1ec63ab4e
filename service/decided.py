"""From what people decided on kept notes to billed notes a ranker can learn from."""

from __future__ import annotations

from collections.abc import Iterable

from corpus.catalogue import first_of_twins
from service.settings import load_settings
from service.store.store import KeptNote, Store

_OF_THE_CHARGE = frozenset(("units", "already-charged"))
"""Reasons to reject a charge that do not speak against its code."""


def decided_codes(kept: KeptNote) -> tuple[str, ...] | None:
    """The codes a kept note stands for by the last decision on each; ``None`` while one that was offered is undecided.

    An undecided note would teach that what nobody looked at was right. Two codes that two payers want for one service are decided
    on as one: a note can be asked about for one payer and then for another. A code that only stands in the place of another falls
    when that one is accepted after all or gets a second correction.
    """
    stands: dict[str, tuple[str, bool]] = {}
    in_place: dict[str, tuple[str, tuple[str, bool] | None]] = {}
    for decision in kept.decisions:
        if decision.reason in _OF_THE_CHARGE:
            continue
        service = first_of_twins(decision.code)
        first = first_of_twins(decision.replaced or decision.code)
        if first in in_place and (decision.replaced or decision.action == "accept"):
            _fall(stands, *in_place.pop(first))
        in_place = {of: other for of, other in in_place.items() if other[0] != service}
        if decision.replaced:
            if not stands.get(service, ("", False))[1]:
                in_place[first] = (service, stands.get(service))
            stands[first] = (decision.replaced, False)
        stands[service] = (decision.code, decision.action in ("accept", "add", "correct"))
    if any(first_of_twins(code) not in stands for code in kept.codes):
        return None
    return tuple(code for code, held in stands.values() if held)


def _fall(stands: dict[str, tuple[str, bool]], service: str, before: tuple[str, bool] | None) -> None:
    """Let stand of a service what stood before it took another's place."""
    stands.pop(service, None)
    if before is not None:
        stands[service] = before


def billed(notes: Iterable[KeptNote]) -> tuple[list[tuple[str, tuple[str, ...]]], int]:
    """Text and codes of the notes decided on as a whole, and how many others there are."""
    rows = [(kept.text, decided_codes(kept)) for kept in notes]
    done = [(text, codes) for text, codes in rows if codes is not None]
    return done, len(rows) - len(done)


def kept_rows() -> tuple[list[tuple[str, tuple[str, ...]]], int, int]:
    """`billed` of this installation's store, and how many notes its key does not open.

    Raises
    ------
    service.store.errors.StoreError
        When the store cannot be opened.
    ValueError
        When no kept note was decided on as a whole, or the key opens none.
    """
    unopened = 0

    def unopens() -> None:
        nonlocal unopened
        unopened += 1

    store = Store.open(load_settings())
    try:
        rows, undecided = billed(store.kept_notes(unopens))
    finally:
        store.close()
    if unopened and not rows and not undecided:
        raise ValueError(
            f"SOAPCODE_STORE_KEY (or store.key in the data folder) must be the key the kept notes were sealed with, it opens none of {unopened};"
            " set the one they were kept under, or keep and decide on notes under this one"
        )
    if not rows:
        raise ValueError(
            f"there must be kept notes of which every suggested code was accepted, rejected or corrected, found {undecided}"
            " others; switch retention on (see 'soapcode config') and decide on some"
        )
    return rows, undecided, unopened
