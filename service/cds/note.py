"""The note: which document it is, of which day, and an attachment of it as text.

Reading order: `latest` (of the documents that stand), `date_of`, `attachments`, `text_of`.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from corpus.limits import LONGEST_NOTE
from service.cds.resources import Resource
from service.html_text import OpenHtmlError, html_text

_PLAIN = ("text/plain",)
_HTML = ("text/html", "application/xhtml+xml")
_NOT_BASE64 = "Its data is not base64."
_NOT_TEXT = (
    "It does not hold the text it says it does, but another format, such as PDF or RTF, or control characters."
)
_CHARSETS = re.compile(r"utf-(?:8|16|32)|iso8859-|iso2022_|cp\d|koi8|mac-|ascii|gb|big5|euc_|shift_jis|tis-")


class UnreadableError(Exception):
    """The note is there and cannot be read; `kind` is the content type the document states, `why` a sentence or empty."""

    def __init__(self, kind: str, why: str = "") -> None:
        super().__init__("the document is in a format that is not read")
        self.kind = kind
        self.why = why


def latest(documents: tuple[Resource, ...]) -> Resource | None:
    """The newest document that stands (see `stands`); the order sent decides between equal dates."""
    return max((d for d in documents if stands(d)), key=lambda d: _moment(d.get("date")), default=None)


def stands(document: Resource) -> bool:
    """Whether a document was neither entered in error nor superseded, by its own status or that of what it points at."""
    return not {"entered-in-error", "superseded"}.intersection(
        one for one in (document.get("status"), document.get("docStatus")) if isinstance(one, str)
    )


_NO_MOMENT = dt.datetime.min.replace(tzinfo=dt.UTC)


def _moment(stated: Any) -> dt.datetime:
    """A FHIR date as a moment, from its beginning where it is only a day, month or year; UTC where it names no zone."""
    if not isinstance(stated, str):
        return _NO_MOMENT
    whole = stated + "-01" * (2 - stated.count("-")) if re.fullmatch(r"\d{4}(-\d\d)?", stated) else stated
    try:
        at = dt.datetime.fromisoformat(whole)
        return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return _NO_MOMENT


def date_of(document: Resource, zone: ZoneInfo | None = None) -> dt.date | None:
    """Day of service: the start of the documented period, else the day the document was written.

    Parameters
    ----------
    document : a DocumentReference.
    zone : the clinic's; says which day an instant in UTC is. Without it the day is that of all of the states, and not known where they
        differ, from 4:00 to 9:59 UTC.

    Examples
    --------
    >>> [date_of({"date": f"2026-11-03T{time}Z"}) for time in ("01:30:00", "04:30:00", "14:00:00")]
    [datetime.date(2026, 11, 2), None, datetime.date(2026, 11, 3)]
    >>> date_of({"date": "2026-11-03T04:30:00Z"}, ZoneInfo("America/Chicago"))
    datetime.date(2026, 11, 2)
    """
    context = document.get("context")
    period = context.get("period") if isinstance(context, dict) else None
    started = period.get("start") if isinstance(period, dict) else None
    for stated in (started, document.get("date")):
        if isinstance(stated, str):
            try:
                return _day_of(stated, zone)
            except (ValueError, OverflowError):
                continue
    return None


_OF_STATES = (dt.timedelta(hours=-10), dt.timedelta(hours=-4))
"""How far the clocks of Hawaii and of the summer's east coast are from UTC."""


def _day_of(stated: str, zone: ZoneInfo | None) -> dt.date | None:
    """The day of a FHIR date or instant where it was written; ``None`` where an instant in UTC does not tell."""
    day = dt.date.fromisoformat(stated[:10])
    try:
        at = dt.datetime.fromisoformat(stated)
    except ValueError:
        return day
    if at.utcoffset() != dt.timedelta(0):
        return day
    if zone is not None:
        return at.astimezone(zone).date()
    days = {(at + offset).date() for offset in _OF_STATES}
    return days.pop() if len(days) == 1 else None


def attachments(document: Resource) -> list[Resource]:
    """The attachments that hold anything, those that read best first: plain text, HTML, then what names no type."""
    contents = document.get("content")
    found = [c.get("attachment") for c in contents if isinstance(c, dict)] if isinstance(contents, list) else []
    held = [a for a in found if isinstance(a, dict) and (a.get("data") or a.get("url"))]
    return sorted(held, key=lambda a: _preference(media_type(a.get("contentType"))))


def _preference(kind: str) -> int:
    return next((i for i, kinds in enumerate((_PLAIN, _HTML, ("",))) if kind in kinds), 3)


def media_type(stated: Any) -> str:
    """A content type in small letters and without its parameters; empty where none is stated."""
    return stated.partition(";")[0].strip().lower() if isinstance(stated, str) else ""


def text_of(body: bytes, stated: str) -> str:
    """The text of an attachment.

    Parameters
    ----------
    body : decoded from base64.
    stated : its content type, with or without charset; empty where none is stated.

    Raises
    ------
    UnreadableError
        When it is neither text nor HTML, is not what it says, is over 256 KiB, or is HTML that hides what follows and
        never ends.
    """
    kind = media_type(stated)
    if kind not in (*_PLAIN, *_HTML, ""):
        raise UnreadableError(kind)
    if len(body) > LONGEST_NOTE:
        raise UnreadableError(kind, f"A note must be at most {LONGEST_NOTE // 1024} KiB.")
    text = _decoded(body, stated)
    if re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text) or text.lstrip().startswith(("%PDF", "{\\rtf")):
        raise UnreadableError(kind, _NOT_TEXT if kind else "")
    if kind not in _HTML:
        return text
    try:
        return html_text(text, xhtml=kind == "application/xhtml+xml")
    except OpenHtmlError as error:
        why = (
            "A comment, script, style, title, template or hidden or struck element in it is opened and never closed."
        )
        raise UnreadableError(kind, why) from error


def _decoded(body: bytes, stated: str) -> str:
    for charset in (*_charset(stated), "utf-8-sig", "cp1252"):
        try:
            return body.decode(charset)
        except (LookupError, UnicodeError, ValueError):
            continue
    return body.decode("latin-1")


def _charset(stated: str) -> Iterator[str]:
    """The charset a content type names, where it is one for text: Python's others (punycode, idna) take quadratic time."""
    named = re.search(r"charset\s*=\s*\"?([\w.:-]{1,40})", stated, re.IGNORECASE)
    try:
        name = codecs.lookup(named[1]).name if named else ""
    except (LookupError, ValueError):
        return
    if _CHARSETS.match(name):
        yield name


def from_base64(data: Any, kind: str) -> bytes:
    """Bytes of an attachment's ``data``; white space is allowed in it.

    Raises
    ------
    UnreadableError
        When it is not base64.
    """
    if not isinstance(data, str):
        raise UnreadableError(kind, _NOT_BASE64)
    try:
        return base64.b64decode(re.sub(r"\s+", "", data), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError(kind, _NOT_BASE64) from error
