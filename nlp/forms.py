"""Forms of words."""

from __future__ import annotations


def singular(word: str) -> str:
    """A word in small letters without the ending of a simple plural or of possession.

    Examples
    --------
    >>> [singular(w) for w in ("squats", "stretches", "squeezes", "activities", "orthoses", "press", "us", "patient's")]
    ['squat', 'stretch', 'squeeze', 'activity', 'orthosis', 'press', 'us', 'patient']
    """
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        if word.endswith("ies") and len(word) > 4:
            return word[:-3] + "y"
        if word.endswith(("ches", "shes", "xes", "sses", "zzes")):
            return word[:-2]
        if word.endswith(("theses", "thoses", "gnoses")):
            return word[:-2] + "is"
        return word[:-1]
    return word
