"""Labelled spans of a row's note."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from corpus.notes import TRAPS
from models.clinic.cells import json_cell
from models.clinic.notes import RowError


def labelled_spans(value: Any, text: str, codes: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Labelled spans of the note: label, start and end.

    Raises
    ------
    RowError
        When a span does not lie in the note, or its label is neither a billed code nor a trap.
    """
    if isinstance(value, str):
        value = json_cell(value) if value.strip() else None
    if value is None:
        return
    if not isinstance(value, list):
        raise RowError("spans must be a list")
    for item in value:
        if isinstance(item, list) and len(item) == 3:
            item = {"start": item[0], "end": item[1], "label": item[2]}  # noqa: PLW2901
        if not isinstance(item, Mapping):
            raise RowError("a span must be an object with start, end and label")
        label = item.get("label", item.get("code"))
        if not isinstance(label, str) or (label not in TRAPS and label.upper() not in codes):
            raise RowError("a span's label must be a code that was billed, or a trap")
        label = label if label in TRAPS else label.upper()
        if "start" not in item and isinstance(item.get("text"), str):
            yield from occurrences(text, label, item["text"])
            continue
        start, end = item.get("start"), item.get("end")
        if not (type(start) is type(end) is int and 0 <= start < end <= len(text)):
            raise RowError(f"a span must lie in the note's {len(text)} characters, start before end")
        quote = item.get("text")
        if isinstance(quote, str) and quote != text[start:end]:
            raise RowError("a span's text must be the note's words from start to end (offsets are code points)")
        yield label, start, end


def occurrences(text: str, label: str, quote: str) -> Iterator[tuple[str, int, int]]:
    """Every place where words stand in the note, as spans of one label.

    Raises
    ------
    RowError
        When they stand nowhere in it.
    """
    places = [m.start() for m in re.finditer(re.escape(quote), text)] if quote.strip() else []
    if not places:
        raise RowError("evidence must be words of the note, exactly as they stand there")
    yield from ((label, start, start + len(quote)) for start in places)
