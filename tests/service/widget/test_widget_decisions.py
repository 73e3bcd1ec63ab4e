"""Decisions in the widget: told to the page and the service, and how long they stand."""

from __future__ import annotations

import re
import time

import pytest
from browser_support import ARTEFACTS, decisions, need_chromium, violations
from playwright.sync_api import Page, expect
from widget_support import AGAIN, MARKED, NAMED, NOTE, Open, codes_shown, status_of, wait_for_codes, wait_until

from service.store.store import Store

pytestmark = [pytest.mark.chromium, pytest.mark.heavy(35)]
need_chromium()


def test_a_press_on_an_older_text_counts_only_if_the_note_still_says_so(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    press = """(text) => { n.value = text; n.dispatchEvent(new Event('input', { bubbles: true }));
      document.querySelector('soapcode-assist').shadowRoot.querySelector("li[data-code='97124'] .accept")?.click(); }"""
    said = "events.filter(([name]) => name === 'accept').map(([, detail]) => [detail.code, detail.units])"
    for text, codes in (
        (NOTE.replace("Effleurage to calf 15 min.", ""), {"97110"}),
        (NOTE.replace("15 min", "30 min"), {"97110", "97124"}),
        ("", set()),
    ):
        page.evaluate(press, text)
        wait_for_codes(page, codes)
        page.wait_for_timeout(900)
        assert page.evaluate(said) == [], text
        page.fill("#n", NOTE)
        wait_for_codes(page, {"97110", "97124"})
    page.evaluate(press, NOTE + " Rest.")
    expect(page.locator("li[data-code='97124'] .accept")).to_have_text("Accepted")
    assert page.evaluate(said) == [["97124", 1]]


def test_accept_and_dismiss_are_told_to_the_page_and_the_service(opened: Open, store: Store) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.locator("soapcode-assist li[data-code='97124'] .accept").click()
    page.locator("soapcode-assist li[data-code='97110'] [data-act=dismiss]").click()
    wait_for_codes(page, {"97124"})
    told = {name: detail for name, detail, _ in page.evaluate("events")}
    assert told["accept"]["code"] == "97124"
    assert told["accept"]["units"] == 1
    assert told["accept"]["modifiers"] == []
    assert told["dismiss"]["code"] == "97110"
    until = time.monotonic() + 5
    kept: set[tuple[str, str]] = set()
    while kept != {("accept", "97124"), ("dismiss", "97110")} and time.monotonic() < until:
        page.wait_for_timeout(30)
        kept = {row[:2] for row in decisions(store, "widget")}
    assert kept == {("accept", "97124"), ("dismiss", "97110")}
    page.fill("#n", NOTE + " Rest.")
    page.wait_for_timeout(1200)
    assert codes_shown(page) == ["97124"], "what was dismissed stays away"


def test_units_that_changed_can_be_accepted_anew(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", "O: Effleurage to calf 15 min")
    wait_for_codes(page, {"97124"})
    accept = page.locator("soapcode-assist .accept")
    accept.click()
    expect(accept).to_have_text("Accepted")
    accept.click()
    page.fill("#n", "O: Effleurage to calf 30 min")
    expect(accept).to_have_text("Update")
    accept.click()
    expect(accept).to_have_text("Accepted")
    assert [detail["units"] for name, detail, _ in page.evaluate("events") if name == "accept"] == [1, 2]


OTHER = "S: Shoulder sore.\nO: Ultrasound 1 MHz 1.2 W/cm2 to shoulder 8 min"


@pytest.mark.parametrize("way", ["emptied", "replaced", "typed over", "told"])
def test_decisions_end_with_their_note(opened: Open, way: str) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.locator("soapcode-assist li[data-code='97124'] .accept").click()
    page.locator("soapcode-assist li[data-code='97110'] [data-act=dismiss]").click()
    wait_for_codes(page, {"97124"})
    assert status_of(page) == "1 code supported by the note, 1 more dismissed."
    if way == "emptied":
        page.fill("#n", "")
        assert codes_shown(page) == []
    elif way == "replaced":
        page.fill("#n", OTHER)
        wait_for_codes(page, {"97035"})
    elif way == "typed over":
        page.focus("#n")
        page.keyboard.press("Control+A")
        page.keyboard.type(OTHER)
        assert "97124" not in codes_shown(page)
    if way == "told":
        page.evaluate("document.querySelector('soapcode-assist').forget()")
    else:
        page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    assert page.locator("soapcode-assist .accept").all_inner_texts() == ["Accept", "Accept"]
    assert status_of(page) == "2 codes supported by the note."


def test_another_note_put_in_area_by_area_begins_anew(opened: Open) -> None:
    page = opened(
        '<textarea id="s"></textarea><textarea id="o"></textarea><soapcode-assist for="s o"></soapcode-assist>'
    )
    page.fill("#s", "Knee feels better on stairs.")
    page.fill("#o", "Effleurage to calf 15 min")
    wait_for_codes(page, {"97124"})
    page.locator("soapcode-assist .accept").click()
    page.fill("#s", "Sore from gardening, wants rubbing of the other leg.")
    page.fill("#o", "Massage by hand: effleurage of the other calf for 15 min")
    expect(page.locator("soapcode-assist .accept")).to_have_text("Accept")
    wait_for_codes(page, {"97124"})


def test_editing_a_note_keeps_its_decisions(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.locator("soapcode-assist li[data-code='97124'] .accept").click()
    page.locator("soapcode-assist li[data-code='97110'] [data-act=dismiss]").click()
    head, line = NOTE.split("\n")
    first, second = line.removeprefix("O: ").split(". ")
    for text in (f"{line}\nA: well.", f"O: {second} {first}.\nA: well, go on.", f"{head}\nO: {second} {first}."):
        page.fill("#n", text)
        page.wait_for_timeout(900)
        assert codes_shown(page) == ["97124"]
        expect(page.locator("soapcode-assist .accept")).to_have_text("Accepted")


def test_what_the_page_took_off_again_can_be_accepted_anew(opened: Open, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feedback")
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    accept = page.locator("soapcode-assist li[data-code='97124'] .accept")
    accept.click()
    expect(accept).to_have_text("Accepted")
    retract = "document.querySelector('soapcode-assist').retract('97124')"
    assert page.evaluate(retract) is True
    assert page.evaluate(retract) is False
    expect(accept).to_have_text("Accept")
    until = time.monotonic() + 5
    while len(kept := decisions(store, "widget")) < 2 and time.monotonic() < until:
        page.wait_for_timeout(30)
    assert {row[:2] for row in kept} == {("accept", "97124"), ("reject", "97124")}
    accept.click()
    assert [detail["code"] for name, detail, _ in page.evaluate("events") if name == "accept"] == ["97124"] * 2
    until = time.monotonic() + 5
    while len(kept := decisions(store, "widget")) < 3 and time.monotonic() < until:
        page.wait_for_timeout(30)
    assert [row[:2] for row in kept] == [("accept", "97124"), ("reject", "97124"), ("accept", "97124")]


def test_a_page_can_refuse_an_acceptance(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.evaluate("document.addEventListener('soapcode:accept', (e) => e.preventDefault())")
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.locator("soapcode-assist .accept").first.click()
    assert page.locator("soapcode-assist .accepted").count() == 0


THREE = "O: Treadmill 8 min for endurance. Effleurage to calf 15 min. Ultrasound 1 MHz 1.2 W/cm2 to calf 8 min."


def _lapsed(page: Page) -> list[tuple[str, str]]:
    return [(detail["code"], detail["why"]) for name, detail, _ in page.evaluate("events") if name == "lapse"]


def test_an_accepted_code_the_note_supports_no_more_is_told_until_it_does_again(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", THREE)
    wait_for_codes(page, {"97110", "97124", "97035"})
    page.locator("soapcode-assist li[data-code='97035'] .accept").click()
    page.locator("soapcode-assist li[data-code='97124'] .accept").click()
    page.fill("#n", THREE.partition(" Ultrasound")[0])
    wait_for_codes(page, {"97110", "97124"})
    said = page.locator("soapcode-assist .lapsed")
    expect(said).to_have_text("97035 was accepted; the note does not support it now.")
    page.fill("#n", THREE.partition(" Ultrasound")[0] + " Rest.")
    page.wait_for_timeout(900)
    assert _lapsed(page) == [("97035", "unsupported")], "once"
    page.fill("#n", THREE)
    wait_for_codes(page, {"97110", "97124", "97035"})
    expect(said).to_be_hidden()
    expect(page.locator("soapcode-assist li[data-code='97035'] .accept")).to_have_text("Accepted")
    page.fill("#n", "S: Shoulder sore after gardening.\nO: Effleurage to the shoulder 20 min with cream.")
    wait_for_codes(page, {"97124"})
    expect(said).to_have_text(
        "97035, 97124 were accepted on the text before; what is here now reads like another note."
    )
    assert _lapsed(page)[1:] == [("97035", "another-note"), ("97124", "another-note")]
    page.evaluate("document.querySelector('soapcode-assist').forget()")
    expect(said).to_be_hidden()
    assert len(_lapsed(page)) == 3, "a host that says itself that there is another note is not told so"


def test_what_was_dismissed_is_offered_again(opened: Open, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feedback")
    page = opened('<textarea id="n" aria-label="Note" data-soapcode></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.locator("soapcode-assist li[data-code='97110'] [data-act=dismiss]").click()
    wait_for_codes(page, {"97124"})
    assert violations(page) == []
    again = page.locator("soapcode-assist .dismissed button")
    expect(again).to_have_text("Offer 97110 again")
    again.focus()
    page.keyboard.press("Enter")
    wait_for_codes(page, {"97110", "97124"})
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.closest('li').dataset.code") == "97110"
    expect(page.locator("soapcode-assist .dismissed")).to_be_hidden()
    page.locator("soapcode-assist li[data-code='97110'] .accept").click()
    wait_until(page, lambda: len(decisions(store, "widget")) == 2)
    assert [row[:2] for row in decisions(store, "widget")] == [("dismiss", "97110"), ("accept", "97110")]


def test_no_button_says_it_can_be_let_go_again(opened: Open) -> None:
    page = opened('<textarea id="n" data-soapcode></textarea>')
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    accept = page.locator("soapcode-assist .accept").first
    accept.click()
    expect(accept).to_have_accessible_name(re.compile("^Accepted 97"))
    assert page.locator("soapcode-assist [aria-pressed]").count() == 0
    expect(page.locator("soapcode-assist .words button").first).to_have_accessible_name(
        re.compile("^Select in the note: ")
    )


@pytest.mark.parametrize("body", [NAMED, MARKED])
def test_a_text_area_rendered_anew_with_the_same_text_keeps_its_decisions(opened: Open, body: str) -> None:
    page = opened(body)
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.locator("li[data-code='97124'] .accept").click()
    page.evaluate(AGAIN, ["n", None])
    page.wait_for_timeout(600)
    expect(page.locator("li[data-code='97124'] .accept")).to_have_text("Accepted")
    assert page.locator("soapcode-assist").count() == 1


def test_a_decision_that_does_not_arrive_is_said_and_sent_again_the_same(opened: Open, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feedback")
    page = opened(MARKED)
    page.fill("#n", NOTE)
    wait_for_codes(page, {"97110", "97124"})
    page.route("**/v1/feedback", lambda route: route.abort())
    page.locator("li[data-code='97124'] .accept").click()
    expect(page.locator("soapcode-assist .untold")).to_contain_text("1 decision has not reached soapcode yet")
    page.screenshot(path=ARTEFACTS / "widget-untold.png")
    page.unroute("**/v1/feedback")
    expect(page.locator("soapcode-assist .untold")).to_have_text("")
    assert [row[:2] for row in decisions(store, "widget")] == [("accept", "97124")]
