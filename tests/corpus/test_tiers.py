"""What counts for each tier: the shipped file beside the grading, and what the loader refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.tiers import load_tier_components
from models.tier import DECISION, SCALES

ONE = """[[component]]
service = "{service}"
name = "presentation"
counts = ["a stable one", "an evolving one", "an unstable one"]
source = "a source"
dated = "2017"
"""


def test_every_component_that_is_graded_has_its_words() -> None:
    graded = {(service, scale.name) for service, scales in SCALES.items() for scale in scales}
    assert set(load_tier_components()) == graded | {(service, DECISION) for service in SCALES}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONE.format(service="ther_ex"), "an evaluation with tiers"),
        (ONE.format(service="pt_eval") * 2, "must stand once"),
        (ONE.format(service="pt_eval").replace(', "an unstable one"', ""), "counts"),
    ],
)
def test_what_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "tiers.toml"
    path.write_text(text)
    with pytest.raises(CorpusError, match=said):
        load_tier_components(path)
