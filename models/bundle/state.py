"""A ranker as plain lists and arrays, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from models.blocks import Block
from models.columns import NOTE_KINDS, SERVICES
from models.decision import DECISION
from models.leaning import Leaning
from models.pooling import GATE, NOTE
from models.ranker import Ranker
from models.relations import RELATIONS
from models.vectors import Vectors


def _written(names: Iterable[str]) -> bytes:
    """Names in their order as one text: reading 190,000 single strings would take most of a start."""
    return "\0".join(names).encode()


def _rows(names: bytes) -> dict[str, int]:
    """Names as `_written`, with the row of each."""
    return {n: row for row, n in enumerate(names.decode().split("\0"))} if names else {}


def _block_state(block: Block) -> dict[str, Any]:
    return {"names": _written(block.names), "scale": block.scale, "factor": block.factor, "padding": block.padding}


def _block(state: Mapping[str, Any]) -> Block:
    return Block(_rows(state["names"]), state["scale"], state["factor"], state["padding"])


_ARRAYS = (
    "content_weights",
    "note_weights",
    "vector_weights",
    "relation_shared",
    "content_bias",
    "delivery_weights",
    "delivery_bias",
    "whole_weights",
    "whole_vector_weights",
    "whole_bias",
    "decision",
    "decision_bias",
    "slope",
    "kind",
    "offset",
    "thresholds",
    "gate",
    "gate_bias",
    "sure_from",
)
_TERMS = (*DECISION, *NOTE, *GATE)


def state_of(ranker: Ranker) -> dict[str, Any]:
    """A ranker as plain lists and arrays."""
    return {name: getattr(ranker, name) for name in _ARRAYS} | {
        "content": {name: _block_state(block) for name, block in ranker.content.items()},
        "delivery": {name: _block_state(block) for name, block in ranker.delivery.items()},
        "note": _block_state(ranker.note),
        "whole": _block_state(ranker.whole),
        "leaning": {"names": _written(ranker.leaning.rows), "values": ranker.leaning.values},
        "vectors": {
            "names": _written(ranker.vectors.rows),
            "values": ranker.vectors.values,
            "weights": ranker.vectors.weights,
        },
        "usage": ranker.usage,
        "services": SERVICES,
        "relations": RELATIONS,
        "terms": _TERMS,
        "kinds": NOTE_KINDS,
    }


def is_of_present_names(state: Mapping[str, Any]) -> bool:
    """Whether its arrays are in the order of the services and features there are now."""
    return bool(
        state["services"] == SERVICES
        and state["terms"] == _TERMS
        and state["relations"] == RELATIONS
        and state["kinds"] == NOTE_KINDS
    )


def ranker_of(state: Mapping[str, Any]) -> Ranker:
    """A ranker from the plain lists and arrays of a bundle."""
    return Ranker(
        leaning=Leaning(_rows(state["leaning"]["names"]), state["leaning"]["values"]),
        vectors=Vectors(_rows(state["vectors"]["names"]), state["vectors"]["values"], state["vectors"]["weights"]),
        content={name: _block(block) for name, block in state["content"].items()},
        delivery={name: _block(block) for name, block in state["delivery"].items()},
        note=_block(state["note"]),
        whole=_block(state["whole"]),
        **{name: state[name] for name in _ARRAYS},
        usage=state["usage"],
    )
