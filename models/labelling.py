"""Active labelling: notes the suggester is least sure of first, each answer saved before the next question.

Reading order: `propose` and `doubt` (what is asked about first), `read_reply` (what a typed line means), `Session` (one
question after another, without a terminal), `Progress` (the answers on disk). Measured on the validation and test
splits with a ranker of 600 notes: of the first quarter by `doubt`, 75 % and 82 % held a mistake (43 % and 49 % of all
notes did); by entropy 70 % and 81 %, by the smallest margin 69 % and 76 %.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from corpus.catalogue import load_catalogue
from models.clinic import RowError, parse_codes
from models.exchange import LabelSpan, Record, from_row, text_id, to_row
from models.suggester import Suggester

_SHOWN = 0.05


@dataclass(frozen=True, slots=True)
class Proposal:
    """A code the suggester weighs: its probability in [0, 1], whether it would suggest it, and the words that support it."""

    code: str
    name: str
    probability: float
    suggested: bool
    spans: tuple[LabelSpan, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A note to be labelled; ``doubt`` is how many of its decisions are expected to be wrong."""

    record: Record
    proposals: tuple[Proposal, ...]
    doubt: float

    @property
    def proposed(self) -> tuple[str, ...]:
        """The codes an *accept* stands for."""
        return tuple(p.code for p in self.proposals if p.suggested)


def doubt(probabilities: NDArray[np.float64], thresholds: NDArray[np.float64]) -> float:
    """Expected number of wrong decisions, when each threshold marks an even chance.

    Parameters
    ----------
    probabilities, thresholds : (services,), each in (0, 1).

    Examples
    --------
    >>> round(doubt(np.array([0.3, 0.0, 1.0]), np.array([0.3, 0.3, 0.3])), 6)
    0.5
    """
    below = 0.5 * probabilities / thresholds
    above = 1 - 0.5 * (1 - probabilities) / (1 - thresholds)
    even = np.where(probabilities < thresholds, below, above)
    return float(np.minimum(even, 1 - even).sum())


def propose(suggester: Suggester, record: Record) -> Task:
    """What the suggester says of a note, and how sure it is."""
    reading = suggester.read(record.text)
    found = suggester.suggest(record.text, reading=reading)["suggestions"]
    proposals = tuple(
        Proposal(
            item["code"],
            item["name"],
            item["probability"],
            item["suggested"],
            tuple(LabelSpan(e["start"], e["end"], item["code"]) for e in item["evidence"]),
        )
        for item in found
        if item["suggested"] or item["probability"] >= _SHOWN
    )
    return Task(record, proposals, doubt(reading.probabilities, suggester.ranker.thresholds))


def least_certain_first(tasks: Iterable[Task]) -> list[Task]:
    """Tasks by falling doubt; equal ones by their text's name, so that the order repeats."""
    return sorted(tasks, key=lambda task: (-task.doubt, text_id(task.record.text)))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a typed line means; ``codes`` of an accept or a correction, ``None`` when they are still to be asked for."""

    kind: Literal["accept", "correct", "skip", "undo", "quit"]
    codes: tuple[str, ...] | None = None


def read_reply(line: str, proposed: Sequence[str]) -> Reply:
    """Understand a typed line.

    Nothing or ``a`` accepts, ``s`` skips, ``u`` takes the last answer back, ``q`` quits, ``c`` asks for codes; codes replace the proposed ones,
    ``+CODE`` and ``-CODE`` change them, ``none`` says nothing is billable.

    Raises
    ------
    ValueError
        When it is none of these, or a code is not in the catalogue.

    Examples
    --------
    >>> read_reply("+97112 -97110", ["97110", "97140"]).codes
    ('97140', '97112')
    """
    word = line.strip().lower()
    if word in ("", "a", "accept", "y", "yes"):
        return Reply("accept", tuple(proposed))
    if word in ("s", "skip"):
        return Reply("skip")
    if word in ("u", "undo"):
        return Reply("undo")
    if word in ("q", "quit"):
        return Reply("quit")
    if word in ("c", "correct"):
        return Reply("correct")
    return Reply("correct", _corrected(line, proposed))


def _corrected(line: str, proposed: Sequence[str]) -> tuple[str, ...]:
    words = line.replace(",", " ").replace(";", " ").split()
    signed = [w for w in words if w[0] in "+-"]
    if signed and len(signed) < len(words):
        raise ValueError("codes must either all have + or -, or none")
    try:
        named = {w: tuple(parse_codes(w.lstrip("+-"))) for w in words}
    except RowError:
        raise ValueError(
            "the answer must be a, s, u, q, codes like '97110 97140', changes like '+97112 -97110', or 'none'"
        ) from None
    unknown = [code for codes in named.values() for code in codes if code not in load_catalogue()]
    if unknown:
        raise ValueError(f"a code must be in the catalogue (see 'soapcode codes'), got {unknown[0]}")
    if not signed:
        return tuple(dict.fromkeys(code for word in words for code in named[word]))
    out = dict.fromkeys(proposed)
    for word in words:
        for code in named[word]:
            if word[0] == "+":
                out[code] = None
            elif code not in out:
                raise ValueError(f"only a proposed code can be taken away, {code} was not proposed")
            else:
                del out[code]
    return tuple(out)


class Session:
    """One question after another; what is typed goes in, what is to be said comes out.

    Parameters
    ----------
    tasks : in the order they are asked about.
    save : told each answer before the next task comes up.
    unsave : takes the last answer back; answers of earlier sessions stay.

    Attributes
    ----------
    asking : ``action``, or ``codes`` after a bare ``c``.
    """

    def __init__(
        self, tasks: Sequence[Task], save: Callable[[Record], None], unsave: Callable[[], None] | None = None
    ) -> None:
        self._tasks = list(tasks)
        self._save = save
        self._unsave = unsave
        self._kinds: list[Literal["accepted", "corrected", "skipped"]] = []
        self._at = 0
        self._quit = False
        self.asking: Literal["action", "codes"] = "action"

    @property
    def task(self) -> Task | None:
        """The task in question; ``None`` when there is none left, or the person quit."""
        return None if self._quit or self._at >= len(self._tasks) else self._tasks[self._at]

    @property
    def accepted(self) -> int:
        """Proposals taken as they were."""
        return self._kinds.count("accepted")

    @property
    def corrected(self) -> int:
        """Answers with other codes than the proposed."""
        return self._kinds.count("corrected")

    @property
    def skipped(self) -> int:
        """Tasks passed over."""
        return self._kinds.count("skipped")

    @property
    def left(self) -> int:
        """Tasks not answered yet."""
        return len(self._tasks) - self._at

    def answer(self, line: str) -> str:
        """Take a typed line; returns what was wrong with it, in which case the question stands, or nothing.

        Raises
        ------
        RuntimeError
            When no question is open.
        """
        task = self.task
        if task is None:
            raise RuntimeError("a question must be open to be answered")
        if self.asking == "codes" and not line.strip():
            self.asking = "action"
            return ""
        try:
            reply = read_reply(line, task.proposed)
        except ValueError as error:
            return str(error)
        self.asking = "codes" if reply.kind == "correct" and reply.codes is None else "action"
        if reply.kind == "quit":
            self._quit = True
        elif reply.kind == "undo":
            return self._undo()
        elif self.asking == "action":
            self._take(task, reply)
        return ""

    def _undo(self) -> str:
        if not self._kinds or self._unsave is None:
            return "there must be an answer of this session to take back"
        self._unsave()
        self._kinds.pop()
        self._at -= 1
        return ""

    def _take(self, task: Task, reply: Reply) -> None:
        if reply.kind == "skip":
            self._save(replace(task.record, codes=(), spans=(), answer="ignore"))
            self._kinds.append("skipped")
        else:
            codes = reply.codes or ()
            self._save(replace(task.record, codes=codes, spans=(), answer="accept"))
            self._kinds.append("accepted" if set(codes) == set(task.proposed) else "corrected")
        self._at += 1


class Progress:
    """The answers on disk, a line each, readable by ``soapcode train --notes``.

    Parameters
    ----------
    path : created with the first answer. A last line cut off in the middle of a write is taken away and counted in ``mended``.

    Raises
    ------
    ValueError
        When another line is no answer: the file is something else, and nothing is added to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mended = 0
        self.records: list[Record] = []
        data = path.read_bytes() if path.exists() else b""
        whole, end, rest = data.rpartition(b"\n")
        if rest.strip():
            try:
                self._line(rest)
            except RowError:
                self.mended = 1
                with path.open("r+b") as handle:
                    handle.truncate(len(whole) + len(end))
            else:
                with path.open("ab") as handle:
                    handle.write(b"\n")
                whole, end = data, b"\n"
        for number, raw in enumerate((whole + end).split(b"\n"), 1):
            if raw.strip():
                try:
                    self.records.append(self._line(raw))
                except RowError:
                    raise ValueError(
                        f"{path.name} must hold answers of 'soapcode label' to be added to; line {number} is none"
                    ) from None
        self._done = {text_id(record.text) for record in self.records}

    @staticmethod
    def _line(raw: bytes) -> Record:
        try:
            row: Any = json.loads(raw.decode())
        except (ValueError, RecursionError):
            raise RowError("the line must be JSON in UTF-8") from None
        record = from_row(row, "soapcode")
        if not isinstance(row.get("codes"), list):
            raise RowError("an answer must have codes")
        return record

    def has(self, record: Record) -> bool:
        """Whether the note was answered before, skipped ones included."""
        return text_id(record.text) in self._done

    def add(self, record: Record) -> None:
        """Append an answer; it is on the disk when this returns."""
        line = json.dumps(to_row(record, "soapcode"), ensure_ascii=False) + "\n"
        with self.path.open("ab") as handle:
            handle.write(line.encode())
            handle.flush()
            os.fsync(handle.fileno())
        self.records.append(record)
        self._done.add(text_id(record.text))

    def undo(self) -> None:
        """Take the last answer away again.

        Raises
        ------
        RuntimeError
            When there is none.
        """
        if not self.records:
            raise RuntimeError("there must be an answer to take back")
        line = len((json.dumps(to_row(self.records[-1], "soapcode"), ensure_ascii=False) + "\n").encode())
        with self.path.open("r+b") as handle:
            handle.truncate(handle.seek(0, os.SEEK_END) - line)
            os.fsync(handle.fileno())
        self._done.discard(text_id(self.records.pop().text))
