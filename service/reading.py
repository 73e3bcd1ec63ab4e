"""Reading notes off the event loop: a few threads, a line that is not endless, and a limit of time.

A thread cannot be stopped. A note that takes longer than the limit is given up, its thread is counted as busy until it
is done, and while all are busy new notes wait or are refused, so the service answers everything else.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from service.http import RefusedError

T = TypeVar("T")


class Readers:
    """Daemon threads that work jobs off in order.

    Parameters
    ----------
    threads : how many jobs at once.
    waiting : how many may wait beside those.
    seconds : how long a caller waits for a job, waiting for a thread included.
    """

    def __init__(self, threads: int, waiting: int, seconds: float) -> None:
        self.seconds = seconds
        self._most = threads + waiting
        self._threads = threads
        self._given_up = 0
        self._held = 0
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"soapcode-reader-{number}", daemon=True).start()

    @property
    def stuck(self) -> bool:
        """Whether every thread works on a note that was given up."""
        return self._given_up >= self._threads

    def _work(self) -> None:
        while True:
            future, job = self._jobs.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(job())
                except BaseException as error:  # noqa: BLE001  the caller gets it
                    future.set_exception(error)
            with self._lock:
                self._held -= 1
                self._given_up -= getattr(future, "given_up", False)

    async def run(self, job: Callable[[], T]) -> T:
        """The job's result.

        Raises
        ------
        RefusedError
            503 when too many wait, or when the job takes longer than the limit.
        """
        with self._lock:
            if self._held >= self._most:
                raise RefusedError(503, "too many notes are being read; try again in a moment", {"Retry-After": "1"})
            self._held += 1
        future: Future[T] = Future()
        self._jobs.put((future, job))
        try:
            async with asyncio.timeout(self.seconds):
                return await asyncio.shield(asyncio.wrap_future(future))
        except TimeoutError:
            self._give_up(future)
            raise RefusedError(
                503,
                f"reading this note took longer than the limit of {self.seconds:g} seconds; send its visits one by one",
                {"Retry-After": "5"},
            ) from None
        except asyncio.CancelledError:
            self._give_up(future)
            raise

    def _give_up(self, future: Future[Any]) -> None:
        with self._lock:
            if not future.cancel() and not future.done():
                future.given_up = True  # type: ignore[attr-defined]
                self._given_up += 1
