"""Which objective trains which family: an explicit list."""

from __future__ import annotations

from aedesk.core.registry import Registry
from aedesk.training.objectives.adversarial import AdversarialReconstruction
from aedesk.training.objectives.base import Objective
from aedesk.training.objectives.contractive import Contraction
from aedesk.training.objectives.damage_detection import Detection
from aedesk.training.objectives.erasing import InpaintingObjective, WatermarkObjective
from aedesk.training.objectives.masked import MaskedReconstruction
from aedesk.training.objectives.own_noise import OwnNoise
from aedesk.training.objectives.rate_distortion import RateDistortion
from aedesk.training.objectives.reconstruction import Reconstruction
from aedesk.training.objectives.restoration import Restoration
from aedesk.training.objectives.self_supervised import Neighbor2Neighbor, Noise2Void
from aedesk.training.objectives.sparse import Sparsity
from aedesk.training.objectives.stacked import LayerWise
from aedesk.training.objectives.variational import EvidenceLowerBound
from aedesk.training.recipes.recipe import Recipe

OBJECTIVES: Registry[type[Objective]] = Registry("objective")
OBJECTIVES.add("unet", Restoration)

SELF_SUPERVISED: Registry[type[Objective]] = Registry("kind of targets")
SELF_SUPERVISED.add("neighbor2neighbor", Neighbor2Neighbor)
SELF_SUPERVISED.add("noise2void", Noise2Void)
SELF_SUPERVISED.add("own-noise", OwnNoise)


def objective_class(recipe: Recipe) -> type[Objective]:
    """The objective of a recipe: targets made of noisy pictures bring their own, whatever the family."""
    if recipe.data.targets in SELF_SUPERVISED:
        return SELF_SUPERVISED[recipe.data.targets]
    return OBJECTIVES[recipe.family]


OBJECTIVES.add("undercomplete", Reconstruction)
OBJECTIVES.add("stacked", LayerWise)
OBJECTIVES.add("sparse", Sparsity)
OBJECTIVES.add("denoising", Reconstruction)
OBJECTIVES.add("contractive", Contraction)
OBJECTIVES.add("convolutional", Reconstruction)
OBJECTIVES.add("variational", EvidenceLowerBound)
OBJECTIVES.add("adversarial", AdversarialReconstruction)
OBJECTIVES.add("masked", MaskedReconstruction)
OBJECTIVES.add("graph", Reconstruction)
OBJECTIVES.add("codec", RateDistortion)
OBJECTIVES.add("unblending", WatermarkObjective)
OBJECTIVES.add("inpainting", InpaintingObjective)
OBJECTIVES.add("damage-detection", Detection)
