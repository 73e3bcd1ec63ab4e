"""The checks that words decide."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.gaps import GapCheck
from models.gaps.items import Finding, Supported
from models.gaps.view import View


def by_words(check: GapCheck, items: Sequence[Supported], view: View) -> list[Finding]:
    """A check that words decide; one finding for each code, or one for all that lack them.

    It rests on the words that raised it; where none do, on those of its codes, if what is missing belongs beside them.
    """
    groups = [(item,) for item in items] if check.each else [tuple(items)]
    is_raised = bool(check.when or check.when_patterns)
    out = []
    for group in groups:
        raised = view.raised_by(check, view.scope(check.when_in, group)) if is_raised else []
        if is_raised and not raised:
            continue
        if check.absent and view.settles(check, view.scope(check.words_in, group)):
            continue
        codes = tuple(item.code for item in group)
        beside = (
            tuple(span for item in group for span in item.spans) if check.each or check.words_in == "lines" else ()
        )
        out.append(Finding(codes, tuple(raised) or beside))
    return out
