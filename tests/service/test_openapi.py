"""The interface against its own OpenAPI document: no server error, no status that is not documented."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from models.suggester import Suggester
from service.app import create_app
from service.settings import Settings
from service.store.store import Store

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
    ignored_auth,
]


_PATHS = create_app(None, Settings()).openapi()["paths"]
OPERATIONS = [(method.upper(), path) for path, methods in _PATHS.items() for method in methods]
CASES = [
    (method.upper(), path, mode)
    for path, methods in _PATHS.items()
    for method, operation in methods.items()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or any(name in operation for name in ("requestBody", "parameters"))
]
"""An operation that takes nothing cannot be asked wrongly."""


@pytest.fixture(scope="module")
def schema(suggester: Suggester, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The schema of an application with a store and keys; requests carry a key for everything."""
    folder: Path = tmp_path_factory.mktemp("openapi")
    given_ = Settings(
        database_url=f"sqlite:///{folder}/s.sqlite3",
        store_key=SecretStr("5a" * 32),
        require_key=True,
        per_minute=1_000_000,
    )
    store = Store.open(given_)
    _, token = store.create_key("test", frozenset({"suggest", "feedback", "admin"}))
    loaded = schemathesis.openapi.from_asgi("/openapi.json", create_app(suggester, given_, store))
    yield loaded, {"Authorization": f"Bearer {token}"}
    store.close()


def test_there_are_operations_to_test() -> None:
    assert {("POST", "/v1/suggest"), ("POST", "/v1/feedback"), ("GET", "/v1/bundle")} <= set(OPERATIONS)


@pytest.mark.parametrize(("method", "path", "mode"), CASES)
def test_no_server_error_and_no_undocumented_status(schema: Any, method: str, path: str, mode: Any) -> None:
    loaded, headers = schema
    operation = loaded[path][method]
    # a query may hold more than is asked for; a body may not
    checks = [*_CHECKS, negative_data_rejection] if operation.body else _CHECKS
    asked = 0

    @settings(
        max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        nonlocal asked
        asked += 1
        case.call_and_validate(checks=checks, headers=headers)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run()
    assert asked


def test_a_status_that_is_not_documented_is_found(suggester: Suggester) -> None:
    app = create_app(suggester, Settings())
    document = app.openapi()
    del document["paths"]["/v1/suggest"]["post"]["responses"]["422"]
    app.openapi_schema = document
    operation = schemathesis.openapi.from_asgi("/openapi.json", app)["/v1/suggest"]["POST"]
    case = operation.Case(body={"text": 7}, media_type="application/json")
    with pytest.raises(FailureGroup, match="Undocumented status code"):
        case.call_and_validate(checks=[status_code_conformance])
