"""Files are written whole or not at all, and never over what is read."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from corpus.files import whole_file
from models.exchange import Record, write_records
from service import cli, cli_batch
from service.files import keep_apart, write_whole


class _Reader:
    """A suggester that reads nothing; the note "stop" ends the program."""

    def suggest(self, text: str, *_given: object, **_named: object) -> dict[str, Any]:
        if text == "stop":
            raise KeyboardInterrupt
        return {"suggestions": []}


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cli_batch, "load_suggester", _Reader)
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "gait"}) + "\n")
    return path


@pytest.mark.parametrize("how", ["same", "symlink", "hard link", "dots"])
def test_batch_never_writes_over_its_input(source: Path, how: str) -> None:
    before, target = source.read_bytes(), source.with_name("out.jsonl")
    if how == "symlink":
        target.symlink_to(source)
    elif how == "hard link":
        os.link(source, target)
    else:
        target = source if how == "same" else source.parent / ".." / source.parent.name / source.name
    with pytest.raises(ValueError, match=r"must be another file than .*in\.jsonl"):
        cli_batch.batch(source, target)
    assert source.read_bytes() == before


def test_a_batch_that_is_stopped_leaves_the_old_answers_and_nothing_beside(source: Path) -> None:
    target = source.with_name("out.jsonl")
    cli_batch.batch(source, target)
    before = target.read_text()
    source.write_text("".join(json.dumps({"id": i, "text": i}) + "\n" for i in ("gait", "stop")))
    with pytest.raises(KeyboardInterrupt):
        cli_batch.batch(source, target)
    assert target.read_text() == before
    assert sorted(p.name for p in source.parent.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_a_batch_writes_to_where_a_link_leads(source: Path) -> None:
    kept, link = source.with_name("kept.jsonl"), source.with_name("link.jsonl")
    kept.write_text("old")
    link.symlink_to(kept)
    cli_batch.batch(source, link)
    assert link.is_symlink()
    assert json.loads(kept.read_text())["id"] == "a"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "said\n")
    reader.join(10)
    assert got == ["said\n"]
    assert pipe.is_fifo()


def test_a_file_that_fails_half_way_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    def fails() -> None:
        with whole_file(path) as stream:
            stream.write("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_two_outputs_are_kept_apart_too(tmp_path: Path) -> None:
    note, out = tmp_path / "note.txt", tmp_path / "out"
    keep_apart(note, out, None, tmp_path / "other")
    with pytest.raises(ValueError, match="must be another file"):
        keep_apart(note, out, tmp_path / "." / "out")
    keep_apart(Path("/dev/null"), Path("/dev/null"))


COMMANDS = [
    ("claim", "FILE", "--superbill", "FILE"),
    ("claim", "FILE", "--fhir", "FILE"),
    ("evaluate", "FILE", "--report", "FILE"),
    ("audit", "FILE", "--report", "FILE"),
    ("label", "FILE", "-o", "FILE"),
]


@pytest.mark.parametrize("words", COMMANDS)
def test_no_command_writes_over_what_it_reads(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    before = source.read_bytes()
    monkeypatch.setattr("sys.argv", ["soapcode", *(str(source) if w == "FILE" else w for w in words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "must be another file than" in " ".join(capsys.readouterr().err.split())
    assert source.read_bytes() == before


def test_a_file_that_does_not_stand_its_check_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def refuse(fresh: Path) -> None:
        assert fresh.read_text() == "new"
        raise ValueError("no table")

    with pytest.raises(ValueError, match="no table"), whole_file(path, refuse) as stream:
        stream.write("new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_labelled_notes_are_the_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    assert write_records(path, [Record("a", "gait \udc80")], "soapcode") == 1
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]
