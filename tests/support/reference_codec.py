"""The symbols of a tile of the learned codec, found from SPEC.md and the tensors of the model's file alone: numpy, no torch."""

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
        self.t = {}
        for name, value in tensors.items():
            wide = np.asarray(value, np.float64)
            fixed = name.rpartition(".")[2] in BUFFERS
            self.t[name.removeprefix("entropy.")] = wide if fixed else np.rint(wide * 4096) / 4096
        self.tables = tensors["entropy.tables"].tolist()

    def table(self, name: str, quality: int) -> Array:
        start, change = self.t[f"{name}.start"], self.t[f"{name}.change"]
        if name == "gain":
            rows = settled(start * (1 + np.maximum(change, 0)) / (1 + np.maximum(-change, 0)))
        else:
            rows = settled(start + SCALES[name] * change)
        i = min(quality // 10, 9)
        p = quality - 10 * i
        return settled(((10 - p) * rows[i] + p * rows[i + 1]) / 10)

    def conv(self, x: Array, name: str) -> Array:
        weight, bias = self.t[f"{name}.weight"], self.t[f"{name}.bias"]
        reach = weight.shape[2] // 2
        wide = np.pad(x, ((0, 0), (reach, reach), (reach, reach)))
        total = np.zeros((weight.shape[0], *x.shape[1:])) + bias[:, None, None]
        for dy in range(weight.shape[2]):
            for dx in range(weight.shape[3]):
                seen = wide[:, dy : dy + x.shape[1], dx : dx + x.shape[2]]
                if weight.shape[1] == 1 and x.shape[0] > 1:
                    total += weight[:, 0, dy, dx, None, None] * seen
                else:
                    total += np.einsum("oi,ihw->ohw", weight[:, :, dy, dx], seen)
        return settled(total)

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
        return z, y


def shuffled(x: Array) -> Array:
    channels, height, width = x.shape
    return x.reshape(channels // 4, 2, 2, height, width).transpose(0, 3, 1, 4, 2).reshape(channels // 4, 2 * height, 2 * width)
