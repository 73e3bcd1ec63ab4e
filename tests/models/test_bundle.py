"""A bundle is used only when it is this installation's own and intact."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import pytest

from models import bundle as bundles
from models.home import BundleError, secret_file
from models.suggester import Suggester
from service.run import ready


@pytest.fixture
def copied(suggester: Suggester, home: Path, tmp_path: Path) -> Path:
    target = tmp_path / "home"
    shutil.copytree(home, target)
    return target


def _folder(copied: Path) -> Path:
    version = bundles.current(copied)
    assert version is not None
    return copied / "bundles" / version


def test_a_whole_bundle_loads(copied: Path, suggester: Suggester) -> None:
    loaded = bundles.load(folder=copied)
    text = "O: SLR 3x10"
    assert Suggester(loaded.ranker, loaded.version).suggest(text) == suggester.suggest(text)


def test_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle was trained yet; run 'soapcode train'"):
        bundles.load(folder=tmp_path)


def test_changed_file_is_refused_before_unpickling(copied: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (pytest.fail, ("unpickled",))

    joblib.dump(Bomb(), _folder(copied) / "ranker.joblib")
    with pytest.raises(BundleError, match="not the file its manifest was made for"):
        bundles.load(folder=copied)


def _rewrite(copied: Path, sign: bool, **changes: object) -> None:
    path = _folder(copied) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest.update(changes)
    if sign:
        manifest["signature"] = bundles._sign(copied, manifest)
    path.write_text(json.dumps(manifest))


def test_changed_manifest_is_refused(copied: Path) -> None:
    _rewrite(copied, sign=False, thresholds={})
    with pytest.raises(BundleError, match="was not signed by this installation"):
        bundles.load(folder=copied)


def test_another_installations_bundle_is_refused(copied: Path) -> None:
    (copied / "signing.key").write_bytes(b"x" * 32)
    with pytest.raises(BundleError, match="was not signed by this installation"):
        bundles.load(folder=copied)


@pytest.mark.parametrize("content", [b"", b"cut short", b"x" * 33])
def test_an_empty_or_cut_key_signs_nothing(copied: Path, content: bytes) -> None:
    (copied / "signing.key").write_bytes(content)
    with pytest.raises(
        BundleError, match=f"signing.key must hold a secret of 32 bytes, it has {len(content)}; .*soapcode train"
    ):
        bundles.load(folder=copied)
    assert (copied / "signing.key").read_bytes() == content


def test_a_key_is_never_seen_before_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def slowly(count: int) -> bytes:
        seen.append((tmp_path / "signing.key").stat().st_size if (tmp_path / "signing.key").exists() else -1)
        return b"k" * count

    monkeypatch.setattr("secrets.token_bytes", slowly)
    assert secret_file(tmp_path / "signing.key") == b"k" * 32
    assert set(seen) == {-1}
    assert [(p.name, p.stat().st_mode & 0o777) for p in tmp_path.iterdir()] == [("signing.key", 0o600)]


def test_processes_that_start_together_have_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(secret_file, [tmp_path / "new" / "signing.key"] * 8))
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 0}, "has format 0"),
        ({"libraries": {**bundles.library_versions(), "scikit-learn": "0.1"}}, "was made with scikit-learn 0.1"),
    ],
)
def test_unfit_bundle_is_refused(copied: Path, changes: dict[str, object], said: str) -> None:
    _rewrite(copied, sign=True, **changes)
    with pytest.raises(BundleError, match=said):
        bundles.load(folder=copied)


def test_a_tampered_bundle_is_never_mended_silently(copied: Path) -> None:
    _rewrite(copied, sign=False, thresholds={})
    with pytest.raises(BundleError, match="was not signed by this installation"):
        ready(lambda _text, _share: pytest.fail("it must not train"), copied)


def test_missing_parts(copied: Path) -> None:
    (_folder(copied) / "ranker.joblib").unlink()
    with pytest.raises(BundleError, match="cannot be read"):
        bundles.load(folder=copied)
    with pytest.raises(BundleError, match="must exist to be used"):
        bundles.use("1999.01.01-1", copied)


def test_no_own_class_in_the_pickle(copied: Path) -> None:
    import pickletools

    path = _folder(copied) / "ranker.joblib"
    plain = copied / "plain.joblib"
    joblib.dump(joblib.load(path), plain)
    with plain.open("rb") as handle:
        names = set()
        try:
            for opcode, argument, _ in pickletools.genops(handle):
                if opcode.name in ("GLOBAL", "SHORT_BINUNICODE") and isinstance(argument, str):
                    names.add(argument)
        except ValueError:
            pass  # joblib stores array bytes between the opcodes
    assert not any(name.split(".")[0] in ("models", "nlp", "corpus", "service") and "." in name for name in names)


def test_versions_and_switch(copied: Path, suggester: Suggester) -> None:
    first = bundles.current(copied)
    second = bundles.save(suggester.ranker, {}, copied)
    assert bundles.current(copied) == first
    bundles.use(second, copied)
    assert bundles.current(copied) == second
    assert [m["version"] for m in bundles.versions(copied)][-1] == second


def test_two_trainings_that_end_at_once_both_keep_their_bundle(
    copied: Path, suggester: Suggester, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bundles.save(suggester.ranker, {}, copied)
    seen = bundles._next_version
    late = iter([first])
    monkeypatch.setattr(bundles, "_next_version", lambda folder: next(late, None) or seen(folder))
    second = bundles.save(suggester.ranker, {}, copied)
    assert second != first
    assert bundles.load(second, copied).version == second
    assert bundles.load(first, copied).version == first


def _shipped(home: Path, version: str, folder: Path) -> Path:
    """Bundles as an image has them: without the key that signed them."""
    shutil.copytree(home / "bundles" / version, folder / "shipped" / version)
    for path in (folder / "shipped", *(folder / "shipped").rglob("*")):
        path.chmod(path.stat().st_mode & ~0o022)
    return folder / "shipped"


def test_a_shipped_bundle_is_adopted_under_the_installations_own_key(
    suggester: Suggester, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOAPCODE_SHIPPED", str(_shipped(home, suggester.version, tmp_path)))
    own = tmp_path / "own"
    said: list[str] = []
    found = ready(lambda _text, _share: pytest.fail("it must not train"), own, said.append)
    assert (found.version, said) == (suggester.version, [])
    assert (own / "signing.key").read_bytes() != (home / "signing.key").read_bytes()
    assert bundles.load(folder=own).version == suggester.version


@pytest.mark.parametrize("harm", ["writable", "changed"])
def test_a_shipped_bundle_others_could_have_written_is_refused(
    suggester: Suggester, home: Path, tmp_path: Path, harm: str
) -> None:
    shipped = _shipped(home, suggester.version, tmp_path)
    file = shipped / suggester.version / "ranker.joblib"
    if harm == "writable":
        file.chmod(0o666)
    else:
        file.write_bytes(b"something else")
    with pytest.raises(BundleError, match="soapcode train"):
        bundles.adopt(shipped, tmp_path / "own")
    assert bundles.current(tmp_path / "own") is None


def test_a_shipped_bundle_of_another_corpus_is_passed_over(suggester: Suggester, home: Path, tmp_path: Path) -> None:
    shipped = _shipped(home, suggester.version, tmp_path)
    path = shipped / suggester.version / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "corpus": "0" * 64}))
    assert bundles.adopt(shipped, tmp_path / "own") is None


def test_every_source_that_reads_notes_counts_for_fitness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(bundles.__file__).parent.parent
    for name in ("nlp", "models"):
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    before = bundles.code_hash()
    monkeypatch.setattr(bundles, "__file__", str(tmp_path / "models" / "bundle.py"))
    assert bundles.code_hash() == before
    sources = sorted((tmp_path / "nlp").rglob("*.py"))
    assert tmp_path / "nlp" / "measures" / "walk.py" in sources
    for path in sources:
        text = path.read_text(encoding="utf-8")
        path.write_text(text + "# changed\n", encoding="utf-8")
        assert bundles.code_hash() != before, path
        path.write_text(text, encoding="utf-8")
