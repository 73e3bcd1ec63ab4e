"""Modifiers of billed lines: each misfit with its near-miss."""

from __future__ import annotations

import datetime as dt

import pytest

from corpus.edits import load_edits
from corpus.payers import payer_named
from models.claim.billed import kx_unseen, misfits
from models.claim.edits import edits_among

DAY = dt.date(2026, 11, 2)
Bill = dict[str, list[str]]
CASES: list[tuple[Bill, str, str | None, str | None, list[tuple[str, str]]]] = [
    # Two of 59 and X.
    ({"97150": [], "97110": ["59", "XS"]}, "medicare", None, None, [("97110", "59 and XS")]),
    ({"97150": [], "97110": ["59"]}, "medicare", None, None, []),
    ({"97150": ["XE"], "97110": []}, "medicare", None, None, []),
    ({"97150": ["XE"], "97110": ["59"]}, "medicare", None, None, []),
    # 59 where no edit stands: one that ended, one that never was; an edit that nothing opens is told elsewhere.
    ({"97530": [], "97116": ["59"]}, "medicare", None, None, [("97116", "no CMS edit in force")]),
    ({"97110": ["XU"]}, "medicare", None, None, [("97110", "no CMS edit in force")]),
    ({"97110": ["59"]}, "cash", None, None, []),
    ({"97140": [], "97124": ["59"]}, "medicare", None, None, []),
    ({"99213": [], "97140": ["59"]}, "medicare", None, None, []),  # edits of other medicine are not in the table
    ({"98941": [], "97140": ["59"]}, "medicare", None, None, []),
    # GP, GO and GN.
    ({"97110": ["GO"]}, "medicare", "PT", None, [("97110", "plan of PT, which is GP")]),
    ({"97110": ["GP"]}, "medicare", "PT", None, []),
    ({"97110": []}, "medicare", "PT", None, []),
    ({"97110": ["GO"]}, "medicare", None, None, []),
    ({"97110": ["GP", "GO"]}, "medicare", None, None, [("97110", "one plan of care")]),
    ({"97110": ["GO"]}, "cash", "PT", None, []),
    # CQ and CO.
    ({"97110": ["GP"], "97140": ["GP"]}, "medicare", "PT", "PTA", [("97110", "no line carries CQ")]),
    ({"97110": ["GP", "CQ"], "97140": ["GP"]}, "medicare", "PT", "PTA", []),
    ({"97535": ["GO"]}, "medicare", "OT", "OTA", [("97535", "no line carries CO")]),
    ({"97535": ["GO", "CQ"]}, "medicare", "OT", "COTA", [("97535", "PTA treated"), ("97535", "no line carries CO")]),
    ({"97110": ["GP", "CQ"]}, "medicare", "PT", None, [("97110", "PTA treated")]),
    ({"97110": ["CQ"]}, "cash", "PT", "PTA", []),
    ({"97110": []}, "commercial", "PT", "PTA", []),  # whether it wants CQ is not known
    ({"97161": []}, "medicare", "PT", "PTA", []),
    ({"97161": ["CQ"]}, "medicare", "PT", "PTA", [("97161", "therapist's own")]),
    ({"99213": []}, "medicare", "PT", "PTA", []),
    # KX.
    ({"97110": ["KX"]}, "cash", None, None, [("97110", "no yearly threshold")]),
    ({"97110": ["KX"]}, "medicare", None, None, []),
]


@pytest.mark.parametrize(("billed", "payer", "plan", "assistant", "found"), CASES)
def test_misfits(
    billed: Bill, payer: str, plan: str | None, assistant: str | None, found: list[tuple[str, str]]
) -> None:
    profile, table = payer_named(payer), load_edits()
    edits = edits_among(list(billed), profile, DAY, table)
    told = list(misfits(billed, profile, edits, table, plan, assistant))
    assert [code for code, _ in told] == [code for code, _ in found]
    assert all(words in says for (_, says), (_, words) in zip(told, found, strict=True))


def test_kx_is_asked_once_where_the_payer_has_the_threshold() -> None:
    billed = {"97110": ["GP", "KX"], "97140": ["GP", "KX"]}
    assert [code for code, _ in kx_unseen(billed, payer_named("medicare"))] == ["97110"]
    assert not [*kx_unseen(billed, payer_named("cash"))]
    assert not [*kx_unseen({"97110": ["GP"]}, payer_named("medicare"))]
