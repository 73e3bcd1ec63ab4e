"""Rows in runs: for each row, what the other rows of its run hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Groups:
    """Consecutive rows with equal numbers: the segments of one sentence, one line, one note.

    Parameters
    ----------
    numbers : (rows,) running numbers; equal ones stand together.

    Examples
    --------
    >>> groups = Groups(np.array([0, 0, 1]))
    >>> groups.most_of_others(np.array([[1.0], [2.0], [3.0]])).ravel().tolist()
    [2.0, 1.0, 0.0]
    >>> groups.mean_of_others(np.array([[1.0], [2.0], [3.0]])).ravel().tolist()
    [2.0, 1.0, 0.0]
    """

    __slots__ = ("alone", "any_alone", "divisors", "member", "numbers", "starts")

    def __init__(self, numbers: NDArray[Any]) -> None:
        self.numbers = numbers
        changes = np.empty(len(numbers), dtype=bool)
        changes[:1] = True
        np.not_equal(numbers[1:], numbers[:-1], out=changes[1:])
        self.starts = changes.nonzero()[0]
        self.member = changes.cumsum() - 1
        sizes = np.empty_like(self.starts)
        sizes[:-1] = self.starts[1:]
        sizes[-1:] = len(numbers)
        sizes -= self.starts
        own = sizes[self.member]
        self.alone = own == 1
        self.any_alone = bool(self.alone.any())
        self.divisors = np.maximum(own - 1, 1).astype(np.float32)[:, None]

    def __len__(self) -> int:
        return len(self.numbers)

    def size_at_most(self, most: int) -> NDArray[np.bool_]:
        """Per row whether its group has at most so many rows."""
        return np.asarray(self.divisors[:, 0] < most) if most > 1 else self.alone

    def total(self, values: NDArray[Any]) -> NDArray[Any]:
        """Per row the sum over its group."""
        return np.asarray(np.add.reduceat(values, self.starts)[self.member])

    def any_of(self, values: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """For each row whether any row of its group holds: (rows,)."""
        return np.asarray(np.logical_or.reduceat(values, self.starts)[self.member])

    def most_of_others(self, values: NDArray[Any]) -> NDArray[Any]:
        """For each row and column, the largest value among the other rows of its group; zeros for a row alone.

        Parameters
        ----------
        values : (rows, columns), none negative.
        """
        if len(self.starts) == len(self.numbers):
            return np.zeros_like(values)
        starts, member = self.starts, self.member
        best = np.maximum.reduceat(values, starts)[member]
        is_best = values == best
        only = np.add.reduceat(is_best, starts, dtype=np.int32)[member] == 1
        only &= is_best
        rest = np.maximum.reduceat(np.where(only, 0, values), starts)[member]
        return (
            np.where(only, rest, np.where(self.alone[:, None], 0, best))
            if self.any_alone
            else np.where(only, rest, best)
        )

    def mean_of_others(self, values: NDArray[Any]) -> NDArray[Any]:
        """For each row and column, the mean over the other rows of its group; zeros for a row alone."""
        if len(self.starts) == len(self.numbers):
            return np.zeros_like(values)
        out = self.total(values)
        out -= values
        out /= self.divisors
        if self.any_alone:
            out[self.alone] = 0
        return out


def most_of_other_columns(values: NDArray[Any]) -> NDArray[Any]:
    """For each row and column, the largest value among the other columns: (rows, columns), at least two columns."""
    if not values.size:
        return np.zeros_like(values)
    top = np.partition(values, -2, axis=1)[:, -2:]
    second, best = top[:, :1], top[:, 1:]
    return np.where(values == best, second, best)
