"""Labelled notes to and from other labelling tools: Prodigy, Doccano, Label Studio; and soapcode's own lines.

A `Record` is what all of them can say: text, codes of the note, labelled spans, and whether a person accepted it. Offsets are
code points of the record's own text, end-exclusive, line ends as they came. Tools that run in a browser may count
UTF-16 units, or count a CRLF as one; where a tool repeats the words of a span, the words decide which it was, and
where no count fits the words the row is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from corpus.errors import what_failed
from corpus.files import whole_file
from corpus.notes import TRAPS
from models.clinic import BadRow, RowError, checked_text
from models.offsets import code_points_of

Format = Literal["soapcode", "prodigy", "doccano", "labelstudio"]
FORMATS: tuple[Format, ...] = get_args(Format)
Answer = Literal["accept", "ignore", "todo"]
_ANSWERS: tuple[Answer, ...] = get_args(Answer)
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


def _codes(values: Any) -> list[str]:
    if not isinstance(values, list):
        raise RowError("labels of a note must be a list")
    return [label for label in map(label_of, values) if label not in TRAPS]


Place = tuple[int, int, str, str | None]
"""Start, end, label, and the span's words where the tool repeats them."""


def _identity(text: str) -> list[int]:
    return list(range(len(text) + 1))


def _one_line_end(count: Callable[[str], list[int]]) -> Callable[[str], list[int]]:
    """The same count in a text whose CRLF became one character."""

    def counted(text: str) -> list[int]:
        kept = [i for i, c in enumerate(text) if not (c == "\r" and text[i + 1 : i + 2] == "\n")]
        kept.append(len(text))
        short = "".join(text[i] for i in kept[:-1])
        return [kept[at] if at >= 0 else -1 for at in count(short)]

    return counted


_COUNTS: tuple[Callable[[str], list[int]], ...] = (
    _identity,
    code_points_of,
    _one_line_end(_identity),
    _one_line_end(code_points_of),
)


def place(text: str, places: Sequence[Place]) -> list[LabelSpan]:
    r"""Spans in code points, whatever the tool counted.

    Parameters
    ----------
    text : the note.
    places : spans as the tool gave them.

    Raises
    ------
    RowError
        When no way of counting makes all repeated words stand where they are said to.

    Examples
    --------
    >>> place("\U0001f600 gait", [(3, 7, "97116", "gait")])
    [LabelSpan(start=2, end=6, label='97116')]
    """
    for count in _COUNTS:
        at = count(text)
        found = []
        for start, end, label, words in places:
            if not (0 <= start < end < len(at)) or min(at[start], at[end]) < 0:
                break
            span = LabelSpan(at[start], at[end], label)
            if words is not None and _plain(text[span.start : span.end]) != _plain(words):
                break
            found.append(span)
        else:
            return found
    raise RowError("spans must lie in the text and hold the words they repeat, in code points or UTF-16 units")


def _placed(text: Any, places: Sequence[Place]) -> list[LabelSpan]:
    return place(text, places) if isinstance(text, str) else []


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _whole(*values: Any) -> tuple[int, ...]:
    if not all(type(v) is int for v in values):
        raise RowError("start and end of a span must be whole numbers")
    return values


def _answer(value: Any, default: Answer) -> Answer:
    if value == "reject":
        return "ignore"
    if value is None:
        return default
    if value not in _ANSWERS:
        raise RowError(f"answer must be one of {', '.join(_ANSWERS)}")
    found: Answer = value
    return found


def _from_soapcode(row: Mapping[str, Any]) -> Record:
    text = row.get("text", row.get("note"))
    spans = [
        (*_whole(s.get("start"), s.get("end")), label_of(s.get("label")), s.get("text"))
        for s in row.get("spans") or ()
    ]
    default: Answer = "accept" if "codes" in row else "todo"
    placed = _placed(text, spans)
    return record_of(row.get("id"), text, _codes(row.get("codes") or []), placed, _answer(row.get("answer"), default))


def _to_soapcode(record: Record) -> dict[str, Any]:
    out: dict[str, Any] = {"id": record.id, "text": record.text, "codes": list(record.codes), "answer": record.answer}
    if record.spans:
        out["spans"] = [
            {"start": s.start, "end": s.end, "label": s.label, "text": record.text[s.start : s.end]}
            for s in record.spans
        ]
    return out


def _from_prodigy(row: Mapping[str, Any]) -> Record:
    text = row.get("text")
    meta = row.get("meta")
    spans = [
        (*_whole(s.get("start"), s.get("end")), label_of(s.get("label")), s.get("text"))
        for s in row.get("spans") or ()
    ]
    placed = _placed(text, spans)
    identifier = meta.get("id", row.get("id")) if isinstance(meta, Mapping) else row.get("id")
    return record_of(identifier, text, _codes(row.get("accept") or []), placed, _answer(row.get("answer"), "todo"))


def _to_prodigy(record: Record) -> dict[str, Any]:
    spans = [{"start": s.start, "end": s.end, "label": s.label} for s in record.spans]
    out: dict[str, Any] = {
        "text": record.text,
        "spans": spans,
        "accept": list(record.codes),
        "meta": {"id": record.id},
    }
    return out if record.answer == "todo" else {**out, "answer": record.answer}


def _from_doccano(row: Mapping[str, Any]) -> Record:
    """Sequence labels (``label``/``labels``: [start, end, label]), ``entities`` with offsets, ``cats`` of the note."""
    text = row.get("text")
    codes: list[str] = _codes(row.get("cats") or [])
    places: list[tuple[Any, ...]] = []
    for item in [*(row.get("label") or row.get("labels") or ()), *(row.get("entities") or ())]:
        if isinstance(item, str):
            codes += _codes([item])
        elif isinstance(item, Mapping):
            places.append(
                (*_whole(item.get("start_offset"), item.get("end_offset")), label_of(item.get("label")), None)
            )
        elif isinstance(item, list) and len(item) == 3:
            places.append((*_whole(item[0], item[1]), label_of(item[2]), None))
        else:
            raise RowError(
                "a label must be a text, [start, end, label] or an object with start_offset and end_offset"
            )
    placed = _placed(text, places)
    return record_of(row.get("note_id", row.get("id")), text, codes, placed, _answer(row.get("answer"), "accept"))


def _to_doccano(record: Record) -> dict[str, Any]:
    return {
        "text": record.text,
        "label": [[s.start, s.end, s.label] for s in record.spans],
        "cats": list(record.codes),
        "note_id": record.id,
        "answer": record.answer,
    }


def _from_labelstudio(row: Mapping[str, Any]) -> Record:
    """A task with ``data.text`` and ``annotations``; the last that was not cancelled counts, predictions only propose.

    Relations between labelled words say nothing of codes and are passed over.
    """
    data = row.get("data")
    if not isinstance(data, Mapping):
        raise RowError("a Label Studio task must have 'data' with the text")
    made = [a for a in row.get("annotations") or () if isinstance(a, Mapping)]
    kept = [a for a in made if not a.get("was_cancelled")]
    answer: Answer = "accept" if kept else "ignore" if made else "todo"
    chosen = kept or made or [p for p in row.get("predictions") or () if isinstance(p, Mapping)]
    text = data.get("text")
    places: list[Place] = []
    codes: list[str] = []
    for item in chosen[-1].get("result") or () if chosen else ():
        if isinstance(item, Mapping) and item.get("type") == "relation":
            continue
        value = item.get("value") if isinstance(item, Mapping) else None
        if not isinstance(value, Mapping):
            raise RowError("each result must be an object with 'value'")
        codes += _codes(value.get("choices") or [])
        for label in value.get("labels") or value.get("hypertextlabels") or ():
            at = value.get("globalOffsets") or value
            start, end = _whole(at.get("start"), at.get("end"))
            places.append((start, end, label_of(label), value.get("text")))
    placed = _placed(text, places)
    return record_of(data.get("id", row.get("id")), text, codes, placed, answer)


def _to_labelstudio(record: Record) -> dict[str, Any]:
    result: list[dict[str, Any]] = [
        {
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {"start": s.start, "end": s.end, "text": record.text[s.start : s.end], "labels": [s.label]},
        }
        for s in record.spans
    ]
    if record.codes:
        result.append(
            {"from_name": "codes", "to_name": "text", "type": "choices", "value": {"choices": list(record.codes)}}
        )
    out: dict[str, Any] = {"data": {"text": record.text, "id": record.id}}
    if record.answer == "todo":
        return {**out, "predictions": [{"model_version": "soapcode", "result": result}]}
    return {**out, "annotations": [{"result": result, "was_cancelled": record.answer == "ignore"}]}


_READERS: dict[Format, Callable[[Mapping[str, Any]], Record]] = {
    "soapcode": _from_soapcode,
    "prodigy": _from_prodigy,
    "doccano": _from_doccano,
    "labelstudio": _from_labelstudio,
}
_WRITERS: dict[Format, Callable[[Record], dict[str, Any]]] = {
    "soapcode": _to_soapcode,
    "prodigy": _to_prodigy,
    "doccano": _to_doccano,
    "labelstudio": _to_labelstudio,
}


def format_of(row: Mapping[str, Any]) -> Format:
    """Which tool wrote a row, by its fields.

    Examples
    --------
    >>> format_of({"data": {"text": "x"}, "annotations": []}), format_of({"text": "x", "spans": [], "answer": "accept"})
    ('labelstudio', 'prodigy')
    """
    if "data" in row:
        return "labelstudio"
    if "codes" in row:
        return "soapcode"
    if {"label", "labels", "entities", "cats"} & set(row):
        return "doccano"
    if {"accept", "answer", "_input_hash", "tokens", "meta"} & set(row):
        return "prodigy"
    return "soapcode"


def to_row(record: Record, form: Format) -> dict[str, Any]:
    """A record as a tool's object."""
    return _WRITERS[form](record)


def from_row(row: Any, form: Format | None = None) -> Record:
    """A tool's object as a record; the tool is told by its fields unless named.

    Raises
    ------
    RowError
        When the object is not of that form.
    """
    if not isinstance(row, Mapping):
        raise RowError("the line must be a JSON object")
    try:
        return _READERS[form or format_of(row)](row)
    except (AttributeError, TypeError, KeyError) as error:
        raise RowError(f"the row must be of the form of {form or format_of(row)}; {what_failed(error)}") from error


def rows_of(data: bytes) -> Iterator[tuple[int, Any]]:
    """Line and object of each row of a JSONL file, or of a JSON array (line = place in it); a `RowError` for a bad one."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] == b"[":
        try:
            yield from enumerate(json.loads(data.decode()), 1)
        except (ValueError, RecursionError):
            yield 1, RowError("the file must be a JSON array in UTF-8")
        return
    for line, raw in enumerate(data.split(b"\n"), 1):
        if raw.strip():
            try:
                row: Any = json.loads(raw.decode())
            except (ValueError, RecursionError):
                row = RowError("the line must be JSON in UTF-8")
            yield line, row


def read_records(path: Path, form: Format | None = None) -> tuple[list[Record], list[BadRow]]:
    """All records of a file, and the rows that could not be read.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    records: list[Record] = []
    bad: list[BadRow] = []
    for line, row in rows_of(path.read_bytes()):
        try:
            if isinstance(row, RowError):
                raise row
            records.append(from_row(row, form))
        except RowError as error:
            bad.append(BadRow(line, str(error)))
    return records, bad


def write_records(path: Path, records: Iterable[Record], form: Format) -> int:
    """Write records as JSONL, or as a JSON array when the file is called ``.json`` (Label Studio); returns how many.

    The file appears whole or not at all (`corpus.files.whole_file`).
    """
    rows = [json.dumps(to_row(record, form), ensure_ascii=False) for record in records]
    text = "[\n" + ",\n".join(rows) + "\n]\n" if path.suffix == ".json" else "".join(f"{row}\n" for row in rows)
    with whole_file(path) as stream:
        stream.write(text)
    return len(rows)
