"""The real worker with the real services and the shipped models."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import job_services
import numpy as np
import pytest
from job_services import LookSpec
from polling import collect, ended, of_job, process_exists, started, terminal

from aedesk.core.events import Cancelled, Failed, Finished, Progress, StepDone
from aedesk.core.resources import resource_path
from aedesk.core.specs import AddNoiseSpec, DenoiseSpec, DevicesSpec, ModelsSpec, TrainSpec
from aedesk.imaging import io
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.jobs.client import WorkerClient
from aedesk.jobs.services import DEFAULT_SERVICES
from aedesk.models.files.zoo import SHIPPED, recipe_path
from aedesk.training.recipes import recipe as recipes

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
PATIENCE_S = 300.0


@pytest.fixture(scope="module")
def client() -> Iterator[WorkerClient]:
    client = WorkerClient(services={**DEFAULT_SERVICES, **job_services.SERVICES})
    client.start()
    collect(client, lambda events: client.state == "ready", PATIENCE_S)
    yield client
    client.close(10.0)


def finish(client: WorkerClient, spec: object, *inputs: object) -> Finished:
    job = client.submit(spec, *inputs)
    end = terminal(collect(client, ended(job), PATIENCE_S), job)
    assert isinstance(end, Finished), end
    return end


def sample(kind: str) -> Picture:
    return io.read(resource_path("samples", f"portrait_{kind}.png"))


def large() -> Picture:
    return Picture(np.random.default_rng(0).integers(0, 256, (2048, 2048, 3), np.uint8), None)


@pytest.mark.parametrize("model", ["denoise-gaussian", "denoise-photo"])
def test_the_noisy_sample_gets_nine_decibels_better(client: WorkerClient, model: str) -> None:
    noisy, clean = sample("noisy"), sample("clean")
    job = client.submit(DenoiseSpec(model=model), noisy)
    events = collect(client, ended(job), PATIENCE_S)
    end = terminal(events, job)
    assert isinstance(end, Finished)
    result = end.result
    assert psnr(result.picture.pixels, clean.pixels) > psnr(noisy.pixels, clean.pixels) + 9  # to the hundredth: tests/golden
    assert 20 < result.sigma < 28
    last = of_job(events, job, Progress)[-1]
    assert isinstance(last, Progress)
    assert last.done == last.total


def test_depth_alpha_and_metadata_pass_through_the_worker(client: WorkerClient) -> None:
    noisy = sample("noisy")
    alpha = np.full(noisy.pixels.shape[:2], 65535, np.uint16)
    picture = Picture(
        noisy.pixels.astype(np.uint16) * 257, alpha, b"a profile" * 20_000, b"MM\0*\0\0\0\x08\0\0\0\0\0\0", b"<x/>", (300.0, 300.0), "TIFF"
    )
    restored = finish(client, DenoiseSpec(model="denoise-gaussian"), picture).result.picture
    assert restored.pixels.dtype == np.uint16
    assert np.array_equal(restored.alpha, alpha)
    assert (restored.icc, restored.exif, restored.xmp, restored.dpi) == (picture.icc, picture.exif, picture.xmp, picture.dpi)


def test_devices_models_and_noise_are_answered(client: WorkerClient) -> None:
    assert finish(client, DevicesSpec()).result[0].name == "cpu"
    assert [model.name for model in finish(client, ModelsSpec()).result] == list(SHIPPED)
    clean = sample("clean")
    noisy = finish(client, AddNoiseSpec(level=25, seed=1), clean).result
    assert 20 < psnr(noisy.pixels, clean.pixels) < 21.5


def test_a_model_that_does_not_exist_fails_in_words(client: WorkerClient) -> None:
    job = client.submit(DenoiseSpec(model="nowhere"), sample("noisy"))
    end = terminal(collect(client, ended(job), PATIENCE_S), job)
    assert isinstance(end, Failed)
    assert end.kind == "ModelError"
    assert "nowhere" in end.message


def test_the_worker_has_torch_and_no_qt(client: WorkerClient) -> None:
    seen = finish(client, LookSpec()).result
    assert seen["torch"] is True
    assert seen["qt"] == []


def test_a_running_restoration_is_cancelled_by_the_service_itself(client: WorkerClient) -> None:
    pid = client.pid
    job = client.submit(DenoiseSpec(tile_px=64), large())
    collect(client, lambda events: bool(of_job(events, job, Progress)), PATIENCE_S)
    begun = time.monotonic()
    client.cancel(job)
    assert terminal(collect(client, ended(job), PATIENCE_S), job) == Cancelled()
    assert time.monotonic() - begun < 4  # the grace is 5 s: the worker was not terminated
    assert client.pid == pid


def test_killing_the_worker_in_the_middle_fails_the_job_and_a_retry_succeeds() -> None:
    client, picture = WorkerClient(), large()
    try:
        job = client.submit(DenoiseSpec(tile_px=64), picture)
        collect(client, lambda events: bool(of_job(events, job, Progress)), PATIENCE_S)
        old = client.pid
        assert old is not None
        os.kill(old, signal.SIGKILL)
        end = terminal(collect(client, ended(job), PATIENCE_S), job)
        assert isinstance(end, Failed)
        assert end.kind == "JobError"
        assert not process_exists(old)
        region = DenoiseSpec(model="denoise-gaussian", region=(10, 20, 64, 48))
        assert finish(client, region, picture).result.picture.pixels.shape == (48, 64, 3)
    finally:
        client.close(10.0)


@pytest.fixture
def small_recipe(tmp_path: Path) -> dict[str, object]:
    """The shipped recipe with a narrow network and the bundled pictures."""
    recipe = recipes.load(recipe_path("denoise-gaussian"))
    recipe["model"]["widths"] = [width // 8 for width in recipe["model"]["widths"]]
    recipe["data"] = {"folder": str(resource_path("samples")), "held_out": 1}
    recipe["stage"] = [{"steps": 100_000, "patch_px": 32, "batch": 2}]
    return recipe


def test_closing_in_the_middle_of_a_training_run_leaves_a_checkpoint_that_resumes(small_recipe: dict[str, object], tmp_path: Path) -> None:
    run = tmp_path / "run"
    client = WorkerClient("training")
    job = client.submit(TrainSpec(small_recipe, str(run)))
    collect(client, lambda events: bool(of_job(events, job, StepDone)), PATIENCE_S)
    client.close(30.0)
    assert terminal(client.poll(0), job) == Cancelled()
    assert (run / "checkpoint.pt").exists()
    client = WorkerClient("training")
    try:
        job = client.submit(TrainSpec(small_recipe, str(run), resume=True))
        events = collect(client, lambda events: bool(of_job(events, job, StepDone)), PATIENCE_S)
        assert started(job)(events)
    finally:
        client.close(30.0)
    steps = [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert steps == sorted(set(steps))
    assert len(steps) >= 2
