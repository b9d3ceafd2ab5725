"""The masked autoencoder paints what was hidden better than a plain colour does, from what was seen alone."""

from __future__ import annotations

import pytest
import skimage.data
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from small_training import learn, make_objective, make_recipe
from torch import Tensor

from aedesk.core.errors import ModelError, SpecError
from aedesk.data.examples.example import Example
from aedesk.models.autoencoders.masked import Masked
from aedesk.training.objectives.masked import MaskedArguments, MaskedReconstruction, choose, seen_map

MODEL = {
    "family": "masked", "channels": 1, "size_px": 16, "patch_px": 4, "width": 48, "depth": 2, "decoder_width": 32, "decoder_depth": 1,
}  # fmt: skip


def crops(*names: str) -> Tensor:
    """Overlapping patches of photographs at a quarter of their size, (N, 1, 16, 16)."""
    parts = []
    for name in names:
        pixels = torch.from_numpy(getattr(skimage.data, name)()).float() / 255
        gray = pixels.mean(2) if pixels.ndim == 3 else pixels
        small = F.interpolate(gray[None, None], scale_factor=0.25, mode="area")
        parts.append(small.unfold(2, 16, 3).unfold(3, 16, 3).reshape(-1, 1, 16, 16))
    return torch.cat(parts)


def unseen() -> Tensor:
    """300 patches of a photograph that is not trained on."""
    return crops("astronaut")[::4][:300]


@pytest.fixture(scope="module")
def trained() -> Masked:
    objective = make_objective(make_recipe(MODEL, {"ratio": [0.3, 0.7], "visible": 1.0}))
    learn(objective, crops("camera", "coffee", "chelsea"), 400, batch=32, lr=3e-3)
    return objective.network.eval()


def test_hidden_patches_are_painted_better_than_with_the_mean_colour_of_what_is_seen(trained: Masked) -> None:
    pictures = unseen()
    visible = choose(300, 16, 0.5, 0.5, torch.Generator().manual_seed(3))
    hidden = seen_map(trained, visible) == 0
    with torch.inference_mode():
        painted = trained.inpaint(pictures, hidden)
    mean = (pictures * ~hidden).sum((1, 2, 3), keepdim=True) / (~hidden).sum((1, 2, 3), keepdim=True)
    errors = [float((guess - pictures)[hidden].square().mean()) for guess in (painted, mean.expand_as(pictures))]
    assert errors[0] < 0.8 * errors[1]


def test_what_is_hidden_has_no_influence_and_what_is_seen_stays(trained: Masked) -> None:
    picture = unseen()[:4]
    mask = torch.zeros(4, 1, 16, 16, dtype=torch.bool)
    mask[:, :, 5:9, 2:11] = True
    mask[3, :, 12:, :] = True  # another number of visible patches than the others
    with torch.inference_mode():
        painted = trained.inpaint(picture, mask)
        again = trained.inpaint(torch.where(mask, torch.rand_like(picture), picture), mask)
    assert torch.equal(painted, again)
    assert torch.equal(painted[~mask], picture[~mask])
    assert not torch.equal(painted[mask], picture[mask])


def test_a_mask_that_leaves_nothing_to_go_by_is_an_error(trained: Masked) -> None:
    mask = torch.zeros(2, 1, 16, 16, dtype=torch.bool)
    mask[1, :, ::4, ::4] = True
    with pytest.raises(ModelError, match="touches all its patches") as caught:
        trained.inpaint(torch.rand(2, 1, 16, 16), mask)
    assert caught.value.hint


def test_a_picture_that_is_seen_whole_comes_back_from_its_code(trained: Masked) -> None:
    pictures = unseen()
    with torch.inference_mode():
        code = trained.encode(pictures)
        back = trained.decode(code)
    assert code.shape == (300, 48, 4, 4)
    assert float((back - pictures).square().mean()) < 0.12 * float(pictures.var())


def test_the_mean_token_tells_bricks_from_grass(trained: Masked) -> None:
    """By their texture: all pictures are made equally bright. The network has seen neither."""
    pictures = torch.cat([crops(name)[::7][:200] for name in ("brick", "grass")])
    pictures = (pictures - pictures.mean((2, 3), keepdim=True) + 0.5).clamp(0, 1)
    labels = (torch.arange(400) >= 200).numpy()
    with torch.inference_mode():
        features = trained.encode(pictures).mean((2, 3)).numpy()
    judge = LogisticRegression(max_iter=500).fit(features[::2], labels[::2])
    assert judge.score(features[1::2], labels[1::2]) > 0.7


def test_patches_are_cut_and_joined_row_by_row() -> None:
    objective = make_objective(make_recipe({**MODEL, "channels": 3}))
    picture = torch.rand(2, 3, 16, 16)
    patches = objective.network.patches(picture)
    assert torch.equal(objective.network.picture(patches), picture)
    assert torch.equal(patches[1, 6].view(3, 4, 4), picture[1, :, 4:8, 8:12])


@pytest.mark.parametrize(("ratio", "hidden"), [(0.75, 12), (0.01, 1), (0.99, 15)])
def test_as_many_patches_are_hidden_as_was_asked_others_in_each_picture(ratio: float, hidden: int) -> None:
    visible = choose(50, 16, ratio, ratio, torch.Generator().manual_seed(0))
    assert visible.shape == (50, 16 - hidden)
    assert all(len(set(row.tolist())) == 16 - hidden for row in visible)
    assert len({tuple(sorted(row.tolist())) for row in visible}) > 10


def test_only_hidden_patches_count_as_in_the_paper() -> None:
    objective = make_objective(make_recipe(MODEL, {"ratio": 0.5, "visible": 0.0}))
    picture = torch.rand(2, 1, 16, 16)
    visible = choose(2, 16, 0.5, 0.5, torch.Generator().manual_seed(9))
    seen = seen_map(objective.network, visible) > 0
    stage, level = objective.recipe.stages[0], torch.zeros(2, 1, 1, 1)
    losses = [
        float(objective(Example(picture, target, level), stage, torch.Generator().manual_seed(9))[0].detach())
        for target in (picture, torch.where(seen, 1 - picture, picture), torch.where(seen, picture, 1 - picture))
    ]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_a_preview_hides_three_quarters_always_the_same(trained: Masked) -> None:
    picture = unseen()[:2]
    example = Example(picture, picture, torch.zeros(2, 1, 1, 1))
    with torch.inference_mode():
        first, second = (MaskedReconstruction.reconstruct(trained, example) for _ in range(2))
    assert torch.equal(first, second)
    assert float((first == picture).float().mean()) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("table", [{"ratio": 0.0}, {"ratio": 1.0}, {"ratio": [0.7, 0.3]}, {"ratio": [0.1, 0.2, 0.3]}, {"visible": -1.0}])
def test_wrong_arguments_are_named(table: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=next(iter(table))) as caught:
        make_objective(make_recipe(MODEL, table))
    assert caught.value.hint
    assert MaskedArguments().span == (0.75, 0.75)
