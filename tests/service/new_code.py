"""Run by test_retraining: trains on a part of the corpus with an own data entry, then on the notes of a clinic that bills it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from corpus import notes as corpus_notes
from models.fitting import Settings
from models.retrain import part
from models.suggester import Suggester
from service import retraining, run

EVERY = 6


def main(folder: Path) -> None:
    """Prints, as JSON, the code's figures before and after."""
    load = corpus_notes.load_notes

    def some(split: str) -> tuple[corpus_notes.LabelledNote, ...]:
        notes = load(split)
        return notes[::EVERY] if split == "train" else notes[:40] if split == "test" else notes

    for module in (run, retraining):
        setattr(module, "load_notes", some)  # noqa: B010
    base = run.train_bundle(lambda _t, _s: None, folder / "home", Settings(iterations=25, jobs=1, minimum=4))
    done = retraining.retrain(folder / "clinic.jsonl", lambda _t, _s: None, folder=folder / "home", replayed=200)
    later = [json.loads(line) for line in (folder / "later.jsonl").read_text().splitlines()]
    said: dict[str, Any] = {
        "refused": done.refused,
        "learned": sum("S8940" in n.note.codes for n in part(done.notes.notes, 0).learned),
    }
    for name, version in (("before", base), ("after", done.version or base)):
        suggester = Suggester.load(version, folder / "home")
        found = [
            {i["code"]: i["suggested"] for i in suggester.suggest(r["note"])["suggestions"]}.get("S8940")
            for r in later
        ]
        said[name] = {
            "hit": sum(bool(f) for f, r in zip(found, later, strict=True) if "S8940" in r["codes"]),
            "wrong": sum(bool(f) for f, r in zip(found, later, strict=True) if "S8940" not in r["codes"]),
        }
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
