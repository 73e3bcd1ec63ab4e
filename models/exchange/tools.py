"""A record as the object of each labelling tool, and such an object as a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from corpus.errors import what_failed
from corpus.notes import TRAPS
from models.clinic import RowError
from models.exchange.counting import Place, place
from models.exchange.record import Answer, LabelSpan, Record, label_of, record_of

Format = Literal["soapcode", "prodigy", "doccano", "labelstudio"]
FORMATS: tuple[Format, ...] = get_args(Format)
_ANSWERS: tuple[Answer, ...] = get_args(Answer)


def _codes(values: Any) -> list[str]:
    if not isinstance(values, list):
        raise RowError("labels of a note must be a list")
    return [label for label in map(label_of, values) if label not in TRAPS]


def _placed(text: Any, places: Sequence[Place]) -> list[LabelSpan]:
    return place(text, places) if isinstance(text, str) else []


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
