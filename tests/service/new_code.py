"""Run by test_retraining_processes in a process with own data entries: the corpus's bundle, then what a clinic's notes teach it.

The bundle is the one of the shipped entries with columns of zeros for the new services, instead of one trained anew with them
(100 s): learning begins with the new services' columns cleared (`models.adapt`), so it is the same but for what a service nobody
bills changes of the others.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from stories import clinic

from corpus.notes import load_notes
from models import bundle as bundles
from models.columns import SERVICES
from models.retrain import part
from models.suggester import Suggester
from service import retraining

FIRST = 36
_WIDE = ("note_weights", "vector_weights", "content_bias", "decision_bias", "offset")


def widened(state: dict[str, Any]) -> dict[str, Any]:
    """The state of a bundle for today's services: those it does not know never fire."""
    new = len(SERVICES) - len(state["services"])
    if SERVICES[:-new] != state["services"]:
        raise ValueError("own services must come after the shipped ones")

    def more(table: Any, value: float = 0.0) -> Any:
        return np.concatenate([table, np.full((*table.shape[:-1], new), value, dtype=table.dtype)], axis=-1)

    leaning = {**state["leaning"], "values": more(state["leaning"]["values"])}
    content = {name: more(table) for name, table in state["content_weights"].items()}
    wide = {name: more(state[name]) for name in _WIDE}
    wide |= {"thresholds": more(state["thresholds"], 1.0), "slope": more(state["slope"], state["slope"][0])}
    return state | wide | {"content_weights": content, "leaning": leaning, "services": SERVICES}


def _found(suggester: Suggester, rows: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Notes with the code suggested that bill it, and that do not; notes that bill it."""
    found = [
        any(i["code"] == "0101T" and i["suggested"] for i in suggester.suggest(r["note"])["suggestions"])
        for r in rows
    ]
    billed = ["0101T" in r["codes"] for r in rows]
    hit = sum(f and b for f, b in zip(found, billed, strict=True))
    return hit, sum(found) - hit, sum(billed)


def main(folder: Path, source: Path) -> None:
    """Prints, as JSON, the new code's figures before and after."""
    state = widened(joblib.load(source))
    home = folder / "home"
    bundles.use(bundles.save(bundles.ranker_of(state), {"test": {}}, home, {}), home)
    done = retraining.retrain(folder / "clinic.jsonl", lambda _t, _s: None, folder=home, test=load_notes("test")[:20])
    said: dict[str, Any] = {
        "refused": done.refused,
        "learned": sum("0101T" in n.note.codes for n in part(done.notes.notes, 0).learned),
    }
    rows = clinic("shockwave")[FIRST:] + clinic("shockwave_more")
    others = [{"note": n.text, "codes": list(n.codes)} for n in load_notes("validation")[::8]]
    for name, version in (("before", done.before), ("after", done.version or done.before)):
        suggester = Suggester.load(version, home)
        hit, wrong, of = _found(suggester, rows)
        said[name] = {"hit": hit, "of": of, "wrong": wrong, "elsewhere": _found(suggester, others)[1]}
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
