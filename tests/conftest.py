"""For every test: a home of its own, no screen, few threads, and nothing left behind (``support/leaks.py``)."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before Qt and torch read them. A person may set QT_QPA_PLATFORM=xcb to watch.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
_runtime_dir = tempfile.TemporaryDirectory(prefix="aedesk-tests-")  # TemporaryDirectory makes it 0700, as Qt demands
os.environ["XDG_RUNTIME_DIR"] = _runtime_dir.name

# The background job of a shell ignores Ctrl-C, and so would every program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from leaks import nothing_is_left_behind, nothing_outlives_the_session, pytest_runtest_makereport  # noqa: E402, F401
from PySide6.QtCore import QStandardPaths  # noqa: E402

from aedesk.core.events import Event, Finished  # noqa: E402

HOME_VARIABLES = {
    "HOME": "",
    "USERPROFILE": "",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "XDG_CONFIG_HOME": ".config",
    "XDG_CACHE_HOME": ".cache",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder: settings, caches, logs and models of the person who runs the tests are neither read nor written."""
    folder = tmp_path_factory.mktemp("home")
    for name, below in HOME_VARIABLES.items():
        path = folder / below
        path.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(path))
    for name in [name for name in os.environ if name.startswith("AEDESK_")]:
        monkeypatch.delenv(name)
    QStandardPaths.setTestModeEnabled(True)
    return folder


@pytest.fixture
def project() -> Path:
    """The root of the source tree."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def make_pixels() -> Callable[..., np.ndarray]:
    """``make_pixels(height, width, channels=3, dtype=np.uint8, seed=0)``: a smooth scene with edges and texture, C-contiguous."""

    def make(height: int, width: int, channels: int = 3, dtype: type[np.unsignedinteger] = np.uint8, seed: int = 0) -> np.ndarray:
        random = np.random.default_rng(seed)
        y, x = np.mgrid[0:height, 0:width] / max(height, width, 1)
        scene = np.empty((height, width, channels))
        for channel in range(channels):
            fx, fy, phase = random.uniform(3, 12, 3)
            scene[..., channel] = 0.5 + 0.3 * np.sin(fx * x + fy * y + phase) + 0.15 * ((x + y * random.uniform(0.5, 2)) % 0.25 > 0.125)
        scene += random.normal(0, 0.01, scene.shape)
        return np.ascontiguousarray(np.clip(scene, 0, 1) * np.iinfo(dtype).max + 0.5).astype(dtype)

    return make


@pytest.fixture
def result_of() -> Callable[[Iterator[Event]], Any]:
    """``result_of(service(...))`` runs a service to its end and returns the result in its Finished event."""

    def run(events: Iterator[Event]) -> Any:
        *_, last = events
        assert isinstance(last, Finished)
        return last.result

    return run
