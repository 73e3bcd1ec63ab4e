"""The hooks this installation answers, one service each, and what discovery says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.cds import NOTE_SIGN

PREFIX = "/cds-services"
_PREFETCH = {
    "patient": "Patient/{{context.patientId}}",
    "note": "DocumentReference?patient={{context.patientId}}&_sort=-date&_count=1",
    "coverage": "Coverage?patient={{context.patientId}}&status=active",
}


@dataclass(frozen=True, slots=True)
class Hook:
    """One service: the hook it answers, what its context must hold, and where the note is."""

    hook: str
    id: str
    title: str
    context: tuple[str, ...]
    note_in_context: bool = False

    @property
    def prefetch(self) -> dict[str, str]:
        """Templates; the note is not fetched where the context carries it."""
        return {k: v for k, v in _PREFETCH.items() if k != "note" or not self.note_in_context}


HOOKS = (
    Hook("patient-view", "soapcode-patient-view", "Codes of the latest therapy note", ("userId", "patientId")),
    Hook(
        "encounter-discharge",
        "soapcode-encounter-discharge",
        "Codes of the therapy note at discharge",
        ("userId", "patientId", "encounterId"),
    ),
    Hook(
        "order-sign",
        "soapcode-order-sign",
        "Codes of the latest therapy note at signing",
        ("userId", "patientId", "draftOrders"),
    ),
    Hook(
        NOTE_SIGN,
        "soapcode-note-sign",
        "Codes of the therapy note being signed",
        ("userId", "patientId", "note"),
        True,
    ),
)
HOOKS_BY_ID = {hook.id: hook for hook in HOOKS}
_DESCRIPTION = (
    "Reads the therapy note and proposes the billing codes its words support, with units and evidence, and says what the "
    "note lacks for them to stand. A person decides; nothing is charged by it."
)
_REQUIREMENTS = {
    False: "The latest note as DocumentReference with text/plain or text/html, by prefetch or from a FHIR server that this installation allows.",
    True: "The draft DocumentReference in context.note, with its text as base64 data.",
}


def described(hook: Hook) -> dict[str, Any]:
    """The entry of a service in discovery."""
    return {
        "hook": hook.hook,
        "id": hook.id,
        "title": hook.title,
        "description": _DESCRIPTION,
        "prefetch": hook.prefetch,
        "usageRequirements": _REQUIREMENTS[hook.note_in_context],
        "version": "1",
    }
