"""The bill's timed units against the time the note states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from corpus.catalogue import load_catalogue
from models.audit.day import Day, is_judged
from models.audit.findings import Finding, moved
from models.claim.units import by_month, least_minutes
from models.wording import units_in_words


def beyond_time(day: Day, compared: Sequence[Finding]) -> list[Finding]:
    """Timed units beyond the most that the note's time allows, however it was split; those found over already are not counted again.

    Which of them are too many nobody can tell, so the cheapest are taken: the least that was billed too much.
    """
    limit = _time_there_was(day, compared)
    if limit is None:
        return []
    catalogue, rule = load_catalogue(), day.claim["rule"]
    over = Counter({f.code: moved(f) for f in compared if f.side == "over"})
    kept = {c: b.units - over[c] for c, b in day.billed.items() if is_judged(c) and catalogue[c].timed}
    kept = {c: n for c, n in kept.items() if n > 0 and least_minutes({c: n}, rule)}
    billed = dict(kept)

    def place(code: str) -> tuple[int, Decimal]:
        left = least_minutes({**kept, code: kept[code] - 1}, rule)
        return left, day.fees.get(code, Decimal(0))

    while least_minutes(kept, rule) > limit:
        cheapest = min((c for c, n in kept.items() if n), key=place)
        kept[cheapest] -= 1
    priced = all(code in day.fees for code in billed)
    return [
        Finding(
            kind="units_beyond_time",
            side="over",
            code=code,
            says=f"{code}: {beyond} of {units_in_words(sum(billed.values()))} of timed codes beyond what {limit} minutes allow, "
            f"which is at most {sum(kept.values())}; taken from the codes that cost least.",
            billed=billed[code],
            supported=kept[code],
            amount=day.worth(((code, beyond),)) if priced else None,
        )
        for code in billed
        if (beyond := billed[code] - kept[code])
    ]


def _time_there_was(day: Day, compared: Sequence[Finding]) -> int | None:
    """The most minutes of timed codes: those of the codes where all are known, a time they share once, else the note's smallest
    total; ``None`` if neither.
    """
    catalogue, claim = load_catalogue(), day.claim
    timed = [line for line in claim["lines"] if catalogue[line["code"]].timed and not by_month(line["code"])]
    stated = sum(line["minutes"] or 0 for line in timed) + sum(time["minutes"] for time in claim["shared_minutes"])
    untimed_too = any(f.instead and not catalogue[f.instead].timed and catalogue[f.code].timed for f in compared)
    if timed and claim["timed_minutes"] is not None and not untimed_too:
        return claim["timed_minutes"]
    totals = [n for n in (claim["timed_total"], claim["total_minutes"]) if n is not None]
    return max(min(totals), stated) if totals else None
