"""What counts for each tier: the shipped file beside the grading, and what the loader refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.tiers import DECISION, graded_by, load_tier_components

ONE = """[[component]]
service = "{service}"
name = "presentation"
levels = ["stable", "evolving", "unstable"]
counts = ["a stable one", "an evolving one", "an unstable one"]
source = "a source"
dated = "2017"
"""
LEVELLED = ONE.format(service="pt_eval")
COUNTED = LEVELLED.replace('levels = ["stable", "evolving", "unstable"]', 'counted = "element"\nsteps = [0, 3, 4]')


def test_decision_making_is_beside_what_is_graded() -> None:
    graded = {(service, component.name) for service, each in graded_by().items() for component in each}
    assert {service for service, _ in graded} == {"pt_eval", "ot_eval"}
    assert set(load_tier_components()) == graded | {(service, DECISION) for service in graded_by()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONE.format(service="ther_ex"), "an evaluation with tiers"),
        (ONE.format(service="pt_eval") * 2, "must stand once"),
        (LEVELLED.replace(', "an unstable one"', ""), "counts"),
        (LEVELLED + "colour = 1\n", r"tiers\.toml:8: colour"),
        (
            LEVELLED.replace('"evolving"', '"evolvin"'),
            r"tiers\.toml:1: presentation: facts must be of facts\.toml, got 'evolvin'",
        ),
        (LEVELLED.replace('"stable", ', ""), "levels"),
        (LEVELLED.replace("levels", "hints"), "must have levels or counted"),
        (LEVELLED.replace('"presentation"', '"decision making"'), "'decision making' neither"),
        (LEVELLED + "steps = [0, 1, 3]\n", "must stand beside counted"),
        (COUNTED.replace("[0, 3, 4]", "[0, 4, 4]"), r"0 and two rising numbers, got \[0, 4, 4\]"),
        (COUNTED.replace("[0, 3, 4]", "[1, 3, 4]"), "0 and two rising numbers"),
        (COUNTED + 'hints = ["steady", "", ""]\n', "hints must stand beside levels"),
        (COUNTED + 'bearing = "affects"\n', "got 'affects'"),
        (COUNTED + 'aside = "logistics"\n', "aside must stand beside bearing"),
        (COUNTED, r"^tiers\.toml: every evaluation with tiers must have 'decision making' and another, see ot_eval"),
    ],
)
def test_what_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "tiers.toml"
    path.write_text(text)
    with pytest.raises(CorpusError, match=said):
        load_tier_components(path)
