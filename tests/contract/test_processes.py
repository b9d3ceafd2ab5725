"""What each process loads: no torch in the window's, no Qt in the worker's, neither for a line of help."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from aed_files import ONE_TILE

from aedesk.formats.aed_file import PREVIEW, Chunk
from aedesk.formats.container import write_aed
from aedesk.imaging.picture import Picture
from aedesk.imaging.preview import encode_preview

HEAVY = ("torch", "PySide6", "pyqtgraph", "safetensors")


def loaded_by(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after running ``code``."""
    report = f"\nimport sys; print('loaded:', *[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, encoding="utf-8", env=os.environ.copy(), timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_windows_process_never_loads_torch() -> None:
    assert loaded_by("import aedesk.gui.app") & {"torch", "safetensors"} == set()


def test_the_windows_side_of_the_worker_needs_neither_torch_nor_qt() -> None:
    assert loaded_by("import aedesk.jobs.client") == set()


def test_the_worker_and_every_service_run_without_qt() -> None:
    code = """
import importlib
import numpy as np
import aedesk.jobs.worker
from aedesk.core.events import Finished
from aedesk.core.specs import AddNoiseSpec
from aedesk.imaging.picture import Picture
from aedesk.jobs.inline import run
from aedesk.jobs.services import DEFAULT_SERVICES
for name in DEFAULT_SERVICES.values():
    importlib.import_module(name.partition(":")[0])
picture = Picture(np.zeros((32, 32, 3), np.uint8))
assert isinstance(list(run(AddNoiseSpec(), picture))[-1], Finished)
"""
    loaded = loaded_by(code)
    assert "torch" in loaded
    assert loaded & {"PySide6", "pyqtgraph"} == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["denoise", "--help"],
        ["--version"],
        ["models"],
        ["info", "tests/golden/aed/codec.aed"],
        ["info", "resources/models/codec-photo.safetensors"],
        ["thumbnail", "PREVIEW", "-o", "OUT"],
    ],
    ids=" ".join,
)
def test_help_and_facts_are_given_without_loading_torch_or_qt(arguments: list[str], project: Path, tmp_path: Path) -> None:
    file = replace(ONE_TILE, chunks=(Chunk(PREVIEW, encode_preview(Picture(np.zeros((170, 256, 3), np.uint8)), 9999) or b""),))
    (tmp_path / "a.aed").write_bytes(write_aed(file))
    places = {"PREVIEW": tmp_path / "a.aed", "OUT": tmp_path / "a.png"}
    arguments = [str(places.get(a, project / a if "/" in a else a)) for a in arguments]
    code = f"""
from aedesk.cli.main import main
try:
    assert main({arguments!r}) == 0
except SystemExit as stop:
    assert not stop.code
"""
    assert loaded_by(code) == set()
