"""Feedback on cards as decisions on codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException

from service.cds.settings import CdsClient
from service.cds.state import State
from service.feedback import Action, FeedbackEvent


def feedback_events(
    state: State, body: Mapping[str, Any], service: str, client: CdsClient | None
) -> list[FeedbackEvent]:
    """One event for each accepted suggestion, and one for each suggestion of a card that was overridden."""
    sent = body.get("feedback")
    if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
        raise HTTPException(400)
    events: list[FeedbackEvent] = []
    for one in sorted(sent, key=lambda one: _instant(one.get("outcomeTimestamp"))):
        events += _events_of(state, one, service, client.iss if client else "")
    return events


def _events_of(state: State, one: Mapping[str, Any], service: str, who: str) -> list[FeedbackEvent]:
    """What one outcome says of each code of its card. An override speaks of all of them; of a card that was accepted, those
    never accepted are dismissed. Their time is the store's own: what the client says of it orders one request and no more.
    """
    card, outcome = one.get("card"), one.get("outcome")
    if not isinstance(card, str) or outcome not in ("accepted", "overridden"):
        raise HTTPException(400)
    at = _instant(one.get("outcomeTimestamp")).isoformat()
    accepted = outcome == "accepted"
    given = one.get("acceptedSuggestions", []) if accepted else [{"id": n} for n in state.issued.of(card) or (card,)]
    if not isinstance(given, list) or (accepted and not given):
        raise HTTPException(400)
    names = [entry.get("id") if isinstance(entry, dict) else None for entry in given]
    if not all(isinstance(name, str) and len(name) <= 100 for name in names) or len(card) > 100:
        raise HTTPException(400)
    reason, comment = _override(one.get("overrideReason"))
    said: list[tuple[str, Action]] = [(str(name), "accept" if accepted else "reject") for name in names]
    if accepted:
        said += [(name, "dismiss") for name in state.issued.take(card, [name for name, _ in said])]
    events = []
    for name, action in said:
        code, sha, bundle = state.issued.about(name)
        events.append(
            FeedbackEvent(
                key="|".join(
                    ("cds", who, service, card, str(outcome), *(["left"] if action == "dismiss" else []), name, at)
                ),
                source="cds",
                action=action,
                code=code,
                note_sha256=sha,
                bundle=bundle,
                reason=reason,
                comment=comment,
                client=who,
            )
        )
    return events


def _override(value: Any) -> tuple[str | None, str | None]:
    """Coded reason and free comment of an override; 2.0.1 has a Coding, older clients a bare code."""
    if not isinstance(value, dict):
        return None, None
    reason, comment = value.get("reason"), value.get("userComment")
    code = reason.get("code") if isinstance(reason, dict) else reason
    return (code[:100] if isinstance(code, str) else None, comment[:2000] if isinstance(comment, str) else None)


def _instant(value: Any) -> dt.datetime:
    """A moment in UTC, also where the zone pushes it out of the calendar's years: then it is none."""
    try:
        at = dt.datetime.fromisoformat(value)
        return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
    except (ValueError, TypeError, OverflowError):
        raise HTTPException(400) from None
