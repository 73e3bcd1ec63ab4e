"""A bundle is used only when it is this installation's own and intact."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import pytest

from corpus.learned import FILES, FOLDERS, learned_files
from corpus.tables import DATA
from models import bundle as bundles
from models.bundle import files, integrity
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
        manifest["signature"] = integrity.signature_of(copied, manifest)
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
    seen = files._next_version
    late = iter([first])
    monkeypatch.setattr(files, "_next_version", lambda folder: next(late, None) or seen(folder))
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


def test_every_source_a_bundle_rests_on_counts_for_fitness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(integrity.__file__).parents[2]
    for name in ("corpus", "nlp", "models"):
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "data"))
    before = bundles.code_hash()
    monkeypatch.setattr(integrity, "__file__", str(tmp_path / "models" / "bundle" / "integrity.py"))
    assert bundles.code_hash() == before
    sources = [*sorted((tmp_path / "nlp").rglob("*.py")), *(tmp_path / path for path in _rests_on())]
    assert tmp_path / "nlp" / "measures" / "walk.py" in sources
    assert tmp_path / "models" / "certainty.py" in sources
    assert tmp_path / "corpus" / "spelling.py" in sources
    for path in sources:
        text = path.read_text(encoding="utf-8")
        path.write_text(text + "# changed\n", encoding="utf-8")
        assert bundles.code_hash() != before, path
        path.write_text(text, encoding="utf-8")


# What learning imports and no number of a bundle rests on.
_PASSED = {
    "corpus.errors": "what a refusal says",
    "corpus.gaps": "its words are only known to be spelled right",
    "corpus.payers": "whether the payer of a labelled note is known",
    "models.contract": "the shape of an answer",
    "models.memory": "gives memory back",
}


def _rests_on() -> set[Path]:
    """The sources that learning imports, in any line of them, as paths from the root."""
    root = Path(integrity.__file__).parents[2]
    roots = ["models.fitting", "models.training", "corpus.coreset"]
    roots += [".".join(path.relative_to(root).with_suffix("").parts) for path in (root / "nlp").rglob("*.py")]
    seen: set[str] = set()
    found: set[Path] = set()
    while roots:
        name = roots.pop()
        if name in seen or name in _PASSED or name.split(".")[0] not in ("corpus", "nlp", "models"):
            continue
        seen.add(name)
        path = root / Path(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if not path.is_file():
            continue  # a name of a module, not a module
        found.add(path.relative_to(root))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                roots += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                roots += [alias.name for alias in node.names]
    return found


# What learning opens and does not learn from, for the same reasons.
_ONLY_CHECKED = {"codes.toml", "gaps.toml", "payers.toml"}
_LEARNING = """
import sys
opened = set()
sys.addaudithook(lambda event, args: event == "open" and isinstance(args[0], str) and opened.add(args[0]))
from corpus.coreset import load_coreset, weighed
from corpus.notes import note_files, read_notes
from corpus.tables import DATA
from models.training import example_of
notes = [note for path in note_files("train")[:3] for note in read_notes(path)]
for note, weight in weighed(notes, load_coreset()):
    example_of(note, weight=weight)
print("\\n".join(path.removeprefix(f"{DATA}/") for path in opened if path.startswith(str(DATA))))
"""


def test_every_file_that_learning_opens_counts_for_fitness() -> None:
    done = subprocess.run([sys.executable, "-c", _LEARNING], capture_output=True, text=True, check=True)
    opened = set(done.stdout.split())
    known = {path.relative_to(DATA).as_posix() for path in learned_files(DATA)}
    assert {"services.toml", "coreset.csv", "status.toml"} <= opened
    assert opened - known == _ONLY_CHECKED


@pytest.mark.parametrize(
    "name",
    [
        "ncci.csv",
        "ncci_history.toml",
        "payers.toml",
        "thresholds.toml",
        "codes.toml",
        "notes/validation/x.notes",
        "new.toml",
    ],
)
def test_what_is_asked_when_a_note_is_answered_leaves_a_bundle_fit(name: str, tmp_path: Path) -> None:
    (tmp_path / "services.toml").write_text("a", encoding="utf-8")
    before = bundles.corpus_hash(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("b", encoding="utf-8")
    assert bundles.corpus_hash(tmp_path) == before
    (tmp_path / "services.toml").write_text("c", encoding="utf-8")
    assert bundles.corpus_hash(tmp_path) != before


def test_every_name_of_what_is_learned_from_is_there() -> None:
    assert [name for name in FILES if not (DATA / name).is_file()] == []
    assert [name for name in FOLDERS if not list((DATA / name).iterdir())] == []


FOREIGN = [
    "",
    "{}",
    "[]",
    '"x"',
    '{"version": "2026.11.23-1"}',
    '{"version": "mine", "format": 7, "libraries": {}, "metrics": {}, "files": {}}',
    '{"version": "2026.11.23-9", "format": 7, "libraries": {}, "metrics": {}, "files": []}',
]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_foreign_folder_beside_bundles_is_passed_over(
    copied: Path, suggester: Suggester, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("2026.11.23-9", "mine"):
        (copied / "bundles" / name).mkdir()
        (copied / "bundles" / name / "manifest.json").write_text(content, encoding="utf-8")
    assert suggester.version in [m["version"] for m in bundles.versions(copied)]
    assert {"2026.11.23-9", "mine"}.isdisjoint(m["version"] for m in bundles.versions(copied))
    assert bundles.previous(copied) != "2026.11.23-9"
    with pytest.raises(BundleError, match="cannot be read"):
        bundles.load("2026.11.23-9", copied)
    assert bundles.adopt(copied / "bundles", copied) == suggester.version


def test_a_copy_of_a_bundle_under_another_name_is_no_second_bundle(copied: Path) -> None:
    before = bundles.versions(copied)
    shutil.copytree(_folder(copied), copied / "bundles" / "copy")
    assert bundles.versions(copied) == before
