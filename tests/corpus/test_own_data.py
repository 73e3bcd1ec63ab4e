"""An installation's own entries stand beside the shipped ones; their mistakes name their own file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stories import CODE, SERVICE

from corpus.catalogue import load_catalogue
from corpus.coverage import load_coverage
from corpus.errors import CorpusError
from corpus.measures import load_measure_words
from corpus.payers import load_payers, load_thresholds, payer_named
from corpus.services import load_services, service_of_code
from corpus.tables import own_data
from corpus.vocabulary import load_vocabulary
from models.bundle import corpus_hash
from models.coverage import payer_of
from service.settings import load_settings

HOURS = '[[class]]\nname = "hour"\nabout = "hour"\nwords = ["std"]\n'
CONCEPT = '[[concept]]\nid = "pony-walk"\nname = "walk on a pony"\nkind = "technique"\nforms = ["pony walk"]\n'
_CACHED = (
    load_services,
    load_catalogue,
    load_vocabulary,
    service_of_code,
    load_payers,
    load_thresholds,
    load_coverage,
    load_measure_words,
)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOAPCODE_DATA", str(tmp_path))
    (tmp_path / "vocabulary").mkdir()
    return tmp_path


def _fresh() -> None:
    for each in _CACHED:
        each.cache_clear()


@pytest.fixture(autouse=True)
def _cleared() -> Iterator[None]:
    _fresh()
    yield
    _fresh()


def test_own_entries_are_added(own: Path) -> None:
    before = corpus_hash()
    (own / "codes.toml").write_text(CODE)
    (own / "services.toml").write_text(SERVICE)
    (own / "vocabulary" / "own.toml").write_text(CONCEPT + "priors = { shockwave = 0.9 }\n")
    assert load_catalogue()["0101T"].name == "Shockwave therapy"
    assert list(load_services())[-1] == "shockwave"
    (own / "measures.toml").write_text(HOURS)
    assert load_measure_words()["hour"] == {"hour", "hr", "hrs", "h", "std"}
    assert load_vocabulary()["pony-walk"].priors == {"shockwave": 0.9}
    assert "97110" in load_catalogue()
    assert corpus_hash() != before


PAYER = """[[payer]]
id = "bcbs_ne"
name = "Blue of Nebraska"
unit_rule = "cms"
unattended_stim = "97014"
source = "2022"
"""
RULE = '[[coverage]]\npayer = "bcbs_ne"\nnames = ["blue cross"]\nsource = "the clinic"\n'


def test_own_payers_count_and_leave_bundles_fit(own: Path) -> None:
    before = corpus_hash()
    (own / "payers.toml").write_text(PAYER)
    (own / "coverage.toml").write_text(RULE)
    (own / "thresholds.toml").write_text('[[threshold]]\nyear = 2031\namount = 1\nreview = 2\nsource = "a notice"\n')
    assert payer_named("bcbs_ne").name == "Blue of Nebraska"
    assert list(load_payers())[-1] == "bcbs_ne"
    assert load_thresholds()[2031].review == 2
    assert corpus_hash() == before
    coverage = {"status": "active", "payor": [{"display": "Blue Cross of Nebraska"}]}
    assert payer_of([coverage]) == "bcbs_ne"
    assert payer_of([{"status": "active", "payor": [{"display": "Medicare Part B"}]}]) == "medicare"


def test_the_folder_of_own_entries_is_no_stray_setting(own: Path) -> None:
    assert load_settings().port == 8000


def test_an_own_file_that_is_no_text_is_named(own: Path) -> None:
    (own / "payers.toml").write_bytes(PAYER.replace("Nebraska", "Nebrask\xe4").encode("latin-1"))
    with pytest.raises(CorpusError, match=r"^payers\.toml: must be a readable UTF-8 file") as caught:
        load_payers()
    assert caught.value.path == own / "payers.toml"


def test_an_own_file_with_a_byte_order_mark_is_read(own: Path) -> None:
    (own / "payers.toml").write_text(PAYER, encoding="utf-8-sig")
    assert "bcbs_ne" in load_payers()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "services.toml",
            SERVICE.replace('id = "shockwave"', 'id = "gait"'),
            r"services.toml:2: a service id must stand once",
        ),
        ("codes.toml", CODE.replace("0101T", "97110"), r"codes.toml:2: a code must stand once, got 97110 again"),
        ("codes.toml", CODE + "colour = 1\n", r"codes.toml:10: colour"),
        ("payers.toml", PAYER.replace("bcbs_ne", "uhc"), r"payers.toml:1: a payer must stand once, got 'uhc' again"),
        ("payers.toml", PAYER.replace('"cms"', '"eight"'), r"payers.toml:4: unit_rule"),
        ("payers.toml", PAYER + 'bundled = ["11111"]\n', r"payers.toml:1: bcbs_ne: codes must be in the catalogue"),
        (
            "vocabulary/own.toml",
            CONCEPT.replace("pony-walk", "treadmill"),
            r"own.toml:1: a concept id must stand once",
        ),
        (
            "measures.toml",
            HOURS.replace("std", "hr"),
            r"measures.toml:1: hour: a word must stand once, got 'hr' again",
        ),
        ("measures.toml", HOURS + HOURS, r"measures.toml:5: a class must stand once in a file, got 'hour' again"),
    ],
)
def test_a_mistake_names_the_own_file(name: str, text: str, said: str, own: Path) -> None:
    (own / name).write_text(text)
    load = {"codes.toml": load_catalogue, "measures.toml": load_measure_words, "payers.toml": load_payers}.get(
        name, load_vocabulary
    )
    with pytest.raises(CorpusError, match=said) as caught:
        load()
    assert caught.value.path == own / name


def test_a_folder_in_the_home_counts_and_the_named_one_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOAPCODE_HOME", str(tmp_path))
    monkeypatch.delenv("SOAPCODE_DATA", raising=False)
    assert own_data() is None
    (tmp_path / "data").mkdir()
    assert own_data() == tmp_path / "data"
    monkeypatch.setenv("SOAPCODE_DATA", str(tmp_path / "other"))
    assert own_data() == tmp_path / "other"
