"""How a health record's coverage names its payer, and which payer profile that is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from corpus.errors import CorpusError, InOwnFile
from corpus.payers import load_payers
from corpus.tables import DATA, Record, read_tables


class CoverageRule(Record):
    """One payer as coverages name it.

    Attributes
    ----------
    payer : id of the payer profile.
    codes : codes of ``Coverage.type`` that mean it.
    names : lower-case words of a payer's or plan's display text that mean it.
    source : where the codes are written.
    """

    payer: str
    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    source: str = Field(min_length=3)


@cache
def load_coverage(path: Path = DATA / "coverage.toml") -> tuple[CoverageRule, ...]:
    """The rules in the order in which they are tried; this installation's own before the shipped, which name payers more widely.

    Raises
    ------
    CorpusError
        Naming file and line: a payer without a profile, a rule without codes and names, a name that is not lower-case
        or a code that stands twice.

    Examples
    --------
    >>> load_coverage()[0].payer
    'workers_comp'
    """
    rules: list[CoverageRule] = []
    seen: set[str] = set()
    for rule, line in sorted(
        read_tables(path, "coverage", CoverageRule), key=lambda found: not isinstance(found[1], InOwnFile)
    ):
        if rule.payer not in load_payers():
            raise CorpusError(path, line, f"payer must be one of {', '.join(load_payers())}, got {rule.payer!r}")
        if not rule.codes and not rule.names:
            raise CorpusError(path, line, f"{rule.payer}: codes or names must be given")
        for name in rule.names:
            if name != name.lower():
                raise CorpusError(path, line, f"{rule.payer}: names must be lower-case, got {name!r}")
        for code in rule.codes:
            if code in seen:
                raise CorpusError(path, line, f"{rule.payer}: a code must stand once, got {code!r} again")
            seen.add(code)
        rules.append(rule)
    return tuple(rules)
