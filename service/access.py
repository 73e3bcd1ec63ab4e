"""Who may ask: a dependency per route. ``Depends(Needs("suggest"))`` is all a route has to say.

On the loopback address a request needs no key, unless it came through a proxy; a key that is sent is always checked.
"""

from __future__ import annotations

import asyncio

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param

from service.http import RefusedError, json_only
from service.keys import Key, Scope, opens, parts
from service.limits import Buckets
from service.settings import Settings
from service.store.store import CLIENT, Store

_BEARER = HTTPBearer(description="A key of 'soapcode keys create'; not needed on loopback.")
_FORWARDED = frozenset(("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"))


class Access:
    """Checks keys and counts requests.

    Parameters
    ----------
    settings : of the installation.
    store : where keys are; without one no key is known.
    """

    def __init__(self, settings: Settings, store: Store | None) -> None:
        self._settings = settings
        self._needs_key = settings.needs_key
        self._store = store
        self._buckets = Buckets()

    async def check(self, request: Request, scope: Scope, token: str | None) -> Key | None:
        """The key a request may use for a scope; ``None`` for a request that needs none.

        Raises
        ------
        RefusedError
            401 no or no valid key, 403 not this scope, 429 too often.
        """
        if token is None:
            if "authorization" in request.headers:
                raise _refused("the Authorization header must be 'Bearer' and a key")
            if self._needs_key:
                raise _refused("a key must be sent: 'Authorization: Bearer sc_…'")
            if any(name in _FORWARDED or name.startswith("x-forwarded") for name in request.headers):
                raise _refused("a request that came through a proxy must send a key")
            return None
        split = parts(token)
        held = await asyncio.to_thread(self._store.key, split[0]) if split and self._store is not None else None
        if not opens(held, split[1] if split else "") or held is None:
            raise _refused("the key is unknown or revoked")
        wait = self._buckets.take(held.id, held.per_minute or self._settings.per_minute)
        if wait:
            raise RefusedError(429, "too many requests with this key", {"Retry-After": str(int(wait) + 1)})
        if scope not in held.scopes:
            raise RefusedError(403, f"the key must have the scope '{scope}'")
        return held


def _refused(message: str) -> RefusedError:
    return RefusedError(401, message, {"WWW-Authenticate": "Bearer"})


class Needs(SecurityBase):
    """A dependency that lets a request pass only with a key of a scope, where keys are needed.

    It is the OpenAPI document's security scheme as well, so that a request passes one dependency, not two.
    """

    def __init__(self, scope: Scope, json: bool = False) -> None:
        self.scope = scope
        self.json = json
        self.model = _BEARER
        self.scheme_name = "HTTPBearer"

    async def __call__(self, request: Request) -> Key | None:
        scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
        access: Access = request.app.state.access
        key = await access.check(request, self.scope, token if scheme.lower() == "bearer" and token else None)
        if self.json:
            json_only(request)
        if key is not None:
            CLIENT.set(key.id)
            request.scope.setdefault("state", {})["client"] = key.id
        return key
