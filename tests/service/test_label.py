"""``soapcode label``: typed lines in, answers on disk; other tools' files there and back."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from tests_support import notes_read

from models.clinic import read_clinic
from models.exchange import FORMATS, LabelSpan, Record, from_row, read_records, record_of, to_row, write_records
from models.labelling import Progress, least_certain_first, propose
from models.suggester import Suggester
from service.cli_label import convert, label

NOTES = (
    "O: Ultrasound 1 MHz 1.2 W/cm2 to R shoulder 8 min",
    "bike and stuff, hands on, walked a bit with the thing",
    "Gait training 15 min with cane, cues for heel strike",
    "Patient phoned to cancel.",
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "notes.jsonl"
    rows = [json.dumps({"id": str(i), "text": text}) for i, text in enumerate(NOTES)]
    path.write_text("\n".join([*rows, "{no", json.dumps({"id": "9", "text": " "})]) + "\n", encoding="utf-8")
    return path


def _typed(lines: list[str]) -> Callable[[str], str]:
    left = iter(lines)

    def ask(_prompt: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return ask


def _run(source: Path, suggester: Suggester, lines: list[str]) -> tuple[list[tuple[list[str], str]], str]:
    said = io.StringIO()
    target = source.with_name("out.jsonl")
    label(source, target, suggester, Console(file=said, width=120), _typed(lines))
    rows = [json.loads(x) for x in target.read_text().splitlines()] if target.exists() else []
    return [(r["codes"], r["answer"]) for r in rows], said.getvalue()


@pytest.mark.parametrize(
    ("lines", "answers"),
    [
        (["q"], []),
        ([], []),
        (["none"], [([], "accept")]),
        (["s"], [([], "ignore")]),
        (["97110 97140"], [(["97110", "97140"], "accept")]),
        (["c", "97112"], [(["97112"], "accept")]),
        (["c", "", "97112"], [(["97112"], "accept")]),
        (["blah", "99999", "97112"], [(["97112"], "accept")]),
        (["97110", "u", "97112"], [(["97112"], "accept")]),
        (["97110", "97112", "u", "u", "none"], [([], "accept")]),
        (["u", "97110"], [(["97110"], "accept")]),
        (["97110", "s", "none", "none"], [(["97110"], "accept"), ([], "ignore"), ([], "accept"), ([], "accept")]),
    ],
)
def test_what_is_typed_is_saved(
    lines: list[str], answers: list[tuple[list[str], str]], source: Path, suggester: Suggester
) -> None:
    rows, said = _run(source, suggester, lines)
    assert rows == answers
    assert ("answers are in" in said) == bool(answers)


def test_the_next_run_goes_on_and_bad_rows_are_listed(source: Path, suggester: Suggester) -> None:
    first, said = _run(source, suggester, ["97110", "s"])
    assert "line 5" in said
    assert "line 6" in said
    second, said = _run(source, suggester, ["none", "none", "none"])
    assert (len(first), len(second)) == (2, 4)
    assert "2 notes to label, 2 answered before" in said
    found = read_clinic(source.with_name("out.jsonl"))
    assert (len(found.notes), found.skipped, found.bad) == (3, 1, [])


def test_an_answer_cut_off_in_the_middle_is_asked_again(source: Path, suggester: Suggester) -> None:
    _run(source, suggester, ["97110", "97112"])
    target = source.with_name("out.jsonl")
    target.write_bytes(target.read_bytes()[:-10])
    assert Progress(target).mended == 1
    assert len(_run(source, suggester, ["97116"])[0]) == 2


def test_a_file_that_holds_something_else_is_not_added_to(source: Path) -> None:
    with pytest.raises(ValueError, match="must hold answers of 'soapcode label'"):
        Progress(source)


def test_the_least_certain_come_first(suggester: Suggester) -> None:
    tasks = least_certain_first(propose(suggester, record_of(str(i), t, answer="todo")) for i, t in enumerate(NOTES))
    doubts = [t.doubt for t in tasks]
    assert doubts == sorted(doubts, reverse=True)
    assert tasks[0].record.text == NOTES[1]


def test_a_proposal_reads_its_note_once(suggester: Suggester) -> None:
    with notes_read() as read:
        task = propose(suggester, record_of("0", NOTES[0], answer="todo"))
    assert task.proposed == ("97035",)
    assert read == [NOTES[0]]


_SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 8), st.sampled_from(["97110", "97140", "planned"])), max_size=4
)


@given(st.text(min_size=1, max_size=40).filter(str.strip), _SPANS, st.sampled_from(FORMATS))
def test_there_and_back(text: str, places: list[tuple[int, int, str]], form: str) -> None:
    spans = [LabelSpan(a, a + n, name) for a, n, name in places if a + n <= len(text)]
    try:
        record = record_of("x", text, ["97116"], spans)
    except ValueError:  # half a surrogate pair
        return
    back = from_row(json.loads(json.dumps(to_row(record, form))), form)  # type: ignore[arg-type]
    assert (back.id, back.text, set(back.codes), back.spans, back.answer) == (
        "x", text, set(record.codes), record.spans, "accept",
    )  # fmt: skip


OTHERS = [
    ({"text": "bike 8 min", "spans": [{"start": 0, "end": 4, "label": "97110"}], "answer": "accept", "_input_hash": 1}, ("97110",), "accept"),
    ({"text": "bike 8 min", "answer": "reject", "spans": []}, (), "ignore"),
    ({"text": "bike 8 min", "label": [[0, 4, "97110 exercise"]]}, ("97110",), "accept"),
    ({"text": "bike 8 min", "entities": [{"id": 1, "label": "97110", "start_offset": 0, "end_offset": 4}]}, ("97110",), "accept"),
    ({"data": {"text": "bike 8 min"}, "annotations": [{"result": [{"value": {"start": 0, "end": 4, "text": "bike", "labels": ["97110"]}}]}]}, ("97110",), "accept"),
    ({"data": {"text": "bike 8 min"}, "annotations": [{"result": [{"value": {"start": 0, "end": 4, "text": "bike", "labels": ["97110"]}}, {"type": "relation", "from_id": "a", "to_id": "b"}]}]}, ("97110",), "accept"),
    ({"data": {"text": "bike 8 min"}, "annotations": []}, (), "todo"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "codes", "answer"), OTHERS)
def test_rows_as_the_tools_write_them(row: dict[str, object], codes: tuple[str, ...], answer: str) -> None:
    record = from_row(row)
    assert (record.codes, record.answer) == (codes, answer)
    assert record.spans == ((LabelSpan(0, 4, "97110"),) if codes else ())


@pytest.mark.parametrize("name", ["out.jsonl", "out.json"])
def test_an_id_that_is_no_utf8_costs_no_file(tmp_path: Path, name: str) -> None:
    (path := tmp_path / name).write_text("old", encoding="utf-8")
    assert write_records(path, [record_of("\udc00", "bike", ["97110"])], "soapcode") == 1
    records, _ = read_records(path)
    assert [(r.id, r.codes) for r in records] == [("?", ("97110",))]


def test_notes_are_left_nowhere_where_they_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_records(tmp_path / "out.jsonl", [record_of("1", "bike", ["97110"])], "soapcode")
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize("meta", [{"id": "n7"}, {"source": "x"}, None])
def test_prodigys_own_id_stands_where_its_meta_has_none(meta: dict[str, str] | None) -> None:
    row = {"id": "n7", "text": "bike", "spans": [], "answer": "accept", "_input_hash": 1, "meta": meta}
    assert from_row(row).id == "n7"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("indent", [None, 1])
def test_an_array_is_read_with_and_without_a_mark_at_its_head(
    tmp_path: Path, mark: bytes, indent: int | None
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(mark + json.dumps([{"data": {"text": "bike"}}] * 2, indent=indent).encode())
    records, bad = read_records(path)
    assert [r.text for r in records] == ["bike", "bike"]
    assert not bad


@pytest.mark.parametrize("form", FORMATS)
def test_notes_go_out_with_proposals(form: str, source: Path, suggester: Suggester) -> None:
    target = source.with_name("export.jsonl")
    assert convert(source, target, form, Console(file=io.StringIO()), suggester=suggester) == 2
    records, bad = read_records(target, form)  # type: ignore[arg-type]
    found: dict[str, Record] = {r.text: r for r in records}
    assert not bad
    assert set(found) == set(NOTES)
    assert found[NOTES[0]].codes == ("97035",)
    assert found[NOTES[3]].codes == ()
