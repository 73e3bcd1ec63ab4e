"""Decisions on the page in a real Chromium: accepted, rejected, corrected, added; each kept once, in order."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sized
from functools import partial
from pathlib import Path

import pytest
from browser_support import ARTEFACTS, need_chromium, serving_app, store_in, violations
from page_support import (
    CLAIM,
    add_code,
    claim_rows,
    fill_form,
    held_requests,
    kept_decisions,
    press_act,
    press_line,
    read_claim,
    read_on_page,
    start_afresh,
    wait_until,
)
from playwright.sync_api import Page, Route, expect

from models.suggester import Suggester
from service.app import create_app
from service.decided import decided_codes
from service.keys import scopes_of
from service.settings import Settings
from service.store.store import Decision, KeptNote, Store

pytestmark = [pytest.mark.chromium, pytest.mark.heavy(50)]
need_chromium()


def _has(held: Sized, n: int) -> bool:
    return len(held) >= n


UNTIMED = (
    "11/02/2026 O: Gait training on level with FWW, cues for heel strike. Therex quad sets, SLR for strength. "
    "Total treatment 40 min."
)


def test_minutes_that_were_typed_are_told_as_typed_and_fill_no_gap(page: Page) -> None:
    read_on_page(page, UNTIMED)
    missing = "The note does not say the total timed minutes, and those of"
    expect(page.locator("#claim-notes .gaps")).to_contain_text(missing)
    for code in ("97116", "97110"):
        press_act(page, code, "correct")
        page.fill(".correct [name=minutes]", "20")
        with page.expect_response("**/v1/feedback"):
            page.keyboard.press("Enter")
        expect(page.locator("#claim-lines tbody tr", has_text=code)).to_contain_text("minutes by you")
    expect(page.locator("#claim-notes .gaps")).to_contain_text(missing)
    notes = page.locator("#claim-notes").inner_text()
    assert "The note states minutes" not in notes
    assert "A person gave its 20 minutes; the note does not state them." in notes


def test_decide_buttons_do_not_say_that_they_can_be_let_go(page: Page) -> None:
    read_on_page(page, CLAIM)
    assert page.locator("[aria-pressed]").count() == 0
    with page.expect_response("**/v1/feedback"):
        press_act(page, "97124", "accept")
    accept = page.locator("#code-97124 [data-act=accept]")
    expect(accept).to_have_class(re.compile(r"\bon\b"))
    expect(accept).to_have_accessible_description("Accepted")


def test_reject_accept_correct_and_add_are_kept_in_the_store(page: Page, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feedback")
    read_on_page(page, CLAIM)
    first, second = page.locator("#claim-lines tbody th").all_inner_texts()
    press_act(page, "97124", "reject")
    assert read_claim(page, "97110")["97110"][1] == "2"
    expect(page.locator("#code-97124 .decision")).to_have_text("Rejected")
    press_act(page, "97124", "accept")
    read_claim(page, "97110", "97124")
    press_act(page, "97110", "correct")
    page.fill(".correct [name=minutes]", "8")
    page.keyboard.press("Enter")
    expect(page.locator("#claim-lines tbody tr", has_text="97110").locator("td").nth(2)).to_have_text("8")
    press_act(page, "97124", "correct")
    page.fill(".correct [name=code]", "97140")
    page.keyboard.press("Enter")
    read_claim(page, "97110", "97140")
    page.fill("#add-code", "97035")
    page.fill("#add-minutes", "8")
    page.keyboard.press("Enter")
    read_claim(page, "97110", "97140", "97035")
    assert kept_decisions(page, store, 5) == [
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
    read_on_page(page, CLAIM)
    held = held_requests(page, "**/v1/feedback")
    page.evaluate(
        "['accept', 'reject', 'accept'].forEach((act) => document.querySelector(`#code-97124 [data-act=${act}]`).click())"
    )
    for made in range(1, 4):
        wait_until(page, partial(_has, held, made))
        page.wait_for_timeout(200)
        assert len(held) == made, "one goes out when the one before has arrived"
        held[-1].continue_()
    page.unroute("**/v1/feedback")
    expect(page.locator("#code-97124 .decision")).to_have_text("Accepted")
    assert [row[:2] for row in kept_decisions(page, store, 3)] == [
        ("accept", "97124"),
        ("reject", "97124"),
        ("accept", "97124"),
    ]


def test_every_line_of_the_claim_can_be_edited_and_rejected(page: Page, store: Store) -> None:
    start_afresh(store)
    read_on_page(page, CLAIM)
    start = list(claim_rows(page))
    add_code(page, "97530", "15")
    read_claim(page, *start, "97530")
    add_code(page, "97530", "25")
    expect(page.locator("#claim-status")).to_contain_text("97530 is on the claim already with 15 min")
    press_line(page, "97530", "correct")
    fill_form(page, "#claim-edit form", minutes="25")
    expect(page.locator("#claim-lines tbody tr", has_text="97530").locator("td").nth(2)).to_have_text("25")
    press_line(page, "97530", "correct")
    fill_form(page, "#claim-edit form", code="97140")
    read_claim(page, *start, "97140")
    assert claim_rows(page)["97140"][2] == "25"
    press_line(page, "97140", "reject")
    read_claim(page, *start)
    press_line(page, "97110", "reject")
    read_claim(page, "97124")
    expect(page.locator("#code-97110 .decision")).to_have_text("Rejected")
    assert [row[:3] for row in kept_decisions(page, store, 6)] == [
        ("add", "97530", None),
        ("add", "97530", None),
        ("reject", "97530", None),
        ("add", "97140", None),
        ("reject", "97140", None),
        ("reject", "97110", None),
    ]


def test_a_second_correction_takes_the_place_of_the_first(page: Page, store: Store) -> None:
    start_afresh(store)
    read_on_page(page, CLAIM)
    press_act(page, "97124", "correct")
    fill_form(page, ".correct", code="97140")
    read_claim(page, "97110", "97140")
    expect(page.locator("#code-97124 .decision")).to_have_text("Corrected to 97140")
    press_act(page, "97124", "correct")
    assert [page.input_value(f".correct [name={name}]") for name in ("code", "minutes")] == ["97140", "15"]
    fill_form(page, ".correct", code="97112")
    read_claim(page, "97110", "97112")
    press_line(page, "97112", "correct")
    fill_form(page, "#claim-edit form", minutes="20")
    expect(page.locator("#claim-lines tbody tr", has_text="97112").locator("td").nth(2)).to_have_text("20")
    page.screenshot(path=ARTEFACTS / "page-corrected.png", full_page=True)
    press_act(page, "97124", "accept")
    assert read_claim(page, "97110", "97124")["97124"][2] == "15"
    expect(page.locator("#claim-status")).to_contain_text("97112, which stood in place of 97124, is off the claim.")
    rows = kept_decisions(page, store, 6)
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
    start_afresh(store)
    read_on_page(page, CLAIM)
    press_act(page, "97124", "correct")
    fill_form(page, ".correct", code="97140")
    read_claim(page, "97110", "97140")
    if where == "row":
        press_act(page, "97124", "correct")
    else:
        press_line(page, "97140", "correct")
    fill_form(page, ".correct", code="97124")
    read_claim(page, "97110", "97124")
    expect(page.locator("#code-97124 .decision")).to_have_text("Accepted")
    assert [row[:3] for row in kept_decisions(page, store, 3)][1:] == [
        ("reject", "97140", None),
        ("accept", "97124", None),
    ]


def test_a_rejected_row_takes_its_correction_along(page: Page, store: Store) -> None:
    start_afresh(store)
    read_on_page(page, CLAIM)
    press_act(page, "97124", "correct")
    fill_form(page, ".correct", code="97140")
    read_claim(page, "97110", "97140")
    press_act(page, "97124", "reject")
    read_claim(page, "97110")
    expect(page.locator("#claim-status")).to_contain_text("97140, which stood in place of 97124, is off the claim.")
    assert [row[:2] for row in kept_decisions(page, store, 3)][1:] == [("reject", "97140"), ("reject", "97124")]


def test_minutes_that_were_known_are_never_overwritten_in_silence(page: Page, store: Store) -> None:
    start_afresh(store)
    read_on_page(page, CLAIM)
    press_act(page, "97124", "correct")
    fill_form(page, ".correct", code="97110")
    expect(page.locator("#claim-status")).to_contain_text("97110 is on the claim already with 23 min")
    assert {code: row[2] for code, row in claim_rows(page).items()} == {"97110": "23", "97124": "15"}
    assert page.input_value(".correct [name=code]") == "97110"
    page.keyboard.press("Escape")
    expect(page.locator(".correct")).to_have_count(0)
    press_act(page, "97124", "reject")
    read_claim(page, "97110")
    add_code(page, "97124")
    assert read_claim(page, "97110", "97124")["97124"][2] == "15"
    expect(page.locator("#claim-status")).to_contain_text("97124 has the 15 min known of it.")
    press_line(page, "97124", "reject")
    read_claim(page, "97110")
    add_code(page, "97124", "20")
    assert read_claim(page, "97110", "97124")["97124"][2] == "20"
    expect(page.locator("#claim-status")).to_contain_text("The 15 min the note gives 97124 are not used.")
    assert [row[:2] for row in kept_decisions(page, store, 4)] == [("reject", "97124"), ("add", "97124")] * 2


def test_what_is_typed_into_a_line_outlives_a_claim_that_comes_meanwhile(page: Page) -> None:
    read_on_page(page, CLAIM)
    held = held_requests(page, "**/v1/claim")
    press_act(page, "97124", "accept")
    wait_until(page, partial(_has, held, 1))
    press_line(page, "97110", "correct")
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
    start_afresh(store)
    read_on_page(page, CLAIM)
    tried: list[str] = []

    def fail(route: Route) -> None:
        tried.append(json.loads(route.request.post_data or "")["decision"])
        if failing == "silent":
            route.abort()
        else:
            route.fulfill(status=503, json={"error": {"message": "the store does not answer"}})

    page.route("**/v1/feedback", fail)
    press_act(page, "97124", "reject")
    expect(page.locator("#unkept")).to_have_text(re.compile("^1 decision is not kept yet, .* goes on trying.$"))
    press_act(page, "97110", "accept")
    page.fill("#note", "the next note")
    expect(page.locator("#unkept")).to_be_visible()
    wait_until(page, partial(_has, tried, 2))
    expect(page.locator("#unkept")).to_contain_text("2 decisions are not kept yet")
    page.screenshot(path=ARTEFACTS / "page-unkept.png")
    assert violations(page) == []
    assert len(set(tried)) == 1
    page.unroute("**/v1/feedback")
    assert [row[:2] for row in kept_decisions(page, store, 2)] == [("reject", "97124"), ("accept", "97110")]
    expect(page.locator("#unkept")).to_have_text("Every decision is kept now.")
    expect(page.locator("#unkept")).to_have_text("")


def test_a_decision_the_service_will_never_keep_is_said_and_the_next_goes_out(page: Page, store: Store) -> None:
    start_afresh(store)
    read_on_page(page, CLAIM)
    page.route("**/v1/feedback", lambda route: route.fulfill(status=422, json={}))
    press_act(page, "97124", "reject")
    expect(page.locator("#unkept")).to_contain_text("refused the decision on 97124")
    page.unroute("**/v1/feedback")
    press_act(page, "97110", "accept")
    assert [row[:2] for row in kept_decisions(page, store, 1)] == [("accept", "97110")]
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
        read_on_page(page, CLAIM)
        press_act(page, "97124", "reject")
        expect(page.locator("#unkept")).to_contain_text("the key in use may not keep any (scope “feedback”)")
        page.click("#forget")
        expect(page.locator("#key-status")).to_have_text(
            re.compile("^The key is forgotten. This service asks for a key")
        )
        expect(page.locator("#key")).to_be_focused()
        page.fill("#key", tokens[1])
        page.keyboard.press("Enter")
        assert kept_decisions(page, store, 1) == [("reject", "97124", None, None)]
        expect(page.locator("#unkept")).to_have_text("Every decision is kept now.")
        page.close()


@pytest.mark.parametrize("act", ["accept", "reject"])
def test_a_decision_followed_at_once_by_typing_is_kept(page: Page, store: Store, act: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feedback")
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    read_on_page(page, CLAIM)
    page.evaluate(
        "(act) => { document.querySelector(`#code-97124 [data-act=${act}]`).click(); const note = document.getElementById('note');"
        " note.value += ' x'; note.dispatchEvent(new Event('input', { bubbles: true })); }",
        act,
    )
    assert kept_decisions(page, store, 1) == [(act, "97124", None, 1 if act == "accept" else None)]
    assert wrong == []


def test_a_code_that_is_none_is_said(page: Page) -> None:
    read_on_page(page, CLAIM)
    page.fill("#add-code", "ABCDE")
    page.click("#add button")
    assert "not a code of the catalogue" in page.locator("#claim-status").inner_text()
