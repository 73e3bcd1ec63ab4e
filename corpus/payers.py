"""Payer profiles: unit rule and code choices."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from corpus.errors import CorpusError
from corpus.tables import DATA, Record, read_tables


class Payer(Record):
    """How one payer wants therapy billed.

    Attributes
    ----------
    id, name : the key callers use, and the name people know.
    unit_rule : ``cms`` (total time) or ``midpoint`` (per code, more than half).
    unattended_stim : the code it takes for unattended electrical stimulation.
    source : where that is written.
    """

    id: str
    name: str
    unit_rule: Literal["cms", "midpoint"]
    unattended_stim: Literal["97014", "G0283"]
    source: str


@cache
def load_payers(path: Path = DATA / "payers.toml") -> dict[str, Payer]:
    """Payers by id.

    Raises
    ------
    CorpusError
        When an id stands twice.

    Examples
    --------
    >>> load_payers()["medicare"].unattended_stim
    'G0283'
    """
    payers: dict[str, Payer] = {}
    for payer, line in read_tables(path, "payer", Payer):
        if payer.id in payers:
            raise CorpusError(path, line, f"a payer must stand once, got {payer.id!r} again")
        payers[payer.id] = payer
    return payers


def payer_named(name: str) -> Payer:
    """The profile of a payer.

    Raises
    ------
    ValueError
        Naming the payers there are.
    """
    payers = load_payers()
    if name not in payers:
        raise ValueError(f"payer must be one of {', '.join(payers)}, got {name!r}")
    return payers[name]
