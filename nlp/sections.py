"""SOAP sections and sub-headings, also glued ones ("ankle.O:"), and services named as headings."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache

from spacy.language import Language
from spacy.tokens import Doc

from corpus.headings import load_headings
from corpus.spelling import SHORTEST
from nlp.forms import singular
from nlp.interventions import mentions_of
from nlp.marks import marks_of
from nlp.names import called_in, services_called
from nlp.note import ParsedNote, Section
from nlp.spelling import speller
from nlp.store import parsed, write_spans
from nlp.text import NoteText

_COLON = re.compile(r"(?<![ \t])[ \t]*+(?:(?<!\d):(?!\d\d\b)|(?<=\d):(?!\d)|=(?!>))")
_LINE_HEAD = re.compile(r"\s*(?:[•*~>#+]+\s*|-{1,2}\s+|\(?\d{1,2}[.)]\s*|\[\s?[xX✓]?\s?\]\s*)?")
_WORDS = re.compile(r"[A-Za-z][\w/&'()+.-]*(?:[ ][\w/&'()+.-]+)*")
_MINUTES = r"\d{1,3}\s{0,9}(?:min(?:ute)?s?\b|'(?!\d)|m\b)"
_MINUTES_BEHIND = re.compile(
    rf"\s{{0,9}}(?:[:=(\[@~-]|x\b|for\b|\s){{0,9}}{_MINUTES}|\s?:[^.;\n]{{0,120}}\b{_MINUTES}"
)
_TODAY = re.compile(
    r"(?:today|(?:on )?this (?:visit|session|date))\b[\s,-]{0,9}(?:(?:we|pt|patient|he|she|i)\s+)?"
    r"(?:(?:did|performed|completed|received|given|had|got|provided|treated with|worked on|treatment was|tx)\s+)?",
    re.I,
)
_PERIODS = r"(?:day|visit|session|time|tx|treatment|wk|week|night|morning|evening)"
_NOT_THEN = re.compile(
    r"\b(?:next|last|previous\w*|prior|yesterday|tomorrow|will|plan\w*|daily|weekly|at home|[ap]m|hs|prn|made|caused|helped|hurt|felt"
    rf"|(?:was|were)\s(?!performed|done|provided|given|completed|spent|used)|(?:each|per|every|a)\s{_PERIODS})\b"
    rf"|\d\s?x\s?/|/\s?(?:d|{_PERIODS})\b",
    re.I,
)
"""Words of a sentence about a treatment of another day, or what the patient says of one."""
_STOP = re.compile(r"[.;!?](?=\s|$)|\n|$")
_LINKS = re.compile(
    r"\b(?:to|with|of|affect(?:s|ing)?|impact(?:s|ing)?|within|toward|towards|this|current|the)[ \t]{1,9}$", re.I
)
_CHANGE = re.compile(r"\b(?:chang|updat|revis|add|modif|amend|adjust|correct)\w*[^.;:\n]{0,40}$", re.I)
_DASH = re.compile(r"[ \t]*(?:-{1,2}[ \t]|\)|[ \t]-{1,2})|[ \t]*$|\.[ \t]")


@cache
def _closed_by() -> dict[str, str]:
    """Names of headings that a treatment in their line ends, with which treatment does."""
    return {
        name: heading.closed_by
        for heading in load_headings().values()
        if heading.closed_by != "none"
        for name in heading.names
        if name not in heading.open_names
    }


@cache
def _brief() -> frozenset[str]:
    """Names of headings that end where a later sentence tells of what was done, if their first tells of no treatment."""
    return frozenset(name for heading in load_headings().values() for name in heading.brief_names)


@cache
def _names() -> dict[str, tuple[str, str]]:
    return {name: (heading.section, heading.letter) for heading in load_headings().values() for name in heading.names}


def _known(words: str) -> tuple[str, str] | None:
    parts = words.lower().split()
    found = _names().get(" ".join(parts))
    return (
        found if found or max(map(len, parts), default=0) < SHORTEST else _names().get(" ".join(map(_mended, parts)))
    )


@lru_cache(maxsize=65536)
def _mended(word: str) -> str:
    """A word of a heading without its slip; its plural is kept where there is none."""
    form = singular(word)
    right = speller()(form)
    return word if right == form else right


def heading_words(flat: str, section: Section) -> list[str]:
    """The words of a section's heading in small letters, without slips of the fingers."""
    return list(map(_mended, flat[section.heading[0] : section.heading[1]].lower().split()))


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


def find_headings(note: NoteText, services: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int, int, str, str]]:
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
    out: dict[int, tuple[int, int, int, str, str]] = {}
    for line in note.lines:
        head = _LINE_HEAD.match(flat, line.start, line.end)
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


def _line_heading(flat: str, at: int, end: int) -> tuple[int, int, int, str, str] | None:
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


def _without_items(
    note: NoteText, treatments: Sequence[tuple[int, int]], services: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, int, str, str]]:
    """The headings but those that are an item's name, in whose place an empty one stands where it closes a section."""
    flat = note.flat
    ends = [end for _, end in treatments]
    inline = False
    for heading in find_headings(note, services):
        start, stop, body, name, letter = heading
        line_end = flat.find("\n", body)
        more = bool(flat[body : line_end if line_end >= 0 else None].strip())
        at = bisect_right(ends, start)
        if more and not name and not letter and at < len(ends) and treatments[at][0] < stop:
            if inline:
                yield (start, start, start, "", "")
            inline = False
            continue
        inline = more
        yield heading


def _closings(
    note: NoteText,
    headings: Sequence[tuple[int, int, int, str, str]],
    treatments: Sequence[tuple[int, int]],
    services: Sequence[tuple[int, int]],
    evaluations: Collection[tuple[int, int]],
) -> Iterator[int]:
    """Where a sentence that opens with a service and its minutes ends the section of a heading of its line; a brief heading between two
    such sentences of one line always ends there ("GT: 15 min. Rec: cane at home. TE: 15 min").
    """
    flat = note.flat
    named = sorted({*treatments, *services})
    given = [span for span in named if span not in evaluations]
    before = {"goals": given}
    timed: list[tuple[int, int]] | None = None
    for index, (start, stop, body, name, _) in enumerate(headings):
        words = " ".join(flat[start:stop].lower().split())
        how = _closed_by().get(words)
        past = name in ("history", "subjective")
        brief = words in _brief()
        if not (how or past or brief):
            continue
        line_end = flat.find("\n", body)
        end = min(
            line_end if line_end >= 0 else len(flat),
            headings[index + 1][0] if index + 1 < len(headings) else len(flat),
        )
        if brief:
            told = _first_told(flat, (body, end), named)
            if told is None and timed is None:
                timed = [span for span in services if _MINUTES_BEHIND.match(flat, span[1])]
            if told is None and timed:
                told = _between(flat, timed, start, (body, end))
            if told is not None:
                yield told
                continue
        for at in range(bisect_left(services, (body, 0)), bisect_left(services, (end, 0))):
            begin = _sentence_of(flat, body, services[at])
            if begin is None or (not how and begin == services[at][0]):
                continue
            if how == "first" and any(
                one < services[at][0] and not start <= one < stop for one, _ in before.get(name, named)[:2]
            ):
                break
            yield begin
            break
        else:
            begin = (
                _line_of(flat, services, (body, line_end), headings[index + 1 : index + 2]) if how and past else None
            )
            if begin is not None:
                yield begin


def _line_of(
    flat: str,
    services: Sequence[tuple[int, int]],
    told: tuple[int, int],
    after: Sequence[tuple[int, int, int, str, str]],
) -> int | None:
    """Where below what was told in a heading's own line the first line begins that a service with its minutes opens, before the next heading.

    Parameters
    ----------
    services : stretches that name one, in order.
    told : from the heading's words to the end of its line, negative for none.
    after : the next heading, if there is one.
    """
    body, line_end = told
    if line_end < 0 or not flat[body:line_end].strip():
        return None
    end = after[0][0] if after else len(flat)
    for at in range(bisect_left(services, (line_end, 0)), bisect_left(services, (end, 0))):
        start, stop = services[at]
        begin = flat.rfind("\n", 0, start) + 1
        head = _LINE_HEAD.match(flat, begin, start)
        if begin > line_end and head and head.end() == start and _MINUTES_BEHIND.match(flat, stop):
            closed = _STOP.search(flat, stop)
            if not _NOT_THEN.search(flat, stop, closed.start() if closed else len(flat)):
                return begin
    return None


def _between(flat: str, timed: Sequence[tuple[int, int]], start: int, within: tuple[int, int]) -> int | None:
    """Where behind a heading that follows a service with its minutes in its line the next such service opens a sentence.

    Parameters
    ----------
    timed : stretches that name a service with its minutes behind it, in order.
    start : where the heading begins.
    within : from its words to the end of its line or the next heading.
    """
    before = bisect_left(timed, (start, 0)) - 1
    if before < 0 or timed[before][0] <= flat.rfind("\n", 0, start):
        return None
    body, end = within
    for at in range(bisect_left(timed, (body + 1, 0)), bisect_left(timed, (end, 0))):
        if _OPENED.search(flat, max(body, timed[at][0] - _GAP_AT_MOST), timed[at][0]):
            return timed[at][0]
    return None


_SPACE = re.compile(r"\s*")
_OPENED = re.compile(r"[.;][ \t]*$")
_GAP_AT_MOST = 16


def _first_told(flat: str, within: tuple[int, int], named: Sequence[tuple[int, int]]) -> int | None:
    """Where behind a brief heading the first sentence begins that tells of what was done, if the sentences before it name nothing."""
    begin, end = within
    while (stop := _STOP.search(flat, begin, end)) is not None and stop.end() < end:
        at = bisect_left(named, (begin, 0))
        if at < len(named) and named[at][0] < stop.start():
            return None
        space = _SPACE.match(flat, stop.end(), end)
        begin = space.end() if space else stop.end()
        at = bisect_left(named, (begin, 0))
        if at == len(named) or named[at][0] >= end:
            return None
        start, last = named[at]
        today = _TODAY.match(flat, begin)
        if (today and today.end() <= start) or (begin == start and _MINUTES_BEHIND.match(flat, last)):
            return begin
    return None


def _sentence_of(flat: str, body: int, service: tuple[int, int]) -> int | None:
    """Where the sentence begins that a service with its minutes opens ("Today TherEx 20 min"); ``None`` where it opens none, or the
    first of its section, or one about another day.
    """
    start, end = service
    if not _MINUTES_BEHIND.match(flat, end):
        return None
    begin = max(body, *(flat.rfind(mark, body, start) + 1 for mark in (". ", "; ", ".\t", "! ", "? ")))
    if begin <= body and flat[body:start].strip():
        return None
    begin += len(flat[begin:start]) - len(flat[begin:start].lstrip())
    if begin != start and not _TODAY.fullmatch(flat, begin, start):
        return None
    stop = _STOP.search(flat, end)
    told = flat[end : stop.start() if stop else None]
    return begin if begin > body + 1 and not _NOT_THEN.search(told) else None


def _returns(
    note: NoteText, headings: Sequence[tuple[int, int, int, str, str]]
) -> Iterator[tuple[int, int, int, str, str]]:
    """Where a line that opens with another service's name ends the section of a service named before it in a line with words behind
    it ("Ther ex: SLR 3x10"), and the section around both goes on.
    """
    flat = note.flat
    called = called_in(note)
    begins = [c.start for c in called]
    around = ("", "")
    for index, (start, stop, body, name, letter) in enumerate(headings):
        if name:
            around = (name, letter)
            continue
        end = headings[index + 1][0] if index + 1 < len(headings) else len(flat)
        line_end = flat.find("\n", body, end)
        whose = set(services_called(" ".join(flat[start:stop].split())))
        if not (whose and around[0] and line_end >= 0 and flat[body:line_end].strip()):
            continue
        for one in called[bisect_left(begins, line_end) : bisect_left(begins, end)]:
            opens = not flat[flat.rfind("\n", 0, one.start) + 1 : one.start].strip(" \t-*•")
            names = one.named or one.treatment == "program"
            if opens and names and whose.isdisjoint(one.services[:1]):
                at = flat.rfind("\n", 0, one.start) + 1
                yield (at, at, at, *around)
                break


def find_sections(
    note: NoteText,
    treatments: Sequence[tuple[int, int]] = (),
    services: Sequence[tuple[int, int]] = (),
    evaluations: Collection[tuple[int, int]] = (),
) -> list[Section]:
    r"""Sections in order; each ends where the next heading begins.

    The name of a treatment before a colon with more behind it in its line ("Treadmill: 10 min") is an item and no heading. It
    stands in the section of a heading that has a line of its own; one that has words behind it is closed by it and
    a section without name or heading begins. So it is by a sentence that a service's name opens with its minutes, where the
    heading is not one of what is to be done ("Dx: TKA. Ther ex 20 min: SLR"). A line that opens with another service's name ends the
    section of a service named with words behind it; the section around both goes on.

    Parameters
    ----------
    note : the note.
    treatments : stretches that name one, in order.
    services : stretches that name a service, in order.
    evaluations : those of both that name an evaluation, which is no treatment told of before a goal ("PT evaluation. Goals: walk. Gait training 15 min").

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("S: sore ankle.O:Bike 8 min\nPlan - add BAPS")
    >>> [(s.name, note.text[s.body : s.end].strip()) for s in find_sections(note)]
    [('subjective', 'sore ankle.'), ('objective', 'Bike 8 min'), ('plan', 'add BAPS')]
    >>> note = read_text("O:\nTher ex: SLR 3x10\nGait training 10 min")
    >>> [(s.name, note.text[s.body : s.end].strip()) for s in find_sections(note)]
    [('objective', ''), ('', 'SLR 3x10'), ('objective', 'Gait training 10 min')]
    >>> note = read_text("Goal: walk\nTreadmill: 10 min\nPLAN\nTreadmill: 10 min")
    >>> [(s.name, note.text[s.body : s.end].strip()) for s in find_sections(note, [(11, 20), (34, 43)])]
    [('goals', 'walk'), ('', 'Treadmill: 10 min'), ('plan', 'Treadmill: 10 min')]
    """
    headings = list(_without_items(note, treatments, services))
    headings.extend((at, at, at, "", "") for at in list(_closings(note, headings, treatments, services, evaluations)))
    headings.sort()
    headings.extend(list(_returns(note, headings)))
    headings.sort()
    size = len(note.flat)
    sections = []
    for index, (start, words_end, body, name, letter) in enumerate(headings):
        end = headings[index + 1][0] if index + 1 < len(headings) else size
        sections.append(Section(name, letter, start, end, (start, words_end), min(body, end)))
    return sections


def sections_of(note: ParsedNote) -> list[Section]:
    """Sections, found now if they were not."""
    if note.sections is None:
        services = [(mark.start, mark.end) for mark in marks_of(note)]
        marked = [start for start, _ in services]
        billed = [m for m in mentions_of(note) if m.concept.priors]
        evaluations = {(m.start, m.end) for m in billed if m.concept.kind == "evaluation"}
        starts = {start for start, _ in evaluations}
        evaluations |= {span for span in services if span[0] in starts}
        note.sections = find_sections(
            note.text,
            [(m.start, m.end) for m in billed if bisect_left(marked, m.start) == bisect_left(marked, m.end)],
            services,
            evaluations,
        )
    return note.sections


class Sections:
    """spaCy component ``soapcode_sections``: writes ``doc.spans[spans_key]``, label = section name, id = SOAP letter.

    Parameters
    ----------
    nlp, name : as spaCy gives them.
    spans_key : where the spans go.
    """

    def __init__(self, nlp: Language, name: str, *, spans_key: str = "soapcode_sections") -> None:
        self.name = name
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        found = sections_of(parsed(doc))
        return write_spans(doc, self.spans_key, ((s.start, s.end, s.name, s.letter) for s in found))


@Language.factory("soapcode_sections", default_config={"spans_key": "soapcode_sections"}, assigns=["doc.spans"])
def create_sections(nlp: Language, name: str, spans_key: str) -> Sections:
    """Make the component."""
    return Sections(nlp, name, spans_key=spans_key)
