"""The plot of rate-distortion curves: valid SVG with every point at its place."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from aedesk.analysis.codec.plot import HEIGHT, WIDTH, rate_distortion_svg

SVG = "{http://www.w3.org/2000/svg}"


def result(*curves: list[tuple[float, float]]) -> dict[str, Any]:
    codecs = [
        {"name": f"codec <{number}>", "points": [{"bpp": bpp, "psnr": psnr} for bpp, psnr in points]}
        for number, points in enumerate(curves)
    ]
    return {"data": "A & B", "n": 3, "codecs": codecs}


def test_each_codec_has_a_line_a_name_and_a_dot_per_point_inside_the_figure() -> None:
    root = ElementTree.fromstring(rate_distortion_svg(result([(0.1, 28.0), (1.0, 36.0), (3.0, 44.0)], [(0.3, 27.0), (2.0, 39.0)])))
    assert len(root.findall(f"{SVG}polyline")) == 2
    texts = [text.text for text in root.findall(f"{SVG}text")]
    assert {"codec <0>", "codec <1>", "bits per pixel", "PSNR in dB"} <= set(texts)
    dots = root.findall(f"{SVG}circle")
    assert len(dots) == 5
    assert all(0 < float(dot.get("cx", "0")) < WIDTH and 0 < float(dot.get("cy", "0")) < HEIGHT for dot in dots)


def test_the_rate_increases_to_the_right_and_the_psnr_upwards() -> None:
    root = ElementTree.fromstring(rate_distortion_svg(result([(0.1, 28.0), (1.0, 36.0), (10.0, 44.0)])))
    x, y = zip(*((float(dot.get("cx", "0")), float(dot.get("cy", "0"))) for dot in root.findall(f"{SVG}circle")), strict=True)
    assert list(x) == sorted(x)
    assert list(y) == sorted(y, reverse=True)
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)  # a logarithmic axis


def test_a_single_point_can_be_drawn() -> None:
    ElementTree.fromstring(rate_distortion_svg(result([(1.0, 30.0)])))
