from __future__ import annotations

from pathlib import Path

import pytest

from aedesk.core.errors import SpecError
from aedesk.training.recipes import text as recipe_text
from aedesk.training.recipes.presets import BY_NAME, FAMILY_NOTES, GOALS, families, goal_recipe
from aedesk.training.recipes.recipe import load, parse


@pytest.mark.parametrize("goal", [goal.name for goal in GOALS if goal.recipe])
def test_every_goal_has_a_recipe_that_names_no_folder(goal: str) -> None:
    recipe = parse(goal_recipe(goal))
    assert recipe.name == BY_NAME[goal].run_name
    assert not recipe.data.folder
    assert not recipe.data.files
    assert recipe.data.dataset == ("mnist" if goal == "digits" else "")


def test_what_the_goals_promise_is_what_their_recipes_do() -> None:
    photos, camera, compress, digits = (parse(goal_recipe(name)) for name in ("photos", "camera", "compress", "digits"))
    assert (photos.purpose, photos.start, photos.data.targets) == ("denoise", "denoise-photo", "clean")
    assert photos.chain != "none"
    assert (camera.purpose, camera.start, camera.chain) == ("denoise", "denoise-photo", "none")
    assert camera.data.targets in ("own-noise", "neighbor2neighbor", "noise2void")
    assert (compress.purpose, compress.family) == ("autoencoder", "convolutional")
    assert (digits.purpose, digits.family, digits.architecture["channels"]) == ("autoencoder", "variational", 1)


@pytest.mark.parametrize("family", families())
def test_every_family_can_be_begun_with_and_is_explained(family: str) -> None:
    recipe = parse(goal_recipe("any", family))
    assert recipe.family == family
    assert not recipe.start  # nothing stands in the way of another architecture
    assert FAMILY_NOTES[family].endswith(".")


def test_an_unknown_family_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(SpecError, match="model family"):
        goal_recipe("any", "fancy")


def test_a_recipe_survives_its_file(tmp_path: Path) -> None:
    table = goal_recipe("photos")
    recipe_text.save({**table, "start": None}, tmp_path / "a.toml")
    read = load(tmp_path / "a.toml")
    assert read == {key: value for key, value in table.items() if key != "start"}


def test_a_value_that_toml_does_not_have_is_refused() -> None:
    with pytest.raises(SpecError, match="TOML"):
        recipe_text.to_toml({"name": object()})
