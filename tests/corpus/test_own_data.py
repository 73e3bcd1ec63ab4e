"""An installation's own entries stand beside the shipped ones; their mistakes name their own file."""

from __future__ import annotations

from pathlib import Path

import pytest
from stories import CODE, SERVICE

from corpus.catalogue import load_catalogue
from corpus.errors import CorpusError
from corpus.measures import load_measure_words
from corpus.services import load_services, service_of_code
from corpus.tables import own_data
from corpus.vocabulary import load_vocabulary
from models.bundle import corpus_hash

HOURS = '[[class]]\nname = "hour"\nabout = "hour"\nwords = ["std"]\n'
CONCEPT = '[[concept]]\nid = "pony-walk"\nname = "walk on a pony"\nkind = "technique"\nforms = ["pony walk"]\n'
_CACHED = (load_services, load_catalogue, load_vocabulary, service_of_code, load_measure_words)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOAPCODE_DATA", str(tmp_path))
    (tmp_path / "vocabulary").mkdir()
    return tmp_path


def _fresh() -> None:
    for each in _CACHED:
        each.cache_clear()


@pytest.fixture(autouse=True)
def _cleared() -> object:
    kept = [each() for each in _CACHED]
    _fresh()
    yield kept
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
    load = {"codes.toml": load_catalogue, "measures.toml": load_measure_words}.get(name, load_vocabulary)
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
