"""Connections to PostgreSQL that give up on a server which stands still; only here psycopg is imported."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import Any

import psycopg

STATEMENT_SECONDS = 5.0
"""The server ends a statement after this, and lets go of its locks."""
_SILENT_SECONDS = 7.0


class Impatient(psycopg.Connection[Any]):
    """A connection that closes itself when the server says nothing for too long.

    A statement timeout is the server's own: one that is paused keeps its sockets open and ends nothing.

    Attributes
    ----------
    seconds : longest wait for one step.
    """

    seconds = _SILENT_SECONDS

    def wait(self, gen: Generator[int, int, Any], *given: Any, **named: Any) -> Any:
        """Like psycopg's, with the limit.

        Raises
        ------
        psycopg.OperationalError
            When the server did not answer in time.
        """
        return super().wait(self._until(gen, time.monotonic() + self.seconds), *given, **named)  # type: ignore[arg-type]

    def _until(self, gen: Generator[int, int, Any], end: float) -> Generator[int, int, Any]:
        try:
            state = next(gen)
            while True:
                ready = yield state
                if not ready and time.monotonic() > end:
                    self.pgconn.finish()
                    raise psycopg.OperationalError("the server does not answer")
                state = gen.send(ready)
        except StopIteration as done:
            return done.value


def patient(connection: Impatient) -> None:
    """Let a connection wait as long as it takes, until `hurried`."""
    connection.seconds = math.inf


def hurried(connection: Impatient) -> None:
    """Back to the limit."""
    connection.seconds = _SILENT_SECONDS
