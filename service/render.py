"""The answer for a person at a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from corpus.services import load_services
from models.contract import Answer, EvidenceItem, SuggestionItem
from models.explain import Account, Part
from models.telling import TERMS, Step, Told, told
from models.wording import units_in_words

_MOST_AGAINST = 2
_BAR = 24


_BEFORE, _BEHIND = 60, 50
"""Characters shown before and behind words of a long line."""


def line_around(text: str, start: int, end: int) -> tuple[str, int, int]:
    r"""The line a span stands in, cut between words to a readable width, and the span's place in it.

    Examples
    --------
    >>> line_around("S: ok\nO: bike 8 min", 9, 19)
    ('O: bike 8 min', 3, 13)
    >>> line_around("word " * 20 + "bike 8 min", 100, 110)[0]
    'word word word word word word word word word word word word bike 8 min'
    """
    begin, stop = _window(text, start, end)
    return text[begin:stop], start - begin, end - begin


def _line_of(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the lines of a span begin and end."""
    begin = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    stops = [i for i in (text.find("\n", end), text.find("\r", end)) if i >= 0]
    return begin, min(stops, default=len(text))


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the part of a line that is shown for a span begins and ends: never within a word, never within the span."""
    begin, stop = _line_of(text, start, end)
    if start - _BEFORE > begin:
        begin = start - _BEFORE
        while begin < start and not text[begin - 1].isspace():
            begin += 1
    if end + _BEHIND < stop:
        stop = end + _BEHIND
        while stop > end and not text[stop].isspace():
            stop -= 1
    return begin, stop


def _shown_once(text: str, items: list[EvidenceItem]) -> list[tuple[int, int, list[EvidenceItem]]]:
    """The parts of lines to show, each once with all of its words, in the order of their first."""
    out: list[tuple[int, int, list[EvidenceItem]]] = []
    for item in items:
        begin, stop = _window(text, item["start"], item["end"])
        touching = [part for part in out if part[0] <= stop and begin <= part[1]]
        held = [found for part in touching for found in part[2]]
        merged = (min([begin, *(p[0] for p in touching)]), max([stop, *(p[1] for p in touching)]), [*held, item])
        at = out.index(touching[0]) if touching else len(out)
        out = [part for part in out if part not in touching]
        out.insert(at, merged)
    return out


def _lines(text: str, items: list[EvidenceItem], style: str, sign: str, *, plain: bool) -> list[Text]:
    """The lines the words stand in, each once, with all of its words marked and why they count or not.

    Parameters
    ----------
    plain : mark words by «» instead of the style, for where none is shown.
    """
    out = []
    for begin, end, found in _shown_once(text, items):
        body = Text(_flat(text[begin:end]))
        for item in sorted(found, key=lambda item: -item["start"]):
            first, last = item["start"] - begin, item["end"] - begin
            if plain:
                body = Text.assemble(body[:first], "«", body[first:last], "»", body[last:])
            else:
                body.stylize(style, first, last)
        line = _line_of(text, begin, end)
        reasons = list(dict.fromkeys(item["because"] for item in found))
        strongest = max(item["contribution"] for item in found)
        shown = Text(f"  {sign} {'… ' if line[0] < begin else ''}").append_text(body)
        shown.append(" …" if end < line[1] else "")
        shown.append(f"   {' | '.join(reasons)} ({strongest:+.2f})", style="dim")
        out.append(shown)
    return out


def _flat(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _suggestion(text: str, item: SuggestionItem, *, plain: bool) -> list[Text]:
    filled = round(item["probability"] * _BAR)
    head = Text(f"{item['rank']:>2}. ")
    head.append(item["code"], style="bold green" if item["suggested"] else "bold")
    head.append(f"  {item['name']}  ")
    head.append("█" * filled + "░" * (_BAR - filled), style="green" if item["suggested"] else "dim")
    head.append(f" {item['probability']:.2f}")
    if item["minutes"] is not None:
        head.append(f"  {item['minutes']} min")
    if item["units"] is not None:
        head.append(f"  {units_in_words(item['units'])}")
    lines = [head]
    lines += _lines(text, item["evidence"], "bold underline", "+", plain=plain)
    lines += _lines(text, item["against"], "strike", "-", plain=plain)
    if item["alternates"]:
        lines.append(Text(f"  or: {', '.join(item['alternates'])}", style="dim"))
    lines += [Text(f"  ! {caution}", style="yellow") for caution in item["cautions"]]
    return lines


def print_answer(console: Console, text: str, answer: Answer, threshold: float | None = None) -> None:
    """Ranked codes with probability, the supporting words in their line, what spoke against, alternates.

    Parameters
    ----------
    threshold : the one asked for in place of the bundle's own.
    """
    plain = console.color_system is None
    chosen = [i for i in answer["suggestions"] if i["suggested"]]
    rest = [i for i in answer["suggestions"] if not i["suggested"] and i["probability"] >= 0.05]
    if not chosen and threshold is not None and answer["suggestions"]:
        console.print(Text(f"No code reaches the threshold asked for, {threshold:g}.", style="bold"))
    elif not chosen:
        console.print(Text("No billable service found in this note.", style="bold"))
        for seen in answer["interventions"]:
            if seen["status"] != "performed":
                console.print(Text(f"  seen: {seen['text']} ({seen['status']})", style="dim"))
    for item in chosen:
        for line in _suggestion(text, item, plain=plain):
            console.print(line)
        console.print()
    if rest:
        console.print(Text("Weaker, not suggested:", style="dim"))
        for item in rest[:5]:
            console.print(Text(f"  {item['code']}  {item['name']}  {item['probability']:.2f}", style="dim"))
            for part in item["against"][:_MOST_AGAINST]:
                words = " ".join(part["text"].split())
                console.print(Text(f"    - {words}   {part['because']}", style="dim"))
            for caution in item["cautions"]:
                console.print(Text(f"    ! {caution}", style="yellow"))
    claim = answer["claim"]
    if claim["review"] and claim["review"]["why"]:
        console.print(Text(claim["review"]["why"], style="yellow"))
    stated = [
        f"{label} {claim[key]}"  # type: ignore[literal-required]
        for label, key in (("timed minutes", "timed_minutes"), ("total minutes", "total_minutes"))
        if claim[key] is not None  # type: ignore[literal-required]
    ]
    stated += [f"date of service {claim['date']}"] if claim["date"] else []
    foot = f"payer {claim['payer']}, unit rule {claim['rule']}" + "".join(f", {s}" for s in stated)
    console.print(Text(f"{foot}; bundle {answer['bundle']}", style="dim"))


_SAYING = {says for name, says in TERMS.items() if name != "bias"}
"""Terms that say something of the words themselves."""


def print_account(
    console: Console, text: str, segments: list[tuple[int, int]], code: str, account: Account, *, whole: bool = False
) -> None:
    """What is behind one service's probability: a sentence, then the sum.

    Parameters
    ----------
    segments : of the note, as offsets into it.
    whole : every term of every segment to twelve places, from which the probability can be worked out to 1e-9; else the
        terms of the words that matter, in words.
    """
    tale = told(account, text, segments)
    console.print(Text(f"{code} as {load_services()[account.service].name}", style="bold"))
    for sentence in _in_short(tale, account):
        console.print(Text(f"  {sentence}"))
    if whole:
        _print_whole(console, text, segments, account)
        return
    for segment in tale["segments"]:
        console.print(Text(f"  “{_flat(segment['text'])}”   log-odds {segment['log_odds']:+.2f}", style="bold"))
        _print_steps(console, segment["terms"], "     ")
        spoken = [w for w in segment["words"] if w["says"] in TERMS or _place(w["says"], segment["text"])]
        if spoken:
            said = ", ".join(f"{TERMS.get(w['says'], '“' + w['says'] + '”')} {w['amount']:+.2f}" for w in spoken)
            console.print(Text(f"     in “the words fit” weigh most: {said}", style="dim"))
    if tale["others"]:
        console.print(Text(f"  {tale['others']} other parts of the note hardly count", style="dim"))
    console.print(
        Text(f"  log-odds of the code {tale['log_odds']:+.2f}, which is a probability of {account.probability:.3f}:")
    )
    _print_steps(console, tale["steps"], "     ")
    console.print(Text("  every term to twelve places: --all", style="dim"))


def _in_short(tale: Told, account: Account) -> list[str]:
    """What a therapist wants to know first."""
    reached = account.probability >= account.threshold
    out = [
        f"Its probability is {account.probability:.2f}, {'at least' if reached else 'less than'} the "
        f"{account.threshold:.2f} from which it is suggested."
    ]
    if tale["segments"]:
        best = tale["segments"][0]
        speaks = [t["says"] for t in best["terms"] if t["amount"] > 0 and t["says"] in _SAYING][:2]
        missing = [t["says"] for t in best["terms"] if t["amount"] < 0 and t["says"] in _SAYING][:1]
        reasons = [f"for it: {'; '.join(speaks)}"] if speaks else []
        reasons += [f"missing: {missing[0]}"] if missing and not reached else []
        told_why = f" ({'. '.join(reasons)})" if reasons else ""
        out.append(f"The clearest words are “{_flat(best['text'])}”{told_why}.")
    if account.gate and account.any_service < 0.5:
        out.append(
            f"That the note records a service at all has a probability of {account.any_service:.2f} only; below 0.50 no "
            "code is suggested, unless the text is a mere fragment of a note."
        )
    return out


def _print_steps(console: Console, steps: list[Step], indent: str) -> None:
    for step in steps:
        console.print(Text(f"{indent}{step['amount']:+7.2f}  {step['says']}"))


def _print_whole(console: Console, text: str, segments: list[tuple[int, int]], account: Account) -> None:
    """Every term of every segment, and how they join, in full."""

    def say(line: str) -> None:
        console.print(Text(line), soft_wrap=True)

    for part in account.segments:
        start, end = segments[part.index]
        say(f"  characters {start} to {end} “{_flat(text[start:end])}”")
        for term in part.parts:
            say(f"    {term.amount:+.12f}  {term.name} = {term.value:.12f} × {term.weight:+.12f}")
        say(f"    log-odds {part.log_odds:+.12f}")
        for name, words in (("words", part.words), ("delivery", part.delivery_words)):
            if words:
                say(f"    weigh most in {name}: {', '.join(f'“{w}” {weight:+.4f}' for w, weight in words)}")
    say(f"  J = log(sum(exp(2 × log-odds))) / 2 over all segments = {account.joined:+.12f}")
    for term in account.whole:
        say(f"  note: {term.amount:+.12f}  {term.name} = {term.value:.12f} × {term.weight:+.12f}")
    whole = sum(t.amount for t in account.whole)
    say(
        f"  probability = expit({account.slope:.12f} × J {whole:+.12f} {account.offset:+.12f}) = "
        f"{account.probability:.12f}; suggested from {account.threshold:.12f} on"
    )
    if account.gate:
        for term in account.gate:
            say(f"  any service: {term.amount:+.12f}  {term.name} = {term.value:.12f} × {term.weight:+.12f}")
        say(f"  the note records a service at all: expit(their sum) = {account.any_service:.12f}")


def account_json(account: Account, text: str, segments: list[tuple[int, int]]) -> dict[str, Any]:
    """An account as JSON: everything needed to work the probability out again.

    The words that weigh most in a segment's terms "words" and "delivered" stand beside its parts, with the characters where
    they stand in the segment, ``None`` for what is no word of it (a relation, a neighbour's word, a pair of signs).
    """
    return {
        "service": account.service,
        "probability": account.probability,
        "slope": account.slope,
        "offset": account.offset,
        "note": _terms(account.whole),
        "threshold": account.threshold,
        "records_any": _terms(account.gate),
        "segments": [
            {
                "start": segments[s.index][0],
                "end": segments[s.index][1],
                "log_odds": s.log_odds,
                "parts": _terms(s.parts),
                "words": _words(s.words, text, segments[s.index]),
                "delivery_words": _words(s.delivery_words, text, segments[s.index]),
            }
            for s in account.segments
        ],
    }


def _terms(parts: Iterable[Part]) -> list[dict[str, Any]]:
    return [{"name": p.name, "value": p.value, "weight": p.weight} for p in parts]


def _words(words: Iterable[tuple[str, float]], text: str, span: tuple[int, int]) -> list[dict[str, Any]]:
    out = []
    for name, weight in words:
        place = _place(name, text[span[0] : span[1]])
        start, end = (span[0] + place[0], span[0] + place[1]) if place else (None, None)
        out.append({"name": name, "weight": weight, "start": start, "end": end})
    return out


def _place(name: str, text: str) -> tuple[int, int] | None:
    """Where a feature's name stands as a word or words of a text, in any case."""
    if not any(char.isalpha() for char in name):
        return None
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I)
    return found.span() if found else None
