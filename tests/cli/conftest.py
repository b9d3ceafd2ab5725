from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from aedesk.cli import reading
from aedesk.cli.main import main
from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.jobs.picture_reader import InlineReader


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _pictures_are_read_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Starting a process for every test is most of its time; ``test_reading.py`` has the real one."""
    monkeypatch.setattr(reading, "_make_reader", InlineReader)
    yield
    reading.close()


@pytest.fixture
def aedesk(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs the command line in this process."""

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as leave:
            code = int(leave.code or 0)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file with a tiny network that has learned nothing."""
    import torch

    from aedesk.models.families import FAMILIES
    from aedesk.models.files.checkpoint import save_model

    torch.manual_seed(0)
    architecture = {"widths": [8, 16], "blocks": [1, 1], "unshuffle": 2}
    network = FAMILIES["unet"].build(architecture)
    card = {"name": "tiny", "purpose": "denoise", "family": "unet", "architecture": architecture, "title": "Tiny"}
    return save_model(tmp_path_factory.mktemp("model") / "tiny.safetensors", network.state_dict(), card)


@pytest.fixture
def make_file(make_pixels: Callable[..., np.ndarray]) -> Callable[..., Path]:
    """``make_file(path, height=48, width=64, **as make_pixels)``: a picture file."""

    def make(path: Path, height: int = 48, width: int = 64, **options: object) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in io.WRITABLE:
            return io.write(Picture(make_pixels(height, width, **options)), path)
        from PIL import Image

        Image.fromarray(make_pixels(height, width)).save(path)
        return path

    return make


@pytest.fixture
def program(project: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command line as a person does, in a process of its own."""

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "aedesk", *map(str, arguments)]
        return subprocess.run(
            command, env={**os.environ, "PYTHONPATH": str(project)}, capture_output=True, text=True, timeout=120, check=False
        )

    return call
