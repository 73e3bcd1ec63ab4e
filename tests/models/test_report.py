"""The page is whole, asks for nothing from outside and escapes every note; peers' files are read strictly."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from corpus.notes import Evidence, LabelledNote, load_notes
from models.certainty import limits_of
from models.columns import SERVICES
from models.contract import Answer, ClaimItem, EvidenceItem, SuggestionItem
from models.evaluation import Guess
from models.report import (
    Report,
    figures_json,
    make_report,
    nearest_words,
    plain_rows,
    render,
    summary,
    tag,
    under_harder_conditions,
)
from models.robustness import answers_of
from models.suggester import Suggester
from service.evaluating import evaluate_notes, read_peers, write_report

HOSTILE = "</pre><script>alert('x')</script> & \"bike\" <img src=http://e.vil/a onerror=x> 8 min\n\nlast \ud800 line"
VOID = {"meta"}


class Page(HTMLParser):
    """Tags, attributes, text; and whether every tag closes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def said(self) -> str:
        return " ".join("".join(self.text).split())


def _answer(code: str, probability: float, suggested: bool, text: str) -> Answer:
    word = EvidenceItem(
        start=0, end=len(text), text=text, concept="<b>", contribution=2.0, because=f"purpose “{text}”"
    )
    item = SuggestionItem(
        code=code, name=code, rank=1, probability=probability, suggested=suggested, evidence=[word], against=[],
        minutes=None, units=None, alternates=[], cautions=[],
    )  # fmt: skip
    return Answer(
        schema="soapcode/1", note_sha256="", bundle="b-1", suggestions=[item], interventions=[],
        claim=cast(ClaimItem, {}),
    )  # fmt: skip


LIMITS = limits_of(np.full(len(SERVICES), 0.5))


def _report(text: str = HOSTILE, *, quoted: bool = True, **more: Any) -> Report:
    notes = [
        LabelledNote("<i>1</i>", "v", "s", "s", text, ("97110",)),
        LabelledNote("2", "v", "s", "s", text + " two", ()),
        LabelledNote("3", "v", "s", "s", "fine", ("97110",), (Evidence("97110", 0, 4),) if quoted else ()),
    ]
    answers = [
        _answer("97112", 0.9, True, text),
        _answer("97110", 0.3, False, text),
        _answer("97110", 0.99, True, "fine"),
    ]
    others = {"<peer>": [Guess(("97110",), frozenset({"97110"}))] * 3}
    return make_report("gold <1>.jsonl", notes, answers, LIMITS, others, **more)


def test_every_note_text_is_escaped_and_the_page_is_well_formed() -> None:
    page = Page(render(_report()))
    assert page.open == []
    assert {"script", "img", "link", "iframe", "i"} & set(page.tags) == set()
    assert HOSTILE in "".join(page.text)
    assert {name for name, _ in page.attributes} & {"src", "href", "onerror", "style"} == set()
    assert "<i>1</i>" in page.said


def test_nothing_is_asked_for_from_outside() -> None:
    page = render(_report("plain words"))
    assert "http://" not in page
    assert "https://" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_plain_sentences_come_before_the_tables_and_the_notice_before_both() -> None:
    page = render(_report())
    places = [page.index(w) for w in ("contains the text of notes", "In short", "<table", "<svg", "worst errors")]
    assert places == sorted(places)
    assert page.count("<svg") == 2
    assert page.count("<table") == page.count("<caption")
    assert "prefers-color-scheme:dark" in page


def test_sentences_say_the_counts() -> None:
    said = summary(_report())
    assert said[0].startswith("Found: soapcode suggested 1 of 2 codes that the coders gave (50.0%)")
    assert said[1].startswith("Right: 1 of 2 suggestions")
    assert "Restraint: 1 of 1 notes without a billable service were left empty (100.0%)." in said
    assert any("not clearly" in s and "<peer>" in s for s in said)


def test_what_another_is_better_at_is_said() -> None:
    notes = [LabelledNote(str(i), "v", "s", "s", "text", ()) for i in range(8)]
    answers = [_answer("97110", 0.9, True, "text")] * 8
    others = {"silence": [Guess((), frozenset())] * 8, "same": [Guess(("97110",), frozenset({"97110"}))] * 8}
    said = summary(make_report("gold", notes, answers, LIMITS, others))
    assert "notes without service kept empty (+100.0 points)" in next(s for s in said if "silence" in s)
    assert "clearly better at" not in next(s for s in said if " same:" in s)


def test_mistakes_carry_words_contribution_and_reason() -> None:
    page = Page(render(_report("knee bends"))).said
    assert "Neuromuscular re-education (97112): suggested with 90.0%, the coder did not give it" in page
    assert "knee bends +2.00 log-odds; purpose “knee bends”" in page
    assert "Therapeutic exercise (97110): not suggested, over 99.9% sure, the coder gave it" in page


def test_what_the_notes_do_not_label_is_no_figure() -> None:
    report = _report(quoted=False)
    figures = figures_json(report)["soapcode"]
    for figure in ("evidence_f1", "evidence_recall", "traps_share", "minutes_share"):
        assert figures[figure] is None
    assert figures["micro_f1"] is not None
    assert not [s for s in summary(report) if s.startswith(("Words:", "Traps:"))]
    _, rows = plain_rows(report)
    assert {row[0]: row[1] for row in rows}["Evidence token F1"] == "–"


def test_a_mean_over_codes_of_which_none_is_frequent_is_no_figure() -> None:
    report = _report()
    assert report.runs[0].figures["frequent"] == 0
    figures = figures_json(report)["soapcode"]
    _, rows = plain_rows(report)
    cells = {row[0]: row[1] for row in rows}
    for figure, name in (
        ("macro_f1", "Macro-F1"),
        ("macro_precision", "Macro precision"),
        ("macro_recall", "Macro recall"),
    ):
        assert figures[figure] is None
        assert figures["intervals"][figure] is None
        assert cells[name] == "–"
    notes = [LabelledNote(str(i), "v", "s", "s", "fine", ("97110",)) for i in range(3)]
    enough = make_report("gold", notes, [_answer("97110", 0.9, True, "fine")] * 3, LIMITS, {})
    assert figures_json(enough)["soapcode"]["macro_f1"] == 1.0


def test_what_a_program_does_not_give_is_no_figure() -> None:
    report = _report()
    peer = figures_json(report)["<peer>"]
    assert peer["micro_f1"] == pytest.approx(2 * 2 / (2 * 2 + 1))
    for figure in ("evidence_f1", "traps_share", "traps_kept", "minutes_share", "ece"):
        assert peer[figure] is None
        assert figures_json(report)["soapcode"][figure] is not None or figure in ("minutes_share", "traps_share")
    heads, rows = plain_rows(report)
    assert heads == ["", "soapcode", "<peer>"]
    cells = {row[0]: row[1:] for row in rows}
    assert cells["Evidence token F1"][1] == "–"
    assert cells["Notes without service kept empty"] == ["1/1", "0/1"]


def _shingles(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return zip(*(words[i:] for i in range(4)), strict=False)


def test_figures_as_json_hold_no_note_text(suggester: Suggester) -> None:
    notes = load_notes("test")[:12]
    report = evaluate_notes(suggester, notes, "the test split", baselines=False, robustness=True)
    said = set(_shingles(json.dumps(figures_json(report), ensure_ascii=False)))
    assert not said & {s for n in notes for s in _shingles(n.text)}
    page = Page(render(report))
    assert page.open == []
    assert "Faithful words" in page.said
    assert report.robustness is not None
    assert all(sentence in page.said for sentence in under_harder_conditions(report.robustness))
    assert "Micro-F1 by voice" in page.said
    assert report.warnings == []


def test_warnings_robustness_and_empty_lists_show() -> None:
    page = Page(render(replace(_report(), warnings=["Mind <this>."], mistakes=[]))).said
    assert "Mind <this>." in page
    assert "There are none." in page
    with pytest.raises(ValueError, match="at least one run"):
        render(replace(_report(), runs=()))


def test_nearest_words_of_a_code_that_is_not_ranked(suggester: Suggester) -> None:
    text = "O: Ultrasound 8 min to shoulder. Treadmill 10 min."
    probability, words = nearest_words(suggester, text, "97542")
    assert 0 <= probability < 0.01
    assert words
    assert all(text[w["start"] : w["end"]] == w["text"] for w in words)
    assert [w["contribution"] for w in words] == sorted((w["contribution"] for w in words), reverse=True)
    assert "held back by" in words[0]["because"]


def test_notes_the_model_has_seen_are_told(suggester: Suggester) -> None:
    report = evaluate_notes(suggester, load_notes("train")[:2], "x", baselines=False)
    assert report.warnings == ["2 of these 2 notes were trained on: figures on them flatter."]


def test_notes_must_be_there_and_stand_once(suggester: Suggester) -> None:
    with pytest.raises(ValueError, match="gold must hold at least one labelled note"):
        evaluate_notes(suggester, [], "gold")
    note = load_notes("test")[0]
    with pytest.raises(ValueError, match="gold must name every note once, got the id"):
        evaluate_notes(suggester, [note, note], "gold")


ROW = {"id": "1", "suggested": ["G0283"], "spans": {"G0283": [[0, 3]]}, "probability": {"G0283": 0.5}}


def test_peers_are_read_with_payer_twins_as_one(tmp_path: Path) -> None:
    path = tmp_path / "peer.json"
    path.write_text(
        json.dumps({"name": "p", "rows": [ROW, {"id": "2", "suggested": [], "ranked": ["97110", "97110"]}]})
    )
    name, found = read_peers(path)
    assert name == "p"
    assert found["1"] == Guess(("97014",), frozenset({"97014"}), {"97014": [(0, 3)]}, {}, {"97014": 0.5})
    assert found["2"].ranked == ("97110",)


BAD_PEERS = [
    ("{", "must hold a peer's guesses as JSON"),
    ('{"rows": []}', "name: Field required"),
    (json.dumps({"name": "p", "rows": [{**ROW, "more": 1}]}), "rows.0.more"),
    (json.dumps({"name": "p", "rows": [{**ROW, "probability": {"97110": 1.5}}]}), "rows.0.probability.97110"),
    (json.dumps({"name": "p", "rows": [{**ROW, "spans": {"97110": [[0]]}}]}), "rows.0.spans.97110"),
    (json.dumps({"name": "p", "rows": [ROW, ROW]}), "one row per note, got '1' again"),
]


@pytest.mark.parametrize(("content", "said"), BAD_PEERS)
def test_peers_that_do_not_hold_are_refused_in_a_sentence(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "peer.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        read_peers(path)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="cannot be read"):
        read_peers(tmp_path / "missing.json")


def test_peers_stand_beside_and_lacking_notes_are_told(suggester: Suggester, tmp_path: Path) -> None:
    notes = load_notes("test")[:3]
    path = tmp_path / "peer.json"

    def measured(name: str, *ids: str) -> list[str]:
        path.write_text(json.dumps({"name": name, "rows": [{**ROW, "id": i} for i in ids]}))
        return [r.name for r in evaluate_notes(suggester, notes, "x", baselines=False, peers=[path]).runs]

    assert measured("p", *(n.id for n in notes)) == ["soapcode", "p"]
    assert measured("p", notes[0].id) == ["soapcode", "p (2 notes missing)"]
    with pytest.raises(ValueError, match="got none for any of 3"):
        measured("p", "unknown")
    with pytest.raises(ValueError, match="name of its own, got 'soapcode'"):
        measured("soapcode", *(n.id for n in notes))


def test_the_page_is_written_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "out.html"
    path.write_text("old")
    write_report(_report(), path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["out.html"]
    with pytest.raises(ValueError, match="cannot be written"):
        write_report(_report(), tmp_path / "no" / "out.html")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match="cannot be written"):
        write_report(_report(), tmp_path / "folder")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "out.html"]


def test_tags_escape_text_and_attributes() -> None:
    assert tag("p", "<", tag("b", "&"), title='"x"', class_="") == '<p title="&quot;x&quot;">&lt;<b>&amp;</b></p>'


PEER = Path(__file__).parents[1] / "peers" / "medspacy_peer.py"


@cache
def _peer() -> ModuleType:
    spec = spec_from_file_location("medspacy_peer", PEER)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _FakeNlp:
    """Finds "bike", negated where "no" stands before it."""

    def __call__(self, text: str) -> SimpleNamespace:
        flags = dict.fromkeys(_peer().DOUBTS, False)
        ents = [
            SimpleNamespace(
                label_="treadmill", start_char=m.start(1), end_char=m.end(1),
                _=SimpleNamespace(**{**flags, "is_negated": bool(m[0].startswith("no "))}),
            )
            for m in re.finditer(r"(?:no )?(bike)", text)
        ]  # fmt: skip
        return SimpleNamespace(ents=ents)


def test_the_peer_script_writes_what_is_read(tmp_path: Path) -> None:
    gold, out = tmp_path / "gold.jsonl", tmp_path / "peer.json"
    gold.write_text('{"id": 1, "text": "bike, bike"}\n\n{"id": "2", "text": "no bike"}\n')
    rows = _peer().read(_FakeNlp(), gold)
    out.write_text(json.dumps({"name": "p", "rows": rows}))
    _, found = read_peers(out)
    assert set(found) == {"1", "2"}
    assert found["1"].suggested
    assert all(spans == [(0, 4), (6, 10)] for spans in found["1"].spans.values())
    assert found["2"] == Guess((), frozenset())


def test_the_peer_script_says_what_it_needs(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(PEER), "a", "b"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install medspacy==1.3.1" in done.stderr
    assert subprocess.run([sys.executable, str(PEER)], capture_output=True, check=False).returncode == 2


def test_answers_are_asked_for_the_notes_own_payer(suggester: Suggester) -> None:
    note = LabelledNote("1", "v", "s", "s", "O: IFC unattended 15 min to knee", ("97014",), payer="commercial")
    medicare = replace(note, payer=None)
    codes = [i["code"] for a in answers_of(suggester, [note, medicare]) for i in a["suggestions"] if i["suggested"]]
    assert codes == ["97014", "G0283"]
