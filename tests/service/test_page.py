"""The paste page in a real Chromium: a note in, codes out, words highlighted at the right characters."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
import time
from collections.abc import Callable, Iterator, Sized
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from browser_support import ARTEFACTS, chromium, decisions, need_chromium, serving_app, store_in, violations
from fastapi import FastAPI
from playwright.sync_api import Page, Route, expect

from models.suggester import Suggester
from service.app import create_app
from service.decided import decided_codes
from service.keys import scopes_of
from service.settings import Settings
from service.store.store import Decision, KeptNote, Store

NOTE = "S: 😀 knee better.\nO: Treadmill 8 min for endurance. Effleurage to calf 10 min.\nP: stepping over objects next visit"

pytestmark = [pytest.mark.chromium, pytest.mark.heavy(140)]
need_chromium()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store_in(tmp_path_factory.mktemp("page")) as made:
        yield made


@pytest.fixture(scope="module")
def app(suggester: Suggester, store: Store) -> FastAPI:
    return create_app(suggester, Settings(), store)


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    with serving_app(app) as made:
        yield made


@pytest.fixture(scope="module", params=["light", "dark"])
def page(address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page(color_scheme=request.param, viewport={"width": 1200, "height": 900})
        page.set_default_timeout(10_000)
        elsewhere: list[str] = []
        page.on(
            "request",
            lambda sent: (
                None if sent.url.startswith((address, "data:", f"blob:{address}")) else elsewhere.append(sent.url)
            ),
        )
        page.goto(address)
        yield page
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / f"page-{request.param}.png", full_page=True)
        assert elsewhere == []


def _read(page: Page, text: str) -> None:
    page.fill("#note", text)
    page.press("#note", "Control+Enter")
    page.wait_for_selector("#result:not([hidden])")


def test_codes_are_ranked_with_evidence(page: Page) -> None:
    _read(page, NOTE)
    numbers = page.locator("#suggested-list .number").all_inner_texts()
    assert {n.strip() for n in numbers} == {"97110", "97124"}
    assert page.locator("#note-view").inner_text().replace("\r", "").strip() == NOTE.strip()


def test_the_verdict_and_every_code_are_seen_at_once(page: Page) -> None:
    _read(page, NOTE)
    page.wait_for_timeout(900)
    assert page.evaluate("document.getElementById('verdict').getBoundingClientRect().top") >= 0
    expect(page.locator(".code.open")).to_have_count(0)


def test_focus_highlights_the_right_characters(page: Page) -> None:
    _read(page, NOTE)
    head = page.locator("#code-97124 .code-head")
    head.focus()
    marked = page.locator("#note-view mark.on.for").all_inner_texts()
    assert "".join(marked) == "Effleurage to calf 10 min"


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.fill("#note", "")
    page.focus("#note")
    page.keyboard.type("O: Ultrasound 1 MHz 1.2 W/cm2 to shoulder 8 min")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#code-97035")
    page.locator("#code-97035 .code-head").focus()
    before = page.locator("#code-97035 .code-head").get_attribute("aria-expanded")
    page.keyboard.press("Enter")
    assert page.locator("#code-97035 .code-head").get_attribute("aria-expanded") != before


def test_nothing_billable_is_a_proper_answer(page: Page) -> None:
    _read(page, "Pt called to cancel today, car trouble. Rescheduled for Friday. Plan: treadmill next visit")
    assert page.locator("#nothing").is_visible()
    assert page.locator("#suggested-list li").count() == 0


def test_an_empty_note_is_said_and_nothing_is_lost(page: Page) -> None:
    page.fill("#note", "   ")
    page.press("#note", "Control+Enter")
    page.wait_for_selector("#error:not([hidden])")
    assert page.locator("#error").inner_text().strip()
    assert page.input_value("#note") == "   "


def test_samples_work(page: Page) -> None:
    samples = page.locator("[data-sample]").all()
    assert len(samples) == 3
    for sample in samples:
        _read(page, NOTE)
        sample.click()
        text = page.input_value("#note")
        assert text.strip()
        assert text != NOTE
        page.click("#read")
        expect(page.locator("#note-view")).to_have_text(text, use_inner_text=True)
        cancelled = sample.get_attribute("data-sample") == "sample-cancelled"
        assert (page.locator("#suggested-list li").count() == 0) is cancelled


def test_nothing_is_stored_and_no_text_is_in_the_address(page: Page) -> None:
    _read(page, NOTE)
    assert "Effleurage" not in page.url
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]") == [0, 0, 0]


CLAIM = "O: Therapeutic exercise 23 min. Effleurage to calf 15 min. Total timed 38 min. Total time 40 min."


def _rows(page: Page) -> dict[str, list[str]]:
    """The claim's lines: code to name, units, minutes, modifiers."""
    rows = page.locator("#claim-lines tbody tr").all()
    return {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows}


def _claim(page: Page, *codes: str) -> dict[str, list[str]]:
    expect(page.locator("#claim-lines tbody th")).to_have_text(list(codes))
    expect(page.locator("#claim-status")).not_to_have_text("Working out the claim…")
    return _rows(page)


def _held(page: Page, address: str) -> list[Route]:
    """The requests to an address, each held until it is let go."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(address, hold)
    return held


def _until(page: Page, comes: Callable[[], bool]) -> None:
    until = time.monotonic() + 8
    while not comes():
        assert time.monotonic() < until
        page.wait_for_timeout(30)


def _has(held: Sized, n: int) -> bool:
    return len(held) >= n


def _kept(page: Page, store: Store, n: int) -> list[tuple[str, str, str | None, int | None]]:
    """The page's decisions in the store, once there are so many."""
    _until(page, lambda: len(decisions(store, "page")) >= n)
    return decisions(store, "page")


def _act(page: Page, code: str, act: str) -> None:
    page.locator(f"#code-{code} [data-act={act}]").click()


UNTIMED = (
    "11/02/2026 O: Gait training on level with FWW, cues for heel strike. Therex quad sets, SLR for strength. "
    "Total treatment 40 min."
)


def test_minutes_that_were_typed_are_told_as_typed_and_fill_no_gap(page: Page) -> None:
    _read(page, UNTIMED)
    missing = "The note does not say the total timed minutes, and those of"
    expect(page.locator("#claim-notes .gaps")).to_contain_text(missing)
    for code in ("97116", "97110"):
        _act(page, code, "correct")
        page.fill(".correct [name=minutes]", "20")
        page.keyboard.press("Enter")
        expect(page.locator("#claim-lines tbody tr", has_text=code)).to_contain_text("minutes by you")
    expect(page.locator("#claim-notes .gaps")).to_contain_text(missing)
    notes = page.locator("#claim-notes").inner_text()
    assert "The note states minutes" not in notes
    assert "A person gave its 20 minutes; the note does not state them." in notes


def test_after_the_keys_the_focus_goes_on_from_the_answer(page: Page) -> None:
    _read(page, CLAIM)
    assert page.evaluate("document.activeElement.id") == "verdict"
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.code-head')"):
            return
    raise AssertionError("the first code is six tabs away or more")


def test_decide_buttons_do_not_say_that_they_can_be_let_go(page: Page) -> None:
    _read(page, CLAIM)
    assert page.locator("[aria-pressed]").count() == 0
    _act(page, "97124", "accept")
    accept = page.locator("#code-97124 [data-act=accept]")
    expect(accept).to_have_class(re.compile(r"\bon\b"))
    expect(accept).to_have_accessible_description("Accepted")


WEAK = "S: knee feels better. O: Treadmill 8 min for endurance. Effleurage to calf 10 min. Total timed 18 min."


def test_words_that_would_not_carry_a_code_alone_are_said_to_be_weak(page: Page) -> None:
    _read(page, WEAK)
    page.evaluate("document.getElementById('weaker').open = true")
    for head in page.locator(".code-head").all():
        head.click()
    seen = 0
    for group in page.locator(".parts").all():
        title = group.locator("xpath=preceding-sibling::h5[1]").inner_text()
        weights = group.locator(".contribution").all_inner_texts()
        if title == "What supports it":
            assert all("+" in weight for weight in weights), weights
        if title == "Words for it, too weak alone":
            seen += 1
            assert all("\u2212" in weight for weight in weights), weights
    assert seen
    page.screenshot(path=ARTEFACTS / "page-weak.png", full_page=True)
    assert violations(page) == []


def test_every_term_of_the_sum_can_be_opened(page: Page) -> None:
    _read(page, WEAK)
    page.locator("#code-97124 .code-head").click()
    page.wait_for_selector("#code-97124 .sum .steps")
    folded = page.locator("#code-97124 .sum .segment > .steps > .step", has_text="smaller terms together")
    for details in page.locator("#code-97124 .sum details").all():
        details.evaluate("(one) => { one.open = true; }")
    assert folded.count()

    def amount(text: str) -> float:
        return float(text.replace("\u2212", "-").replace("+", ""))

    for step in folded.all():
        whole = amount(step.locator("> .amount").inner_text())
        each = step.locator("details .amount").all_inner_texts()
        assert step.locator("> .says").inner_text() == f"{len(each)} smaller terms together"
        assert abs(whole - sum(map(amount, each))) < 0.006 * (len(each) + 1)
    others = page.locator("#code-97124 .sum > .hint").all_inner_texts()
    assert not [said for said in others if said.startswith("1 other pieces")]


def test_a_quote_of_columns_keeps_them_apart(page: Page) -> None:
    page.click("[data-sample=sample-ortho]")
    page.click("#read")
    page.wait_for_selector("#result:not([hidden])")
    assert "seat 6    6 min   for knee flexion" in page.locator("#code-97110 .quotes").inner_text()


def test_the_claim_shows_units_with_their_working_and_what_the_note_lacks(page: Page) -> None:
    _read(page, CLAIM)
    rows = _rows(page)
    assert {code: row[1:3] for code, row in rows.items()} == {"97110": ["2", "23"], "97124": ["1", "15"]}
    said = page.locator("#claim-notes").inner_text()
    assert "How the units come about" in said
    assert "What the note lacks" in said
    assert "Questions for you" in said


def test_the_account_is_the_exact_sum(page: Page, suggester: Suggester) -> None:
    _read(page, CLAIM)
    head = page.locator("#code-97124 .code-head")
    if head.get_attribute("aria-expanded") != "true":
        head.click()
    page.wait_for_selector("#code-97124 .sum .steps")
    shown = page.locator("#code-97124 .sum > .steps > .step > .amount").all_inner_texts()
    total = sum(float(text.replace("\u2212", "-").replace("+", "")) for text in shown)
    (account,) = suggester.explain(CLAIM, "97124")
    said = page.locator("#code-97124 .sum .total").inner_text()
    assert f"{100 * account.probability:.1f}%" in said
    assert abs(total - float(said.split()[1].rstrip(",").replace("\u2212", "-"))) < 0.005 * (len(shown) + 1)
    assert page.locator("#code-97124 .sum details").count() >= 1


def test_reject_accept_correct_and_add_are_kept_in_the_store(page: Page, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feedback")
    _read(page, CLAIM)
    first, second = page.locator("#claim-lines tbody th").all_inner_texts()
    _act(page, "97124", "reject")
    assert _claim(page, "97110")["97110"][1] == "2"
    expect(page.locator("#code-97124 .decision")).to_have_text("Rejected")
    _act(page, "97124", "accept")
    _claim(page, "97110", "97124")
    _act(page, "97110", "correct")
    page.fill(".correct [name=minutes]", "8")
    page.keyboard.press("Enter")
    expect(page.locator("#claim-lines tbody tr", has_text="97110").locator("td").nth(2)).to_have_text("8")
    _act(page, "97124", "correct")
    page.fill(".correct [name=code]", "97140")
    page.keyboard.press("Enter")
    _claim(page, "97110", "97140")
    page.fill("#add-code", "97035")
    page.fill("#add-minutes", "8")
    page.keyboard.press("Enter")
    _claim(page, "97110", "97140", "97035")
    assert _kept(page, store, 5) == [
        ("reject", "97124", None, None),
        ("accept", "97124", None, 1),
        ("correct", "97110", None, 1),
        ("correct", "97140", "97124", 1),
        ("add", "97035", None, 0),
    ]
    assert {first, second} == {"97110", "97124"}


def test_the_last_decision_on_a_code_is_the_last_kept(page: Page, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feedback")
    _read(page, CLAIM)
    held = _held(page, "**/v1/feedback")
    page.evaluate(
        "['accept', 'reject', 'accept'].forEach((act) => document.querySelector(`#code-97124 [data-act=${act}]`).click())"
    )
    for made in range(1, 4):
        _until(page, partial(_has, held, made))
        page.wait_for_timeout(200)
        assert len(held) == made, "one goes out when the one before has arrived"
        held[-1].continue_()
    page.unroute("**/v1/feedback")
    expect(page.locator("#code-97124 .decision")).to_have_text("Accepted")
    assert [row[:2] for row in _kept(page, store, 3)] == [
        ("accept", "97124"),
        ("reject", "97124"),
        ("accept", "97124"),
    ]


def _line(page: Page, code: str, act: str) -> None:
    page.locator(f"#claim-lines [data-code='{code}'] [data-act={act}]").click()


def _fill(page: Page, form: str, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"{form} [name={name}]", value)
    page.click(f"{form} [type=submit]")


def _add(page: Page, code: str, minutes: str = "") -> None:
    page.fill("#add-code", code)
    page.fill("#add-minutes", minutes)
    page.click("#add button")


def _afresh(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feedback")


def test_every_line_of_the_claim_can_be_edited_and_rejected(page: Page, store: Store) -> None:
    _afresh(store)
    _read(page, CLAIM)
    start = list(_rows(page))
    _add(page, "97530", "15")
    _claim(page, *start, "97530")
    _add(page, "97530", "25")
    expect(page.locator("#claim-status")).to_contain_text("97530 is on the claim already with 15 min")
    _line(page, "97530", "correct")
    _fill(page, "#claim-edit form", minutes="25")
    expect(page.locator("#claim-lines tbody tr", has_text="97530").locator("td").nth(2)).to_have_text("25")
    _line(page, "97530", "correct")
    _fill(page, "#claim-edit form", code="97140")
    _claim(page, *start, "97140")
    assert _rows(page)["97140"][2] == "25"
    _line(page, "97140", "reject")
    _claim(page, *start)
    _line(page, "97110", "reject")
    _claim(page, "97124")
    expect(page.locator("#code-97110 .decision")).to_have_text("Rejected")
    assert [row[:3] for row in _kept(page, store, 6)] == [
        ("add", "97530", None),
        ("add", "97530", None),
        ("reject", "97530", None),
        ("add", "97140", None),
        ("reject", "97140", None),
        ("reject", "97110", None),
    ]


def test_a_second_correction_takes_the_place_of_the_first(page: Page, store: Store) -> None:
    _afresh(store)
    _read(page, CLAIM)
    _act(page, "97124", "correct")
    _fill(page, ".correct", code="97140")
    _claim(page, "97110", "97140")
    expect(page.locator("#code-97124 .decision")).to_have_text("Corrected to 97140")
    _act(page, "97124", "correct")
    assert [page.input_value(f".correct [name={name}]") for name in ("code", "minutes")] == ["97140", "15"]
    _fill(page, ".correct", code="97112")
    _claim(page, "97110", "97112")
    _line(page, "97112", "correct")
    _fill(page, "#claim-edit form", minutes="20")
    expect(page.locator("#claim-lines tbody tr", has_text="97112").locator("td").nth(2)).to_have_text("20")
    page.screenshot(path=ARTEFACTS / "page-corrected.png", full_page=True)
    _act(page, "97124", "accept")
    assert _claim(page, "97110", "97124")["97124"][2] == "15"
    expect(page.locator("#claim-status")).to_contain_text("97112, which stood in place of 97124, is off the claim.")
    rows = _kept(page, store, 6)
    assert [row[:3] for row in rows] == [
        ("correct", "97140", "97124"),
        ("reject", "97140", None),
        ("correct", "97112", "97124"),
        ("correct", "97112", "97124"),
        ("reject", "97112", None),
        ("accept", "97124", None),
    ]
    at = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)
    made = tuple(Decision(action, code, replaced, units, "b", at, None) for action, code, replaced, units in rows)
    assert decided_codes(KeptNote(CLAIM, "medicare", None, ("97124",), made)) == ("97124",)


@pytest.mark.parametrize("where", ["row", "line"])
def test_a_correction_back_to_the_code_of_the_page_is_its_acceptance(page: Page, store: Store, where: str) -> None:
    _afresh(store)
    _read(page, CLAIM)
    _act(page, "97124", "correct")
    _fill(page, ".correct", code="97140")
    _claim(page, "97110", "97140")
    if where == "row":
        _act(page, "97124", "correct")
    else:
        _line(page, "97140", "correct")
    _fill(page, ".correct", code="97124")
    _claim(page, "97110", "97124")
    expect(page.locator("#code-97124 .decision")).to_have_text("Accepted")
    assert [row[:3] for row in _kept(page, store, 3)][1:] == [("reject", "97140", None), ("accept", "97124", None)]


def test_a_rejected_row_takes_its_correction_along(page: Page, store: Store) -> None:
    _afresh(store)
    _read(page, CLAIM)
    _act(page, "97124", "correct")
    _fill(page, ".correct", code="97140")
    _claim(page, "97110", "97140")
    _act(page, "97124", "reject")
    _claim(page, "97110")
    expect(page.locator("#claim-status")).to_contain_text("97140, which stood in place of 97124, is off the claim.")
    assert [row[:2] for row in _kept(page, store, 3)][1:] == [("reject", "97140"), ("reject", "97124")]


def test_minutes_that_were_known_are_never_overwritten_in_silence(page: Page, store: Store) -> None:
    _afresh(store)
    _read(page, CLAIM)
    _act(page, "97124", "correct")
    _fill(page, ".correct", code="97110")
    expect(page.locator("#claim-status")).to_contain_text("97110 is on the claim already with 23 min")
    assert {code: row[2] for code, row in _rows(page).items()} == {"97110": "23", "97124": "15"}
    assert page.input_value(".correct [name=code]") == "97110"
    page.keyboard.press("Escape")
    expect(page.locator(".correct")).to_have_count(0)
    _act(page, "97124", "reject")
    _claim(page, "97110")
    _add(page, "97124")
    assert _claim(page, "97110", "97124")["97124"][2] == "15"
    expect(page.locator("#claim-status")).to_contain_text("97124 has the 15 min known of it.")
    _line(page, "97124", "reject")
    _claim(page, "97110")
    _add(page, "97124", "20")
    assert _claim(page, "97110", "97124")["97124"][2] == "20"
    expect(page.locator("#claim-status")).to_contain_text("The 15 min the note gives 97124 are not used.")
    assert [row[:2] for row in _kept(page, store, 4)] == [("reject", "97124"), ("add", "97124")] * 2


def test_what_is_typed_into_a_line_outlives_a_claim_that_comes_meanwhile(page: Page) -> None:
    _read(page, CLAIM)
    held = _held(page, "**/v1/claim")
    _act(page, "97124", "accept")
    _until(page, partial(_has, held, 1))
    _line(page, "97110", "correct")
    page.fill("#claim-edit [name=minutes]", "30")
    held[0].continue_()
    page.unroute("**/v1/claim")
    expect(page.locator("#claim-lines .tag", has_text="Accepted")).to_have_count(1)
    assert page.input_value("#claim-edit [name=minutes]") == "30"
    assert page.evaluate("document.activeElement.name") == "minutes"
    page.click("#claim-edit [data-act=close]")
    assert page.evaluate("document.activeElement.ariaLabel") == "Edit 97110 Therapeutic exercise"


@pytest.mark.parametrize("failing", ["silent", "busy"])
def test_a_decision_that_does_not_arrive_is_said_and_sent_again_the_same(
    page: Page, store: Store, failing: str
) -> None:
    _afresh(store)
    _read(page, CLAIM)
    tried: list[str] = []

    def fail(route: Route) -> None:
        tried.append(json.loads(route.request.post_data or "")["decision"])
        if failing == "silent":
            route.abort()
        else:
            route.fulfill(status=503, json={"error": {"message": "the store does not answer"}})

    page.route("**/v1/feedback", fail)
    _act(page, "97124", "reject")
    expect(page.locator("#unkept")).to_have_text(re.compile("^1 decision is not kept yet, .* goes on trying.$"))
    _act(page, "97110", "accept")
    page.fill("#note", "the next note")
    expect(page.locator("#unkept")).to_be_visible()
    _until(page, partial(_has, tried, 2))
    expect(page.locator("#unkept")).to_contain_text("2 decisions are not kept yet")
    page.screenshot(path=ARTEFACTS / "page-unkept.png")
    assert violations(page) == []
    assert len(set(tried)) == 1
    page.unroute("**/v1/feedback")
    assert [row[:2] for row in _kept(page, store, 2)] == [("reject", "97124"), ("accept", "97110")]
    expect(page.locator("#unkept")).to_have_text("Every decision is kept now.")
    expect(page.locator("#unkept")).to_have_text("")


def test_a_decision_the_service_will_never_keep_is_said_and_the_next_goes_out(page: Page, store: Store) -> None:
    _afresh(store)
    _read(page, CLAIM)
    page.route("**/v1/feedback", lambda route: route.fulfill(status=422, json={}))
    _act(page, "97124", "reject")
    expect(page.locator("#unkept")).to_contain_text("refused the decision on 97124")
    page.unroute("**/v1/feedback")
    _act(page, "97110", "accept")
    assert [row[:2] for row in _kept(page, store, 1)] == [("accept", "97110")]
    expect(page.locator("#unkept")).to_have_text("")


def test_a_key_that_may_not_keep_decisions_is_said_until_another_comes(
    page: Page, suggester: Suggester, tmp_path: Path
) -> None:
    browser = page.context.browser
    assert browser
    with store_in(tmp_path) as store, serving_app(create_app(suggester, Settings(require_key=True), store)) as made:
        tokens = [store.create_key(scope, scopes_of(scope))[1] for scope in ("suggest", "suggest,feedback")]
        page = browser.new_page()
        page.set_default_timeout(10_000)
        page.goto(made)
        page.fill("#key", tokens[0])
        page.keyboard.press("Enter")
        _read(page, CLAIM)
        _act(page, "97124", "reject")
        expect(page.locator("#unkept")).to_contain_text("the key in use may not keep any (scope “feedback”)")
        page.click("#forget")
        expect(page.locator("#key-status")).to_have_text(
            re.compile("^The key is forgotten. This service asks for a key")
        )
        expect(page.locator("#key")).to_be_focused()
        page.fill("#key", tokens[1])
        page.keyboard.press("Enter")
        assert _kept(page, store, 1) == [("reject", "97124", None, None)]
        expect(page.locator("#unkept")).to_have_text("Every decision is kept now.")
        page.close()


def test_the_sum_of_another_bundle_is_not_shown_below_the_percentage_of_this(page: Page, app: FastAPI) -> None:
    _read(page, CLAIM)
    suggester = app.state.suggester
    other = copy.copy(suggester)
    object.__setattr__(other, "version", "2027.01.01-1")
    app.state.suggester = other
    try:
        page.locator("#code-97124 .code-head").click()
        expect(page.locator("#code-97124 .sum")).to_contain_text("this service has changed to 2027.01.01-1 since")
        page.screenshot(path=ARTEFACTS / "page-bundle.png", full_page=True)
        assert page.locator("#code-97124 .sum .steps").count() == 0
        page.locator("#code-97124 .code-head").click()
        page.click("#read")
        page.wait_for_selector("#result:not([hidden])")
        page.locator("#code-97124 .code-head").click()
        page.wait_for_selector("#code-97124 .sum .steps")
    finally:
        app.state.suggester = suggester


@pytest.mark.parametrize("act", ["accept", "reject"])
def test_a_decision_followed_at_once_by_typing_is_kept(page: Page, store: Store, act: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feedback")
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    _read(page, CLAIM)
    page.evaluate(
        "(act) => { document.querySelector(`#code-97124 [data-act=${act}]`).click(); const note = document.getElementById('note');"
        " note.value += ' x'; note.dispatchEvent(new Event('input', { bubbles: true })); }",
        act,
    )
    assert _kept(page, store, 1) == [(act, "97124", None, 1 if act == "accept" else None)]
    assert wrong == []


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


def _again(page: Page) -> None:
    page.click("#read")
    page.wait_for_selector("#result:not([hidden])")


def _decided(page: Page) -> None:
    """The note is read; one of its two codes is corrected, the other rejected and a third added."""
    _read(page, CLAIM)
    _act(page, "97110", "reject")
    _act(page, "97124", "correct")
    _fill(page, ".correct", code="97140")
    _add(page, "97035", "8")
    _claim(page, "97140", "97035")


STANDS = "Your decisions on this note still stand: 97124 corrected to 97140, 97035 added, 97110 rejected."


@pytest.mark.parametrize("change", ["note", "payer", "date", "undone", "nothing"])
def test_decisions_stay_with_the_note_that_is_completed(page: Page, store: Store, change: str) -> None:
    _afresh(store)
    _decided(page)
    made = _kept(page, store, 3)
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
    _again(page)
    expect(page.locator("#kept-says")).to_have_text(STANDS)
    assert {code: row[2] for code, row in _claim(page, "97140", "97035").items()} == {"97140": "15", "97035": "8"}
    expect(page.locator("#code-97110 .decision")).to_have_text("Rejected")
    expect(page.locator("#code-97124 .decision")).to_have_text("Corrected to 97140")
    page.screenshot(path=ARTEFACTS / "page-kept.png", full_page=True)
    assert violations(page) == []
    assert decisions(store, "page") == made, "a decision is kept for the text it was made on, once"
    _act(page, "97110", "accept")
    _claim(page, "97140", "97035", "97110")
    expect(page.locator("#kept")).to_be_hidden()
    _kept(page, store, 4)
    with store.engine.connect() as connection:
        notes = connection.exec_driver_sql("SELECT note_ref FROM feedback ORDER BY at").scalars().all()
    assert (notes[3] == notes[0]) is (change != "note")
    page.select_option("#payer", "medicare")
    page.fill("#date", "")


def test_decisions_that_stand_can_be_forgotten_and_taken_back(page: Page) -> None:
    _decided(page)
    page.select_option("#payer", "cash")
    page.select_option("#payer", "medicare")
    _again(page)
    _claim(page, "97140", "97035")
    page.click("#kept-act")
    expect(page.locator("#kept-says")).to_contain_text("The claim is as suggested again.")
    _claim(page, "97110", "97124")
    expect(page.locator("#code-97110 .decision")).to_have_text("")
    page.click("#kept-act")
    expect(page.locator("#kept-says")).to_have_text(STANDS)
    _claim(page, "97140", "97035")
    page.click("#kept-act")
    _claim(page, "97110", "97124")
    _act(page, "97124", "accept")
    expect(page.locator("#kept")).to_be_hidden()
    page.select_option("#payer", "cash")
    page.select_option("#payer", "medicare")
    _again(page)
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
    _decided(page)
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
    _again(page)
    expect(page.locator("#kept")).to_be_visible(visible=bool(told))
    expect(page.locator("#kept-says")).to_contain_text(told)
    suggested = page.locator("#suggested-list .number").all_inner_texts()
    expect(page.locator("#claim-lines tbody th")).to_have_text([n.strip() for n in suggested])
    expect(page.locator(".decision", has_text=re.compile("."))).to_have_count(0)
    if way == "alike pasted over":
        page.screenshot(path=ARTEFACTS / "page-offered.png", full_page=True)
        page.click("#kept-act")
        expect(page.locator("#kept-says")).to_have_text(STANDS)
        _claim(page, "97140", "97035")


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
        (Path(__file__).parents[2] / "service" / path).read_text(encoding="utf-8")
        for path in ("static/carry.js", "widget/soapcode-assist.js")
    )
    bodies = [
        re.sub(r"\s+", " ", text.partition("function isAnother(was, now) {")[2].partition("return 2 * before")[0])
        for text in (page, widget)
    ]
    assert bodies[0] == bodies[1] != ""


def test_a_code_that_is_none_is_said(page: Page) -> None:
    _read(page, CLAIM)
    page.fill("#add-code", "ABCDE")
    page.click("#add button")
    assert "not a code of the catalogue" in page.locator("#claim-status").inner_text()


def _download(page: Page, what: str) -> str:
    with page.expect_download() as caught:
        page.click(f"[data-export={what}]")
    return caught.value.path().read_text(encoding="utf-8")


def test_downloads_follow_the_decisions(page: Page) -> None:
    _read(page, CLAIM)
    _act(page, "97124", "reject")
    _claim(page, "97110")
    assert [line.split(",")[0] for line in _download(page, "csv").splitlines()] == ["code", "97110"]
    answer: dict[str, Any] = json.loads(_download(page, "json"))
    assert [line["code"] for line in answer["claim"]["lines"]] == ["97110"]
    assert answer["rejected"] == ["97124"]
    fhir = json.loads(_download(page, "fhir"))
    assert [e["resource"]["resourceType"] for e in fhir["entry"]] == ["Claim", "ChargeItem"]


def test_copy_gives_the_lines(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _read(page, CLAIM)
    page.click("[data-export=copy]")
    expect(page.locator("#claim-status")).to_have_text("The claim lines are on the clipboard.")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0] == "Code\tModifiers\tUnits\tMinutes\tService\tBillable"
    assert {line.split("\t")[5] for line in lines[1:]} == {"yes"}
    assert {line.split("\t")[0]: line.split("\t")[2] for line in lines[1:]} == {"97110": "2", "97124": "1"}


def test_copied_lines_say_what_is_bundled(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("[data-sample=sample-ortho]")
    page.click("#read")
    page.wait_for_selector("#result:not([hidden])")
    page.click("[data-export=copy]")
    expect(page.locator("#claim-status")).to_have_text("The claim lines are on the clipboard.")
    lines = [line.split("\t") for line in page.evaluate("navigator.clipboard.readText()").splitlines()[1:]]
    assert {line[0]: line[5] for line in lines} == {
        "97110": "yes",
        "97112": "yes",
        "97140": "yes",
        "97010": "no, bundled",
    }


PRINTS = "() => { window.printed = false; window.print = () => { window.printed = true; }; }"


def test_the_superbill_prints_alone(page: Page) -> None:
    _read(page, CLAIM)
    page.evaluate(PRINTS)
    page.click("[data-export=superbill]")
    _until(page, lambda: bool(page.evaluate("window.printed")))
    page.emulate_media(media="print")
    expect(page.locator("#superbill table tbody tr")).to_have_count(2)
    expect(page.locator("#claim-status")).to_contain_text("The superbill is ready")
    assert page.locator("#superbill").is_visible()
    assert not page.locator("main").is_visible()
    page.emulate_media(media="screen")
    assert not page.locator("#superbill").is_visible()


def test_the_browsers_own_print_shows_note_codes_and_claim_alone(page: Page) -> None:
    _read(page, CLAIM)
    page.emulate_media(media="print")
    shown = {one: page.locator(one).first.is_visible() for one in ("#note-view", "#code-97110", "#claim-lines table")}
    left = [one.inner_text() for one in page.locator("button").all() if one.is_visible()]
    page.screenshot(path=ARTEFACTS / "page-print.png", full_page=True)
    page.emulate_media(media="screen")
    assert all(shown.values()), shown
    assert all(text.startswith(("1", "2")) for text in left), "the headings of the codes are buttons too"
    page.fill("#note", "")
    page.emulate_media(media="print")
    assert page.locator("#note").is_visible()
    page.emulate_media(media="screen")


def test_paper_never_shows_a_claim_that_was_decided_otherwise_since(page: Page) -> None:
    _read(page, CLAIM)
    page.evaluate(PRINTS)
    page.click("[data-export=superbill]")
    _until(page, lambda: bool(page.evaluate("window.printed")))
    _act(page, "97124", "reject")
    _claim(page, "97110")
    page.emulate_media(media="print")
    assert not page.locator("#superbill").is_visible()
    assert page.locator("main").is_visible()
    page.emulate_media(media="screen")


def test_nothing_is_taken_away_of_a_claim_that_changed_meanwhile(page: Page) -> None:
    _read(page, CLAIM)
    page.evaluate(PRINTS)
    held = _held(page, "**/v1/claim")

    def asked(made: int) -> Route:
        _until(page, lambda: len(held) >= made)
        return held[made - 1]

    page.click("[data-export=superbill]")
    superbill = asked(1)
    _act(page, "97124", "reject")
    expect(page.locator("[data-export=copy]")).to_be_disabled()
    asked(2).continue_()
    _claim(page, "97110")
    expect(page.locator("[data-export=copy]")).to_be_enabled()
    superbill.continue_()
    expect(page.locator("#claim-status")).to_contain_text("changed meanwhile")
    page.unroute("**/v1/claim")
    assert page.evaluate("window.printed") is False


CRLF = (
    "S: 😀😀 ok, 👩\u200d🦽 rolls\r\n\r\nO: 🦵 Neuro re-ed: single leg stance on\r\nfoam for balance and proprioception 10 min. "
    "Effleurage to calf\r\n15 min\r\n\tTreadmill 8 min for endurance 🏃\r\nP: 🏠 rest, gait training next visit\r\n"
)
DROP = """(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], 'n.txt', { type: 'text/plain' }));
  const drop = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
  document.body.dispatchEvent(drop);
  return drop.defaultPrevented;
}"""
HIGHLIGHTED = """() => {
  const whole = (node) => node.textContent;
  const marks = [...document.querySelectorAll('#note-view mark.spot')];
  let start = 0;
  for (let node = marks[0]?.previousSibling; node; node = node.previousSibling) start += whole(node).length;
  return [start, marks.map(whole).join('')];
}"""


def _put_in(page: Page, way: str, text: str) -> None:
    page.fill("#note", "")
    if way == "dropped":
        assert page.evaluate(DROP, text) is True
    elif way == "chosen":
        page.set_input_files("#file", {"name": "n.txt", "mimeType": "text/plain", "buffer": text.encode()})
    else:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
        page.focus("#note")
        page.keyboard.press("Control+V")
    expect(page.locator("#note")).to_have_value(re.compile("next visit"))


@pytest.mark.parametrize("way", ["dropped", "chosen", "pasted"])
def test_highlights_stand_at_the_right_characters_of_a_note_with_emoji_and_carriage_returns(
    page: Page, way: str
) -> None:
    """Every quote of the answer against the text that went out, counted in UTF-16 units."""
    _put_in(page, way, CRLF)
    with page.expect_response("**/v1/suggest") as caught:
        page.click("#read")
    sent = json.loads(caught.value.request.post_data or "")["text"]
    answer = caught.value.json()
    assert sent == CRLF.replace("\r\n", "\n")
    page.wait_for_selector("#result:not([hidden])")
    assert page.locator("#note-view").evaluate("(view) => view.textContent") == sent
    units = sent.encode("utf-16-le")
    quotes = 0
    page.locator("#weaker").evaluate("(more) => { more.open = true; }")
    page.mouse.move(0, 0)  # what scrolls under a pointer is pointed at
    for s in answer["suggestions"]:
        head = page.locator(f"#code-{s['code']} .code-head")
        if head.get_attribute("aria-expanded") != "true":
            head.press("Enter")
        carry, weak = ([p for p in s["evidence"] if (p["contribution"] >= 0) is wanted] for wanted in (True, False))
        for kind, parts in {"evidence": carry, "weak": weak, "against": s["against"]}.items():
            words = page.locator(f"#code-{s['code']} .{kind} .words")
            assert words.count() == len(parts)
            for i, part in enumerate(parts):
                words.nth(i).focus()
                start, shown = page.evaluate(HIGHLIGHTED)
                assert (start, shown) == (part["start"], part["text"])
                assert units[2 * start : 2 * part["end"]].decode("utf-16-le") == shown
                quotes += 1
    assert quotes >= 4


def test_axe_finds_no_serious_violation(page: Page) -> None:
    assert violations(page) == []
    for note in (CLAIM, "Pt called to cancel today."):
        _read(page, note)
        for head in page.locator("#suggested-list .code-head").all():
            head.click()
        expect(page.locator("#suggested-list .code-head[aria-expanded=false]")).to_have_count(0)
        page.wait_for_timeout(400)
        assert violations(page) == []


def test_a_phone_needs_no_sideways_scrolling(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    _read(page, CLAIM)
    _act(page, "97110", "correct")
    _line(page, "97124", "correct")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []
    inside = "() => [...document.querySelectorAll('#claim-lines button')].every((one) => one.getBoundingClientRect().right <= innerWidth)"
    assert page.evaluate(inside)
    assert page.evaluate(
        "(() => { const box = document.getElementById('claim-lines'); return box.scrollWidth <= box.clientWidth; })()"
    )
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "page-phone.png", full_page=True)
    page.set_viewport_size({"width": 1200, "height": 900})


@pytest.mark.parametrize("back", ["by itself", "by the button"])
def test_a_claim_that_could_not_be_worked_out_is_when_the_service_answers_again(
    page: Page, store: Store, back: str
) -> None:
    _afresh(store)
    _read(page, CLAIM)
    page.route("**/v1/claim", lambda route: route.abort())
    if back == "by itself":
        page.route("**/v1/feedback", lambda route: route.abort())
    _act(page, "97124", "reject")
    expect(page.locator("#claim-status")).to_contain_text("does not hold your last decisions yet")
    expect(page.locator("#again")).to_be_visible()
    expect(page.locator("[data-export=csv]")).to_be_disabled()
    page.wait_for_timeout(100)
    page.screenshot(path=ARTEFACTS / "page-stale.png", full_page=True)
    assert violations(page) == []
    page.unroute("**/v1/claim")
    if back == "by itself":
        expect(page.locator("#unkept")).to_contain_text("not kept yet")
        page.unroute("**/v1/feedback")
    else:
        page.locator("#again").press("Enter")
    _claim(page, "97110")
    expect(page.locator("#again")).to_be_hidden()
    expect(page.locator("#claim")).not_to_have_class(re.compile("stale"))
    expect(page.locator("[data-export=csv]")).to_be_enabled()
    if back == "by the button":
        assert page.evaluate("document.activeElement.id") == "claim-lines"
    _kept(page, store, 1)


def test_a_claim_of_kept_decisions_that_could_not_be_worked_out_shows_no_other(page: Page) -> None:
    _decided(page)
    page.select_option("#payer", "cash")
    page.select_option("#payer", "medicare")
    page.route("**/v1/claim", lambda route: route.abort())
    _again(page)
    expect(page.locator("#claim-status")).to_contain_text("does not hold your last decisions yet")
    expect(page.locator("#claim-lines tbody th")).to_have_count(0)
    page.unroute("**/v1/claim")
    page.click("#again")
    _claim(page, "97140", "97035")


def test_a_weight_that_rounds_to_nothing_has_no_sign(page: Page) -> None:
    weights = [-0.001, 0.004, -0.006, 1.5]

    def weighed(route: Route) -> None:
        answer = route.fetch().json()
        (item,) = [s for s in answer["suggestions"] if s["code"] == "97124"]
        item["evidence"] = [{**item["evidence"][0], "contribution": weight} for weight in weights]
        route.fulfill(json=answer)

    page.route("**/v1/suggest", weighed)
    _read(page, CLAIM)
    page.unroute("**/v1/suggest")
    shown = page.locator("#account-97124 .contribution")
    expect(shown).to_have_text(["weight 0.00", "weight 0.00", "weight \u22120.01", "weight +1.50"])


HIDDEN = """(over) => {
  const at = document.activeElement;
  if (!at.closest('#answer')) return null;
  const [mine, theirs] = [at, document.querySelector(over)].map((one) => one.getBoundingClientRect());
  const covered = Math.min(mine.bottom, theirs.bottom) - Math.max(mine.top, theirs.top);
  return covered > 1 && theirs.height > 0 ? `${at.textContent.trim().slice(0, 20)} ${covered}` : '';
}"""


@pytest.mark.parametrize(("key", "over"), [("Shift+Tab", ".note-panel"), ("Tab", ".note-panel"), ("Tab", "#unkept")])
def test_on_a_phone_nothing_lies_over_what_has_the_focus(page: Page, key: str, over: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(reduced_motion="reduce")
    _read(page, CLAIM + " 1. Pt declined gait training. US planned.")
    for head in page.locator("#suggested-list .code-head").all():
        head.click()
    if over == "#unkept":
        page.route("**/v1/feedback", lambda route: route.abort())
        _act(page, "97110", "accept")
        expect(page.locator("#unkept")).to_contain_text("not kept yet")
    page.locator("#seen summary" if key == "Shift+Tab" else "#suggested-list .code-head >> nth=0").focus()
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press(key)
        said = page.evaluate(HIDDEN, over)
        if said is None:
            break
        seen.append(said)
    page.screenshot(path=ARTEFACTS / "page-focus.png")
    page.emulate_media(reduced_motion="no-preference")
    page.set_viewport_size({"width": 1200, "height": 900})
    page.unroute("**/v1/feedback")
    assert len(seen) > 15
    assert [one for one in seen if one] == []
    expect(page.locator("#unkept")).to_have_text("", timeout=20_000)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (413, {}, "The note is too long for soapcode: give it one visit at a time."),
        (429, {"Retry-After": "12"}, "The service was asked too often with this key: try again in 12 seconds."),
        (429, {}, "try again in a minute."),
        (503, {"Retry-After": "1"}, "The service is busy or still starting: try again in 1 second."),
        (503, {}, "try again in a few seconds."),
        (403, {}, "The key in use is not meant for this"),
        (408, {}, "The note did not reach the service in time"),
        (422, {}, "check them, or reload the page"),
        (400, {}, "did not understand what this page sent"),
        (500, {}, "The service could not do this (status 500): try again."),
    ],
)
def test_a_refusal_is_said_in_the_pages_own_words(
    page: Page, status: int, headers: dict[str, str], said: str
) -> None:
    """Both where the note is read and where the claim is worked out; the service's sentence is for whoever wrote the request."""

    def refuse(route: Route) -> None:
        route.fulfill(status=status, headers=headers, json={"error": {"message": "'text' must be of the kind"}})

    page.route("**/v1/suggest", refuse)
    page.fill("#note", CLAIM)
    page.click("#read")
    expect(page.locator("#error")).to_contain_text(said)
    expect(page.locator("#error")).not_to_contain_text("of the kind")
    page.unroute("**/v1/suggest")
    _read(page, CLAIM)
    page.route("**/v1/claim", refuse)
    _act(page, "97124", "reject")
    expect(page.locator("#claim-status")).to_contain_text(said)
    page.unroute("**/v1/claim")
    page.click("#again")
    _claim(page, "97110")


def test_a_note_that_is_too_long_is_said_by_the_service_so(page: Page) -> None:
    page.evaluate(
        "(text) => { const note = document.getElementById('note'); note.value = text; note.dispatchEvent(new Event('input')); }",
        "Therex 10 min.\n" * 20_000,
    )
    page.click("#read")
    expect(page.locator("#error")).to_contain_text("The note is too long for soapcode")


def test_half_a_character_does_not_keep_a_note_from_being_read(page: Page) -> None:
    page.evaluate(
        "(text) => { const note = document.getElementById('note'); note.value = `\\ud83d ${text}`; note.dispatchEvent(new Event('input')); }",
        CLAIM,
    )
    _again(page)
    assert page.locator("#note-view").evaluate("(view) => view.textContent") == f"\ufffd {CLAIM}"
    page.locator("#code-97124 .code-head").focus()
    assert "".join(page.locator("#note-view mark.on.for").all_inner_texts()) == "Effleurage to calf 15 min"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "That file is empty"),
        (" \n ", "That file is empty"),
        ("{\\rtf1\\ansi O: massage 10 min}", "not plain text"),
        ("%PDF-1.7\nO: massage", "not plain text"),
        ("O: massage\0 10 min", "not plain text"),
        ("O: massage 10 min. " * 15_000, "over 256 KiB, too long"),
        ("O: {massage} 10 min %PDF-", None),
    ],
)
def test_a_file_that_is_no_note_is_said_and_nothing_is_lost(page: Page, content: str, said: str | None) -> None:
    page.fill("#note", NOTE)
    page.set_input_files("#file", {"name": "n.txt", "mimeType": "text/plain", "buffer": content.encode()})
    if said:
        expect(page.locator("#error")).to_contain_text(said)
        assert page.input_value("#note") == NOTE
    else:
        expect(page.locator("#note")).to_have_value(content)


def test_a_service_that_went_away_is_said(page: Page) -> None:
    _read(page, CLAIM)
    page.route("**/v1/claim", lambda route: route.abort())
    _act(page, "97124", "reject")
    expect(page.locator("#claim-status")).to_contain_text("did not answer")
    page.unroute("**/v1/claim")
    page.route("**/v1/suggest", lambda route: route.abort())
    page.fill("#note", CLAIM + " More.")
    page.click("#read")
    expect(page.locator("#error")).to_contain_text("did not answer")
    page.unroute("**/v1/suggest")


def test_a_service_with_keys_asks_for_one_and_keeps_it_in_the_tab_only(
    page: Page, suggester: Suggester, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    look = request.node.callspec.params["page"]
    browser = page.context.browser
    assert browser
    with store_in(tmp_path) as store, serving_app(create_app(suggester, Settings(require_key=True), store)) as made:
        key, token = store.create_key("desk", scopes_of("suggest,feedback"))
        page = browser.new_page(color_scheme=look, viewport={"width": 1200, "height": 900})
        page.set_default_timeout(10_000)
        page.goto(made)
        expect(page.locator("#key-form")).to_be_visible()
        expect(page.locator("#key-status")).to_contain_text("asks for a key")
        assert violations(page) == []
        page.screenshot(path=ARTEFACTS / f"page-key-{look}.png", full_page=True)
        page.fill("#key", token[:-1] + ("a" if token[-1] != "a" else "b"))
        page.keyboard.press("Enter")
        expect(page.locator("#key-status")).to_contain_text("does not know that key")
        page.fill("#key", token)
        page.keyboard.press("Enter")
        expect(page.locator("#key-form")).to_be_hidden()
        _read(page, CLAIM)
        page.locator("#code-97124 .code-head").click()
        page.wait_for_selector("#code-97124 .sum .steps")
        _act(page, "97124", "reject")
        _claim(page, "97110")
        assert _kept(page, store, 1) == [("reject", "97124", None, None)]
        assert page.evaluate("[localStorage.length, document.cookie.length]") == [0, 0]
        assert token not in page.content() + page.url
        store.revoke_key(key.id)
        page.click("#read")
        expect(page.locator("#error")).to_contain_text("revoked")
        expect(page.locator("#key-form")).to_be_visible()
        assert page.evaluate("sessionStorage.length") == 0
        assert page.input_value("#note") == CLAIM
        other = browser.new_page()
        other.goto(made)
        expect(other.locator("#key-form")).to_be_visible()
        other.close()
        page.close()
