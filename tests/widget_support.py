"""What the tests of the widget share: a host page, and what a person sees in the widget."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page

NOTE = "S: 😀 knee better.\nO: Treadmill 8 min for endurance. Effleurage to calf 15 min."


def host_page(service: str, body: str, style: str = "") -> str:
    return f"""<!doctype html><html lang="en"><head><title>host</title><style>{style}</style>
<script src="{service}/widget/soapcode-assist.js" defer></script>
<script>window.events = []; for (const n of ["accept", "dismiss", "answer", "lapse"])
document.addEventListener("soapcode:" + n, (e) => events.push([n, e.detail, e.target.id]));</script></head>
<body><h1>host</h1>{body}</body></html>"""


Open = Callable[..., Page]


def codes_shown(page: Page, widget: str = "soapcode-assist") -> list[str]:
    return page.locator(f"{widget} .codes > li .code").all_inner_texts()


def wait_until(page: Page, comes: Callable[[], bool]) -> None:
    until = time.monotonic() + 5
    while not comes():
        assert time.monotonic() < until
        page.wait_for_timeout(30)


def status_of(page: Page, widget: str = "soapcode-assist") -> str:
    return page.locator(f"{widget} .status").inner_text()


def wait_for_codes(page: Page, codes: set[str], widget: str = "soapcode-assist") -> None:
    until = time.monotonic() + 30
    while set(codes_shown(page, widget)) != codes:
        assert time.monotonic() < until, (codes_shown(page, widget), status_of(page, widget))
        page.wait_for_timeout(30)


AGAIN = """([id, text]) => { const old = document.getElementById(id); const fresh = document.createElement("textarea");
  for (const { name, value } of old.attributes) fresh.setAttribute(name, value);
  fresh.value = text ?? old.value; old.replaceWith(fresh); }"""


NAMED = '<textarea id="n"></textarea><soapcode-assist for="n"></soapcode-assist>'
MARKED = '<textarea id="n" data-soapcode></textarea>'
