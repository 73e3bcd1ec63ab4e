"""Where headings stand in a note, known and unknown ones: at the start of a line, glued behind a sentence, alone on a line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, lru_cache

from corpus.headings import load_headings
from corpus.spelling import SHORTEST
from nlp.forms import singular
from nlp.spelling import speller
from nlp.text import NoteText

Heading = tuple[int, int, int, str, str]
"""Start, end of words, start of body, section, SOAP letter."""
_COLON = re.compile(r"(?<![ \t])[ \t]*+(?:(?<!\d):(?!\d\d\b)|(?<=\d):(?!\d)|=(?!>))")
LINE_HEAD = re.compile(r"\s*(?:[•*~>#+]+\s*|-{1,2}\s+|\(?\d{1,2}[.)]\s*|\[\s?[xX✓]?\s?\]\s*)?")
_WORDS = re.compile(r"[A-Za-z][\w/&'()+.-]*(?:[ ][\w/&'()+.-]+)*")
_LINKS = re.compile(
    r"\b(?:to|with|of|per|under|following|affect(?:s|ing)?|impact(?:s|ing)?|within|toward|towards|this|current|the)[ \t]{1,9}$",
    re.I,
)
_CHANGE = re.compile(r"\b(?:chang|updat|revis|add|modif|amend|adjust|correct)\w*[^.;:\n]{0,40}$", re.I)
_DASH = re.compile(r"[ \t]*(?:-{1,2}[ \t]|\)|[ \t]-{1,2})|[ \t]*$|\.[ \t]")


@cache
def _names() -> dict[str, tuple[str, str]]:
    return {name: (heading.section, heading.letter) for heading in load_headings().values() for name in heading.names}


def _known(words: str) -> tuple[str, str] | None:
    parts = words.lower().split()
    found = _names().get(" ".join(parts))
    return (
        found if found or max(map(len, parts), default=0) < SHORTEST else _names().get(" ".join(map(mended, parts)))
    )


@lru_cache(maxsize=65536)
def mended(word: str) -> str:
    """A word of a heading without its slip; its plural is kept where there is none."""
    form = singular(word)
    right = speller()(form)
    return word if right == form else right


def _before_colon(flat: str, colon: int) -> tuple[int, str, str] | None:
    """The longest known heading that ends at a colon: (start, section, letter)."""
    end = colon
    while end and flat[end - 1] in " \t":
        end -= 1
    begin = max(0, end - 48)
    best = None
    at = end
    while at > begin:
        at -= 1
        if flat[at] == "\n":
            break
        if not flat[at].isalnum() or (at and flat[at - 1].isalnum()):
            continue
        found = _known(flat[at:end])
        if found:
            best = (at, *found)
    return best


_REMARK = re.compile(r"(?<![^.,;\s])(?P<head>[A-Z][A-Z/' -]{3,40}),[ ][a-z][^.,;:\n]{0,60}$")
"""A heading in capitals and a remark on it, before its colon."""


def _with_remark(flat: str, at: int, colon: int) -> tuple[int, str, str] | None:
    """A known heading in capitals that a remark parts from its colon ("TREATMENT, after rest with pulse at 92:"): (start, section, letter)."""
    match = _REMARK.search(flat, max(at, colon - 106), colon)
    found = _known(match["head"]) if match else None
    return (match.start(), *found) if match and found else None


def _is_within(flat: str, at: int, colon: int, start: int) -> bool:
    """Whether a known heading is but the end of a longer phrase ("planned for next session:") in the line that begins at ``at``."""
    if start <= at:
        return False
    if not flat[start].islower():
        # "Barriers to POC:"; a heading in capitals behind other words opens what stands under it
        phrased = flat[start:colon].rstrip().lower() in _PHRASED and _LINKS.search(flat, at, start)
        return bool(phrased) and not _CHANGE.search(flat, at, start)
    apart = flat[start - 1] in ".;!?|)" or flat[max(0, start - 2)] in ".;!?|)"
    return not apart or colon - start == 1


_PHRASED = frozenset({"poc", "plan of care", "treatment plan"})
"""What words of joining before it make the end of a phrase though it is written in capitals."""


def _is_label(words: str) -> bool:
    """Whether words before a colon are few enough to be a heading."""
    return (
        bool(words)
        and words[0].isalpha()
        and len(words) <= 48
        and len(words.split()) <= 6
        and not re.search(r"[.;,|]", words)
    )


def find_headings(note: NoteText, services: Sequence[tuple[int, int]] = ()) -> list[Heading]:
    """Headings in order: (start, end of words, start of body, section, letter).

    An unknown "Word word:" at the start of a line is a heading too, with an empty section; so is one whose known last
    word is of the name of a service ("Manual Therapy:").

    Parameters
    ----------
    note : the note.
    services : stretches that name one, in order.
    """
    flat = note.flat
    begins = [begin for begin, _ in services]
    out: dict[int, Heading] = {}
    for line in note.lines:
        head = LINE_HEAD.match(flat, line.start, line.end)
        at = head.end() if head else line.start
        for match in _COLON.finditer(flat, line.start, line.end):
            found = _before_colon(flat, match.start()) or _with_remark(flat, at, match.start())
            if found is not None:
                over = bisect_left(begins, found[0]) - 1
                if over >= 0 and services[over][1] > found[0]:
                    found = None
            if found is None or _is_within(flat, at, match.start(), found[0]):
                lone = found is not None and match.start() - found[0] == 1
                if not lone and _is_label(flat[at : match.start()].strip()):
                    out.setdefault(at, (at, match.start(), match.end(), "", ""))
                continue
            start, section, letter = found
            out[start] = (start, match.start(), match.end(), section, letter)
        words_match = _WORDS.match(flat, at, line.end)
        if words_match and at not in out:
            found_line = _line_heading(flat, at, line.end)
            if found_line:
                out[at] = found_line
    return [out[start] for start in sorted(out)]


_GAP = re.compile(r"(?:\t|[ ]{3})[ \t]{0,40}(?=[^\s\d])(?=(?:(?!\t|[ ]{3}|\|).){1,400}$)", re.M)
"""Between a label in a column of its own and words that are no row of a table."""


def _is_column(flat: str, at: int, body: int) -> bool:
    """Whether the words behind a gap begin where those behind a gap of the line above or below do, too."""
    for line in (flat.rfind("\n", 0, max(0, at - 1)) + 1 if at else -1, flat.find("\n", body) + 1 or -1):
        there = line + body - at
        row = flat[line : there + 1] if line >= 0 else ""
        if row and "\n" not in row and row[0].strip() and row[-1].strip() and (row[-3:-1] == "  " or row[-2] == "\t"):
            return True
    return False


def _line_heading(flat: str, at: int, end: int) -> Heading | None:
    """A heading that opens a line without a colon: alone on it, or before a dash."""
    text = flat[at:end]
    words = re.split(r"(\s+)", text)
    for count in range(min(9, len(words)), 0, -2):
        candidate = "".join(words[:count]).rstrip()
        stripped = candidate.rstrip(".-)")
        found = _known(stripped)
        if found is None:
            continue
        stop = at + len(stripped)
        tail = _DASH.match(flat, stop, end)
        if tail is None and (gap := _GAP.match(flat, stop, end)) and _is_column(flat, at, gap.end()):
            return (at, stop, gap.end(), *found)
        if tail is None:
            continue
        alone = not flat[tail.end() : end].strip()
        single = len(stripped) == 1
        if single and not (stripped.isupper() and flat[stop : stop + 1] != "."):
            continue
        if not alone and not stripped[0].isupper():
            continue
        return (at, stop, tail.end(), *found)
    return None
