"""What all tools can say of a labelled note: text, codes, labelled words, and whether a person accepted them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from corpus.notes import TRAPS
from models.clinic import RowError, checked_text

Answer = Literal["accept", "ignore", "todo"]
_LABEL = re.compile(r"\s*([0-9A-Za-z]\d{3}[0-9A-Za-z])(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True, order=True)
class LabelSpan:
    """Words of a note from code point ``start`` to ``end`` and their label: a billing code or a trap."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Record:
    """A note with what is known of its labels.

    Attributes
    ----------
    id : the tool's or the clinic's; `text_id` where there was none.
    text : the note.
    codes : codes of the whole note, those of the spans among them.
    spans : labelled words, in order of place.
    answer : ``accept`` when a person stands behind it, ``ignore`` when a person passed it over, ``todo`` when nobody looked yet.
    """

    id: str
    text: str
    codes: tuple[str, ...] = ()
    spans: tuple[LabelSpan, ...] = ()
    answer: Answer = "accept"


def text_id(text: str) -> str:
    """A name for a note that has none: the beginning of its sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def record_of(
    identifier: Any,
    text: Any,
    codes: Iterable[str] = (),
    spans: Iterable[LabelSpan] = (),
    answer: Answer = "accept",
) -> Record:
    """A record whose codes include those of its spans.

    Raises
    ------
    RowError
        When the text is none or empty, or a span is not within it.
    """
    text = checked_text(text)
    placed = tuple(sorted(set(spans)))
    for span in placed:
        if not 0 <= span.start < span.end <= len(text):
            raise RowError(f"a span must lie in the note's {len(text)} characters, start before end")
    every = dict.fromkeys([*codes, *(s.label for s in placed if s.label not in TRAPS)])
    return Record(
        str(identifier) if identifier not in (None, "") else text_id(text), text, tuple(every), placed, answer
    )


def label_of(value: Any) -> str:
    """The code or trap a label stands for; words after a code ("97110 exercise") are its name.

    Raises
    ------
    RowError
        When it is neither.

    Examples
    --------
    >>> label_of("97110 exercise"), label_of("g0283"), label_of("Planned")
    ('97110', 'G0283', 'planned')
    """
    match = _LABEL.match(value) if isinstance(value, str) else None
    if match:
        return match[1].upper()
    if isinstance(value, str) and value.strip().lower() in TRAPS:
        return value.strip().lower()
    raise RowError(f"a label must be a billing code or one of {', '.join(TRAPS)}")
