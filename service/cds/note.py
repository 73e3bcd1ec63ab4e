"""The note of a CDS Hooks request: out of prefetch, or read from the FHIR server the request came with.

Reading order: `found_in` (what a prefetch value or search result says), `text_of` (an attachment as text),
`FhirReader` (allowed reads only). Everything is read leniently: real clients send resources that strict models refuse.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, unquote, urljoin, urlsplit

from service.html_text import OpenHtmlError, html_text
from service.outward import Budget, Fetched, UnreachableError, fetch

NOTE_LIMIT = 256 * 1024
_RESOURCE_LIMIT = 4 * 1024 * 1024
_PAGES = 5
_PLAIN = ("text/plain",)
_HTML = ("text/html", "application/xhtml+xml")
_CHARSETS = re.compile(r"utf-(?:8|16|32)|iso8859-|iso2022_|cp\d|koi8|mac-|ascii|gb|big5|euc_|shift_jis|tis-")

Resource = Mapping[str, Any]


class UnreadableError(Exception):
    """The note is there and cannot be read; `kind` is the content type the document states, `why` a sentence or empty."""

    def __init__(self, kind: str, why: str = "") -> None:
        super().__init__("the document is in a format that is not read")
        self.kind = kind
        self.why = why


@dataclass(frozen=True, slots=True)
class Found:
    """What a value says of a kind of resource.

    `state`: ``found`` (see `resources`), ``none`` (looked for, there is none), ``absent`` (not sent, or an error in
    its place: it can still be fetched), ``more`` (none on this page, `next` is the address of the next one).
    """

    state: Literal["found", "none", "absent", "more"]
    resources: tuple[Resource, ...] = ()
    next: str | None = None


_ABSENT = Found("absent")
_NONE = Found("none")


def found_in(values: Mapping[str, Any], key: str, kind: str) -> Found:
    """What a prefetch says under a key.

    Examples
    --------
    >>> found_in({"note": None}, "note", "DocumentReference").state
    'none'
    >>> found_in({"note": {"resourceType": "OperationOutcome"}}, "note", "DocumentReference").state
    'absent'
    """
    return result_of(values[key], kind) if key in values else _ABSENT


def result_of(value: Any, kind: str) -> Found:
    """What a resource, a searchset Bundle, an OperationOutcome or null says of a kind of resource."""
    if value is None:
        return _NONE
    if not isinstance(value, dict) or value.get("resourceType") in (None, "OperationOutcome"):
        return _ABSENT
    if value["resourceType"] == kind:
        return Found("found", (value,))
    if value["resourceType"] != "Bundle":
        return _ABSENT
    resources = tuple(r for r in _entries(value) if r.get("resourceType") == kind)
    following = _next(value)
    if resources:
        return Found("found", resources, following)
    return Found("more", next=following) if following else _NONE


def _entries(bundle: Resource) -> Iterator[Resource]:
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield resource


def _next(bundle: Resource) -> str | None:
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str):
            url: str = link["url"]
            return url
    return None


def is_of(resource: Resource, patient: str, field: str = "subject", base: str = "") -> bool:
    """Whether a resource does not name another patient, or what is no patient.

    Parameters
    ----------
    resource, field : what is asked about, and where it names its patient; a subject without a literal reference is taken as right.
    patient : the id of the request's context.
    base : the FHIR server of the request: a patient of any other is another.

    Examples
    --------
    >>> said = ("Patient/7", "Patient/7/_history/2", "https://a.example/fhir/Patient/7", "Group/7", "https://b.example/Patient/7")
    >>> [is_of({"subject": {"reference": one}}, "7", base="https://a.example/fhir") for one in said]
    [True, True, True, False, False]
    """
    if resource.get("resourceType") == "Patient":
        return resource.get("id") in (None, patient)
    named = resource.get(field)
    return all(_names(one, patient, base) for one in (named if isinstance(named, list) else [named]))


def _names(subject: Any, patient: str, base: str) -> bool:
    """Whether one reference is to the patient, or to nobody in particular."""
    if not isinstance(subject, dict):
        return subject is None
    if subject.get("type") not in (None, "Patient", "http://hl7.org/fhir/StructureDefinition/Patient"):
        return False
    reference = subject.get("reference")
    if reference in (None, ""):
        return True
    if not isinstance(reference, str):
        return False
    if reference.startswith(("#", "urn:")):
        return True
    literal = reference.split("/_history/")[0].rstrip("/")
    return literal in (patient, f"Patient/{patient}") or (bool(base) and literal == f"{base}/Patient/{patient}")


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


def date_of(document: Resource) -> dt.date | None:
    """Day of service: the start of the documented period, else the day the document was written."""
    context = document.get("context")
    period = context.get("period") if isinstance(context, dict) else None
    started = period.get("start") if isinstance(period, dict) else None
    for stated in (started, document.get("date")):
        if isinstance(stated, str):
            try:
                return dt.date.fromisoformat(stated[:10])
            except ValueError:
                continue
    return None


def attachments(document: Resource) -> list[Resource]:
    """The attachments that hold anything, those that read best first: plain text, HTML, then what names no type."""
    contents = document.get("content")
    found = [c.get("attachment") for c in contents if isinstance(c, dict)] if isinstance(contents, list) else []
    held = [a for a in found if isinstance(a, dict) and (a.get("data") or a.get("url"))]
    return sorted(held, key=lambda a: _preference(_media(a.get("contentType"))))


def _preference(kind: str) -> int:
    return next((i for i, kinds in enumerate((_PLAIN, _HTML, ("",))) if kind in kinds), 3)


def _media(stated: Any) -> str:
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
    kind = _media(stated)
    if kind not in (*_PLAIN, *_HTML, ""):
        raise UnreadableError(kind)
    if len(body) > NOTE_LIMIT:
        raise UnreadableError(kind, f"A note must be at most {NOTE_LIMIT // 1024} KiB.")
    text = _decoded(body, stated)
    if re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text) or text.lstrip().startswith(("%PDF", "{\\rtf")):
        raise UnreadableError(kind)
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
        raise UnreadableError(kind)
    try:
        return base64.b64decode(re.sub(r"\s+", "", data), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError(kind) from error


class FhirReader:
    """Reads below one FHIR server's base address, with the token the client lent for it.

    Parameters
    ----------
    base : the server, without a final slash; must be allowed by the settings (the caller checks).
    token : sent to that server and nowhere else.
    budget : seconds for all reads.
    """

    def __init__(self, base: str, token: str | None, budget: Budget) -> None:
        self._base = base
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._budget = budget

    def search(self, kind: str, patient: str, rest: str) -> Found:
        """Resources of a kind of one patient; pages are followed until one holds any.

        Raises
        ------
        UnreachableError
            When the server does not answer with what was asked.
        """
        found = Found("more", next=f"{self._base}/{kind}?patient={quote(patient, safe='')}&{rest}")
        for _ in range(_PAGES):
            if found.state != "more" or found.next is None:
                break
            found = result_of(self._json(found.next), kind)
        if found.state in ("absent", "more"):
            raise UnreachableError("the server gave no result")
        return found

    def follow(self, url: str, kind: str) -> Found:
        """The page at an address of this server."""
        found = result_of(self._json(url), kind)
        if found.state in ("absent", "more"):
            raise UnreachableError("the server gave no result")
        return found

    def attachment(self, url: str, stated: str) -> tuple[bytes, str]:
        """Bytes and content type behind an attachment's address, also where a Binary resource wraps them."""
        accept = ", ".join(
            filter(None, [_media(stated), "text/plain;q=0.9", "application/fhir+json;q=0.5", "*/*;q=0.1"])
        )
        got = self._get(url, accept)
        if _media(got.content_type) in ("application/fhir+json", "application/json"):
            wrapped = _object(got)
            if wrapped.get("resourceType") == "Binary":
                kind = wrapped.get("contentType")
                kind = kind if isinstance(kind, str) else stated
                return from_base64(wrapped.get("data"), kind), kind
        return got.body, stated or got.content_type

    def _json(self, url: str) -> Resource:
        return _object(self._get(url, "application/fhir+json"))

    def _get(self, url: str, accept: str) -> Fetched:
        whole = _joined(self._base, url)
        if not is_below(whole, self._base):
            raise UnreachableError("the address is not the FHIR server's")
        return fetch(whole, {**self._headers, "Accept": accept}, self._budget, _RESOURCE_LIMIT)


def _object(got: Fetched) -> Resource:
    try:
        value = json.loads(got.body)
    except (ValueError, RecursionError) as error:
        raise UnreachableError("the answer is not JSON") from error
    if not isinstance(value, dict):
        raise UnreachableError("the answer is not a resource")
    return value


def is_below(url: str, base: str) -> bool:
    """Whether an address is the base's own or below it.

    Examples
    --------
    >>> [is_below(u, "https://a.example/fhir") for u in ("https://a.example/fhir/Binary/1", "https://a.example/fhirx", "https://a.example/fhir/%2e%2e/x")]
    [True, False, False]
    """
    try:
        one, two = urlsplit(url), urlsplit(base)
        same = (one.scheme, one.hostname, one.port) == (two.scheme, two.hostname, two.port)
    except ValueError:
        return False
    path = unquote(one.path)
    inside = path == two.path or path.startswith(two.path.rstrip("/") + "/")
    return same and one.username is None and inside and ".." not in path.split("/") and "\\" not in path


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(f"{base}/", url)
    except ValueError as error:
        raise UnreachableError("the address is none") from error
