"""Starting the service: what must hold before it listens, then uvicorn with one or several processes."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile

import uvicorn
from fastapi import FastAPI

from corpus.tables import paused_collector
from models.suggester import Suggester
from service.cds.settings import cds_settings
from service.listening import Listener
from service.settings import LOOPBACK_NAMES, PREFIX, Settings, SettingsError, is_loopback, load_settings
from service.store.store import Store


def checked(settings: Settings, store: Store) -> Settings:
    """The settings as served: on loopback without keys, requests may name this machine only; where host names are set, this machine
    as well, for whatever probes it from within.

    Raises
    ------
    SettingsError
        When others could reach the service and no key would be asked for, or a signed token could be used once per process.
    ValueError
        When the file of the CDS Hooks settings does not hold.
    """
    if settings.workers > 1 and cds_settings(settings).clients:
        raise SettingsError(
            "workers must be 1 where CDS Hooks clients sign their requests: each process remembers by itself which card stood for which code"
        )
    if not is_loopback(settings.host):
        if not settings.needs_key:
            raise SettingsError(
                "require_key may be false only on the loopback address; take out one of host and require_key"
            )
        held = store.keys()
        if not any(not key.revoked for key in held):
            raise SettingsError(
                f"listening on {settings.host} needs a key: make one with "
                "'soapcode keys create NAME --scopes suggest,feedback', or listen on 127.0.0.1"
            )
    if settings.needs_key and not settings.allowed_hosts:
        return settings
    own = f"[{settings.host}]" if ":" in settings.host else settings.host
    named = settings.allowed_hosts or (own,)
    return settings.model_copy(update={"allowed_hosts": tuple(dict.fromkeys((*LOOPBACK_NAMES, *named)))})


def worker() -> FastAPI:
    """The application of one of several processes; settings come by environment."""
    with paused_collector():
        from service.app import create_app
        from service.logs import start_logging

        settings = load_settings()
        start_logging(settings.log_level)
        store = Store.open(settings)
        app = create_app(Suggester.load().warmed(), checked(settings, store), store, watch=True)
    _settle()
    return app


def _settle() -> None:
    """Keep the garbage collector from scanning what was loaded, a million objects that all stay, while notes are read."""
    gc.collect()
    gc.freeze()


def run(settings: Settings, store: Store, suggester: Suggester) -> None:
    """Serve until told to stop; answers under way are finished first.

    Parameters
    ----------
    settings : as `checked` gives them.
    store, suggester : open and loaded; used in this process when there is one worker.
    """
    with paused_collector():
        from service.app import create_app
        from service.logs import start_logging

    common = {
        "host": settings.host,
        "port": settings.port,
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "http": Listener,
        "timeout_graceful_shutdown": settings.stop_seconds,
    }
    start_logging(settings.log_level)
    if settings.workers == 1:
        app = create_app(suggester, settings, store, watch=True)
        _settle()
        uvicorn.Server(uvicorn.Config(app, **common)).run()  # type: ignore[arg-type]
        store.close()
        return
    store.close()
    folder = tempfile.mkdtemp(prefix="soapcode-metrics-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    given = {name: getattr(settings, name) for name in ("host", "port", "workers", "cds")}
    os.environ |= {PREFIX + name.upper(): str(value) for name, value in given.items() if value is not None}
    uvicorn.run("service.server:worker", factory=True, workers=settings.workers, **common)  # type: ignore[arg-type]
