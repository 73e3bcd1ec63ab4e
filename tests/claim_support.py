"""What the tests of a claim's lines share: a claim of codes and minutes, and what to look up in it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from corpus.payers import payer_named
from models.claim.lines import Claim, ClaimLine, Delivered, build_claim

NOW = dt.date(2026, 11, 2)
Given = dict[str, int | None]


def claim_of(given: Given, payer: str = "medicare", **options: Any) -> Claim:
    options.setdefault("date", NOW)
    return build_claim([Delivered(code, minutes) for code, minutes in given.items()], payer_named(payer), **options)


def line_of(claim: Claim, code: str) -> ClaimLine:
    return next(line for line in claim["lines"] if line["code"] == code)


def units_of(claim: Claim) -> dict[str, int | None]:
    return {line["code"]: line["units"] for line in claim["lines"]}
