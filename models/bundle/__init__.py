"""Bundles: a trained ranker on disk, loaded only when it is this installation's own and intact.

A bundle is a folder ``<home>/bundles/<version>`` with ``manifest.json`` and ``ranker.joblib``; the file
``<home>/current`` names the one in use. The manifest carries the sha256 of every file and is signed
with this installation's key (``<home>/signing.key``). joblib is a pickle, so nothing is unpickled before
hash and signature hold.

Reading order: ``files`` (`save`, `load`, `use`, `adopt`), ``state`` (what is written), ``integrity`` (what is checked), ``shelf`` (several
bundles beside each other).
"""

from __future__ import annotations

from models.bundle.files import Bundle, adopt, current, load, save, use
from models.bundle.integrity import code_hash, corpus_hash, is_current, library_versions
from models.bundle.shelf import previous, remove, rollback, sweep, switch, versions
from models.bundle.state import ranker_of

__all__ = [
    "Bundle",
    "adopt",
    "code_hash",
    "corpus_hash",
    "current",
    "is_current",
    "library_versions",
    "load",
    "previous",
    "ranker_of",
    "remove",
    "rollback",
    "save",
    "sweep",
    "switch",
    "use",
    "versions",
]
