"""Run by test_retraining_processes: a ``soapcode`` process with few notes beside the clinic's, that stops at a stage and waits to be killed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import joblib

from corpus.notes import load_notes
from service import cli, retraining


def main(stage: str, mark: Path) -> None:
    """Run the command line of ``sys.argv`` and touch ``mark`` when the stage is reached."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs in the background

    def wait(*_args: object, **_more: object) -> None:
        mark.touch()
        signal.pause()

    few = partial(retraining.retrain_notes, replayed=20, test=load_notes("test")[:4])
    retraining.retrain_notes = few
    if stage in ("dump", "rename", "replace"):  # of the writing: what is learned before does not matter
        retraining.adapt = lambda ranker, *_given: ranker  # type: ignore[attr-defined]
    if stage == "dump":
        whole = joblib.dump

        def half(state: object, target: Path, **more: object) -> None:
            whole(state, target, **more)
            target.write_bytes(target.read_bytes()[:1000])
            wait()

        joblib.dump = half
    elif stage == "rename":
        Path.rename = wait  # type: ignore[method-assign, assignment]
    elif stage == "replace":
        Path.replace = wait  # type: ignore[method-assign, assignment]
    retrain = retraining.retrain

    def stopping(path: Path, advance: Callable[[str, float], None], **more: Any) -> retraining.Retrained:
        def tell(text: str, share: float) -> None:
            advance(text, share)
            if text == stage:
                wait()

        return retrain(path, tell, **(more | {"force": True}))

    retraining.retrain = stopping
    cli.main()


if __name__ == "__main__":
    main(sys.argv.pop(1), Path(sys.argv.pop(1)))
