"""The code catalogue: every billing code soapcode knows, with the facts a claim rests on.

Names and descriptions are this project's own; CPT descriptors are the AMA's and are not stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from corpus.errors import CorpusError
from corpus.services import Rule, Service, load_services, service_of_code
from corpus.tables import DATA, Record, read_tables


class Code(Record):
    """One billing code.

    Attributes
    ----------
    code, name, description : the code, this project's name for it, and one or two sentences.
    role : ``service`` can be suggested, ``alternate`` is only named beside one, ``reference`` is known
        for edits and explanations, ``deleted`` is never named on a claim.
    timed : billed by time.
    unit_minutes : minutes in one unit of a timed code.
    unit_area : sq cm of wound in one unit.
    least_days : fewest days of data in a monitoring period that it is billed for.
    least_muscles : fewest muscles needled that it is billed for.
    attendance : who must be there, in plain words.
    disciplines : who bills it.
    daily_max : units a day by the CMS practitioner MUE; 0 = Medicare pays none; absent = not listed.
    mai : MUE adjudication indicator (2 policy, 3 clinical).
    medicare : status under Medicare.
    therapy : on the "always" or "sometimes" therapy list.
    payer_twin : the code another payer wants for the same service.
    later_twin : the code of a later encounter, of that of the first one.
    add_on_of : the base code an add-on needs.
    alternates : codes a careful coder may weigh instead.
    begins, ends : first and last day of validity where it matters.
    source : where the facts are from.
    """

    code: str = Field(pattern=r"^[0-9A-Z]\d{3}[0-9A-Z]$")
    name: str = Field(min_length=3)
    description: str = Field(min_length=10)
    role: Literal["service", "alternate", "reference", "deleted"]
    timed: bool = False
    unit_minutes: int | None = Field(default=None, gt=0)
    unit_area: int | None = Field(default=None, gt=0)
    least_days: int | None = Field(default=None, gt=0)
    least_muscles: int | None = Field(default=None, gt=0)
    attendance: str = ""
    disciplines: tuple[str, ...] = ()
    daily_max: int | None = Field(default=None, ge=0)
    mai: Literal[1, 2, 3] | None = None
    medicare: Literal["active", "bundled", "not valid", "not covered", "restricted", "carrier-priced", "unknown"]
    therapy: Literal["always", "sometimes", "no"] = "no"
    payer_twin: str | None = None
    later_twin: str | None = None
    add_on_of: str | None = None
    alternates: tuple[str, ...] = ()
    begins: dt.date | None = None
    ends: dt.date | None = None
    source: str = Field(min_length=3)

    def has_begun(self, date: dt.date | None) -> bool:
        """Whether it is known on a day already; yes where no day is told."""
        return date is None or self.begins is None or date >= self.begins


_AMOUNTS: dict[Rule, Literal["unit_minutes", "unit_area", "least_days", "least_muscles"]] = {
    "base_and_add_on": "unit_minutes",
    "month_minutes": "unit_minutes",
    "area": "unit_area",
    "device_days": "least_days",
    "muscle_count": "least_muscles",
}
"""What a rule of ``services.toml`` picks a code by."""


@cache
def load_catalogue(path: Path = DATA / "codes.toml") -> dict[str, Code]:
    """All codes, in file order.

    Raises
    ------
    CorpusError
        Naming file and line: a repeated code, a timed code without unit minutes, a twin, base or
        alternate that is not in the catalogue, a payer twin that does not name the code too, a service of
        ``services.toml`` whose code is missing or lacks what the service's rule picks by.

    Examples
    --------
    >>> load_catalogue()["97110"].unit_minutes
    15
    """
    codes: dict[str, Code] = {}
    lines: dict[str, int] = {}
    for code, line in read_tables(path, "code", Code):
        if code.code in codes:
            raise CorpusError(path, line, f"a code must stand once, got {code.code} again")
        if code.timed != (code.unit_minutes is not None):
            raise CorpusError(path, line, f"{code.code}: timed codes, and only they, must have unit_minutes")
        codes[code.code] = code
        lines[code.code] = line
    for code in codes.values():
        named = (code.payer_twin, code.later_twin, code.add_on_of, *code.alternates)
        for other in named:
            if other is not None and other not in codes:
                raise CorpusError(path, lines[code.code], f"{code.code}: must name codes of this file, got {other}")
        if code.payer_twin is not None and codes[code.payer_twin].payer_twin != code.code:
            raise CorpusError(path, lines[code.code], f"payer twins must name each other, got {code.code} alone")
    for needed in service_of_code():
        if needed not in codes or codes[needed].role != "service":
            raise CorpusError(path, None, f"every code of services.toml must have role 'service', missing {needed}")
    for service in load_services().values():
        for name, lack in _lacking(service, codes):
            raise CorpusError(
                path, lines[name], f"{name}: a code of a service with rule {service.rule!r} must have {lack}"
            )
    return codes


def _lacking(service: Service, codes: Mapping[str, Code]) -> Iterator[tuple[str, str]]:
    """The codes of a service that lack what its rule picks by, and what that is."""
    amount = _AMOUNTS.get(service.rule)
    if amount is not None:
        yield from ((name, amount) for name in service.codes if getattr(codes[name], amount) is None)
    if service.rule == "encounter":
        first, *later = service.codes
        if [codes[first].later_twin] != later:
            yield first, f"the other, {' or '.join(later)}, as later_twin"


def first_of_twins(code: str) -> str:
    """One name for a code and its payer twin: the first of both, in the order of characters; a code without one, known or not, is itself.

    Examples
    --------
    >>> [first_of_twins(code) for code in ("G0283", "97014", "97110", "99999")]
    ['97014', '97014', '97110', '99999']
    """
    entry = load_catalogue().get(code)
    return min(code, entry.payer_twin) if entry is not None and entry.payer_twin else code
