"""A bundle's files: written, put to use, read once everything holds, taken over from an image."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import io
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

from models.bundle.integrity import (
    code_hash,
    corpus_hash,
    is_current,
    is_intact,
    library_versions,
    read_manifest,
    signature_of,
)
from models.bundle.state import is_of_present_names, ranker_of, state_of
from models.columns import SERVICES
from models.home import BundleError, UnfitBundleError, home
from models.ranker import Ranker

FORMAT = 7


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded bundle."""

    version: str
    ranker: Ranker
    manifest: dict[str, Any]


def save(
    ranker: Ranker,
    metrics: Mapping[str, Any],
    folder: Path | None = None,
    settings: Mapping[str, Any] | None = None,
    retraining: Mapping[str, Any] | None = None,
) -> str:
    """Write a new bundle beside the old ones; returns its version. Nothing switches to it yet.

    It comes into sight whole, in one rename: a process killed before leaves only a folder ``.new-*``, which nobody looks into and
    `sweep` removes. ``retraining`` is the account of what was learned from a clinic's notes; bundles of the corpus alone have none.
    """
    folder = folder or home()
    bundles = folder / "bundles"
    bundles.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=bundles, prefix=".new-") as temporary:
        new = Path(temporary) / "bundle"
        new.mkdir()
        joblib.dump(state_of(ranker), new / "ranker.joblib")
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "corpus": corpus_hash(),
            "code": code_hash(),
            "libraries": library_versions(),
            "thresholds": {s: round(float(t), 6) for s, t in zip(SERVICES, ranker.thresholds, strict=True)},
            "metrics": dict(metrics),
            "settings": dict(settings or {}),
            **({"retraining": dict(retraining)} if retraining else {}),
            "files": {"ranker.joblib": hashlib.sha256((new / "ranker.joblib").read_bytes()).hexdigest()},
        }
        while True:
            manifest.pop("signature", None)
            manifest["version"] = version = _next_version(bundles)
            manifest["signature"] = signature_of(folder, manifest)
            (new / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
            try:
                new.rename(bundles / version)
            except OSError:
                if not (bundles / version).exists():
                    raise
            else:
                return version


def _next_version(bundles: Path) -> str:
    """Today's next version; another process may take it meanwhile."""
    today = dt.date.today().strftime("%Y.%m.%d")
    numbers = (p.name.rpartition("-")[2] for p in bundles.glob(f"{today}-*"))
    return f"{today}-{1 + max((int(n) for n in numbers if n.isdigit()), default=0)}"


def use(version: str, folder: Path | None = None) -> None:
    """Make a bundle the current one, atomically.

    Raises
    ------
    BundleError
        When there is no such bundle.
    """
    folder = folder or home()
    if not (folder / "bundles" / version / "manifest.json").is_file():
        raise BundleError(f"bundle {version!r} must exist to be used; 'soapcode train' makes one")
    temporary = folder / f".current-{secrets.token_hex(4)}"
    temporary.write_text(version, encoding="utf-8")
    temporary.replace(folder / "current")


def current(folder: Path | None = None) -> str | None:
    """The version in use, or ``None`` when none was trained yet."""
    path = (folder or home()) / "current"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def load(version: str | None = None, folder: Path | None = None) -> Bundle:
    """Load a bundle after checking signature, hashes, format and library versions.

    Raises
    ------
    BundleError
        In one sentence: what does not hold and what to run.
    """
    folder = folder or home()
    version = version or current(folder)
    if version is None:
        raise UnfitBundleError("no bundle was trained yet; run 'soapcode train'")
    path = folder / "bundles" / version
    try:
        manifest = read_manifest(path / "manifest.json")
        content = (path / "ranker.joblib").read_bytes()
    except (OSError, ValueError) as error:
        raise BundleError(
            f"bundle {version} cannot be read ({type(error).__name__}); run 'soapcode train'"
        ) from error
    if not hmac.compare_digest(str(manifest.get("signature")), signature_of(folder, manifest)):
        raise BundleError(f"bundle {version} was not signed by this installation; run 'soapcode train'")
    if not is_intact(content, manifest):
        raise BundleError(
            f"bundle {version}: ranker.joblib is not the file its manifest was made for; run 'soapcode train'"
        )
    if manifest["format"] != FORMAT:
        raise UnfitBundleError(
            f"bundle {version} has format {manifest['format']}, this version needs {FORMAT}; run 'soapcode train'"
        )
    unfit = [
        n
        for n, v in library_versions().items()
        if manifest["libraries"].get(n, "").split(".")[:2] != v.split(".")[:2]
    ]
    if unfit:
        raise UnfitBundleError(
            f"bundle {version} was made with {unfit[0]} {manifest['libraries'].get(unfit[0])}, "
            f"here is {library_versions()[unfit[0]]}; run 'soapcode train'"
        )
    state = joblib.load(io.BytesIO(content))
    if not is_of_present_names(state):
        raise UnfitBundleError(f"bundle {version} was made for other services or features; run 'soapcode train'")
    return Bundle(version, ranker_of(state), manifest)


def adopt(shipped: Path, folder: Path | None = None) -> str | None:
    """Take over the newest bundle of this corpus and code that came with the installation, under this installation's own key.

    Parameters
    ----------
    shipped : folder of bundles, such as an image has one; nobody but root or the present user may be able to write there.
    folder : where bundles live.

    Returns
    -------
    Its version, now in use; ``None`` when none of them fits.

    Raises
    ------
    BundleError
        When others could have written it, or a file is not the one its manifest was made for.
    """
    folder = folder or home()
    for path in sorted(shipped.glob("*/manifest.json"), key=lambda p: p.parent.name, reverse=True):
        try:
            manifest = read_manifest(path)
        except (OSError, ValueError):
            continue
        if not is_current(manifest):
            continue
        for part in (shipped, path.parent, *path.parent.iterdir()):
            if part.stat().st_uid not in (0, os.getuid()) or part.stat().st_mode & 0o022:
                raise BundleError(f"{part} must be writable by root or by this user alone; run 'soapcode train'")
        content = (path.parent / "ranker.joblib").read_bytes()
        if not is_intact(content, manifest):
            raise BundleError(f"{path.parent} does not hold the file its manifest was made for; run 'soapcode train'")
        version = str(manifest["version"])
        manifest["signature"] = signature_of(folder, manifest)
        new = folder / "bundles" / version
        if not new.exists():
            new.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=new.parent, prefix=".new-") as temporary:
                made = Path(temporary) / version
                made.mkdir()
                (made / "ranker.joblib").write_bytes(content)
                (made / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
                made.rename(new)
        use(version, folder)
        return version
    return None
