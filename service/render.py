"""The answer for a person at a terminal."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from models.contract import Answer, EvidenceItem, SuggestionItem
from models.explain import Account

_MOST_AGAINST = 2
_BAR = 24


def line_around(text: str, start: int, end: int) -> tuple[str, int, int]:
    r"""The line a span stands in, cut to a readable width, and the span's place in it.

    Examples
    --------
    >>> line_around("S: ok\nO: bike 8 min", 9, 19)
    ('O: bike 8 min', 3, 13)
    """
    begin = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    stops = [i for i in (text.find("\n", end), text.find("\r", end)) if i >= 0]
    stop = min(stops, default=len(text))
    begin = max(begin, start - 60)
    stop = min(stop, end + 50)
    return text[begin:stop], start - begin, end - begin


def _lines(text: str, items: list[EvidenceItem], style: str, sign: str) -> list[Text]:
    """The lines the words stand in, each once, with all of its words marked and why they count or not."""
    groups: dict[tuple[int, int], list[EvidenceItem]] = {}
    for item in items:
        line, start, _ = line_around(text, item["start"], item["end"])
        begin = item["start"] - start
        last = next(reversed(groups), None)
        if last is not None and last[0] <= item["start"] and item["end"] <= last[1]:
            groups[last].append(item)
        else:
            groups[(begin, begin + len(line))] = [item]
    out = []
    for (begin, end), found in groups.items():
        body = Text(text[begin:end].replace("\r", " ").replace("\n", " "))
        for item in found:
            body.stylize(style, item["start"] - begin, item["end"] - begin)
        reasons = list(dict.fromkeys(item["because"] for item in found))
        strongest = max(item["contribution"] for item in found)
        shown = Text(f"  {sign} ").append_text(body)
        shown.append(f"   {' | '.join(reasons)} ({strongest:+.2f})", style="dim")
        out.append(shown)
    return out


def _suggestion(text: str, item: SuggestionItem) -> RenderableType:
    filled = round(item["probability"] * _BAR)
    head = Text(f"{item['rank']:>2}. ")
    head.append(item["code"], style="bold green" if item["suggested"] else "bold")
    head.append(f"  {item['name']}  ")
    head.append("█" * filled + "░" * (_BAR - filled), style="green" if item["suggested"] else "dim")
    head.append(f" {item['probability']:.2f}")
    if item["minutes"] is not None:
        head.append(f"  {item['minutes']} min")
    if item["units"] is not None:
        head.append(f"  {item['units']} unit{'s' if item['units'] != 1 else ''}")
    lines: list[RenderableType] = [head]
    lines += _lines(text, item["evidence"], "bold underline", "+")
    lines += _lines(text, item["against"], "strike", "-")
    if item["alternates"]:
        lines.append(Text(f"  or: {', '.join(item['alternates'])}", style="dim"))
    lines += [Text(f"  ! {caution}", style="yellow") for caution in item["cautions"]]
    return Group(*lines)


def print_answer(console: Console, text: str, answer: Answer) -> None:
    """Ranked codes with probability, the supporting words in their line, what spoke against, alternates."""
    chosen = [i for i in answer["suggestions"] if i["suggested"]]
    rest = [i for i in answer["suggestions"] if not i["suggested"] and i["probability"] >= 0.05]
    if not chosen:
        console.print(Text("No billable service found in this note.", style="bold"))
        for seen in answer["interventions"]:
            if seen["status"] != "performed":
                console.print(Text(f"  seen: {seen['text']} ({seen['status']})", style="dim"))
    for item in chosen:
        console.print(Padding(_suggestion(text, item), (0, 0, 1, 0)))
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
    foot = f"payer {claim['payer']}, unit rule {claim['rule']}" + "".join(f", {s}" for s in stated)
    console.print(Text(f"{foot}; bundle {answer['bundle']}", style="dim"))


def print_account(console: Console, text: str, segments: list[tuple[int, int]], account: Account) -> None:
    """The whole sum behind one service: every term of every segment that matters, the rest as one number."""
    joined = account.joined
    shown = [s for s in account.segments if s.log_odds >= joined - 4]
    for part in shown:
        start, end = segments[part.index]
        line, a, b = line_around(text, start, end)
        body = Text(f"  “{line[a:b]}”")
        body.append(f"   log-odds {part.log_odds:+.6f}", style="bold")
        console.print(body)
        table = Table(box=None, show_header=False, padding=(0, 1))
        for term in sorted(part.parts, key=lambda t: -abs(t.amount)):
            if abs(term.amount) >= 0.01:
                table.add_row("", f"{term.amount:+.4f}", f"{term.name} = {term.value:.3f} × {term.weight:+.4f}")
        console.print(table)
        words = ", ".join(f"{name} {weight:+.2f}" for name, weight in part.words[:5])
        console.print(Text(f"     words: {words}", style="dim"))
        delivery = ", ".join(f"{name} {weight:+.2f}" for name, weight in part.delivery_words[:5])
        console.print(Text(f"     delivery: {delivery}", style="dim"))
    rest = [s.log_odds for s in account.segments if s.log_odds < joined - 4]
    if rest:
        console.print(f"  {len(rest)} other segments, log-odds {min(rest):+.3f} to {max(rest):+.3f}")
    console.print(f"  J = log(sum(exp(2 × log-odds))) / 2 over all segments = {joined:+.9f}")
    for term in account.whole:
        console.print(f"  note: {term.amount:+.4f}  {term.name} = {term.value:.3f} × {term.weight:+.4f}")
    whole = sum(t.amount for t in account.whole)
    console.print(
        f"  probability = expit({account.slope:.6f} × J {whole:+.6f} {account.offset:+.6f}) = "
        f"{account.probability:.9f}; suggested from {account.threshold:.3f} on"
    )
    if account.gate:
        terms = " ".join(f"{t.amount:+.3f} ({t.name})" for t in account.gate)
        console.print(
            f"  the note records a service at all: expit({terms}) = {account.any_service:.3f}; "
            "below 0.5 nothing is suggested, but in fragments",
            markup=False,
        )
