"""Longest-match lookup of multi-word phrases in a list of normal forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, zip_longest
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
    """Phrases by their first two words, longest first.

    spaCy's PhraseMatcher would do, but it needs a Doc of our own tokens, and its string store
    would keep the words of every note for the life of the process.

    Parameters
    ----------
    entries : pairs of phrase, or its `phrase_key`, and payload; several payloads may share a phrase.

    Examples
    --------
    >>> index = PhraseIndex([("sit to stand", "sts"), ("stand", "stand")])
    >>> [(a, b, p) for a, b, p in index.find(["sit", "to", "stand", "stand"])]
    [(0, 3, ['sts']), (3, 4, ['stand'])]
    """

    def __init__(self, entries: Iterable[tuple[str | tuple[str, ...], P]]) -> None:
        single: dict[str, list[P]] = {}
        longer: dict[str, dict[tuple[str, ...], list[P]]] = {}
        for phrase, payload in entries:
            key = phrase_key(phrase) if isinstance(phrase, str) else phrase
            if len(key) == 1:
                single.setdefault(key[0], []).append(payload)
            elif key:
                longer.setdefault(f"{key[0]} {key[1]}", {}).setdefault(key[2:], []).append(payload)
        self._single = single
        self._longer = {
            pair: (tuple(sorted({len(rest) for rest in rests}, reverse=True)), rests)
            for pair, rests in longer.items()
        }

    def find(self, norms: Sequence[str], pairs: Sequence[str] | None = None) -> Iterator[tuple[int, int, list[P]]]:
        """Non-overlapping matches from left to right: (first token, end token, payloads)."""
        reach = 0
        for first, end, payloads in self.find_all(norms, pairs):
            if first >= reach:
                reach = end
                yield first, end, payloads

    def find_all(
        self, norms: Sequence[str], pairs: Sequence[str] | None = None
    ) -> Iterator[tuple[int, int, list[P]]]:
        """All matches, overlapping ones too: at each token the longest first.

        Parameters
        ----------
        norms : normal forms of the tokens.
        pairs : ``pairs_of(norms)``, for callers that look the same tokens up in several indices.
        """
        size = len(norms)
        begins = map(self._longer.get, pairs_of(norms) if pairs is None else pairs)
        alone = map(self._single.get, norms)
        for position, (entry, payloads) in enumerate(zip_longest(begins, alone)):
            if entry is not None:
                lengths, rests = entry
                after = position + 2
                for length in lengths:
                    end = after + length
                    if end <= size:
                        found = rests.get(tuple(norms[after:end]))
                        if found is not None:
                            yield position, end, found
            if payloads is not None:
                yield position, position + 1, payloads


def pairs_of(norms: Sequence[str]) -> list[str]:
    """Neighbouring normal forms, as the index keeps them: ``"first second"``."""
    return list(map(" ".join, pairwise(norms)))
