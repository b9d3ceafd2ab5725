"""What people want to train, before they know what a recipe is: goals, each with a recipe behind it. No torch.

The recipes themselves are files in ``resources/recipes``, so that the window, the command line and the tests train the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from aedesk.core.resources import resource_path
from aedesk.models.architectures import ARCHITECTURES
from aedesk.training.recipes.recipe import load

FAMILY_NOTES: Mapping[str, str] = {
    "undercomplete": "Dense layers that narrow to a small code: the textbook's first.",
    "stacked": "Trained layer by layer, each on the code of the one below, then as a whole.",
    "sparse": "A large code of which only a few units may be active at a time.",
    "denoising": "Sees a damaged picture and answers with the clean one.",
    "convolutional": "Convolutions down to a code map and up again: pictures of any size.",
    "variational": "A code with a distribution: new pictures can be drawn from it.",
    "adversarial": "A second network shapes the code to a given distribution.",
    "contractive": "A code that hardly moves when the picture changes a little.",
    "masked": "Patches are hidden, and the rest of the picture must tell what was there.",
    "graph": "Looks for similar patches elsewhere in the picture, to denoise by them.",
    "unet": "The network of the shipped denoisers, from the beginning.",
    "codec": "The network behind .aed files: the fewest bits for the smallest error, at every quality.",
    "unblending": "Finds marks laid over a picture and takes them off, as Erase does.",
    "inpainting": "Fills holes from what lies around them, as Erase does.",
    "damage-detection": "Finds cracks, dust, stains and other damage on scans of old prints.",
}
"""A sentence per family, in the order in which people should meet them."""
_OF_SHIPPED = {
    "unet": "denoise-gaussian",
    "codec": "codec-photo",
    "unblending": "erase-mark",
    "inpainting": "inpaint-photo",
    "damage-detection": "find-damage",
}


@dataclass(frozen=True)
class Goal:
    """One way to begin.

    Args:
        name: its key in the settings.
        sentence: what comes out, and what is needed for it.
        recipe: file in ``resources/recipes``, without suffix; empty where a family is chosen first.
        run_name: what the run and its model are called, unless the person says otherwise.
        model_title: the same for people, as it stands in the lists of models.
    """

    name: str
    title: str
    sentence: str
    recipe: str
    run_name: str
    model_title: str


GOALS: tuple[Goal, ...] = (
    Goal(
        "photos",
        "Denoise my photos",
        "Teaches the shipped denoiser your own kind of pictures. Needs a folder of clean ones; noise is added to them.",
        "fine-tune",
        "my-photos",
        "My photos",
    ),
    Goal(
        "camera",
        "Learn my camera's noise",
        "From noisy pictures only: twenty or more of one camera, at the same high ISO. No clean originals are needed.",
        "own-camera",
        "my-camera",
        "My camera",
    ),
    Goal(
        "compress",
        "Compress pictures like these",
        "A convolutional autoencoder learns a code that is a twelfth of the picture, for the kind of pictures in a folder.",
        "convolutional",
        "my-pictures",
        "My pictures",
    ),
    Goal(
        "digits",
        "Explore digits",
        "A variational autoencoder of handwritten digits (MNIST). Afterwards, draw new digits and move between them.",
        "digits",
        "digits",
        "Digits",
    ),
    Goal(
        "any",
        "Any autoencoder",
        "Choose the kind of autoencoder, then the pictures, and change whatever you like.",
        "",
        "my-autoencoder",
        "My autoencoder",
    ),
)
BY_NAME: Mapping[str, Goal] = {goal.name: goal for goal in GOALS}


def has_classic_sets() -> bool:
    """Whether sets called by name can be opened here: the packaged program may have no torchvision."""
    return find_spec("torchvision") is not None


def goals() -> tuple[Goal, ...]:
    """Those that can be begun here."""
    return tuple(goal for goal in GOALS if goal.name != "digits" or has_classic_sets())


def families() -> list[str]:
    """The families that can be trained, in the order in which people should meet them."""
    return [*(name for name in FAMILY_NOTES if name in ARCHITECTURES), *(name for name in ARCHITECTURES if name not in FAMILY_NOTES)]


def family_title(family: str) -> str:
    """As people write it: "U-Net", "codec", "sparse autoencoder"."""
    return {"unet": "U-Net", "codec": "codec"}.get(family, f"{family} autoencoder")


def goal_recipe(goal: str, family: str = "") -> dict[str, Any]:
    """The recipe of a goal, still without pictures unless it names a set of its own.

    Args:
        family: for the goal "any".

    Raises SpecError for a goal or a family that does not exist.
    """
    chosen = BY_NAME[goal]
    table = load_named(chosen.recipe) if chosen.recipe else family_recipe(family)
    name, title = (chosen.run_name, chosen.model_title) if chosen.recipe else (f"my-{family}", f"My {family_title(family)}")
    return {**without_pictures(table), "name": name, "title": title}


def family_recipe(family: str) -> dict[str, Any]:
    """The recipe of a family, to be changed at will; one that has none begins with what every setting is by itself.

    Raises SpecError for an unknown family.
    """
    _ = ARCHITECTURES[family]
    if family in _OF_SHIPPED:
        table = load(resource_path("models", f"{_OF_SHIPPED[family]}.toml"))
        return {key: value for key, value in table.items() if key != "start"}  # whose weights fit one architecture alone
    if resource_path("recipes", f"{family}.toml").is_file():
        return load_named(family)
    return {"name": family, "purpose": "autoencoder", "model": {"family": family}, "stage": [{"steps": 2000}]}


def load_named(name: str) -> dict[str, Any]:
    """A recipe that comes with the program. Raises SpecError."""
    return load(resource_path("recipes", f"{name}.toml"))


def without_pictures(table: Mapping[str, Any]) -> dict[str, Any]:
    """A copy whose [data] names no folders and files, and no number of them: those are for the person to choose."""
    theirs = ("folder", "files", "noisy", "clean", "held_out")
    data = {key: value for key, value in table.get("data", {}).items() if key not in theirs}
    return {**table, "data": data}
