"""The bundles of an installation beside each other: which there are, going forth and back between them, removing."""

from __future__ import annotations

import secrets
import shutil
import time
from pathlib import Path
from typing import Any

from models.bundle.files import Bundle, current, load, use
from models.bundle.integrity import is_current, read_manifest
from models.home import BundleError, UnfitBundleError, home


def versions(folder: Path | None = None) -> list[dict[str, Any]]:
    """Manifests of all bundles, oldest first; a folder that holds none of that name is passed over."""
    folder = folder or home()
    found = []
    for path in (folder / "bundles").glob("*/manifest.json"):
        if path.parent.name.startswith("."):
            continue
        try:
            manifest = read_manifest(path)
        except (OSError, ValueError):
            continue
        if manifest["version"] == path.parent.name:
            found.append(manifest)
    return sorted(found, key=lambda m: _order(m["version"]))


def switch(version: str, folder: Path | None = None) -> Bundle:
    """Make a bundle the current one after loading it as a start would; returns it.

    Raises
    ------
    BundleError
        When there is no such bundle, it must not be used, or it was made from another corpus or code: the next start
        would train anew instead of using it.
    """
    folder = folder or home()
    if version not in {m["version"] for m in versions(folder)}:
        raise BundleError(f"bundle {version!r} must exist to be used; 'soapcode bundle list' names those there are")
    found = load(version, folder)
    if not is_current(found.manifest):
        raise UnfitBundleError(f"bundle {version} was made from another corpus or code; run 'soapcode train'")
    use(version, folder)
    return found


def previous(folder: Path | None = None) -> str | None:
    """The bundle to go back to: the one the current was compared with, else the newest older one of this corpus and code."""
    folder = folder or home()
    now = current(folder)
    found = versions(folder)
    fit = [m["version"] for m in found if is_current(m)]
    own = next((m for m in found if m["version"] == now), None)
    if own is None:
        return None
    before = own.get("retraining", {}).get("before")
    if before in fit:
        return str(before)
    older = [v for v in fit if _order(v) < _order(own["version"])]
    return older[-1] if older else None


def rollback(folder: Path | None = None) -> Bundle:
    """Switch to the bundle `previous` names.

    Raises
    ------
    BundleError
        When there is none, or it must not be used.
    """
    version = previous(folder)
    if version is None:
        raise BundleError(
            "there must be an earlier bundle of this corpus and code to go back to; see 'soapcode bundle list'"
        )
    return switch(version, folder)


def remove(version: str, folder: Path | None = None) -> None:
    """Delete a bundle. It vanishes from sight in one step, so that nothing half-deleted is ever loaded.

    Raises
    ------
    BundleError
        When there is no such bundle, or it is the one in use.
    """
    folder = folder or home()
    if version not in {m["version"] for m in versions(folder)}:
        raise BundleError(
            f"bundle {version!r} must exist to be removed; 'soapcode bundle list' names those there are"
        )
    if version == current(folder):
        raise BundleError(f"bundle {version} must not be removed, it is in use; 'soapcode bundle use' another first")
    gone = folder / "bundles" / f".gone-{secrets.token_hex(4)}"
    (folder / "bundles" / version).rename(gone)
    shutil.rmtree(gone)


def sweep(folder: Path | None = None, older: float = 86_400.0) -> None:
    """Delete what killed processes left behind: unfinished or half-deleted bundles untouched for ``older`` seconds."""
    bundles = (folder or home()) / "bundles"
    for pattern in (".new-*", ".gone-*"):
        for path in bundles.glob(pattern):
            if time.time() - path.stat().st_mtime >= older:
                shutil.rmtree(path, ignore_errors=True)


def _order(version: str) -> list[int]:
    return [int(x) for x in version.replace("-", ".").split(".")]
