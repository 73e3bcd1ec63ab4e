"""The pair-edit table of this installation: the one CMS's newest release was read into, else the one shipped.

The installation's own lies in ``<home>/edits/ncci.csv``, never in the package; a running service sees a new one at
its next note.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from corpus.edits import EditDifference, EditTable, load_edits, read_edits, update_edits
from models.home import home


class OlderReleaseError(ValueError):
    """A CMS release that is older than the table in use; the message says how to take it all the same."""


class CutOffReleaseError(ValueError):
    """A CMS release that lacks so many edits which stand that it looks cut off; the message says how to take it all the same."""


@dataclass(frozen=True, slots=True)
class TableInUse:
    """The table in use, and where it is from.

    Attributes
    ----------
    table : its rows.
    path : its file; ``None`` for the one shipped.
    overtaken : releases of the shipped table that are newer than all of the installation's own.
    """

    table: EditTable
    path: Path | None
    overtaken: tuple[str, ...] = ()


def own_path(folder: Path | None = None) -> Path:
    """Where the installation's own table lies."""
    return (folder or home()) / "edits" / "ncci.csv"


@lru_cache(maxsize=4)
def _own(path: Path, _changed: int, _size: int) -> EditTable:
    return read_edits(path)


def table_in_use(folder: Path | None = None) -> TableInUse:
    """The installation's own table, or the shipped one where there is none.

    Raises
    ------
    corpus.errors.CorpusError
        Naming file and line, when the installation's own table breaks a rule.
    """
    path = own_path(folder)
    try:
        found = path.stat()
    except OSError:
        return TableInUse(load_edits(), None)
    table = _own(path, found.st_mtime_ns, found.st_size)
    newest = table.releases[-1]
    return TableInUse(table, path, tuple(r for r in load_edits().releases if r > newest))


def renew_edits(
    source: Path, folder: Path | None = None, *, older: bool = False, lacking: bool = False, dry: bool = False
) -> EditDifference:
    """Read a CMS quarterly release and switch to it in one step.

    Parameters
    ----------
    source : as `corpus.edits.update_edits` takes it: text, workbook, zip, or a folder of them.
    folder : where this installation keeps its data.
    older : take a release that is older than the newest of the table in use.
    lacking : take a release that lacks many of the edits that stand (`EditDifference.looks_cut_off`).
    dry : only say what would change.

    Returns
    -------
    The difference to the table in use.

    Raises
    ------
    OlderReleaseError
        When the release is older than the table in use and `older` is not given.
    CutOffReleaseError
        When the release lacks many of the edits that stand, and neither `lacking` nor `dry` is given.
    corpus.errors.CorpusError
        When the release cannot be read or breaks a rule; the table in use stays.
    """
    into = own_path(folder)
    using = table_in_use(folder).table
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=".new-") as beside:
        fresh = Path(beside) / into.name
        found = update_edits(source, fresh, using)
        if found.release < using.releases[-1] and not older:
            raise OlderReleaseError(
                f"{source.name} is of release {found.release}, the table in use of {using.releases[-1]}; "
                f"nothing was changed; --older takes it all the same"
            )
        if found.looks_cut_off and not (lacking or dry):
            raise CutOffReleaseError(
                f"{source.name} has no row of {len(found.missing)} of the {sum(found.expected.values())} edits that stand under its "
                f"column 1 codes, so it looks cut off; nothing was changed; fetch it again, or see --dry-run, and --lacking takes it "
                f"all the same"
            )
        if not dry:
            fresh.replace(into)
    return replace(found, written=into)


def reset_edits(folder: Path | None = None) -> bool:
    """Go back to the shipped table; a running service uses it from the next note on.

    Returns
    -------
    Whether this installation had a table of its own; it is deleted.

    Raises
    ------
    OSError
        When it cannot be deleted; it then stays in use.
    """
    try:
        own_path(folder).unlink()
    except FileNotFoundError:
        return False
    return True
