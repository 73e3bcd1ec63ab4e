"""What speaks for or against a segment's having been delivered at this visit, other than its words."""

from __future__ import annotations

from typing import Any

from corpus.cues import cue_families
from models.shares import AS_WRITTEN, Usage
from nlp.above import is_beyond
from nlp.note import TIMES, TIMES_OR_UNITS, Segment

Signature = tuple[Any, ...]
_NAMED = 0.9
"""What a service's own name in a list or behind one counts for, beside concepts' shares of billed uses."""
_MOSTLY = 2
"""In quarters, as in `signature`."""
OPENS = "opens"


def signature(segment: Segment, section: str, position: float, size: int, usage: Usage = AS_WRITTEN) -> Signature:
    """All that `signs_of` looks at; it holds no word of the note, so what it leads to may be kept."""
    best = _NAMED if any(mark.role != "head" for mark in segment.marks) else 0.0
    for mention in segment.mentions:
        own = usage.get(mention.concept.id)
        best = max(best, sum(mention.concept.priors.values()) if own is None else float(own.sum()))
    rule = segment.status_cue.rule if segment.status_cue else "default"
    return (
        rule.removeprefix("section:") if is_beyond(rule) else section,
        segment.status,
        rule,
        int(best * 4),
        int(position * 4),
        min(size, 12) // 3,
        "strong" if segment.strong else "weak" if segment.weak else "bare",
        tuple([(cue.label, cue.rule) for cue in segment.cues]),
        _kinds(segment),
        tuple(sorted({m.kind for m in segment.measures})) if segment.measures else (),
        segment.ticked,
        segment.bullet,
        None if segment.cell is None else min(segment.cell, 3),
        _naming(segment),
    )


def _naming(segment: Segment) -> str:
    """Whether a service's name or code stands in a list or behind one, and with a time."""
    if all(mark.role == "head" for mark in segment.marks):
        return ""
    return "timed" if has_time(segment) else "untimed"


def has_time(segment: Segment) -> bool:
    """Whether a segment has a time of its own, or the units of a code ("97140 x1")."""
    coded = any(mark.code for mark in segment.marks)
    return bool(segment.timed) or segment.has_time(TIMES_OR_UNITS if coded else TIMES)


def _kinds(segment: Segment) -> tuple[str, ...]:
    """Kinds of the segment's concepts; of a name that only opens what follows ("Ther Ex:") that it is one, for it says
    nothing of its own, unlike the same name in a list of what is planned.
    """
    if any(m.role == "head" and m.start <= segment.start and segment.end <= m.end for m in segment.marks):
        return (OPENS,)
    return tuple(sorted({m.concept.kind for m in segment.mentions})) if segment.mentions else ()


def speaks_itself(found: Signature) -> bool:
    """Whether a segment says on its own that it was done: mostly billed words, and no cue against them."""
    return bool(found[1] == "performed" and found[3] >= _MOSTLY)


def signs_of(found: Signature) -> list[str]:
    """Features that say whether a segment was delivered at this visit, other than its words."""
    section, status, rule, prior, place, size, mark, cues, kinds, measures, ticked, bullet, cell, naming = found
    out = [
        f"sec:{section}",
        f"st:{status}",
        f"prior:{prior}",
        mark,
        f"cue:{rule}",
        f"pos:{place}",
        f"len:{size}",
        f"st:{status}|sec:{section}",
        f"cue:{rule}|sec:{section}",
        f"prior:{prior}|sec:{section}",
        f"prior:{prior}|st:{status}",
        f"pos:{place}|sec:{section}",
        f"{mark}|st:{status}",
    ]
    family = cue_families().get(rule.partition(":")[2])
    if family:
        out.append(f"fam:{family}")
        out.append(f"fam:{family}|prior:{prior}")
    for label, cue_rule in cues:
        out.append(f"cues:{label}")
        out.append(f"cuer:{cue_rule}")
    for kind in kinds:
        out.append(f"kind:{kind}")
        out.append(f"kind:{kind}|sec:{section}")
    for measure in measures:
        out.append(f"m:{measure}")
        out.append(f"m:{measure}|st:{status}")
        out.append(f"m:{measure}|sec:{section}")
    if ticked is not None:
        out.append(f"tick:{ticked}")
    if bullet:
        out.append("bullet")
    if cell is not None:
        out.append(f"cell:{cell}")
    if naming:
        out.append(f"name:{naming}|st:{status}")
    return out
