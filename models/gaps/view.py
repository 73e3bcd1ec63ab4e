"""The note as the checks see it: where a check's words stand, what raises it, and what settles it."""

from __future__ import annotations

import datetime as dt
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from corpus.catalogue import load_catalogue
from corpus.gaps import GapCheck, Scope
from corpus.payers import Payer
from models.claim.lines import Claim, ClaimLine
from models.claim.units import by_month
from models.gaps.clauses import taken_back
from models.gaps.items import Finding, Supported
from models.gaps.patterns import compiled, index
from nlp.above import is_beyond
from nlp.note import ParsedNote
from nlp.sections import sections_of
from nlp.status import judged
from nlp.text import Span


@dataclass(slots=True)
class View:
    """A note with its codes and its claim; phrases are found once, when first asked for.

    Parameters
    ----------
    note : the parsed note.
    items : all suggested codes.
    claim : built of the same codes.
    payer : whose rules the claim follows.
    date : of service, as given with the note; ``None`` where it was not.
    timed_total : minutes of the timed codes, as the note states them; ``None`` where it does not.
    """

    note: ParsedNote
    items: tuple[Supported, ...]
    claim: Claim
    payer: Payer
    date: dt.date | None
    timed_total: int | None
    _hits: dict[tuple[str, bool], list[Span]] | None = field(default=None)
    _lowered: str | None = field(default=None)
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [s.start for s in judged(self.note)]

    @property
    def lowered(self) -> str:
        """The note in lower case, for `GapCheck.stems` only: its length can differ."""
        if self._lowered is None:
            self._lowered = self.note.text.flat.lower()
        return self._lowered

    @property
    def timed(self) -> list[ClaimLine]:
        """The lines of the day's timed codes."""
        codes = load_catalogue()
        return [x for x in self.claim["lines"] if codes[x["code"]].timed and not by_month(x["code"])]

    @property
    def whole(self) -> list[Span]:
        """The whole note, as a place to look in."""
        return [(0, len(self.note.text.flat))]

    def scope(self, scope: Scope, items: Iterable[Supported]) -> list[Span]:
        """Where to look: the whole note, or the lines that codes rest on; in order and apart."""
        if scope == "note":
            return self.whole
        flat = self.note.text.flat
        lines = {
            (flat.rfind("\n", 0, a) + 1, b if (end := flat.find("\n", b)) < 0 else end)
            for item in items
            for a, b in item.spans
        }
        return _merged(lines)

    def measured(self, *kinds: str) -> tuple[Span, ...]:
        """Where measures of these kinds stand."""
        return tuple((m.start, m.end) for m in self.note.measures or () if m.kind in kinds)

    def raised_by(self, check: GapCheck, within: Sequence[Span]) -> list[Span]:
        """The words that raise a check."""
        found = [s for s in self._phrases(check, raises=True) if _inside(s, within)]
        if check.stems and not any(stem in self.lowered for stem in check.stems):
            return found
        return found + list(self._matches(check.when_patterns, within))

    def settles(self, check: GapCheck, within: Sequence[Span]) -> bool:
        """Whether words, a measure or a stated purpose settle a check.

        Parameters
        ----------
        within : where to look, in order and apart (`scope`, `whole`).
        """
        if any(_inside(s, within) and self._says(check, s) for s in self._phrases(check, raises=False)):
            return True
        flat = self.note.text.flat
        if any(
            _inside(span, within) and not taken_back(flat, check, span) for span in self.measured(*check.measures)
        ):
            return True
        if check.purposes and any(
            _inside((p.start, p.end), within) and not self._names((p.start, p.end))
            for s in self.note.segments or ()
            for p in s.purposes
        ):
            return True
        return any(self._says(check, span) for span in self._matches(check.patterns, within))

    def _phrases(self, check: GapCheck, *, raises: bool) -> list[Span]:
        """Where the phrases stand that raise a check, or settle it."""
        if self._hits is None:
            text, hits = self.note.text, dict[tuple[str, bool], list[Span]]()
            for first, end, owners in index().find_all(text.norms):
                for owner in owners:
                    hits.setdefault(owner, []).append((text.starts[first], text.ends[end - 1]))
            self._hits = hits
        return self._hits.get((check.id, raises), [])

    def _matches(self, patterns: tuple[str, ...], within: Sequence[Span]) -> Iterator[Span]:
        for pattern in compiled(patterns):
            for start, end in within:
                for match in pattern.finditer(self.note.text.flat, start, end):
                    yield match.span()

    def _names(self, span: Span) -> bool:
        """Whether words are of a service's name: "Gait training" says no purpose."""
        return any(m.start <= span[0] and span[1] <= m.end for m in self.note.marks or ())

    def _says(self, check: GapCheck, span: Span) -> bool:
        """Whether words that can settle a check do so where they stand."""
        if (check.purposes and self._names(span)) or self._stands_elsewhere(check, span[0]):
            return False
        return not taken_back(self.note.text.flat, check, span)

    def _stands_elsewhere(self, check: GapCheck, start: int) -> bool:
        """Whether the clause at a place is of a section, or tells of a plan, in which a check's words settle nothing."""
        if not (check.unless_section or check.unless_planned):
            return False
        at = bisect_right(self._starts, start) - 1
        segment = (self.note.segments or [])[at] if at >= 0 else None
        if segment is None or start >= segment.end or (segment.status_cue and is_beyond(segment.status_cue.rule)):
            return False
        section = sections_of(self.note)[segment.section].name if segment.section >= 0 else ""
        return section in check.unless_section or (check.unless_planned and segment.status == "planned")


Comparison = Callable[[GapCheck, Sequence[Supported], View], list[Finding]]
"""A check on the suggested codes that call for it: what it finds, nothing where the note satisfies it."""


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, with those that overlap made one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _inside(span: Span, within: Sequence[Span]) -> bool:
    """Whether a span lies in one of spans that are in order and apart."""
    at = bisect_right(within, (span[0], sys.maxsize)) - 1
    return at >= 0 and within[at][0] <= span[0] and span[1] <= within[at][1]
