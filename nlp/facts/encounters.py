"""Which time it is with a thing ("third visit"), and how long it has been in use."""

from __future__ import annotations

import re

from nlp.facts.scan import NUMBER, number_of
from nlp.note import Cue
from nlp.text import NoteText

_TIME = r"(?:days?|d|wks?|weeks?|mos?|months?|yrs?|years?)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_USE = re.compile(
    rf"\b(?:{NUMBER}|a|couple|few|several|many)\s*{_TIME}\s+(?:with|in|on|into|of wear\w*|of use|w/|after (?:delivery|fitting|he got|she got|getting)|post[- ](?:delivery|fitting)|out from (?:delivery|fitting))\b"
    rf"|\b(?:week|wk|day|month|mo)\s*#?(?!1\b|one\b){NUMBER}\s+(?:with\b|in\b|on\b|of\b|w/)"
    rf"|\b(?:2nd|3rd|\dth|second|third|fourth|fifth|sixth)\s+(?:week|wk|month|mo|year)\s+(?:with\b|in\b|on\b|of\b|w/)"
    r"|\b(?:was|from)\s+\d+(?=\s*(?:ply|[),;]))|\b\d+\s+last (?:time|visit)\b|\(\s*was \d+"
    rf"|\b(?:had|have|has|worn|wearing|using|used|in use|been in|walking (?:in|on)|had it|had them|on it|in it|with it)\b[^.;\n]{{0,24}}?\b(?:since|for (?:{NUMBER}|a|several|some)\s*{_TIME}|x\s*{NUMBER}\s*{_TIME})"
    rf"|\bsince (?:{_MONTH}|spring|summer|fall|winter|last|delivery|fitting|(?:he|she|they) got|\d{{1,2}}/\d{{1,2}})\b"
    rf"|\b(?:delivered|fitted|fit|issued|dispensed|received|got (?:it|them|her|his|the)\b[^.;\n]{{0,16}}|fabricated|molded|made)\s+(?:it\s+|here\s+)?(?:(?:back\s+)?in {_MONTH}|on \d{{1,2}}/\d{{1,2}}|\d{{1,2}}/\d{{1,2}}(?!\s*(?:in|\"|perf|aqua|orfit|thermo|th))(?:/\d{{2,4}})?|last (?:week|wk|month|mo|visit|session|time|mon|tue|wed|thu|fri)|{NUMBER}\s*{_TIME}\s+ago|(?:at|in|during) (?:the )?(?:last|first|prior|previous|hospital|rehab|eval))"
    rf"|\b(?:wear\w*|tolerat\w+|on)\s+(?:it\s+|is\s+|now\s+|time\s+|for\s+|schedule\s+|prosthesis\s+|leg\s+|at\s+)*(?:up to\s+|about\s+|around\s+|~\s*)?(?:[5-9]|1\d|five|six|seven|eight|nine|ten|twelve)(?:\s*(?:-|to)\s*\d{{1,2}})?\s*(?:h|hrs?|hours?)\b",
    re.I,
)
_ORDINALS = {
    word: value
    for value, words in enumerate(
        (
            ("first", "1st", "initial"),
            ("second", "2nd"),
            ("third", "3rd"),
            ("fourth", "4th"),
            ("fifth", "5th"),
            ("sixth", "6th"),
            ("seventh", "7th"),
            ("eighth", "8th"),
            ("ninth", "9th"),
            ("tenth", "10th"),
            ("later", "subsequent", "repeat"),
        ),
        start=1,
    )
    for word in words
}
_OCCASION = r"(?:session|visit|time|appointment|appt|encounter|fitting|fit|day|lesson|outing|wear|wearing|training|treatment)s?"
_TURN = re.compile(
    rf"(?<!\d )(?<!\d-)\b(?P<ordinal>{'|'.join(_ORDINALS)})\s+(?:[a-z-]+\s+){{0,2}}?(?<!later that )(?<!later in the ){_OCCASION}\b"
    rf"|\b(?:(?:session|visit|appointment|appt|encounter|fitting)\s*(?:#|no\.?\s*)?|day\s*#?(?=\d+\s+(?:with|in|on|of)\b|1\b(?!/)))"
    r"(?P<num>\d{1,2}|one|two|three|four|five|six)\b(?!\s*(?:min|'|h\b|hr|hour|:|/|x|wk|week|\d|-\s*\d))",
    re.I,
)
_NUMBERED = re.compile(rf"#\s*(?P<num>\d{{1,2}})\s+{_OCCASION}\b", re.I)
_NOT_NOW = re.compile(r"\s*(?:next|tomorrow|in (?:a|one|\d)|on (?:mon|tue|wed|thu|fri)|last\b|ago\b)", re.I)
_DATED = re.compile(r"\s+(?:(?:and|&)\s+)?(?:[a-z]+\s+){0,3}\d{1,2}/\d{1,2}(?![\d/]*\s*:)", re.I)
"""Behind a first occasion: it is told by its day, as one that is past; a date before a colon heads the note itself."""
_NOT_BEFORE = re.compile(
    r"(?:\bnot (?:the|his|her|a)|\bevery|\bat the|\bin the|\bsince the|\bfrom the|\bnext|\bfor the)\s+$", re.I
)


def encounter_cues(note: NoteText) -> list[Cue]:
    """Which time it is with a thing ("third visit", "session 1"), and how long it has been in use.

    Labels are those of the facts: ``first_encounter``, ``later_encounter``, ``worn_device``.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("Third visit with the AFO, fitted 3/12, not the first fitting. Pan of 1/8 in. Day 1 of gauntlet.")
    >>> [(c.label, note.text[c.start : c.end]) for c in encounter_cues(note)]
    [('later_encounter', 'Third visit'), ('first_encounter', 'Day 1'), ('worn_device', 'fitted 3/12')]
    """
    out = []
    for match in (*_TURN.finditer(note.flat), *_NUMBERED.finditer(note.flat)):
        if _NOT_NOW.match(note.flat, match.end()) or _NOT_BEFORE.search(
            note.flat, max(0, match.start() - 12), match.start()
        ):
            continue
        turn = number_of(match["num"]) if match["num"] else _ORDINALS[match["ordinal"].lower()]
        if turn == 1 and _DATED.match(note.flat, match.end()):
            continue
        label = "first_encounter" if turn == 1 else "later_encounter"
        out.append(Cue(*match.span(), label, f"fact:{match[0].lower()}"))
    out.extend(Cue(*match.span(), "worn_device", "fact:in use") for match in _USE.finditer(note.flat))
    return out
