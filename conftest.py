"""Shared fixtures: one trained bundle per session, and the trap for note text."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests_support import TRAP

from models import bundle as bundles
from models.suggester import Suggester
from service.run import ready

CACHE = Path(__file__).parent / ".pytest_cache" / "soapcode"


@pytest.fixture(scope="session", autouse=True)
def _trap_texts() -> Iterator[None]:
    """Catch all log records at every level, and remember every note the suggester reads."""
    root = logging.getLogger()
    level = root.level
    root.addHandler(TRAP)
    root.setLevel(0)
    original = Suggester.read

    def remember(self: Suggester, text: str) -> object:
        TRAP.notes.add(text)
        return original(self, text)

    Suggester.read = remember  # type: ignore[method-assign, assignment]
    yield
    Suggester.read = original  # type: ignore[method-assign]
    root.removeHandler(TRAP)
    root.setLevel(level)
    if TRAP.leaks():
        pytest.fail("a log line or error repeats four words of a note in a row")


@pytest.fixture(scope="session")
def home() -> Path:
    """Where this run's bundle lives; kept between runs while corpus and code stay the same."""
    CACHE.mkdir(parents=True, exist_ok=True)
    os.environ["SOAPCODE_HOME"] = str(CACHE)
    return CACHE


@pytest.fixture(scope="session")
def suggester(home: Path) -> Suggester:
    """The suggester trained on the corpus as it stands."""
    with (home / "lock").open("w") as lock:  # test processes side by side: one trains, the others wait
        fcntl.flock(lock, fcntl.LOCK_EX)
        return ready(lambda _text, _share: None, home)


@pytest.fixture(autouse=True)
def _bundle_for_examples(request: pytest.FixtureRequest) -> None:
    """Doc examples that load a bundle get this run's, never the user's own."""
    found = request.node.dtest if isinstance(request.node, pytest.DoctestItem) else None
    if found is not None and any("Suggester.load" in example.source for example in found.examples):
        request.getfixturevalue("suggester")


@pytest.fixture
def bundle_version(suggester: Suggester) -> str:
    """The version in use."""
    version = bundles.current()
    if version is None:
        pytest.fail("a bundle must be in use")
    return version


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that train or start many processes go first, so that none is left over at the end; the comparison of logs and notes runs after everything else."""
    items.sort(
        key=lambda item: (
            item.name == "test_no_note_text_in_any_log_line_or_error",
            item.get_closest_marker("heavy") is None,
        )
    )
