"""The flat layout holds together: one parent, a clean wheel, nothing machine-bound in git."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("corpus", "nlp", "models", "service")


def test_all_four_share_a_parent() -> None:
    parents = {Path(str(importlib.import_module(name).__file__)).parent.parent for name in PACKAGES}
    assert parents == {ROOT}


def test_the_wheel_holds_code_and_data_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops - set(PACKAGES) == {next(t for t in tops if t.endswith(".dist-info"))}
    for needed in (
        "corpus/data/codes.toml",
        "corpus/py.typed",
        *(str(file.relative_to(ROOT)) for file in (ROOT / "service" / "static").iterdir()),
        "service/example_answer.json",
    ):
        assert needed in names
    assert any(name.startswith("corpus/data/notes/train/") for name in names)
    assert not [n for n in names if n.endswith((".joblib", ".pkl", ".pyc"))]


def _tracked() -> list[Path]:
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if found.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in found.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_nothing_in_git_names_a_package_host_or_this_machine() -> None:
    hosts = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian\.org|/root/|/home/\w|/work/")
    for path in _tracked():
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        assert not hosts.search(text), path


def test_readme_names_the_two_commands_first() -> None:
    top = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:20])
    assert "make run" in top
    assert "make test" in top
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make test")


def test_no_pattern_lets_a_group_be_possessive() -> None:
    """Python 3.11.0 to 3.11.4 match ``(...)*+`` wrongly where the group can backtrack (CPython issue 106052)."""
    sources = [f for name in PACKAGES for kind in ("*.py", "*.toml") for f in (ROOT / name).rglob(kind)]
    bad = re.compile(r"\)(?:[*+?]|\{[\d,]+\})\+")
    found = [
        f"{f.relative_to(ROOT)}: {line}"
        for f in sources
        for line in f.read_text("utf-8").splitlines()
        if bad.search(line)
    ]
    assert len(sources) > 100
    assert not found
