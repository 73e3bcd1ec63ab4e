"""Shared fixtures: one trained bundle per session, and the trap for note text."""

from __future__ import annotations

import fcntl
import hashlib
import io
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import joblib
import pytest
from tests_support import TRAP

from corpus.vocabulary import load_vocabulary
from models import bundle as bundles
from models.bundle import files
from models.compiled import Compiled
from models.ranker import Ranker
from models.suggester import Suggester, facade
from service.run import ready

CACHE = Path(__file__).parent / ".pytest_cache" / "soapcode"
KEPT = 4
"""Rankers kept at once, for those that several tests load."""


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


@pytest.fixture(scope="session", autouse=True)
def _unpickled_once() -> Iterator[None]:
    """Equal files give one ranker a process, and one layout of it: each takes seconds.

    Everything `bundles.load` checks before it unpickles is checked each time.
    """
    states: dict[bytes, Any] = {}
    rankers: dict[int, tuple[Mapping[str, Any], Ranker]] = {}
    layouts: dict[tuple[int, int], tuple[Ranker, object, Compiled]] = {}
    really_ranker = bundles.ranker_of

    def keep(table: dict[Any, Any], key: Any, made: Any) -> Any:
        table[key] = made
        if len(table) > KEPT:  # the first is that of the shared suggester
            del table[list(table)[1]]
        return made

    def load(file: io.BytesIO) -> Any:
        key = hashlib.sha256(file.getbuffer()).digest()
        return states[key] if key in states else keep(states, key, joblib.load(file))

    def ranker_of(state: Mapping[str, Any]) -> Ranker:
        if id(state) not in rankers:
            keep(rankers, id(state), (state, really_ranker(state)))
        return rankers[id(state)][1]

    def compiled(ranker: Ranker) -> Compiled:
        vocabulary = load_vocabulary()  # an installation's own entries make another one
        key = (id(ranker), id(vocabulary))
        if key not in layouts:
            keep(layouts, key, (ranker, vocabulary, Compiled(ranker)))
        return layouts[key][2]

    patch = pytest.MonkeyPatch()
    patch.setattr(files, "joblib", SimpleNamespace(load=load, dump=joblib.dump))
    patch.setattr(files, "ranker_of", ranker_of)
    patch.setattr(facade, "Compiled", compiled)
    yield
    patch.undo()


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
    """Files that take long go first, the longest before all, so that none is left over at the end; the comparison of logs and notes runs after everything else."""

    def seconds(item: pytest.Item) -> int:
        mark = item.get_closest_marker("heavy")
        return mark.args[0] if mark else 0

    items.sort(key=lambda item: (item.name == "test_no_note_text_in_any_log_line_or_error", -seconds(item)))
