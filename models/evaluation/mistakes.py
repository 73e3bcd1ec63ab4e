"""The wrong decisions of a run, each with the words it was made on and what the labels say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from corpus.notes import LabelledNote
from corpus.services import service_of_code
from models.contract import Answer, EvidenceItem, SuggestionItem
from models.evaluation.guess import concept_of, truth_of

Words = Sequence[EvidenceItem]
Lookup = Callable[[str, str], tuple[float, Words]]
"""Text and code to the code's probability and its nearest words."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong decision on one note.

    Attributes
    ----------
    note : the note's id.
    code : the code wrongly suggested, or missed.
    kind : ``"wrong"`` (suggested, not labelled), ``"missed"`` (labelled, not suggested), or ``"other code"`` (the right
        service, but another of its codes).
    instead : of the last kind, the code the coder gave.
    confidence : how sure the model was of it, in [0, 1].
    cited : words weighed for ``code``, with contribution and reason, strongest first.
    labelled : code points of the words the coder tagged for the missed code.
    remarks : what else the labels say of it, in plain words.
    """

    note: str
    code: str
    kind: str
    confidence: float
    instead: str | None = None
    cited: tuple[EvidenceItem, ...] = ()
    labelled: tuple[tuple[int, int], ...] = ()
    remarks: tuple[str, ...] = ()


def worst_mistakes(
    notes: Sequence[LabelledNote], answers: Sequence[Answer], most: int = 20, lookup: Lookup | None = None
) -> list[Mistake]:
    """The wrong decisions the model was surest of, surest first; ties by note and code.

    A wrong suggestion weighs its probability, a missed code what is left of 1. Where the service was found and a rule
    picked its code, that rule is as sure as the service was.

    Parameters
    ----------
    lookup : (text, code) to probability and nearest words of a code that is missing from the ranking; without it
        such a code counts as having probability 0.
    """
    found = [m for n, a in zip(notes, answers, strict=True) for m in _mistakes(n, a, lookup)]
    return sorted(found, key=lambda m: (-m.confidence, m.note, m.code))[:most]


def _same_service(code: str, other: str) -> bool:
    services = service_of_code()
    return bool(set(services.get(code, ())) & set(services.get(other, ())))


def _mistakes(note: LabelledNote, answer: Answer, lookup: Lookup | None) -> Iterable[Mistake]:
    items = {concept_of(i["code"]): i for i in reversed(answer["suggestions"])}
    truth = truth_of(note)
    suggested = sorted(code for code, item in items.items() if item["suggested"])
    missed = sorted(truth - set(suggested))
    for code in suggested:
        if code in truth:
            continue
        instead = next((m for m in missed if _same_service(code, m)), None)
        if instead is not None:
            missed.remove(instead)
        yield _wrong(note, code, items[code], instead)
    for code in missed:
        sibling = next((items[s] for s in suggested if _same_service(code, s)), None)
        yield _missed(note, code, answer, items.get(code), sibling, lookup)


def _wrong(note: LabelledNote, code: str, item: SuggestionItem, instead: str | None) -> Mistake:
    return Mistake(
        note.id,
        code,
        "wrong" if instead is None else "other code",
        item["probability"],
        instead,
        _strongest(item["evidence"]),
        _labelled(note, instead) if instead is not None else (),
        tuple(_remarks_on_wrong(note, code, item["evidence"], instead)),
    )


def _missed(
    note: LabelledNote,
    code: str,
    answer: Answer,
    item: SuggestionItem | None,
    sibling: SuggestionItem | None,
    lookup: Lookup | None,
) -> Mistake:
    if sibling is not None:
        confidence, words = sibling["probability"], sibling["evidence"]
    elif item is not None:
        confidence, words = 1 - item["probability"], item["evidence"]
    else:
        probability, nearest = lookup(note.text, code) if lookup is not None else (0.0, ())
        confidence, words = 1 - probability, list(nearest)
    remarks = tuple(_remarks_on_missed(note, code, answer, sibling))
    return Mistake(note.id, code, "missed", confidence, None, _strongest(words), _labelled(note, code), remarks)


def _strongest(words: Words) -> tuple[EvidenceItem, ...]:
    return tuple(sorted(words, key=lambda e: -e["contribution"]))


def _labelled(note: LabelledNote, code: str) -> tuple[tuple[int, int], ...]:
    return tuple((e.start, e.end) for e in note.evidence if concept_of(e.code) == code)


def _touches(words: Words, spans: Iterable[tuple[int, int]]) -> bool:
    return any(e["start"] < end and start < e["end"] for start, end in spans for e in words)


def _remarks_on_wrong(note: LabelledNote, code: str, cited: Words, instead: str | None) -> Iterable[str]:
    if code in map(concept_of, note.alternates):
        yield "the coder lists it as acceptable"
    reasons = sorted({t.why for t in note.traps if _touches(cited, [(t.start, t.end)])})
    if reasons:
        yield f"the coder marked words among these as no service of this visit ({', '.join(reasons)})"
    codes = sorted({e.code for e in note.evidence if e.code != instead and _touches(cited, [(e.start, e.end)])})
    if codes:
        yield f"the coder gave words among these to {', '.join(codes)}"


def _remarks_on_missed(
    note: LabelledNote, code: str, answer: Answer, sibling: SuggestionItem | None
) -> Iterable[str]:
    labelled = _labelled(note, code)
    if sibling is not None:
        yield f"the service was found, but a rule picked only {sibling['code']}"
        return
    chosen = [i["code"] for i in answer["suggestions"] if i["suggested"] and _touches(i["evidence"], labelled)]
    if chosen:
        yield f"the coder's words were given to {', '.join(chosen)}"
    item = next((i for i in answer["suggestions"] if concept_of(i["code"]) == code), None)
    if item is None:
        yield "it is not in the ranking at all"
        return
    reasons = [a["because"] for a in item["against"] if _touches([a], labelled)]
    if reasons:
        yield f"the coder's words were held to be no service of this visit ({reasons[0]})"
