"""The paste page in a real Chromium: a note in, codes out, words highlighted at the right characters, refusals said."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest
from browser_support import ARTEFACTS, need_chromium, serving_app, store_in, violations
from fastapi import FastAPI
from page_support import CLAIM, DROP, kept_decisions, press_act, press_line, read_again, read_claim, read_on_page
from playwright.sync_api import Page, Route, expect

from models.suggester import Suggester
from service.app import create_app
from service.keys import scopes_of
from service.settings import Settings

pytestmark = [pytest.mark.chromium, pytest.mark.heavy(50)]
need_chromium()


NOTE = "S: 😀 knee better.\nO: Treadmill 8 min for endurance. Effleurage to calf 10 min.\nP: stepping over objects next visit"


def test_codes_are_ranked_with_evidence(page: Page) -> None:
    read_on_page(page, NOTE)
    numbers = page.locator("#suggested-list .number").all_inner_texts()
    assert {n.strip() for n in numbers} == {"97110", "97124"}
    assert page.locator("#note-view").inner_text().replace("\r", "").strip() == NOTE.strip()


def test_the_verdict_and_every_code_are_seen_at_once(page: Page) -> None:
    read_on_page(page, NOTE)
    page.wait_for_timeout(900)
    assert page.evaluate("document.getElementById('verdict').getBoundingClientRect().top") >= 0
    expect(page.locator(".code.open")).to_have_count(0)


def test_focus_highlights_the_right_characters(page: Page) -> None:
    read_on_page(page, NOTE)
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
    read_on_page(page, "Pt called to cancel today, car trouble. Rescheduled for Friday. Plan: treadmill next visit")
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
        read_on_page(page, NOTE)
        sample.click()
        text = page.input_value("#note")
        assert text.strip()
        assert text != NOTE
        page.click("#read")
        expect(page.locator("#note-view")).to_have_text(text, use_inner_text=True)
        cancelled = sample.get_attribute("data-sample") == "sample-cancelled"
        assert (page.locator("#suggested-list li").count() == 0) is cancelled


def test_nothing_is_stored_and_no_text_is_in_the_address(page: Page) -> None:
    read_on_page(page, NOTE)
    assert "Effleurage" not in page.url
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]") == [0, 0, 0]


def test_after_the_keys_the_focus_goes_on_from_the_answer(page: Page) -> None:
    read_on_page(page, CLAIM)
    assert page.evaluate("document.activeElement.id") == "verdict"
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.code-head')"):
            return
    raise AssertionError("the first code is six tabs away or more")


WEAK = "S: knee feels better. O: Treadmill 8 min for endurance. Effleurage to calf 10 min. Total timed 18 min."


def test_words_that_would_not_carry_a_code_alone_are_said_to_be_weak(page: Page) -> None:
    read_on_page(page, WEAK)
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
    read_on_page(page, WEAK)
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


def test_the_account_is_the_exact_sum(page: Page, suggester: Suggester) -> None:
    read_on_page(page, CLAIM)
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


def test_the_sum_of_another_bundle_is_not_shown_below_the_percentage_of_this(page: Page, app: FastAPI) -> None:
    read_on_page(page, CLAIM)
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


CRLF = (
    "S: 😀😀 ok, 👩\u200d🦽 rolls\r\n\r\nO: 🦵 Neuro re-ed: single leg stance on\r\nfoam for balance and proprioception 10 min. "
    "Effleurage to calf\r\n15 min\r\n\tTreadmill 8 min for endurance 🏃\r\nP: 🏠 rest, gait training next visit\r\n"
)


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
        read_on_page(page, note)
        for head in page.locator("#suggested-list .code-head").all():
            head.click()
        expect(page.locator("#suggested-list .code-head[aria-expanded=false]")).to_have_count(0)
        page.wait_for_timeout(400)
        assert violations(page) == []


def test_a_phone_needs_no_sideways_scrolling(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    read_on_page(page, CLAIM)
    press_act(page, "97110", "correct")
    press_line(page, "97124", "correct")
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


def test_a_weight_that_rounds_to_nothing_has_no_sign(page: Page) -> None:
    weights = [-0.001, 0.004, -0.006, 1.5]

    def weighed(route: Route) -> None:
        answer = route.fetch().json()
        (item,) = [s for s in answer["suggestions"] if s["code"] == "97124"]
        item["evidence"] = [{**item["evidence"][0], "contribution": weight} for weight in weights]
        route.fulfill(json=answer)

    page.route("**/v1/suggest", weighed)
    read_on_page(page, CLAIM)
    page.unroute("**/v1/suggest")
    shown = page.locator("#account-97124 .contribution")
    expect(shown).to_have_text(["weight 0.00", "weight +1.50", "weight 0.00", "weight \u22120.01"])


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
    read_on_page(page, CLAIM + " 1. Pt declined gait training. US planned.")
    for head in page.locator("#suggested-list .code-head").all():
        head.click()
    if over == "#unkept":
        page.route("**/v1/feedback", lambda route: route.abort())
        press_act(page, "97110", "accept")
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
    read_on_page(page, CLAIM)
    page.route("**/v1/claim", refuse)
    press_act(page, "97124", "reject")
    expect(page.locator("#claim-status")).to_contain_text(said)
    page.unroute("**/v1/claim")
    page.click("#again")
    read_claim(page, "97110")


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
    read_again(page)
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
    read_on_page(page, CLAIM)
    page.route("**/v1/claim", lambda route: route.abort())
    press_act(page, "97124", "reject")
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
        read_on_page(page, CLAIM)
        page.locator("#code-97124 .code-head").click()
        page.wait_for_selector("#code-97124 .sum .steps")
        press_act(page, "97124", "reject")
        read_claim(page, "97110")
        assert kept_decisions(page, store, 1) == [("reject", "97124", None, None)]
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
