"""Which of a note's times are given to which service: the most likely way to give them all.

A service can be given no time, one, or several that are added. Each way has a score, the sum of the weights of its
traits (`models.minutes.traits`); the ways within `_MARGIN` of a service's best are tried together with those of the
other services, because a time is seldom said for two and a note's own totals must hold. The best together is taken.
The weights are learned from the corpus' stated minutes (`models.minutes.learn`).

Reading order: `choose`, `best_ways`, `all_ways`, `together`; `reasons` tells why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product, repeat

from models.minutes.page import Page
from models.minutes.times import Time
from models.minutes.traits import NAMES, Given, Support, Trait, Traits
from nlp.note import ParsedNote

Weights = Mapping[Trait, float]
SCALE: Trait = ("scale",)
"""The weight that the scores of single services have beside the traits of all of them."""
_MARGIN = 4.0
_SINGLES, _ADDED, _MOST_ADDED = 5, 4, 4
_LEAST_ADDED = -2.0
_BEHIND_BEST = 3.0
"""A time may be added to others that is this likely, or this near to the likeliest."""
_WAYS, _TOGETHER = 4, 64


def traits_of(
    note: ParsedNote,
    decided: Sequence[frozenset[str]],
    support: Support | None = None,
    billed: Collection[str] = (),
) -> Traits:
    """The traits of a note's times with the services decided on."""
    if support is None:
        services = frozenset(service for here in decided for service in here)
        support = [dict.fromkeys(here, 1.0) for here in decided]
    else:
        services = frozenset(support[0]) if support else frozenset()
    return Traits(Page(note, services, decided, billed), decided, support)


def choose(traits: Traits, weights: Weights) -> dict[str, tuple[int, ...]]:
    """The best way to give the times to the services: service -> indices of its times."""
    if not traits.times:
        return {}
    ways = {service: best_ways(traits, service, weights) for service in traits.services}
    if all(len(w) == 1 for w in ways.values()):
        return {service: way[0][0] for service, way in ways.items()}
    scale = weights.get(SCALE, 1.0)
    best: dict[str, tuple[int, ...]] = {}
    most = float("-inf")
    for given, alone in together(ways):
        score = scale * alone + total_weight(traits.of_all(given), weights)
        if score > most:
            best, most = given, score
    return best


def total_weight(traits: Iterable[Trait], weights: Weights) -> float:
    """The sum of the weights of some traits."""
    return sum(map(weights.get, traits, repeat(0.0)))


def best_ways(traits: Traits, service: str, weights: Weights) -> list[tuple[tuple[int, ...], float]]:
    """The ways to give one service its times that come near the best, best first, with their scores."""
    alone = {k: total_weight(pair, weights) for k, pair in traits.pairs[service].items()}
    scored = [
        (chosen, sum(alone[k] for k in chosen) + total_weight(traits.of_set(service, chosen), weights))
        for chosen in all_ways(alone, traits.times)
    ]
    scored.sort(key=lambda way: -way[1])
    least = scored[0][1] - _MARGIN
    return [way for way in scored[:_WAYS] if way[1] >= least]


def all_ways(alone: Mapping[int, float], times: Sequence[Time]) -> Iterator[tuple[int, ...]]:
    """None, each of the likeliest times, what a few of the likeliest add up to, all likely ones, all of one form.

    Parameters
    ----------
    alone : index of a time -> how likely it is the service's, taken alone.
    times : the times of the page.
    """
    yield ()
    order = sorted(alone, key=lambda k: (-alone[k], k))
    if not order:
        return
    near = [k for k in order[:_SINGLES] if alone[k] >= alone[order[0]] - 2 * _MARGIN]
    least = min(_LEAST_ADDED, alone[order[0]] - _BEHIND_BEST)
    for k in near:
        yield (k,)
    few = sorted(k for k in near[:_ADDED] if alone[k] >= least)
    for size in range(2, min(_MOST_ADDED, len(few)) + 1):
        yield from combinations(few, size)
    likely = sorted(k for k in order if alone[k] >= least)
    alike: dict[tuple[str, ...], list[int]] = {}
    for k in likely:
        alike.setdefault(times[k].form, []).append(k)
    more = {tuple(group) for group in alike.values()} | {tuple(k for k in likely if alone[k] > 0)}
    for many in sorted(more):
        if len(many) > 1 and not set(many) <= set(few):
            yield many


def together(
    ways: Mapping[str, Sequence[tuple[tuple[int, ...], float]]],
) -> Iterator[tuple[dict[str, tuple[int, ...]], float]]:
    """The ways of all services combined, the least likely left out until there are few enough."""
    kept = {service: list(way) for service, way in ways.items()}
    while _size(kept) > _TOGETHER:
        worst = min((s for s in kept if len(kept[s]) > 1), key=lambda s: kept[s][-1][1] - kept[s][0][1])
        kept[worst].pop()
    for chosen in product(*kept.values()):
        yield dict(zip(kept, (times for times, _ in chosen), strict=True)), sum(score for _, score in chosen)


def _size(ways: Mapping[str, Sequence[object]]) -> int:
    out = 1
    for way in ways.values():
        out *= len(way)
    return out


@dataclass(frozen=True, slots=True)
class Reason:
    """One trait of the times a service was given: what it looks at, what was found, and its weight."""

    looks_at: str
    found: str
    weight: float


def reasons(traits: Traits, given: Given, service: str, weights: Weights) -> list[Reason]:
    """Why a service was given its times: every trait with its weight, the weightiest first.

    The weights add up to the score of this way to give the service its times.
    """
    chosen = given[service]
    found = [trait for i in chosen for trait in traits.pairs[service][i]] + traits.of_set(service, chosen)
    told = [Reason(NAMES[t[0]], " ".join(t[1:]), weights.get(t, 0.0)) for t in found]
    return sorted(told, key=lambda r: -abs(r.weight))
