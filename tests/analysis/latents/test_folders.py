"""Maps, rankings, features and probes of folders, and the comparison with principal components."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aedesk.analysis.latents import code_map, folder_codes
from aedesk.analysis.latents.compare_with_pca import pca_errors
from aedesk.analysis.latents.folder_codes import find_pictures
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError
from aedesk.core.events import Cancelled, Failed, Finished, Log, Progress
from aedesk.core.explore_specs import FeaturesSpec, MapSpec, PcaSpec, ProbeSpec, RankSpec
from aedesk.imaging.thumbnails import thumbnail
from aedesk.jobs.inline import run

Folder = Callable[..., Path]


def result(spec: object) -> Any:
    *_, last = run(spec)
    assert isinstance(last, Finished), last
    return last.result


def failure(spec: object) -> Failed:
    *_, last = run(spec)
    assert isinstance(last, Failed), last
    assert last.hint
    return last


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_every_picture_of_the_folder_becomes_a_point_with_a_thumbnail(convolutional: str, make_folder: Folder, method: str) -> None:
    folder = make_folder(12)
    found = result(MapSpec(convolutional, folder=str(folder), edge_px=16, method=method))
    assert found.points.shape == (12, 2)
    assert np.isfinite(found.points).all()
    assert found.thumbnails.shape == (12, 16, 16, 3)
    assert found.paths[0] == str(folder / "000.png")
    assert (found.explained is not None) is (method == "pca")
    again = result(MapSpec(convolutional, folder=str(folder), edge_px=16, method=method))
    assert np.array_equal(found.points, again.points)


def test_classes_are_the_sub_folders_and_lie_apart_on_the_map(dense: str, stripes: Path) -> None:
    (stripes / "loose.png").write_bytes((stripes / "upright" / "00.png").read_bytes())
    found = result(MapSpec(dense, folder=str(stripes)))
    assert set(found.classes) == {"", "lying", "upright"}


def test_umap_is_offered_only_where_it_is_installed(dense: str, stripes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_map, "has_umap", lambda: False)
    assert "umap-learn" in failure(MapSpec(dense, folder=str(stripes), method="umap")).hint


def test_equal_pictures_can_be_mapped_too(dense: str, tmp_path: Path) -> None:
    for number in range(6):
        Image.new("RGB", (8, 8), (90, 90, 90)).save(tmp_path / f"{number}.png")
    assert np.isfinite(result(MapSpec(dense, folder=str(tmp_path))).points).all()


def test_the_worst_reconstruction_comes_first_in_the_ranking(dense: str, make_folder: Folder) -> None:
    folder = make_folder(9)
    checks = np.indices((32, 40)).sum(0) % 2 * 255
    Image.fromarray(checks.astype(np.uint8)).save(folder / "odd.png")
    found = result(RankSpec(dense, folder=str(folder), fit="crop", keep=4))
    assert found.paths[0] == str(folder / "odd.png")
    assert (np.diff(found.errors) <= 0).all()
    assert len(found.paths) == 10
    assert found.originals.shape == found.reconstructions.shape == found.heat_maps.shape == (4, 8, 8, 3)
    assert found.errors[0] > found.median + 3 * found.spread


def test_pictures_that_cannot_be_read_are_left_out_and_named(convolutional: str, make_folder: Folder) -> None:
    folder = make_folder(6)
    (folder / "broken.png").write_bytes(b"no picture")
    *events, last = run(RankSpec(convolutional, folder=str(folder), edge_px=16))
    assert isinstance(last, Finished)
    assert len(last.result.paths) == 6
    assert [event.level for event in events if isinstance(event, Log) and "broken.png" in event.text] == ["warning"]
    assert [event.done for event in events if isinstance(event, Progress)][-1] == 7


def test_of_too_many_pictures_evenly_spaced_ones_are_taken(make_folder: Folder) -> None:
    folder = make_folder(10, 8, 8)
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "a.png").write_bytes((folder / "000.png").read_bytes())
    assert [path.stem for path in find_pictures(folder, 5)] == ["000", "002", "004", "006", "008"]
    assert len(find_pictures(folder, 20)) == 10
    with pytest.raises(DataError, match="no pictures"):
        find_pictures(make_folder(0, name="empty"), 5)


def test_too_few_pictures_are_told_with_their_number(convolutional: str, make_folder: Folder, tmp_path: Path) -> None:
    folder = str(make_folder(2))
    assert "2 readable pictures" in failure(MapSpec(convolutional, folder=folder, edge_px=16)).message
    assert "2 readable pictures" in failure(PcaSpec(convolutional, folder=folder)).message
    assert "does not exist" in failure(RankSpec(convolutional, folder=str(tmp_path / "gone"))).message


def test_the_linear_model_of_the_data_is_as_good_as_its_principal_components() -> None:
    random = np.random.default_rng(0)
    basis = random.normal(0, 0.05, (5, 40))
    learn, measure = (np.float32(0.5 + random.normal(0, 1, (count, 5)) @ basis) for count in (200, 60))
    sizes, errors = pca_errors(learn, measure, 5, 0, CancelToken())
    assert 5 in sizes
    assert errors[sizes.index(5)] < 1e-6
    assert errors[0] > 1e-3
    assert sizes == sorted(sizes)


def test_the_model_is_compared_on_the_same_patches_at_its_own_code_size(convolutional: str, dense: str, make_folder: Folder) -> None:
    folder = str(make_folder(60, 40, 32))
    found = result(PcaSpec(convolutional, folder=folder, edge_px=16, patches=240))
    assert (found.code_size, found.input_size) == (5 * 4 * 4, 3 * 16 * 16)
    assert found.code_size in found.sizes
    assert found.pca_mse_at_code_size == found.mse[found.sizes.index(found.code_size)]
    assert found.model_mse > found.pca_mse_at_code_size  # random weights
    assert (found.trained_on, found.measured_on) == (180, 60)
    squares = result(PcaSpec(dense, folder=folder))
    assert (squares.code_size, squares.input_size, squares.trained_on + squares.measured_on) == (6, 64, 60)


def test_features_are_written_whole_and_never_over_a_file_unasked(dense: str, stripes: Path, tmp_path: Path) -> None:
    files = (str(tmp_path / "codes.npz"), str(tmp_path / "codes.csv"))
    assert result(FeaturesSpec(dense, folder=str(stripes), files=files)) == files
    with np.load(files[0], allow_pickle=False) as stored:
        assert stored["features"].shape == (80, 6)
        assert stored["classes"].tolist() == ["lying"] * 40 + ["upright"] * 40
        features, names = stored["features"], stored["files"].tolist()
    with Path(files[1]).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == names
    assert names[0] == "lying/00.png"
    assert np.array_equal(np.float32([[row[f"f{i}"] for i in range(6)] for row in rows]), features)
    before = Path(files[1]).read_bytes()
    assert "exists already" in failure(FeaturesSpec(dense, folder=str(stripes), files=files)).message
    assert Path(files[1]).read_bytes() == before
    result(FeaturesSpec(dense, folder=str(stripes), files=files, overwrite=True, limit=10))
    assert len(Path(files[1]).read_text().splitlines()) == 11
    assert "folder does not exist" in failure(FeaturesSpec(dense, folder=str(stripes), files=(str(tmp_path / "no" / "x.csv"),))).message


def test_the_mean_over_positions_makes_short_features(convolutional: str, make_folder: Folder, tmp_path: Path) -> None:
    folder = str(make_folder(3))
    for pooling, size in (("whole", 5 * 4 * 4), ("mean", 5)):
        file = str(tmp_path / f"{pooling}.npz")
        result(FeaturesSpec(convolutional, folder=folder, edge_px=16, pooling=pooling, files=(file,)))
        with np.load(file) as stored:
            assert stored["features"].shape == (3, size)


def test_a_probe_finds_classes_that_the_code_tells_apart(make_model: Callable[..., str], stripes: Path) -> None:
    """Stripes at any phase: no line through the pixels parts them, the activity of a code of rectified detectors does."""
    model = make_model("sparse", channels=1, size_px=16, hidden=[], code=256, activation="relu")
    found = result(ProbeSpec(model, folder=str(stripes), held_out=0.5))
    assert found.classes == ("lying", "upright")
    assert found.confusion.sum() == found.measured_on == 40
    assert np.trace(found.confusion) / 40 == pytest.approx(found.accuracy)
    assert found.accuracy > 0.9
    assert found.chance == 0.5
    assert (found.features, found.pixels) == (256, 256)
    assert found.pixel_accuracy <= found.accuracy


def test_a_probe_without_classes_says_how_to_make_some(dense: str, make_folder: Folder) -> None:
    assert "sub-folder" in failure(ProbeSpec(dense, folder=str(make_folder(10)))).hint


@pytest.mark.parametrize("kind", [MapSpec, RankSpec, PcaSpec, ProbeSpec])
def test_work_on_a_folder_stops_when_it_is_asked_to(convolutional: str, stripes: Path, kind: type) -> None:
    asked = threading.Event()
    seen = []
    for event in run(kind(convolutional, folder=str(stripes), edge_px=16), cancel=CancelToken(asked)):
        seen.append(event)
        if isinstance(event, Progress):
            asked.set()
    assert isinstance(seen[-1], Cancelled)
    assert sum(isinstance(event, Progress) for event in seen) <= 2


def test_another_question_about_the_same_folder_needs_no_second_encoding(
    convolutional: str, make_folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(8)
    first = result(MapSpec(convolutional, folder=str(folder), edge_px=16))
    read: list[Path] = []
    monkeypatch.setattr(folder_codes, "thumbnail", lambda path, edge: read.append(path) or thumbnail(path, edge))
    second = result(RankSpec(convolutional, folder=str(folder), edge_px=16))
    assert read == []
    assert sorted(second.errors.tolist()) == sorted(first.errors.tolist())
    Image.new("RGB", (40, 32), (255, 0, 0)).save(folder / "003.png")
    result(RankSpec(convolutional, folder=str(folder), edge_px=16))
    assert len(read) == 8
