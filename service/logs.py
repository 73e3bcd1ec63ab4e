"""Structured logs: one JSON object per line, made of named fields only.

A message is a fixed event name; what varies goes into fields of a closed list. An exception is said by its class and the places in
the code it passed, never by its message, which may hold words of a note.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
import traceback
from types import TracebackType

FIELDS = (
    "request",
    "method",
    "route",
    "status",
    "milliseconds",
    "client",
    "bundle",
    "before",
    "reason",
    "address",
    "rows",
)
_EVENTS_OF_OTHERS = {"uvicorn": "server", "alembic": "schema", "sqlalchemy": "store"}


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(trace)]


class JsonLines(logging.Formatter):
    """Formats `soapcode.*` records by their fields, others by logger and level alone."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        top = record.name.partition(".")[0]
        if top == "soapcode":
            line["event"] = record.msg
            line |= {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
        else:
            line["event"] = _EVENTS_OF_OTHERS.get(top, "other")
            line["place"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            line["error"] = kind.__name__
            line["frames"] = _frames(trace)
        return json.dumps(line, ensure_ascii=False)


def start_logging(level: str) -> None:
    """Send every log record of this process to standard error as JSON lines.

    Parameters
    ----------
    level : least level of `soapcode.*`; others speak from warnings on.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("soapcode").setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
        logger.setLevel(logging.WARNING)
