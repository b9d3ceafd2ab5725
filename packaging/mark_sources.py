"""Collects logos and fonts for synthetic watermarks, apart for training and for evaluation.

    python packaging/mark_sources.py --icons node_modules --fonts FOLDER -o SOURCES

Icons come from npm packages with free licences, which are installed beforehand; what is missing is left out:

    npm install simple-icons devicon @fortawesome/fontawesome-free @mdi/svg openmoji bootstrap-icons @tabler/icons @primer/octicons

Fonts are all files below FOLDER, for example of unpacked Debian packages (``apt-get download``, ``dpkg -x``). Nothing
of this belongs into the repository.

SOURCES then holds ``train`` and ``eval``, each with ``logos`` (PNG, 256 px, transparent) and ``fonts``. Icon packages and font families
are reserved for evaluation, chosen by name alone; a family is what a file name begins with.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import sys
from pathlib import Path
from random import Random

from PIL import Image, ImageFont
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

EDGE_PX = 256
PACKAGES = {  # folder below node_modules -> the folder of its icons, and its licence
    "simple-icons": ("icons", "CC0-1.0"),
    "devicon": ("icons", "MIT"),
    "@fortawesome/fontawesome-free": ("svgs", "CC BY 4.0"),
    "@mdi/svg": ("svg", "Apache-2.0"),
    "openmoji": ("color/svg", "CC BY-SA 4.0"),
    "@tabler/icons": ("icons", "MIT"),
    "bootstrap-icons": ("icons", "MIT"),
    "@primer/octicons": ("build/svg", "MIT"),
}
RESERVED = ("bootstrap-icons", "@primer/octicons")
"""Packages for evaluation only."""
FONT_SUFFIXES = (".ttf", ".otf", ".woff2")
RESERVED_SHARE = 8
"""One font family of so many, and one icon of so many in openmoji and devicon, is for evaluation only."""


def reserved(name: str) -> bool:
    """Whether a family is for evaluation: by a hash of its name, so that a further package never moves another one."""
    return hashlib.sha256(name.encode()).digest()[0] % RESERVED_SHARE == 0


def draw_icon(path: Path) -> QImage | None:
    """An icon on transparent ground, its longer side ``EDGE_PX``; None if Qt cannot draw it or hardly anything is drawn."""
    renderer = QSvgRenderer(str(path))
    size = renderer.defaultSize()
    if not renderer.isValid() or size.isEmpty():
        return None
    size.scale(EDGE_PX, EDGE_PX, Qt.AspectRatioMode.KeepAspectRatio)
    image = QImage(size, QImage.Format.Format_RGBA8888)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    return image


def collect_icons(root: Path, output: Path, most: int, seed: int) -> None:
    rng = Random(seed)
    for package, (folder, licence) in PACKAGES.items():
        files = sorted((root / package / folder).rglob("*.svg"))
        files = rng.sample(files, min(most, len(files)))
        counts = {"train": 0, "eval": 0}
        for path in files:
            image = draw_icon(path)
            if image is None:
                continue
            name = f"{package.replace('/', '-').lstrip('@')}-{path.parent.name}-{path.stem}.png"
            mixed = package in ("openmoji", "devicon") and reserved(path.stem)
            part = "eval" if package in RESERVED or mixed else "train"
            target = output / part / "logos" / name
            image.save(str(target))
            with Image.open(target) as drawn:
                cover = drawn.getchannel("A").histogram()
            if sum(cover[128:]) < EDGE_PX * EDGE_PX // 50:
                target.unlink()
                continue
            counts[part] += 1
        print(f"{package} ({licence}): {counts['train']} for training, {counts['eval']} for evaluation")


def collect_fonts(root: Path, output: Path) -> None:
    found = {path.name: path for path in sorted(root.rglob("*")) if path.suffix.lower() in FONT_SUFFIXES}
    families: dict[str, list[Path]] = {}
    for name in sorted(found):
        families.setdefault(re.split(r"[-_.]", name)[0].lower(), []).append(found[name])
    counts = {"train": 0, "eval": 0}
    for family, paths in families.items():
        part = "eval" if reserved(family) else "train"
        for path in paths[:: max(1, len(paths) // 3)][:3]:  # a few cuts of each family
            try:
                ImageFont.truetype(str(path), 24).getmask("Ab")
            except OSError:
                continue
            shutil.copyfile(path, output / part / "fonts" / path.name)
            counts[part] += 1
    print(f"fonts of {len(families)} families: {counts['train']} for training, {counts['eval']} for evaluation")


def main() -> None:
    parser = argparse.ArgumentParser(description="Collect logos and fonts for synthetic watermarks.")
    parser.add_argument("--icons", type=Path, help="a node_modules folder with icon packages")
    parser.add_argument("--fonts", type=Path, help="a folder with font files")
    parser.add_argument("-o", "--output", type=Path, required=True, help="where train and eval are made")
    parser.add_argument("--most", type=int, default=800, help="icons per package at most")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if not arguments.icons and not arguments.fonts:
        parser.error("give --icons, --fonts or both")
    application = QGuiApplication([sys.argv[0], "-platform", "offscreen"])
    for part in ("train", "eval"):
        for kind in ("logos", "fonts"):
            (arguments.output / part / kind).mkdir(parents=True, exist_ok=True)
    if arguments.icons:
        collect_icons(arguments.icons, arguments.output, arguments.most, arguments.seed)
    if arguments.fonts:
        collect_fonts(arguments.fonts, arguments.output)
    application.quit()


if __name__ == "__main__":
    main()
