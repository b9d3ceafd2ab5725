"""The rows of the form against the dataclasses of the recipes: a setting without a row, or a row without a setting, is an error."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pytest

from aedesk.data.degradation.operations import DEGRADATIONS
from aedesk.data.degradation.pipelines import DEFAULTS
from aedesk.models.architectures import ARCHITECTURES
from aedesk.training.objectives.adversarial import AdversarialArguments
from aedesk.training.objectives.contractive import ContractiveArguments
from aedesk.training.objectives.masked import MaskedArguments
from aedesk.training.objectives.restoration import RestorationArguments
from aedesk.training.objectives.self_supervised import Neighbor2NeighborArguments
from aedesk.training.objectives.sparse import SparseArguments
from aedesk.training.objectives.stacked import StackedArguments
from aedesk.training.objectives.variational import VariationalArguments
from aedesk.training.recipes import recipe
from aedesk.training.recipes.field_rows import DAMAGE, OBJECTIVE_KNOBS, TARGET_KNOBS
from aedesk.training.recipes.field_types import KINDS, Knob
from aedesk.training.recipes.fields import find, model_knobs, sections

CHOSEN_ELSEWHERE = {"data": {"folder", "files"}}
"""By dropping them on the window."""

ARGUMENTS = {
    "unet": RestorationArguments,
    "stacked": StackedArguments,
    "sparse": SparseArguments,
    "contractive": ContractiveArguments,
    "variational": VariationalArguments,
    "adversarial": AdversarialArguments,
    "masked": MaskedArguments,
}


@pytest.mark.parametrize(("name", "kind"), [("data", recipe.Data), ("stage", recipe.Stage), ("train", recipe.Train)])
def test_every_setting_of_a_table_has_a_row_with_its_default_and_help(name: str, kind: type) -> None:
    table = {"model": {"family": "unet"}, "stage": [{"steps": 1}]}
    section = next(section for section in sections(table) if section.path[:1] == (name,))
    defaults = {field.name: None if field.default is MISSING else field.default for field in fields(kind)}
    assert {knob.key for knob in section.knobs} | CHOSEN_ELSEWHERE.get(name, set()) == set(defaults)
    assert {knob.key: knob.default for knob in section.knobs} == {knob.key: defaults[knob.key] for knob in section.knobs}
    assert all(knob.help.endswith(".") and knob.kind in KINDS for knob in section.knobs)


@pytest.mark.parametrize("family", list(ARGUMENTS))
def test_the_rows_of_an_objective_are_its_arguments(family: str) -> None:
    wanted = {field.name: field.default for field in fields(ARGUMENTS[family])}
    assert {knob.key: knob.default for knob in OBJECTIVE_KNOBS[family]} == wanted


def test_the_regularizer_of_self_supervision_has_its_row() -> None:
    assert {knob.key: knob.default for knob in TARGET_KNOBS["neighbor2neighbor"]} == vars(Neighbor2NeighborArguments())


def test_the_rows_of_a_chain_are_its_ranges() -> None:
    assert {chain: {knob.key: knob.default for knob in DAMAGE[chain]} for chain in DEFAULTS} == DEFAULTS
    assert {knob.key for knob in DAMAGE["listed"]} - {"pick"} == set(DEGRADATIONS)


@pytest.mark.parametrize("family", list(ARCHITECTURES))
def test_every_argument_of_a_network_has_a_row_with_help_from_its_docstring(family: str) -> None:
    knobs = {knob.key: knob for knob in model_knobs(family)}
    assert set(knobs) == {field.name for field in fields(ARCHITECTURES[family])}
    assert [name for name, knob in knobs.items() if len(knob.help) < 8] == []
    assert not any(mark in knob.help for knob in knobs.values() for mark in ("``", ":class:"))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "1_000", 1000),
        ("float", "1e-3", 1e-3),
        ("float", "2", 2),
        ("numbers", "64, 128 256", [64, 128, 256]),
        ("numbers", "", []),
        ("range", "0 to 50", [0, 50]),
        ("range", "4e-05 to 0.01", [4e-5, 0.01]),
        ("range", "7", [7, 7]),
        ("float", "0,5", 0.5),
        ("range", "0,50", [0, 50]),
        ("range", "0, 50", [0, 50]),
        ("range", "0,5 to 1,5", [0.5, 1.5]),
        ("range", "0,5; 1,5", [0.5, 1.5]),
        ("range", "", None),
        ("batch", "auto", "auto"),
        ("batch", "16", 16),
    ],
)
def test_what_is_typed_is_read_and_shown_again(kind: str, text: str, value: object) -> None:
    knob = Knob("key", "Title", "Help.", kind=kind)
    assert knob.read(text) == value
    assert knob.read(knob.show(value)) == value


@pytest.mark.parametrize(
    ("kind", "text"), [("int", "1.5"), ("float", "fast"), ("range", "1 to 2 to 3"), ("numbers", "8, x"), ("batch", "all")]
)
def test_what_is_no_value_is_refused_in_words(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"number|lowest"):
        Knob("key", "Title", "Help.", kind=kind).read(text)


def test_limits_are_kept_and_said_in_words() -> None:
    rate = next(knob for section in sections({}) if section.path == ("train",) for knob in section.knobs if knob.key == "lr")
    assert rate.problem(0) == "Choose more than 0 to 10."
    assert rate.problem(1e-3) == ""
    share = Knob("key", "Title", "Help.", minimum=0, maximum=1, below=True)
    assert (share.problem(1), share.problem(0)) == ("Choose 0 to less than 1.", "")
    assert Knob("key", "Title", "Help.", kind="range", minimum=0).problem([3, 1]) == "The lowest stands first."


def test_an_error_of_the_recipe_is_found_in_the_form() -> None:
    table = {"name": "a", "purpose": "denoise", "model": {"family": "undercomplete", "code": 10_000}, "stage": [{"steps": 1}]}
    with pytest.raises(recipe.SpecError) as caught:
        recipe.parse(table)
    assert find(table, caught.value.message) == ("model", "code")
    assert find(table, "[train] lr is -1.") == ("train", "lr")
    assert find(table, "The recipe is strange.") is None
