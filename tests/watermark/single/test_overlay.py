"""Inks: what is measured across the edges of a mark, and how a mark of several comes off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import ndimage

from aedesk.imaging.tiling import Box
from aedesk.watermark.single import extraction as peeling
from aedesk.watermark.single.extraction import Peeled, measured_again, peel
from aedesk.watermark.single.find import _sure_of
from aedesk.watermark.single.network import Look
from aedesk.watermark.single.overlay import Ink, beside_paint, measure_ink, misfit_shares

SIZE = 160


def picture(seed: int) -> np.ndarray:
    """(3, h, w) float32 with slopes, edges and some grain, mostly of light: so are photographs."""
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(_alike(rng.random((3, SIZE, SIZE))), (0, 9, 9))
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    blocks = np.kron(_alike(rng.random((3, 5, 5))), np.ones((1, SIZE // 5, SIZE // 5)))
    return np.clip(0.75 * smooth + 0.1 * blocks + 0.02 * rng.standard_normal((3, SIZE, SIZE)), 0, 1).astype(np.float32)


def _alike(channels: np.ndarray) -> np.ndarray:
    return np.asarray(0.8 * channels[:1] + 0.2 * channels)


def bars() -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return (columns % 32 >= 14) & (rows > 20) & (rows < SIZE - 20) & (columns > 16) & (columns < SIZE - 16)


def disc(radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    return np.asarray(rows**2 + columns**2 < radius**2)


def over(clean: np.ndarray, colour: Sequence[float], alpha: float, where: np.ndarray) -> np.ndarray:
    light = alpha * np.asarray(colour, np.float32)[:, None, None]
    return np.where(where, light + (1 - alpha) * clean, clean).astype(np.float32)


@pytest.mark.parametrize("shape", [bars(), disc(50)], ids=["bars", "disc"])
@pytest.mark.parametrize("colour", [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.9, 0.2, 0.1), (0.1, 0.3, 0.9)])
@pytest.mark.parametrize("alpha", [0.3, 0.5, 0.75])
@pytest.mark.parametrize("seed", [0, 1])
def test_an_ink_is_measured_across_edges(seed: int, alpha: float, colour: tuple[float, float, float], shape: np.ndarray) -> None:
    clean = picture(seed)
    marked = over(clean, colour, alpha, shape)
    ink = measure_ink(marked, marked, shape, ~shape)
    assert ink is not None
    bare = np.where(shape, (marked - np.asarray(ink.light)[:, None, None]) / (1 - ink.alpha), marked)
    assert abs(ink.alpha - alpha) < 0.1
    assert np.abs(bare - clean)[:, shape].mean() < 0.22 * np.abs(marked - clean)[:, shape].mean() + 0.01
    assert ink.misfit < ink.contrast


def test_a_known_opacity_is_kept_and_too_little_says_nothing() -> None:
    clean, shape = picture(1), disc(40)
    marked = over(clean, (1, 1, 1), 0.5, shape)
    ink = measure_ink(marked, marked, shape, ~shape, 0.4)
    assert ink is not None
    assert ink.alpha == 0.4
    assert all(0 <= light <= 0.4 for light in ink.light)
    dot = disc(1.5)
    assert measure_ink(marked, marked, dot, ~dot) is None
    assert measure_ink(marked, marked, shape, np.zeros_like(shape)) is None
    assert measure_ink(marked, marked, np.zeros_like(shape), shape) is None


def answer(shape: np.ndarray, colour: Sequence[float], alpha: float) -> Look:
    where = shape.astype(np.float32)
    light = alpha * where * np.asarray(colour, np.float32)[:, None, None]
    return Look(20 * where - 10, alpha * where, light)


def cut(look: Look, box: Box) -> Look:
    whole, place = Box(0, 0, SIZE, SIZE), (slice(box.top, box.bottom), slice(box.left, box.right))
    return Look(look.logit[place], look.alpha[place], look.light[:, *place]).framed(box, whole)


class Network:
    """Knows where its inks are, and answers to what is near one of them."""

    def __init__(self, *marks: tuple[np.ndarray, tuple[float, float, float], float]) -> None:
        self.marks = marks
        self.asked: list[Ink] = []

    def first(self) -> Look:
        return answer(np.any([shape for shape, _, _ in self.marks], axis=0), (0.5, 0.5, 0.5), 0.3)

    def ask(self, ink: Ink, box: Box) -> Look:
        self.asked.append(ink)
        for shape, colour, alpha in self.marks:
            near = np.abs(np.asarray(ink.light) / ink.alpha - colour).max() < 0.25
            if near and abs(ink.alpha / alpha - 1) < 0.3:
                return cut(answer(shape, colour, alpha), box)
        return cut(answer(np.zeros((SIZE, SIZE), bool), (0, 0, 0), 0.3), box)


@pytest.mark.parametrize("alpha", [0.5, 0.65])
def test_a_mark_of_two_inks_comes_off_ink_by_ink(alpha: float) -> None:
    clean, icon = picture(3), disc(24)
    plate = disc(60) & ~icon
    network = Network((plate, (0.9, 0.2, 0.1), alpha), (icon, (1.0, 1.0, 1.0), alpha))
    marked = over(over(clean, (0.9, 0.2, 0.1), alpha, plate), (1, 1, 1), alpha, icon)
    peeled = peel(marked, network.first(), network.ask)
    assert len(peeled.inks) == 2
    assert (peeled.mask == (plate | icon)).mean() > 0.99
    assert error(peeled, clean, plate | icon) < 0.25 * np.abs(marked - clean)[:, plate | icon].mean()
    untouched = ~ndimage.binary_dilation(plate | icon, iterations=3)
    assert np.array_equal(peeled.bare[:, untouched], marked[:, untouched])


def test_an_ink_that_cannot_be_measured_at_first_is_looked_for_as_it_was_seen() -> None:
    """Most of what the first look takes for the mark is a thing in the picture, which could be of another ink."""
    red, rows, columns = (0.9, 0.2, 0.1), *np.mgrid[:SIZE, :SIZE]
    mark = (rows - 36) ** 2 + (columns - 80) ** 2 < 16**2
    thing = (rows > 70) & (rows < 150) & (columns % 32 > 12)
    clean = over(picture(6), (0.0, 0.3, 0.9), 0.4, thing)
    marked = over(clean, red, 0.5, mark)
    network = Network((mark, red, 0.5))
    peeled = peel(marked, answer(mark | thing, (0.8, 0.3, 0.2), 0.45), network.ask)
    assert (peeled.mask == mark).all()
    assert error(peeled, clean, mark) < 0.25 * np.abs(marked - clean)[:, mark].mean()


def test_what_is_no_ink_stays() -> None:
    """A hunch that the second look does not share."""
    clean, thing = picture(4), disc(40)
    network = Network()
    peeled = peel(clean, answer(thing, (1, 1, 1), 0.5), network.ask)
    assert not peeled.mask.any()
    assert not peeled.inks
    assert np.array_equal(peeled.bare, clean)
    nothing = Network()
    assert not peel(clean, answer(np.zeros_like(thing), (0, 0, 0), 0.3), nothing.ask).mask.any()
    assert not nothing.asked


def test_an_ink_under_which_no_picture_can_be_is_not_believed() -> None:
    """Half of the clean picture would become darker than black."""
    clean = picture(5) * 0.4
    network = Network((disc(40), (1.0, 1.0, 1.0), 0.5))
    assert not peel(clean.astype(np.float32), network.first(), network.ask).mask.any()


def test_on_a_flat_picture_there_is_no_ink() -> None:
    """Whatever the network says: without any contrast across an edge nothing tells an ink from the picture."""
    flat, seen = np.full((3, SIZE, SIZE), 0.6, np.float32), answer(disc(40), (0.6, 0.6, 0.6), 0.5)
    assert not peel(flat, seen, lambda ink, box: cut(seen, box)).mask.any()


def test_a_mark_is_measured_apart_from_what_is_mistaken_for_one() -> None:
    clean = picture(2)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    mark = (rows - 40) ** 2 + (columns - 40) ** 2 < 30**2
    other = (rows > 120) & (rows < 150) & (columns > 112) & (columns < 150)
    marked = over(clean, (1, 1, 1), 0.5, mark)
    network = Network((mark, (1.0, 1.0, 1.0), 0.5))
    peeled = peel(marked, answer(mark | other, (1, 1, 1), 0.5), network.ask)
    assert (peeled.mask == mark).all()
    assert error(peeled, clean, mark) < 0.25 * np.abs(marked - clean)[:, mark].mean()


@pytest.mark.parametrize("near", [True, False])
def test_what_does_not_vanish_with_an_ink_is_none_of_it(near: bool) -> None:
    """Even if the network takes a thing in the picture for some of it, and even if that is larger than the mark."""
    clean = picture(2)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    mark = (rows - 40) ** 2 + (columns - 40) ** 2 < 26**2
    thing = (rows > 5) & (rows < 75) & (columns > 85) & (columns < 155) if near else (rows > 105) & (rows < 155) & (columns > 105)
    clean[:, thing] = picture(7)[:, thing]
    marked = over(clean, (1, 1, 1), 0.5, mark)
    network = Network((mark | thing, (1.0, 1.0, 1.0), 0.5))

    def ask(ink: Ink, box: Box) -> Look:
        look = network.ask(ink, box)
        look.logit[thing] = np.minimum(look.logit[thing], 2.5)
        return look

    first = answer(mark | thing, (1, 1, 1), 0.5)
    first.logit[thing] = np.where(rows % 4 == 0, 2.5, 1)[thing]
    peeled = peel(marked, first, ask)
    assert (peeled.mask == mark).all()
    assert error(peeled, clean, mark) < 0.25 * np.abs(marked - clean)[:, mark].mean()


def mark_and_thing(gap: int) -> tuple[np.ndarray, np.ndarray]:
    """A disc, and a rectangle so far to the right of it that is larger."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    mark = (rows - 40) ** 2 + (columns - 40) ** 2 < 24**2
    return mark, (rows > 5) & (rows < 155) & (columns >= 64 + gap) & (columns < 154 + gap)


@pytest.mark.parametrize(("gap", "logit"), [(72, 3.0), (0, 1.5), (0, 3.0)], ids=["larger", "run together", "and surer"])
def test_what_is_certain_is_measured_first_and_apart(gap: int, logit: float) -> None:
    """One question is enough, whatever else may be a mark."""
    clean = picture(2)
    mark, thing = mark_and_thing(gap)
    marked = over(clean, (1, 1, 1), 0.5, mark)
    network, first = Network((mark, (1.0, 1.0, 1.0), 0.5)), answer(mark | thing, (1, 1, 1), 0.5)
    first.logit[thing] = logit
    peeled = peel(marked, first, network.ask, tries=1)
    assert (peeled.mask == mark).all()
    assert error(peeled, clean, mark) < 0.25 * np.abs(marked - clean)[:, mark].mean()


@pytest.mark.parametrize(("logit", "found"), [(10.0, True), (3.0, False)])
def test_elsewhere_an_ink_is_only_looked_for_in_what_is_likely(logit: float, *, found: bool) -> None:
    clean = picture(0)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    mark = (rows - 80) ** 2 + (columns - 30) ** 2 < 20**2
    again = np.roll(mark, 108, 1)
    network, first = Network((mark | again, (1.0, 1.0, 1.0), 0.5)), answer(mark | again, (1, 1, 1), 0.5)
    first.logit[again] = logit
    peeled = peel(over(clean, (1, 1, 1), 0.5, mark | again), first, network.ask)
    assert peeled.mask[mark].all()
    assert (peeled.mask[again] == found).all()


def test_what_is_measured_again_and_cannot_be_is_as_it_was_first(monkeypatch: pytest.MonkeyPatch) -> None:
    clean, mark = picture(2), disc(40)
    network, marked = Network((mark, (1.0, 1.0, 1.0), 0.5)), over(clean, (1, 1, 1), 0.5, mark)
    measured: list[Ink | None] = []

    def measure(*arguments: np.ndarray) -> Ink | None:
        ink = measure_ink(*arguments)
        measured.append(ink)
        return ink if len(measured) == 1 else Ink((0.9, 0.9, 0.9), 0.9, 0.0, 0.05)

    monkeypatch.setattr(peeling, "measure_ink", measure)
    peeled = peel(marked, network.first(), network.ask)
    assert len(measured) > 1
    assert peeled.inks[0] == measured[0]
    assert error(peeled, clean, mark) < 0.25 * np.abs(marked - clean)[:, mark].mean()


def test_without_an_ink_a_mark_must_be_certain() -> None:
    clean = picture(0)
    mark, thing = mark_and_thing(0)
    look = answer(mark | thing, (1, 1, 1), 0.7)
    assert np.array_equal(_sure_of(clean, look, 0), mark | thing)
    look.logit[thing] = 1
    look.logit[mark & (np.arange(SIZE)[:, None] > 45)] = 5
    assert np.array_equal(_sure_of(clean, look, 0), mark)  # its own share is enough, not that of both
    look.logit[mark & (np.arange(SIZE)[:, None] > 32)] = 5
    assert not _sure_of(clean, look, 0).any()
    flat = over(clean, (1.0, 0.5, 0.1), 0.98, mark)  # as a date stamp is
    assert np.array_equal(_sure_of(flat, look, 0), mark)
    look.alpha[mark] = 0.4
    assert not _sure_of(flat, look, 0).any()  # what lets the picture through would have an ink
    look.alpha[mark], look.logit[mark] = 0.9, 5
    assert not _sure_of(flat, look, 0).any()


def test_shares_of_contrast_tell_what_an_ink_explains() -> None:
    clean, mark = picture(1), disc(20)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    other, dot = (rows > 10) & (rows < 40) & (columns > 10) & (columns < 40), (rows < 4) & (columns > 120) & (columns < 124)
    clean[:, other] += 0.15
    labels = (1 * mark + 2 * other + 3 * dot).astype(np.int32)
    labels = np.asarray(ndimage.grey_dilation(labels, 17), np.int32)
    inside = mark | other | dot
    marked = over(clean, (1, 0.2, 0.2), 0.4, mark)
    shares = misfit_shares(marked, marked, labels, inside, ~inside, Ink((0.4, 0.08, 0.08), 0.4))
    assert shares[1] < 0.7
    assert shares[2] > 0.9
    assert np.isnan(shares[3])
    nothing = np.zeros_like(mark)
    assert np.isnan(misfit_shares(marked, marked, labels, nothing, ~nothing, Ink((0.4, 0.1, 0.1), 0.4))).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_thing_in_the_picture_is_explained_as_well_by_a_paint(seed: int) -> None:
    clean = ndimage.gaussian_filter(picture(seed), (0, 4, 4))
    where, ratios = disc(50), []
    for alpha in (0.5, 1.0):
        marked = over(clean, (0.9, 0.2, 0.1), alpha, where)
        ink = measure_ink(marked, marked, where, ~where, min(alpha, 0.5))
        assert ink is not None
        ratios.append(beside_paint(marked, marked, where, ~where, ink))
    assert ratios[0] < 1.2
    assert ratios[1] > 10
    assert beside_paint(clean, clean, disc(2), ~where, Ink((0.45, 0.1, 0.05), 0.5)) == 1


def error(peeled: Peeled, clean: np.ndarray, where: np.ndarray) -> float:
    return float(np.abs(peeled.bare - clean)[:, where].mean())


@pytest.mark.parametrize(("supposed", "kept"), [(0.52, False), (0.3, True)])
def test_measured_once_more_an_ink_may_become_truer_and_none_becomes_another(supposed: float, kept: bool) -> None:
    where = disc(50)
    marked = over(picture(0), (0.9, 0.2, 0.1), 0.5, where)
    ink = Ink((0.9 * supposed, 0.2 * supposed, 0.1 * supposed), supposed)
    again = measured_again(ink, marked, where, ~where)
    assert (again == ink) is kept
    assert again.like(ink)
