"""The gaps of a note: every check that its codes call for, raised or not, as the contract tells it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from corpus.gaps import Computed, GapCheck, Severity, load_gap_checks
from corpus.payers import Payer
from models.claim.lines import Claim
from models.gaps import facts, tiers, times
from models.gaps.items import Finding, Gap, RestsOn, Supported
from models.gaps.view import Comparison, View
from models.gaps.words import by_words
from models.wording import listed
from nlp.note import ParsedNote
from nlp.text import Span

_RANK: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
_MOST_WORDS = 3
_COMPUTED: dict[Computed, Comparison] = {**times.COMPARISONS, **facts.COMPARISONS, **tiers.COMPARISONS}


def find_gaps(
    note: ParsedNote,
    items: Sequence[Supported],
    claim: Claim,
    payer: Payer,
    *,
    date: dt.date | None = None,
    assistant: str | None = None,
    timed_total: int | None = None,
) -> list[Gap]:
    """The gaps of a note, errors first, then in the order of ``gaps.toml``.

    Parameters
    ----------
    note : the parsed note.
    items : the suggested codes; without any there is nothing to check.
    claim : built of the same codes.
    payer : decides whether Medicare's own rules bind.
    date : of service, as given with the note.
    assistant : PTA or COTA, when one treated.
    timed_total : minutes of the timed codes, as the note states them.

    Examples
    --------
    >>> from corpus.payers import payer_named
    >>> from models.claim.lines import Delivered, build_claim
    >>> from nlp.pipeline import parse
    >>> note = parse("Ambulated 100 ft. Total time 15 min. Jo Ray, PT 3/4/26. Pt fatigued.")
    >>> medicare = payer_named("medicare")
    >>> claim = build_claim([Delivered("97116", 15)], medicare, session_total=15, timed_total=15)
    >>> [gap["id"] for gap in find_gaps(note, [Supported("97116", ((0, 17),))], claim, medicare, timed_total=15)]
    ['no-purpose-or-skill']
    """
    if not items:
        return []
    view = View(note, tuple(items), claim, payer, date, timed_total)
    out: list[Gap] = []
    for check in load_gap_checks().values():
        concerned = _concerned(check, view, assistant)
        if concerned:
            severity = check.severity if payer.medicare_status else check.elsewhere or check.severity
            found = _COMPUTED[check.computed] if check.computed else by_words
            out.extend(_gap(check, severity, finding, note) for finding in found(check, concerned, view))
    return sorted(out, key=lambda gap: _RANK[gap["severity"]])


def _concerned(check: GapCheck, view: View, assistant: str | None) -> tuple[Supported, ...]:
    """The suggested codes that call for a check."""
    if check.assistant and assistant is None:
        return ()
    if check.beside and not any(s in check.beside for item in view.items for s in item.services):
        return ()
    if not check.services:
        return view.items
    return tuple(item for item in view.items if any(s in check.services for s in item.services))


def _gap(check: GapCheck, severity: Severity, finding: Finding, note: ParsedNote) -> Gap:
    """A finding as the contract tells it, with its first `_MOST_WORDS` stretches of words."""
    text = note.text.text
    spans = _outermost(finding.spans)[:_MOST_WORDS]
    words = text[spans[0][0] : spans[0][1]] if spans else ""
    values = {"codes": listed(list(finding.codes)), "words": " ".join(words.split()), **dict(finding.values)}
    return Gap(
        id=check.id,
        severity=severity,
        codes=list(finding.codes),
        says=check.says.format_map(values),
        rests_on=[RestsOn(start=a, end=b, text=text[a:b]) for a, b in spans],
        absent=check.absent or None,
        rule=check.rule,
        source=check.source,
        dated=check.dated,
        grade=check.grade,
    )


def _outermost(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, without those inside another."""
    out: list[Span] = []
    for start, end in sorted(set(spans), key=lambda s: (s[0], -s[1])):
        if not out or end > out[-1][1]:
            out.append((start, end))
    return out
