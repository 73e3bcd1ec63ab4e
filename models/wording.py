"""Numbers, lists and days as sentences say them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def listed(names: Sequence[str]) -> str:
    """Names for a sentence, at least one.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def minutes_in_words(number: int) -> str:
    """A number of minutes in a sentence.

    Examples
    --------
    >>> minutes_in_words(1), minutes_in_words(8)
    ('1 minute', '8 minutes')
    """
    return f"{number} minute{'' if number == 1 else 's'}"


def units_in_words(number: int) -> str:
    """A number of units that someone writes or bills.

    Examples
    --------
    >>> units_in_words(0), units_in_words(1), units_in_words(2)
    ('0 units', '1 unit', '2 units')
    """
    return f"{number} unit{'' if number == 1 else 's'}"


def earned(number: int) -> str:
    """A number of units that minutes earn, which may be none.

    Examples
    --------
    >>> earned(0), earned(2)
    ('no unit', '2 units')
    """
    return units_in_words(number) if number else "no unit"


def day_in_words(date: dt.date) -> str:
    """A day as a person writes it.

    Examples
    --------
    >>> day_in_words(dt.date(2020, 10, 1))
    '1 October 2020'
    """
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"
