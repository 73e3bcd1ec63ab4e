"""Billed codes of a row, with what is stated of them: units, minutes, words of the note.

Reading order: `parse_codes` (a cell), `BilledCodes` and `billed_codes` (the codes field in its forms), `state_units` (the units field).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.clinic.billed import NoCodeError, written_codes
from models.clinic.cells import json_cell, whole_minutes, whole_units
from models.clinic.notes import RowError


def parse_codes(cell: str) -> dict[str, int | None]:
    """Codes in the order written, with units where stated; a code written twice has its units added.

    Raises
    ------
    RowError
        When something in the cell is no code, or there is nothing in it.

    Examples
    --------
    >>> parse_codes("97110x2, 97140-GP:1 g0283")
    {'97110': 2, '97140': 1, 'G0283': None}
    >>> parse_codes("none")
    {}
    """
    found: dict[str, int | None] = {}
    try:
        for written in written_codes(cell):
            _add(found, written.code, None if written.units is None else whole_units(written.units))
    except NoCodeError as error:
        raise RowError(
            f"codes must be billing codes, each perhaps with :UNITS, got {_shown(error.word.upper())}"
        ) from None
    if not found and cell.strip().upper() != "NONE":
        raise RowError("codes must list what was billed, or say 'none'")
    return found


def _add(found: dict[str, int | None], code: str, units: int | None) -> None:
    before = found.get(code)
    found[code] = units if before is None else before + (units or 0)


def _shown(token: str) -> str:
    """A word of the codes cell, if it can hardly be one of a note; else only its length."""
    if re.fullmatch(r"(?=(?:.*\d){3})[0-9A-Z]{4,6}", token):
        return repr(token)
    return f"a word of {len(token)} characters"


@dataclass(slots=True)
class BilledCodes:
    """What the codes field says."""

    units: dict[str, int | None] = field(default_factory=dict)
    minutes: dict[str, int] = field(default_factory=dict)
    quotes: list[tuple[str, str]] = field(default_factory=list)


def billed_codes(value: Any) -> BilledCodes:
    """Read the codes field: a text, a list of codes or objects, or code to units.

    Raises
    ------
    RowError
        When it is none of these, or something in it does not hold.
    """
    out = BilledCodes()
    if isinstance(value, str):
        out.units = parse_codes(value)
        return out
    if isinstance(value, Mapping):
        value = [{"code": code, "units": units} for code, units in value.items()]
    if not isinstance(value, list):
        raise RowError("codes must be a text or a list")
    for item in value:
        entry = {"code": item} if isinstance(item, str) else item
        if not isinstance(entry, Mapping) or not isinstance(entry.get("code"), str):
            raise RowError("each of the codes must be a text or an object with 'code'")
        for code, units in parse_codes(entry["code"]).items():
            stated = entry.get("units")
            _add(out.units, code, units if stated is None else whole_units(stated))
            if entry.get("minutes") is not None:
                out.minutes[code] = out.minutes.get(code, 0) + whole_minutes(entry["minutes"])
            out.quotes.extend((code, quote) for quote in _quotes(entry.get("evidence")))
    return out


def _quotes(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(quote, str) and quote.strip() for quote in value):
        raise RowError("evidence of a code must be a list of texts")
    return value


def state_units(value: Any, billed: BilledCodes) -> None:
    """Fill in the units field.

    Raises
    ------
    RowError
        When its units are not those of the billed codes, or no whole numbers.
    """
    if value is None or value == "":
        return
    codes = list(billed.units)
    if isinstance(value, str):
        value = json_cell(value) if value.lstrip()[:1] in "{[" else re.split(r"[\s,;|]+", value.strip())
    if isinstance(value, list) and value and all(isinstance(v, str) and len(v) >= 5 for v in value):
        value = {code: n for item in value for code, n in parse_codes(item).items()}
    if isinstance(value, Mapping):
        value = {str(code).strip().upper(): n for code, n in value.items()}
        if not set(value) <= set(codes):
            raise RowError("units must be of codes that were billed")
        billed.units.update({code: whole_units(n) for code, n in value.items()})
        return
    numbers = value if isinstance(value, list) else [value]
    if len(numbers) != len(codes):
        raise RowError(f"units must be one number a code, got {len(numbers)} for {len(codes)} codes")
    billed.units.update(zip(codes, map(whole_units, numbers), strict=True))
