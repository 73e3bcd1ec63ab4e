"""The claim on the page in a real Chromium: its lines and working; copied, downloaded and printed as it stands."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from browser_support import ARTEFACTS, need_chromium, violations
from page_support import (
    CLAIM,
    claim_rows,
    decide_three,
    held_requests,
    kept_decisions,
    press_act,
    read_again,
    read_claim,
    read_on_page,
    start_afresh,
    wait_until,
)
from playwright.sync_api import Page, Route, expect

from service.store.store import Store

pytestmark = [pytest.mark.chromium, pytest.mark.heavy(30)]
need_chromium()


def test_the_claim_shows_units_with_their_working_and_what_the_note_lacks(page: Page) -> None:
    read_on_page(page, CLAIM)
    rows = claim_rows(page)
    assert {code: row[1:3] for code, row in rows.items()} == {"97110": ["2", "23"], "97124": ["1", "15"]}
    said = page.locator("#claim-notes").inner_text()
    assert "How the units come about" in said
    assert "What the note lacks" in said
    assert "Questions for you" in said


def _download(page: Page, what: str) -> str:
    with page.expect_download() as caught:
        page.click(f"[data-export={what}]")
    return caught.value.path().read_text(encoding="utf-8")


def test_downloads_follow_the_decisions(page: Page) -> None:
    read_on_page(page, CLAIM)
    press_act(page, "97124", "reject")
    read_claim(page, "97110")
    assert [line.split(",")[0] for line in _download(page, "csv").splitlines()] == ["code", "97110"]
    answer: dict[str, Any] = json.loads(_download(page, "json"))
    assert [line["code"] for line in answer["claim"]["lines"]] == ["97110"]
    assert answer["rejected"] == ["97124"]
    fhir = json.loads(_download(page, "fhir"))
    assert [e["resource"]["resourceType"] for e in fhir["entry"]] == ["Claim", "ChargeItem"]


def test_copy_gives_the_lines(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    read_on_page(page, CLAIM)
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
    read_on_page(page, CLAIM)
    page.evaluate(PRINTS)
    page.click("[data-export=superbill]")
    wait_until(page, lambda: bool(page.evaluate("window.printed")))
    page.emulate_media(media="print")
    expect(page.locator("#superbill table tbody tr")).to_have_count(2)
    expect(page.locator("#claim-status")).to_contain_text("The superbill is ready")
    assert page.locator("#superbill").is_visible()
    assert not page.locator("main").is_visible()
    page.emulate_media(media="screen")
    assert not page.locator("#superbill").is_visible()


def test_the_browsers_own_print_shows_note_codes_and_claim_alone(page: Page) -> None:
    read_on_page(page, CLAIM)
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
    read_on_page(page, CLAIM)
    page.evaluate(PRINTS)
    page.click("[data-export=superbill]")
    wait_until(page, lambda: bool(page.evaluate("window.printed")))
    press_act(page, "97124", "reject")
    read_claim(page, "97110")
    page.emulate_media(media="print")
    assert not page.locator("#superbill").is_visible()
    assert page.locator("main").is_visible()
    page.emulate_media(media="screen")


def test_nothing_is_taken_away_of_a_claim_that_changed_meanwhile(page: Page) -> None:
    read_on_page(page, CLAIM)
    page.evaluate(PRINTS)
    held = held_requests(page, "**/v1/claim")

    def asked(made: int) -> Route:
        wait_until(page, lambda: len(held) >= made)
        return held[made - 1]

    page.click("[data-export=superbill]")
    superbill = asked(1)
    press_act(page, "97124", "reject")
    expect(page.locator("[data-export=copy]")).to_be_disabled()
    asked(2).continue_()
    read_claim(page, "97110")
    expect(page.locator("[data-export=copy]")).to_be_enabled()
    superbill.continue_()
    expect(page.locator("#claim-status")).to_contain_text("changed meanwhile")
    page.unroute("**/v1/claim")
    assert page.evaluate("window.printed") is False


@pytest.mark.parametrize("back", ["by itself", "by the button"])
def test_a_claim_that_could_not_be_worked_out_is_when_the_service_answers_again(
    page: Page, store: Store, back: str
) -> None:
    start_afresh(store)
    read_on_page(page, CLAIM)
    page.route("**/v1/claim", lambda route: route.abort())
    if back == "by itself":
        page.route("**/v1/feedback", lambda route: route.abort())
    press_act(page, "97124", "reject")
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
    read_claim(page, "97110")
    expect(page.locator("#again")).to_be_hidden()
    expect(page.locator("#claim")).not_to_have_class(re.compile("stale"))
    expect(page.locator("[data-export=csv]")).to_be_enabled()
    if back == "by the button":
        assert page.evaluate("document.activeElement.id") == "claim-lines"
    kept_decisions(page, store, 1)


def test_a_claim_of_kept_decisions_that_could_not_be_worked_out_shows_no_other(page: Page) -> None:
    decide_three(page)
    page.select_option("#payer", "cash")
    page.select_option("#payer", "medicare")
    page.route("**/v1/claim", lambda route: route.abort())
    read_again(page)
    expect(page.locator("#claim-status")).to_contain_text("does not hold your last decisions yet")
    expect(page.locator("#claim-lines tbody th")).to_have_count(0)
    page.unroute("**/v1/claim")
    page.click("#again")
    read_claim(page, "97140", "97035")
