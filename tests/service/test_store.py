"""The store: the same behaviour on SQLite and PostgreSQL; nothing of a note in the clear."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import resource
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import inspect, select, text, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from service import keys
from service.app import create_app
from service.feedback import FeedbackEvent
from service.keys import opens, parts
from service.operations import Housekeeping
from service.settings import Settings
from service.store.database import MIGRATIONS, brought_up, is_newest, migrate, newest, open_engine, unhurried
from service.store.errors import StoreError
from service.store.store import Store
from service.store.tables import AuditRow, Base, FeedbackRow, NoteRow, UsedTokenRow
from service.store.vault import Vault, VaultError, vault_of

NOTE = "O: Treadmill 8 min; the marigold grandmother hummed at the vestibule"
SHA = hashlib.sha256(NOTE.encode()).hexdigest()


def event(**changed: object) -> FeedbackEvent:
    given_: dict[str, object] = {
        "key": "k1",
        "source": "api",
        "action": "accept",
        "code": "97110",
        "note_sha256": SHA,
    }
    return FeedbackEvent(**{**given_, "bundle": "b-1", **changed})  # type: ignore[arg-type]


def test_schema_is_what_the_tables_say(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    assert store.trouble() is None


def test_migrations_go_down_and_up_again(store: Store) -> None:
    migrate(store.engine, "base")
    assert set(inspect(store.engine).get_table_names()) == {"alembic_version"}
    assert store.trouble() == "the store's schema is not this version's"
    migrate(store.engine, "0001")
    assert not is_newest(store.engine)
    brought_up(store.engine)
    assert is_newest(store.engine)


def test_the_newest_revision_is_the_one_alembic_would_go_to() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    assert newest() == ScriptDirectory.from_config(config).get_current_head()


@pytest.mark.parametrize("retain", [False, True])
def test_asking_for_trouble_leaves_no_trace(open_store: Callable[..., Store], retain: bool) -> None:
    store = open_store(retain_notes=retain)
    for _ in range(3):
        assert store.trouble() is None
    assert store.counts() == {"keys": 0, "audit": 0, "feedback": 0, "notes": 0}
    store.audit(source="api", outcome="answered", bundle="b-1", milliseconds=7)
    assert store.trouble() is None
    store.audit(source="api", outcome="answered", bundle="b-1", milliseconds=7)
    assert [row["id"] for row in store.audit_rows()] == [2, 1], "no number was used up"


@pytest.mark.parametrize("retain", [False, True])
def test_a_full_disk_is_said(tmp_path: Path, retain: bool) -> None:
    url = f"sqlite:///{tmp_path}/store.sqlite3"
    store = Store.open(Settings(database_url=url, store_key="5a" * 32, retain_notes=retain), tmp_path)
    store.purge(0)
    assert store.trouble() is None
    store.purge(0)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    try:
        trouble = store.trouble()
        with pytest.raises(SQLAlchemyError):
            store.audit(source="api", outcome="answered", bundle="b-1", milliseconds=7)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert trouble == "the store does not answer"
    assert store.trouble() is None
    store.close()


@pytest.mark.parametrize("table", ["audit", "note"])
def test_a_store_that_takes_no_rows_says_so(open_store: Callable[..., Store], table: str) -> None:
    store = open_store(retain_notes=True)
    with store.engine.begin() as connection:
        if store.engine.dialect.name == "sqlite":
            refuse = f"CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"
        else:
            refuse = f"ALTER TABLE {table} ADD CONSTRAINT no CHECK (false) NOT VALID"
        connection.exec_driver_sql(refuse)
    assert store.trouble() == "the store does not answer"


def test_a_store_whose_file_is_locked_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/s.sqlite3"
    store, other = (Store.open(Settings(database_url=url, store_key=SecretStr("5a" * 32))) for _ in range(2))
    with other.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        assert store.trouble() == "the store does not answer"
    assert store.trouble() is None
    store.close()
    other.close()


def test_a_file_moved_away_or_replaced_is_not_written_to(tmp_path: Path) -> None:
    path, away = tmp_path / "s.sqlite3", tmp_path / "away.sqlite3"
    store = Store.open(Settings(database_url=f"sqlite:///{path}", store_key=SecretStr("5a" * 32)))

    def audit() -> None:
        store.audit(source="api", outcome="answered", bundle="b-1", milliseconds=7)

    audit()
    store.purge(None)  # what was written stands in the file
    path.rename(away)
    assert store.trouble() == "the store does not answer"
    with pytest.raises(OperationalError):
        audit()
    assert not path.exists(), "no empty store may take its place"
    shutil.copy(away, path)
    assert store.trouble() is None
    audit()
    assert store.counts()["audit"] == 2
    with sqlite3.connect(away) as old:
        assert old.execute("SELECT count(*) FROM audit").fetchone() == (1,)
    old.close()
    (tmp_path / "empty").touch()
    (tmp_path / "empty").replace(path)
    assert store.trouble() is not None
    with pytest.raises(OperationalError):
        audit()
    store.close()


@pytest.mark.postgres
def test_a_server_that_stands_still_is_given_up(
    postgres: str, open_store: Callable[..., Store], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.startswith("sqlite"):
        pytest.skip("SQLite has no server")
    from service.store import postgres as limits

    monkeypatch.setattr(limits.Impatient, "seconds", 0.5)
    store = open_store()
    with store.engine.connect() as connection:
        process = int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
    os.kill(process, signal.SIGSTOP)
    began = time.monotonic()
    try:
        assert store.trouble() is None, "a new connection answers"
        with store.engine.connect() as connection, pytest.raises(OperationalError):
            connection.execute(text("SELECT pg_sleep(30)"))
    finally:
        os.kill(process, signal.SIGCONT)
    assert time.monotonic() - began < 20
    assert store.trouble() is None


@pytest.mark.postgres
def test_the_server_ends_statements_that_take_too_long_but_not_those_nobody_waits_for(
    postgres: str, open_store: Callable[..., Store], database: str
) -> None:
    if database.startswith("sqlite"):
        pytest.skip("SQLite has no server")
    store = open_store()
    limit = text("SELECT current_setting('statement_timeout')")
    with store.engine.connect() as connection:
        assert connection.execute(limit).scalar() == "5s"
    with unhurried(store.engine) as connection:
        assert connection.execute(limit).scalar() == "0"
    with store.engine.connect() as connection:
        assert connection.execute(limit).scalar() == "5s"


@pytest.mark.parametrize("known", [True, False])
def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(given_: bytes, held: bytes) -> bool:
        compared.append((given_, held))
        return given_ == held

    monkeypatch.setattr("service.keys.hmac.compare_digest", compare)
    identifier, token, digest = keys.new_key()
    secret = (parts(token) or ("", ""))[1]
    key = keys.Key(identifier, "a", digest, frozenset({"suggest"}), None, False) if known else None
    assert opens(key, secret) is known
    assert [given_ for given_, _ in compared] == [digest]
    assert (compared[0][1] == digest) is known


def test_several_can_migrate_at_once(database: str, open_store: Callable[..., Store]) -> None:
    failed: list[BaseException] = []

    def go() -> None:
        try:
            open_store()
        except Exception as error:  # noqa: BLE001  said by the main thread
            failed.append(error)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_key_is_kept_as_a_hash_only(store: Store) -> None:
    key, token = store.create_key("front desk", frozenset({"suggest"}), 30)
    identifier, secret = parts(token) or ("", "")
    assert store.key(identifier) == key
    assert opens(store.key(identifier), secret)
    with store.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM api_key")).one()
    assert secret not in str(tuple(row))
    assert bytes(row.digest) == hashlib.sha256(secret.encode()).digest()


@pytest.mark.parametrize("by", ["id", "name"])
def test_revoked_keys_open_nothing(store: Store, by: str) -> None:
    key, token = store.create_key("widget", frozenset({"suggest"}))
    store.revoke_key(getattr(key, by))
    identifier, secret = parts(token) or ("", "")
    assert not opens(store.key(identifier), secret)
    with pytest.raises(ValueError, match="no key in use"):
        store.revoke_key("widget")
    store.create_key("widget", frozenset({"suggest"}))
    with pytest.raises(ValueError, match="exists"):
        store.create_key("widget", frozenset({"suggest"}))


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_key_needs_a_name(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="1 to 80"):
        store.create_key(name, frozenset({"suggest"}))


def test_audit_rows_hold_references_and_no_names(store: Store) -> None:
    for code in ("97110", "97140"):
        store.audit(
            source="api",
            outcome="answered",
            bundle="b-1",
            milliseconds=7,
            note_sha256=SHA,
            payer="medicare",
            codes=(code,),
            user="dr.marigold",
        )
    first, second = store.audit_rows()
    assert [first["codes"], second["codes"]] == ["97140", "97110"]
    assert first["note_ref"] == second["note_ref"] != SHA
    assert len(first["user_ref"]) == 64
    assert first["at"].tzinfo is dt.UTC
    assert "marigold" not in str(first)
    assert len(store.audit_rows(1)) == 1


def test_feedback_is_kept_once(store: Store) -> None:
    store.record(event())
    store.record(event())
    store.record(event(key="k2", action="reject", reason="not-performed"))
    assert store.feedback_counts() == {"accept": 1, "reject": 1}
    with store.engine.connect() as connection:
        reasons = set(connection.execute(select(FeedbackRow.reason)).scalars())
    assert reasons == {None, "not-performed"}


def test_anything_a_client_can_send_can_be_kept(store: Store) -> None:
    store.record(
        event(key="\0", bundle="b\0" * 60, code="9\0" * 9, client="c\0" * 90, reason="\0", comment="\0\ud800")
    )
    store.record(event(key="\ud800", note_sha256="\0", replaced="\0" * 20, modifiers=("GP",) * 9))
    store.audit(source="api", outcome="answered", bundle="b", milliseconds=1, user="\0\ud800", note_sha256="\0")
    assert store.counts() == {"keys": 0, "audit": 1, "feedback": 2, "notes": 0}


@pytest.mark.parametrize("retain", [False, True])
def test_words_that_look_coded_are_free_words(open_store: Callable[..., Store], retain: bool) -> None:
    store = open_store(retain_notes=retain)
    for number, reason in enumerate(("mary-jones-zebraquokka", "zebraquokka", "not_performed", "units ", "other")):
        store.record(event(key=f"r{number}", reason=reason))

    def reasons() -> set[str | None]:
        with store.engine.connect() as connection:
            return set(connection.execute(select(FeedbackRow.reason)).scalars())

    assert reasons() == {None, "other"}
    with store.engine.begin() as connection:
        connection.execute(update(FeedbackRow).where(FeedbackRow.reason.is_(None)).values(reason="zebraquokka"))
    store.purge(30)
    assert reasons() == {None, "other"}, "what earlier versions kept goes too"


@pytest.mark.parametrize("retain", [False, True])
def test_free_words_are_sealed_or_dropped(open_store: Callable[..., Store], retain: bool) -> None:
    store = open_store(retain_notes=retain)
    store.record(event(reason="the marigold grandmother", comment="hummed at the vestibule"))
    with store.engine.connect() as connection:
        row = connection.execute(select(FeedbackRow.__table__)).one()
    assert row.reason is None
    assert (row.sealed is not None) is retain
    assert b"marigold" not in (row.sealed or b"")


def test_notes_are_not_kept_by_default(store: Store) -> None:
    store.keep(NOTE, SHA, "medicare")
    assert store.counts()["notes"] == 0


def test_kept_notes_come_back_with_their_decisions(open_store: Callable[..., Store]) -> None:
    store = open_store(retain_notes=True)
    store.keep(NOTE, SHA, "uhc", dt.date(2026, 11, 2), ("97110", "97530"))
    store.keep(NOTE, SHA, "uhc")
    other = "nobody decided on this one"
    store.keep(other, hashlib.sha256(other.encode()).hexdigest(), "medicare")
    now = dt.datetime(2026, 11, 3, 9, tzinfo=dt.UTC)
    store.record(event(key="2", action="correct", code="97116", replaced="97530", at=now))
    store.record(event(key="1", at=now - dt.timedelta(hours=1)))
    (kept,) = store.kept_notes()
    assert (kept.text, kept.payer, kept.date) == (NOTE, "uhc", dt.date(2026, 11, 2))
    assert kept.codes == ("97110", "97530")
    assert [(d.action, d.code, d.replaced) for d in kept.decisions] == [
        ("accept", "97110", None),
        ("correct", "97116", "97530"),
    ]
    assert store.counts()["notes"] == 2


def test_another_key_opens_no_note(open_store: Callable[..., Store]) -> None:
    first = open_store(retain_notes=True)
    first.keep(NOTE, SHA, "medicare")
    first.record(event())
    second = open_store(retain_notes=True, store_key="6b" * 32)
    with pytest.raises(VaultError, match="another key"):
        list(second.kept_notes())


def test_a_note_moved_to_another_row_does_not_open(open_store: Callable[..., Store]) -> None:
    store = open_store(retain_notes=True)
    store.keep(NOTE, SHA, "medicare")
    moved = store._vault.reference("note", "0" * 64)
    with store.engine.begin() as connection:
        connection.execute(update(NoteRow).values(ref=moved))
    store.record(event(note_sha256="0" * 64))
    with pytest.raises(VaultError, match="changed since"):
        list(store.kept_notes())


@pytest.mark.parametrize(("age", "left"), [(None, 2), (31, 2), (30, 1), (5, 1), (0, 0)])
def test_purge_takes_notes_by_age(open_store: Callable[..., Store], age: int | None, left: int) -> None:
    store = open_store(retain_notes=True)
    store.keep(NOTE, SHA, "medicare")
    with store.engine.begin() as connection:
        connection.execute(update(NoteRow).values(kept=dt.datetime.now(dt.UTC) - dt.timedelta(days=30, hours=1)))
    store.keep(NOTE + " again", "0" * 64, "medicare")
    gone = store.purge(age)
    assert store.counts()["notes"] == left
    assert gone["notes"] == 2 - left


def test_a_token_is_new_once_until_it_expires(open_store: Callable[..., Store]) -> None:
    store, again, later = open_store(), open_store(), dt.datetime.now(dt.UTC).timestamp() + 300
    assert store.first("iss\none", later)
    assert not store.first("iss\none", later)
    assert not again.first("iss\none", later), "another process, or after a restart"
    assert again.first("iss\ntwo", later)
    assert again.first("iss\nover", later - 400)
    assert store.first("iss\nthree", later)
    with store.engine.connect() as connection:
        refs = connection.execute(select(UsedTokenRow.ref)).scalars().all()
    assert len(refs) == 3, "what has expired is forgotten"
    assert all(len(ref) == 64 for ref in refs)


@pytest.mark.parametrize("days", [0, 30])
def test_purge_takes_words_that_were_dated_in_the_future(open_store: Callable[..., Store], days: int) -> None:
    store = open_store(retain_notes=True)
    store.record(event(comment="hummed at the vestibule", at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC)))
    assert store.purge(days)["words"] == 1


def test_purge_takes_sealed_words_and_leaves_the_decision(open_store: Callable[..., Store]) -> None:
    store = open_store(retain_notes=True)
    store.record(event(comment="hummed"))
    assert store.purge(0) == {"notes": 0, "words": 1, "audit": 0}
    assert store.feedback_counts() == {"accept": 1}


@pytest.mark.parametrize(("age", "gone"), [(31, 0), (30, 1), (0, 2)])
def test_purge_takes_sealed_words_by_age(open_store: Callable[..., Store], age: int, gone: int) -> None:
    store = open_store(retain_notes=True)
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=30, hours=1)
    store.record(event(key="old", comment="hummed", at=old))
    store.record(event(key="new", comment="hummed again"))
    assert store.purge(age)["words"] == gone
    with store.engine.connect() as connection:
        left = connection.execute(select(FeedbackRow.at).where(FeedbackRow.sealed.is_not(None))).scalars().all()
    assert len(left) == 2 - gone
    assert (old in left) is (gone == 0)


def _aged(store: Store) -> None:
    """An old and a new one of a note, of words and of an audit row."""
    now = dt.datetime.now(dt.UTC)
    for days in (40, 1):
        then = now - dt.timedelta(days=days)
        text = f"{NOTE} {days}"
        store.keep(text, hashlib.sha256(text.encode()).hexdigest(), "medicare")
        store.record(event(key=str(days), comment="hummed", at=then))
        store.audit(source="api", outcome="answered", bundle=f"b{days}", milliseconds=1)
        with store.engine.begin() as connection:
            connection.execute(update(NoteRow).where(NoteRow.kept > now).values(kept=then))
            connection.execute(update(AuditRow).where(AuditRow.bundle == f"b{days}").values(at=then))


def _left(store: Store) -> tuple[int, int, int]:
    with store.engine.connect() as connection:
        words = connection.execute(select(FeedbackRow.id).where(FeedbackRow.sealed.is_not(None))).all()
    return store.counts()["notes"], len(words), store.counts()["audit"]


@pytest.mark.parametrize(
    ("retain_days", "audit_days", "left"), [(30, 30, (1, 1, 1)), (30, 50, (1, 1, 2)), (50, 30, (2, 2, 1))]
)
def test_housekeeping_purges_by_the_settings_ages(
    open_store: Callable[..., Store], retain_days: int, audit_days: int, left: tuple[int, int, int]
) -> None:
    store = open_store(retain_notes=True)
    _aged(store)
    Housekeeping(store, Settings(retain_days=retain_days, audit_days=audit_days)).purge()
    assert _left(store) == left


def test_a_service_that_starts_purges_by_itself(open_store: Callable[..., Store]) -> None:
    store = open_store(retain_notes=True)
    _aged(store)
    with TestClient(create_app(None, Settings(retain_days=30, audit_days=30), store, watch=True)):
        for _ in range(500):
            if _left(store) == (1, 1, 1):
                break
            time.sleep(0.01)
    assert _left(store) == (1, 1, 1)


def test_housekeeping_goes_on_until_it_is_stopped_also_after_a_failure(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    purged: list[tuple[int | None, int | None]] = []

    def purge(note_days: int | None, audit_days: int | None = None) -> dict[str, int]:
        purged.append((note_days, audit_days))
        if len(purged) == 1:
            raise OperationalError("purge", {}, Exception())
        return {}

    monkeypatch.setattr(store, "purge", purge)
    keeper = Housekeeping(store, Settings(), hours=0.01 / 3600)
    keeper.start()
    for _ in range(500):
        if len(purged) >= 3:
            break
        time.sleep(0.01)
    keeper.stop()
    assert len(purged) >= 3
    assert set(purged) == {(Settings().retain_days, Settings().audit_days)}
    time.sleep(0.2)
    stopped = len(purged)
    time.sleep(0.2)
    assert len(purged) == stopped
    monkeypatch.undo()
    assert Housekeeping(None, Settings())._seconds == 6 * 3600


def test_purge_takes_audit_rows_only_when_told(store: Store) -> None:
    store.audit(source="api", outcome="answered", bundle="b", milliseconds=1)
    with store.engine.begin() as connection:
        connection.execute(update(AuditRow).values(at=dt.datetime.now(dt.UTC) - dt.timedelta(days=10)))
    assert store.purge(0)["audit"] == 0
    assert store.purge(None, 11)["audit"] == 0
    assert store.purge(None, 10)["audit"] == 1


def test_sqlite_is_in_wal_mode_and_only_the_owners(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/deep/er/s.sqlite3")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA secure_delete")).scalar() == 1
    engine.dispose()
    assert (tmp_path / "deep/er/s.sqlite3").stat().st_mode & 0o777 == 0o600


def test_a_store_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_engine(f"sqlite:///{tmp_path}/file/s.sqlite3")
    (tmp_path / "junk").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="cannot be brought"):
        brought_up(open_engine(f"sqlite:///{tmp_path}/junk"))


def test_an_unreachable_postgresql_says_so_without_its_password() -> None:
    engine = open_engine("postgresql+psycopg://me:hunter2@127.0.0.1:1/x")
    with pytest.raises(StoreError) as caught:
        brought_up(engine)
    assert "hunter2" not in str(caught.value)
    assert "PostgreSQL must be running" in str(caught.value)


def test_the_installations_key_is_made_once_and_private(tmp_path: Path) -> None:
    first, second = vault_of(None, tmp_path), vault_of(None, tmp_path)
    assert second.unseal(first.seal("x", "p"), "p") == "x"
    assert (tmp_path / "store.key").stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["store.key"]
    (tmp_path / "store.key").write_bytes(b"short")
    with pytest.raises(VaultError, match="32 bytes"):
        vault_of(None, tmp_path)


@given(st.text(), st.text(max_size=20), st.integers(min_value=0))
def test_sealed_text_opens_whole_or_not_at_all(words: str, place: str, at: int) -> None:
    vault = Vault(b"\x07" * 32)
    sealed = vault.seal(words, place)
    assert vault.unseal(sealed, place) == words
    broken = bytearray(sealed)
    broken[at % len(broken)] ^= 1
    for wrong, where in ((bytes(broken), place), (sealed, place + "x"), (sealed[:-1], place), (b"", place)):
        with pytest.raises(VaultError):
            vault.unseal(wrong, where)


@given(st.text(), st.text())
def test_references_tell_kinds_and_keys_apart(value: str, other: str) -> None:
    vault = Vault(b"\x07" * 32)
    assert vault.reference("note", value) == vault.reference("note", value)
    assert vault.reference("note", value) != vault.reference("user", value)
    assert vault.reference("note", value) != Vault(b"\x08" * 32).reference("note", value)
    assert (vault.reference("note", value) == vault.reference("note", other)) is (value == other)
