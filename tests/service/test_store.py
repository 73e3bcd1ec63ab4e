"""The store: the same behaviour on SQLite and PostgreSQL; nothing of a note in the clear."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect, select, text, update

from service.feedback import FeedbackEvent
from service.keys import opens, parts
from service.store.database import is_newest, migrate, open_engine
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
    migrate(store.engine)
    assert is_newest(store.engine)


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
    store.record(event(key="k2", action="reject", reason="not-documented"))
    assert store.feedback_counts() == {"accept": 1, "reject": 1}
    with store.engine.connect() as connection:
        reasons = set(connection.execute(select(FeedbackRow.reason)).scalars())
    assert reasons == {None, "not-documented"}


def test_anything_a_client_can_send_can_be_kept(store: Store) -> None:
    store.record(
        event(key="\0", bundle="b\0" * 60, code="9\0" * 9, client="c\0" * 90, reason="\0", comment="\0\ud800")
    )
    store.record(event(key="\ud800", note_sha256="\0", replaced="\0" * 20, modifiers=("GP",) * 9))
    store.audit(source="api", outcome="answered", bundle="b", milliseconds=1, user="\0\ud800", note_sha256="\0")
    assert store.counts() == {"keys": 0, "audit": 1, "feedback": 2, "notes": 0}


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
        migrate(open_engine(f"sqlite:///{tmp_path}/junk"))


def test_an_unreachable_postgresql_says_so_without_its_password() -> None:
    engine = open_engine("postgresql+psycopg://me:hunter2@127.0.0.1:1/x")
    with pytest.raises(StoreError) as caught:
        migrate(engine)
    assert "hunter2" not in str(caught.value)


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
