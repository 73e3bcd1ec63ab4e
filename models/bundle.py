"""Bundles: a trained ranker on disk, loaded only when it is this installation's own and intact.

A bundle is a folder ``<home>/bundles/<version>`` with ``manifest.json`` and ``ranker.joblib``; the file
``<home>/current`` names the one in use. The manifest carries the sha256 of every file and is signed
with this installation's key (``<home>/signing.key``). joblib is a pickle, so nothing is unpickled before
hash and signature hold.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import importlib.metadata
import io
import json
import os
import platform
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

from corpus.learned import LOADERS, learned_files
from corpus.tables import DATA, own_data
from models.blocks import Block
from models.features import NOTE_KINDS, RELATIONS, SERVICES
from models.home import BundleError, UnfitBundleError, home, secret_file
from models.leaning import Leaning
from models.ranker import DECISION, GATE, NOTE, Ranker
from models.vectors import Vectors

FORMAT = 7
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "joblib", "spacy")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded bundle."""

    version: str
    ranker: Ranker
    manifest: dict[str, Any]


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
    "design",
    "features",
    "fitting",
    "groups",
    "leaning",
    "ranker",
    "training",
    "vectors",
)
"""Modules of this package that decide what a feature or a number of a bundle means."""


def code_hash() -> str:
    """sha256 over the sources a bundle rests on: nlp, the loaders of what it learns from, and the ranker's own modules."""
    digest = hashlib.sha256()
    root = Path(__file__).parent.parent
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


def _sign(folder: Path, manifest: Mapping[str, Any]) -> str:
    body = {k: v for k, v in manifest.items() if k != "signature"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(_key(folder), text, hashlib.sha256).hexdigest()


def _written(names: Iterable[str]) -> bytes:
    """Names in their order as one text: reading 190,000 single strings would take most of a start."""
    return "\0".join(names).encode()


def _rows(names: bytes) -> dict[str, int]:
    """Names as `_written`, with the row of each."""
    return {n: row for row, n in enumerate(names.decode().split("\0"))} if names else {}


def _block_state(block: Block) -> dict[str, Any]:
    return {"names": _written(block.names), "scale": block.scale, "factor": block.factor, "padding": block.padding}


def _block(state: Mapping[str, Any]) -> Block:
    return Block(_rows(state["names"]), state["scale"], state["factor"], state["padding"])


_ARRAYS = (
    "content_weights",
    "note_weights",
    "vector_weights",
    "relation_shared",
    "content_bias",
    "delivery_weights",
    "delivery_bias",
    "whole_weights",
    "whole_vector_weights",
    "whole_bias",
    "decision",
    "decision_bias",
    "slope",
    "kind",
    "offset",
    "thresholds",
    "gate",
    "gate_bias",
    "sure_from",
)
_TERMS = (*DECISION, *NOTE, *GATE)


def _state(ranker: Ranker) -> dict[str, Any]:
    """A ranker as plain lists and arrays."""
    return {name: getattr(ranker, name) for name in _ARRAYS} | {
        "content": {name: _block_state(block) for name, block in ranker.content.items()},
        "delivery": {name: _block_state(block) for name, block in ranker.delivery.items()},
        "note": _block_state(ranker.note),
        "whole": _block_state(ranker.whole),
        "leaning": {"names": _written(ranker.leaning.rows), "values": ranker.leaning.values},
        "vectors": {
            "names": _written(ranker.vectors.rows),
            "values": ranker.vectors.values,
            "weights": ranker.vectors.weights,
        },
        "usage": ranker.usage,
        "services": SERVICES,
        "relations": RELATIONS,
        "terms": _TERMS,
        "kinds": NOTE_KINDS,
    }


def ranker_of(state: Mapping[str, Any]) -> Ranker:
    """A ranker from the plain lists and arrays of a bundle."""
    return Ranker(
        leaning=Leaning(_rows(state["leaning"]["names"]), state["leaning"]["values"]),
        vectors=Vectors(_rows(state["vectors"]["names"]), state["vectors"]["values"], state["vectors"]["weights"]),
        content={name: _block(block) for name, block in state["content"].items()},
        delivery={name: _block(block) for name, block in state["delivery"].items()},
        note=_block(state["note"]),
        whole=_block(state["whole"]),
        **{name: state[name] for name in _ARRAYS},
        usage=state["usage"],
    )


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
        joblib.dump(_state(ranker), new / "ranker.joblib")
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
            manifest["signature"] = _sign(folder, manifest)
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


_PARTS = {"version": str, "format": int, "libraries": dict, "metrics": dict, "files": dict}
_VERSION = re.compile(r"\d{4}\.\d\d\.\d\d-\d{1,9}")


def _manifest(path: Path) -> dict[str, Any]:
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
        manifest = _manifest(path / "manifest.json")
        content = (path / "ranker.joblib").read_bytes()
    except (OSError, ValueError) as error:
        raise BundleError(
            f"bundle {version} cannot be read ({type(error).__name__}); run 'soapcode train'"
        ) from error
    if not hmac.compare_digest(str(manifest.get("signature")), _sign(folder, manifest)):
        raise BundleError(f"bundle {version} was not signed by this installation; run 'soapcode train'")
    if hashlib.sha256(content).hexdigest() != manifest["files"].get("ranker.joblib"):
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
    if (
        state["services"] != SERVICES
        or state["terms"] != _TERMS
        or state["relations"] != RELATIONS
        or state["kinds"] != NOTE_KINDS
    ):
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
            manifest = _manifest(path)
        except (OSError, ValueError):
            continue
        if not is_current(manifest):
            continue
        for part in (shipped, path.parent, *path.parent.iterdir()):
            if part.stat().st_uid not in (0, os.getuid()) or part.stat().st_mode & 0o022:
                raise BundleError(f"{part} must be writable by root or by this user alone; run 'soapcode train'")
        content = (path.parent / "ranker.joblib").read_bytes()
        if hashlib.sha256(content).hexdigest() != manifest["files"].get("ranker.joblib"):
            raise BundleError(f"{path.parent} does not hold the file its manifest was made for; run 'soapcode train'")
        version = str(manifest["version"])
        manifest["signature"] = _sign(folder, manifest)
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


def versions(folder: Path | None = None) -> list[dict[str, Any]]:
    """Manifests of all bundles, oldest first; a folder that holds none of that name is passed over."""
    folder = folder or home()
    found = []
    for path in (folder / "bundles").glob("*/manifest.json"):
        if path.parent.name.startswith("."):
            continue
        try:
            manifest = _manifest(path)
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
