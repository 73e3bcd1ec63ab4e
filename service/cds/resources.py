"""FHIR resources as a request or a server sends them: what a value says of a kind of resource, and whose a resource is.

Everything is read leniently: real clients send resources that strict models refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Resource = Mapping[str, Any]


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
