"""The shape of the source tree: small modules, a small repository, no trace of one machine."""

from __future__ import annotations

import re
import statistics
import subprocess
from pathlib import Path

import pytest

LONGEST_MODULE_LINES = 500
MEDIAN_MODULE_LINES = 120
LOOSE_MODULES = 8
TREE_BYTES = 48 << 20
MACHINE_PATH = re.compile(rb"(?<![\w.$}~])/(?:work|home|Users|root)/\w")


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file under version control that is still there."""
    root = Path(__file__).resolve().parents[2]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, timeout=60)
    paths = [root / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_module_is_long_and_most_are_short(project: Path) -> None:
    lines = {str(path.relative_to(project)): len(path.read_text("utf-8").splitlines()) for path in (project / "aedesk").rglob("*.py")}
    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE_LINES} == {}
    assert statistics.median(lines.values()) <= MEDIAN_MODULE_LINES


def test_folders_with_sub_packages_have_few_loose_modules(project: Path) -> None:
    loose = {}
    for folder in (project / "aedesk").rglob("*"):
        if folder.is_dir() and any(child.is_dir() and any(child.glob("*.py")) for child in folder.iterdir()):
            loose[str(folder.relative_to(project))] = sum(path.name != "__init__.py" for path in folder.glob("*.py"))
    assert {name: count for name, count in loose.items() if count > LOOSE_MODULES} == {}


def test_the_tracked_tree_stays_small(tracked: list[Path]) -> None:
    sizes = {path: path.stat().st_size for path in tracked}
    largest = sorted(sizes, key=lambda path: sizes[path])[-5:]
    assert sum(sizes.values()) < TREE_BYTES, [(path.name, sizes[path]) for path in largest]


def test_no_tracked_file_names_a_path_of_one_machine(tracked: list[Path]) -> None:
    traces = []
    for path in tracked:
        data = path.read_bytes()
        if b"\0" not in data[:8192]:
            traces += [f"{path}: {data[m.start() : m.start() + 40]!r}" for m in MACHINE_PATH.finditer(data)]
    assert traces == []


def test_the_top_level_is_the_one_that_was_designed(tracked: list[Path], project: Path) -> None:
    top = {path.relative_to(project).parts[0] for path in tracked}
    assert {name for name in top if not name.startswith(".")} == {
        "aedesk", "packaging", "resources", "tests", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
    }  # fmt: skip
