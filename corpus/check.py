"""All loaders over all knowledge files, and the counts they found."""

from __future__ import annotations

from collections import Counter

from corpus.catalogue import load_catalogue
from corpus.cues import load_purposes, load_status_cues
from corpus.errors import CorpusError
from corpus.facts import load_facts
from corpus.headings import load_headings
from corpus.notes import SPLITS, load_notes
from corpus.payers import load_payers
from corpus.services import load_services
from corpus.tables import DATA
from corpus.vocabulary import load_vocabulary


def check_corpus() -> list[str]:
    """Load everything and say what there is, one line a file kind.

    Raises
    ------
    CorpusError
        At the first rule broken: those of the loaders, and: no note id and no voice stands in two
        splits, and every alternate of a concept is in the catalogue.
    """
    catalogue = load_catalogue()
    vocabulary = load_vocabulary()
    for concept in vocabulary.values():
        stray = [code for code in concept.alternates if code not in catalogue]
        if stray:
            raise CorpusError(
                DATA / "vocabulary", None, f"{concept.id}: alternates must be in the catalogue, got {stray[0]}"
            )
    lines = [
        f"codes: {len(catalogue)}",
        f"services: {len(load_services())}",
        f"vocabulary: {len(vocabulary)} concepts, {sum(len(c.surface_forms) for c in vocabulary.values())} surface forms",
        f"headings: {sum(len(h.names) for h in load_headings().values())} names of {len(load_headings())} sections",
        f"status cues: {sum(len(c.phrases) for c in load_status_cues())}",
        f"purposes: {sum(len(p.phrases) for p in load_purposes())}",
        f"facts: {sum(len(f.phrases) for f in load_facts().values())}",
        f"payers: {len(load_payers())}",
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
    return lines
