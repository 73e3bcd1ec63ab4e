"""What the tests of CDS Hooks calls share: a call, and what must hold of its answer."""

from __future__ import annotations

from typing import Any

from cds_support import SERVICE, conforms
from fastapi.testclient import TestClient
from tests_support import TRAP

ORIGIN = "https://ehr.example"
PRIVATE = "Quux-Harrigan told us about her purple accordion"


def post_call(client: TestClient, body: dict[str, Any]) -> Any:
    return client.post(f"/cds-services/{SERVICE[body['hook']]}", json=body)


def cards_of(client: TestClient, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = post_call(client, body)
    assert answer.status_code == 200, answer.text
    return conforms(answer.json())


def assert_is_outcome(answer: Any, status: int) -> None:
    TRAP.errors.append(answer.text)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/fhir+json")
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome"
    from fhir.resources.R4B.operationoutcome import OperationOutcome

    OperationOutcome.model_validate(body)
    assert "accordion" not in answer.text
