"""The bundle in use, looked up again and again: a new one takes over between two requests, and none is dropped.

Whoever trains or rolls back writes ``<home>/current``; every worker sees it on its own, loads the bundle in a thread of its own,
reads a note with it, and only then puts it in the place of the old one. A bundle that is refused changes nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models import bundle as bundles
from models.home import BundleError
from models.suggester import Suggester

_log = logging.getLogger("soapcode.bundle")
_FIRST = "O: Treadmill 8 min for endurance. Effleurage to calf 10 min."


class Switch:
    """Watches which bundle is current.

    Parameters
    ----------
    put : called with the suggester that answers from now on.
    version : the version that answers now, if any.
    seconds : between two looks.
    folder : where bundles live.
    counted : told the outcome of each change, ``switched`` or ``refused``.
    """

    def __init__(
        self,
        put: Callable[[Suggester], None],
        version: str | None,
        seconds: float,
        folder: Path | None = None,
        counted: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        self.version = version
        self.since = dt.datetime.now(dt.UTC)
        self.refused: dict[str, str] | None = None
        self._put = put
        self._seconds = seconds
        self._folder = folder
        self._counted = counted
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look from now on, in a thread."""
        self._thread = threading.Thread(target=self._watch, name="soapcode-bundle", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _watch(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self.look()
            except Exception:  # noqa: BLE001  the watch goes on, whatever one look met
                _log.exception("look failed")

    def look(self) -> bool:
        """Take over the current bundle if it is another; whether it did."""
        wanted = bundles.current(self._folder)
        if wanted is None or wanted == self.version:
            if self.refused and wanted == self.version:
                self.refused = None
            return False
        if self.refused and self.refused["version"] == wanted:
            return False
        try:
            new = Suggester.load(wanted, self._folder)
            new.suggest(_FIRST)
        except Exception as error:  # noqa: BLE001  a bundle that cannot read is refused like one that cannot be loaded
            known = isinstance(error, BundleError)
            reason = str(error) if known else f"bundle {wanted} failed on its first note ({type(error).__name__})"
            self.refused = {"version": wanted, "reason": reason}
            self._counted("refused")
            _log.error("bundle refused", extra={"bundle": wanted, "before": self.version}, exc_info=not known)
            return False
        before, self.version = self.version, wanted
        self.since = dt.datetime.now(dt.UTC)
        self.refused = None
        self._put(new)
        self._counted("switched")
        _log.warning("bundle switched", extra={"bundle": wanted, "before": before})
        return True

    def state(self) -> dict[str, Any]:
        """What `/v1/bundle` says of the change."""
        return {"since": self.since.isoformat(timespec="seconds"), "refused": self.refused}
