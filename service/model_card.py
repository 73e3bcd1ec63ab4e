"""The model card: the 31 source attributes of 45 CFR 170.315(b)(11) for predictive decision support, as JSON and as a page.

Texts are data (``model_card.toml``); figures come from the manifest of the bundle that answers.
"""

from __future__ import annotations

import functools
import html
from pathlib import Path
from typing import Any

import tomli
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError

from models import bundle as bundles
from models.suggester import Suggester
from service.http import RefusedError, documented
from service.store.store import Store

RULE = "45 CFR 170.315(b)(11)(iv)(B)"
NOT_ASSESSED = "Not assessed"
router = APIRouter()
_UNLOADED = documented(s503="No bundle is loaded yet.")


class Attribute(BaseModel):
    """One source attribute."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z_]+$")
    name: str = Field(min_length=1)
    text: str = Field(min_length=1)


class Group(BaseModel):
    """Attributes that belong together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    attribute: tuple[Attribute, ...] = Field(min_length=1)


class Worded(Attribute):
    """An attribute's text, and another for a bundle that learned from an installation's notes, where it differs."""

    retrained: str | None = Field(default=None, min_length=1)


class WordedGroup(BaseModel):
    """Texts that belong together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    attribute: tuple[Worded, ...] = Field(min_length=1)


class _Texts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    group: tuple[WordedGroup, ...]


class Retraining(BaseModel):
    """What a bundle learned from an installation's own notes.

    `base` is the bundle it was trained on top of, `before` the one in use until then; `forced` says why it would have been refused.
    `held` are its figures on the notes held back, `held_before` those of `before` on the same notes.
    """

    learned: int
    held_back: int
    base: str
    before: str
    forced: list[str]
    held: dict[str, float]
    held_before: dict[str, float]


class Card(BaseModel):
    """The model card of the bundle that answers; `retraining` only where it learned from an installation's own notes."""

    rule: str
    bundle: str
    corpus: str
    figures: dict[str, float]
    retraining: Retraining | None
    groups: list[Group]


@functools.cache
def texts() -> tuple[WordedGroup, ...]:
    """The attributes' texts, with places for figures."""
    path = Path(__file__).with_name("model_card.toml")
    return _Texts.model_validate(tomli.loads(path.read_text(encoding="utf-8"))).group


def _figures(measured: dict[str, Any]) -> str:
    """An evaluation's figures."""
    parts = [
        f"micro-F1 {measured['micro_f1']:.3f}",
        f"precision {measured['precision']:.3f}",
        f"recall {measured['recall']:.3f}",
        f"exact set of codes in {measured['exact']:.1%} of notes",
        f"the right code among the first three {measured['top3']:.1%} of the time",
    ]
    if measured["empty"]:
        parts.append(f"notes without a service left without one: {measured['empty_kept']} of {measured['empty']}")
    return ", ".join(parts)


def _measured(test: dict[str, Any]) -> str:
    """The bundle's evaluation in one sentence."""
    if "micro_f1" not in test:
        return f"{NOT_ASSESSED} for this bundle"
    return f"On {test['notes']} invented test notes by writers it was not trained on: {_figures(test)}"


def _held(held: dict[str, Any], before: dict[str, Any]) -> str:
    """The evaluation on an installation's notes that were held back, in one sentence."""
    if "micro_f1" not in held:
        return f"On this installation's own notes: {NOT_ASSESSED.lower()} for this bundle"
    then = f" (micro-F1 {before['micro_f1']:.3f} with the bundle in use before)" if "micro_f1" in before else ""
    return f"On {held['notes']} notes of this installation held back from training: {_figures(held)}{then}"


def _numbers(measured: dict[str, Any]) -> dict[str, float]:
    return {k: float(v) for k, v in measured.items() if isinstance(v, (int, float))}


def _retraining(manifest: dict[str, Any]) -> Retraining | None:
    """What a manifest tells of learning from an installation's notes; ``None`` where there was none."""
    account = manifest.get("retraining")
    if account is None:
        return None
    metrics = manifest.get("metrics", {})
    return Retraining(
        learned=account.get("learned", 0),
        held_back=account.get("held", 0),
        base=account.get("base", "not known"),
        before=account.get("before", "not known"),
        forced=account.get("forced", []),
        held=_numbers(metrics.get("held", {})),
        held_before=_numbers(metrics.get("before", {}).get("held", {})),
    )


def _local(counts: dict[str, int]) -> str:
    judged = {name: counts.get(name, 0) for name in ("accept", "reject", "correct", "add")}
    if not any(judged.values()):
        return f"{NOT_ASSESSED}: no decision was kept yet."
    said = ", ".join(f"{number} {name}" for name, number in judged.items())
    return f"Decisions kept by this installation so far, over all bundles: {said}."


def card_of(version: str, manifest: dict[str, Any], counts: dict[str, int]) -> Card:
    """The card of a bundle.

    Parameters
    ----------
    version, manifest : the bundle; its ``metrics`` give the figures, its ``retraining`` what it learned from own notes.
    counts : decisions of this installation, by action.
    """
    metrics = manifest.get("metrics", {})
    test = metrics.get("test", {})
    own = _retraining(manifest)
    filled = {"{figures}": _measured(test), "{local}": _local(counts)}
    if own is not None:
        filled |= {
            "{held}": _held(metrics.get("held", {}), metrics.get("before", {}).get("held", {})),
            "{learned}": str(own.learned),
            "{held_back}": str(own.held_back),
            "{base}": own.base,
            "{forced}": f" Used although it was worse: {'; '.join(own.forced)}." if own.forced else "",
        }
    groups = []
    for group in texts():
        attributes = []
        for attribute in group.attribute:
            said = attribute.text if own is None else attribute.retrained or attribute.text
            for place, value in filled.items():
                said = said.replace(place, value)
            attributes.append(Attribute(id=attribute.id, name=attribute.name, text=said))
        groups.append(Group(title=group.title, attribute=tuple(attributes)))
    return Card(
        rule=RULE,
        bundle=version,
        corpus=manifest.get("corpus", "not known"),
        figures=_numbers(test),
        retraining=own,
        groups=groups,
    )


def _card(request: Request) -> Card:
    held: Suggester | None = request.app.state.suggester
    if held is None:
        raise RefusedError(503, "no bundle is loaded yet")
    manifest = next((m for m in bundles.versions() if m["version"] == held.version), {})
    store: Store | None = request.app.state.store
    try:
        counts = store.feedback_counts() if store is not None else {}
    except SQLAlchemyError:
        counts = {}
    return card_of(held.version, manifest, counts)


def page(card: Card) -> str:
    """The card as a page that needs no script."""
    esc = html.escape
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<title>soapcode model card</title><link rel="stylesheet" href="/static/model-card.css"></head><body><main>',
        f"<h1>Model card</h1><p>Source attributes of {esc(card.rule)} for bundle <strong>{esc(card.bundle)}</strong>. "
        'Also as <a href="/model-card.json">JSON</a>.</p>',
    ]
    for group in card.groups:
        parts.append(f"<section><h2>{esc(group.title)}</h2><dl>")
        parts += [f'<dt id="{a.id}">{esc(a.name)}</dt><dd>{esc(a.text)}</dd>' for a in group.attribute]
        parts.append("</dl></section>")
    return "".join(parts) + "</main></body></html>"


@router.get("/model-card.json", summary="The model card.", responses=_UNLOADED)
def model_card_json(request: Request) -> Card:
    """The 31 source attributes with the bundle's own figures."""
    return _card(request)


@router.get("/model-card", summary="The model card as a page.", response_class=HTMLResponse, responses=_UNLOADED)
def model_card_page(request: Request) -> HTMLResponse:
    """The 31 source attributes with the bundle's own figures, to read."""
    return HTMLResponse(page(_card(request)))
