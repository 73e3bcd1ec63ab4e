"""Services that never stand beside others of the same visit."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from corpus.errors import CorpusError
from corpus.services import load_services
from corpus.tables import DATA, Record, read_tables


class NeverBeside(Record):
    """A service that is not suggested where any of others is.

    Attributes
    ----------
    service : it, of ``services.toml``.
    never : the others, of ``services.toml``.
    says : a sentence for a person; ``{other}`` is the name of the one that stands.
    source, dated : where that is written, and of when it is.
    """

    service: str
    never: tuple[str, ...] = Field(min_length=1)
    says: str = Field(min_length=20, pattern=r"\.$")
    source: str = Field(min_length=3)
    dated: str = Field(pattern=r"\d{4}")


@cache
def load_never_beside(path: Path = DATA / "beside.toml") -> dict[str, NeverBeside]:
    """The rules by service, in file order.

    Raises
    ------
    CorpusError
        Naming file and line: a service that stands twice, or one that ``services.toml`` does not have.

    Examples
    --------
    >>> "pt_eval" in load_never_beside()["performance_test"].never
    True
    """
    out: dict[str, NeverBeside] = {}
    for rule, line in read_tables(path, "beside", NeverBeside):
        stray = next((s for s in (rule.service, *rule.never) if s not in load_services()), None)
        if stray is not None:
            raise CorpusError(path, line, f"services must be of services.toml, got {stray!r}")
        if rule.service in out:
            raise CorpusError(path, line, f"a service must stand once, got {rule.service!r} again")
        out[rule.service] = rule
    return out
