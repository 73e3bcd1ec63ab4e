"""The worst errors: words that came nearest to a missed code, and a card for each error."""

from __future__ import annotations

import itertools

from corpus.notes import LabelledNote
from models.contract import EvidenceItem
from models.evaluation import Mistake
from models.report.figures import Report
from models.report.markup import Markup, join, tag
from models.report.sentences import named
from models.suggester import Suggester


def nearest_words(suggester: Suggester, text: str, code: str, most: int = 3) -> tuple[float, list[EvidenceItem]]:
    """Probability of a code that is missing from the ranking, and the segments that come nearest to it with what held
    them back.
    """
    account = max(suggester.explain(text, code), key=lambda a: a.probability)
    spans = [(s.start, s.end) for s in suggester.read(text).note.segments or ()]
    words = []
    for part in sorted(account.segments, key=lambda s: -s.log_odds)[:most]:
        start, end = spans[part.index]
        held = sorted((p for p in part.parts if p.name != "bias" and p.amount < 0), key=lambda p: p.amount)[:2]
        because = " and ".join(f"“{p.name}” ({p.amount:+.1f})" for p in held)
        words.append(
            EvidenceItem(
                start=start,
                end=end,
                text=text[start:end],
                concept=account.service.replace("_", " "),
                contribution=part.log_odds,
                because=f"held back by {because}" if because else "nothing speaks for it",
            )
        )
    return account.probability, words


def mistake_cards(report: Report) -> Markup:
    """The report's errors as a list of cards."""
    if not report.mistakes:
        return tag("p", "There are none.")
    notes = {n.id: n for n in report.notes}
    told = (
        "Wrong and most confident first. In the whole note, coloured words were weighed by soapcode, underlined ones "
        "tagged by the coder. Log-odds: above 0 the words alone make the code likelier than not."
    )
    return join([tag("p", told), tag("ol", *(_mistake(m, notes[m.note]) for m in report.mistakes), class_="cards")])


def _mistake(mistake: Mistake, note: LabelledNote) -> Markup:
    items = [
        tag("li", tag("q", _quoted(e["text"])[1:-1]), f" {e['contribution']:+.2f} log-odds; {e['because']}")
        for e in mistake.cited[:6]
    ]
    words = "Words counted for it" if mistake.kind != "missed" else "Words that came nearest"
    parts = [tag("h3", _verdict(mistake)), tag("p", f"Note {mistake.note}", class_="soft")]
    if items:
        parts += [tag("p", f"{words}:"), tag("ul", *items)]
    else:
        parts += [tag("p", "No words were counted for it.")]
    if mistake.labelled:
        quotes = ", ".join(_quoted(note.text[a:b], 120) for a, b in mistake.labelled[:6])
        parts.append(tag("p", f"The coder tagged: {quotes}"))
    if mistake.remarks:
        parts.append(tag("p", f"Also: {'; '.join(mistake.remarks)}."))
    parts.append(tag("details", tag("summary", "the whole note"), _marked(note.text, mistake)))
    return tag("li", tag("article", *parts))


def _verdict(mistake: Mistake) -> str:
    name = named(mistake.code)
    sure = f"{mistake.confidence:.1%}" if mistake.confidence < 0.9995 else "over 99.9%"
    if mistake.kind == "wrong":
        return f"{name}: suggested with {sure}, the coder did not give it"
    if mistake.kind == "other code":
        return f"{name}: suggested with {sure}, the coder gave {named(mistake.instead or '')}"
    return f"{name}: not suggested, {sure} sure, the coder gave it"


def _marked(text: str, mistake: Mistake) -> Markup:
    """The note with the words soapcode weighed and those the coder tagged marked."""
    cited = [(e["start"], e["end"]) for e in mistake.cited]
    edges = sorted({0, len(text), *(p for span in (*cited, *mistake.labelled) for p in span)})
    parts = []
    for start, end in itertools.pairwise(edges):
        piece: object = text[start:end]
        if any(a <= start and end <= b for a, b in mistake.labelled):
            piece = tag("u", piece)
        if any(a <= start and end <= b for a, b in cited):
            piece = tag("mark", piece)
        parts.append(tag("span", piece))
    return tag("pre", *parts)


def _quoted(text: str, most: int = 300) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= most else flat[:most] + ' …'}”"
