"""An insert that is compiled once: what every answer waits for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, insert

from service.store.tables import Base


class Prepared:
    """One row into one table, all columns but those the database numbers itself.

    SQLAlchemy looks a statement up by its shape on each execution, and what that touches is no longer in the processor's cache
    after a note was read. Errors are SQLAlchemy's as ever.

    Parameters
    ----------
    engine : whose dialect the statement is in.
    table : where the rows go.
    """

    def __init__(self, engine: Engine, table: type[Base]) -> None:
        columns = [column for column in table.__table__.columns if column.autoincrement is not True]
        names = [column.name for column in columns]
        dialect = engine.dialect
        compiled = insert(table).inline().compile(dialect=dialect, column_keys=names)
        processors = {column.name: column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns}
        self._statement = str(compiled)
        self._processors = {name: processor for name, processor in processors.items() if processor is not None}
        self._order = compiled.positiontup

    def insert(self, connection: Connection, row: dict[str, Any]) -> None:
        """Write a row; it must have every column of the statement."""
        given = {**row, **{name: processor(row[name]) for name, processor in self._processors.items()}}
        values = given if self._order is None else tuple(given[name] for name in self._order)
        connection.exec_driver_sql(self._statement, values)
