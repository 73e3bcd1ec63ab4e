"""Who may ask: a dependency per route. ``Depends(needs("suggest"))`` is all a route has to say.

On the loopback address a request needs no key, unless it came through a proxy; a key that is sent is always checked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.http import RefusedError
from service.keys import Key, Scope, opens, parts
from service.limits import Buckets
from service.settings import Settings
from service.store.store import CLIENT, Store

_BEARER = HTTPBearer(auto_error=False, description="A key of 'soapcode keys create'; not needed on loopback.")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Access:
    """Checks keys and counts requests.

    Parameters
    ----------
    settings : of the installation.
    store : where keys are; without one no key is known.
    """

    def __init__(self, settings: Settings, store: Store | None) -> None:
        self._settings = settings
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
            if self._settings.needs_key:
                raise _refused("a key must be sent: 'Authorization: Bearer sc_…'")
            if any(name in request.headers for name in _FORWARDED):
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


def needs(scope: Scope) -> Callable[..., Awaitable[Key | None]]:
    """A dependency that lets a request pass only with a key of a scope, where keys are needed."""

    async def allowed(
        request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> Key | None:
        access: Access = request.app.state.access
        key = await access.check(request, scope, sent.credentials if sent else None)
        if key is not None:
            CLIENT.set(key.id)
            request.scope.setdefault("state", {})["client"] = key.id
        return key

    allowed.__dict__["scope"] = scope
    return allowed
