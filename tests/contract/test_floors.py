"""The floors of the house: who may import whom, and what from outside."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "aedesk"
FOLDERS = sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.rglob("*.py")))

PICTURES = {"numpy", "PIL", "tifffile", "imagecodecs", "pillow_heif", "rawpy"}
TENSORS = {"numpy", "torch", "safetensors"}
OUTSIDE: dict[str, set[str]] = {
    "core": set(),
    "formats": {"google_crc32c"},
    "settings": set(),
    "imaging": PICTURES,
    "entropy": {"numpy", "constriction"},
    "models": TENSORS | {"spandrel", "onnx", "onnxruntime"},
    "data": TENSORS | {"PIL", "torchvision"},
    "training": TENSORS | {"PIL", "psutil", "tomli_w", "tensorboard"},
    "denoising": TENSORS,
    "inpainting": TENSORS | {"scipy"},
    "watermark": TENSORS | {"scipy"},
    "damage": TENSORS | {"scipy"},
    "codec": TENSORS | {"PIL"},
    "analysis": TENSORS | {"scipy", "cv2", "bm3d", "sklearn", "umap"},
    "jobs": {"numpy"},
    "cli": {"numpy", "PIL"},
    "gui": {"numpy", "PySide6", "pyqtgraph", "shiboken6"},
}
"""What each floor may import that is neither aedesk's nor the standard library's, be it lazily."""


def outside_imports(folder: Path) -> dict[str, list[str]]:
    """Top-level packages from outside -> the places that import them, also inside functions."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"aedesk"}:
                found.setdefault(name, []).append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    return found


def test_the_import_contracts_of_pyproject_hold(project: Path) -> None:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_floor_uses_only_the_packages_it_is_granted(folder: str) -> None:
    assert folder in OUTSIDE, f"aedesk/{folder} is new: say in OUTSIDE what it may import"
    found = outside_imports(PACKAGE / folder)
    assert {name: places for name, places in found.items() if name not in OUTSIDE[folder]} == {}


def test_every_floor_that_must_be_free_of_torch_is_named_in_the_contract(project: Path) -> None:
    import tomllib

    config = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    contract = next(c for c in config["contracts"] if c["id"] == "no-torch")
    named = {module.split(".")[1] for module in contract["source_modules"]}
    free = {"core", "imaging", "formats", "settings", "entropy", "gui", "jobs"} & set(FOLDERS)
    assert named == free
