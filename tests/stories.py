"""Notes of invented clinics (``tests/data``), written before anything was tuned on them, and what the tests do with them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models import bundle as bundles

DATA = Path(__file__).parent / "data"

CODE = """
[[code]]
code = "0101T"
name = "Shockwave therapy"
description = "Extracorporeal shock waves to a tendon or other soft tissue, per session; the note shows place, pulses and pressure."
role = "service"
disciplines = ["PT"]
medicare = "not covered"
source = "invented entry of a test"
"""

SERVICE = """
[[service]]
id = "shockwave"
name = "shockwave therapy"
sort = "treatment"
codes = ["0101T"]
rule = "single"
"""


def clinic(name: str) -> list[dict[str, Any]]:
    """The rows of a clinic's file, in order.

    Ids end in ``T`` (taped, no exercise beside), ``TX`` (taped and exercise), ``S`` (shockwave) or ``N`` (neither).
    """
    return [json.loads(line) for line in (DATA / f"clinic_{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def written(folder: Path, name: str, rows: Sequence[dict[str, Any]]) -> Path:
    """The rows as a JSONL file."""
    path = folder / name
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def mislabelled(rows: Sequence[dict[str, Any]], share: float = 0.15) -> list[dict[str, Any]]:
    """The same rows, a share of them with a code taken away, exchanged or added; every 1 / share-th row."""
    others = ("97110", "97140", "97530", "97112", "97116", "97035", "97010")
    out = []
    wrong = 0
    for number, each in enumerate(rows, 1):
        codes = list(each["codes"])
        if number * share >= wrong + 1:
            other = next(c for c in others[wrong % 7 :] + others if c not in codes)
            codes = ([*codes[:-1]], [*codes[:-1], other], [*codes, other])[wrong % 3]
            wrong += 1
        out.append({**each, "codes": codes})
    return out


def copied_home(home: Path, version: str, target: Path) -> Path:
    """A copy of an installation with one bundle, in use."""
    shutil.copytree(home / "bundles" / version, target / "bundles" / version)
    shutil.copy(home / "signing.key", target)
    bundles.use(version, target)
    return target
