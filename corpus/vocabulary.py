"""The intervention vocabulary: what therapists call the things they do.

Reading order: `Concept` (one thing), `Context` (what an ambiguous word needs or excludes),
`load_vocabulary` (all files of ``data/vocabulary``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from corpus.errors import CorpusError
from corpus.services import load_services
from corpus.tables import DATA, Record, own_data, paused_collector, read_tables

Kind = Literal[
    "exercise",
    "technique",
    "modality",
    "device",
    "test",
    "task",
    "adl",
    "education",
    "evaluation",
    "program",
    "finding",
    "medical",
]
Scope = Literal["segment", "line", "note"]


class Context(Record):
    """What must, or must not, stand near an ambiguous form for it to mean its concept.

    Attributes
    ----------
    forms : the forms this is about; empty means all of the concept's.
    needs : phrases of which at least one must be near; ``{minutes}``, ``{dose}`` and
        ``{service}`` stand for stated minutes, any dosage, and a service name.
    excludes : phrases of which none may be near.
    within : how far is near.
    """

    forms: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    within: Scope = "line"


class Concept(Record):
    """One intervention, device, test, task or confusable sense, with its surface forms.

    Attributes
    ----------
    id : kebab-case, unique over all files.
    name : plain words for a person.
    kind : what sort of thing it is; ``finding`` and ``medical`` never count as treatment.
    forms : spellings; case, hyphens and plurals are evened out before matching.
    acronyms : spellings that must stand in capitals (any case in a note without lower case).
    misspellings : what fingers and dictation make of the forms.
    priors : service id -> share of its uses, in [0, 1], when nothing else on the line speaks;
        they sum to at most 1, the rest being "no service".
    context : needs and exclusions of ambiguous forms.
    alternates : codes to name as alternates whenever it is delivered.
    covers_cues : whether the words of its forms that are cues elsewhere say nothing of its status ("A skips", "HEP practice").
    caution : a sentence shown with it.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    name: str = Field(min_length=2)
    kind: Kind
    forms: tuple[str, ...] = ()
    acronyms: tuple[str, ...] = ()
    misspellings: tuple[str, ...] = ()
    priors: dict[str, float] = Field(default_factory=dict)
    context: tuple[Context, ...] = ()
    alternates: tuple[str, ...] = ()
    covers_cues: bool = False
    caution: str | None = None

    @property
    def surface_forms(self) -> tuple[str, ...]:
        """Every spelling, acronyms and misspellings included."""
        return self.forms + self.acronyms + self.misspellings

    @property
    def uncoded(self) -> bool:
        """Whether it is a treatment that no service here is: cupping, laser, layered bandages (guide, section 4)."""
        return self.kind in ("technique", "modality") and self.caution is not None and not self.priors


def _check(concept: Concept, path: Path, line: int) -> None:
    if not concept.surface_forms:
        raise CorpusError(path, line, f"{concept.id}: a concept must have at least one form")
    unknown = sorted(set(concept.priors) - set(load_services()))
    if unknown:
        raise CorpusError(path, line, f"{concept.id}: priors must name services of services.toml, got {unknown[0]!r}")
    if any(not 0 <= share <= 1 for share in concept.priors.values()) or (sum(concept.priors.values()) > 1 + 1e-9):
        raise CorpusError(path, line, f"{concept.id}: priors must lie in [0, 1] and sum to at most 1")
    if concept.kind in ("finding", "medical") and concept.priors:
        raise CorpusError(path, line, f"{concept.id}: a {concept.kind} must have no priors")
    known = set(concept.surface_forms)
    for context in concept.context:
        stray = sorted(set(context.forms) - known)
        if stray:
            raise CorpusError(
                path, line, f"{concept.id}: context forms must be forms of the concept, got {stray[0]!r}"
            )
        if not context.needs and not context.excludes:
            raise CorpusError(path, line, f"{concept.id}: a context must need or exclude something")


@cache
def load_vocabulary(folder: Path = DATA / "vocabulary") -> dict[str, Concept]:
    """All concepts by id, over every ``*.toml`` of a folder.

    Raises
    ------
    CorpusError
        Naming file and line: malformed TOML, unknown keys, a repeated id, priors that name no
        service or sum to more than 1, the same unconditional spelling under two concepts.

    Examples
    --------
    >>> load_vocabulary()["treadmill"].kind
    'exercise'
    """
    with paused_collector():
        return _read_all(folder)


def _files(folder: Path) -> list[Path]:
    """The folder's files in name order, then those this installation adds under names of its own."""
    shipped = sorted(folder.glob("*.toml"))
    own = own_data()
    if own is None or folder != DATA / "vocabulary":
        return shipped
    names = {path.name for path in shipped}
    return shipped + sorted(p for p in (own / "vocabulary").glob("*.toml") if p.name not in names)


def _read_all(folder: Path) -> dict[str, Concept]:
    concepts: dict[str, Concept] = {}
    owner: dict[str, str] = {}
    for path in _files(folder):
        for concept, line in read_tables(path, "concept", Concept):
            if concept.id in concepts:
                raise CorpusError(path, line, f"a concept id must stand once, got {concept.id!r} again")
            _check(concept, path, line)
            concepts[concept.id] = concept
            acronyms = frozenset(concept.acronyms)
            conditional = {form for context in concept.context for form in context.forms}
            if any(not context.forms for context in concept.context):
                conditional = set(concept.surface_forms)
            for form in concept.surface_forms:
                if form in conditional:
                    continue
                key = form if form in acronyms else form.lower()
                first = owner.setdefault(key, concept.id)
                if first != concept.id:
                    raise CorpusError(
                        path, line, f"{form!r} must stand under one concept, got {first!r} and {concept.id!r}"
                    )
    return concepts
