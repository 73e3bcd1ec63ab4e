"""Errors as FHIR OperationOutcome."""

from __future__ import annotations

from typing import Any

_ISSUES = {
    400: ("invalid", "The request is not one this service understands."),
    401: ("login", "The request is not authorised."),
    403: ("forbidden", "The request is not allowed."),
    404: ("not-found", "There is nothing at this address."),
    405: ("not-supported", "This address does not take that method."),
    408: ("timeout", "The request took too long to arrive."),
    412: ("required", "The note was not sent with the request and cannot be fetched."),
    413: ("too-long", "The request is too large."),
    415: ("not-supported", "The Content-Type must be application/json."),
    422: ("invalid", "The request is not one this service understands."),
    429: ("throttled", "There were too many requests; try again later."),
    503: ("transient", "The service is not ready yet."),
}
ISSUE = "x-soapcode-issue"
"""A header between a route and the middleware, which takes it off: which of several issues a status stands for."""
ANOTHER_PATIENT = {ISSUE: "another-patient"}
_SPECIAL = {
    "another-patient": (
        "required",
        "The note, or the patient sent with it, is of another patient than the request, or cannot be compared: a full address is only of the request's patient where it begins with its fhirServer.",
    ),
}
_FAILED = ("exception", "The service failed on this request; the note was not kept.")


def outcome(status: int, issue: str = "") -> dict[str, Any]:
    """A generic OperationOutcome: what kind of thing went wrong, never what was sent."""
    code, said = _SPECIAL.get(issue) or _ISSUES.get(status, _FAILED)
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "details": {"text": said}}],
    }
