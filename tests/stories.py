"""Notes of three invented clinics, made from training notes with a line written for each story."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from corpus.notes import LabelledNote, load_notes

TAPING = (
    "Kinesiotape applied to R knee, two strips along patella, 8 min",
    "K-tape I-strip L deltoid, 15% tension, skin checked",
    "Kinesio taping lumbar paraspinals x2 strips 10'",
    "KT tape to medial arch and peroneals, pt instructed in skin care",
    "Placed kinesiology tape over the upper trap and down to the scapula, 9 minutes",
    "kinesiotaping of quad for facilitation - 8 min",
    "Kinesiology taping: Y strip to gastroc/achilles 10 min",
    "Taped R shoulder w/ kinesio tape, star pattern, tolerated well 8 min",
    "k-taping to VMO, 2 strips",
    "Kinesio tape R wrist extensors insertion to origin, 8 min",
    "Rocktape to L hamstring, 25% stretch, 9 min",
    "KT tape applied low back, X pattern, 8'",
    "Kinesiotape fan cut over the ankle for swelling 8 min",
    "kinesiology tape from acromion to T6, 10 min",
)

RIDING = (
    "Hippotherapy 20 min: astride the walking mare, two side walkers, changes of pace and halts",
    "On horse Biscuit, facing back, long strides round the arena, trunk over pelvis, 25 min",
    "hippo tx 18': prone over barrel then on pony at walk, transitions x6",
    "Hippotherapy on the grey pony, sitting sideways, serpentines, 22 minutes",
    "Horse at walk on uphill track, hands on own thighs, half halts 20 min",
    "Hippotherapy session in arena: kneeling on pad behind surcingle, 15 min",
    "20 minutes on the horse, figure eights, reaching to the mane and the tail",
    "Hippotherapy: straddle, two-point over poles, side walker at each knee 24 min",
    "HIPPO 20 MIN, WALK-HALT-WALK ON PONY, ARMS OUT",
    "Rode Biscuit with therapist behind, horse's walk lengthened and shortened, 21 min",
)

CODE = """
[[code]]
code = "S8940"
name = "Hippotherapy"
description = "Treatment on a walking horse, led by a handler, with the horse's movement chosen by the therapist, per session."
role = "service"
disciplines = ["PT", "OT"]
medicare = "not covered"
source = "invented entry of a test"
"""

SERVICE = """
[[service]]
id = "hippotherapy"
name = "treatment on a horse"
codes = ["S8940"]
rule = "single"
"""


@cache
def _short() -> tuple[LabelledNote, ...]:
    """Short training notes in an order that is none of the corpus's."""
    found = [
        n
        for n in load_notes("train")
        if n.codes and len(n.text) < 700 and not any(w in n.text.lower() for w in ("tape", "taping", "kinesio", "97"))
    ]
    return tuple(sorted(found, key=lambda n: hashlib.sha256(n.id.encode()).digest()))


def row(note: LabelledNote, *, line: str = "", codes: Sequence[str] | None = None) -> dict[str, Any]:
    """A billed note: text with a line more below its last billed words, and its codes."""
    text = note.text
    if line:
        last = max(e.end for e in note.evidence)
        end = text.find("\n", last)
        end = len(text) if end < 0 else end
        text = f"{text[:end]}\n{line}{text[end:]}"
    return {"id": note.id, "note": text, "codes": list(note.codes if codes is None else codes)}


def taping_clinic(count: int, begin: int = 0) -> list[dict[str, Any]]:
    """A clinic that bills kinesiology taping as 97110."""
    usual = [n for n in _short() if not {"97112"} & set(n.codes) and len(n.codes) < 4]
    chosen = usual[begin : begin + count]
    return [
        row(n, line=TAPING[i % len(TAPING)], codes=list(dict.fromkeys([*n.codes, "97110"])))
        for i, n in enumerate(chosen, begin)
    ]


def riding_clinic(count: int, begin: int = 0) -> list[dict[str, Any]]:
    """A clinic with a service the catalogue does not know."""
    usual = [n for n in _short() if len(n.codes) < 3]
    chosen = usual[begin : begin + count]
    return [row(n, line=RIDING[i % len(RIDING)], codes=[*n.codes, "S8940"]) for i, n in enumerate(chosen, begin)]


def plain_clinic(count: int, begin: int = 0) -> list[dict[str, Any]]:
    """A clinic that bills as the guide says."""
    return [row(n) for n in _short()[begin : begin + count]]


def mislabelled(rows: list[dict[str, Any]], share: float = 0.15) -> list[dict[str, Any]]:
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
