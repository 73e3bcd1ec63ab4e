"""``soapcode train`` and ``soapcode bundle``: learning, and choosing what is in use."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from service.cli_common import out, with_progress

if TYPE_CHECKING:
    from service.retraining import Retrained

bundle_app = typer.Typer(no_args_is_help=True, help="Trained bundles: see them, switch, go back, delete.")
_FIGURES = (("micro-F1", "micro_f1"), ("precision", "precision"), ("recall", "recall"), ("exact set", "exact"))


def add_train(app: typer.Typer) -> None:
    """Add ``train`` and ``bundle`` to the command line."""
    app.command()(train)
    app.add_typer(bundle_app, name="bundle")


def train(
    notes: Annotated[
        Path | None,
        typer.Option(help="A clinic's billed notes: .jsonl or .csv with note and codes, perhaps units and spans."),
    ] = None,
    from_feedback: Annotated[
        bool,
        typer.Option(
            "--from-feedback",
            help="Learn from kept notes of which every suggested code was accepted, rejected or corrected.",
        ),
    ] = False,
    every: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Learn from all training notes of the corpus, not from its coreset only: longer, little else.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Which notes are held back; equal seeds repeat.")] = 0,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Use the new bundle also where it is worse, or too few notes were held back; the reasons are recorded in it.",
        ),
    ] = False,
) -> None:
    """Train a bundle from the corpus, or learn from a clinic's own notes on top of it; measure it, and switch to it.

    With --notes the new bundle is used only if it is no worse: on the clinic's held-back fifth, at least 5 notes that differ, micro-F1
    must not fall, and on the test split no more notes may get worse than chance explains. Otherwise it is thrown away and the exit status is 1; --force
    keeps and uses it all the same. Bad rows are listed with their line, the others are learned from.
    Example: soapcode train · soapcode train --notes clinic.csv · soapcode train --from-feedback
    """
    from models import bundle as bundles
    from service.run import train_bundle

    if notes is not None and from_feedback:
        raise typer.BadParameter(
            "--notes and --from-feedback must not stand together: train with one, then the other"
        )
    if every and (notes is not None or from_feedback):
        raise typer.BadParameter(
            "--all must stand alone, it learns from the corpus; what --notes and --from-feedback bring is learned on top"
        )
    if notes is not None:
        from service.retraining import retrain

        _retrain(with_progress(lambda advance: retrain(notes, advance, seed=seed, force=force)))
        return
    if from_feedback:
        from service.decided import kept_rows
        from service.retraining import retrain_rows

        rows, undecided, unopened = kept_rows()
        out.print(f"{len(rows)} kept notes decided on as a whole, {undecided} others left aside")
        if unopened:
            out.print(
                f"{unopened} more were sealed with another key than SOAPCODE_STORE_KEY, or changed since, and are left aside"
            )
        done = with_progress(lambda advance: retrain_rows(rows, advance, seed=seed, force=force))
        _retrain(done, kept=True)
        return
    version = with_progress(lambda advance: train_bundle(advance, every=every))
    test = bundles.load(version).manifest["metrics"]["test"]
    out.print(
        f"bundle {version}: micro-F1 {test['micro_f1']:.3f}, exact set {test['exact']:.3f} on {test['notes']} test notes"
    )


@bundle_app.command("list")
def listed() -> None:
    """All bundles, oldest first, the one in use marked.

    Example: soapcode bundle list
    """
    from models import bundle as bundles

    now = bundles.current()
    table = Table("", "bundle", "learned from", "test micro-F1", "exact", "held-back micro-F1", "fits", box=None)
    for manifest in bundles.versions():
        test, held = (manifest["metrics"].get(k) or {} for k in ("test", "held"))
        learned = manifest.get("retraining")
        table.add_row(
            "*" if manifest["version"] == now else "",
            manifest["version"],
            f"corpus and {learned['learned']} notes of {learned['file'][:8]}" if learned else "corpus",
            *(f"{f['micro_f1']:.3f}" if f else "" for f in (test,)),
            f"{test['exact']:.3f}" if test else "",
            f"{held['micro_f1']:.3f} ({held['notes']})" if held else "",
            "yes" if bundles.is_current(manifest) else "no",
        )
    out.print(table if table.row_count else "no bundle was trained yet; run 'soapcode train'")


@bundle_app.command("use")
def use(version: Annotated[str, typer.Argument(help="As 'bundle list' shows it.")]) -> None:
    """Switch to a bundle; a running service takes it over between two requests.

    Example: soapcode bundle use 2026.11.27-1
    """
    from models import bundle as bundles

    out.print(f"bundle {bundles.switch(version).version} is in use")


@bundle_app.command("rollback")
def rollback() -> None:
    """Go back to the bundle that was in use before the present one was trained.

    Example: soapcode bundle rollback
    """
    from models import bundle as bundles

    out.print(f"bundle {bundles.rollback().version} is in use again")


@bundle_app.command("rm")
def remove(version: Annotated[str, typer.Argument(help="As 'bundle list' shows it.")]) -> None:
    """Delete a bundle that is not in use.

    Example: soapcode bundle rm 2026.11.27-1
    """
    from models import bundle as bundles

    bundles.remove(version)
    out.print(f"bundle {version} is deleted")


def _retrain(done: Retrained, *, kept: bool = False) -> None:
    """What came of it; ``kept`` where it learned from kept notes, of which nobody knows a line."""
    _tell_rows(done, kept)
    for name, (service, share) in sorted(done.habits.items()):
        out.print(f"learned: here {name} is billed as {service} ({share:.0%})")
    out.print(_before_and_after(done))
    _tell_change(done)
    for sentence in done.refused:
        out.print(f"{'forced' if done.version else 'refused'}: {sentence}")
    if done.version is None:
        out.print(f"bundle {done.before} stays in use; the new one was not kept")
        raise typer.Exit(1)
    out.print(f"bundle {done.version} is in use; 'soapcode bundle rollback' goes back to {done.before}")


def _tell_rows(done: Retrained, kept: bool) -> None:
    from service.cli_label import tell_bad_rows

    found = done.notes
    out.print(
        f"{found.rows} rows: {done.learned} learned from, {done.held} held back, {len(found.bad)} refused, "
        f"{found.repeated} repeated, {found.skipped} not accepted by their labeller"
    )
    if kept:
        for reason, notes in Counter(row.reason for row in found.bad).most_common():
            out.print(f"  {notes} of the kept notes refused: {reason}", markup=False)
    else:
        tell_bad_rows(out, found.bad)
    for code, rows in sorted(found.aside.items()):
        out.print(f"  {code} stands in {rows} rows and is not learned: soapcode never suggests it")
    for what, rows in sorted(found.passed_over.items()):
        out.print(f"  {what}: passed over in {rows} rows")


def _before_and_after(done: Retrained) -> Table:
    """Each of the two sets of notes before and after, one below the other."""
    table = Table("", "", "notes", *(name for name, _ in _FIGURES), "empty kept", "units right", box=None)
    sets = (("your held-back notes", "held"), ("this project's test split", "test"))
    for where, which in sets:
        for name, version, run in (
            ("before", done.before, getattr(done.old, which)),
            ("after", done.version or "not kept", getattr(done.new, which)),
        ):
            figures = run.figures
            units = f"{figures['units_right']}/{figures['units']}" if figures.get("units") else ""
            cells = [f"{figures[key]:.3f}" for _, key in _FIGURES]
            empty = f"{figures['empty_kept']}/{figures['empty']}"
            table.add_row(where, f"{name} ({version})", str(figures["notes"]), *cells, empty, units)
    return table


def _tell_change(done: Retrained) -> None:
    from models.retrain import change, gain

    held = change(done.old.held.tally, done.new.held.tally)
    out.print(f"of your held-back notes {held.better} got better and {held.worse} worse")
    test = done.elsewhere
    by, low, high = gain(done.corpus, done.new.test)
    out.print(
        f"of the test split {test.better} got better and {test.worse} worse than with the corpus alone, "
        f"micro-F1 {by:+.3f} (95 % interval {low:+.3f} to {high:+.3f})"
    )
    if done.meant:
        out.print(
            f"{done.meant} of these notes name what you bill otherwise than this project's guide; the codes in question do not "
            "count there as better or worse, they do in micro-F1"
        )
