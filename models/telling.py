"""An account in plain words: the terms of a probability as steps that add up, for a person to read.

The log-odds of a code are ``offset + slope * J + whole``. They are told as a start, the clearest words
(``slope * z``), what the other words add (``slope * (J - z)``), and what the note as a whole says. Terms too small to
matter are one term, so every printed sum is exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NotRequired, TypedDict

from models.explain import Account, Part, SegmentAccount

_SMALL = 0.05
_CLOSE = 4.0
_MOST = 6

TERMS: dict[str, str] = {
    "bias": "how rarely any words stand for this service",
    "words, if delivered": "the words fit, and the treatment was carried out",
    "words": "the words fit",
    "words against others": "the words fit this service better than others",
    "same sentence": "other words of the sentence",
    "same line": "other words of the line",
    "same block": "other words of the paragraph",
    "words before": "the words before it",
    "words after": "the words after it",
    "elsewhere in the note": "the same service elsewhere in the note",
    "note is such an evaluation": "the note is an evaluation of this kind",
    "note is an evaluation": "the note is an evaluation",
    "delivered": "it reads as carried out in this visit",
    "delivered before": "what stands before it was carried out",
    "delivered after": "what stands after it was carried out",
    "same sentence delivered": "its sentence reads as carried out",
    "same block delivered": "its paragraph reads as carried out",
    "note has a service": "the note has treatment in it at all",
    "words fit a service": "the words fit some service",
    "heading names it": "the heading names it",
    "earlier heading names it": "an earlier heading names it",
    "vocabulary points to it": "the vocabulary lists these words under it",
    "purpose points to it": "the stated purpose points to it",
    "named in closing list": "the closing list names it",
    "delivered and named by its own words": "carried out, and it names the service itself",
    "delivered and named with a time": "carried out, and named with a time",
    "delivered and in the vocabulary": "carried out, and listed under it",
    "delivered and named by the heading": "carried out, and named by the heading",
    "the clinic bills it so": "this clinic bills such words under it",
    "the note has a service": "the note has treatment in it",
    "the note is such an evaluation": "the note is an evaluation of this kind",
    "the note is an evaluation": "the note is an evaluation",
    "another service is surer": "whether another service is surer",
    "length of the note": "how long the note is",
}


class Step(TypedDict):
    """One term: what it says, and the log-odds it adds (above 0) or takes (below); `parts` are those it sums up, where it is several."""

    says: str
    amount: float
    parts: NotRequired[list[Step]]


class ToldSegment(TypedDict):
    """Words of the note and the terms of their log-odds, the largest first; `words` are those that weigh most."""

    start: int
    end: int
    text: str
    log_odds: float
    terms: list[Step]
    words: list[Step]


class Told(TypedDict):
    """A probability taken apart: `steps` add up to `log_odds`, which is the probability's; `segments` those that matter,
    `others` counts the rest. `least` is the probability from which the service is suggested.
    """

    service: str
    probability: float
    least: float
    log_odds: float
    steps: list[Step]
    segments: list[ToldSegment]
    others: int


def told(account: Account, text: str, spans: Sequence[tuple[int, int]]) -> Told:
    """The account in words.

    Parameters
    ----------
    account : of one service.
    text, spans : the note, and its segments as offsets into it.
    """
    joined, slope = account.joined, account.slope
    best = max(account.segments, key=lambda s: s.log_odds, default=None)
    start = Step(says="where every note starts for this service", amount=account.offset)
    steps = [start]
    if best is None:
        steps.append(Step(says="no words to rest on", amount=slope * joined))
    else:
        steps.append(Step(says="the clearest words", amount=slope * best.log_odds))
        steps.append(Step(says="what other words add to them", amount=slope * (joined - best.log_odds)))
    steps += _terms(account.whole)
    shown = sorted((s for s in account.segments if s.log_odds >= joined - _CLOSE), key=lambda s: -s.log_odds)[:_MOST]
    return Told(
        service=account.service,
        probability=account.probability,
        least=account.threshold,
        log_odds=math.fsum(step["amount"] for step in steps),
        steps=steps,
        segments=[_segment(s, text, spans[s.index]) for s in shown],
        others=len(account.segments) - len(shown),
    )


def _segment(part: SegmentAccount, text: str, span: tuple[int, int]) -> ToldSegment:
    return ToldSegment(
        start=span[0],
        end=span[1],
        text=text[span[0] : span[1]],
        log_odds=part.log_odds,
        terms=_terms(part.parts),
        words=[Step(says=name, amount=weight) for name, weight in part.words[:5]],
    )


def _terms(parts: Iterable[Part]) -> list[Step]:
    """The terms in words, the largest first; the small ones as one."""
    held = [Step(says=TERMS[p.name], amount=p.amount) for p in parts]
    large = [step for step in held if abs(step["amount"]) >= _SMALL]
    small = [step for step in held if 0 < abs(step["amount"]) < _SMALL]
    out = sorted(large, key=lambda step: -abs(step["amount"]))
    if len(small) == 1:
        out += small
    elif small:
        each = sorted(small, key=lambda step: -abs(step["amount"]))
        whole = math.fsum(step["amount"] for step in each)
        out.append(Step(says=f"{len(each)} smaller terms together", amount=whole, parts=each))
    return out
