"""The paste page in a real Chromium: a note in, codes out, words highlighted at the right characters."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Page, sync_playwright

from models.suggester import Suggester
from service.app import create_app

CHROMIUM = shutil.which("chromium")
REQUIRED = "chromium" in os.environ.get("SOAPCODE_TEST_REQUIRE", "")
ARTEFACTS = Path(__file__).parent.parent.parent / "artefacts"
NOTE = "S: 😀 knee better.\nO: Treadmill 8 min for endurance. Effleurage to calf 10 min.\nP: stepping over objects next visit"

pytestmark = pytest.mark.chromium
if CHROMIUM is None and not REQUIRED:
    pytest.skip("Chromium is not installed (apt-get install chromium)", allow_module_level=True)


@pytest.fixture(scope="module")
def address(suggester: Suggester) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(suggester), port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="module", params=["light", "dark"])
def page(address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM or "chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        page = browser.new_page(color_scheme=request.param, viewport={"width": 1200, "height": 900})
        page.set_default_timeout(10_000)
        elsewhere: list[str] = []
        page.on(
            "request", lambda sent: None if sent.url.startswith((address, "data:")) else elsewhere.append(sent.url)
        )
        page.goto(address)
        yield page
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / f"page-{request.param}.png", full_page=True)
        browser.close()
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
    for sample in page.locator("[data-sample]").all():
        sample.click()
        page.click("#read")
        page.wait_for_selector("#result:not([hidden])")


def test_nothing_is_stored_and_no_text_is_in_the_address(page: Page) -> None:
    _read(page, NOTE)
    assert "Effleurage" not in page.url
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]") == [0, 0, 0]
