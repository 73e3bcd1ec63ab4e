"""What becomes of decisions on the page when its note goes on, or another takes its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from browser_support import ARTEFACTS, decisions, need_chromium, violations
from page_support import CLAIM, DROP, decide_three, kept_decisions, press_act, read_again, read_claim, start_afresh
from playwright.sync_api import Page, expect

from service.store.store import Store

pytestmark = [pytest.mark.chromium, pytest.mark.heavy(30)]
need_chromium()


def _whole(page: Page) -> None:
    """Select the whole note."""
    page.focus("#note")
    page.keyboard.press("Control+A")


def _pasted(page: Page, text: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    _whole(page)
    page.keyboard.press("Control+V")
    expect(page.locator("#note")).to_have_value(text)


STANDS = "Your decisions on this note still stand: 97124 corrected to 97140, 97035 added, 97110 rejected."


@pytest.mark.parametrize("change", ["note", "payer", "date", "undone", "nothing"])
def test_decisions_stay_with_the_note_that_is_completed(page: Page, store: Store, change: str) -> None:
    start_afresh(store)
    decide_three(page)
    made = kept_decisions(page, store, 3)
    if change == "note":
        page.focus("#note")
        page.keyboard.press("Control+End")
        page.keyboard.type(" Pt tolerated well.")
    elif change == "payer":
        page.select_option("#payer", "commercial")
    elif change == "date":
        page.fill("#date", "2026-11-02")
    elif change == "undone":
        page.focus("#note")
        page.keyboard.press("Control+End")
        page.keyboard.type("x")
        page.keyboard.press("Backspace")
    if change != "nothing":
        expect(page.locator("#status")).to_contain_text("What you decided on its codes stays.")
    read_again(page)
    expect(page.locator("#kept-says")).to_have_text(STANDS)
    assert {code: row[2] for code, row in read_claim(page, "97140", "97035").items()} == {"97140": "15", "97035": "8"}
    expect(page.locator("#code-97110 .decision")).to_have_text("Rejected")
    expect(page.locator("#code-97124 .decision")).to_have_text("Corrected to 97140")
    page.screenshot(path=ARTEFACTS / "page-kept.png", full_page=True)
    assert violations(page) == []
    assert decisions(store, "page") == made, "a decision is kept for the text it was made on, once"
    press_act(page, "97110", "accept")
    read_claim(page, "97140", "97035", "97110")
    expect(page.locator("#kept")).to_be_hidden()
    kept_decisions(page, store, 4)
    with store.engine.connect() as connection:
        notes = connection.exec_driver_sql("SELECT note_ref FROM feedback ORDER BY at").scalars().all()
    assert (notes[3] == notes[0]) is (change != "note")
    page.select_option("#payer", "medicare")
    page.fill("#date", "")


def test_decisions_that_stand_can_be_forgotten_and_taken_back(page: Page) -> None:
    decide_three(page)
    page.select_option("#payer", "cash")
    page.select_option("#payer", "medicare")
    read_again(page)
    read_claim(page, "97140", "97035")
    page.click("#kept-act")
    expect(page.locator("#kept-says")).to_contain_text("The claim is as suggested again.")
    read_claim(page, "97110", "97124")
    expect(page.locator("#code-97110 .decision")).to_have_text("")
    page.click("#kept-act")
    expect(page.locator("#kept-says")).to_have_text(STANDS)
    read_claim(page, "97140", "97035")
    page.click("#kept-act")
    read_claim(page, "97110", "97124")
    press_act(page, "97124", "accept")
    expect(page.locator("#kept")).to_be_hidden()
    page.select_option("#payer", "cash")
    page.select_option("#payer", "medicare")
    read_again(page)
    expect(page.locator("#kept-says")).to_have_text("Your decisions on this note still stand: 97124 accepted.")


OTHER = "O: Ultrasound 1 MHz 1.2 W/cm2 to shoulder 8 min. Effleurage to forearm 15 min."


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("sample", ""),
        ("dropped", ""),
        ("another pasted over", ""),
        ("another after an emptied box", ""),
        (
            "alike pasted over",
            "On the note before you decided: 97124 corrected to 97140, 97035 added, 97110 rejected.",
        ),
        ("same after an emptied box", "On the note before you decided: 97124 corrected to 97140, 97035 added, 97110"),
        ("another typed in place", "On the note before you decided: 97124 corrected to 97140, 97035 added, 97110"),
    ],
)
def test_another_note_begins_anew(page: Page, way: str, told: str) -> None:
    decide_three(page)
    if way == "sample":
        page.click("[data-sample=sample-ortho]")
    elif way == "dropped":
        assert page.evaluate(DROP, OTHER) is True
        expect(page.locator("#note")).to_have_value(OTHER)
    elif way == "another typed in place":
        page.focus("#note")
        page.evaluate("document.getElementById('note').setSelectionRange(1, 9999)")
        page.keyboard.insert_text(OTHER[1:])
    else:
        if "emptied" in way:
            _whole(page)
            page.keyboard.press("Delete")
        _pasted(page, {"alike": CLAIM + " Cues given.", "same": CLAIM}.get(way.partition(" ")[0], OTHER))
    read_again(page)
    expect(page.locator("#kept")).to_be_visible(visible=bool(told))
    expect(page.locator("#kept-says")).to_contain_text(told)
    suggested = page.locator("#suggested-list .number").all_inner_texts()
    expect(page.locator("#claim-lines tbody th")).to_have_text([n.strip() for n in suggested])
    expect(page.locator(".decision", has_text=re.compile("."))).to_have_count(0)
    if way == "alike pasted over":
        page.screenshot(path=ARTEFACTS / "page-offered.png", full_page=True)
        page.click("#kept-act")
        expect(page.locator("#kept-says")).to_have_text(STANDS)
        read_claim(page, "97140", "97035")


def _suggestion(code: str, minutes: int | None, suggested: bool = True) -> dict[str, Any]:
    return {"code": code, "minutes": minutes, "suggested": suggested}


def _chosen(code: str, minutes: int | None, decision: str, replaced: str | None = None) -> dict[str, Any]:
    return {"code": code, "minutes": minutes, "decision": decision, "replaced": replaced}


CARRY = """async ([was, decided, rejected, now, twins]) => {
  const { carryOver, setAside } = await import('/static/carry.js');
  const read = (suggestions) => ({ text: 'n', answer: { suggestions }, catalogue: new Map(twins.map((c) => [c[0], { payer_twin: c[1] }])) });
  const all = (list) => new Map(list.filter((s) => s.suggested).map((s) => [s.code, { code: s.code, minutes: s.minutes, decision: 'suggested', replaced: null }]));
  const chosen = all(was);
  for (const code of rejected) chosen.delete(code);
  for (const one of decided) chosen.set(one.code, one);
  const kept = setAside({ now: read(was), chosen, rejected: new Set(rejected), minutes: new Map() });
  const { stand, fell, ...over } = carryOver(kept, read(now), all(now));
  return [[...over.chosen.values()].map((one) => [one.code, one.minutes, one.decision]), stand, fell];
}"""


TE, MT = _suggestion("97110", 20), _suggestion("97124", 15)


@pytest.mark.parametrize(
    ("was", "decided", "rejected", "now", "stands", "stand", "fell"),
    [
        ([TE], [_chosen("97110", 20, "accepted")], [], [_suggestion("97110", 30)], [["97110", 30, "accepted"]], "97110 accepted", ""),
        ([TE], [_chosen("97110", 25, "corrected")], [], [_suggestion("97110", 30)], [["97110", 25, "corrected"]], "97110 corrected to 25 min", ""),
        ([TE], [_chosen("97110", 20, "accepted")], [], [MT], [["97124", 15, "suggested"]], "", "97110"),
        ([TE], [_chosen("97110", 20, "accepted")], [], [_suggestion("97110", 20, False)], [], "", "97110"),
        ([_suggestion("97110", 20, False)], [_chosen("97110", 20, "accepted")], [], [MT], [["97124", 15, "suggested"], ["97110", None, "accepted"]], "97110 accepted", ""),
        ([TE], [], ["97110"], [TE, MT], [["97124", 15, "suggested"]], "97110 rejected", ""),
        ([TE], [], ["97110"], [MT], [["97124", 15, "suggested"]], "", ""),
        ([TE], [_chosen("97112", 20, "corrected", "97110")], ["97110"], [_suggestion("97110", 30)], [["97112", 30, "corrected"]], "97110 corrected to 97112", ""),
        ([TE], [_chosen("97112", 20, "corrected", "97110")], ["97110"], [MT], [["97124", 15, "suggested"]], "", "97110"),
        ([TE], [_chosen("97124", 20, "corrected", "97110")], ["97110"], [TE, MT], [["97124", 15, "corrected"]], "97110 corrected to 97124", ""),
        ([TE], [_chosen("97035", 8, "added")], [], [TE, _suggestion("97035", 10)], [["97110", 20, "suggested"], ["97035", 8, "added"]], "97035 added", ""),
        ([TE], [_chosen("97035", None, "added")], [], [_suggestion("97035", 10)], [["97035", 10, "added"]], "97035 added", ""),
        ([_suggestion("G0283", 15)], [], ["G0283"], [_suggestion("97014", 15)], [], "97014 rejected", ""),
        ([_suggestion("G0283", 15)], [_chosen("G0283", 10, "corrected")], [], [_suggestion("97014", 15)], [["97014", 10, "corrected"]], "97014 corrected to 10 min", ""),
    ],
)  # fmt: skip
def test_what_still_stands_on_a_note_that_went_on(
    page: Page,
    was: list[Any],
    decided: list[Any],
    rejected: list[str],
    now: list[Any],
    stands: list[Any],
    stand: str,
    fell: str,
) -> None:
    twins = [["97014", "G0283"], ["G0283", "97014"]]
    assert page.evaluate(CARRY, [was, decided, rejected, now, twins]) == [stands, stand, fell]


def test_page_and_widget_call_the_same_texts_another_note() -> None:
    """The widget is one file and the page loads none of it, so each has the function."""
    page, widget = (
        (Path(__file__).parents[3] / "service" / path).read_text(encoding="utf-8")
        for path in ("static/carry.js", "widget/soapcode-assist.js")
    )
    bodies = [
        re.sub(r"\s+", " ", text.partition("function isAnother(was, now) {")[2].partition("return 2 * before")[0])
        for text in (page, widget)
    ]
    assert bodies[0] == bodies[1] != ""
