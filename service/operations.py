"""What those who run the service ask it: is it alive, is it ready, which bundle answers, what was counted, what was asked."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import threading
import time
from concurrent.futures import Future
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from models import bundle as bundles
from models.suggester import Suggester
from service.access import Needs
from service.fields import Must
from service.http import GUARDED, RefusedError, documented, error
from service.metrics import Metrics
from service.reading import Readers
from service.settings import Settings
from service.store.store import Store
from service.switch import Switch

_log = logging.getLogger("soapcode.store")
UNKEPT = documented(s503="The store does not answer.")
router = APIRouter()


class Alive(BaseModel):
    """The process answers."""

    status: str


class Ready(BaseModel):
    """The service can answer suggestions."""

    status: str
    bundle: str


class Refused(BaseModel):
    """A bundle that was current and could not be taken over."""

    version: str
    reason: str


class BundleState(BaseModel):
    """The bundle that answers.

    `figures` are its own, measured on notes it never trained on; `versions` are those a rollback could take.
    """

    version: str
    since: dt.datetime
    corpus: str
    code: str
    libraries: dict[str, str]
    figures: dict[str, dict[str, float]]
    versions: list[str]
    refused: Refused | None


class AuditEntry(BaseModel):
    """One audit row; `note_ref` and `user_ref` are keyed hashes."""

    id: int
    at: dt.datetime
    source: str
    client: str
    user_ref: str | None
    note_ref: str | None
    payer: str | None
    codes: str
    bundle: str
    outcome: str
    milliseconds: int


class AuditResponse(BaseModel):
    """Audit rows, newest first."""

    rows: list[AuditEntry]


class StoreTrouble:
    """Says that the store fails: each time in the metrics, in the log as often as a person can read.

    Parameters
    ----------
    metrics : where failures are counted.
    seconds : shortest time between two log lines.
    """

    def __init__(self, metrics: Metrics, seconds: float = 60.0) -> None:
        self._metrics = metrics
        self._seconds = seconds
        self._said = -1e9
        self._lock = threading.Lock()

    def failed(self, error: BaseException | None, reason: str = "the store does not answer") -> None:
        """Count a failure and log it, with the class of the driver's error where there is one."""
        cause = getattr(error, "orig", None) or error
        kind = type(cause).__name__ if cause is not None else "none"
        self._metrics.store_failures.labels(kind).inc()
        with self._lock:
            now = time.monotonic()
            if now - self._said < self._seconds:
                return
            self._said = now
        _log.warning("store trouble", extra={"reason": f"{reason} ({kind})" if cause is not None else reason})


class Probe:
    """Asks the store whether it would keep an answer: one question at a time, in a thread, and nobody waits longer than a limit.

    Parameters
    ----------
    store : whom to ask; without one there is no trouble.
    seconds : longest wait for its answer, less than what a health check waits.
    """

    def __init__(self, store: Store | None, seconds: float = 2.0) -> None:
        self._store = store
        self._seconds = seconds
        self._lock = threading.Lock()
        self._asked: Future[str | None] | None = None

    async def trouble(self) -> str | None:
        """Why an answer could not be kept now; ``None`` when it could."""
        if self._store is None:
            return None
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._question(self._store)), self._seconds)
        except TimeoutError:
            return f"the store does not answer within {self._seconds:g} seconds"

    def _question(self, store: Store) -> Future[str | None]:
        """The question under way, or a new one."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                self._asked.set_running_or_notify_cancel()
                threading.Thread(
                    target=self._ask, args=(store, self._asked), name="soapcode-probe", daemon=True
                ).start()
            return self._asked

    @staticmethod
    def _ask(store: Store, asked: Future[str | None]) -> None:
        try:
            asked.set_result(store.trouble())
        except BaseException as error:  # noqa: BLE001  whoever waits gets it
            asked.set_exception(error)


@router.get("/healthz", summary="The process answers.", response_model=Alive)
async def healthz() -> dict[str, str]:
    """Says ok whenever the process runs."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="A suggestion would be answered now.",
    response_model=Ready,
    responses=documented(s503="No bundle is loaded, the store would not keep an answer, or all threads are stuck."),
)
async def readyz(request: Request) -> JSONResponse:
    """Looks at the bundle, the threads and the store, each time; the store has to take a row, which is then taken back."""
    held: Suggester | None = request.app.state.suggester
    readers: Readers = request.app.state.readers
    probe: Probe = request.app.state.probe
    if held is None:
        return error(503, "no bundle is loaded yet")
    if readers.stuck:
        return error(503, "every thread works on a note that takes longer than the limit")
    trouble = await probe.trouble()
    if trouble:
        request.app.state.store_trouble.failed(None, trouble)
        return error(503, trouble)
    return JSONResponse({"status": "ready", "bundle": held.version})


@router.get(
    "/v1/bundle",
    summary="Which bundle answers, and what it measured.",
    responses={**GUARDED, **documented(s503="No bundle is loaded yet.")},
    dependencies=[Depends(Needs("suggest"))],
)
def bundle(request: Request) -> BundleState:
    """The bundle in use, from its own manifest."""
    held: Suggester | None = request.app.state.suggester
    switch: Switch = request.app.state.switch
    if held is None:
        raise RefusedError(503, "no bundle is loaded yet")
    manifests = {m["version"]: m for m in bundles.versions()}
    manifest = manifests.get(held.version, {})
    return BundleState(
        version=held.version,
        since=switch.since,
        corpus=manifest.get("corpus", "not known"),
        code=manifest.get("code", "not known"),
        libraries=manifest.get("libraries", {}),
        figures=_numbers(manifest.get("metrics", {})),
        versions=list(manifests),
        refused=Refused(**switch.refused) if switch.refused else None,
    )


def _numbers(metrics: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The plain numbers of each measurement, without the figures per code."""
    return {
        name: {k: float(v) for k, v in figures.items() if isinstance(v, (int, float))}
        for name, figures in metrics.items()
        if isinstance(figures, dict)
    }


@router.get(
    "/metrics",
    summary="Prometheus metrics.",
    response_class=Response,
    responses={**GUARDED, **UNKEPT, 200: {"content": {"text/plain": {}}, "description": "Prometheus' text format."}},
    dependencies=[Depends(Needs("admin"))],
)
def metrics(request: Request) -> Response:
    """Counts and times; nothing of a note."""
    held: Metrics = request.app.state.metrics
    content, kind = held.text()
    return Response(content, media_type=kind)


Last = Annotated[int, Query(ge=1, le=1000), Must("must be a whole number from 1 to 1000")]


@router.get(
    "/v1/audit",
    summary="Who asked when for which codes; never the note.",
    responses={**GUARDED, **UNKEPT, **documented(s422="'last' is not a number from 1 to 1000.")},
    dependencies=[Depends(Needs("admin"))],
)
def audit(request: Request, last: Last = 100) -> AuditResponse:
    """The newest audit rows."""
    store: Store | None = request.app.state.store
    if store is None:
        raise RefusedError(503, "no store is in use")
    return AuditResponse(rows=[AuditEntry(**row) for row in store.audit_rows(last)])


class Housekeeping:
    """Purges what is too old, when the service starts and every six hours."""

    def __init__(self, store: Store | None, settings: Settings, hours: float = 6.0) -> None:
        self._store = store
        self._settings = settings
        self._seconds = hours * 3600
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin, in a thread."""
        if self._store is not None:
            threading.Thread(target=self._run, name="soapcode-purge", daemon=True).start()

    def stop(self) -> None:
        """No more."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.purge()
            self._stop.wait(self._seconds)

    def purge(self) -> None:
        """Once, by the settings' ages; a store that does not answer is tried again next time."""
        if self._store is None:
            return
        try:
            gone = self._store.purge(self._settings.retain_days, self._settings.audit_days)
        except SQLAlchemyError:
            _log.exception("purge failed")
            return
        if any(gone.values()):
            _log.warning("purged", extra={"rows": sum(gone.values())})
