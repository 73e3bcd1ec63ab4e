"""Services: what the ranker decides on, and which codes each can become."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from corpus.errors import CorpusError
from corpus.tables import DATA, Record, read_tables

Rule = Literal[
    "single",
    "payer_twin",
    "attendance",
    "encounter",
    "tier",
    "muscle_count",
    "base_and_add_on",
    "area",
    "device_days",
    "month_minutes",
]


Sort = Literal["treatment", "modality", "whole", "by_the_hour", "evaluation", "by_days", "monitoring"]


class Service(Record):
    """One thing a therapist can deliver and bill.

    Attributes
    ----------
    id : the name used in priors, features and bundles.
    name : plain words for a person.
    codes : the billing codes it can become, the default first.
    sort : what kind of thing it is, and so how its time is told: work with the patient (``treatment``), applied at rest (``modality``), a
        programme that takes its session whole (``whole``) or lasts hours (``by_the_hour``), an evaluation, or remote monitoring, billed
        by days of data (``by_days``) or else (``monitoring``).
    rule : how one of them is picked from stated facts.
    names : what writers call it in a heading or beside minutes; case is ignored.
    acronyms : short forms, matched in capitals or where a heading stands.
    called_in_lists : more words for it beside the times of a list, in lower case, in which they are too common to be names elsewhere.
    glued : those of its words, in lower case, to which writers glue a number of minutes ("te18").
    hints : words, in lower case, that tell that a code which several services share is its.
    yields_to : services beside which, in the same sentences or on the same regions of the body, it is only an alternate.
    rivals : services that the same words can stand for only instead of it: the surer one is suggested.
    never_with : services of which one visit has only one, whatever their words: the surer is suggested (an evaluation or a re-evaluation).
    part_of : services whose work includes it, under their name and in their sentences, unless it has a name or a time of its own.
    coded_within : services of which a heading with the writer's own code takes in its work (guide section 2).
    named_within : services whose name over a list takes in what could be either ("Ther ex: SLR, sit to stand 3x10"; guide sections 2 and 4).
    replaces : services that it stands in place of where the same words tell of several people together (guide section 3: group therapy
        replaces the one-on-one code for those minutes).
    needs : words of which a note must have one for it to be suggested, or a name or code of it; none are asked where empty.
    """

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    name: str = Field(min_length=3)
    codes: tuple[str, ...] = Field(min_length=1)
    sort: Sort
    rule: Rule
    names: tuple[str, ...] = ()
    acronyms: tuple[str, ...] = ()
    called_in_lists: tuple[str, ...] = ()
    glued: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    yields_to: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    never_with: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    coded_within: tuple[str, ...] = ()
    named_within: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def is_evaluation(self) -> bool:
        """Whether it is an evaluation or a re-evaluation."""
        return self.sort == "evaluation"

    @property
    def is_monitoring(self) -> bool:
        """Whether it is remote monitoring, which no session has to be held for."""
        return self.sort in ("by_days", "monitoring")


@cache
def load_services(path: Path = DATA / "services.toml") -> dict[str, Service]:
    """All services by id, in file order.

    Raises
    ------
    CorpusError
        When an id stands twice, a rule of one code has several or a rule of several has one, a word is not as its key asks, hints are
        given for a service that shares no code, or a service is named that is not there.

    Examples
    --------
    >>> load_services()["gait"].codes
    ('97116',)
    """
    services: dict[str, Service] = {}
    tables = read_tables(path, "service", Service)
    for service, line in tables:
        if service.id in services:
            raise CorpusError(path, line, f"a service id must stand once, got {service.id!r} again")
        if (service.rule in ("single", "attendance")) != (len(service.codes) == 1):
            wanted = "exactly one code" if len(service.codes) > 1 else "several codes"
            raise CorpusError(path, line, f"rule {service.rule!r} goes with {wanted}, got {len(service.codes)}")
        _check_words(service, path, line)
        services[service.id] = service
    billed = Counter(code for service in services.values() for code in service.codes)
    for service, line in tables:
        for key, named in (
            ("yields_to", service.yields_to),
            ("rivals", service.rivals),
            ("never_with", service.never_with),
            ("part_of", service.part_of),
            ("coded_within", service.coded_within),
            ("named_within", service.named_within),
            ("replaces", service.replaces),
        ):
            stray = sorted(set(named) - set(services))
            if stray:
                raise CorpusError(path, line, f"{key} must name services of this file, got {stray[0]!r}")
        if service.hints and all(billed[code] == 1 for code in service.codes):
            raise CorpusError(
                path, line, f"{service.id}: hints must stand where a code is shared with another service"
            )
    return services


def _check_words(service: Service, path: Path, line: int) -> None:
    """Refuse words that are not lower case, stand twice, or, of those glued to a number, are none of the service's own."""
    for key, words in (
        ("called_in_lists", service.called_in_lists),
        ("glued", service.glued),
        ("hints", service.hints),
    ):
        for word in words:
            if not word or " ".join(word.lower().split()) != word or words.count(word) > 1:
                raise CorpusError(path, line, f"{key}: a word must be in lower case and stand once, got {word!r}")
    own = {name.lower() for name in (*service.names, *service.acronyms, *service.called_in_lists)}
    stray = next((word for word in service.glued if word not in own), None)
    if stray is not None:
        raise CorpusError(
            path,
            line,
            f"glued: a word must be a name or an acronym of the service or stand in called_in_lists, got {stray!r}",
        )


@cache
def evaluations() -> tuple[str, ...]:
    """The services that are evaluations or re-evaluations, in file order.

    Examples
    --------
    >>> evaluations()
    ('pt_eval', 'pt_reeval', 'ot_eval', 'ot_reeval')
    """
    return tuple(name for name, service in load_services().items() if service.is_evaluation)


@cache
def service_of_code() -> dict[str, tuple[str, ...]]:
    """The services each code can stand for, most usual first.

    Examples
    --------
    >>> service_of_code()["97763"]
    ('prosthetic', 'orthotic')
    """
    found: dict[str, list[str]] = {}
    for service in load_services().values():
        for code in service.codes:
            found.setdefault(code, []).append(service.id)
    return {code: tuple(ids) for code, ids in found.items()}
