"""Where an installation keeps what is its own, and what is wrong with a bundle: light to import, for the command line."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import platformdirs


class BundleError(RuntimeError):
    """A bundle that must not be used; the message says why and what to run."""


class UnfitBundleError(BundleError):
    """There is no bundle yet, or it is whole but was made for other code, libraries or features."""


def home() -> Path:
    """Where bundles live: ``$SOAPCODE_HOME`` or the user's data folder."""
    return Path(os.environ.get("SOAPCODE_HOME") or platformdirs.user_data_path("soapcode", appauthor=False))


SECRET_BYTES = 32


def secret_file(path: Path) -> bytes:
    """The secret of a file that only this user may read (mode 0600), made on first use.

    The file comes into sight whole: a process that starts meanwhile, or after one that was killed, never reads half of it.

    Raises
    ------
    ValueError
        When the file does not hold 32 bytes.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".{path.name}-{secrets.token_hex(4)}"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    content = path.read_bytes()
    if len(content) != SECRET_BYTES:
        raise ValueError(f"{path} must hold a secret of {SECRET_BYTES} bytes, it has {len(content)}")
    return content
