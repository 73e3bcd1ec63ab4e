"""Opening the database: SQLite in WAL mode or PostgreSQL, brought to the newest schema by Alembic."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from service.store.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"
_POOL = {"pool_size": 10, "pool_timeout": 5, "hide_parameters": True}


def _pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
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
        return _postgres(address)
    path = Path(str(address.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(f"the store {path} cannot be opened: {error.strerror}") from error
    engine = create_engine(address, **_POOL)
    _hold_to(engine, path)
    event.listen(engine, "connect", _pragmas)
    return engine


def _hold_to(engine: Engine, path: Path) -> None:
    """Never write to a file that was moved away or replaced: every use is of the file that has the name now, or fails."""
    place = str(path)

    def identity() -> tuple[int, int] | None:
        try:
            found = os.stat(place)  # noqa: PTH116  half the time of the path's own, and every answer waits for it
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def opened(_dialect: Any, record: Any, _words: Any, _named: Any) -> None:
        """SQLite would make an empty file."""
        record.info["file"] = identity()
        if record.info["file"] is None:
            raise sqlite3.OperationalError("the file is gone")

    def taken(_connection: Any, record: Any, _fairy: Any) -> None:
        if record.info.get("file") != identity():
            raise DisconnectionError

    event.listen(engine, "do_connect", opened)
    event.listen(engine, "checkout", taken)


def _postgres(address: URL) -> Engine:
    try:
        engine = create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": 5}, **_POOL)
        from service.store.postgres import STATEMENT_SECONDS, Impatient  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StoreError(
            "PostgreSQL needs psycopg: run 'pip install --require-hashes -r requirements/postgres.txt', or build the image with '--build-arg LOCK=postgres'"
        ) from error

    def open_one(_dialect: Any, _record: Any, words: Any, named: Any) -> Any:
        return Impatient.connect(*words, **named)

    def limited(connection: Any, _record: Any) -> None:
        connection.execute(f"SET statement_timeout = {STATEMENT_SECONDS * 1000:.0f}")
        connection.commit()

    event.listen(engine, "do_connect", open_one)
    event.listen(engine, "connect", limited)
    return engine


@contextmanager
def unhurried(engine: Engine) -> Iterator[Connection]:
    """A transaction whose statements may take as long as they need: what no request waits for."""
    with engine.begin() as connection:
        if engine.dialect.name != "postgresql":
            yield connection
            return
        from service.store.postgres import hurried, patient  # noqa: PLC0415

        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        held: Any = connection.connection.driver_connection
        patient(held)
        try:
            yield connection
        finally:
            hurried(held)


def _reach(engine: Engine) -> None:
    """That a server answers at all is asked first: what it says of a schema is another thing."""
    if engine.dialect.name != "postgresql":
        return
    try:
        engine.connect().close()
    except SQLAlchemyError:
        raise StoreError(
            "PostgreSQL must be running and let soapcode in at the address of database_url; it cannot be reached"
        ) from None


def brought_up(engine: Engine) -> None:
    """Bring the schema to the newest; Alembic is loaded only where it is not.

    Raises
    ------
    StoreError
        When the database cannot be reached or refuses.
    """
    try:
        if is_newest(engine):
            return
    except SQLAlchemyError:
        _reach(engine)
    migrate(engine)


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to a revision, the newest by default; several at once wait for each other.

    Raises
    ------
    StoreError
        When the database refuses.
    """
    from alembic import command  # noqa: PLC0415 - a quarter of a second, and hardly ever needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    _reach(engine)
    direction = command.downgrade if revision == "base" else command.upgrade
    try:
        with unhurried(engine) as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(737501)")
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            direction(config, revision)
    except SQLAlchemyError as error:
        raise StoreError(f"the store cannot be brought to this version's schema ({type(error).__name__})") from None


def newest() -> str:
    """The revision this version needs: the last of the migrations, which are numbered."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def is_newest(engine: Engine) -> bool:
    """Whether the schema is the one this version needs."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest()]
