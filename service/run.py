"""Training as people start it: with progress, a measured result and a switch at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from corpus.coreset import load_coreset, weighed
from corpus.notes import load_notes, note_files, read_notes
from corpus.tables import paused_collector
from models import bundle as bundles
from models.design import Dataset
from models.evaluation import guess_of, score
from models.fitting import fit
from models.fitting.base import Settings
from models.home import UnfitBundleError
from models.memory import give_back
from models.suggester import Suggester
from models.training import example_of

Advance = Callable[[str, float], None]
_VOICES = 5
SHIPPED = "SOAPCODE_SHIPPED"
"""Environment variable: a folder of bundles that came with the installation, trained where it was built."""


def _read(paths: Sequence[Path], every: bool) -> Dataset:
    """The notes of some files, those of the coreset with their weights."""
    with paused_collector():
        notes = [note for path in paths for note in read_notes(path)]
        weighted = [(note, 1.0) for note in notes] if every else weighed(notes, load_coreset())
        return Dataset.of(example_of(note, weight=weight) for note, weight in weighted)


def _training_data(advance: Advance, jobs: int, every: bool) -> Dataset:
    """The training notes with their weights, read in ``jobs`` processes, some voices at a time."""
    files = note_files("train")
    chunks = [files[i : i + _VOICES] for i in range(0, len(files), _VOICES)]
    work = Parallel(n_jobs=jobs, return_as="generator")(delayed(_read)(chunk, every) for chunk in chunks)

    def read() -> Iterator[Dataset]:
        for number in range(len(chunks)):
            advance("reading notes", 0.2 * number / len(chunks))
            yield next(work)

    data = Dataset.join(read())
    get_reusable_executor().shutdown()  # idle, the processes would keep what they loaded
    give_back()
    return data


def train_bundle(
    advance: Advance, folder: Path | None = None, settings: Settings | None = None, every: bool = False
) -> str:
    """Train on the corpus, measure on its test split, write the bundle and switch to it.

    Parameters
    ----------
    advance : told what is being done and the share done so far, in [0, 1].
    folder : where bundles live.
    every : learn from every training note, not from the coreset only.

    Returns
    -------
    The new version.
    """
    settings = settings or Settings()
    data = _training_data(advance, settings.jobs, every)
    learned = {"notes": len(data), "standing_for": round(float(data.weights.sum()))}
    steps = settings.folds + 3
    done = 0

    def stage(text: str) -> None:
        nonlocal done
        advance(text, 0.2 + 0.65 * done / steps)
        done += 1

    ranker = fit(data, settings, stage)
    del data
    advance("measuring on the test split", 0.94)
    test, suggester = load_notes("test"), Suggester(ranker, "new")
    figures = score(test, [guess_of(suggester.suggest(note.text, note.payer or "medicare")) for note in test])
    version = bundles.save(ranker, {"test": figures}, folder, asdict(settings) | learned)
    bundles.use(version, folder)
    advance("done", 1.0)
    return version


def _learned_more(folder: Path | None) -> bool:
    """Whether the bundle in use learned from a clinic's notes."""
    now = bundles.current(folder)
    return any(m["version"] == now and "retraining" in m for m in bundles.versions(folder))


def ready(advance: Advance, folder: Path | None = None, said: Callable[[str], None] | None = None) -> Suggester:
    """The current bundle; one that came with the installation, else one trained now, when none fits this corpus, this code
    and these libraries.

    Parameters
    ----------
    advance : told how training goes.
    folder : where bundles live.
    said : told in one sentence why it trains, if it does.

    Raises
    ------
    models.bundle.BundleError
        When the current bundle was tampered with; that is never mended silently.
    """
    try:
        loaded = bundles.load(folder=folder)
    except UnfitBundleError as error:
        reason = str(error).partition(";")[0]
    else:
        if bundles.is_current(loaded.manifest):
            return Suggester(loaded.ranker, loaded.version)
        reason = f"bundle {loaded.version} was made from another corpus or code"
    version = bundles.adopt(Path(os.environ[SHIPPED]), folder) if os.environ.get(SHIPPED) else None
    if version is None:
        if said is not None:
            said(f"{reason}: training on this machine")
            if _learned_more(folder):
                said(
                    "what the bundle in use learned from billed notes is not in the new one; run 'soapcode train --notes' again"
                )
        version = train_bundle(advance, folder)
    return Suggester.load(version, folder)
