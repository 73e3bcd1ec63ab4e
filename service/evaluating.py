"""Measuring the suggester on labelled notes: the figures, a peer's guesses beside them, the page.

Reading order: `evaluate_notes`, `read_others`, `read_peers`, `write_report`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.notes import LabelledNote, load_notes
from models.baselines import prior_baseline, tfidf_baseline
from models.certainty import limits_of
from models.evaluation import Guess, concept_of
from models.report import Report, make_report, nearest_words, render
from models.robustness import answers_of, robustness_report
from models.suggester import Suggester
from service.files import write_whole

_PRIORS, _TFIDF = "vocabulary priors", "TF-IDF + LR"
_TAKEN = ("soapcode", _PRIORS, _TFIDF)
Said = Callable[[str], None]


def evaluate_notes(
    suggester: Suggester,
    notes: Sequence[LabelledNote],
    source: str,
    *,
    baselines: bool = True,
    peers: Sequence[Path] = (),
    robustness: bool = False,
    seed: int = 0,
    said: Said = lambda _: None,
) -> Report:
    """Measure the suggester on labelled notes, beside the baselines and what other programs said.

    Parameters
    ----------
    source : name of the notes, as shown.
    peers : files of `read_peers`.
    robustness : also measure what `models.robustness` measures, about as long again as four evaluations.
    seed : of bootstrap, noise and left-out forms.
    said : told what is being done.

    Raises
    ------
    ValueError
        When there is no note, an id stands twice, or a peers file does not hold.
    """
    others = read_others(notes, source, peers)
    said("reading notes")
    answers = answers_of(suggester, notes)
    if baselines:
        said("measuring the baselines")
        priors, tfidf = prior_baseline(), tfidf_baseline(load_notes("train"))
        others = {_PRIORS: [priors(n) for n in notes], _TFIDF: [tfidf(n) for n in notes], **others}
    harder = None
    if robustness:
        said("measuring under harder conditions")
        harder = robustness_report(suggester, notes, seed, answers)
    said("resampling")
    return make_report(
        source,
        notes,
        answers,
        limits_of(suggester.ranker.thresholds),
        others,
        lookup=lambda text, code: nearest_words(suggester, text, code),
        robustness=harder,
        warnings=_warnings(notes),
        seed=seed,
    )


def read_others(notes: Sequence[LabelledNote], source: str, peers: Sequence[Path]) -> dict[str, list[Guess]]:
    """What other programs said of the notes, by their names; all of an evaluation's input that can be wrong is checked here.

    Raises
    ------
    ValueError
        As `evaluate_notes`.
    """
    if not notes:
        raise ValueError(f"{source} must hold at least one labelled note, it holds none")
    _check_ids(notes, source)
    others: dict[str, list[Guess]] = {}
    for path in peers:
        name, guesses = _aligned(path, notes)
        if name in others or name in _TAKEN:
            raise ValueError(f"{path.name} must have a name of its own, got {name!r}, which is taken")
        others[name] = guesses
    return others


def _check_ids(notes: Sequence[LabelledNote], source: str) -> None:
    seen: set[str] = set()
    for note in notes:
        if note.id in seen:
            raise ValueError(f"{source} must name every note once, got the id {note.id!r} again")
        seen.add(note.id)


def _warnings(notes: Sequence[LabelledNote]) -> list[str]:
    """Sentences on notes the model has seen: figures on them say nothing of new notes."""
    out = []
    for split, use in (("train", "trained on"), ("validation", "used to choose thresholds")):
        known = {n.text.strip() for n in load_notes(split)}
        number = sum(n.text.strip() in known for n in notes)
        if number:
            out.append(f"{number} of these {len(notes)} notes were {use}: figures on them flatter.")
    return out


Probability = Annotated[float, Field(ge=0, le=1)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    suggested: tuple[str, ...]
    ranked: tuple[str, ...] | None = None
    spans: dict[str, list[tuple[int, int]]] = Field(default_factory=dict)
    minutes: dict[str, int | None] = Field(default_factory=dict)
    probability: dict[str, Probability] = Field(default_factory=dict)


class _Peer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    rows: list[_Row]


def read_peers(path: Path) -> tuple[str, dict[str, Guess]]:
    """What another program said of the notes: its name, and a guess per note id.

    The file is one JSON object: ``name`` and ``rows``, each with ``id``, ``suggested`` and optionally ``ranked`` (else the
    suggested ones in order), ``spans`` (code -> [start, end] pairs, code points), ``minutes`` and ``probability`` by code.

    Raises
    ------
    ValueError
        In one sentence, when it cannot be read, is no such object or names a note twice.
    """
    try:
        peer = _Peer.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ValueError(f"{path.name} must hold a peer's guesses as JSON; {where}: {first['msg']}") from None
    out: dict[str, Guess] = {}
    for row in peer.rows:
        if row.id in out:
            raise ValueError(f"{path.name} must hold one row per note, got {row.id!r} again")
        ranked = row.ranked if row.ranked is not None else row.suggested
        out[row.id] = Guess(
            tuple(dict.fromkeys(map(concept_of, ranked))),
            frozenset(map(concept_of, row.suggested)),
            _by_concept(row.spans),
            _by_concept(row.minutes),
            _by_concept(row.probability),
        )
    return peer.name, out


def _by_concept(values: Mapping[str, Any]) -> dict[str, Any]:
    return {concept_of(code): value for code, value in values.items()}


def _aligned(path: Path, notes: Sequence[LabelledNote]) -> tuple[str, list[Guess]]:
    """A peer's guesses in the notes' order; a note it has no row for counts as left empty, and its name says so."""
    name, found = read_peers(path)
    lacking = sum(n.id not in found for n in notes)
    if lacking == len(notes):
        raise ValueError(f"{path.name} must hold rows for the notes measured, got none for any of {len(notes)}")
    label = f"{name} ({lacking} notes missing)" if lacking else name
    return label, [found.get(n.id, Guess((), frozenset())) for n in notes]


def write_report(report: Report, path: Path) -> None:
    """Write the page, readable by its owner only, whole or not at all.

    Raises
    ------
    ValueError
        When it cannot be written.
    """
    write_whole(path, render(report))
