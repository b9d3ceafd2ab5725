"""The learned codec's symbols and pixels, found from SPEC.md and the tensors of the model's file alone: numpy, no torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from reference_decoder import ReferenceDecoder

Array = np.ndarray
STEPS_AT = ((0, 2), (3, 1))
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
        shape = (len(z_mean), -(-height // 4), -(-width // 4))
        indexes = np.broadcast_to(np.clip(np.floor(z_level + 0.5), 1, 63), shape)
        z = np.array(decoder.get(indexes.astype(int).reshape(-1).tolist())).reshape(shape)
        a = shuffled(np.maximum(self.conv(settled((z + z_mean) / 8), "h_s.0"), 0))
        features = settled(shuffled(self.conv(a, "h_s.1"))[:, :height, :width] + tint)
        channels = len(gain)
        unit = self.t["spread"][:, None, None] + 1 / gain
        step_of = (np.array(STEPS_AT)[None] + np.arange(channels)[:, None, None]) % 4
        step_of = np.tile(step_of, (1, -(-height // 2), -(-width // 2)))[:, :height, :width]
        y, decoded = np.zeros((channels, height, width), int), np.zeros((2 * channels, height, width))
        latent = np.zeros((channels, height, width))
        for step in range(4):
            u = np.maximum(self.conv(decoded, f"context.{step}.enter") + features, 0)
            u = np.maximum(self.conv(u, f"context.{step}.mix"), 0)
            said = settled(self.conv(u, f"context.{step}.leave") + self.conv(decoded, f"context.{step}.around"))
            mean = settled(said[:channels] * unit)
            index = np.clip(np.floor(settled(16 * said[channels:] + level) + 0.5), 0, 63).astype(int)
            own = step_of == step
            coded = own & (index > 0)
            y[coded] = decoder.get(index[coded].tolist())
            y_hat = settled(mean + y / gain)
            loud = self.t["loudness"][np.minimum(np.abs(y), 4095)]
            decoded = np.where(np.concatenate((own, own)), np.concatenate((settled(y_hat / unit), loud)), decoded)
            latent = np.where(own, y_hat, latent)
        self.y_hat, self.unit = latent, unit
        return z, y

    def pixels(self, quality: int) -> Array:
        """(3, 16 h, 16 w) of the tile whose symbols were read last, not limited."""
        t, (count, height, width) = self.plain, self.y_hat.shape
        pictures = basis(count) + 0.05 * t["linear.change"]
        plain = np.einsum("chw,ckyx->khywx", self.y_hat, pictures).reshape(3, 16 * height, 16 * width)
        a = self.bare(self.y_hat / self.unit, "head") + self.table("tint_coarse", quality, t)[:, None, None]
        a = self.blocks(a, "coarse")
        b = shuffled(self.bare(a, "up")) + self.bare(unshuffled(plain, 8), "look") + self.table("tint_fine", quality, t)[:, None, None]
        b = self.blocks(b, "fine")
        return plain + 0.5 + 0.2 * self.unit.min() * shuffled(self.bare(np.maximum(bounded(b), 0), "tail"), 8)

    def bare(self, x: Array, name: str) -> Array:
        bias = self.plain.get(f"{name}.bias")
        return convolved(x, self.plain[f"{name}.weight"]) + (0 if bias is None else bias[:, None, None])

    def blocks(self, x: Array, name: str) -> Array:
        number = 0
        while f"{name}.{number}.conv1.weight" in self.plain:
            x = x + self.bare(np.maximum(self.bare(bounded(x), f"{name}.{number}.conv1"), 0), f"{name}.{number}.conv2")
            number += 1
        return x


def convolved(x: Array, weight: Array) -> Array:
    reach = weight.shape[2] // 2
    wide = np.pad(x, ((0, 0), (reach, reach), (reach, reach)))
    total = np.zeros((weight.shape[0], *x.shape[1:]))
    for dy in range(weight.shape[2]):
        for dx in range(weight.shape[3]):
            seen = wide[:, dy : dy + x.shape[1], dx : dx + x.shape[2]]
            if weight.shape[1] == 1 and x.shape[0] > 1:
                total += weight[:, 0, dy, dx, None, None] * seen
            else:
                total += np.einsum("oi,ihw->ohw", weight[:, :, dy, dx], seen)
    return total


def bounded(x: Array) -> Array:
    return x / np.sqrt(1 + (x * x).mean(0))


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
