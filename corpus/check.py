"""All loaders over all knowledge files, and the counts they found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from corpus.answered import load_answered
from corpus.beside import load_never_beside
from corpus.catalogue import load_catalogue
from corpus.coreset import check_coreset, load_coreset
from corpus.coverage import load_coverage
from corpus.cues import load_purposes, load_status_cues
from corpus.edits import load_edits
from corpus.errors import CorpusError
from corpus.facts import load_facts
from corpus.gaps import load_gap_checks
from corpus.headings import load_headings
from corpus.measures import load_measure_words
from corpus.minutes import load_weights
from corpus.named import load_named
from corpus.notes import SPLITS, LabelledNote, load_notes, read_notes
from corpus.payers import load_payers
from corpus.second import agreement, load_second
from corpus.services import load_services
from corpus.spelling import load_spelling
from corpus.tables import DATA
from corpus.tiers import load_tier_components
from corpus.vocabulary import load_vocabulary


def check_corpus() -> list[str]:
    """Load everything and say what there is, one line a file kind.

    Raises
    ------
    CorpusError
        At the first rule broken: those of the loaders, and: no note id and no voice stands in two
        splits, no note nearly repeats one of another voice, and every alternate of a concept is in the catalogue.
    """
    catalogue = load_catalogue()
    vocabulary = load_vocabulary()
    for concept in vocabulary.values():
        stray = [code for code in concept.alternates if code not in catalogue]
        if stray:
            raise CorpusError(
                DATA / "vocabulary", None, f"{concept.id}: alternates must be in the catalogue, got {stray[0]}"
            )
    spelling = load_spelling()
    lines = [
        f"codes: {len(catalogue)}",
        f"services: {len(load_services())}",
        f"vocabulary: {len(vocabulary)} concepts, {sum(len(c.surface_forms) for c in vocabulary.values())} surface forms",
        f"headings: {sum(len(h.names) for h in load_headings().values())} names of {len(load_headings())} sections",
        f"status cues: {sum(len(c.phrases) for c in load_status_cues())}",
        f"purposes: {sum(len(p.phrases) for p in load_purposes())}",
        f"facts: {sum(len(f.phrases) for f in load_facts().values())}",
        f"payers: {len(load_payers())}",
        f"edits: {len(load_edits().rows)} rows",
        f"documentation checks: {len(load_gap_checks())}",
        f"coverage rules: {len(load_coverage())}",
        f"tier components: {len(load_tier_components())}",
        f"named, no service by itself: {len(load_named())} kinds; never beside others: {len(load_never_beside())} services; "
        f"cautions a note can answer: {len(load_answered())}",
        f"measures: {sum(map(len, load_measure_words().values()))} words in {len(load_measure_words())} classes",
        f"spelling: {len(spelling.words)} words, {len(spelling.slips)} slips, {len(spelling.ordinary)} ordinary words",
        f"minutes: {len(load_weights())} weights, {len(read_notes(DATA / 'minutes.notes'))} rules",
    ]
    owner: dict[str, str] = {}
    for split in SPLITS:
        notes = load_notes(split)
        for note in notes:
            for key in (f"note {note.id}", f"voice {note.voice}"):
                if owner.setdefault(key, split) != split:
                    raise CorpusError(
                        DATA / "notes", None, f"{key} must stand in one split, got {owner[key]} and {split}"
                    )
        codes = Counter(code for note in notes for code in note.codes)
        settings = {note.setting for note in notes}
        empty = sum(not note.codes for note in notes)
        trapped = sum(bool(note.traps) for note in notes)
        lines.append(
            f"{split}: {len(notes)} notes of {len({n.voice for n in notes})} voices, {len(settings)} settings, "
            f"{len(codes)} codes, {empty} with nothing billable, {trapped} with traps"
        )
    lines.append(check_coreset(load_notes("train"), load_coreset()))
    twin = next(near_duplicates(note for split in SPLITS for note in load_notes(split)), None)
    if twin is not None:
        raise CorpusError(
            DATA / "notes", None, f"no note may nearly repeat one of another voice, got {twin[0]} and {twin[1]}"
        )
    everything = [note for split in SPLITS for note in load_notes(split)]
    found = agreement(everything, load_second())
    lines.append(
        f"second labels: {found.notes} of {len(everything)} notes, same codes {found.exact:.1%}, F1 {found.f1:.3f}, "
        f"kappa {found.kappa:.3f}, same minutes {found.minutes:.1%}"
    )
    return lines


_WORD = re.compile(r"[a-z0-9]+")
_SHINGLE = 5


def shingles(text: str) -> frozenset[str]:
    """Runs of five words of a text; the whole text when it is shorter.

    Examples
    --------
    >>> sorted(shingles("Bike 8 min, then SLR 3x10"))
    ['8 min then slr 3x10', 'bike 8 min then slr']
    """
    words = _WORD.findall(text.lower())
    count = max(1, len(words) - _SHINGLE + 1)
    return frozenset(" ".join(words[i : i + _SHINGLE]) for i in range(count))


def near_duplicates(notes: Iterable[LabelledNote], share: float = 0.4) -> Iterator[tuple[str, str]]:
    """Pairs of notes of different voices that have at least ``share`` of the shorter one's runs of words in common."""
    seen: dict[str, list[int]] = {}
    kept: list[tuple[LabelledNote, int]] = []
    for note in notes:
        own = shingles(note.text)
        common: Counter[int] = Counter(other for shingle in own for other in seen.get(shingle, ()))
        for other, count in common.items():
            earlier, size = kept[other]
            if earlier.voice != note.voice and count >= share * min(len(own), size):
                yield earlier.id, note.id
        for shingle in own:
            seen.setdefault(shingle, []).append(len(kept))
        kept.append((note, len(own)))
