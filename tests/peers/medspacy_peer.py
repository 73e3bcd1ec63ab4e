"""What medspaCy says of labelled notes, for ``soapcode evaluate GOLD.jsonl --peers FILE``.

Runs in an environment of its own, which needs medspaCy 1.3.1 and nothing of soapcode:

    python -m venv peer && peer/bin/pip install medspacy==1.3.1
    peer/bin/python tests/peers/medspacy_peer.py GOLD.jsonl peer.json 2>peer.log

medspaCy's sentence splitter writes note text to standard error: send it to a file and delete that.

The peer is medspaCy as it comes: its tokenizer, sentence splitter, target matcher and ConText with its own rules, and this
project's vocabulary as target rules. A phrase that ConText finds negated, historical, hypothetical, of the family or
uncertain does not count; every other speaks for the services its concept's priors name, joined by noisy-or, suggested
from 0.5 on. Conditions on ambiguous forms are soapcode's own and left out.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "corpus" / "data"
NEEDED = "1.3.1"
PIPES = ("medspacy_pyrush", "medspacy_target_matcher", "medspacy_context")
DOUBTS = ("is_negated", "is_historical", "is_hypothetical", "is_family", "is_uncertain")
LEAST = 0.5
Spans = dict[str, list[tuple[int, int]]]


def concepts(folder: Path = DATA / "vocabulary") -> Iterator[dict[str, Any]]:
    """The vocabulary's concepts as they stand in the files."""
    for path in sorted(folder.glob("*.toml")):
        yield from tomllib.loads(path.read_text(encoding="utf-8")).get("concept", [])


def codes_of_services(path: Path = DATA / "services.toml") -> dict[str, str]:
    """Service -> its default code."""
    return {s["id"]: s["codes"][0] for s in tomllib.loads(path.read_text(encoding="utf-8"))["service"]}


def build() -> Any:
    """medspaCy with the vocabulary as target rules; acronyms must stand as written."""
    medspacy = importlib.import_module("medspacy")
    rule = importlib.import_module("medspacy.ner").TargetRule
    nlp = medspacy.load(medspacy_enable=list(PIPES))
    rules = []
    for concept in concepts():
        for form in (*concept.get("forms", ()), *concept.get("misspellings", ())):
            rules.append(rule(form, concept["id"]))
        for form in concept.get("acronyms", ()):
            rules.append(rule(form, concept["id"], pattern=[{"ORTH": t.text} for t in nlp.tokenizer(form)]))
    nlp.get_pipe("medspacy_target_matcher").add(rules)
    return nlp


def joined(found: list[tuple[str, int, int]], priors: dict[str, dict[str, float]]) -> tuple[dict[str, float], Spans]:
    """Weight and words per code of the phrases that count.

    Examples
    --------
    >>> joined([("bike", 0, 4), ("bike", 9, 13)], {"bike": {"97110": 0.5}})
    ({'97110': 0.75}, {'97110': [(0, 4), (9, 13)]})
    """
    weight: dict[str, float] = {}
    spans: Spans = {}
    for concept, start, end in found:
        for code, share in priors.get(concept, {}).items():
            weight[code] = 1 - (1 - weight.get(code, 0.0)) * (1 - share)
            spans.setdefault(code, []).append((start, end))
    return weight, spans


def row_of(identifier: str, weight: dict[str, float], spans: Spans) -> dict[str, Any]:
    """One note's row of the peers file.

    Examples
    --------
    >>> row_of("1", {"97110": 0.75, "97112": 0.2}, {"97110": [(0, 4)], "97112": [(0, 4)]})["suggested"]
    ['97110']
    """
    ranked = sorted(weight, key=lambda c: (-weight[c], c))
    suggested = [c for c in ranked if weight[c] >= LEAST]
    return {
        "id": identifier,
        "ranked": ranked,
        "suggested": suggested,
        "spans": {c: spans[c] for c in suggested},
    }


def read(nlp: Any, source: Path) -> list[dict[str, Any]]:
    """A row per labelled note."""
    codes = codes_of_services()
    priors = {c["id"]: {codes[s]: p for s, p in c.get("priors", {}).items()} for c in concepts()}
    rows = []
    with source.open(encoding="utf-8") as handle:
        for line in filter(str.strip, handle):
            note = json.loads(line)
            entities = nlp(note["text"]).ents
            counted = [
                (e.label_, e.start_char, e.end_char) for e in entities if not any(getattr(e._, d) for d in DOUBTS)
            ]
            rows.append(row_of(str(note["id"]), *joined(counted, priors)))
    return rows


def main(words: list[str]) -> int:
    """Read the labelled notes and write the peers file."""
    if len(words) != 2:
        print("usage: medspacy_peer.py GOLD.jsonl OUT.json 2>LOG", file=sys.stderr)
        return 2
    if importlib.util.find_spec("medspacy") is None:
        print(f"medspaCy must be installed in this environment: pip install medspacy=={NEEDED}", file=sys.stderr)
        return 2
    version = importlib.import_module("importlib.metadata").version("medspacy")
    rows = read(build(), Path(words[0]))
    name = f"medspaCy {version}, ConText and our vocabulary"
    Path(words[1]).write_text(json.dumps({"name": name, "rows": rows}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
