"""The command line: ``soapcode``."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from corpus.errors import CorpusError
from corpus.payers import payer_named
from corpus.services import service_of_code
from corpus.tables import paused_collector
from models.home import BundleError
from service.cli_audit import add_audit
from service.cli_batch import batch
from service.cli_catalogue import codes, corpus_app
from service.cli_common import (
    Date,
    NoteFile,
    Payer,
    RefusalError,
    Threshold,
    date_named,
    err,
    load_suggester,
    out,
    read_note,
)
from service.cli_edits import edits_app
from service.cli_evaluate import evaluate
from service.cli_label import add_label
from service.cli_service import add_service
from service.cli_train import add_train
from service.files import keep_apart
from service.store.errors import StoreError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Reads physical-therapy notes and says which billing codes they support, and why. Notes stay on this machine.",
    epilog="Examples: soapcode suggest note.txt · cat note.txt | soapcode suggest - --json · soapcode explain note.txt 97116",
)
app.add_typer(corpus_app, name="corpus")
app.add_typer(edits_app, name="edits")


def suggest(
    note: NoteFile,
    payer: Payer = "medicare",
    date: Date = None,
    threshold: Threshold = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the contract object.")] = False,
) -> None:
    """Rank the codes a note supports.

    Example: soapcode suggest note.txt --payer commercial
    """
    from service.render import print_answer

    text, day = read_note(note), date_named(date)
    payer_named(payer)
    if threshold is not None and not 0 <= threshold <= 1:
        raise RefusalError(f"threshold must lie in [0, 1], got {threshold}")
    answer = load_suggester().suggest(text, payer, day, threshold)
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print_answer(out, text, answer, threshold)


def claim(
    note: NoteFile,
    payer: Payer = "medicare",
    date: Date = None,
    discipline: Annotated[
        str | None, typer.Option(help="PT, OT or SLP; what the note says, where not given.")
    ] = None,
    assistant: Annotated[str | None, typer.Option(help="PTA or COTA, when one treated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the contract object.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the lines as CSV.")] = False,
    superbill: Annotated[
        Path | None, typer.Option(help="Write a printable superbill (HTML), for cash and out-of-network patients.")
    ] = None,
    fhir: Annotated[Path | None, typer.Option(help="Write FHIR R4: a Bundle of Claim and ChargeItems.")] = None,
) -> None:
    """The claim lines of a note: units with their working, modifiers, edits, gaps, and what a person has to decide.

    Example: soapcode claim note.txt --payer medicare --date 2026-11-02
    """
    from models.claim.modifiers import assistant_named, discipline_named
    from service.claim import claim_csv, print_claim
    from service.cli_claim import write_files

    if as_json and as_csv:
        raise RefusalError("--json and --csv must not stand together; choose one")
    if note != "-":
        keep_apart(Path(note), superbill, fhir)
    text, day = read_note(note), date_named(date)
    payer_named(payer)
    discipline_named(discipline)
    assistant_named(assistant)
    answer = load_suggester().suggest(text, payer, day, discipline=discipline, assistant=assistant)
    for path in write_files(answer, superbill, fhir):
        err.print(f"written: {path}")
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    elif as_csv:
        sys.stdout.write(claim_csv(answer["claim"]))
    else:
        print_claim(out, answer["claim"])


def explain(
    note: NoteFile,
    code: Annotated[str, typer.Argument(help="The code to account for, suggested or not.")],
    whole: Annotated[
        bool, typer.Option("--all", help="Every term of every part of the note, to twelve places.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole account as JSON.")] = False,
) -> None:
    """The sum behind one code, also one that was not suggested: what matters in words, with --all everything.

    Example: soapcode explain note.txt 97116 · soapcode explain note.txt 97116 --all
    """
    from service.render import account_json, print_account

    text = read_note(note)
    if code.upper() not in service_of_code():
        raise RefusalError(f"code must be one soapcode suggests (see 'soapcode codes'), got {code!r}")
    found = load_suggester().explained(text, code.upper())
    if as_json:
        print(json.dumps([account_json(a, text, found.segments) for a in found.accounts], ensure_ascii=False))
        return
    for account in found.accounts:
        print_account(out, text, found.segments, code.upper(), account, whole=whole)
    if found.tier is not None:
        from service.claim import print_tier

        print_tier(out, found.tier)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 by default.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; 8000 by default.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes that answer; 1 by default.")] = None,
    cds: Annotated[Path | None, typer.Option(help="TOML file with the CDS Hooks settings.")] = None,
) -> None:
    """Start the service and the page; trains the bundle first if there is none.

    Other settings: soapcode config. Example: soapcode serve --port 8000
    """
    with paused_collector():
        from service.cds.settings import cds_settings
        from service.server import checked, run
        from service.settings import load_settings
        from service.store.store import Store

    given = {"host": host, "port": port, "workers": workers, "cds": cds}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    cds_settings(settings)
    store = Store.open(settings)
    settings = checked(settings, store)
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise RefusalError(
                f"port {settings.port} on {settings.host} cannot be used ({error.strerror}); choose another with --port"
            ) from error
    suggester = load_suggester()
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    out.print(f"soapcode is at http://{shown}:{settings.port}  (Ctrl-C stops it)", markup=False)
    run(settings, store, suggester)


for command in (suggest, claim, batch, explain, evaluate, codes, serve):  # as --help lists them
    app.command()(command)
add_audit(app, load_suggester, out, err)
add_train(app)
add_label(app, load_suggester, out)
add_service(app)


def main() -> None:
    """Entry point: errors the caller can mend are one line on standard error, exit status 2."""
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except (RefusalError, CorpusError, BundleError, ValueError, StoreError) as error:
        _complain(str(error))
        sys.exit(2)
    except OSError as error:
        if error.filename is None:
            raise
        _complain(f"{error.filename} cannot be used: {error.strerror}")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _complain(said: str) -> None:
    err.print("error:", style="red", end=" ")
    err.print(said, markup=False)


if __name__ == "__main__":
    main()
