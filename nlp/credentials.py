"""Runs of letters behind a name: "Ann Lee, PT, DPT, OCS"; there "PT" is no patient and "SCS" no technique."""

from __future__ import annotations

from functools import cache

from corpus.facts import load_facts
from corpus.tables import DATA
from nlp.phrases import phrase_key
from nlp.text import NoteText

_DISCIPLINES = ("pt_credential", "ot_credential", "slp_credential", "pta_credential", "cota_credential")
_PLAIN = frozenset({"pt", "ot", "slp"})
PATIENT = frozenset({"pt"})
"""Letters that are a word of other meaning wherever they stand alone."""
_BETWEEN = frozenset({",", "/"})
_LICENSED = frozenset({"l"})


@cache
def _letters(*labels: str) -> frozenset[str]:
    staff = load_facts(DATA / "staff.toml")
    keys = (phrase_key(phrase) for label in labels for phrase in staff[label].phrases)
    return frozenset(key[0] for key in keys if len(key) == 1)


def credential_runs(note: NoteText) -> list[tuple[int, int]]:
    """Token ranges of two or more credentials in a row, one of them of a therapist or assistant; "PT, OT" alone names two services.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("SCS to R piriformis. Continue PT, OT. Ann Lee, PT, DPT, OCS")
    >>> [note.text[note.starts[a] : note.ends[b - 1]] for a, b in credential_runs(note)]
    ['PT, DPT, OCS']
    """
    own, every = _letters(*_DISCIPLINES), _letters(*_DISCIPLINES, "other_credential")
    behind = every | _LICENSED
    norms = note.norms
    out: list[tuple[int, int]] = []
    first = 0
    while first < len(norms):
        if norms[first] not in every:
            first += 1
            continue
        found = [norms[first]]
        end = first + 1
        while end < len(norms):
            follow = end + (norms[end] in _BETWEEN)
            if follow >= len(norms) or norms[follow] not in behind:
                break
            found.append(norms[follow])
            end = follow + 1
        if len(found) > 1 and not own.isdisjoint(found) and not _PLAIN.issuperset({*found} - _LICENSED):
            out.append((first, end))
        first = end
    return out
