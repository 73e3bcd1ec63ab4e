"""The model card: all 31 attributes, none blank, figures of the bundle that answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from models import bundle as bundles
from models.suggester import Suggester
from service.app import create_app
from service.feedback import FeedbackEvent
from service.model_card import NOT_ASSESSED, card_of, page, texts
from service.settings import Settings
from service.store.store import Store

# 45 CFR 170.315(b)(11)(iv)(B): how many attributes each of its nine paragraphs has
PARAGRAPHS = (4, 4, 2, 4, 2, 4, 5, 4, 2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(Settings(database_url=f"sqlite:///{tmp_path}/s.sqlite3", store_key=SecretStr("5a" * 32)))
    yield store
    store.close()


def test_31_attributes_in_nine_paragraphs() -> None:
    assert tuple(len(group.attribute) for group in texts()) == PARAGRAPHS
    assert sum(PARAGRAPHS) == 31
    names = [a.id for group in texts() for a in group.attribute]
    assert len(set(names)) == 31


def test_figures_are_those_of_the_bundle_in_use(suggester: Suggester, store: Store) -> None:
    client = TestClient(create_app(suggester, Settings(), store))
    card = client.get("/model-card.json").json()
    test = bundles.load(suggester.version).manifest["metrics"]["test"]
    assert card["bundle"] == suggester.version
    assert card["figures"]["micro_f1"] == test["micro_f1"]
    said = {a["id"]: a["text"] for group in card["groups"] for a in group["attribute"]}
    for figure in (f"{test['micro_f1']:.3f}", f"{test['exact']:.1%}", f"{test['empty_kept']} of {test['empty']}"):
        assert figure in said["validity_internal"]
    assert not re.search(r"[{}]", "".join(said.values()))


def test_local_validity_counts_decisions(suggester: Suggester, store: Store) -> None:
    client = TestClient(create_app(suggester, Settings(), store))

    def local() -> str:
        groups = client.get("/model-card.json").json()["groups"]
        return next(str(a["text"]) for group in groups for a in group["attribute"] if a["id"] == "validity_local")

    assert local().startswith(NOT_ASSESSED)
    for key, action in (("1", "accept"), ("2", "accept"), ("3", "reject")):
        store.record(FeedbackEvent(key, "api", action, "97110"))  # type: ignore[arg-type]
    assert "2 accept, 1 reject, 0 correct, 0 add" in local()


def test_a_bundle_without_an_evaluation_says_not_assessed() -> None:
    card = card_of("b", {}, {})
    said = {a.id: a.text for group in card.groups for a in group.attribute}
    assert said["validity_internal"].startswith(NOT_ASSESSED)


def _retrained(suggester: Suggester, tmp_path: Path, **more: object) -> str:
    """A bundle whose manifest says that it learned from a clinic's notes."""
    loaded = bundles.load(suggester.version)
    test = loaded.manifest["metrics"]["test"]
    held = {**test, "micro_f1": 0.8765, "notes": 24, "empty": 0, "empty_kept": 0}
    metrics = {"test": test, "held": held, "before": {"test": test, "held": {**held, "micro_f1": 0.4321}}}
    account = {"learned": 61, "held": 24, "base": "b-base", "before": "b-before", **more}
    version = bundles.save(loaded.ranker, metrics, tmp_path, loaded.manifest["settings"], account)
    bundles.use(version, tmp_path)
    return version


def test_the_card_of_a_retrained_bundle_says_what_it_learned_and_measured(
    suggester: Suggester, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = _retrained(suggester, tmp_path)
    monkeypatch.setenv("SOAPCODE_HOME", str(tmp_path))
    client = TestClient(create_app(Suggester.load(version), Settings(), store))
    card = client.get("/model-card.json").json()
    said = {a["id"]: a["text"] for group in card["groups"] for a in group["attribute"]}
    whole = " ".join(said.values())
    assert "no real patient" not in whole
    assert "61 notes given by this installation" in said["training_criteria"]
    assert "b-base" in said["training_criteria"]
    for place in ("validity_internal", "validity_local"):
        assert "On 24 notes of this installation held back from training: micro-F1 0.876" in said[place]
        assert "micro-F1 0.432 with the bundle in use before" in said[place]
    assert "0 of 0" not in whole
    assert not re.search(r"[{}]|\.\.", whole)
    assert "Used although" not in whole
    own = card["retraining"]
    assert (own["learned"], own["held_back"], own["before"]) == (61, 24, "b-before")
    assert (own["held"]["micro_f1"], own["held_before"]["micro_f1"]) == (0.8765, 0.4321)
    shown = client.get("/model-card").text
    assert "61 notes given by this installation" in shown
    assert "micro-F1 0.876" in shown
    assert "no real patient" not in shown


def test_a_bundle_that_was_forced_says_so() -> None:
    account = {"learned": 61, "held": 24, "base": "b", "before": "b", "forced": ["it fell from 0.9 to 0.8"]}
    card = card_of("v", {"retraining": account}, {})
    said = {a.id: a.text for group in card.groups for a in group.attribute}
    assert "although it was worse: it fell from 0.9 to 0.8." in said["update_process"]
    assert "not assessed for this bundle" in said["validity_local"]


def test_the_card_of_the_corpus_bundle_tells_of_no_retraining(suggester: Suggester) -> None:
    card = TestClient(create_app(suggester)).get("/model-card.json").json()
    assert card["retraining"] is None
    assert "no real patient's note" in str(card["groups"])


def test_the_page_shows_all_and_needs_no_script(suggester: Suggester, store: Store) -> None:
    client = TestClient(create_app(suggester, Settings(), store))
    shown = client.get("/model-card")
    assert shown.headers["content-type"].startswith("text/html")
    assert shown.text.count("<dt ") == 31
    assert "<script" not in shown.text
    assert client.get("/static/model-card.css").status_code == 200
    assert TestClient(create_app(None)).get("/model-card").status_code == 503


def test_the_page_escapes() -> None:
    assert "<b>" not in page(card_of("<b>", {}, {}))
