"""What a segment's own words say of its not being done, so plainly that nothing overrules them."""

from __future__ import annotations

import re

from nlp.cues import firm
from nlp.note import Cue, ParsedNote, Segment
from nlp.text import NoteText


def is_firm(note: ParsedNote, segment: Segment) -> bool:
    r"""Whether a firm cue (`corpus.cues.StatusCue`) among a segment's own words or behind them, or in its heading, gives it its status.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> note = parse("Manual traction last time 5 min, bike 5 min\nPhase 2 starts visit 6: lunges")
    >>> [is_firm(note, segment) for segment in note.segments]
    [True, False, True]
    """
    cue = segment.status_cue
    if cue is None or cue.rule not in firm() or segment.status != cue.label:
        return False
    if segment.start <= cue.start:
        return True
    heading = note.sections[segment.section].heading if note.sections and segment.section >= 0 else (0, 0)
    return heading[0] <= cue.start < heading[1]


_BESIDE = re.compile(
    r"(?:[ \t]|\d|[\d]\.(?=\d)|[x/'\"#%(*-]|\b(?:mins?|minutes|reps?|sets?|lbs?|the|any|was|were|is|are|to|today|r|l|right|left|bilat)\b)*",
    re.I,
)
"""What may stand between a treatment and the word that it was not done, so that it is said of nothing else."""
_LEAD = 2
"""Words before the treatment or the cue; also behind a cue that opens a segment of which no word is known ("No manual")."""


_COUNTED = re.compile(r"[ \t]*[,(–-]*[ \t]*\d")


def stands_beside(note: NoteText, segment: Segment, cue: Cue) -> bool:
    """Whether a cue stands right behind a treatment, and no number behind it: "paraffin held, open wound", not "plank held, 30 s"."""
    ends = [m.end for m in segment.mentions if m.concept.priors] + [m.end for m in segment.marks]
    before = max((end for end in ends if end <= cue.start), default=-1)
    beside = before >= 0 and _BESIDE.fullmatch(note.flat, before, cue.start) is not None
    return beside and _COUNTED.match(note.flat, cue.end) is None


def leads_treatment(note: NoteText, segment: Segment, cue: Cue) -> bool:
    """Whether a cue stands right before a modality or technique: "home TENS", "held traction", not "home safety",
    "held contract-relax 10 s x3"; or opens a segment behind whose treatment the reason stands: "held wrist stretch, too irritable".
    """
    if cue.label == "declined":
        if any(m.kind in _REPEATED for m in segment.measures):
            return False
        if cue.start == segment.start and _REASON.match(note.flat, segment.end):
            return any(m.concept.priors for m in segment.mentions)
    return any(m.concept.kind in _APPLIED and 0 < m.start - cue.end <= 2 for m in segment.mentions)


_REASON = re.compile(
    r"[ \t]*[,(–-]?[ \t]*(?:still[ \t]|was[ \t]|is[ \t])?(?:too[ \t](?:irritable|painful|sore|tender|inflamed|acute|swollen|guarded|reactive|hot|soon|early|fatigued|tired|dizzy)"
    r"|due to|d/t|2/2|secondary to|because|per (?:protocol|md|surgeon)|irritable|flared)\b",
    re.I,
)
"""Why something was not done."""


_REPEATED = frozenset({"hold", "sets"})
_APPLIED = frozenset({"modality", "technique"})


def is_plainly_undone(note: ParsedNote, segment: Segment) -> bool:
    r"""Whether a segment names one treatment and says right beside it that it was declined, held or not done.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> note = parse("No Epley. Pt passed on ice. Tall kneeling no hands 4 min. Bike 6 min, no traction today")
    >>> [is_plainly_undone(note, segment) for segment in note.segments]
    [True, True, False, False, True]
    """
    cue = segment.status_cue
    inside = cue is not None and segment.start <= cue.start < segment.end
    if cue is None or not inside or segment.status not in ("declined", "negated"):
        return False
    first_of: dict[str, tuple[int, int]] = {}
    for mention in segment.mentions:
        if mention.concept.priors:
            first_of.setdefault(mention.concept.id, (mention.start, mention.end))
    named = [*first_of.values(), *((m.start, m.end) for m in segment.marks)]
    flat = note.text.flat
    if not named:
        return cue.start == segment.start and len(flat[cue.end : segment.end].split()) <= _LEAD
    start, end = min(named)
    for first, last in sorted(named):
        if first > end + 1:
            return False
        end = max(end, last)
    if len(flat[segment.start : min(start, cue.start)].split()) > _LEAD:
        return False
    return _BESIDE.fullmatch(flat, *((end, cue.start) if end <= cue.start else (cue.end, start))) is not None
