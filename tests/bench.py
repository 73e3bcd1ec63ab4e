"""Benchmarks, as ratios within one run: `make bench`.

Reading speed is given as a multiple of spaCy's blank English tokenizer on the same texts in the same
process; accuracy beside the two baselines on the test split.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import spacy
from bench_http import overhead

from corpus.notes import load_notes
from models.baselines import prior_baseline, tfidf_baseline
from models.evaluation import guess_of, score
from service.run import ready


def _median(work: Callable[[], Any], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def speed(suggest: Callable[[str], Any]) -> None:
    """Print the ratio on notes of about 200 words, and on fresh ones that no cache has seen."""
    notes = [n.text for split in ("train", "test") for n in load_notes(split) if 170 <= len(n.text.split()) <= 230]
    tokenizer = spacy.blank("en").tokenizer
    for text in notes[:5]:
        suggest(text)
        tokenizer(text)
    ratios, ours, theirs = [], [], []
    for text in notes[5:65]:
        first = _median(lambda text=text: tokenizer(text), 15)  # type: ignore[misc]
        second = _median(lambda text=text: suggest(text), 15)  # type: ignore[misc]
        ratios.append(second / first)
        ours.append(second * 1e3)
        theirs.append(first * 1e3)
    total = sum(ours) / sum(theirs)
    print(f"{len(ratios)} notes of about 200 words")
    print(f"suggest {statistics.median(ours):.2f} ms, blank tokenizer {statistics.median(theirs):.2f} ms (medians)")
    print(
        f"suggest / tokenizer: {total:.2f} over all notes, median of the notes' own ratios {statistics.median(ratios):.2f}"
    )


def accuracy(suggester: Any) -> None:
    """Print the figures on the test split, ours and the baselines'."""
    notes = load_notes("test")
    priors, tfidf = prior_baseline(), tfidf_baseline(load_notes("train"))
    runs = {
        "soapcode": [guess_of(suggester.suggest(n.text, n.payer or "medicare")) for n in notes],
        "vocabulary priors": [priors(n) for n in notes],
        "TF-IDF + LR": [tfidf(n) for n in notes],
    }
    for name, guesses in runs.items():
        figures = score(notes, guesses)
        print(
            f"{name:18s} micro-F1 {figures['micro_f1']:.3f}  exact {figures['exact']:.3f}  top-3 {figures['top3']:.3f}  "
            f"empty kept {figures['empty_kept']}/{figures['empty']}"
        )


def main() -> None:
    """Run all benchmarks."""
    suggester = ready(lambda text, _share: print(text, file=sys.stderr))
    speed(suggester.suggest)
    overhead(suggester.suggest)
    accuracy(suggester)


if __name__ == "__main__":
    main()
