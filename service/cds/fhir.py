"""The FHIR server a request came with: only what lies below its base address is read, with the token the client lent for it."""

from __future__ import annotations

import json
from urllib.parse import quote, unquote, urljoin, urlsplit

from service.cds.note import from_base64, media_type
from service.cds.resources import Found, Resource, result_of
from service.outward import Budget, Fetched, UnreachableError, fetch

_RESOURCE_LIMIT = 4 * 1024 * 1024
_PAGES = 5


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
            filter(None, [media_type(stated), "text/plain;q=0.9", "application/fhir+json;q=0.5", "*/*;q=0.1"])
        )
        got = self._get(url, accept)
        if media_type(got.content_type) in ("application/fhir+json", "application/json"):
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
