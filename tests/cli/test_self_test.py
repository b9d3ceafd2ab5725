from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aedesk.cli import self_checks
from aedesk.cli.self_checks import Unexpected
from aedesk.core.errors import PictureError
from aedesk.formats.aed_file import VERSION
from aedesk.formats.inspection import inspect
from aedesk.models.files.zoo import SHIPPED

Call = Callable[..., Any]


def test_every_check_is_told_and_one_failure_makes_the_exit_code_one(aedesk: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def good(folder: Path) -> str:
        (folder / "made").touch()
        return "fine"

    def bad(folder: Path) -> str:
        assert (folder / "made").exists()
        raise PictureError("a.png is gone.", "Look for it.")

    monkeypatch.setattr(self_checks, "CHECKS", (("one", good), ("two", bad)))
    done = aedesk("self-test")
    assert done.code == 1
    one, two, summary = done.out.splitlines()
    assert one.split()[0] == "ok"
    assert one.endswith("fine")
    assert two.split()[0] == "FAILED"
    assert "a.png is gone. Look for it." in two
    assert summary == "1 of 2 checks passed."
    monkeypatch.setattr(self_checks, "CHECKS", (("one", good),))
    assert aedesk("self-test").code == 0


def test_every_shipped_model_is_run_by_a_check() -> None:
    names = " ".join(name for name, _ in self_checks.CHECKS)
    assert [model for model in SHIPPED if model not in names] == []


def test_the_check_of_the_formats_passes_here(tmp_path: Path) -> None:
    assert self_checks.check_formats(tmp_path).endswith("PNG, TIFF, JPEG, WebP, AVIF")


def test_the_formats_that_are_only_read_are_read_here(tmp_path: Path) -> None:
    raw = ", RAW" if self_checks.has_raw() else ""
    assert self_checks.check_reading(tmp_path) == f"read: BMP, GIF, JPEG 2000, HEIC{raw}"


def test_every_version_of_the_format_has_a_file_that_is_one() -> None:
    for version in range(1, VERSION + 1):
        assert inspect(self_checks.formats_path(f"version-{version}.aed").read_bytes())["version"] == version


def test_the_check_of_the_formats_sees_a_lost_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    honest = self_checks.io.read
    monkeypatch.setattr(self_checks.io, "read", lambda path: replace(honest(path), icc=None))
    with pytest.raises(Unexpected, match="colour profile"):
        self_checks.check_formats(tmp_path)


def test_a_denoiser_that_does_not_denoise_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from contextlib import contextmanager
    from types import SimpleNamespace

    @contextmanager
    def lazy_lane() -> Any:
        yield lambda spec, picture: SimpleNamespace(result=SimpleNamespace(picture=picture), summary="nothing done")

    monkeypatch.setattr(self_checks, "lane", lazy_lane)
    with pytest.raises(Unexpected, match="nothing done"):
        self_checks.check_denoise("denoise-photo", 2.0)(tmp_path)
