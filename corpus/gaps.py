"""Documentation checks: what a note has to say for its codes to stand, by which rule, and which words say it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Formatter
from typing import Literal, Self

from pydantic import Field, model_validator

from corpus.errors import CorpusError
from corpus.services import load_services
from corpus.tables import DATA, Record, check_patterns, read_tables

Severity = Literal["error", "warning", "info"]
Scope = Literal["note", "lines"]
Computed = Literal[
    "total_missing",
    "timed_missing",
    "timed_unstated",
    "minutes_missing",
    "minutes_shared",
    "timed_exceeds_total",
    "codes_against_timed",
    "codes_exceed_total",
    "start_stop_missing",
    "date_missing",
    "area_missing",
    "encounter_unknown",
    "muscles_missing",
    "days_missing",
    "month_minutes_missing",
    "report_overdue",
    "tier_held",
    "tier_conflict",
    "tier_unshown",
]
PLACES = frozenset({"codes", "words", "stated", "shared", "total", "timed", "payer", "why", "needs"})


class GapCheck(Record):
    """One check. It is raised where a suggested code calls for it, `when` stands (if given), and `words` do not.

    Attributes
    ----------
    id : its name.
    severity : ``error`` the line does not stand by the rule, ``warning`` a reviewer will ask, ``info`` worth a look.
    elsewhere : the severity where Medicare's own rules do not bind the payer; the same where not given.
    caution : whether what it finds is also a caution of its code.
    services : any of these, suggested, calls for it; all services where none is named.
    beside : and, where given, any of these too.
    assistant : only where an assistant treated.
    each : one finding for each code; else one for all of them.
    computed : the comparison in `models.gaps` that decides instead of `when` and `words`.
    when, when_patterns : phrases and regular expressions that must stand.
    stems : pieces of words in lower case, without all of which `when_patterns` cannot match; they save time.
    words, patterns, measures, purposes : phrases, regular expressions, kinds of measure (`nlp.note.Measure`) and
        stated purposes, any of which settles the check.
    unless_section : section names of ``headings.toml`` under which words do not settle it.
    unless_planned : whether words for the next visit ("expect less pain") do not settle it.
    unless_negated : whether words that are denied ("no report written", "report pending") do not settle it.
    unless_near : regular expressions; words that a match overlaps, within their clause, do not settle it.
    when_in, words_in : where they are looked for: the whole note, or the lines the code rests on.
    says : one sentence for a person; ``{codes}`` and the other names of `PLACES` are filled in.
    absent : what was looked for and not found, in plain words; empty where words raise it.
    rule : what is demanded, one sentence.
    source, dated : where that is written, and of when it is.
    grade : A CMS's or a MAC's own, B professional body or payer page, C trade page, M general knowledge.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    severity: Severity
    elsewhere: Severity | None = None
    caution: bool = False
    services: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    assistant: bool = False
    each: bool = False
    computed: Computed | None = None
    when: tuple[str, ...] = ()
    when_patterns: tuple[str, ...] = ()
    stems: tuple[str, ...] = ()
    when_in: Scope = "note"
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    purposes: bool = False
    unless_section: tuple[str, ...] = ()
    unless_planned: bool = False
    unless_negated: bool = False
    unless_near: tuple[str, ...] = ()
    words_in: Scope = "note"
    says: str = Field(min_length=20, pattern=r"\.$")
    absent: str = ""
    rule: str = Field(min_length=20, pattern=r"\.$")
    source: str = Field(min_length=3)
    dated: str = Field(pattern=r"\d{4}")
    grade: Literal["A", "B", "C", "M"]

    @model_validator(mode="after")
    def _can_be_raised(self) -> Self:
        if not (self.computed or self.when or self.when_patterns or self.absent):
            raise ValueError("a check must be computed, have words that raise it, or name what is absent")
        if self.absent and not (self.computed or self.words or self.patterns or self.measures or self.purposes):
            raise ValueError("a check of absence must have what settles it")
        strange = {name for _, name, _, _ in Formatter().parse(self.says) if name} - PLACES
        if strange:
            raise ValueError(f"says may fill in {', '.join(sorted(PLACES))}, got {sorted(strange)[0]!r}")
        check_patterns((*self.when_patterns, *self.patterns, *self.unless_near))
        return self


@cache
def load_gap_checks(path: Path = DATA / "gaps.toml") -> dict[str, GapCheck]:
    """All checks by id, in file order.

    Raises
    ------
    CorpusError
        Naming file and line: an id that stands twice, or a service that ``services.toml`` does not know.

    Examples
    --------
    >>> load_gap_checks()["total-minutes-missing"].severity
    'error'
    """
    checks: dict[str, GapCheck] = {}
    for check, line in read_tables(path, "gap", GapCheck):
        if check.id in checks:
            raise CorpusError(path, line, f"a check must stand once, got {check.id!r} again")
        stray = [s for s in (*check.services, *check.beside) if s not in load_services()]
        if stray:
            raise CorpusError(path, line, f"{check.id}: services must be those of services.toml, got {stray[0]!r}")
        checks[check.id] = check
    return checks
