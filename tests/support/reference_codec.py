"""The learned codec's symbols and pixels, found from SPEC.md and the tensors of the model's file alone: numpy, no torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from reference_decoder import ReferenceDecoder

Array = np.ndarray
FLIPS = (0, 3, 1, 2)
CORNERS = tuple(np.s_[:, row::2, column::2] for row in (0, 1) for column in (0, 1))
NEIGHBOURS = {1: ((0, -1), (0, 1)), 2: ((-1, 0), (1, 0)), 3: ((-1, -1), (-1, 1), (1, -1), (1, 1))}
SCALES = {"z_mean": 8.0, "z_level": 64.0, "tint": 1.0, "level": 64.0}
BUFFERS = ("start", "spread", "loudness", "tables")


def settled(x: Array) -> Array:
    return np.clip(np.rint(x * 1024) / 1024, -4096, 4096)


class ReferenceCodec:
    """Args: ``tensors``: those of a model file, by name."""

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self.plain = {
            name.removeprefix("g_s."): np.asarray(value, np.float64) for name, value in tensors.items() if name.startswith("g_s.")
        }
        self.t = {}
        for name, value in tensors.items():
            wide = np.asarray(value, np.float64)
            fixed = name.rpartition(".")[2] in BUFFERS
            self.t[name.removeprefix("entropy.")] = wide if fixed else np.rint(wide * 4096) / 4096
        self.tables = tensors["entropy.tables"].tolist()

    def table(self, name: str, quality: int, tensors: Mapping[str, Array] | None = None) -> Array:
        found = self.t if tensors is None else tensors
        start, change = found[f"{name}.start"], found[f"{name}.change"]
        if name == "gain":
            rows = settled(start * (1 + np.maximum(change, 0)) / (1 + np.maximum(-change, 0)))
        else:
            rows = settled(start + SCALES.get(name, 1.0) * change)
        i = min(quality // 10, 9)
        p = quality - 10 * i
        return settled(((10 - p) * rows[i] + p * rows[i + 1]) / 10)

    def conv(self, x: Array, name: str) -> Array:
        return settled(convolved(x, self.t[f"{name}.weight"]) + self.t[f"{name}.bias"][:, None, None])

    def symbols(self, payload: bytes, quality: int, height: int, width: int) -> tuple[Array, Array]:
        """Of z and of y, for a latent of ``height`` x ``width``."""
        decoder = ReferenceDecoder(self.tables, payload[4:])
        gain, z_mean, z_level, tint, level = (self.table(n, quality)[:, None, None] for n in ("gain", "z_mean", "z_level", "tint", "level"))
        h, w = -(-height // 4) * 4, -(-width // 4) * 4
        shape = (len(z_mean), h // 4, w // 4)
        indexes = np.broadcast_to(np.clip(np.floor(z_level + 0.5), 1, 63), shape)
        z = np.array(decoder.get(indexes.astype(int).reshape(-1).tolist())).reshape(shape)
        a = shuffled(np.maximum(self.conv(settled((z + z_mean) / 8), "h_s.0"), 0))
        features = settled(shuffled(self.conv(a, "h_s.1")) + tint)
        channels = len(gain)
        unit = self.t["spread"][:, None, None] + 1 / gain
        y, latent = np.zeros((channels, h, w), int), np.zeros((channels, h, w))
        decoded: list[Array] = []
        for step in range(4):
            entering = np.zeros_like(features)
            for before, found in enumerate(decoded):
                for k, place in enumerate(CORNERS):
                    matrix = self.t[f"context.{step}.enter.{before}.weight"][k ^ FLIPS[before]]
                    entering[place] += np.einsum("oi,ihw->ohw", matrix, found[place])
            u = np.maximum(self.conv(np.maximum(features + settled(entering), 0), f"context.{step}.mix"), 0)
            fresh = np.zeros((channels // 2, h, w))
            said, calls = [], []
            for k, place in enumerate(CORNERS):
                g = k ^ FLIPS[step]
                v = np.einsum("oi,ihw->ohw", self.t[f"context.{step}.leave.weight"][g], u[place])
                for before, found in enumerate(decoded):
                    kernel = self.t[f"context.{step}.around.{before}"]
                    wide = np.pad(found, ((0, 0), (1, 1), (1, 1)))
                    for j, (dy, dx) in enumerate(NEIGHBOURS[FLIPS[step] ^ FLIPS[before]]):
                        there = wide[:, 1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w][place]
                        v = v + kernel[j, g][:, None, None] * there
                m, level_of = np.split(settled(v), 2)
                mean = settled(m * unit[g::4])
                index = np.clip(np.floor(settled(16 * level_of + level[g::4]) + 0.5), 0, 63).astype(int)
                rows, columns = np.arange(h)[place[1]], np.arange(w)[place[2]]
                inside = (rows[:, None] < height) & (columns[None] < width)
                said.append((mean, (index > 0) & inside, inside))
                calls += index[said[-1][1]].tolist()
            symbols = np.array(decoder.get(calls), int)
            for k, (place, (mean, coded, inside)) in enumerate(zip(CORNERS, said, strict=True)):
                g, own = k ^ FLIPS[step], np.zeros(mean.shape, int)
                own[coded], symbols = symbols[: coded.sum()], symbols[coded.sum() :]
                y_hat = settled(mean + own / gain[g::4]) * inside
                y[g::4][place], latent[g::4][place] = own, y_hat
                fresh[place] = np.concatenate((settled(y_hat / unit[g::4]), self.t["loudness"][np.minimum(np.abs(own), 4095)]))
            decoded.append(fresh)
        self.y_hat, self.unit = latent[:, :height, :width], unit
        return z, y[:, :height, :width]

    def pixels(self, quality: int) -> Array:
        """(3, 16 h, 16 w) of the tile whose symbols were read last, not limited."""
        t, (count, height, width) = self.plain, self.y_hat.shape
        pictures = basis(count) + 0.05 * t["linear.change"]
        plain = np.einsum("chw,ckyx->khywx", self.y_hat, pictures).reshape(3, 16 * height, 16 * width)
        border = lapping() + 0.05 * t["linear.border_change"]
        for axis in (2, 1):
            plain = np.moveaxis(plain, axis, 2)
            inner = plain[:, :, 8:-8].reshape(*plain.shape[:2], -1, 16) @ border.T
            plain = np.concatenate((plain[:, :, :8], inner.reshape(*plain.shape[:2], -1), plain[:, :, -8:]), 2)
            plain = np.moveaxis(plain, 2, axis)
        a = [self.bare(unshuffled(plain, 2), "head") + self.table("tints.0", quality, t)[:, None, None]]
        for i in (1, 2, 3):
            folded = np.einsum("oiyx,ihywx->ohw", t[f"down.{i - 1}.weight"], squares(a[-1]))
            seen = self.bare(self.y_hat / self.unit, "look") if i == 3 else 0
            a.append(self.blocks(folded + self.table(f"tints.{i}", quality, t)[:, None, None] + seen, f"encoder.{i - 1}"))
        b = a[3]
        for i in (2, 1, 0):
            spread = np.einsum("ioyx,ihw->ohywx", t[f"up.{i}.weight"], b)
            b = self.blocks(spread.reshape(a[i].shape) + a[i], f"decoder.{i}")
        return plain + 0.5 + 0.2 * self.unit.min() * shuffled(self.bare(np.maximum(b, 0), "tail"))

    def bare(self, x: Array, name: str) -> Array:
        return convolved(x, self.plain[f"{name}.weight"])

    def blocks(self, x: Array, name: str) -> Array:
        number = 0
        while f"{name}.{number}.conv1.weight" in self.plain:
            x = x + self.bare(np.maximum(self.bare(x, f"{name}.{number}.conv1"), 0), f"{name}.{number}.conv2")
            number += 1
        return x


def convolved(x: Array, weight: Array) -> Array:
    reach = weight.shape[2] // 2
    wide = np.pad(x, ((0, 0), (reach, reach), (reach, reach)))
    total, count = np.zeros((weight.shape[0], *x.shape[1:])), x.shape[0] // weight.shape[1]
    for dy in range(weight.shape[2]):
        for dx in range(weight.shape[3]):
            seen = wide[:, dy : dy + x.shape[1], dx : dx + x.shape[2]]
            groups = zip(np.split(weight[:, :, dy, dx], count), np.split(seen, count), strict=True)
            total += np.concatenate([np.einsum("oi,ihw->ohw", *pair) for pair in groups])
    return total


def squares(x: Array) -> Array:
    """(C, H, W) to (C, H / 2, 2, W / 2, 2)."""
    return x.reshape(x.shape[0], x.shape[1] // 2, 2, x.shape[2] // 2, 2)


def lapping() -> Array:
    """(16, 16), of the way back."""
    n = np.arange(8)
    p = np.sqrt(2 / 8) * np.cos(np.pi * (n[None] + 0.5) * n[:, None] / 8)
    p[0] = np.sqrt(1 / 8)
    q = np.sqrt(2 / 8) * np.cos(np.pi * (n[None] + 0.5) * (n[:, None] + 0.5) / 8)
    same = np.eye(8)
    mirror = same[::-1]
    v = mirror @ q.T @ np.diag([1 / 1.4, 1, 1, 1, 1, 1, 1, 1]) @ p @ mirror
    b = np.block([[same, mirror], [mirror, -same]]) / np.sqrt(2)
    return b @ np.block([[same, 0 * same], [0 * same, v]]) @ b


def basis(count: int) -> Array:
    """(count, 3, 16, 16)."""
    n = np.arange(16.0)
    waves = np.sqrt(2 / 16) * np.cos(np.pi * (n[None] + 0.5) * n[:, None] / 16)
    waves[0] = np.sqrt(1 / 16)
    colours = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])
    u, v = np.meshgrid(n, n, indexing="ij")
    f = np.sqrt(u * u + v * v)
    g = np.maximum(f, 0.2)
    spread = np.stack((1.1 * g**-0.85 * np.exp(-((f / 14) ** 2)), 0.28 * g**-1.3, 0.6 * 0.28 * g**-1.3)).reshape(-1)
    order = np.argsort(-spread.round(12), kind="stable")[:count]
    return np.einsum("kc,uy,vx->kuvcyx", colours, waves, waves).reshape(-1, 3, 16, 16)[order]


def shuffled(x: Array, n: int = 2) -> Array:
    channels, height, width = x.shape
    return x.reshape(-1, n, n, height, width).transpose(0, 3, 1, 4, 2).reshape(channels // n**2, n * height, n * width)


def unshuffled(x: Array, n: int) -> Array:
    channels, height, width = x.shape
    return x.reshape(channels, height // n, n, width // n, n).transpose(0, 2, 4, 1, 3).reshape(-1, height // n, width // n)
