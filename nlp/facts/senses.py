"""Whether a phrase means the fact it names: its neighbours, a negation or denial that reaches it, a "no" that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.facts import Fact
from nlp.facts.scan import BREAKS

_BEFORE, _AFTER, _REACH, _DENIED_REACH = 3, 2, 12, 60
_EXCEPTIONS = frozenset({"but", "except", "besides", "beside", "though", "although", "however", "other"})
_SUBJECTS = frozenset({"he", "she", "they", "pt", "patient", "client", "but", "also"})
_ANSWERS = frozenset({":", "-", "=", "("})
_CONNECT = frozenset({",", "/", "and", "&", "or", "nor", "no"})


@dataclass(frozen=True, slots=True)
class Taking:
    """Words that take something back, from first token to end: negations, denials, what ends a denial, a denial that answers;
    and the facts of the tokens that can be taken back.
    """

    negations: dict[int, int]
    denials: dict[int, int]
    ends: dict[int, int]
    answers: dict[int, int]
    listed: dict[int, str]


def is_meant(norms: Sequence[str], first: int, end: int, fact: Fact, says: Taking) -> bool:
    """Whether neither its neighbours nor a negation give a phrase another sense."""
    if fact.unless_before:
        for start in {first, _list_start(norms, first, fact, says)}:
            for at in range(start - 1, max(-1, start - 1 - _BEFORE), -1):
                if norms[at] in BREAKS or norms[at] == ",":
                    break
                if norms[at] in fact.unless_before:
                    return False
    if fact.unless_after:
        for at in range(end, min(len(norms), end + _AFTER)):
            if norms[at] in BREAKS or norms[at] == ",":
                break
            if norms[at] in fact.unless_after:
                return False
    return not (fact.negatable and (_negated(norms, first, fact, says) or _answered(norms, end, says)))


def _list_start(norms: Sequence[str], first: int, fact: Fact, says: Taking) -> int:
    """Where the list of facts of one kind begins that a token stands in: "Mother has diabetes and RA"."""
    at = first
    while at >= 2 and norms[at - 1] in _CONNECT and says.listed.get(at - 2) == fact.id:
        at -= 2
        while at and says.listed.get(at - 1) == fact.id:
            at -= 1
    return at


def _negated(norms: Sequence[str], first: int, fact: Fact, says: Taking) -> bool:
    """Whether a negation before a token reaches it.

    Over a comma only in a list that ends in "or", or that it opens and that names nothing but facts of this kind
    ("No DM, CHF, COPD."); a denial reaches over every comma up to words that end it ("Denies DM, CHF; has COPD").
    """
    denied = _denied(norms, first, says)
    if denied is not None:
        return denied
    negations, listed = says.negations, False
    for at in range(first - 1, max(-1, first - 1 - _REACH), -1):
        if norms[at] in BREAKS or norms[at] in _EXCEPTIONS:
            return False
        if norms[at] == ",":
            listed = True
        if at in negations and negations[at] <= first:
            return not listed or _ends_in_or(norms, at) or _opens_list(norms, at, first, fact, says)
    return False


def _denied(norms: Sequence[str], first: int, says: Taking) -> bool | None:
    """Whether a denial in the sentence before a token reaches it; `None` where there is none."""
    ended = False
    for at in range(first - 1, max(-1, first - 1 - _DENIED_REACH), -1):
        if norms[at] in BREAKS or norms[at] in _EXCEPTIONS:
            return None
        if says.denials.get(at, first + 1) <= first:
            return not ended
        if at in says.ends:
            before = at - 1
            while before >= 0 and norms[before] in _SUBJECTS:
                before -= 1
            ended = ended or (before >= 0 and norms[before] in (",", "and", "-"))
    return None


def _opens_list(norms: Sequence[str], at: int, first: int, fact: Fact, says: Taking) -> bool:
    """Whether a negation opens its sentence and all between it and a token are facts of the same kind."""
    opens = at == 0 or norms[at - 1] in BREAKS or norms[at - 1] == ":"
    between = range(says.negations[at], first)
    return opens and all(norms[k] in _CONNECT or says.listed.get(k) == fact.id for k in between)


def _answered(norms: Sequence[str], end: int, says: Taking) -> bool:
    """Whether a denial is all that is said of a thing: "CHF: no", "DM - denies"."""
    if end + 1 >= len(norms) or norms[end] not in _ANSWERS or end + 1 not in says.answers:
        return False
    after = says.answers[end + 1]
    return after >= len(norms) or norms[after] in BREAKS or norms[after] in (",", ")")


def _ends_in_or(norms: Sequence[str], at: int) -> bool:
    for norm in norms[at : at + 2 * _REACH]:
        if norm in BREAKS:
            return False
        if norm in ("or", "nor"):
            return True
    return False
