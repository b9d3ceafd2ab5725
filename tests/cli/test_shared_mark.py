"""``aedesk erase --shared-mark``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marked_collections import backgrounds, marked, word, write_all

from aedesk.imaging import io
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture

Call = Callable[..., Any]


def test_a_folder_is_cleaned_in_one_go_and_the_mark_is_kept_for_a_later_picture(aedesk: Call, tmp_path: Path) -> None:
    clean, alpha = backgrounds(11), word()
    write_all(tmp_path / "in", [Picture(marked(c, alpha)) for c in clean[:10]])
    kept = tmp_path / "mark.png"
    done = aedesk("erase", tmp_path / "in", "-o", tmp_path / "out", "--shared-mark", "--mark", kept)
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 10
    assert kept.is_file()
    inside = alpha > 0
    found = [psnr(c[inside][None], io.read(tmp_path / "out" / f"{n:02}.png").pixels[inside][None] / 255) for n, c in enumerate(clean[:10])]
    assert np.mean(found) > 36
    later = io.write(Picture(marked(clean[10], alpha)), tmp_path / "later.png")
    again = aedesk("erase", later, "-o", tmp_path / "clean.png", "--shared-mark", "--mark", kept)
    assert again.code == 0, again.err
    assert psnr(clean[10][inside][None], io.read(tmp_path / "clean.png").pixels[inside][None] / 255) > 33


def test_one_picture_is_bad_usage_and_three_are_too_few(aedesk: Call, tmp_path: Path) -> None:
    inputs, _ = write_all(tmp_path / "in", [Picture(marked(c, word())) for c in backgrounds(3)])
    assert aedesk("erase", inputs[0], "-o", tmp_path / "x.png", "--shared-mark").code == 2
    done = aedesk("erase", *inputs, "-o", tmp_path / "out", "--shared-mark")
    assert done.code == 1
    assert "at least 4" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [("--mark", "mark.png"), ("--shared-mark", "--mark", "mark.txt")])
def test_a_mark_without_its_option_and_one_of_another_format_are_bad_usage(
    aedesk: Call, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    inputs, _ = write_all(tmp_path / "in", [Picture(marked(c, word())) for c in backgrounds(2)])
    assert aedesk("erase", *inputs, "-o", tmp_path / "out", *arguments).code == 2
