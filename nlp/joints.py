"""Where one treatment ends and the next begins within a clause: joints, (end of the one, start of the next)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nlp.cues import find_cues
from nlp.layout import Piece
from nlp.marks import only_amounts
from nlp.note import Mark, Measure, Mention
from nlp.parallel import parallels_of
from nlp.text import NoteText

Joint = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Joints:
    """Where the clauses of a note are cut further.

    Attributes
    ----------
    found : joint -> whether both sides remain one stretch with one time ("heat with IFC 15 min").
    coordinated : where items begin that an "and" between two services sets off.
    turns : where items begin that take turns with their times; no name reaches back over one.
    """

    found: dict[Joint, bool]
    coordinated: frozenset[int]
    turns: frozenset[int]


def find_joints(
    note: NoteText,
    clauses: Sequence[Piece],
    mentions: Sequence[Mention],
    marks: Sequence[Mark],
    measures: Sequence[Measure],
) -> Joints:
    """The joints of a note's clauses; where two readers disagree, the first of them has found it."""
    joints = dict.fromkeys(_modality_joints(note, mentions), True)
    for joint in (*_list_joints(note, marks), *_parallel_joints(note)):
        joints.setdefault(joint, False)
    joints.update(dict.fromkeys(list(_amount_joints(note, mentions, measures, joints)), False))
    ends = {end for end, _ in joints}
    turns = [joint for joint in _alternating_joints(note, mentions, marks, measures) if joint[0] not in ends]
    joints.update(dict.fromkeys(turns, False))
    joints.update(dict.fromkeys(_bare_joints(note, clauses, mentions, marks), False))
    services = _uncued(note, clauses, _service_joints(note, mentions, marks, measures, joints))
    joints.update(services)
    joints.update(dict.fromkeys(list(_unmarked_joints(note, clauses, mentions, joints)), False))
    return Joints(joints, frozenset(start for _, start in services), frozenset(start for _, start in turns))


_JOINT = re.compile(
    r"(?P<own>[\s\d]*(?:min(?:ute)?s?\b|')?)\s*(?:\+|&|/|\band\b|\bw/|\bwith\b|\bw\b)\s*(?:an?\s|the\s)?\s*", re.I
)


def _modality_joints(note: NoteText, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """Where a word of joining stands between two modalities: (end of the first stretch, start of the second)."""
    out = []
    for one, other in pairwise(mentions):
        if one.concept.kind == other.concept.kind == "modality" and not set(one.concept.priors) & set(
            other.concept.priors
        ):
            joint = _JOINT.fullmatch(note.flat, one.end, other.start)
            if joint:
                out.append((one.end + len(joint["own"].rstrip()), other.start))
    return out


_THEN = re.compile(r"\s*+(?:,\s*+)?(?:\b(?:and|then|plus)\b|&|\+|→|->)\s*+(?:then\s++)?", re.I)
_FEW_WORDS = re.compile(r"(?:[a-z]++\s++){0,2}", re.I)
_OWN_AMOUNTS = frozenset({"minutes", "clock", "sets", "hold", "distance"})


def _amount_joints(
    note: NoteText,
    mentions: Sequence[Mention],
    measures: Sequence[Measure],
    taken: Iterable[tuple[int, int]],
) -> Iterator[tuple[int, int]]:
    """Where a word of joining stands between a treatment's amount and the next treatment ("bike 8 min and quad sets 3x10"):
    (end of the amount, start of the words of the next), unless the amount is cut from its treatment already (``taken``).
    """
    starts = [m.start for m in mentions if m.concept.priors]
    cuts = sorted(end for end, _ in taken)
    for measure in measures:
        joint = _THEN.match(note.flat, measure.end) if measure.kind in _OWN_AMOUNTS else None
        at = bisect_right(starts, measure.start)
        if joint is None or not 0 < at < len(starts):
            continue
        words = _FEW_WORDS.match(note.flat, joint.end())
        near = words is not None and starts[at] <= words.end()
        if near and bisect_right(cuts, measure.end) == bisect_left(cuts, starts[at - 1]):
            yield measure.end, joint.end()


_TREATMENTS = frozenset({"program", "exercise", "technique", "modality", "task", "adl", "education"})
_COORDINATOR = re.compile(
    r"(?P<own>[^\n.;:()\[\]|\t]{0,50})(?P<by>[ \t]*+(?:\b(?:and|plus)\b|[&+])[ \t]*+|(?<!\bw)(?<![\d\s])/(?!\s))(?P<words>(?:[a-z]++[ \t]++){0,2})",
    re.I,
)
_AIM = re.compile(
    r"\b(?:for|to|towards?|improv\w+|increas\w+|restor\w+|during|before|after|of|with|w/?|by|than)\s+(?:[\w-]+\s+){0,2}$",
    re.I,
)
"""Words that make what follows an aim, an occasion or a means of what was done, no treatment of its own."""
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|be|been|being|has|have|had|will|would|should|could|can|may|might|must|shall)\b", re.I
)
_MAIN, _MINOR = 0.4, 0.3


def _service_joints(
    note: NoteText,
    mentions: Sequence[Mention],
    marks: Sequence[Mark],
    measures: Sequence[Measure],
    taken: Iterable[tuple[int, int]],
) -> dict[tuple[int, int], bool]:
    """Where a coordinator stands between treatments of different services ("stair training and balance drills"): (end of the first,
    start of the words of the second), each with whether they remain one stretch, as the first has no amount of its own; unless they
    are cut apart already (``taken``).
    """
    flat = note.flat
    named = [(m.start, m.end, {m.service: 1.0}) for m in marks]
    named += [
        (m.start, m.end, m.concept.priors) for m in mentions if m.concept.kind in _TREATMENTS and m.concept.priors
    ]
    ends = sorted(end for end, _ in taken)
    amounts = [m.start for m in measures]
    out: dict[tuple[int, int], bool] = {}
    first: tuple[int, int, Mapping[str, float]] | None = None
    for second in sorted(named, key=lambda item: (item[0], -item[1])):
        if first is not None and second[0] < first[1]:
            continue
        joint = _COORDINATOR.fullmatch(flat, first[1], second[0]) if first and _differ(first[2], second[2]) else None
        if first is not None and joint is not None:
            line = flat.rfind("\n", 0, first[0]) + 1
            end, start = first[1] + len(joint["own"].rstrip()), joint.end("by")
            bare = bisect_left(amounts, first[1]) == bisect_left(amounts, end)
            aimed = _AIM.search(flat[max(line, first[0] - 30) : first[0]]) or (bare and _AIM.search(joint["own"]))
            if not aimed and bisect_left(ends, first[1]) == bisect_right(ends, second[0]):
                out[end, start] = bare
        first = second
    return out


_UNMARKED = 90
"""Characters from which a clause without a mark may hold treatments of several services one after another."""
_NEAR = 80
"""Characters before a treatment that may say what it is to the one before."""
_JOINS_ON = re.compile(
    r"(?<![\w'-])(?:to|for|with|w|by|on|in|into|of|off|from|at|over|under|through|during|while|before|after|than|like|as|or|no|not|without)\s+(?:[\w'-]+\s+){0,2}$|/$",
    re.I,
)
"""Words before a treatment that make it a part, an aim or a means of what stands before it, or nothing that was done."""
_DETERMINERS = re.compile(
    r"(?:\b(?:and|then|plus|some|the|a|an|his|her|their|my|more|also|did|with her doing|with him doing)\s+)+$", re.I
)


def _unmarked_joints(
    note: NoteText, clauses: Sequence[Piece], mentions: Sequence[Mention], taken: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Where a treatment of another service begins in a long clause without a mark: "the blades around the knee heel slides bridges"."""
    flat = note.flat
    ends = sorted(end for end, _ in taken)
    named = [m for m in mentions if m.concept.kind in _TREATMENTS and m.concept.priors]
    starts = [m.start for m in named]
    for clause in clauses:
        if clause.end - clause.start < _UNMARKED:
            continue
        row = named[bisect_left(starts, clause.start) : bisect_left(starts, clause.end)]
        for first, second in pairwise(row):
            if first.end >= second.start or not _differ(first.concept.priors, second.concept.priors):
                continue
            near = max(first.end, second.start - _NEAR)
            if _JOINS_ON.search(flat, near, second.start):
                continue
            if bisect_left(ends, first.end) != bisect_right(ends, second.start):
                continue
            lead = _DETERMINERS.search(flat, near, second.start)
            start = lead.start() if lead else second.start
            end = first.end + len(flat[first.end : start].rstrip())
            if end < start:
                yield end, start


_BARE = frozenset({"modality", "technique", "program", "device"})
_ONLY_SPACE = re.compile(r"[ \t]*")


def _bare_joints(
    note: NoteText, clauses: Sequence[Piece], mentions: Sequence[Mention], marks: Sequence[Mark]
) -> Iterator[tuple[int, int]]:
    """Where one name ends and the next begins in a clause that is nothing but names of different services: "ice tens ultrasound"."""
    named = [(m.start, m.end, m.concept.priors) for m in mentions if m.concept.kind in _BARE and m.concept.priors]
    taken = frozenset(start for start, _, _ in named)
    named += [(m.start, m.end, {m.service: 1.0}) for m in marks if m.start not in taken]
    named.sort(key=lambda name: name[0])
    starts = [start for start, _, _ in named]
    for clause in clauses:
        row = named[bisect_left(starts, clause.start) : bisect_left(starts, clause.end)]
        if len(row) < 2 or row[0][0] != clause.start or not _ONLY_SPACE.fullmatch(note.flat, row[-1][1], clause.end):
            continue
        beside = list(pairwise(row))
        if all(
            _ONLY_SPACE.fullmatch(note.flat, a[1], b[0]) and a[1] < b[0] and _differ(a[2], b[2]) for a, b in beside
        ):
            yield from ((a[1], b[0]) for a, b in beside)


def _uncued(
    note: NoteText, clauses: Sequence[Piece], joints: Mapping[tuple[int, int], bool]
) -> dict[tuple[int, int], bool]:
    """The joints of clauses without a word that something was not done, for such a word is said of the whole clause unless it stands
    right before the coordinator ("ultrasound deferred and bike 8 min"); and without an auxiliary verb, for whole sentences tell what
    was, is or will be more often than what was done here ("he was given ultrasound and stretching").
    """
    if not joints:
        return {}
    said = [
        c for c, _, _ in note.once("cues", find_cues) if c.label not in ("performed", "stop", "unfinished", "begun")
    ]
    cues = [cue.start for cue in said]
    starts = [clause.start for clause in clauses]
    out = {}
    for joint, one in joints.items():
        clause = clauses[bisect_right(starts, joint[0]) - 1]
        inside = said[bisect_left(cues, clause.start) : bisect_left(cues, clause.end)]
        told = _AUXILIARY.search(note.flat, clause.start, clause.end)
        if told is None and all(cue.end == joint[0] for cue in inside):
            out[joint] = one
    return out


def _differ(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether two treatments point clearly to different services."""
    main, second = max(one, key=one.__getitem__), max(other, key=other.__getitem__)
    return min(one[main], other[second]) >= _MAIN and other.get(main, 0.0) < _MINOR and one.get(second, 0.0) < _MINOR


_SOFT = re.compile(r"[^\n.;:,()\[\]|\t]{0,40}")
_NAMES_FIRST = re.compile(r"N+(?:AN+)+A?N*")
_TIMES_FIRST = re.compile(r"AN+(?:AN+)+")
_UNKNOWN_NAME = re.compile(
    r"(?:^|[\n.;:,()\[\]|\t])(?=[^\n.;:,()\[\]|\t]*[a-z]{3})(?!\W*(?:for|about|approx|spent|then|and|the|did|with|first|total|another|next|after)\b)[^\n.;:,()\[\]|\t]*$",
    re.I,
)
"""Words before the first time of a clause that the vocabulary does not know."""
_BEFORE_NAME = re.compile(
    r"\s*(?:[+/&>-]+\s*|(?:and|then|plus)\s+)?(?:(?!(?:to|for|at|on|in|of|or|nor|w|with|x|by|per|each)\b)[a-z]++\s++){0,2}",
    re.I,
)
_JOINING = re.compile(r"\b(?:then|and|plus)\b|[+/&>]")
_BEFORE_TIME = re.compile(r"\s*(?:[+/&>-]+|\b(?:and|then|plus))?\s*$", re.I)


def _alternating_joints(
    note: NoteText, mentions: Sequence[Mention], marks: Sequence[Mark], measures: Sequence[Measure]
) -> Iterator[tuple[int, int]]:
    """Where one item ends and the next begins in names and times that take turns without a separator: "contrast 12 min US 6 min",
    "10 min bike 8 min squats". Whether names or times come first decides on which side of a time the cut is.
    """
    flat = note.flat
    times = [(m.start, m.end - (flat[m.end - 1] == "."), "A") for m in measures if m.kind in ("minutes", "clock")]
    if len(times) < 2:
        return
    names = [(m.start, m.end, "N") for m in mentions if m.concept.priors]
    names += [(m.start, m.end, "N") for m in marks if m.role != "head"]
    run: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(names + times):
        if run and start < run[-1][1]:
            if kind == "N" or run[-1][2] == "A":
                continue
            run[-1] = (run[-1][0], run[-1][0] + len(flat[run[-1][0] : start].rstrip()), "N")
        if run and not _SOFT.fullmatch(flat, run[-1][1], start):
            yield from _turns(flat, run)
            run = []
        if not run and kind == "A" and _UNKNOWN_NAME.search(flat[max(0, start - 30) : start]):
            run.append((start, start, "N"))
        run.append((start, end, kind))
    yield from _turns(flat, run)


def _turns(flat: str, run: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int]]:
    """The joints of one run of names (N) and times (A)."""
    kinds = "".join(kind for _, _, kind in run)
    if kinds.count("A") < 2:
        return
    behind = [flat[end:start] for (_, end, kind), (start, _, _) in pairwise(run) if kind == "A"]
    if _TIMES_FIRST.fullmatch(kinds) and not any(map(_JOINING.search, behind)):
        for (_, end, _), (start, _, kind) in pairwise(run):
            if kind == "A":
                yield end + _BEFORE_TIME.search(flat[end:start]).start(), start  # type: ignore[union-attr]
    elif _NAMES_FIRST.fullmatch(kinds) or _TIMES_FIRST.fullmatch(kinds):
        last = kinds.rfind("A")
        for (_, end, kind), (start, _, _) in pairwise(run[: last + 1]):
            gap = _BEFORE_NAME.fullmatch(flat, end, start) if kind == "A" else None
            if gap:
                yield end, start - len(gap[0].lstrip(" +/&>-"))


_AMOUNT_BEHIND = re.compile(r"\s*+[:=x(\[@_.-]*+\s*+\d")
_AMOUNT_BEFORE = re.compile(
    r"(?<![\w./:-])\d{1,3}[ \t]{0,2}(?:'|min(?:ute)?s?\b\.?|m\b)?(?:[ \t]of)?[ \t]{0,2}$", re.I | re.A
)
_OPENING_AMOUNT = re.compile(rf"(?:^|[\n,;:.(|=/\[-])[ \t]{{0,3}}{_AMOUNT_BEFORE.pattern}", re.I | re.A)
_AMOUNT_WIDTH = 24
_AND = re.compile(r"\band$", re.I)
_GAP = " \t,;/+&|·•-"


def _list_joints(note: NoteText, marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Where one item of a list of names and amounts ends and the next begins ("TE 20 NMR 15", "20 min TE 15 min NMR")."""
    flat = note.flat
    out: list[tuple[int, int]] = []
    run: list[Mark] = []
    for mark in marks:
        if run and not (mark.role == "list" and only_amounts(flat, run[-1].end, mark.start)):
            out.extend(_turning(flat, run))
            run = []
        if mark.role == "list":
            run.append(mark)
    out.extend(_turning(flat, run))
    return out


def _turning(flat: str, run: Sequence[Mark]) -> Iterator[tuple[int, int]]:
    """The joints of one list of names and amounts: behind the amounts, unless amounts stand before their names ("8MT 23TE")."""
    if len(run) < 2:
        return
    before = flat[max(0, run[0].start - _AMOUNT_WIDTH) : run[0].start]
    last = _AMOUNT_BEHIND.match(flat, run[-1].end)
    behind = not (_OPENING_AMOUNT if last else _AMOUNT_BEFORE).search(before)
    for one, other in pairwise(run):
        begin = other.start if behind else other.start - len(flat[one.end : other.start].lstrip(_GAP))
        end = one.end + len(_AND.sub("", flat[one.end : begin].rstrip(_GAP)).rstrip(_GAP))
        if end < begin:
            yield end, begin


def _parallel_joints(note: NoteText) -> Iterator[tuple[int, int]]:
    """Where one name ends and the next begins in names with as many numbers behind them: "TE/NMR/MT = 23/12/8"."""
    for parallel in parallels_of(note):
        yield from ((first[1], second[0]) for first, second in pairwise(parallel.names))
