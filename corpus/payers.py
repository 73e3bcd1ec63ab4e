"""Payer profiles: unit rule, code choices, caps, modifiers, demands on the note, cautions; KX amounts by year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from corpus.catalogue import load_catalogue
from corpus.errors import CorpusError, InOwnFile
from corpus.services import load_services
from corpus.tables import DATA, Record, read_tables
from corpus.vocabulary import load_vocabulary

Follows = Literal["binding", "usual", "none"]


class Wanted(Record):
    """Whether the payer wants a kind of modifier: ``yes``, ``no``, or ``ask`` where no source tells."""

    wanted: Literal["yes", "no", "ask"] = "ask"
    source: str = ""


class TimeDemand(Record):
    """What the note must state of time.

    Attributes
    ----------
    demand : ``totals`` (timed and treatment minutes of the day), ``per_code`` (minutes of each timed code),
        ``session_start_stop`` (clock times of the session), ``per_code_start_stop`` (clock times of each code).
    says : one sentence for a person.
    source : where that is written.
    """

    demand: Literal["totals", "per_code", "session_start_stop", "per_code_start_stop"]
    says: str = Field(min_length=10)
    source: str = Field(min_length=3)


class Cap(Record):
    """A most of units a day over all timed codes.

    Attributes
    ----------
    units : the most it pays.
    begins : first day, where it matters.
    where : for whom, in plain words.
    source : where that is written.
    """

    units: int = Field(gt=0)
    begins: dt.date | None = None
    where: str = ""
    source: str = Field(min_length=3)


class PayerCaution(Record):
    """What a person should know of a code or a pair before billing this payer.

    Attributes
    ----------
    codes : any of these codes on the claim calls for it.
    beside : and, where given, any of these too.
    concepts : vocabulary concepts among the evidence that call for it, with any code or with `codes`.
    says : one sentence for a person.
    source : where that is written.
    """

    codes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    says: str = Field(min_length=10)
    source: str = Field(min_length=3)

    @model_validator(mode="after")
    def _has_a_cause(self) -> Self:
        if not self.codes and not self.concepts:
            raise ValueError("a caution must have codes or concepts that call for it")
        return self


class Payer(Record):
    """How one payer wants therapy billed.

    Attributes
    ----------
    id, name : the key callers use, and the name people know.
    unit_rule : ``cms`` (total time) or ``midpoint`` (per code, more than half).
    rule_sure : whether that rule is settled; where it is not, a claim names the other rule's units too.
    unattended_stim : the code it takes for unattended electrical stimulation.
    source : where unit rule and code choice are written.
    bundled : codes it never pays beside other services.
    medicare_status : whether the catalogue's Medicare status of a code applies.
    daily_maxima, pair_edits : whether CMS's daily maxima and pair edits bind, are usually followed, or mean nothing.
    plan_modifier : GP, GO or GN on therapy lines.
    assistant_modifier : CQ or CO where an assistant treated.
    kx : whether the yearly KX threshold applies.
    time : what the note must state of time.
    caps : most timed units a day.
    cautions : by code, pair or concept.
    remarks : what is unsettled about this payer, sentences for a person.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    name: str = Field(min_length=1)
    unit_rule: Literal["cms", "midpoint"]
    rule_sure: bool = False
    unattended_stim: str
    source: str
    bundled: tuple[str, ...] = ()
    medicare_status: bool = False
    daily_maxima: Follows = "usual"
    pair_edits: Follows = "usual"
    plan_modifier: Wanted = Wanted()
    assistant_modifier: Wanted = Wanted()
    kx: bool = False
    time: TimeDemand | None = None
    caps: tuple[Cap, ...] = ()
    cautions: tuple[PayerCaution, ...] = ()
    remarks: tuple[str, ...] = ()

    def code_for(self, code: str) -> str:
        """The code it takes for what a code names: its own of two payer twins.

        Examples
        --------
        >>> [payer_named(name).code_for("97014") for name in ("medicare", "commercial")]
        ['G0283', '97014']
        """
        entry = load_catalogue().get(code)
        return self.unattended_stim if entry is not None and entry.payer_twin == self.unattended_stim else code

    def codes_named(self) -> Iterator[str]:
        """Every code the profile speaks of."""
        yield from self.bundled
        for caution in self.cautions:
            yield from (*caution.codes, *caution.beside)


@cache
def load_payers(path: Path = DATA / "payers.toml", extra: Path | None = None) -> dict[str, Payer]:
    """Payers by id: the shipped ones, and those of the installation's own ``payers.toml`` (`corpus.tables.own_data`) after them.

    Parameters
    ----------
    path : the shipped profiles.
    extra : one more file of payers, laid out like the shipped one.

    Raises
    ------
    CorpusError
        Naming file and line: an id that stands twice (also when a clinic's payer takes a shipped one's), a code
        that is not in the catalogue or, for unattended stimulation, no payer's, or a concept of a clinic's caution that is not in the vocabulary; or the file
        cannot be read.

    Examples
    --------
    >>> load_payers()["medicare"].unattended_stim
    'G0283'
    """
    payers: dict[str, Payer] = {}
    for file in (path, *([extra] if extra is not None else [])):
        for payer, line in read_tables(file, "payer", Payer):
            if payer.id in payers:
                raise CorpusError(file, line, f"a payer must stand once, got {payer.id!r} again")
            if payer.unattended_stim not in _twins():
                known = " or ".join(_twins())
                raise CorpusError(
                    file, line, f"{payer.id}: unattended_stim must be {known}, got {payer.unattended_stim!r}"
                )
            stray = [code for code in payer.codes_named() if code not in load_catalogue()]
            if stray:
                raise CorpusError(file, line, f"{payer.id}: codes must be in the catalogue, got {stray[0]}")
            if isinstance(line, InOwnFile) or file == extra:
                _check_concepts(payer, file, line)
            payers[payer.id] = payer
    return payers


def _twins() -> list[str]:
    """The codes of which payers take one or the other."""
    return [code for service in load_services().values() if service.rule == "payer_twin" for code in service.codes]


def _check_concepts(payer: Payer, file: Path, line: int) -> None:
    """Refuse a caution that no words can ever call for; the shipped ones are held to it by a test."""
    for concept in (concept for caution in payer.cautions for concept in caution.concepts):
        if concept not in load_vocabulary():
            raise CorpusError(file, line, f"{payer.id}: concepts must be in the vocabulary, got {concept!r}")


def payer_named(name: str, extra: Path | None = None) -> Payer:
    """The profile of a payer.

    Raises
    ------
    ValueError
        Naming the payers there are.
    """
    payers = load_payers(extra=extra)
    if name not in payers:
        raise ValueError(f"payer must be one of {', '.join(payers)}, got {name!r}")
    return payers[name]


class Threshold(Record):
    """The KX threshold of one year, per person.

    Attributes
    ----------
    year : calendar year.
    amount : USD; physical therapy and speech-language pathology together, occupational therapy alone.
    review : USD from which medical review may follow.
    source : where that is written.
    """

    year: int = Field(ge=2018)
    amount: int = Field(gt=0)
    review: int = Field(gt=0)
    source: str = Field(min_length=3)


@cache
def load_thresholds(path: Path = DATA / "thresholds.toml") -> dict[int, Threshold]:
    """KX thresholds by year.

    Raises
    ------
    CorpusError
        When a year stands twice.

    Examples
    --------
    >>> load_thresholds()[2026].amount
    2480
    """
    found: dict[int, Threshold] = {}
    for threshold, line in read_tables(path, "threshold", Threshold):
        if threshold.year in found:
            raise CorpusError(path, line, f"a year must stand once, got {threshold.year} again")
        found[threshold.year] = threshold
    return found
