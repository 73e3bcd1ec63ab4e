"""Labelled notes to and from other labelling tools: Prodigy, Doccano, Label Studio; and soapcode's own lines.

A `Record` is what all of them can say: text, codes of the note, labelled spans, and whether a person accepted it. Offsets are
code points of the record's own text, end-exclusive, line ends as they came. Tools that run in a browser may count
UTF-16 units, or count a CRLF as one; where a tool repeats the words of a span, the words decide which it was, and
where no count fits the words the row is refused.

Reading order: ``record``, ``tools`` (a record in the form of each tool), ``counting`` (how a tool counts places in a text), ``files``.
"""

from __future__ import annotations

from models.exchange.files import read_records, write_records
from models.exchange.record import LabelSpan, Record, record_of, text_id
from models.exchange.tools import FORMATS, Format, from_row, to_row

__all__ = [
    "FORMATS",
    "Format",
    "LabelSpan",
    "Record",
    "from_row",
    "read_records",
    "record_of",
    "text_id",
    "to_row",
    "write_records",
]
