"""The small files of what an answer tells beside its codes: the shipped ones, and what their loaders refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from corpus.answered import load_answered
from corpus.beside import load_never_beside
from corpus.errors import CorpusError
from corpus.named import load_named
from models.bundle import corpus_hash

BESIDE = '[[beside]]\nservice = "{}"\nnever = ["pt_eval"]\nsays = "It is not suggested beside {{other}}."\nsource = "guide"\ndated = "2026"\n'
NAMED = '[[named]]\nid = "a"\ncodes = ["{}"]\npatterns = [\'{}\']\nstatuses = ["performed"]\nsays = "The note names {{words}} ({{codes}})."\nsource = "guide"\ndated = "2026"\n'
ANSWERED = '[[answered]]\nconcepts = ["{}"]\nby = "{}"\n'
REFUSED: list[tuple[Callable[[Path], Mapping[str, object]], str, str]] = [
    (load_never_beside, BESIDE.format("performance_test") * 2, "must stand once"),
    (load_never_beside, BESIDE.format("nothing"), "services must be of services.toml"),
    (load_named, NAMED.format("97110", "hep") * 2, "must stand once"),
    (load_named, NAMED.format("12345", "hep"), "must be in the catalogue"),
    (load_named, NAMED.format("97110", "(hep"), "must be a regular expression"),
    (load_named, NAMED.format("97110", "hep") + "named_in = 'after'\n", "and not both"),
    (load_answered, ANSWERED.format("sharp-debridement", "area") * 2, "must stand once"),
    (load_answered, ANSWERED.format("slr", "area"), "have a caution"),
    (load_answered, ANSWERED.format("vasopneumatic", "words"), "patterns must be given"),
]


@pytest.mark.parametrize(("load", "text", "said"), REFUSED)
def test_what_is_refused(load: Callable[[Path], Mapping[str, object]], text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "told.toml"
    path.write_text(text)
    with pytest.raises(CorpusError, match=said):
        load(path)


def test_the_shipped_files_load() -> None:
    assert all((load_never_beside(), load_named(), load_answered()))


@pytest.mark.parametrize("name", ["answered.toml", "beside.toml", "named.toml"])
def test_a_bundle_does_not_rest_on_them(name: str, tmp_path: Path) -> None:
    (tmp_path / "codes.toml").write_text("a")
    before = corpus_hash(tmp_path)
    (tmp_path / name).write_text("b")
    assert corpus_hash(tmp_path) == before
