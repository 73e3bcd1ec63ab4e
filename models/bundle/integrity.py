"""Whether a bundle is this installation's own, intact, and made from the corpus and the code as they stand here."""

from __future__ import annotations

import hashlib
import hmac
import importlib.metadata
import json
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus.learned import LOADERS, learned_files
from corpus.tables import DATA, own_data
from models.home import BundleError, secret_file

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "joblib", "spacy")


def corpus_hash(folder: Path = DATA) -> str:
    """sha256 over names and contents of every knowledge file a bundle learns from (`corpus.learned`), own entries after the shipped."""
    digest = hashlib.sha256()
    own = own_data() if folder == DATA else None
    for root in (folder, *([own] if own is not None else [])):
        for path in learned_files(root):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


_DECISIVE = (
    "blocks",
    "certainty",
    "choice",
    "columns",
    "decision",
    "delivery_signs",
    "design",
    "features",
    "fitting/__init__",
    "fitting/base",
    "fitting/calibration",
    "fitting/decision",
    "groups",
    "leaning",
    "numeric",
    "pooling",
    "ranker",
    "relations",
    "shares",
    "training",
    "vectors",
)
"""Modules of `models` that decide what a feature or a number of a bundle means."""


def code_hash() -> str:
    """sha256 over the sources a bundle rests on: nlp, the loaders of what it learns from, and the ranker's own modules."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[2]
    paths = [
        *sorted((root / "nlp").rglob("*.py")),
        *(root / "corpus" / f"{name}.py" for name in LOADERS),
        *(root / "models" / f"{name}.py" for name in _DECISIVE),
    ]
    for path in paths:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current(manifest: Mapping[str, Any]) -> bool:
    """Whether a bundle was made from the corpus and the code as they stand here."""
    return bool(manifest.get("corpus") == corpus_hash() and manifest.get("code") == code_hash())


def library_versions() -> dict[str, str]:
    """Versions a bundle depends on."""
    return {name: importlib.metadata.version(name) for name in _LIBRARIES} | {"python": platform.python_version()}


def _key(folder: Path) -> bytes:
    try:
        return secret_file(folder / "signing.key")
    except ValueError as error:
        raise BundleError(
            f"{error}; delete it and run 'soapcode train', bundles signed before are not used any more"
        ) from error


def signature_of(folder: Path, manifest: Mapping[str, Any]) -> str:
    """The signature of a manifest, what it holds as one itself left out, by the key of the folder's installation."""
    body = {k: v for k, v in manifest.items() if k != "signature"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(_key(folder), text, hashlib.sha256).hexdigest()


def is_intact(content: bytes, manifest: Mapping[str, Any]) -> bool:
    """Whether ``ranker.joblib`` has the content its manifest was made for."""
    return bool(hashlib.sha256(content).hexdigest() == manifest["files"].get("ranker.joblib"))


_PARTS = {"version": str, "format": int, "libraries": dict, "metrics": dict, "files": dict}
_VERSION = re.compile(r"\d{4}\.\d\d\.\d\d-\d{1,9}")


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a file.

    Raises
    ------
    OSError, ValueError
        When the file cannot be read, or is not a manifest: JSON with all that every bundle's has.
    """
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(manifest, dict):
        raise ValueError(f"a manifest must be an object, got {type(manifest).__name__}")
    for name, kind in _PARTS.items():
        if not isinstance(manifest.get(name), kind):
            raise ValueError(f"a manifest must have {name!r}, of type {kind.__name__}")
    if not _VERSION.fullmatch(manifest["version"]):
        raise ValueError(f"a version must be a day and a number, such as 2026.11.23-1, got {manifest['version']!r}")
    return manifest
