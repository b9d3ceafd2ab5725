from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aedesk.core import resources
from aedesk.core.resources import resource_path


def test_the_source_trees_resources_are_found(project: Path) -> None:
    assert resource_path("samples", "README.md") == project / "resources" / "samples" / "README.md"


def test_a_frozen_program_brings_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource_path("models") == tmp_path / "resources" / "models"


def test_an_installed_wheel_carries_them_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "aedesk" / "_resources").mkdir(parents=True)
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "aedesk" / "core" / "resources.py"))
    assert resource_path("icons", "a.svg") == tmp_path / "aedesk" / "_resources" / "icons" / "a.svg"
