"""Which payer profile a patient's FHIR coverages stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from corpus.coverage import load_coverage


def payer_of(coverages: Iterable[Mapping[str, Any]]) -> str | None:
    """The payer profile of the first active coverage, by ``order``, that any rule of ``coverage.toml`` knows.

    Parameters
    ----------
    coverages : FHIR Coverage resources, of any release and however incomplete.

    Examples
    --------
    >>> payer_of([{"status": "active", "payor": [{"display": "Medicare Part B"}]}])
    'medicare'
    >>> payer_of([{"status": "cancelled", "payor": [{"display": "Medicare Part B"}]}]) is None
    True
    """
    active = [c for c in coverages if c.get("status", "active") == "active"]
    for coverage in sorted(active, key=_order):
        codes, said = set(_codes(coverage)), " | ".join(_texts(coverage)).lower()
        for rule in load_coverage():
            if codes & set(rule.codes) or any(re.search(rf"(?<!\w){re.escape(n)}(?!\w)", said) for n in rule.names):
                return rule.payer
    return None


def _order(coverage: Mapping[str, Any]) -> int:
    order = coverage.get("order")
    return order if isinstance(order, int) else 1 << 30


def _dicts(value: object) -> Iterator[Mapping[str, Any]]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield one


def _codes(coverage: Mapping[str, Any]) -> Iterator[str]:
    for kind in _dicts(coverage.get("type")):
        for coding in _dicts(kind.get("coding")):
            if isinstance(coding.get("code"), str):
                yield coding["code"]


def _texts(coverage: Mapping[str, Any]) -> Iterator[str]:
    found: list[object] = []
    for payor in _dicts(coverage.get("payor")):
        found.append(payor.get("display"))
    for kind in (*_dicts(coverage.get("class")), *_dicts(coverage.get("grouping"))):
        found += [kind.get("name"), kind.get("planDisplay")]
    for kind in _dicts(coverage.get("type")):
        found.append(kind.get("text"))
    return (text for text in found if isinstance(text, str))
