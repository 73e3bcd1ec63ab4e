"""Reading notes off the event loop: a few threads, a line that is not endless, and a limit of time.

A thread cannot be stopped. A note that takes longer than the limit is given up, its thread is counted as busy until it
is done, and while all are busy new notes wait or are refused, so the service answers everything else.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from service.http import RefusedError

T = TypeVar("T")


class _Job(Generic[T]):
    """One job: a thread works it, the event loop waits for it."""

    def __init__(self, work: Callable[[], T], readers: Readers) -> None:
        self._work = work
        self._readers = readers
        self._loop = asyncio.get_running_loop()
        self._running = self._done = self._given_up = False
        self.future: asyncio.Future[T] = self._loop.create_future()

    def work(self) -> None:
        """In a thread; nothing, where nobody waits any more."""
        with self._readers.lock:
            self._running = not self._given_up
        result: T | None = None
        failed: BaseException | None = None
        if self._running:
            try:
                result = self._work()
            except BaseException as error:  # noqa: BLE001  the caller gets it
                failed = error
        with self._readers.lock:
            self._done = True
            self._readers.held -= 1
            self._readers.given_up -= self._running and self._given_up
        with contextlib.suppress(RuntimeError):  # a loop that was closed meanwhile waits for nothing
            self._loop.call_soon_threadsafe(self._tell, result, failed)

    def _tell(self, result: T | None, failed: BaseException | None) -> None:
        if self.future.done():
            return
        if failed is None:
            self.future.set_result(cast(T, result))
        else:
            self.future.set_exception(failed)

    def give_up(self) -> bool:
        """Nobody waits any more; whether there was still something to wait for."""
        with self._readers.lock:
            if self._done or self._given_up:
                return False
            self._given_up = True
            self._readers.given_up += self._running
            return True

    def late(self, seconds: float) -> None:
        """The limit is reached."""
        if self.give_up():
            message = (
                f"reading this note took longer than the limit of {seconds:g} seconds; send its visits one by one"
            )
            self.future.set_exception(RefusedError(503, message, {"Retry-After": "5"}))


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
        self.given_up = 0
        self.held = 0
        self.lock = threading.Lock()
        self._jobs: queue.SimpleQueue[_Job[Any]] = queue.SimpleQueue()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"soapcode-reader-{number}", daemon=True).start()

    @property
    def stuck(self) -> bool:
        """Whether every thread works on a note that was given up."""
        return self.given_up >= self._threads

    def _work(self) -> None:
        while True:
            self._jobs.get().work()

    async def run(self, job: Callable[[], T]) -> T:
        """The job's result.

        Raises
        ------
        RefusedError
            503 when too many wait, or when the job takes longer than the limit.
        """
        with self.lock:
            if self.held >= self._most:
                raise RefusedError(503, "too many notes are being read; try again in a moment", {"Retry-After": "1"})
            self.held += 1
        held = _Job(job, self)
        late = asyncio.get_running_loop().call_later(self.seconds, held.late, self.seconds)
        self._jobs.put(held)
        try:
            return await held.future
        except asyncio.CancelledError:
            held.give_up()
            raise
        finally:
            late.cancel()
