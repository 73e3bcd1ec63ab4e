"""The tables. No column holds note text in the clear."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import DateTime, Dialect, Index, Integer, LargeBinary, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[dt.datetime]):
    """A moment in UTC, with its zone on the way in and out; SQLite keeps none itself."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """To UTC."""
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """With the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(
        naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"},
    )


class KeyRow(Base):
    """An API key; `digest` is the SHA-256 of its secret."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[str] = mapped_column(String(80))
    per_minute: Mapped[int | None] = mapped_column(Integer)
    created: Mapped[dt.datetime] = mapped_column(UtcTime)
    revoked: Mapped[dt.datetime | None] = mapped_column(UtcTime)


class AuditRow(Base):
    """One answered or failed request; `note_ref` and `user_ref` are hashes keyed with the installation's secret."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "at"), Index(None, "note_ref"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at: Mapped[dt.datetime] = mapped_column(UtcTime)
    source: Mapped[str] = mapped_column(String(16))
    client: Mapped[str] = mapped_column(String(64))
    user_ref: Mapped[str | None] = mapped_column(String(64))
    note_ref: Mapped[str | None] = mapped_column(String(64))
    payer: Mapped[str | None] = mapped_column(String(32))
    codes: Mapped[str] = mapped_column(String(512))
    bundle: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(16))
    milliseconds: Mapped[int] = mapped_column(Integer)


class FeedbackRow(Base):
    """One decision about one code; `sealed` holds free words, only while notes are kept."""

    __tablename__ = "feedback"
    __table_args__ = (Index(None, "at"), Index(None, "note_ref"))

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UtcTime)
    source: Mapped[str] = mapped_column(String(16))
    client: Mapped[str] = mapped_column(String(64))
    note_ref: Mapped[str | None] = mapped_column(String(64))
    bundle: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(8))
    replaced: Mapped[str | None] = mapped_column(String(8))
    units: Mapped[int | None] = mapped_column(Integer)
    modifiers: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(40))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class NoteRow(Base):
    """A kept note, sealed with the installation's key."""

    __tablename__ = "note"
    __table_args__ = (Index(None, "kept"),)

    ref: Mapped[str] = mapped_column(String(64), primary_key=True)
    kept: Mapped[dt.datetime] = mapped_column(UtcTime)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class UsedTokenRow(Base):
    """A signed token that was used, as a hash keyed with the installation's secret, until it expires."""

    __tablename__ = "used_token"
    __table_args__ = (Index(None, "until"),)

    ref: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[dt.datetime] = mapped_column(UtcTime)
