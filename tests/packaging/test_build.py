"""The parts of the build that can be tested without building."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

import aedesk

Script = Callable[[str], ModuleType]


def test_the_bundle_is_named_after_version_system_and_variant(script: Script) -> None:
    build = script("build")
    assert build.version() == aedesk.__version__
    assert build.bundle_name("cpu").startswith(f"aedesk-{aedesk.__version__}-")
    assert build.bundle_name("cuda").endswith("-cuda")


def test_the_cpu_variant_of_linux_never_fetches_cuda_by_mistake(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    build = script("build")
    monkeypatch.setattr(sys, "platform", "linux")
    assert build.torch_for("cpu", None).endswith("+cpu")
    assert build.torch_for("cpu", "torch==2.99") == "torch==2.99"
    assert build.torch_for("cuda", None) is None
    monkeypatch.setattr(sys, "platform", "darwin")
    assert build.torch_for("cpu", None) is None


def test_an_environment_with_the_other_torch_is_refused(script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    build = script("build")

    def answer(cuda: str) -> None:
        monkeypatch.setattr(build.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, f"{cuda}\n"))

    answer("13.0")
    with pytest.raises(build.SetupError, match=r"CUDA 13\.0"):
        build.check_variant(tmp_path, "cpu")
    build.check_variant(tmp_path, "cuda")
    answer("")
    build.check_variant(tmp_path, "cpu")
    with pytest.raises(build.SetupError, match="no CUDA"):
        build.check_variant(tmp_path, "cuda")


def test_an_archive_depends_on_the_content_only(script: Script, tmp_path: Path) -> None:
    pytest.importorskip("zstandard")
    pack = script("pack")
    folder = tmp_path / "aedesk-1"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "ä b.txt").write_text("content")
    (folder / "lib" / "link").symlink_to("ä b.txt")
    (folder / "aedesk").write_text("#!/bin/sh\n")
    (folder / "aedesk").chmod(0o755)
    pack.pack(folder, tmp_path / "one.tar.zst")
    pack.pack(folder, tmp_path / "two.tar.zst")
    assert (tmp_path / "one.tar.zst").read_bytes() == (tmp_path / "two.tar.zst").read_bytes()
    import zstandard

    with zstandard.open(tmp_path / "one.tar.zst", "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        entries = {entry.name: entry for entry in tar}
    assert {entry.name.split("/")[0] for entry in entries.values()} == {"aedesk-1"}
    assert entries["aedesk-1/aedesk"].mode & 0o111
    assert entries["aedesk-1/lib/link"].issym()
    assert all((entry.uid, entry.uname) == (0, "") for entry in entries.values())


def test_the_licences_of_what_is_inside_are_found_by_what_is_inside(script: Script) -> None:
    licences = script("licences")
    entries = [("PIL.Image", "/x/PIL/Image.py", "PYMODULE"), ("numpy/_core/x.so", "/x/x.so", "EXTENSION"), ("resources/a", "/x/a", "DATA")]
    text = licences.text(entries)
    assert [part.metadata["Name"].lower() for part in licences.parts(entries)] == ["numpy", "pillow"]
    for word in (f"numpy   {version('numpy')}", f"pillow  {version('pillow')}", "Apache License", "PSF-2.0"):
        assert word in text
    assert "scipy" not in text.split("=====")[0]
