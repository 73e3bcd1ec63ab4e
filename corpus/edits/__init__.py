"""CMS procedure-to-procedure edits: the table, its strict loader, and its renewal from the quarterly CMS files.

Reading order: ``table`` (`PtpEdit`, a row, and `EditTable`, looking up), ``read`` (`read_edits`, `load_edits`), ``history`` (what is told of pairs
outside the table). Then the renewal: ``update`` (`update_edits`), ``files`` (the layouts CMS publishes), ``release`` (rows as they come
in), ``days`` (days and quarters as CMS writes them), ``difference`` (what a release changed).

Source of the rules: CMS NCCI Policy Manual ch. 1 and the PTP file layout: column 1 is paid, column 2 denied;
indicator 0 never together, 1 payable with a modifier when truly separate, 9 withdrawn back to its first day.
"""

from __future__ import annotations

from corpus.edits.difference import EditDifference
from corpus.edits.history import load_pair_histories
from corpus.edits.read import load_edits, read_edits
from corpus.edits.table import CODE, COLUMNS, EditTable, PtpEdit
from corpus.edits.update import update_edits

__all__ = [
    "CODE",
    "COLUMNS",
    "EditDifference",
    "EditTable",
    "PtpEdit",
    "load_edits",
    "load_pair_histories",
    "read_edits",
    "update_edits",
]
