"""Cues: words that decide a status, and phrases that state a purpose."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from corpus.errors import CorpusError
from corpus.services import load_services
from corpus.tables import DATA, Record, read_tables


class StatusCue(Record):
    """Phrases that give what stands near them a status.

    Attributes
    ----------
    label : the status; ``performed`` speaks for delivery, ``stop`` ends the reach of an earlier cue, ``hint`` decides nothing.
        ``begun`` takes back what an ``unfinished`` cue before it in its sentence says: it was started, then stopped.
    direction : where the target stands seen from the cue.
    reach : how far: to the end of the clause, sentence or line; ``list`` is a clause, or the list which its words open ("HEP on file:
        bridges, clams"); ``beside`` is the treatment right before it in its clause, forward the modality or technique right behind it; ``note`` is the clause and all above that names a service it names; ``head`` phrases are cues only where they
        open a list, or stand alone above one (`nlp.heads`).
    firm : whether a service that has only segments with such a cue of their own or of their heading is not delivered, whatever else
        speaks for it.
    where_taught : phrases of it that say nothing behind a word of teaching in a segment with a time ("taught log roll at home 10 min").
    unless_service : services beside whose name in its segment, or under whose heading, a phrase is no cue.
    phrases : lower-case phrases, matched by normal form; ``#`` is a whole number of at most two digits.
    """

    label: Literal[
        "planned", "declined", "home", "history", "negated", "other", "finding", "diagnostic", "performed", "stop",
        "hint", "unfinished", "begun",
    ]  # fmt: skip
    direction: Literal["forward", "backward", "both"]
    reach: Literal["beside", "clause", "list", "sentence", "line", "note", "head"]
    firm: bool = False
    where_taught: tuple[str, ...] = ()
    unless_service: tuple[str, ...] = ()
    phrases: tuple[str, ...] = Field(min_length=1)


class Purpose(Record):
    """Phrases that say what something was done for.

    Attributes
    ----------
    service : the service such a purpose points at.
    phrases : lower-case phrases, matched by normal form.
    """

    service: str
    phrases: tuple[str, ...] = Field(min_length=1)


@cache
def load_status_cues(path: Path = DATA / "status.toml") -> tuple[StatusCue, ...]:
    """All status cues in file order.

    Raises
    ------
    CorpusError
        Naming file and line, when a phrase stands twice in one entry or a service is unknown.
    """
    cues = []
    for cue, line in read_tables(path, "cue", StatusCue):
        _no_repeats(cue.phrases, path, line)
        stray = next((service for service in cue.unless_service if service not in load_services()), None)
        if stray is not None:
            raise CorpusError(path, line, f"unless_service must name services of services.toml, got {stray!r}")
        cues.append(cue)
    return tuple(cues)


@cache
def cue_families() -> dict[str, str]:
    """Phrase -> the kinds of entry it stands in, as one name: phrases of one family speak alike, however rare each is."""
    kinds: dict[str, list[str]] = {}
    for cue in load_status_cues():
        for phrase in cue.phrases:
            kinds.setdefault(phrase, []).append(
                f"{cue.label} {cue.direction} {cue.reach}{' firm' if cue.firm else ''}"
            )
    return {phrase: "+".join(found) for phrase, found in kinds.items()}


@cache
def load_purposes(path: Path = DATA / "purposes.toml") -> tuple[Purpose, ...]:
    """All purposes in file order.

    Raises
    ------
    CorpusError
        Naming file and line, when a service is unknown or a phrase stands twice.
    """
    purposes = []
    owner: dict[str, str] = {}
    for purpose, line in read_tables(path, "purpose", Purpose):
        if purpose.service not in load_services():
            raise CorpusError(path, line, f"a purpose must point at a service, got {purpose.service!r}")
        for phrase in purpose.phrases:
            if phrase in owner:
                raise CorpusError(path, line, f"{phrase!r} must stand under one service, got {owner[phrase]!r} too")
            owner[phrase] = purpose.service
        purposes.append(purpose)
    return tuple(purposes)


def _no_repeats(phrases: tuple[str, ...], path: Path, line: int) -> None:
    seen: set[str] = set()
    for phrase in phrases:
        if phrase in seen:
            raise CorpusError(path, line, f"a phrase must stand once in an entry, got {phrase!r} again")
        seen.add(phrase)
