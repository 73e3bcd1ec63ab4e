"""Payer profiles: what is shipped, a clinic's own file, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.catalogue import load_catalogue
from corpus.errors import CorpusError
from corpus.payers import load_payers, load_thresholds, payer_named
from corpus.vocabulary import load_vocabulary

OWN = """[[payer]]
id = "bcbs_ne"
name = "Blue of Nebraska"
unit_rule = "cms"
unattended_stim = "97014"
source = "2022"
"""


@pytest.mark.parametrize(
    ("payer", "rule", "stim", "bundles_packs", "plan", "assistant"),
    [
        ("medicare", "cms", "G0283", True, "yes", "yes"),
        ("commercial", "midpoint", "97014", False, "ask", "ask"),
        ("uhc", "cms", "G0283", False, "ask", "yes"),
        ("anthem", "midpoint", "97014", False, "ask", "ask"),
        ("tricare", "cms", "97014", False, "ask", "yes"),
        ("workers_comp", "midpoint", "97014", False, "ask", "ask"),
        ("cash", "midpoint", "97014", False, "no", "no"),
    ],
)
def test_shipped(payer: str, rule: str, stim: str, bundles_packs: bool, plan: str, assistant: str) -> None:
    found = payer_named(payer)
    assert (found.unit_rule, found.unattended_stim) == (rule, stim)
    assert ("97010" in found.bundled) == bundles_packs
    assert (found.plan_modifier.wanted, found.assistant_modifier.wanted) == (plan, assistant)


def test_what_is_claimed_has_a_source() -> None:
    for payer in load_payers().values():
        for wanted in (payer.plan_modifier, payer.assistant_modifier):
            assert (wanted.wanted == "ask") or wanted.source
        assert any("dry needling" in caution.says for caution in payer.cautions)
        assert any("kinesiology tape" in caution.says for caution in payer.cautions)


def test_concepts_of_cautions_are_in_the_vocabulary() -> None:
    named = {
        concept for payer in load_payers().values() for caution in payer.cautions for concept in caution.concepts
    }
    assert "kinesiology-tape" in named
    assert named <= set(load_vocabulary())


def test_medicare_bundles_what_the_catalogue_calls_bundled() -> None:
    bundled = {code for code, entry in load_catalogue().items() if entry.medicare == "bundled"}
    assert set(payer_named("medicare").bundled) == bundled


def test_own_payers_stand_beside_the_shipped(tmp_path: Path) -> None:
    own = tmp_path / "payers.toml"
    own.write_text(OWN, encoding="utf-8")
    found = load_payers(extra=own)
    assert list(found) == [*load_payers(), "bcbs_ne"]
    assert payer_named("bcbs_ne", own).unit_rule == "cms"
    assert "bcbs_ne" not in load_payers()
    with pytest.raises(ValueError, match=r"payer must be one of medicare, .*, cash, bcbs_ne, got 'acme'"):
        payer_named("acme", own)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (OWN.replace("bcbs_ne", "medicare"), 1, "a payer must stand once, got 'medicare' again"),
        (OWN + OWN, 7, "a payer must stand once"),
        (OWN + "colour = 1\n", 7, "colour"),
        (OWN.replace('"cms"', '"eight"'), 4, "unit_rule"),
        (OWN + 'bundled = ["11111"]\n', 1, "codes must be in the catalogue, got 11111"),
        (OWN + '[[payer.cautions]]\nsays = "something to say"\nsource = "here"\n', 7, "codes or concepts"),
        (OWN + '[[payer.caps]]\nunits = 0\nsource = "here"\n', 7, "units"),
        (OWN + 'plan_modifier = { wanted = "maybe" }\n', 7, "wanted"),
        (OWN.replace("bcbs_ne", "BCBS NE"), 2, "id"),
        (OWN.replace("bcbs_ne", ""), 2, "id"),
        (OWN + '[[payer.cautions]]\nconcepts = ["tapes"]\nsays = "something to say"\nsource = "abc"\n', 1, "'tapes'"),
        (OWN.replace("97014", "97032"), 1, "bcbs_ne: unattended_stim must be 97014 or G0283, got '97032'"),
    ],
)
def test_bad_own_payers(tmp_path: Path, text: str, line: int, said: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"^own\.toml:\d+: ") as caught:
        load_payers(extra=own)
    assert caught.value.line == line
    assert said in str(caught.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"^none\.toml: must be a readable UTF-8 file"):
        load_payers(extra=tmp_path / "none.toml")


def test_a_year_stands_once(tmp_path: Path) -> None:
    year = '[[threshold]]\nyear = 2026\namount = 1\nreview = 1\nsource = "abc"\n'
    path = tmp_path / "thresholds.toml"
    path.write_text(year + year, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"^thresholds\.toml:6: a year must stand once, got 2026 again"):
        load_thresholds(path)
