"""The loader of documentation checks: strict, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.gaps import load_gap_checks
from models.bundle import corpus_hash

GOOD = """
[[gap]]
id = "goals-missing"
severity = "error"
services = ["pt_eval"]
says = "The note does not say goals of {codes}."
absent = "goals"
words = ["goal"]
rule = "A plan of care holds goals that can be measured."
source = "CMS Pub 100-02"
dated = "2022"
grade = "A"
"""


def _load(tmp_path: Path, text: str) -> str:
    path = tmp_path / "gaps.toml"
    path.write_text(text, encoding="utf-8")
    try:
        load_gap_checks.__wrapped__(path)
    except CorpusError as error:
        return str(error)
    return ""


def test_a_good_file(tmp_path: Path) -> None:
    assert not _load(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", GOOD, "gaps.toml:14: a check must stand once, got 'goals-missing' again"),
        ('"pt_eval"', '"pt_evaluation"', "services must be those of services.toml, got 'pt_evaluation'"),
        ("{codes}", "{code}", "got 'code'"),
        ('words = ["goal"]', "", "a check of absence must have what settles it"),
        ('absent = "goals"', "", "a check must be computed, have words that raise it, or name what is absent"),
        ('words = ["goal"]', "patterns = ['(goal']", "a pattern must be a regular expression"),
        ('severity = "error"', 'severity = "fatal"', "severity"),
        ('dated = "2022"', 'dated = "long ago"', "dated"),
        ('grade = "A"', 'grade = "A"\nnote = "x"', "note"),
        (
            'severity = "error"',
            'severity = "error"\ncaution = "often"',
            "gaps.toml:5: caution: Input should be a valid boolean",
        ),
        ('grade = "A"', 'grade = "A"\ncomputed = "guess"', "computed"),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in _load(tmp_path, GOOD.replace(old, new, 1) if old else GOOD + new)


def test_no_two_checks_say_the_same() -> None:
    checks = load_gap_checks().values()
    assert len({check.says for check in checks}) == len(checks)


def test_a_change_of_checks_leaves_a_bundle_fit(tmp_path: Path) -> None:
    (tmp_path / "facts.toml").write_text("x", encoding="utf-8")
    before = corpus_hash(tmp_path)
    (tmp_path / "gaps.toml").write_text(GOOD, encoding="utf-8")
    assert corpus_hash(tmp_path) == before
    (tmp_path / "facts.toml").write_text("y", encoding="utf-8")
    assert corpus_hash(tmp_path) != before


def test_the_checks_that_are_cautions_too() -> None:
    assert {name for name, check in load_gap_checks().items() if check.caution} == {"re-evaluation-reason-missing"}
