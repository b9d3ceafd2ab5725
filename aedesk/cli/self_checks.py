"""The checks of ``aedesk self-test``. Each takes an folder to write into, returns one line about what it saw, or raises."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from aedesk.core.codec_specs import CompressSpec, DecompressSpec
from aedesk.core.errors import JobError
from aedesk.core.events import Cancelled, Event, Failed, Finished, Started, Terminal
from aedesk.core.resources import resource_path
from aedesk.core.specs import AddNoiseSpec, DenoiseSpec, DevicesSpec, TrainSpec
from aedesk.imaging import io
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.jobs.client import WorkerClient

PATIENCE_S = 600.0
DPI = (300.0, 300.0)


class Unexpected(JobError):
    """A check saw something else than it should."""


def expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise Unexpected(otherwise)


def make_picture(seed: int = 0, dtype: Any = np.uint8, size_px: int = 192) -> Picture:
    """A smooth coloured scene with an edge, the full range of its type, an sRGB profile and 300 dpi."""
    from PIL import ImageCms

    y, x = np.mgrid[0:size_px, 0:size_px] / size_px
    phases = np.random.default_rng(seed).uniform(0, 6, 3)
    scene = np.stack([0.5 + 0.4 * np.sin(5 * x + 3 * y + phase) for phase in phases], axis=-1)
    scene[(x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.05] *= 0.6
    pixels = (np.clip(scene, 0, 1) * np.iinfo(dtype).max + 0.5).astype(dtype)
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return Picture(pixels, None, icc, None, None, DPI)


def check_formats(folder: Path) -> str:
    names = []
    for suffix in (".png", ".tif", ".jpg", ".webp", ".avif"):
        for dtype in (np.uint8, np.uint16):
            picture = make_picture(dtype=dtype)
            path = io.write(picture, folder / f"{np.dtype(dtype).name}{suffix}")
            again = io.read(path)
            if suffix in (".png", ".tif"):
                expect(np.array_equal(again.pixels, picture.pixels), f"{path.name} came back with other pixels")
                expect(again.pixels.dtype == picture.pixels.dtype, f"{path.name} came back in another depth")
            else:
                fidelity = psnr(again.pixels, make_picture().pixels)
                expect(fidelity > 35, f"{path.name} came back at {fidelity:.1f} dB")
            expect(again.icc == picture.icc, f"{path.name} lost its colour profile")
        names.append(again.source_format)
    return f"written and read again: {', '.join(names)}"


def check_devices(folder: Path) -> str:
    with lane() as ask:
        return "; ".join(device.label for device in ask(DevicesSpec()).result)


def check_denoise(model: str, gain_db: float) -> Callable[[Path], str]:
    def check(folder: Path) -> str:
        noisy, clean = (io.read(resource_path("samples", f"portrait_{kind}.png")) for kind in ("noisy", "clean"))
        with lane() as ask:
            end = ask(DenoiseSpec(model=model), noisy)
        before, after = psnr(noisy.pixels, clean.pixels), psnr(end.result.picture.pixels, clean.pixels)
        said = f"sample {before:.2f} -> {after:.2f} dB; {end.summary}"
        expect(after > before + gain_db, said)
        io.write(end.result.picture, folder / f"{model}.png")
        return said

    return check


def check_codec(folder: Path) -> str:
    picture = make_picture()
    with lane() as ask:
        data = ask(CompressSpec(quality=60), picture).result.data
        again = ask(DecompressSpec(), data).result.picture
        expect(again.icc == picture.icc and again.dpi == picture.dpi, "the profile or the resolution did not come back")
        found = psnr(again.pixels, picture.pixels)
        expect(found > 30, f"it came back at {found:.1f} dB")
    return f"{picture.pixels.nbytes} bytes as {len(data)}, {found:.1f} dB"


def check_training(folder: Path) -> str:
    from aedesk.models.card import read_card
    from aedesk.models.zoo import recipe_path
    from aedesk.training import recipe as recipes

    data = folder / "pictures"
    data.mkdir()
    for seed in range(4):
        io.write(make_picture(seed), data / f"{seed}.png")
    recipe = recipes.load(recipe_path("denoise-gaussian"))
    recipe["data"] = {"folder": str(data), "held_out": 1}
    recipe["model"]["widths"] = [width // 8 for width in recipe["model"]["widths"]]  # what is trained matters less than that it is quick
    recipe["stage"] = [{"steps": 10, "patch_px": 32, "batch": 2}]
    with lane("training") as ask:
        end = ask(TrainSpec(recipe=recipe, run_dir=str(folder / "run")))
    card = read_card(end.result)
    expect(card["training"]["steps"] == 10, f"the card says {card['training']}")
    return f"10 steps; {end.summary}"


def check_cancel(folder: Path) -> str:
    client = WorkerClient()
    try:
        job = client.submit(DenoiseSpec(tile_px=64), make_picture(size_px=2048))
        wait_for(client, job, Started)
        begun = time.monotonic()
        client.cancel(job)
        end = wait_for(client, job, Terminal)
        expect(isinstance(end, Cancelled), f"the job ended as {end}")
        return f"cancelled after {time.monotonic() - begun:.2f} s"
    finally:
        client.close()


def check_crash(folder: Path) -> str:
    client = WorkerClient()
    try:
        job = client.submit(DenoiseSpec(tile_px=64), make_picture(size_px=2048))
        wait_for(client, job, Started)
        killed = client.pid
        expect(killed is not None, "there is no worker")
        os.kill(killed or 0, getattr(signal, "SIGKILL", signal.SIGTERM))
        end = wait_for(client, job, Terminal)
        expect(isinstance(end, Failed), f"the job ended as {end}")
        retried = client.submit(AddNoiseSpec(), make_picture())
        end = wait_for(client, retried, Terminal)
        expect(isinstance(end, Finished), f"the job after it ended as {end}")
        expect(client.pid != killed, "the worker is the old one")
        return "the worker was killed, its job failed, the next one ran"
    finally:
        client.close()


@contextmanager
def lane(name: str = "interactive") -> Iterator[Callable[..., Finished]]:
    """A function that runs a spec in a real worker and returns its Finished; the worker is closed afterwards."""
    client = WorkerClient(name)

    def ask(spec: object, *inputs: Any) -> Finished:
        end = wait_for(client, client.submit(spec, *inputs), Terminal)
        if isinstance(end, Failed):
            raise Unexpected(end.message, end.hint)
        if not isinstance(end, Finished):
            raise Unexpected(f"The job ended as {end}.")
        return end

    try:
        yield ask
    finally:
        client.close()


def wait_for(client: WorkerClient, job_id: int, kind: type[Event]) -> Event:
    """The first event of this kind, or the terminal one if it comes before."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for of, event in client.poll(1.0):
            if of == job_id and isinstance(event, kind | Terminal):
                return event
    raise Unexpected(f"Nothing came of the job within {PATIENCE_S:.0f} s.")


CHECKS: tuple[tuple[str, Callable[[Path], str]], ...] = (
    ("picture formats", check_formats),
    ("worker and devices", check_devices),
    ("model denoise-gaussian", check_denoise("denoise-gaussian", 6.0)),
    ("model denoise-photo", check_denoise("denoise-photo", 2.0)),
    ("model codec-photo", check_codec),
    ("training", check_training),
    ("cancelling", check_cancel),
    ("crash of the worker", check_crash),
)
