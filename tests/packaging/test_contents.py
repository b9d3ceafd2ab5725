"""What goes into the bundle: everything of ours, by rule."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import aedesk
from aedesk.jobs.services import DEFAULT_SERVICES, WARM_UP

Script = Callable[[str], ModuleType]


def test_every_module_of_the_package_is_collected(script: Script) -> None:
    there = {found.name for found in pkgutil.walk_packages(aedesk.__path__, "aedesk.") if not found.name.endswith("__main__")}
    assert set(script("contents").modules()) == there | {"aedesk"}


def test_a_new_module_needs_no_line(script: Script, tmp_path: Path) -> None:
    (tmp_path / "house" / "room").mkdir(parents=True)
    for name in ("__init__.py", "door.py", "room/__init__.py", "room/bed.py", "__main__.py"):
        (tmp_path / "house" / name).write_text("")
    assert script("contents").modules(tmp_path / "house") == ["house", "house.door", "house.room", "house.room.bed"]


def test_the_services_that_the_worker_imports_by_name_are_among_them(script: Script) -> None:
    wanted = {name.partition(":")[0] for name in DEFAULT_SERVICES.values()} | {name for names in WARM_UP.values() for name in names}
    assert {name for name in wanted if name.startswith("aedesk")} <= set(script("contents").modules())


def test_everything_that_the_program_opens_is_collected_and_lies_where_it_looks(script: Script, project: Path) -> None:
    contents = script("contents")
    collected = {Path(folder, Path(file).name).as_posix() for file, folder in contents.resources()}
    root = project / "resources"
    needed = {
        path.relative_to(project).as_posix()
        for folder in ("help", "models", "recipes", "samples", "icons", "style")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }
    assert needed == collected
    assert not any(contents.is_left_out(name) for name in collected)


def test_nothing_that_the_program_imports_is_left_out(script: Script, project: Path) -> None:
    """Also what is imported inside functions, unless it belongs to an extra that the packaged program does not have."""
    contents = script("contents")
    extras = ("umap", "torch.utils.tensorboard", "onnx", "onnxruntime", "spandrel", "cv2")
    imported = set()
    for path in (project / "aedesk").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    lost = {name for name in imported for out in contents.EXCLUDED_MODULES if name == out or name.startswith(f"{out}.")}
    assert {name for name in lost if not name.startswith(extras)} == set()


def test_the_hidden_modules_exist(script: Script) -> None:
    missing = [name for name in script("contents").HIDDEN_MODULES if importlib.util.find_spec(name) is None]
    assert missing == []


def test_links_to_what_is_left_out_go_with_it(script: Script) -> None:
    contents = script("contents")
    library, link = "PySide6/Qt/lib/libQt6Quick.so.6", "libQt6Quick.so.6"
    entries = [
        (library, "/x/libQt6Quick.so.6", "BINARY"),
        (link, library, "SYMLINK"),
        ("torch/lib/libtorch.so", "/x/libtorch.so", "BINARY"),
    ]
    assert [entry[0] for entry in contents.kept(entries)] == ["torch/lib/libtorch.so"]
