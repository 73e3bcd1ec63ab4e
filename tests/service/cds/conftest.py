"""A service with CDS Hooks, and the FHIR server it may read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cds_calls import ORIGIN
from cds_support import FhirStub, serving
from fastapi.testclient import TestClient

from models.suggester import Suggester
from service.app import create_app
from service.cds.settings import CdsSettings


@pytest.fixture(scope="module")
def stub() -> Iterator[FhirStub]:
    with serving() as made:
        yield made


@pytest.fixture(scope="module")
def client(suggester: Suggester, stub: FhirStub) -> Iterator[TestClient]:
    settings = CdsSettings(
        public_url="https://codes.example", origins=(ORIGIN,), fhir_servers=(stub.base,), fetch_seconds=0.6
    )
    with TestClient(create_app(suggester, cds=settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(autouse=True)
def _fresh(stub: FhirStub) -> None:
    stub.answers.clear()
    stub.asked.clear()
    stub.delay = 0.0
