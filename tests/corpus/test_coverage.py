"""The coverage rules: the shipped file, and what the loader refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.coverage import load_coverage
from corpus.errors import CorpusError
from corpus.payers import load_payers

RULE = '[[coverage]]\npayer = "{payer}"\ncodes = {codes}\nnames = {names}\nsource = "a source"\n'


def test_every_payer_profile_can_be_recognised() -> None:
    assert {rule.payer for rule in load_coverage()} == set(load_payers())


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (RULE.format(payer="nobody", codes="[]", names='["x"]'), "payer must be one of"),
        (RULE.format(payer="uhc", codes="[]", names="[]"), "codes or names"),
        (RULE.format(payer="uhc", codes="[]", names='["UHC"]'), "lower-case"),
        (RULE.format(payer="uhc", codes='["1"]', names="[]") * 2, "must stand once"),
        (RULE.format(payer="uhc", codes='["1"]', names="[]") + "colour = 1\n", "colour"),
    ],
)
def test_refused(tmp_path: Path, source: str, said: str) -> None:
    path = tmp_path / "coverage.toml"
    path.write_text(source)
    with pytest.raises(CorpusError, match=said):
        load_coverage(path)
