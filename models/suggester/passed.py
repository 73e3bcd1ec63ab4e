"""Services that a note names with a time as its own work and that were not suggested: a person should look."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from corpus.services import load_services
from nlp.note import TIMES_OR_UNITS, ParsedNote, Segment
from nlp.undone import is_firm, is_plainly_undone

_NAMED = frozenset({"head", "list"})
_ASK = "a person should say whether it was given."


def passed_over(note: ParsedNote, suggested: Collection[str]) -> str | None:
    """A sentence on the first service named with a time in words that nothing speaks against, though it is not suggested; ``None`` for none.

    Parameters
    ----------
    note : with its segments and their status.
    suggested : ids of the services suggested, and of those taken back for a reason the answer tells.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> passed_over(parse("97110 x 2 units, 97140 x 1 unit"), {"ther_ex"})
    'The note names manual therapy with a time or units, and it was not suggested: a person should say whether it was given.'
    >>> passed_over(parse("97110 x 2 units. Plan: 97140 15 min"), {"ther_ex"}) is None
    True
    """
    services = load_services()
    codes = {code for service in suggested for code in services[service].codes}
    for service in _named(note):
        if codes.isdisjoint(services[service].codes):
            name = services[service].name
            return f"The note names {name} with a time or units, and it was not suggested: {_ASK}"
    return None


def _named(note: ParsedNote) -> Iterator[str]:
    for segment in note.segments or ():
        if segment.status == "performed" and _is_timed(segment) and not _is_doubtful(note, segment):
            yield from (mark.service for mark in segment.marks if mark.role in _NAMED or mark.code)


def _is_timed(segment: Segment) -> bool:
    return any(m.kind in TIMES_OR_UNITS and m.value > 0 for m in segment.measures)


def _is_doubtful(note: ParsedNote, segment: Segment) -> bool:
    """Whether the segment's own words speak for another status, or were answered by a box."""
    says = any(cue.label not in ("performed", "stop", "hint", "begun") for cue in segment.cues)
    return says or segment.ticked is False or is_firm(note, segment) or is_plainly_undone(note, segment)
