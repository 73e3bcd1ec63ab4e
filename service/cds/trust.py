"""Who signed a CDS Hooks request: a JSON Web Token, checked against the settings' clients. The answer never gives a reason, the log a coded one."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from service.cds.settings import CdsClient, CdsSettings
from service.outward import Budget, UnreachableError, fetch

ALGORITHMS = ("ES384", "RS384")
_CLAIMS = ["iss", "aud", "exp", "iat", "jti"]
_KEYS_LIMIT = 256 * 1024
_RSA_BITS = 2048
_TOKEN_LIMIT = 8192
_RETRY_SECONDS = 30.0
_FIRST_RETRY_SECONDS = 1.0
_LOG = logging.getLogger("soapcode.cds")


class UntrustedError(Exception):
    """The token does not hold; answers say no more than that, the log says `reason`, which holds nothing of the token."""

    def __init__(self, reason: str = "the keys cannot be read") -> None:
        super().__init__(reason)
        self.reason = reason


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.ExpiredSignatureError, "it is expired"),
    (jwt.ImmatureSignatureError, "it is not valid yet: the clocks differ"),
    (jwt.InvalidAudienceError, "aud is not this address"),
    (jwt.MissingRequiredClaimError, "iss, aud, exp, iat or jti is missing"),
    (jwt.InvalidSignatureError, "the signature is not that of the key"),
    (jwt.InvalidKeyError, "the key is not fit for the algorithm"),
    (UnreachableError, "the keys cannot be read"),
)


def _reason(error: Exception) -> str:
    return next((said for kind, said in _REASONS if isinstance(error, kind)), "it is no token of the form wanted")


class Seen(Protocol):
    """Where used tokens are remembered; one for all workers, where there are several."""

    def first(self, key: str, until: float) -> bool:
        """Whether this key is new; it is remembered until then (seconds since the epoch)."""


class MemorySeen:
    """Used tokens of one process. When full, nothing is new: a flood cannot make room for a replay."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def first(self, key: str, until: float) -> bool:
        """Whether this key is new; it is remembered until then."""
        with self._lock:
            if key in self._until and self._until[key] >= time.time():
                return False
            if len(self._until) >= self._most:
                now = time.time()
                self._until = {k: t for k, t in self._until.items() if t >= now}
                if len(self._until) >= self._most:
                    return False
            self._until[key] = until
            return True


class _Published:
    """The keys at one address, kept for a while; looked up anew for an unknown kid, not more than twice a minute.

    Keys that were read go on counting while the address gives none, so that its failure refuses nobody; without any, it is asked
    again after a second.
    """

    def __init__(self, url: str, keep: float) -> None:
        self._url, self._keep = url, keep
        self._keys: list[dict[str, Any]] = []
        self._tried = self._got = -1e9
        self._lock = threading.Lock()

    def named(self, kid: str, budget: Budget) -> dict[str, Any] | None:
        """The key of an id; only who needs the address waits for it."""
        return self._fresh(kid) or self._looked_up(kid, budget)

    def _fresh(self, kid: str) -> dict[str, Any] | None:
        return _named(self._keys, kid) if time.monotonic() - self._got <= self._keep else None

    def _looked_up(self, kid: str, budget: Budget) -> dict[str, Any] | None:
        with self._lock:
            wait = _RETRY_SECONDS if self._keys else _FIRST_RETRY_SECONDS
            if self._fresh(kid) is None and time.monotonic() - self._tried > wait:
                try:
                    self._keys, self._got = self._read(budget), time.monotonic()
                except UntrustedError:
                    _LOG.warning("a CDS Hooks client's keys could not be read; those known before go on counting")
                self._tried = time.monotonic()
            return _named(self._keys, kid)

    def _read(self, budget: Budget) -> list[dict[str, Any]]:
        try:
            body = fetch(self._url, {"Accept": "application/json"}, budget, _KEYS_LIMIT).body
            keys = json.loads(body)["keys"]
            return [key for key in keys if isinstance(key, dict)]
        except (UnreachableError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise UntrustedError from error


def _named(keys: Iterable[dict[str, Any]], kid: str) -> dict[str, Any] | None:
    found = [key for key in keys if key.get("kid") == kid]
    return found[0] if len(found) == 1 else None


class Trust:
    """Checks tokens against the clients of the settings.

    Parameters
    ----------
    settings : with no clients, nothing is checked.
    seen : where used tokens are remembered.
    """

    def __init__(self, settings: CdsSettings, seen: Seen | None = None) -> None:
        self._settings = settings
        self._clients = {client.iss: client for client in settings.clients}
        self._published = {c.jku: _Published(c.jku, settings.keys_seconds) for c in settings.clients if c.jku}
        self._seen: Seen = seen or MemorySeen()

    @property
    def configured(self) -> bool:
        """Whether there are clients, so that every request must be signed."""
        return bool(self._clients)

    def client_of(self, authorization: str | None, audiences: Iterable[str]) -> CdsClient:
        """The client that signed a request.

        Parameters
        ----------
        authorization : the header's value.
        audiences : addresses of this endpoint, one of which the token must name.

        Raises
        ------
        UntrustedError
            Whatever the reason.
        """
        try:
            return self._checked(authorization, list(audiences))
        except UntrustedError:
            raise
        except (
            jwt.PyJWTError,
            UnreachableError,
            ValueError,
            TypeError,
            KeyError,
            RecursionError,
            OverflowError,
        ) as error:
            raise UntrustedError(_reason(error)) from None

    def _checked(self, authorization: str | None, audiences: list[str]) -> CdsClient:
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token or len(token) > _TOKEN_LIMIT:
            raise UntrustedError("there is no bearer token")
        header = jwt.get_unverified_header(token)
        stated = jwt.decode(token, options={"verify_signature": False}).get("iss")
        client = self._clients.get(stated) if isinstance(stated, str) else None
        if client is None:
            raise UntrustedError("iss is no client of the settings")
        if header.get("alg") not in ALGORITHMS or "crit" in header:
            raise UntrustedError(f"alg is not {' or '.join(ALGORITHMS)}, or crit is used")
        if header.get("jku") is not None and header["jku"] != client.jku:
            raise UntrustedError("jku is not that of the settings")
        claims = jwt.decode(
            token,
            self._key(client, header),
            algorithms=[header["alg"]],
            audience=audiences,
            issuer=client.iss,
            leeway=self._settings.leeway_seconds,
            options={"require": _CLAIMS},
        )
        self._once(client, claims)
        return client

    def _key(self, client: CdsClient, header: Mapping[str, Any]) -> EllipticCurvePublicKey | RSAPublicKey:
        kid, alg = header.get("kid"), header["alg"]
        if not isinstance(kid, str):
            raise UntrustedError("there is no kid")
        if client.jku:
            found = self._published[client.jku].named(kid, Budget(self._settings.fetch_seconds))
        else:
            found = _named(client.keys, kid)
        if found is None:
            raise UntrustedError("kid is not among the client's keys")
        if found.get("use", "sig") != "sig" or found.get("alg", alg) != alg:
            raise UntrustedError("the key is not for signing with this alg")
        key = jwt.PyJWK(found, algorithm=alg).key
        if alg == "ES384" and isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP384R1):
            return key
        if alg == "RS384" and isinstance(key, RSAPublicKey) and key.key_size >= _RSA_BITS:
            return key
        raise UntrustedError("the key is not of P-384, or RSA of 2048 bits or more")

    def _once(self, client: CdsClient, claims: Mapping[str, Any]) -> None:
        jti, life = claims["jti"], claims["exp"] - claims["iat"]
        if not isinstance(jti, str) or not jti or not 0 < life <= self._settings.token_seconds:
            raise UntrustedError("jti is empty, or the token lives longer than token_seconds")
        if not self._seen.first(f"{client.iss}\n{jti}", claims["exp"] + self._settings.leeway_seconds):
            raise UntrustedError("it was used before")
