"""The installation's secret: seals kept notes, and keys the hashes that stand for notes and users."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

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
    path = folder / "store.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".store-{secrets.token_hex(4)}"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    content = path.read_bytes()
    if len(content) != 32:
        raise VaultError(f"{path} must hold the 32 bytes of the store's key, it has {len(content)}")
    return Vault(content)
