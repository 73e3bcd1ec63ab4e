"""Labelled notes in the inline-tagged format, read strictly.

A file holds the notes of one voice (one invented clinician)::

    # voice: kl -- telegraphic ortho PT
    @note kl-001
    @setting outpatient ortho
    @style telegraphic flowsheet
    @minutes 97110=23 97140=12
    @total 47
    @text
    R TKA POD 36
    {{97110|NuStep L4 x8'}}
    {{97140|patellar mob gr III    MT 12'}}
    {{planned|nxt: elliptical}}
    @end

``{{LABELS|words}}`` tags words: LABELS are billing codes those words support, or one trap
word (`TRAPS`) for words that look like a service and are none. Tags may nest; codes are joined
with commas. Whatever does not parse is an error: an unclosed tag never silently labels nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from corpus.errors import CorpusError, what_failed
from corpus.payers import load_payers
from corpus.services import service_of_code
from corpus.tables import DATA

Trap = Literal["planned", "declined", "home", "history", "negated", "other", "finding", "diagnostic"]
TRAPS: tuple[str, ...] = get_args(Trap)
SPLITS = ("train", "validation", "test")
PAYERS = ("medicare", "commercial", "uhc", "anthem", "tricare", "workers_comp", "cash")
_CODE = re.compile(r"^[0-9A-Z]\d{3}[0-9A-Z]$")
_TAG = re.compile(r"\{\{([^|{}]*)\||\}\}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that support a code: code points ``start`` to ``end`` (exclusive) of the text."""

    code: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TrapSpan:
    """Words that look like a service and are none, with the reason."""

    why: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LabelledNote:
    """A note with the answer a careful coder gives.

    Attributes
    ----------
    id, voice, setting, style : where it comes from; ``voice`` never stands in two splits.
    text : the note, exactly as a clinician would paste it.
    codes : the supported codes, in order of first evidence; empty for a note without service.
    evidence, traps : tagged spans.
    minutes : code -> minutes stated for it (never a session total).
    alternates : codes a second careful coder might give instead.
    payer, date : when the note's setting fixes them.
    timed_minutes, total_minutes : the totals the note itself states.
    """

    id: str
    voice: str
    setting: str
    style: str
    text: str
    codes: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    traps: tuple[TrapSpan, ...] = ()
    minutes: dict[str, int] = field(default_factory=dict)
    alternates: tuple[str, ...] = ()
    payer: str | None = None
    date: str | None = None
    timed_minutes: int | None = None
    total_minutes: int | None = None
    line: int = 0


def parse_tagged(source: str, path: Path | str = "note", line: int = 1) -> tuple[str, list[tuple[str, int, int]]]:
    """Split tagged text into plain text and labelled spans.

    Returns
    -------
    The text without tags, and (label, start, end) per label in order of opening.

    Raises
    ------
    CorpusError
        On an unclosed or unopened tag, an unknown label or an empty span.

    Examples
    --------
    >>> parse_tagged("{{97110|bike 8 min}}, {{planned|next: steps}}")
    ('bike 8 min, next: steps', [('97110', 0, 10), ('planned', 12, 23)])
    """
    plain: list[str] = []
    size = 0
    spans: list[tuple[str, int, int]] = []
    stack: list[tuple[int, list[str], int, int]] = []
    position = 0
    for tag in _TAG.finditer(source):
        plain.append(source[position : tag.start()])
        size += tag.start() - position
        position = tag.end()
        at = line + source.count("\n", 0, tag.start())
        if tag[1] is None:
            if not stack:
                raise CorpusError(path, at, "every '}}' must close a tag, got one that closes none")
            slot, labels, start, _ = stack.pop()
            if size == start:
                raise CorpusError(path, at, f"a tag must hold words, got an empty {labels[0]!r}")
            spans[slot : slot + len(labels)] = [(label, start, size) for label in labels]
        else:
            labels = [label.strip() for label in tag[1].split(",")]
            for label in labels:
                if label not in TRAPS and not _CODE.match(label):
                    raise CorpusError(path, at, f"a label must be a code or one of {TRAPS}, got {label!r}")
            if len(labels) > 1 and any(label in TRAPS for label in labels):
                raise CorpusError(path, at, "a trap label must stand alone in its tag")
            stack.append((len(spans), labels, size, at))
            spans.extend((label, size, size) for label in labels)
    if stack:
        raise CorpusError(path, stack[-1][3], f"the tag {stack[-1][1][0]!r} must be closed with '}}}}'")
    plain.append(source[position:])
    text = "".join(plain)
    if "{{" in text:
        at = line + source.count("\n", 0, source.index("{{"))
        raise CorpusError(path, at, "'{{' must open a tag of the form {{LABEL|words}}")
    return text, spans


_FIELDS = {"note", "setting", "style", "payer", "date", "minutes", "alternates", "total", "timed"}


def read_notes(path: Path) -> list[LabelledNote]:
    """Read one ``*.notes`` file.

    Raises
    ------
    CorpusError
        Naming the line: unknown fields, missing ``@text``/``@end``, labels that are no code of the
        catalogue, minutes for a code without evidence, a repeated id.
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    notes: list[LabelledNote] = []
    seen: set[str] = set()
    head: dict[str, str] = {}
    head_line = 0
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith("@"):
            raise CorpusError(path, number, "outside a text only '@field value' lines may stand")
        name, _, value = line[1:].partition(" ")
        if name != "text":
            if name not in _FIELDS or name in head or (name == "note" and head):
                raise CorpusError(path, number, f"a field must be one of {sorted(_FIELDS)}, once, got @{name}")
            if not head:
                head_line = number
            head[name] = value.strip()
            continue
        begin = number
        while number < len(lines) and lines[number] != "@end":
            if lines[number].startswith("@note "):
                raise CorpusError(path, number + 1, "a text must be closed with '@end' before the next @note")
            field = lines[number].partition(" ")[0]
            if field[:1] == "@" and field[1:] in _FIELDS:
                raise CorpusError(path, number + 1, f"a field must stand before @text, got {field} inside it")
            number += 1
        if number == len(lines):
            raise CorpusError(path, begin, "a text must be closed with a line '@end'")
        note = _note(path, head_line, head, "\n".join(lines[begin:number]), begin + 1)
        if note.id in seen:
            raise CorpusError(path, head_line, f"a note id must stand once, got {note.id!r} again")
        seen.add(note.id)
        notes.append(note)
        head = {}
        number += 1
    if head:
        raise CorpusError(path, head_line, "a note must have a @text")
    return notes


def _note(path: Path, line: int, head: dict[str, str], tagged: str, text_line: int) -> LabelledNote:
    for name in ("note", "setting", "style"):
        if not head.get(name):
            raise CorpusError(path, line, f"a note must have @{name}")
    text, spans = parse_tagged(tagged, path, text_line)
    if not text.strip():
        raise CorpusError(path, text_line, "a text must not be empty")
    evidence = tuple(Evidence(label, a, b) for label, a, b in spans if label not in TRAPS)
    codes = tuple(dict.fromkeys(item.code for item in evidence))
    alternates = tuple(head.get("alternates", "").replace(",", " ").split())
    for code in codes:
        if code not in service_of_code():
            raise CorpusError(path, line, f"a code must be one of services.toml, got {code!r}")
    for code in alternates:
        if not _CODE.match(code) or code in codes:
            raise CorpusError(path, line, f"an alternate must be a code that is no label, got {code!r}")
    payer = head.get("payer")
    if payer is not None and payer not in load_payers():
        raise CorpusError(path, line, f"a payer must be one of {', '.join(load_payers())}, got {payer!r}")
    return LabelledNote(
        id=head["note"],
        voice=path.stem,
        setting=head["setting"],
        style=head["style"],
        text=text,
        codes=codes,
        evidence=evidence,
        traps=tuple(TrapSpan(label, a, b) for label, a, b in spans if label in TRAPS),
        minutes=_minutes(path, line, head.get("minutes", ""), codes),
        alternates=alternates,
        payer=payer,
        date=head.get("date"),
        timed_minutes=_number(path, line, head.get("timed")),
        total_minutes=_number(path, line, head.get("total")),
        line=line,
    )


def _minutes(path: Path, line: int, value: str, codes: tuple[str, ...]) -> dict[str, int]:
    minutes: dict[str, int] = {}
    for item in value.split():
        code, _, number = item.partition("=")
        if code not in codes or not number.isdigit() or not 0 < int(number) <= 600:
            raise CorpusError(path, line, f"@minutes must list CODE=MINUTES of codes with evidence, got {item!r}")
        minutes[code] = int(number)
    return minutes


def _number(path: Path, line: int, value: str | None) -> int | None:
    if value is None:
        return None
    if not value.isdigit():
        raise CorpusError(path, line, f"a total must be whole minutes, got {value!r}")
    return int(value)


@cache
def note_files(split: str, folder: Path = DATA / "notes") -> list[Path]:
    """The files of a split (``train``, ``validation`` or ``test``), a voice each, in name order."""
    if split not in SPLITS:
        raise ValueError(f"split must be one of {SPLITS}, got {split!r}")
    return sorted((folder / split).glob("*.notes"))


def load_notes(split: str, folder: Path = DATA / "notes") -> tuple[LabelledNote, ...]:
    """Every note of a split, its files in order.

    Examples
    --------
    >>> len(load_notes("test")) > 0
    True
    """
    return tuple(note for path in note_files(split, folder) for note in read_notes(path))


def read_gold(path: Path) -> list[LabelledNote]:
    """Labelled notes from JSONL (one object a line: id, text, codes[code, minutes, evidence]; a code may be its name alone).

    An evidence or trap quote stands for all its occurrences in the text.

    Raises
    ------
    CorpusError
        Naming the line, when it is no JSON object, lacks id, text or codes, or a quote does not
        occur in the text.
    """
    if path.suffix == ".notes":
        return read_notes(path)
    return list(_gold_lines(path))


def _gold_lines(path: Path) -> Iterator[LabelledNote]:
    with path.open(encoding="utf-8") as handle:
        for number, raw in enumerate(handle, 1):
            if not raw.strip():
                continue
            try:
                row = json.loads(raw.rstrip())
                codes: list[dict[str, Any]] = [
                    {"code": code} if isinstance(code, str) else code for code in row["codes"]
                ]
                text = row["text"]
                identifier = str(row["id"])
                evidence = tuple(
                    Evidence(code["code"], start, end)
                    for code in codes
                    for quote in code.get("evidence") or ()
                    for start, end in _occurrences(text, quote)
                )
                traps = tuple(
                    TrapSpan(trap.get("why") or "other", start, end)
                    for trap in row.get("traps") or ()
                    for start, end in _occurrences(text, trap["quote"])
                )
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise CorpusError(
                    path, number, f"a line must be an object with id, text and codes; {what_failed(error)}"
                ) from error
            yield LabelledNote(
                id=identifier,
                voice=row.get("voice") or path.stem,
                setting=row.get("setting") or "",
                style=row.get("style") or "",
                text=text,
                codes=tuple(dict.fromkeys(code["code"] for code in codes)),
                evidence=evidence,
                traps=traps,
                minutes={code["code"]: code["minutes"] for code in codes if code.get("minutes") is not None},
                alternates=tuple(row.get("alternates") or ()),
                payer=row.get("payer"),
                date=row.get("date"),
                timed_minutes=row.get("timed_minutes"),
                total_minutes=row.get("total_minutes"),
                line=number,
            )


def _occurrences(text: str, quote: str) -> Iterator[tuple[int, int]]:
    start = text.find(quote)
    while quote and start >= 0:
        yield start, start + len(quote)
        start = text.find(quote, start + 1)


def to_gold(notes: Iterable[LabelledNote]) -> Iterator[dict[str, object]]:
    """The notes as the JSON objects `read_gold` reads."""
    for note in notes:
        yield {
            "id": note.id,
            "voice": note.voice,
            "setting": note.setting,
            "style": note.style,
            "text": note.text,
            "codes": [
                {
                    "code": code,
                    "minutes": note.minutes.get(code),
                    "evidence": [note.text[e.start : e.end] for e in note.evidence if e.code == code],
                }
                for code in note.codes
            ],
            "alternates": list(note.alternates),
            "traps": [{"quote": note.text[t.start : t.end], "why": t.why} for t in note.traps],
            "payer": note.payer,
            "timed_minutes": note.timed_minutes,
            "total_minutes": note.total_minutes,
        }
