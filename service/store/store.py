"""What the service keeps, over SQLAlchemy: the same calls for SQLite and PostgreSQL.

Reading order: `Store.open`, then keys, audit, feedback, notes, signed tokens, purge.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, bindparam, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from models.cds import OVERRIDE_REASONS
from models.home import home
from service.feedback import FeedbackEvent
from service.keys import SCOPES, Key, Scope, new_key
from service.settings import Settings
from service.store.database import brought_up, is_newest, open_engine, unhurried
from service.store.errors import StoreError
from service.store.prepared import Prepared
from service.store.tables import AuditRow, Base, FeedbackRow, KeyRow, NoteRow, UsedTokenRow
from service.store.vault import Vault, VaultError, vault_of

CLIENT: contextvars.ContextVar[str] = contextvars.ContextVar("soapcode_client", default="")
"""Who sent the request being answered: a key's id, or empty."""
_KEY = select(KeyRow.__table__).where(KeyRow.id == bindparam("identifier"))
_FUTURE = dt.timedelta(days=1)
_TRIED = 4096
"""Bytes of a note written to see whether there is room."""
_CODED = tuple(code for code, _ in OVERRIDE_REASONS)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision on a kept note, as training reads it."""

    action: str
    code: str
    replaced: str | None
    units: int | None
    bundle: str
    at: dt.datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class KeptNote:
    """A kept note with the codes that were offered for it and what people decided on them, oldest decision first."""

    text: str
    payer: str
    date: dt.date | None
    codes: tuple[str, ...]
    decisions: tuple[Decision, ...]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Store:
    """Keys, audit rows, feedback and sealed notes.

    Parameters
    ----------
    engine : where; its schema must be the newest.
    vault : the installation's secret.
    retain : whether notes and free words of feedback are kept, sealed.
    """

    def __init__(self, engine: Engine, vault: Vault, retain: bool = False) -> None:
        self.engine = engine
        self.retain = retain
        self._vault = vault
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        self._audited = Prepared(engine, AuditRow)

    @classmethod
    def open(cls, settings: Settings, folder: Path | None = None) -> Store:
        """The installation's store, its schema brought to the newest.

        Raises
        ------
        StoreError
            When it cannot be opened.
        """
        try:
            vault = vault_of(settings.store_key.get_secret_value() if settings.store_key else None, folder or home())
        except VaultError as error:
            raise StoreError(str(error)) from error
        engine = open_engine(settings.store_url)
        brought_up(engine)
        return cls(engine, vault, settings.retain_notes)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    def trouble(self) -> str | None:
        """Why an answer could not be kept now; ``None`` when it could. Rows are written to the disk and taken back."""
        try:
            if not is_newest(self.engine):
                return "the store's schema is not this version's"
            self._try_writing()
        except SQLAlchemyError:
            return "the store does not answer"
        return None

    def _try_writing(self) -> None:
        """Write what an answer needs and take it back in the same transaction, which is then committed: only that reaches the
        disk. With an id of its own, so that no sequence moves.
        """
        now = _now()
        row = {"id": -1 - secrets.randbits(30), "at": now, "source": "probe", "client": "", "codes": "", "bundle": ""}
        ref = secrets.token_hex(32)
        with self.engine.begin() as connection:
            connection.execute(insert(AuditRow).values(**row, outcome="probe", milliseconds=0))
            connection.execute(delete(AuditRow).where(AuditRow.id == row["id"]))
            if self.retain:
                connection.execute(insert(NoteRow).values(ref=ref, kept=now, sealed=bytes(_TRIED)))
                connection.execute(delete(NoteRow).where(NoteRow.ref == ref))

    # keys

    def create_key(self, name: str, scopes: frozenset[Scope], per_minute: int | None = None) -> tuple[Key, str]:
        """A new key and its token, which is kept nowhere.

        Raises
        ------
        ValueError
            When the name is empty, too long, or in use by a key that is not revoked.
        """
        if not 1 <= len(name.strip()) <= 80:
            raise ValueError("a key's name must have 1 to 80 characters")
        if any(key.name == name and not key.revoked for key in self.keys()):
            raise ValueError(f"a key named {name!r} exists; revoke it first or take another name")
        identifier, token, digest = new_key()
        with self.engine.begin() as connection:
            connection.execute(
                insert(KeyRow).values(
                    id=identifier,
                    name=name,
                    digest=digest,
                    scopes=",".join(s for s in SCOPES if s in scopes),
                    per_minute=per_minute,
                    created=_now(),
                )
            )
        return Key(identifier, name, digest, scopes, per_minute, False), token

    def key(self, identifier: str) -> Key | None:
        """The key of an id, revoked ones too."""
        with self.engine.connect() as connection:
            row = connection.execute(_KEY, {"identifier": identifier}).one_or_none()
        return None if row is None else _key(row)

    def keys(self) -> list[Key]:
        """All keys, oldest first."""
        with self.engine.connect() as connection:
            return [_key(row) for row in connection.execute(select(KeyRow.__table__).order_by(KeyRow.created))]

    def revoke_key(self, which: str) -> Key:
        """Revoke by id or name; the next request with it is refused.

        Raises
        ------
        ValueError
            When no key in use has it.
        """
        found = [key for key in self.keys() if not key.revoked and which in (key.id, key.name)]
        if not found:
            raise ValueError(f"no key in use has the id or name {which!r}; 'soapcode keys list' shows them")
        with self.engine.begin() as connection:
            connection.execute(update(KeyRow).where(KeyRow.id == found[0].id).values(revoked=_now()))
        return found[0]

    # audit

    def audit(
        self,
        *,
        source: str,
        outcome: str,
        bundle: str,
        milliseconds: int,
        note_sha256: str | None = None,
        payer: str | None = None,
        codes: tuple[str, ...] = (),
        user: str | None = None,
        client: str | None = None,
    ) -> None:
        """One audit row: references keyed with the installation's secret, never the note or the user's name."""
        row = {
            "at": _now(),
            "source": source,
            "client": CLIENT.get() if client is None else client,
            "user_ref": self._vault.reference("user", user) if user else None,
            "note_ref": self._vault.reference("note", note_sha256) if note_sha256 else None,
            "payer": payer,
            "codes": ",".join(codes)[:512],
            "bundle": bundle,
            "outcome": outcome,
            "milliseconds": milliseconds,
        }
        with self.engine.begin() as connection:
            self._audited.insert(connection, row)

    def audit_rows(self, last: int = 100) -> list[dict[str, Any]]:
        """The newest audit rows, newest first."""
        with self.engine.connect() as connection:
            found = connection.execute(select(AuditRow.__table__).order_by(AuditRow.id.desc()).limit(last))
            return [dict(row._mapping) for row in found]

    # feedback

    def record(self, event: FeedbackEvent) -> None:
        """Keep a decision once per key. Free words are sealed while notes are kept, and dropped otherwise."""
        identifier = self._vault.reference("feedback", event.key)
        coded = event.reason if event.reason in _CODED else None
        words = {
            name: value
            for name, value in (("reason", None if coded else event.reason), ("comment", event.comment))
            if value
        }
        row = {
            "id": identifier,
            "at": event.at or _now(),
            "source": event.source,
            "client": _short(event.client or CLIENT.get(), 64),
            "note_ref": self._vault.reference("note", event.note_sha256) if event.note_sha256 else None,
            "bundle": _short(event.bundle, 40),
            "action": event.action,
            "code": _short(event.code, 8),
            "replaced": _short(event.replaced, 8) if event.replaced else None,
            "units": event.units,
            "modifiers": _short(",".join(event.modifiers), 16),
            "reason": coded,
            "sealed": self._vault.seal(json.dumps(words), identifier) if words and self.retain else None,
        }
        self._once(FeedbackRow, row)

    def feedback_counts(self) -> dict[str, int]:
        """Decisions by action."""
        with self.engine.connect() as connection:
            query = select(FeedbackRow.action, func.count()).group_by(FeedbackRow.action)
            return {row[0]: row[1] for row in connection.execute(query)}

    def _once(self, table: type[Base], row: dict[str, Any]) -> None:
        with self.engine.begin() as connection:
            connection.execute(self._insert(table).values(**row).on_conflict_do_nothing())

    # notes

    def keep(
        self, note: str, note_sha256: str, payer: str, date: dt.date | None = None, codes: tuple[str, ...] = ()
    ) -> None:
        """Keep a note, sealed, once; does nothing unless retention is on.

        Parameters
        ----------
        note, note_sha256 : the text, and the hash its answer carries.
        payer, date : as it was asked.
        codes : those offered, so that decisions can be read against them.
        """
        if not self.retain:
            return
        ref = self._vault.reference("note", note_sha256)
        content = json.dumps(
            {"text": note, "payer": payer, "date": date.isoformat() if date else None, "codes": codes}
        )
        self._once(NoteRow, {"ref": ref, "kept": _now(), "sealed": self._vault.seal(content, ref)})

    def kept_notes(self, sealed_otherwise: Callable[[], None] | None = None) -> Iterator[KeptNote]:
        """Kept notes somebody decided on, with their decisions; what `soapcode train --from-feedback` reads.

        Parameters
        ----------
        sealed_otherwise : called for each note that was sealed with another key or changed since, which is then left out.

        Raises
        ------
        VaultError
            When there is such a note and nobody is to be called.
        """
        decisions: dict[str, list[Decision]] = defaultdict(list)
        with unhurried(self.engine) as connection:
            for row in connection.execute(select(FeedbackRow.__table__).order_by(FeedbackRow.at, FeedbackRow.id)):
                if row.note_ref and row.code:
                    decisions[row.note_ref].append(
                        Decision(row.action, row.code, row.replaced, row.units, row.bundle, row.at, row.reason)
                    )
            for ref, sealed in connection.execute(
                select(NoteRow.ref, NoteRow.sealed).order_by(NoteRow.kept, NoteRow.ref)
            ):
                if ref not in decisions:
                    continue
                try:
                    content = json.loads(self._vault.unseal(sealed, ref))
                except VaultError:
                    if sealed_otherwise is None:
                        raise
                    sealed_otherwise()
                    continue
                date = dt.date.fromisoformat(content["date"]) if content["date"] else None
                yield KeptNote(
                    content["text"], content["payer"], date, tuple(content["codes"]), tuple(decisions[ref])
                )

    # signed tokens

    def first(self, key: str, until: float) -> bool:
        """Whether a token is used for the first time, over every process and start; what has expired is forgotten.

        Parameters
        ----------
        key : of the token, kept as a keyed hash only.
        until : when it may be forgotten, in seconds since the epoch.
        """
        row = {
            "ref": self._vault.reference("token", key),
            "until": dt.datetime.fromtimestamp(until, dt.UTC),
        }
        with self.engine.begin() as connection:
            connection.execute(delete(UsedTokenRow).where(UsedTokenRow.until < _now()))
            added = self._insert(UsedTokenRow).values(**row).on_conflict_do_nothing().returning(UsedTokenRow.ref)
            return connection.execute(added).one_or_none() is not None

    # purge

    def purge(self, note_days: int | None, audit_days: int | None = None) -> dict[str, int]:
        """Delete what is too old, and on SQLite overwrite its place in the file.

        Parameters
        ----------
        note_days : notes and sealed words older than this go, and words dated in the future, as earlier versions could
            date them; 0 is all of them, ``None`` none. Reasons that are not coded, as earlier versions kept them, go with any age.
        audit_days : likewise for audit rows.

        Returns
        -------
        How many of ``notes``, ``words`` and ``audit`` went.
        """
        gone = {"notes": 0, "words": 0, "audit": 0}
        with unhurried(self.engine) as connection:
            if note_days is not None:
                limit = _now() - dt.timedelta(days=note_days)
                gone["notes"] = connection.execute(delete(NoteRow).where(NoteRow.kept <= limit)).rowcount
                old = or_(FeedbackRow.at <= limit, FeedbackRow.at > _now() + _FUTURE)
                words = update(FeedbackRow).where(old, FeedbackRow.sealed.is_not(None))
                gone["words"] = connection.execute(words.values(sealed=None)).rowcount
                free = update(FeedbackRow).where(FeedbackRow.reason.not_in(_CODED))
                gone["words"] += connection.execute(free.values(reason=None)).rowcount
            if audit_days is not None:
                limit = _now() - dt.timedelta(days=audit_days)
                gone["audit"] = connection.execute(delete(AuditRow).where(AuditRow.at <= limit)).rowcount
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        return gone

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        tables = {"keys": KeyRow, "audit": AuditRow, "feedback": FeedbackRow, "notes": NoteRow}
        with unhurried(self.engine) as connection:
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in tables.items()
            }


def _short(value: str, most: int) -> str:
    """What a column holds: no longer than it is, and without NUL, which PostgreSQL refuses."""
    return value.replace("\0", "")[:most]


def _key(row: Any) -> Key:
    scopes: frozenset[Scope] = frozenset(s for s in SCOPES if s in row.scopes.split(","))
    return Key(row.id, row.name, row.digest, scopes, row.per_minute, row.revoked is not None)
