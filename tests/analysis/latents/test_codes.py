"""One picture's code, edited codes, the way between two pictures, draws from a prior."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sample_pictures import picture, smooth

from aedesk.analysis.latents import heat
from aedesk.analysis.latents.codes import spherical
from aedesk.analysis.latents.latent_model import load_latent_model
from aedesk.core.errors import ModelError, SpecError
from aedesk.core.events import Cancelled, Failed, Finished
from aedesk.core.explore_specs import CodeSpec, DecodeSpec, InterpolateSpec, SampleSpec
from aedesk.imaging.metrics import psnr
from aedesk.jobs.inline import run
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.autoencoders.latent import GENERATIVE, LATENT, has_latent, takes_one_size
from aedesk.models.families import FAMILIES


def result(spec: object, *inputs: Any) -> Any:
    *_, last = run(spec, *inputs)
    assert isinstance(last, Finished), last
    return last.result


def test_a_convolutional_code_is_shown_as_channel_maps_of_the_whole_picture(convolutional: str) -> None:
    found = result(CodeSpec(convolutional), picture(37, 58))
    assert (found.code.shape, found.code.dtype) == ((5, 9, 14), np.float32)
    assert (found.maps.shape, found.maps.dtype) == ((5, 9, 14), np.uint8)
    assert found.maps.reshape(5, -1).min(1).tolist() == [0] * 5
    assert found.maps.reshape(5, -1).max(1).tolist() == [255] * 5
    assert found.original.shape == found.reconstruction.shape == found.error.shape == (36, 56, 3)
    assert (found.code_size, found.input_size) == (5 * 9 * 14, 3 * 36 * 56)
    assert found.psnr == pytest.approx(psnr(found.original, found.reconstruction), abs=0.1)
    assert "56" in found.note


def test_a_dense_model_gets_one_square_and_says_which(dense: str) -> None:
    tall = picture(64, 32, seed=3)
    scaled, cropped = (result(CodeSpec(dense, fit=fit), tall) for fit in ("scale", "crop"))
    assert scaled.code.shape == (6,)
    assert scaled.maps is None
    assert scaled.original.shape == (8, 8, 3)
    assert "scaled" in scaled.note
    assert "full resolution" in cropped.note
    gray = np.tensordot(tall.pixels[28:36, 12:20], [0.299, 0.587, 0.114], 1)
    assert np.abs(cropped.original[:, :, 0] - gray).max() <= 1


def test_large_pictures_are_scaled_down_and_small_ones_up(convolutional: str) -> None:
    assert result(CodeSpec(convolutional, max_edge_px=32), picture(50, 100)).original.shape == (16, 32, 3)
    assert result(CodeSpec(convolutional, max_edge_px=32, fit="crop"), picture(50, 100)).original.shape == (32, 32, 3)
    assert result(CodeSpec(convolutional), picture(2, 3)).original.shape == (4, 4, 3)


def test_decoding_the_code_again_gives_the_reconstruction(convolutional: str, dense: str) -> None:
    for model in (convolutional, dense):
        found = result(CodeSpec(model), smooth(32, 32))
        again = result(DecodeSpec(model), found.code, found.original)
        assert np.array_equal(again.reconstruction, found.reconstruction)
        assert again.psnr == pytest.approx(found.psnr, abs=0.1)  # the original was rounded to bytes
        assert not np.array_equal(result(DecodeSpec(model), found.code + 5, found.original).reconstruction, found.reconstruction)


def test_a_code_of_another_model_is_refused(convolutional: str, dense: str) -> None:
    found = result(CodeSpec(dense), smooth(32, 32))
    *_, last = run(DecodeSpec(convolutional), found.code, found.original)
    assert isinstance(last, Failed)
    assert "does not fit" in last.message


def test_the_heat_map_is_black_without_error_and_brightest_from_the_peak_on() -> None:
    given = torch.full((1, 3, 1, 3), 0.5)
    back = given + torch.tensor([0.0, heat.PEAK / 255, 0.5])
    shown = heat.heat_maps(given, back)[0, 0]
    assert shown[0].max() < 10
    assert shown[1].tolist() == shown[2].tolist()
    assert shown[1].min() > 150


@pytest.mark.parametrize("frames", [2, 9, 33])
def test_interpolation_begins_and_ends_with_the_reconstructions(convolutional: str, frames: int) -> None:
    a, b = smooth(40, 60), picture(50, 30)
    found = result(InterpolateSpec(convolutional, frames=frames, edge_px=16), a, b)
    assert found.frames.shape == (frames, 16, 16, 3)
    assert found.originals.shape == (2, 16, 16, 3)
    model = load_latent_model(convolutional)
    ends = torch.from_numpy(found.originals).permute(0, 3, 1, 2) / 255
    back = model.decode(model.encode(ends)).permute(0, 2, 3, 1).numpy() * 255
    assert np.abs(found.frames[[0, -1]] - back).max() < 4


def test_the_spherical_way_keeps_the_length_of_the_code() -> None:
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 3.0])
    middle = spherical(a, b, torch.tensor(0.5))
    assert float(middle.norm()) == pytest.approx(3.0)
    assert torch.allclose(spherical(a, 2 * a, torch.tensor(0.5)), 1.5 * a)  # no circle through parallel codes


def test_only_generative_models_have_a_prior_to_follow_or_to_draw_from(convolutional: str) -> None:
    for spec, inputs in ((SampleSpec(convolutional), ()), (InterpolateSpec(convolutional, path="spherical"), (smooth(), smooth()))):
        *_, last = run(spec, *inputs)
        assert isinstance(last, Failed)
        assert last.kind == "ModelError"
        assert last.hint


def test_a_model_without_a_latent_is_refused_and_the_hint_says_what_to_train(make_model: Callable[..., str]) -> None:
    model = make_model("unet", widths=[8], blocks=[1], estimator_width=8)
    with pytest.raises(ModelError, match="no latent") as caught:
        load_latent_model(model)
    assert "Train" in caught.value.hint


def test_the_families_that_the_window_offers_are_those_with_encode_and_decode() -> None:
    # Imported networks restore pictures, and each has arguments of its own; the latent of the codec is looked at in its files.
    for name in set(FAMILIES) - {"foreign", "codec"}:
        for arguments in ({}, {"body": "dense"}, {"skips": False}) if name == "denoising" else ({},):
            network = FAMILIES[name].build(arguments)
            card = {"family": name, "architecture": arguments}
            assert has_latent(card) is isinstance(network, Autoencoder), name
            assert (name in GENERATIVE) is network.descriptor.generative, name
            if has_latent(card):
                assert takes_one_size(card) is (network.descriptor.fixed_px is not None), name
    assert set(GENERATIVE) <= set(LATENT)


def test_what_a_request_cannot_mean_is_refused_when_it_is_made() -> None:
    for make in (
        lambda: CodeSpec("m", fit="stretch"),
        lambda: InterpolateSpec("m", frames=1),
        lambda: InterpolateSpec("m", path="scenic"),
        lambda: SampleSpec("m", count=0),
    ):
        with pytest.raises(SpecError):
            make()


def test_a_cancelled_job_ends_as_cancelled(convolutional: str) -> None:
    class Asked:
        cancelled = True

        def check(self) -> None:
            from aedesk.core.cancel import JobCancelled

            raise JobCancelled

    *_, last = run(InterpolateSpec(convolutional), smooth(), smooth(), cancel=Asked())  # type: ignore[arg-type]
    assert isinstance(last, Cancelled)
