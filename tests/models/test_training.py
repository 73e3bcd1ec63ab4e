"""Which segments of a labelled note a service is learned from."""

from __future__ import annotations

import pytest

from corpus.notes import Evidence, LabelledNote, parse_tagged
from models.features import COLUMN
from models.training import targets_of
from nlp.pipeline import parse

CASES = [
    # tagged words, and the service's own name beside them where it was done
    ("TE 20, MT 10\n{{97110|leg press 3x10}}, {{97140|patellar glides}}", "ther_ex", ["TE 20", "leg press 3x10"]),
    (
        "{{97110|leg press 3x10}}, knee feels good TE 20 min",
        "ther_ex",
        ["leg press 3x10", "knee feels good TE 20 min"],
    ),
    # no name of what the note does not support, of what was not done, or that only heads what it covers
    ("TE 20, MT 10\n{{97110|leg press 3x10}}", "manual", []),
    ("{{97110|leg press 3x10}}\nNext: TE 20, MT 10", "ther_ex", ["leg press 3x10"]),
    ("Ther Ex:\n{{97110|leg press 3x10}}", "ther_ex", ["leg press 3x10"]),
]


@pytest.mark.parametrize(("source", "service", "supporting"), CASES)
def test_what_supports_a_service(source: str, service: str, supporting: list[str]) -> None:
    text, spans = parse_tagged(source)
    evidence = tuple(Evidence(code, start, end) for code, start, end in spans)
    codes = tuple(dict.fromkeys(item.code for item in evidence))
    parsed = parse(text)
    targets = targets_of(parsed, LabelledNote("t-1", "t", "clinic", "plain", text, codes, evidence))
    chosen = [s for s, row in zip(parsed.segments or (), targets, strict=True) if row[COLUMN[service]]]
    assert [text[s.start : s.end] for s in chosen] == supporting
