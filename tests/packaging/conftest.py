"""The scripts of ``packaging/`` as modules; the folder is no package, because its files are run by themselves."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, project: Path) -> Callable[[str], ModuleType]:
    """``script("contents")``: one of them, imported afresh and forgotten after the test."""
    monkeypatch.syspath_prepend(str(project / "packaging"))

    def load(name: str) -> ModuleType:
        for path in (project / "packaging").glob("*.py"):
            monkeypatch.delitem(sys.modules, path.stem, raising=False)
        module = importlib.import_module(name)
        for path in (project / "packaging").glob("*.py"):
            if path.stem in sys.modules:
                monkeypatch.setitem(sys.modules, path.stem, sys.modules[path.stem])
        return module

    return load
