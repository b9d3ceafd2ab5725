from __future__ import annotations

import dataclasses
import inspect
import pickle

import pytest

from aedesk.core import specs
from aedesk.core.errors import SpecError
from aedesk.core.specs import AddNoiseSpec, DenoiseSpec, DevicesSpec, EvaluateDenoiseSpec, ModelsSpec, TrainSpec

SPECS = (DenoiseSpec(), AddNoiseSpec(), TrainSpec({"name": "x"}, "runs/x"), EvaluateDenoiseSpec(), DevicesSpec(), ModelsSpec())


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (DenoiseSpec, "sigma", -1),
        (DenoiseSpec, "sigma", 100.5),
        (DenoiseSpec, "sigma", float("nan")),
        (DenoiseSpec, "strength", 1.01),
        (DenoiseSpec, "chroma_strength", -0.1),
        (DenoiseSpec, "tile_px", 15),
        (DenoiseSpec, "precision", "int8"),
        (AddNoiseSpec, "level", 101),
        (EvaluateDenoiseSpec, "sigma", -5),
        (EvaluateDenoiseSpec, "precision", "double"),
    ],
)
def test_a_spec_with_a_value_out_of_range_cannot_be_made_and_the_message_names_it(kind: type, field: str, value: object) -> None:
    with pytest.raises(SpecError) as caught:
        kind(**{field: value})
    assert field in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("sigma", [None, 0, 25, 100])
def test_the_ends_of_the_range_of_sigma_and_auto_are_accepted(sigma: float | None) -> None:
    assert DenoiseSpec(sigma=sigma).sigma == sigma


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: type(spec).__name__)
def test_a_spec_travels_to_another_process_unchanged_and_cannot_be_altered(spec: object) -> None:
    assert pickle.loads(pickle.dumps(spec)) == spec
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.device = "cuda"  # type: ignore[attr-defined]


def test_every_spec_is_covered_here() -> None:
    named = {value for name, value in vars(specs).items() if name.endswith("Spec") and inspect.isclass(value)}
    assert named == {type(spec) for spec in SPECS}
