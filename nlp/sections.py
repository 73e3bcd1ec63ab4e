"""SOAP sections and sub-headings, also glued ones ("ankle.O:"), and services named as headings."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from nlp.closings import closings, returns
from nlp.headings import Heading, find_headings, mended
from nlp.interventions import mentions_of
from nlp.marks import marks_of
from nlp.note import ParsedNote, Section
from nlp.store import parsed, write_spans
from nlp.text import NoteText


def heading_words(flat: str, section: Section) -> list[str]:
    """The words of a section's heading in small letters, without slips of the fingers."""
    return list(map(mended, flat[section.heading[0] : section.heading[1]].lower().split()))


def _without_items(
    note: NoteText, treatments: Sequence[tuple[int, int]], services: Sequence[tuple[int, int]]
) -> Iterator[Heading]:
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
    headings.extend((at, at, at, "", "") for at in set(closings(note, headings, treatments, services, evaluations)))
    headings.sort()
    headings.extend(list(returns(note, headings)))
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
