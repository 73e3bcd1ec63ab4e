"""Words with one slip of the fingers, read as the word of the knowledge they stand for: "tredmill", "shouder", "trasnfer"."""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import cache

from corpus.spelling import SHORTEST, load_spelling
from nlp.forms import singular


class Speller:
    """Mends words that nobody knows and that one letter (left out, added, exchanged, or two changed places) parts from one that is known.

    The first letter must be right, and the word no beginning of a longer known one ("transf", "interp"). Each known word is kept under itself and under what is left of it without one letter, so that a look-up
    costs as many steps as the word has letters.

    Parameters
    ----------
    words : known words, with how often they stand; of several that fit the commonest is taken.
    slips : misspelt word -> the word it stands for, however far apart.
    ordinary : words that are left as they are.

    Examples
    --------
    >>> mend = Speller({"standing": 9, "sanding": 1}, {"stnaidngi": "standing"}, {"staining"})
    >>> [mend(w) for w in ("stading", "stnading", "staining", "sanding", "stnaidngi", "landing")]
    ['standing', 'standing', 'staining', 'sanding', 'standing', 'landing']
    """

    def __init__(self, words: Mapping[str, int], slips: Mapping[str, str], ordinary: Set[str]) -> None:
        self._words = words
        self._slips = slips
        self._ordinary = ordinary
        self._longest = max(map(len, words), default=0) + 1
        self._begun = {word[:end] for word in words for end in range(SHORTEST, len(word) - 1)}
        self._less_one: dict[str, list[tuple[str, int]]] = {}
        for word in words:
            for place in range(1, len(word)):
                self._less_one.setdefault(word[:place] + word[place + 1 :], []).append((word, place))

    def __call__(self, word: str) -> str:
        """The word meant by a word in small letters, itself where nothing else is."""
        if len(word) < SHORTEST or word in self._words or not word.isalpha():
            return word
        known = self._slips.get(word)
        if known is not None:
            return known
        if word in self._ordinary or word in self._begun or len(word) > self._longest:
            return word
        found = {meant for meant, _ in self._less_one.get(word, ())}
        for place in range(1, len(word)):
            rest = word[:place] + word[place + 1 :]
            if rest in self._words:
                found.add(rest)
            found.update(meant for meant, at in self._less_one.get(rest, ()) if abs(at - place) <= 1)
        return max(sorted(found), key=lambda meant: self._words[meant], default=word)


@cache
def speller() -> Speller:
    """The speller of the knowledge as it stands, for words without their plural's ending.

    Examples
    --------
    >>> [speller()(w) for w in ("tredmill", "excersise", "suitability", "balence")]
    ['treadmill', 'exercise', 'suitability', 'balance']
    """
    spelling = load_spelling()
    words: dict[str, int] = {}
    for word, count in spelling.words.items():
        form = singular(word)
        words[form] = words.get(form, 0) + count
    return Speller(
        words,
        {singular(wrong): singular(meant) for wrong, meant in spelling.slips.items()},
        {singular(word) for word in spelling.ordinary},
    )
