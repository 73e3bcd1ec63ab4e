"""Opening the database: SQLite in WAL mode or PostgreSQL, brought to the newest schema by Alembic."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from service.store.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"


def _pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def open_engine(url: str) -> Engine:
    """An engine; a SQLite file is made with mode 0600 in a folder that is made too.

    Raises
    ------
    StoreError
        When the file cannot be made or the driver is missing.
    """
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        try:
            return create_engine(
                address,
                pool_pre_ping=True,
                pool_size=10,
                hide_parameters=True,
                connect_args={"connect_timeout": 5},
            )
        except ModuleNotFoundError as error:
            raise StoreError("PostgreSQL needs psycopg: pip install 'soapcode[postgres]'") from error
    path = Path(str(address.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(f"the store {path} cannot be opened: {error.strerror}") from error
    engine = create_engine(address, hide_parameters=True, pool_size=10)
    event.listen(engine, "connect", _pragmas)
    return engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to a revision, the newest by default; several at once wait for each other.

    Raises
    ------
    StoreError
        When the database refuses.
    """
    config = _config()
    direction = command.downgrade if revision == "base" else command.upgrade
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(737501)")
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            direction(config, revision)
    except SQLAlchemyError as error:
        raise StoreError(f"the store cannot be brought to this version's schema ({type(error).__name__})") from None


def is_newest(engine: Engine) -> bool:
    """Whether the schema is the one this version needs."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest
