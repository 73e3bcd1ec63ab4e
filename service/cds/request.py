"""What must hold of a request before it is answered, in this order: who calls which service, a body, its fields."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException, Request

from service.cds.hooks import HOOKS_BY_ID, PREFIX, Hook
from service.cds.settings import CdsClient
from service.cds.state import State
from service.cds.trust import UntrustedError
from service.http import is_json

_LOG = logging.getLogger("soapcode.cds")
FHIR_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


async def entered(state: State, service: str, request: Request, tail: str) -> tuple[Hook, CdsClient | None]:
    """The service called and who calls it; 404 or 401 otherwise, 401 first so that strangers learn nothing."""
    client = None
    if state.trust.configured:
        base = f"{state.settings.public_url}{PREFIX}/{service}"
        authorization = request.headers.get("authorization")
        try:
            client = await asyncio.to_thread(state.trust.client_of, authorization, dict.fromkeys((base + tail, base)))
        except UntrustedError as error:
            _LOG.info("a CDS Hooks call was refused", extra={"reason": error.reason})
            raise HTTPException(401) from None
    hook = HOOKS_BY_ID.get(service)
    if hook is None or (client is not None and client.hooks and hook.hook not in client.hooks):
        raise HTTPException(404)
    return hook, client


async def object_of(request: Request) -> dict[str, Any]:
    """The body, a JSON object; 415 or 400 otherwise."""
    if not is_json(request):
        raise HTTPException(415)
    try:
        value = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(value, dict):
        raise HTTPException(400)
    return value


def uuid_of(value: Any) -> str:
    """A UUID in its usual form; 400 otherwise."""
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise HTTPException(400) from None


def context_of(hook: Hook, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The context, with all that the hook must carry."""
    context = body.get("context")
    if body.get("hook") != hook.hook or not isinstance(context, dict):
        raise HTTPException(400)
    for name in hook.context:
        value = context.get(name)
        if not value or not isinstance(value, str if name.endswith("Id") else dict):
            raise HTTPException(400)
    return context


def prefetch_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was prefetched, nothing where it was not; 400 where it is no object."""
    prefetch = body.get("prefetch")
    if prefetch is None:
        return {}
    if not isinstance(prefetch, dict):
        raise HTTPException(400)
    return prefetch


def plain_id(value: str, kind: str) -> str:
    """A FHIR id; clients that send ``Patient/7`` mean 7."""
    found = value.removeprefix(f"{kind}/")
    if not FHIR_ID.fullmatch(found):
        raise HTTPException(400)
    return found
