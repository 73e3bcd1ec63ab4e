"""Commands of those who run the service: ``config``, ``keys`` and ``store``."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

keys_app = typer.Typer(no_args_is_help=True, help="API keys: shown once, kept as a hash.")
store_app = typer.Typer(no_args_is_help=True, help="Audit rows, feedback and, when switched on, sealed notes.")
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
MOST_DAYS = 36_500
"""As for the ages of the settings."""
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def add_service(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(config)
    app.add_typer(keys_app, name="keys")
    app.add_typer(store_app, name="store")


def config(as_json: AsJson = False) -> None:
    """The settings in effect and where each comes from; secrets are masked.

    Example: SOAPCODE_PORT=8010 soapcode config
    """
    from service.settings import Settings, load_settings, settings_file, shown

    rows = shown(load_settings())
    if as_json:
        print(json.dumps({name: {"value": value, "from": origin} for name, value, origin in rows}))
        return
    for name, value, origin in rows:
        out.print(f"{name:14} {value}  ({origin})", markup=False)
        out.print(f"{'':14} {Settings.model_fields[name].description}", style="dim", markup=False)
    out.print(f"file: {settings_file()}", style="dim", markup=False)


@keys_app.command("create")
def keys_create(
    name: Annotated[str, typer.Argument(help="What to call it, e.g. front-desk.")],
    scopes: Annotated[str, typer.Option(help="Some of suggest, feedback, admin, with commas.")] = "suggest,feedback",
    per_minute: Annotated[
        int | None, typer.Option(min=1, help="Requests per minute; the settings' number where not given.")
    ] = None,
) -> None:
    """Make a key and print it, this once.

    Example: soapcode keys create front-desk --scopes suggest,feedback
    """
    from service.keys import scopes_of
    from service.settings import load_settings
    from service.store.store import Store

    _, token = Store.open(load_settings()).create_key(name, scopes_of(scopes), per_minute)
    print(token)
    err.print("This is the only time the key is shown; only its hash is kept.")


@keys_app.command("list")
def keys_list(as_json: AsJson = False) -> None:
    """All keys: id, name, scopes, requests a minute, whether revoked; never the key itself.

    Example: soapcode keys list
    """
    from service.settings import load_settings
    from service.store.store import Store

    settings = load_settings()
    keys = Store.open(settings).keys()
    if as_json:
        rows = [
            {
                "id": k.id,
                "name": k.name,
                "scopes": sorted(k.scopes),
                "per_minute": k.per_minute,
                "revoked": k.revoked,
            }
            for k in keys
        ]
        print(json.dumps(rows))
        return
    for key in keys:
        state = "revoked" if key.revoked else "in use"
        rate = key.per_minute or settings.per_minute
        out.print(f"{key.id}  {key.name}  {','.join(sorted(key.scopes))}  {rate} a minute  {state}", markup=False)
    if not keys:
        err.print("There is no key; 'soapcode keys create NAME' makes one.")


@keys_app.command("revoke")
def keys_revoke(which: Annotated[str, typer.Argument(help="Its id or name.")]) -> None:
    """Revoke a key; the next request with it is refused.

    Example: soapcode keys revoke front-desk
    """
    from service.settings import load_settings
    from service.store.store import Store

    key = Store.open(load_settings()).revoke_key(which)
    out.print(f"revoked: {key.id}  {key.name}", markup=False)


@store_app.command("info")
def store_info(as_json: AsJson = False) -> None:
    """How many rows the store has, and whether notes are kept.

    Example: soapcode store info
    """
    from service.settings import load_settings
    from service.store.store import Store

    settings = load_settings()
    counts = Store.open(settings).counts()
    if as_json:
        print(json.dumps({**counts, "retain_notes": settings.retain_notes}))
        return
    for name, number in counts.items():
        out.print(f"{name:9} {number}")
    kept = f"kept for {settings.retain_days} days, sealed" if settings.retain_notes else "not kept"
    out.print(f"notes are {kept}")


@store_app.command("purge")
def store_purge(
    older_than: Annotated[
        int | None,
        typer.Option(min=0, max=MOST_DAYS, help="Age in days; 0 is every note. The settings' age where not given."),
    ] = None,
    audit_older_than: Annotated[
        int | None, typer.Option(min=0, max=MOST_DAYS, help="Also audit rows of this age in days.")
    ] = None,
) -> None:
    """Delete kept notes and sealed words of feedback that are older than an age.

    Example: soapcode store purge --older-than 30
    """
    from service.settings import load_settings
    from service.store.store import Store

    settings = load_settings()
    age = settings.retain_days if older_than is None else older_than
    gone = Store.open(settings).purge(age, audit_older_than)
    out.print(f"purged: {gone['notes']} notes, {gone['words']} sealed words, {gone['audit']} audit rows")
