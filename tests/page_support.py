"""What the tests of the page share: notes, and what a person does and sees there."""

from __future__ import annotations

import time
from collections.abc import Callable

from browser_support import decisions
from playwright.sync_api import Page, Route, expect

from service.store.store import Store


def read_on_page(page: Page, text: str) -> None:
    page.fill("#note", text)
    page.press("#note", "Control+Enter")
    page.wait_for_selector("#result:not([hidden])")


CLAIM = "O: Therapeutic exercise 23 min. Effleurage to calf 15 min. Total timed 38 min. Total time 40 min."


def claim_rows(page: Page) -> dict[str, list[str]]:
    """The claim's lines: code to name, units, minutes, modifiers."""
    rows = page.locator("#claim-lines tbody tr").all()
    return {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows}


def read_claim(page: Page, *codes: str) -> dict[str, list[str]]:
    expect(page.locator("#claim-lines tbody th")).to_have_text(list(codes))
    expect(page.locator("#claim-status")).not_to_have_text("Working out the claim…")
    return claim_rows(page)


def held_requests(page: Page, address: str) -> list[Route]:
    """The requests to an address, each held until it is let go."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(address, hold)
    return held


def wait_until(page: Page, comes: Callable[[], bool]) -> None:
    until = time.monotonic() + 8
    while not comes():
        assert time.monotonic() < until
        page.wait_for_timeout(30)


def kept_decisions(page: Page, store: Store, n: int) -> list[tuple[str, str, str | None, int | None]]:
    """The page's decisions in the store, once there are so many."""
    wait_until(page, lambda: len(decisions(store, "page")) >= n)
    return decisions(store, "page")


def press_act(page: Page, code: str, act: str) -> None:
    page.locator(f"#code-{code} [data-act={act}]").click()


def press_line(page: Page, code: str, act: str) -> None:
    page.locator(f"#claim-lines [data-code='{code}'] [data-act={act}]").click()


def fill_form(page: Page, form: str, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"{form} [name={name}]", value)
    page.click(f"{form} [type=submit]")


def add_code(page: Page, code: str, minutes: str = "") -> None:
    page.fill("#add-code", code)
    page.fill("#add-minutes", minutes)
    page.click("#add button")


def start_afresh(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM feedback")


def read_again(page: Page) -> None:
    page.click("#read")
    page.wait_for_selector("#result:not([hidden])")


def decide_three(page: Page) -> None:
    """The note is read; one of its two codes is corrected, the other rejected and a third added."""
    read_on_page(page, CLAIM)
    press_act(page, "97110", "reject")
    press_act(page, "97124", "correct")
    fill_form(page, ".correct", code="97140")
    add_code(page, "97035", "8")
    read_claim(page, "97140", "97035")


DROP = """(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], 'n.txt', { type: 'text/plain' }));
  const drop = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
  document.body.dispatchEvent(drop);
  return drop.defaultPrevented;
}"""
