"""One request about a note on its way through reading, audit and metrics: the same for the page, the widget and CDS Hooks."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from fastapi import FastAPI

from models.suggester import Suggester
from service.http import RefusedError
from service.metrics import Metrics
from service.reading import Readers
from service.store.store import CLIENT, Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was read; `suggested` where its codes are the bundle's own, which is what training compares with.

    `offered` are the codes a person was given to decide on; all those said, where not given.
    """

    text: str
    sha256: str
    payer: str | None
    date: dt.date | None = None
    suggested: bool = True
    offered: tuple[str, ...] | None = None


class Said(Protocol):
    """Told by the work what it says of which note, before that is sent."""

    def __call__(self, note: Note, codes: Iterable[str]) -> None:
        """Keep the audit row and, where notes are kept, the note."""


class GivenUpError(Exception):
    """Nobody waits for this answer any more."""


class Asked:
    """One request.

    Parameters
    ----------
    app : with suggester, store, readers and metrics in its state.
    source : which way in, for the audit row.
    user : who asks; kept as a keyed hash only.
    client : the key or CDS client; the key of this request by default.
    """

    def __init__(self, app: FastAPI, source: str, user: str | None = None, client: str | None = None) -> None:
        self._app = app
        self._source = source
        self._user = user
        self._client = CLIENT.get() if client is None else client
        self._began = time.perf_counter()
        self._given_up = False

    async def answered(self, work: Callable[[Suggester, Said], T]) -> T:
        """What the work gives, off the event loop and within the limit of time.

        Parameters
        ----------
        work : gets the suggester and `Said`, which it must call before it returns what it read in a note.

        Raises
        ------
        RefusedError
            503 when no bundle is loaded, too many notes wait, or this one takes too long.
        """
        held: Suggester | None = self._app.state.suggester
        if held is None:
            raise RefusedError(503, "no bundle is loaded yet")
        readers: Readers = self._app.state.readers
        metrics: Metrics = self._app.state.metrics

        def said(note: Note, codes: Iterable[str]) -> None:
            if self._given_up:
                raise GivenUpError
            self._keep(held.version, note, tuple(codes))
            metrics.reading.observe(time.perf_counter() - self._began)

        try:
            return await readers.run(lambda: work(held, said))
        except RefusedError as error:
            self._given_up = True
            if error.status == 503:
                metrics.unread.labels("busy" if error.headers.get("Retry-After") == "1" else "slow").inc()
            raise
        except BaseException:
            self._given_up = True
            raise

    def _keep(self, bundle: str, note: Note, codes: tuple[str, ...]) -> None:
        """No answer to a note goes out without its audit row."""
        store: Store | None = self._app.state.store
        if store is None:
            return
        store.audit(
            source=self._source,
            outcome="answered",
            bundle=bundle,
            milliseconds=round((time.perf_counter() - self._began) * 1000),
            note_sha256=note.sha256,
            payer=note.payer,
            codes=codes,
            user=self._user,
            client=self._client,
        )
        if note.suggested and note.payer is not None:
            offered = codes if note.offered is None else note.offered
            store.keep(note.text, note.sha256, note.payer, note.date, offered)
