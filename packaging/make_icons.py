"""Render resources/icons/app/aedesk.svg into the sizes and containers that desktops want. Run it after changing the drawing.

QT_QPA_PLATFORM=offscreen python packaging/make_icons.py
"""

from __future__ import annotations

import struct
from pathlib import Path

from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "icons" / "app"
SIZES_PX = (16, 24, 32, 48, 64, 128, 256, 512)


def render(edge_px: int) -> Image.Image:
    """The drawing at one size: painted four times larger and averaged, for clean small sizes."""
    image = QImage(4 * edge_px, 4 * edge_px, QImage.Format.Format_RGBA8888)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(FOLDER / "aedesk.svg")).render(painter)
    painter.end()
    return Image.frombytes("RGBA", (image.width(), image.height()), bytes(image.constBits())).reduce(4)


def icns(folder: Path) -> bytes:
    """Apple's container: a type, a length and a PNG per size. Written here because Pillow adds a 1024-pixel one of 250 KB."""
    body = b""
    for kind, edge_px in ((b"icp4", 16), (b"icp5", 32), (b"icp6", 64), (b"ic07", 128), (b"ic08", 256), (b"ic09", 512)):
        data = (folder / f"aedesk-{edge_px:03d}.png").read_bytes()
        body += kind + struct.pack(">I", len(data) + 8) + data
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def main() -> None:
    app = QGuiApplication([])
    pictures = {edge_px: render(edge_px) for edge_px in SIZES_PX}
    for edge_px, picture in pictures.items():
        picture.save(FOLDER / f"aedesk-{edge_px:03d}.png", optimize=True)
    icon_sizes = [(edge_px, edge_px) for edge_px in SIZES_PX if edge_px <= 256]
    pictures[256].save(FOLDER / "aedesk.ico", sizes=icon_sizes, append_images=[pictures[size[0]] for size in icon_sizes[:-1]])
    (FOLDER / "aedesk.icns").write_bytes(icns(FOLDER))
    del app


if __name__ == "__main__":
    main()
