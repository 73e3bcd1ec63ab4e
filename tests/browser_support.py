"""What the browser tests share: a real server, a real Chromium, axe-core, and host pages on an origin of their own."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, sync_playwright
from pydantic import SecretStr
from sqlalchemy import select

from service.settings import Settings
from service.store.store import Store
from service.store.tables import FeedbackRow

CHROMIUM = shutil.which("chromium")
REQUIRED = "chromium" in os.environ.get("SOAPCODE_TEST_REQUIRE", "")
ARTEFACTS = Path(__file__).parent.parent / "artefacts"
_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def need_chromium() -> None:
    """Skip the module where Chromium is absent, unless this run requires it."""
    if CHROMIUM is None and not REQUIRED:
        pytest.skip("Chromium is not installed (apt-get install chromium)", allow_module_level=True)


@contextmanager
def store_in(folder: Path) -> Iterator[Store]:
    """A store on SQLite, as the service has one."""
    store = Store.open(Settings(database_url=f"sqlite:///{folder}/store.sqlite3", store_key=SecretStr("5a" * 32)))
    try:
        yield store
    finally:
        store.close()


def decisions(store: Store, source: str) -> list[tuple[str, str, str | None, int | None]]:
    """Action, code, replaced code and units of the decisions kept, in order."""
    with store.engine.connect() as connection:
        query = select(FeedbackRow.action, FeedbackRow.code, FeedbackRow.replaced, FeedbackRow.units)
        rows = connection.execute(query.where(FeedbackRow.source == source).order_by(FeedbackRow.at))
        return [(row[0], row[1], row[2], row[3]) for row in rows]


@contextmanager
def serving_app(app: FastAPI) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@contextmanager
def serving_pages(pages: dict[str, str]) -> Iterator[str]:
    """Host pages by path, from an origin other than the service's; a page may be added while it serves."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path.partition("?")[0], "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM or "chromium", args=_ARGS)
        yield browser
        browser.close()


@cache
def _axe() -> str:
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.submodule_search_locations
    return (Path(spec.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[tuple[str, str, list[str]]]:
    """What axe-core finds serious or critical: rule, impact, where."""
    page.evaluate(_axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations)")
    return [
        (v["id"], v["impact"], [str(n["target"]) for n in v["nodes"]])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
