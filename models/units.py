"""Units from minutes: the CMS total-time rule and the CPT midpoint rule. Pure functions.

Sources: CMS Pub 100-04 ch. 5 s. 20.2 (total time); CPT book by way of AAPC MDS Alert (midpoint).
"""

from __future__ import annotations

from collections.abc import Mapping


def total_units(minutes: int, unit: int = 15) -> int:
    """Units that a day's timed minutes allow under the CMS table.

    Examples
    --------
    >>> [total_units(m) for m in (7, 8, 22, 23, 37, 38)]
    [0, 1, 1, 2, 2, 3]
    """
    return (minutes + unit // 2) // unit


def cms_units(minutes: Mapping[str, int]) -> list[dict[str, int]]:
    """All right answers of the CMS rule, the preferred one first.

    Parameters
    ----------
    minutes : code -> timed minutes, 15-minute codes.

    Returns
    -------
    Code -> units. Whole 15-minute blocks first; what the table still allows goes to the largest
    leftovers; ties are the clinician's choice, so every choice is returned, the one that favours the code with
    more minutes, then the earlier one, first.

    Examples
    --------
    >>> cms_units({"97110": 33, "97140": 7})
    [{'97110': 2, '97140': 1}]
    >>> len(cms_units({"97112": 20, "97110": 20}))
    2
    """
    allowed = total_units(sum(minutes.values()))
    whole = {code: m // 15 for code, m in minutes.items()}
    left = {code: m % 15 for code, m in minutes.items()}
    rest = allowed - sum(whole.values())
    answers: list[dict[str, int]] = [dict(whole)]
    order = {code: (-minutes[code], i) for i, code in enumerate(minutes)}
    while rest > 0:
        grown: list[dict[str, int]] = []
        for answer in answers:
            open_codes = [c for c in minutes if answer[c] == whole[c] and left[c] > 0]
            if not open_codes:
                grown.append(answer)
                continue
            most = max(left[c] for c in open_codes)
            for code in sorted((c for c in open_codes if left[c] == most), key=lambda c: order[c]):
                grown.append({**answer, code: answer[code] + 1})
        unique: list[dict[str, int]] = []
        for answer in grown:
            if answer not in unique:
                unique.append(answer)
        answers = unique
        rest -= 1
    return answers


def midpoint_units(minutes: int, unit: int = 15) -> int:
    """Units of one code when each counts once more than half of it is passed.

    Examples
    --------
    >>> [midpoint_units(m) for m in (7, 8, 22, 23)]
    [0, 1, 1, 2]
    """
    return (2 * minutes + unit - 1) // (2 * unit) if unit % 2 else (minutes - 1 + unit // 2) // unit
