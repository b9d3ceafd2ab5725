"""The checks of ``aedesk self-test``. Each takes a folder to write into, returns one line about what it saw, or raises."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from aedesk.core.codec_specs import CompressSpec, DecompressSpec
from aedesk.core.erase_specs import EraseSpec, FindMarkSpec
from aedesk.core.errors import JobError
from aedesk.core.events import Cancelled, Event, Failed, Finished, Started, Terminal
from aedesk.core.resources import resource_path
from aedesk.core.specs import AddNoiseSpec, DenoiseSpec, DevicesSpec, TrainSpec
from aedesk.formats.aed_file import VERSION
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
                fidelity = psnr(again.pixels, make_picture(dtype=again.pixels.dtype.type).pixels)
                expect(fidelity > 35, f"{path.name} came back at {fidelity:.1f} dB")
            expect(again.icc == picture.icc, f"{path.name} lost its colour profile")
        names.append(again.source_format)
    return f"written and read again: {', '.join(names)}"


def check_reading(folder: Path) -> str:
    """The formats that are read only: what Pillow can write, and samples of the others."""
    from PIL import Image

    picture = make_picture()
    for suffix in (".bmp", ".gif", ".jp2"):
        Image.fromarray(picture.pixels).save(folder / f"read{suffix}")
    names = []
    for path in (*(folder / f"read{suffix}" for suffix in (".bmp", ".gif", ".jp2")), formats_path("scene.heic")):
        again = io.read(path)
        fidelity = psnr(again.pixels, picture.pixels)
        expect(fidelity > 20, f"{path.name} came back at {fidelity:.1f} dB")
        names.append(again.source_format)
    if has_raw():
        developed = io.read(formats_path("bayer.dng"))
        expect((developed.width, developed.height, developed.bit_depth) == (96, 64, 16), "the RAW picture came in another size or depth")
        names.append(developed.source_format)
    return f"read: {', '.join(names)}"


def formats_path(name: str) -> Path:
    return resource_path("samples", "formats", name)


def has_raw() -> bool:
    """An extra, which the packaged program always has."""
    return getattr(sys, "frozen", False) or find_spec("rawpy") is not None


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
        versions = range(1, VERSION + 1)
        for version in versions:
            sample = ask(DecompressSpec(), formats_path(f"version-{version}.aed").read_bytes()).result
            expect(not sample.lost and np.ptp(sample.picture.pixels) > 0, f"the file of version {version} came back damaged")
    return f"{picture.pixels.nbytes} bytes as {len(data)}, {found:.1f} dB; files of version {', '.join(map(str, versions))} decoded"


def check_erase(folder: Path) -> str:
    clean = io.read(resource_path("samples", "portrait_clean.png"))
    hole = np.zeros(clean.pixels.shape[:2], np.uint8)
    hole[100:104, 40:200] = hole[60:200, 120:126] = 255
    torn = clean.with_pixels(np.where(hole[:, :, None] > 0, np.uint8(255), clean.pixels))
    with lane() as ask:
        end = ask(EraseSpec(method="inpaint"), torn, hole)
        ask(FindMarkSpec(), clean)
    filled = end.result.picture.pixels
    expect(np.array_equal(filled[hole == 0], clean.pixels[hole == 0]), "pixels outside of the mask were changed")
    before, after = (psnr(pixels[hole > 0][None], clean.pixels[hole > 0][None]) for pixels in (torn.pixels, filled))
    said = f"scratches {before:.2f} -> {after:.2f} dB; {end.summary}"
    expect(after > before + 8, said)
    return said


def check_training(folder: Path) -> str:
    from aedesk.models.files.card import read_card
    from aedesk.models.files.zoo import recipe_path
    from aedesk.training.recipes import recipe as recipes

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
        expect(isinstance(wait_for(client, job, Started), Started), "the job ended before it began")
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
        expect(isinstance(wait_for(client, job, Started), Started), "the job ended before it began")
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


def check_window(folder: Path) -> str:
    """The window, on no screen and with an empty home, opens the sample, restores it by its button, saves and closes."""
    noisy, clean = (resource_path("samples", f"portrait_{kind}.png") for kind in ("noisy", "clean"))
    target = folder / "by the window.png"
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "aedesk"]
    done = subprocess.run(
        [*program, "gui", str(noisy), "--smoke-test", str(target)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **homes(folder / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=PATIENCE_S,
        check=False,
    )
    expect(done.returncode == 0, f"the window ended with {done.returncode}: {' '.join((done.stdout + done.stderr)[-1000:].split())}")
    found = psnr(io.read(target).pixels, io.read(clean).pixels)
    expect(found > 27, f"the restored sample has {found:.1f} dB")
    return f"opened, restored to {found:.2f} dB, saved and closed"


def homes(folder: Path) -> dict[str, str]:
    """Variables that make ``folder`` the home of a program."""
    folder.mkdir()
    names = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    return dict.fromkeys(names, str(folder))


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
    ("formats to read", check_reading),
    ("worker and devices", check_devices),
    ("model denoise-gaussian", check_denoise("denoise-gaussian", 6.0)),
    ("model denoise-photo", check_denoise("denoise-photo", 2.0)),
    ("model codec-photo", check_codec),
    ("models erase-mark, inpaint-photo", check_erase),
    ("training", check_training),
    ("cancelling", check_cancel),
    ("crash of the worker", check_crash),
    ("window", check_window),
)
