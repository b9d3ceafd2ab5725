"""Rate-distortion curves as SVG. Rejected: a plotting library, a large dependency for one figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 800, 500
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 44, 52
_COLOURS = ("#d1495b", "#5b6770", "#2e86ab", "#3f8f5b", "#b07d2b", "#7b5ea7")
"""Ours first; all have enough contrast on white."""
_RATES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)


def rate_distortion_svg(result: Mapping[str, Any]) -> str:
    """Returns an SVG of PSNR over bits per pixel (logarithmic) for the result of an ``EvaluateCodecSpec``; our curve is the thickest."""
    curves = [(codec["name"], [(point["bpp"], point["psnr"]) for point in codec["points"]]) for codec in result["codecs"]]
    axes = _Axes([point for _, points in curves for point in points])
    title = f"{result['data']}, {result['n']} pictures: PSNR over RGB, bits of whole files"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="26" font-size="15">{escape(title)}</text>',
        *axes.grid(),
    ]
    for number, (name, points) in reversed(list(enumerate(curves))):
        colour, thick = _COLOURS[number % len(_COLOURS)], 2.6 if number == 0 else 1.4
        places = [axes.place(bpp, psnr) for bpp, psnr in sorted(points)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{thick}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{thick + 0.8:.1f}" fill="{colour}"/>' for x, y in places]
        parts += _legend(number, name, colour, thick)
    return "\n".join((*parts, "</svg>\n"))


class _Axes:
    """Maps bits per pixel and dB to SVG coordinates.

    Args:
        points: (bits per pixel, dB) pairs, at least one, that the axes must contain.
    """

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        rates = [math.log(bpp) for bpp, _ in points]
        fidelities = [psnr for _, psnr in points]
        self._low, self._high = min(rates) - 0.1, max(rates) + 0.1
        self._worst = 2 * math.floor(min(fidelities) / 2)
        self._best = max(2 * math.ceil(max(fidelities) / 2), self._worst + 2)

    def place(self, bpp: float, psnr: float) -> tuple[float, float]:
        """Returns the coordinates (x, y) of a point."""
        right = (math.log(bpp) - self._low) / (self._high - self._low)
        up = (psnr - self._worst) / (self._best - self._worst)
        return _LEFT + right * (WIDTH - _LEFT - _RIGHT), HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM)

    def grid(self) -> list[str]:
        """Returns the SVG elements of grid lines and labels."""
        lines = []
        step = 2 if self._best - self._worst <= 24 else 4
        for psnr in range(self._worst, self._best + 1, step):
            _, y = self.place(1.0, psnr)
            lines.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
            lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{psnr}</text>')
        for bpp in (rate for rate in _RATES if self._low <= math.log(rate) <= self._high):
            x, _ = self.place(bpp, self._worst)
            lines.append(f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{HEIGHT - _BOTTOM}" stroke="#ddd"/>')
            lines.append(f'<text x="{x:.1f}" y="{HEIGHT - _BOTTOM + 18}" text-anchor="middle">{bpp:g}</text>')
        middle = (HEIGHT - _BOTTOM + _TOP) / 2
        lines.append(f'<text x="{(WIDTH + _LEFT) / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">bits per pixel</text>')
        lines.append(f'<text transform="translate(18 {middle:.0f}) rotate(-90)" text-anchor="middle">PSNR in dB</text>')
        return lines


def _legend(number: int, name: str, colour: str, thick: float) -> list[str]:
    """At the lower right, which rate-distortion curves leave free."""
    x, y = WIDTH - _RIGHT - 150, HEIGHT - _BOTTOM - 110 + 20 * number
    return [
        f'<line x1="{x}" y1="{y}" x2="{x + 26}" y2="{y}" stroke="{colour}" stroke-width="{thick}"/>',
        f'<text x="{x + 34}" y="{y + 4}">{escape(name)}</text>',
    ]
