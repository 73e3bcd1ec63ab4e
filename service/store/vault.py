"""The installation's secret: seals kept notes, and keys the hashes that stand for notes and users."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.home import secret_file

_NONCE = 12


class VaultError(RuntimeError):
    """The key is unusable, or is not the one something was sealed with."""


class Vault:
    """AES-256-GCM for what is kept and HMAC-SHA256 for what only must be recognised, under keys derived from one secret.

    Parameters
    ----------
    secret : 32 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise VaultError("the store's key must be 32 bytes")
        self._cipher = AESGCM(_derived(secret, b"soapcode notes"))
        self._keyed = _derived(secret, b"soapcode references")

    def reference(self, kind: str, value: str) -> str:
        """The keyed hash of a value, 64 hex digits; the same value under another kind gives another."""
        return hmac.new(self._keyed, f"{kind}\0{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt; only `unseal` with the same place opens it."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), place.encode())

    def unseal(self, sealed: bytes, place: str) -> str:
        """Decrypt.

        Raises
        ------
        VaultError
            When it was sealed with another key, for another place, or changed since.
        """
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
        except (InvalidTag, ValueError):
            raise VaultError("a kept note was sealed with another key or changed since") from None
        return plain.decode("utf-8", "surrogatepass")


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret)


def vault_of(given: str | None, folder: Path) -> Vault:
    """The vault of a key given in the settings, or of ``<folder>/store.key``, made on first use (mode 0600).

    Raises
    ------
    VaultError
        When the file does not hold 32 bytes.
    """
    if given is not None:
        return Vault(bytes.fromhex(given.strip()))
    try:
        return Vault(secret_file(folder / "store.key"))
    except ValueError as error:
        raise VaultError(
            f"{error}; put back the store's key, notes sealed with it can be read with no other"
        ) from error
