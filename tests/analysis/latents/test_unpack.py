"""Classic data sets as folders of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aedesk.analysis.latents import unpack
from aedesk.core.errors import SpecError
from aedesk.core.events import Finished
from aedesk.core.explore_specs import UnpackSpec
from aedesk.imaging.io import read
from aedesk.jobs.inline import run


class Clothes:
    """What torchvision's sets look like."""

    classes = ("T-shirt/top", "Bag")

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        return Image.fromarray(np.full((8, 8), 20 * index, np.uint8)), index % 2


def test_evenly_spaced_pictures_go_into_a_folder_per_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(unpack, "open_named", lambda *arguments: asked.append(arguments) or Clothes())
    spec = UnpackSpec("fashion-mnist", str(tmp_path), limit=5)
    *_, last = run(spec)
    assert isinstance(last, Finished)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    assert files == [
        "T-shirt-top/00000.png",
        "T-shirt-top/00002.png",
        "T-shirt-top/00004.png",
        "T-shirt-top/00006.png",
        "T-shirt-top/00008.png",
    ]
    assert read(tmp_path / "T-shirt-top" / "00006.png").pixels[0, 0, 0] == 120
    before = (tmp_path / files[0]).stat().st_mtime_ns
    *_, last = run(UnpackSpec("fashion-mnist", str(tmp_path), limit=10))
    assert isinstance(last, Finished)
    assert len(list(tmp_path.rglob("*.png"))) == 10
    assert (tmp_path / files[0]).stat().st_mtime_ns == before
    assert asked == [("fashion-mnist", "", False)] * 2


def test_only_known_sets_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="imagenet"):
        UnpackSpec("imagenet", str(tmp_path))
