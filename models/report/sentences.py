"""The figures in words: what matters to a clinic a sentence each, shares, codes' names, how it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.catalogue import load_catalogue
from models.report.figures import FIGURES, Report, Run


def shown_share(value: float | None) -> str:
    """A share in percent; a dash where there is none."""
    return "–" if value is None else f"{value:.1%}"


def named(code: str) -> str:
    """A code behind its name."""
    entry = load_catalogue().get(code)
    return f"{entry.name} ({code})" if entry is not None else code


def summary(report: Report) -> list[str]:
    """The figures that matter to a clinic, a sentence each."""
    ours = report.runs[0]
    f = ours.figures
    exact = round(f["exact"] * f["notes"])
    out = [
        f"Found: soapcode suggested {_of(f['hit'], f['labels'], 'codes that the coders gave')}; "
        f"{_interval_of(ours, 'recall')}.",
        f"Right: {_of(f['hit'], f['suggested'], 'suggestions are codes the coders gave')}; "
        f"{_interval_of(ours, 'precision')}.",
        f"Whole notes: {_of(exact, f['notes'], 'notes got exactly the coders’ set of codes')}; "
        f"{_interval_of(ours, 'exact')}. Forgiving codes the coders call acceptable and the level of an evaluation, it is "
        f"{f['lenient_exact']:.1%}.",
        f"Shortlist: {f['top3']:.1%} of the coders’ codes stand among the first three of the ranking (or as many as the note has).",
    ]
    if f["empty"]:
        out.append(
            f"Restraint: {_of(f['empty_kept'], f['empty'], 'notes without a billable service were left empty')}."
        )
    if f["traps"]:
        said = _of(
            f["traps_kept"], f["traps"], "stretches that only look like a service (planned, declined, home, …)"
        )
        out.append(f"Traps: {said} led to no wrong code.")
    if f["quoted"]:
        out.append(
            f"Words: where the code is right, the words shown for it overlap the coders’ words with F1 {f['evidence_f1']:.1%}."
        )
    if f["minutes"] + f["minutes_unstated"]:
        out.append(
            f"Minutes: right for {_of(f['minutes_right'], f['minutes'], 'rightly suggested codes with stated minutes')}; "
            f"minutes were made up for {f['minutes_invented']} of {f['minutes_unstated']} that have none."
        )
    return out + _summary_of_certainty(report)


def _summary_of_certainty(report: Report) -> list[str]:
    f, sure = report.runs[0].figures, report.abstention
    out = [
        f"Probabilities: what it calls likely is off by {f['ece'] * 100:.1f} percentage points on average "
        "(expected calibration error)."
    ]
    if sure["surest"] is not None:
        rest = f", {sure['rest']:.1%} of the rest" if sure["rest"] is not None else ""
        out.append(
            f"Sorting: of the {sure['share']:.0%} of notes it is surest of, {sure['surest']:.1%} are exactly right{rest}; "
            "the rest should go to a person first."
        )
    for name, found in report.ahead.items():
        gain, low, high = found["micro_f1"]
        verdict = "clearly" if low > 0 or high < 0 else "not clearly"
        side = "ahead of" if gain >= 0 else "behind"
        out.append(
            f"Compared: soapcode is {verdict} {side} {name}: micro-F1 differs by {gain * 100:+.1f} points "
            f"(95% interval {low * 100:+.1f} to {high * 100:+.1f}).{_behind(found)}"
        )
    return out


def _behind(found: Mapping[str, tuple[float, float, float]]) -> str:
    """What the other program is clearly better at."""
    labels = {figure: label.lower() for figure, label, _ in FIGURES}
    said = [f"{labels[f]} ({-gain * 100:+.1f} points)" for f, (gain, _, high) in found.items() if high < 0]
    return f" That one is clearly better at: {', '.join(said)}." if said else ""


def _of(part: float, whole: float, what: str) -> str:
    share = f" ({part / whole:.1%})" if whole else ""
    return f"{part:,.0f} of {whole:,.0f} {what}{share}"


def _interval_of(run: Run, figure: str) -> str:
    low, high = run.overall[figure]
    return f"95% interval {low:.1%} to {high:.1%}"


def under_harder_conditions(found: Mapping[str, Any]) -> list[str]:
    """What was measured under harder conditions (`models.robustness.robustness_report`), a sentence each."""
    clean, poorer, noisy, cited = (found[k] for k in ("clean", "without_forms", "character_noise", "faithfulness"))
    sentences = [
        f"Unknown words: with {poorer['share']:.0%} of the vocabulary’s spellings gone ({poorer['forms']:,}), micro-F1 goes from "
        f"{clean['micro_f1']:.1%} to {poorer['micro_f1']:.1%}.",
        f"Typing mistakes in {noisy['rate']:.0%} of the letters: micro-F1 goes to {noisy['micro_f1']:.1%}.",
    ]
    if cited["cited"] is not None:
        sentences.append(
            f"Faithful words: blanking the words shown takes {cited['cited']:.1%} of {cited['cases']:,} suggested codes below "
            f"their threshold; blanking as many random other words takes {shown_share(cited['random'])} of "
            f"{cited['random_cases']:,}."
        )
    return sentences


def method(report: Report) -> list[str]:
    """How the figures were measured, a sentence each."""
    return [
        f"Intervals: 1,000 resamples of the notes (bootstrap, seed {report.seed}), 2.5th to 97.5th percentile; comparisons use "
        "the same resamples for both. Notes of one writer resemble one another, so a new writer can lie outside.",
        "97014 and G0283 count as one code. Precision of a program that suggests nothing counts as 100%.",
        "A code’s probability is compared with the coders’ code; an evaluation at the wrong level counts as wrong.",
        "Certainty of a note: per service, how far its probability is from the threshold (0.5 at it, 1 at 0% or 100%), multiplied "
        "over the services. It orders notes; it is no probability.",
        "A mistake’s confidence: the probability of a wrong suggestion, what is left to 100% of a missed code; where a rule "
        "picked another code of the right service, the service’s probability.",
    ]
