"""The page of a service, in a real Chromium, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser_support import ARTEFACTS, chromium, serving_app, store_in
from fastapi import FastAPI
from playwright.sync_api import Page

from models.suggester import Suggester
from service.app import create_app
from service.settings import Settings
from service.store.store import Store


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
        page.screenshot(
            path=ARTEFACTS / f"{request.path.stem.removeprefix('test_')}-{request.param}.png", full_page=True
        )
        assert elsewhere == []
