"""The demonstration record with the widget in it, in a real Chromium."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from browser_support import ARTEFACTS, need_chromium, serving_app, store_in, violations
from playwright.sync_api import Browser, expect
from widget_support import codes_shown, status_of, wait_for_codes

from models.suggester import Suggester
from service.app import create_app
from service.keys import scopes_of
from service.settings import Settings

pytestmark = [pytest.mark.chromium, pytest.mark.heavy(15)]
need_chromium()


def test_the_demo_record_goes_on_to_the_next_patient(browser: Browser, service: str) -> None:
    page = browser.new_page()
    page.set_default_timeout(10_000)
    page.goto(f"{service}/widget/demo.html")
    page.click("#example")
    page.wait_for_selector("soapcode-assist .accept")
    codes = codes_shown(page)
    accept = page.locator("soapcode-assist .accept").first
    for _ in range(2):
        accept.click()
        expect(page.locator("#sheet tr")).to_have_count(1)
        page.locator("#sheet button").click()
        expect(page.locator("#sheet tr")).to_have_count(0)
    accept.click()
    page.locator(f"soapcode-assist li[data-code='{codes[1]}'] [data-act=dismiss]").click()
    page.click("button[type=reset]")
    wait_for_codes(page, set())
    expect(page.locator("#sheet tr")).to_have_count(0)
    page.click("#example")
    wait_for_codes(page, set(codes))
    assert page.locator("soapcode-assist .accept").all_inner_texts() == ["Accept"] * len(codes)
    assert status_of(page) == f"{len(codes)} codes supported by the note."
    page.context.close()


def test_the_demo_record_takes_a_key_where_one_is_needed(
    browser: Browser, suggester: Suggester, tmp_path: Path
) -> None:
    with store_in(tmp_path) as store, serving_app(create_app(suggester, Settings(require_key=True), store)) as made:
        _, token = store.create_key("demo", scopes_of("suggest,feedback"))
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.set_default_timeout(10_000)
        page.goto(f"{made}/widget/demo.html")
        page.click("#example")
        page.fill("#key", f"{token[:-1]}{'a' if token[-1] != 'a' else 'b'}")
        page.keyboard.press("Enter")
        expect(page.locator("soapcode-assist .status")).to_contain_text("asks for a key")
        expect(page.locator("#key")).to_be_focused()
        page.fill("#key", token)
        page.keyboard.press("Enter")
        expect(page.locator("#access")).to_be_hidden()
        expect(page.locator("#subjective")).to_be_focused()
        page.locator("soapcode-assist .accept").first.click()
        expect(page.locator("#sheet tr")).to_have_count(1)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.screenshot(path=ARTEFACTS / "widget-phone.png", full_page=True)
        page.context.close()


def test_the_demo_record_marks_what_the_note_supports_no_more(browser: Browser, service: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.set_default_timeout(10_000)
    page.goto(f"{service}/widget/demo.html")
    page.click("#example")
    page.wait_for_selector("soapcode-assist .accept")
    for button in page.locator("soapcode-assist .accept").all():
        button.click()
    rows = page.locator("#sheet tr")
    expect(rows).to_have_count(3)
    inside = """() => [...document.querySelectorAll("#sheet button")].every((b) => b.getBoundingClientRect().right <= innerWidth)"""
    assert page.evaluate(inside)
    whole = page.input_value("#objective")
    page.fill("#objective", re.sub(r"Neuro.*\n", "", whole).replace("45", "35"))
    lapsed = page.locator("#sheet tr.lapsed")
    expect(lapsed).to_have_count(1)
    expect(lapsed).to_contain_text("the note does not support it now")
    expect(lapsed.locator("th")).to_have_text("97112")
    expect(page.locator("soapcode-assist .lapsed")).to_contain_text("97112 was accepted")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "widget-lapsed.png", full_page=True)
    page.fill("#objective", whole)
    expect(lapsed).to_have_count(0)
    page.fill("#objective", "Manual therapy 12 min: patellar mobs gr III.")
    page.wait_for_timeout(1000)
    if page.locator("soapcode-assist .accept").all_inner_texts() == ["Accept"]:
        expect(lapsed).to_have_count(3)
        expect(lapsed.first).to_contain_text("accepted on the text before")
        page.locator("soapcode-assist .accept").click()
        expect(lapsed).to_have_count(2)
    page.context.close()


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_demo_record_fills_its_fee_sheet(browser: Browser, service: str, look: Any) -> None:
    context = browser.new_context(color_scheme=look, viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda sent: None if sent.url.startswith(service) else wrong.append(sent.url))
    page.goto(f"{service}/widget/demo.html")
    page.click("#example")
    page.wait_for_selector("soapcode-assist .accept")
    first = page.locator("soapcode-assist .accept").first
    code = page.locator("soapcode-assist .codes .code").first.inner_text()
    first.click()
    assert page.locator(f"#sheet tr[data-code='{code}'] td").nth(1).inner_text().isdigit()
    assert violations(page) == []
    expect(page.locator("#access")).to_be_hidden()
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"widget-{look}.png", full_page=True)
    page.locator(f"soapcode-assist li[data-code='{code}'] [data-act=dismiss]").click()
    assert page.locator("#sheet tr").count() == 0
    assert wrong == []
    context.close()
