"""A line of ``soapcode batch`` that cannot be answered says what must hold and never repeats the note."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.cli_batch import batch_line


class _Breaks:
    """A suggester that fails with words of the note."""

    def suggest(self, text: str, *_: Any) -> Any:
        raise KeyError(text)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("[" * 100_000, "sane depth"),
        ('{"id": ' + "9" * 5000 + ', "text": "Mrs Smith"}', "sane depth"),
        (json.dumps({"id": 1, "text": "x", "payer": "Mrs Smith"}), "'payer' must be one of medicare"),
        (json.dumps({"id": 1, "text": "Mrs Smith"}), "KeyError"),
        ("[1]", "must be a JSON object"),
        (
            json.dumps({"id": 1, "text": "Mrs Smith " * 30_000}),
            "'text' must be the note of one visit, at most 256 KiB",
        ),
    ],
)
def test_error_without_words_of_the_line(raw: str, said: str) -> None:
    message = batch_line(_Breaks(), raw, "medicare")["error"]["message"]  # type: ignore[arg-type]
    assert said in message
    assert "Smith" not in message
    assert "set_int_max" not in message
