"""The widget of a service, on host pages of another origin, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser_support import chromium, serving_app, serving_pages, store_in
from playwright.sync_api import Browser, Page
from widget_support import Open, host_page

from models.suggester import Suggester
from service.app import create_app
from service.cds.settings import CdsSettings
from service.settings import Settings
from service.store.store import Store


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def host(pages: dict[str, str]) -> Iterator[str]:
    with serving_pages(pages) as made:
        yield made


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store_in(tmp_path_factory.mktemp("widget")) as made:
        yield made


@pytest.fixture(scope="module")
def app(suggester: Suggester, host: str, store: Store) -> Any:
    return create_app(suggester, Settings(), store, cds=CdsSettings(origins=(host,)))


@pytest.fixture(scope="module")
def service(app: Any) -> Iterator[str]:
    with serving_app(app) as made:
        yield made


@pytest.fixture
def opened(browser: Browser, pages: dict[str, str], host: str, service: str) -> Iterator[Open]:
    made: list[Page] = []
    seen: list[str] = []

    def opener(body: str, style: str = "", address: str | None = None) -> Page:
        pages["/"] = host_page(address or service, body, style)
        page = browser.new_context(viewport={"width": 900, "height": 700}).new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: seen.append(message.text))
        page.on("request", lambda sent: seen.append(sent.url))
        page.goto(host)
        made.append(page)
        return page

    yield opener
    for page in made:
        stored = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie, location.href]")
        assert stored[:3] == [0, 0, ""]
        assert not any("Effleurage" in text for text in [*seen, stored[3]]), "no note text in console, URL or storage"
        page.context.close()
