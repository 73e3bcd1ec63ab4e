"""Longest-match lookup of multi-word phrases in a list of normal forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from nlp.text import flatten, normal_form, tokenize

P = TypeVar("P")
_PLAIN = re.compile(r"[A-Za-z]+(?:[ /-][A-Za-z]+)*")


def phrase_key(phrase: str) -> tuple[str, ...]:
    """A phrase as the normal forms it is matched by.

    Examples
    --------
    >>> phrase_key("Sit-to-Stands")
    ('sit', 'to', 'stand')
    """
    if _PLAIN.fullmatch(phrase):
        return tuple(map(normal_form, phrase.replace("-", " ").replace("/", " ").split()))
    return tuple(tokenize(flatten(phrase))[2])


class PhraseIndex(Generic[P]):
    """Phrases by first word, longest first.

    spaCy's PhraseMatcher would do, but it needs a Doc of our own tokens, and its string store
    would keep the words of every note for the life of the process.

    Parameters
    ----------
    entries : pairs of phrase and payload; several payloads may share a phrase.

    Examples
    --------
    >>> index = PhraseIndex([("sit to stand", "sts"), ("stand", "stand")])
    >>> [(a, b, p) for a, b, p in index.find(["sit", "to", "stand", "stand"])]
    [(0, 3, ['sts']), (3, 4, ['stand'])]
    """

    def __init__(self, entries: Iterable[tuple[str, P]]) -> None:
        table: dict[str, dict[tuple[str, ...], list[P]]] = {}
        for phrase, payload in entries:
            key = phrase_key(phrase)
            if key:
                table.setdefault(key[0], {}).setdefault(key[1:], []).append(payload)
        self._table = {
            first: (tuple(sorted({len(rest) for rest in rests}, reverse=True)), rests)
            for first, rests in table.items()
        }

    def find(self, norms: Sequence[str]) -> Iterator[tuple[int, int, list[P]]]:
        """Non-overlapping matches from left to right: (first token, end token, payloads)."""
        reach = 0
        for first, end, payloads in self.find_all(norms):
            if first >= reach:
                reach = end
                yield first, end, payloads

    def find_all(self, norms: Sequence[str]) -> Iterator[tuple[int, int, list[P]]]:
        """All matches, overlapping ones too: at each token the longest first."""
        table = self._table
        size = len(norms)
        for position, norm in enumerate(norms):
            entry = table.get(norm)
            if entry is None:
                continue
            lengths, rests = entry
            after = position + 1
            for length in lengths:
                end = after + length
                if end <= size:
                    payloads = rests.get(tuple(norms[after:end]))
                    if payloads is not None:
                        yield position, end, payloads
