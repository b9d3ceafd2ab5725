"""Where the bundled resources lie."""

from __future__ import annotations

import sys
from pathlib import Path


def resource_path(*parts: str) -> Path:
    """A file below ``resources``: in a source tree, an installed wheel or a frozen program."""
    package = Path(__file__).resolve().parent.parent
    frozen = Path(getattr(sys, "_MEIPASS", package)) / "resources"
    candidates = (frozen, package / "_resources", package.parent / "resources")
    root = next((path for path in candidates if path.is_dir()), candidates[-1])
    return root.joinpath(*parts)
