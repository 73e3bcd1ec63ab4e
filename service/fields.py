"""Fields of requests that several routes take, and what must hold of a field, said at the field."""

from __future__ import annotations

import datetime as dt
import types
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import Field, StrictStr
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Must:
    """What must hold of a field, for the end of a sentence; said where a kind of mistake has no sentence of its own."""

    says: str


def must_of(field: Any) -> str | None:
    """What must hold of a field or a type, ``None`` where nothing is said of it.

    Examples
    --------
    >>> must_of(Code | None)
    'must be five digits or capital letters'
    """
    if isinstance(field, FieldInfo):
        told: Any = field.metadata
        inner: tuple[Any, ...] = (field.annotation,)
    else:
        told = getattr(field, "__metadata__", ())
        inner = get_args(field) if get_origin(field) in (Union, types.UnionType) else ()
    found = next((one.says for one in told if isinstance(one, Must)), None)
    return found or next((says for one in inner if (says := must_of(one))), None)


NoteText = Annotated[
    StrictStr, Field(min_length=1), Must("must be whole characters, without half of a surrogate pair")
]
Day = Annotated[dt.date | None, Must("must be a date like 2026-11-02")]
CODE_MUST = Must("must be five digits or capital letters")
Code = Annotated[str, Field(pattern=r"^[0-9A-Z]{5}$"), CODE_MUST]
