"""The records the pipeline fills: what a note says, with the offsets of the text as received.

All ``start``/``end`` are code points of the text as received, end-exclusive.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from corpus.vocabulary import Concept
from nlp.text import NoteText

Status = Literal["performed", "planned", "declined", "home", "history", "negated", "other", "finding", "diagnostic"]
Role = Literal["head", "tail", "list", "inline"]
TIMES = frozenset({"minutes", "clock"})
"""Kinds of a time that is told outright."""
TIMES_OR_BARE = TIMES | {"bare"}
"""Times, and numbers set off like one, without their unit."""
TIMES_OR_UNITS = TIMES | {"units"}
"""Times, and the units they give."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the note under one heading.

    Attributes
    ----------
    name : section name of ``headings.toml``; empty for an unknown heading or none.
    letter : S, O, A, P or empty.
    start, end : the stretch, heading included.
    heading : code points of the heading's words; empty where the note begins without one.
    body : where the words under the heading begin.
    """

    name: str
    letter: str
    start: int
    end: int
    heading: tuple[int, int]
    body: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A place where the writer names a service or its code.

    Attributes
    ----------
    service : service id.
    role : ``head`` before what it covers, ``tail`` after it, ``list`` in a closing list of
        services with minutes, ``inline`` anywhere else.
    code : the billing code, where the writer gave it.
    """

    start: int
    end: int
    service: str
    role: Role
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A phrase of the vocabulary found in the note.

    Attributes
    ----------
    concept : what it means.
    form : the spelling of the vocabulary that matched.
    """

    start: int
    end: int
    concept: Concept
    form: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A stated quantity.

    Attributes
    ----------
    kind : ``minutes`` (treatment time), ``bare`` (a number set off like one, without its unit), ``total`` and ``timed`` (session totals, minutes),
        ``clock`` (start-stop, value in minutes), ``units``, ``sets``, ``hold`` (seconds), ``load`` (pounds), ``distance``
        (feet), ``assist`` (value 0 = independent … 6 = total), ``group`` (people), ``area`` (sq cm),
        ``muscles``, ``other_time`` (a time that is not treatment), ``meant`` (one that was planned or begun, of which less was done),
        ``pause`` (one of an interruption, a state, a drug left on or a message, which is no service's), ``withdrawn`` (one that the writer takes back),
        ``listed`` (numbers whose unit, no time's, stands behind the last of their list), ``age`` (years, of who the note is of).
    value : the number in the unit given above.
    """

    start: int
    end: int
    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that decided something: a status, or a purpose pointing at a service."""

    start: int
    end: int
    label: str
    rule: str


@dataclass(slots=True)
class Segment:
    """A clause or list item: the unit that is judged.

    Attributes
    ----------
    line, sentence, block : running numbers of the line, sentence and blank-line block it is in.
    section : index into `ParsedNote.sections`; -1 before the first heading.
    tokens : first and end token of the note text.
    bullet : stands behind a bullet or list number.
    ticked : state of its checkbox, ``None`` without one.
    cell : column in a table row, ``None`` outside tables.
    joined : one stretch with the segment before it, split only between two treatments with one time ("heat with IFC 15 min").
    coordinated : one clause with the segment before it, split at an "and" between two services ("stairs and balance drills").
    timed : a name of it has the number at its place in a row of times; ``False`` where that is zero, ``None`` without one.
    marks : services named in it.
    strong : services whose mark covers it (heading on its line or block, name and minutes behind it).
    weak : services of the last heading above it whose reach is doubtful.
    """

    start: int
    end: int
    line: int
    sentence: int
    block: int
    section: int
    tokens: tuple[int, int]
    bullet: bool = False
    ticked: bool | None = None
    cell: int | None = None
    joined: bool = False
    coordinated: bool = False
    timed: bool | None = None
    mentions: list[Mention] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    purposes: list[Cue] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    status: Status = "performed"
    status_cue: Cue | None = None

    def has_time(self, kinds: Collection[str] = TIMES) -> bool:
        """Whether a time stands in it, of one of the kinds."""
        return any(m.kind in kinds for m in self.measures)


@dataclass(slots=True)
class ParsedNote:
    """Everything the pipeline found, layer by layer; a layer not yet run is ``None``."""

    text: NoteText
    sections: list[Section] | None = None
    segments: list[Segment] | None = None
    mentions: list[Mention] | None = None
    marks: list[Mark] | None = None
    measures: list[Measure] | None = None
    purposed: bool = False
    judged: bool = False
