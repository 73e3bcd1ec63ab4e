"""What a bundle learns from: the knowledge files and the loaders that decide its words, labels and features.

Anything else here (payers, thresholds, pair edits, documentation checks, ...) is asked when a note is answered. A change of it leaves
bundles fit; a change of what stands here makes an installation train anew, and it loses what it learned from billed notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FILES = (
    "coreset.csv",
    "facts.toml",
    "headings.toml",
    "measures.toml",
    "ordinary.txt",
    "purposes.toml",
    "services.toml",
    "slips.txt",
    "staff.toml",
    "status.toml",
)
FOLDERS = ("notes/test", "notes/train", "vocabulary")
"""The notes of the test split are not learned from, but the figures a bundle carries are measured on them."""
LOADERS = (
    "code_form",
    "coreset",
    "cues",
    "facts",
    "headings",
    "measures",
    "notes",
    "services",
    "spelling",
    "tables",
    "vocabulary",
)
"""Modules of this package."""


def learned_files(root: Path) -> Iterator[Path]:
    """The files of a folder of knowledge that a bundle learns from, by name; those that are not there are left out."""
    for name in FILES:
        if (root / name).is_file():
            yield root / name
    for name in FOLDERS:
        yield from sorted(path for path in (root / name).rglob("*") if path.is_file())
