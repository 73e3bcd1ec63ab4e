"""API keys: ``sc_<id>_<secret>``, shown once, kept as a hash.

The secret has 256 bits, so a plain SHA-256 cannot be searched; the id finds the row and the hash is compared in constant
time, also for an id that does not exist.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["suggest", "feedback", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_FORM = re.compile(r"\Asc_([0-9a-f]{12})_([A-Za-z0-9_-]{43})\Z")
_NOBODY = hashlib.sha256(b"no such key").digest()


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the store knows it; `digest` is the SHA-256 of its secret.

    Attributes
    ----------
    id, name : twelve hex digits, and what a person calls it.
    scopes : what it may do.
    per_minute : requests per minute; the settings' number where ``None``.
    """

    id: str
    name: str
    digest: bytes
    scopes: frozenset[Scope]
    per_minute: int | None
    revoked: bool


def new_key() -> tuple[str, str, bytes]:
    """A fresh key: its id, the whole token to show once, and the hash to keep."""
    identifier, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return identifier, f"sc_{identifier}_{secret}", hashlib.sha256(secret.encode()).digest()


def parts(token: str) -> tuple[str, str] | None:
    """Id and secret of a token; ``None`` when it has not the form of one.

    Examples
    --------
    >>> identifier, token, digest = new_key()
    >>> parts(token)[0] == identifier, parts("sc_x")
    (True, None)
    """
    found = _FORM.match(token)
    return (found[1], found[2]) if found else None


def opens(key: Key | None, secret: str) -> bool:
    """Whether a secret is the key's; takes as long where there is no key."""
    same = hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), _NOBODY if key is None else key.digest)
    return same and key is not None and not key.revoked


def scopes_of(names: str) -> frozenset[Scope]:
    """Scopes from a list with commas.

    Raises
    ------
    ValueError
        When one is unknown or there is none.
    """
    wanted = {part.strip() for part in names.split(",") if part.strip()}
    if not wanted or not wanted <= set(SCOPES):
        raise ValueError(f"scopes must be some of {', '.join(SCOPES)}")
    return frozenset(s for s in SCOPES if s in wanted)
