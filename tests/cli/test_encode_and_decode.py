"""The commands of .aed files; the codec behind them is played (``support/played_codec.py``)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import played_codec
import pytest
from small_codec import make_codec

from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.jobs.services import DEFAULT_SERVICES

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec, service in played_codec.SERVICES.items():
        monkeypatch.setitem(DEFAULT_SERVICES, spec, service)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Only to be there: the codec that is played does not use it."""
    return make_codec(tmp_path_factory.mktemp("codec"))


@pytest.fixture
def encode(aedesk: Call, codec: Path) -> Call:
    return lambda *arguments: aedesk("encode", *arguments, "--model", codec)


def test_there_and_back_gives_the_picture_with_its_metadata(encode: Call, aedesk: Call, make_pixels: Call, tmp_path: Path) -> None:
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = Picture(make_pixels(30, 40, dtype=np.uint16), icc=icc, xmp=b"<x:xmpmeta/>")
    source = io.write(picture, tmp_path / "a.tif")
    done = encode(source, "-o", tmp_path / "a.aed", "--quality", 100)
    assert (done.code, done.err) == (0, "")
    size = (tmp_path / "a.aed").stat().st_size
    assert f"{source} -> {tmp_path / 'a.aed'}: {size:,} bytes, {8 * size / 1200:.3f} bpp, quality 100, 0.25 s on cpu" in done.out
    done = aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "b.tif")
    assert (done.code, done.err) == (0, "")
    assert "40 x 30 px, 16 bit, 0.12 s on cpu" in done.out
    again = io.read(tmp_path / "b.tif")
    assert np.array_equal(again.pixels, picture.pixels)
    assert (again.icc, again.xmp) == (picture.icc, picture.xmp)


def test_a_folder_becomes_a_folder_with_its_sub_folders_and_comes_back(encode: Call, aedesk: Call, make_file: Call, tmp_path: Path) -> None:
    for name in ("in/a.png", "in/sub/b.jpg"):
        make_file(tmp_path / name)
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    done = encode(tmp_path / "in", "-o", tmp_path / "aed")
    assert done.code == 1
    assert "broken.png" in done.err
    assert "2 of 3 done, 1 failed." in done.err
    assert sorted(path.relative_to(tmp_path / "aed").as_posix() for path in (tmp_path / "aed").rglob("*.*")) == ["a.aed", "sub/b.aed"]
    assert aedesk("decode", tmp_path / "aed", "-o", tmp_path / "back").code == 0
    assert sorted(path.relative_to(tmp_path / "back").as_posix() for path in (tmp_path / "back").rglob("*.*")) == ["a.png", "sub/b.png"]
    done = aedesk("decode", tmp_path / "in", "-o", tmp_path / "none")
    assert done.code == 1
    assert "there are no .aed files in this folder" in done.err


def test_encoding_in_place_a_second_time_takes_the_pictures_and_not_its_results(encode: Call, make_file: Call, tmp_path: Path) -> None:
    make_file(tmp_path / "a.png")
    assert encode(tmp_path, "-o", tmp_path).code == 0
    done = encode(tmp_path, "-o", tmp_path)
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert "a.aed exists already" in done.err
    assert encode(tmp_path, "-o", tmp_path, "--overwrite").code == 0


@pytest.mark.parametrize("target", [("--target-bpp", "0.5"), ("--target-psnr", "35"), ("--target-size", "200k")])
def test_a_target_takes_the_place_of_the_quality(encode: Call, make_file: Call, tmp_path: Path, target: tuple[str, str]) -> None:
    source = make_file(tmp_path / "a.png")
    assert f"quality {played_codec.SMALLEST}," in encode(source, "-o", tmp_path / "a.aed", *target).out
    done = encode(source, "-o", tmp_path / "b.aed", *target, "--quality", 50)
    assert done.code == 2
    assert "not allowed with" in done.err


def test_a_target_that_cannot_be_reached_writes_nothing_and_tells_the_nearest(encode: Call, make_file: Call, tmp_path: Path) -> None:
    done = encode(make_file(tmp_path / "a.png"), "-o", tmp_path / "a.aed", "--target-size", 40)
    assert done.code == 1
    assert "cannot be reached" in done.err
    assert "bytes, " in done.err
    assert not (tmp_path / "a.aed").exists()


def test_the_fidelity_is_told_when_asked_for(encode: Call, make_file: Call, tmp_path: Path) -> None:
    source = make_file(tmp_path / "a.png")
    assert " dB" not in encode(source, "-o", tmp_path / "a.aed").out
    assert ", 100.00 dB," in encode(source, "-o", tmp_path / "b.aed", "--quality", 100, "--psnr").out


def test_the_wished_depth_is_written(encode: Call, aedesk: Call, make_file: Call, tmp_path: Path) -> None:
    encode(make_file(tmp_path / "a.png"), "-o", tmp_path / "a.aed", "--quality", 100)
    assert aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "b.png", "--bit-depth", 16).code == 0
    assert io.read(tmp_path / "b.png").bit_depth == 16
    assert aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "c.png", "--bit-depth", 12).code == 2


def test_a_damaged_file_is_rejected_and_cannot_be_salvaged_if_nothing_is_left(
    encode: Call, aedesk: Call, make_file: Call, tmp_path: Path
) -> None:
    encode(make_file(tmp_path / "a.png"), "-o", tmp_path / "a.aed")
    data = bytearray((tmp_path / "a.aed").read_bytes())
    data[-10] ^= 1
    (tmp_path / "a.aed").write_bytes(data)
    done = aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "b.png")
    assert done.code == 1
    assert "is damaged" in done.err
    assert not (tmp_path / "b.png").exists()
    done = aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "b.png", "--salvage")
    assert done.code == 1
    assert "Nothing of this picture is left" in done.err
    assert not (tmp_path / "b.png").exists()
    assert json.loads(aedesk("info", tmp_path / "a.aed", "--json").out)["damaged_tiles"] == [0]


@pytest.mark.parametrize("content", [b"", b"no aed file", b"\x89AED\x01"])
def test_what_is_no_aed_file_is_told_as_such(aedesk: Call, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.aed").write_bytes(content)
    for command in (["decode", tmp_path / "a.aed", "-o", tmp_path / "b.png"], ["info", tmp_path / "a.aed"]):
        done = aedesk(*command)
        assert done.code == 1
        assert ".aed file" in done.err
        assert "Traceback" not in done.err
    assert not (tmp_path / "b.png").exists()


def test_missing_files_are_told(encode: Call, aedesk: Call, tmp_path: Path) -> None:
    for done in (
        encode(tmp_path / "a.png", "-o", tmp_path / "a.aed"),
        aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "a.png"),
        aedesk("info", tmp_path / "a.aed"),
    ):
        assert done.code == 1
        assert "no such file" in done.err or "does not exist" in done.err


@pytest.mark.parametrize(
    "options",
    [
        ["--quality", "101"], ["--quality", "-1"], ["--quality", "best"], ["--target-bpp", "0"], ["--target-psnr", "0"],
        ["--target-size", "0"], ["--target-size", "12q"], ["--target-size", "nan"], ["--preset", "fast"], ["--device", "tpu"],
        ["--model", "no-such-model"], ["--device", "cuda:99"],
    ],
)  # fmt: skip
def test_bad_options_are_bad_usage_and_write_nothing(
    aedesk: Call, codec: Path, make_file: Call, tmp_path: Path, options: list[str]
) -> None:
    source = make_file(tmp_path / "a.png")
    default = [] if "--model" in options else ["--model", codec]
    done = aedesk("encode", source, "-o", tmp_path / "a.aed", *default, *options)
    assert done.code == 2
    assert done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "a.aed").exists()


def test_an_output_with_another_suffix_is_bad_usage(encode: Call, aedesk: Call, make_file: Call, tmp_path: Path) -> None:
    done = encode(make_file(tmp_path / "a.png"), "-o", tmp_path / "a.webp")
    assert done.code == 2
    assert ".aed" in done.err
    encode(tmp_path / "a.png", "-o", tmp_path / "a.aed")
    assert aedesk("decode", tmp_path / "a.aed", "-o", tmp_path / "b.aed").code == 2


def test_info_says_what_the_container_says(encode: Call, aedesk: Call, make_pixels: Call, tmp_path: Path) -> None:
    source = io.write(Picture(make_pixels(30, 40, 1), xmp=b"<x:xmpmeta/>"), tmp_path / "a.png")
    encode(source, "-o", tmp_path / "a.aed", "--quality", 70)
    document = json.loads(aedesk("info", tmp_path / "a.aed", "--json").out)
    size = (tmp_path / "a.aed").stat().st_size
    expected = {"kind": "aed", "coding": "codec", "width": 40, "height": 30, "channels": 1, "quality": 70, "size_bytes": size}
    assert {key: document[key] for key in expected} == expected
    assert document["chunks"] == {"xmpp": len(b"<x:xmpmeta/>")}
    assert document["model_id"] == played_codec.MODEL_ID.hex()
    assert "chunks.xmpp" in aedesk("info", tmp_path / "a.aed").out


def test_an_aed_file_is_known_by_its_content_too(encode: Call, aedesk: Call, make_file: Call, tmp_path: Path) -> None:
    encode(make_file(tmp_path / "a.png"), "-o", tmp_path / "a.aed")
    renamed = (tmp_path / "a.aed").rename(tmp_path / "a.dat")
    assert json.loads(aedesk("info", renamed, "--json").out)["kind"] == "aed"


def test_other_commands_take_aed_files_as_pictures(encode: Call, aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    make_file(tmp_path / "in" / "a.png")
    encode(tmp_path / "in" / "a.png", "-o", tmp_path / "in" / "b.aed", "--quality", 100)
    done = aedesk("denoise", tmp_path / "in", "-o", tmp_path / "out", "--model", model, "--strength", 0)
    assert (done.code, done.err) == (0, "")
    assert np.array_equal(io.read(tmp_path / "out" / "b.png").pixels, io.read(tmp_path / "in" / "a.png").pixels)
    done = encode(tmp_path / "in" / "b.aed", "-o", tmp_path / "c.aed", "--quality", 100)
    assert done.code == 0
    assert (tmp_path / "c.aed").read_bytes() == (tmp_path / "in" / "b.aed").read_bytes()
    (tmp_path / "in" / "b.aed").write_bytes(b"\x89AED")
    done = aedesk("denoise", tmp_path / "in", "-o", tmp_path / "out", "--model", model, "--overwrite")
    assert done.code == 1
    assert "1 of 2 done" in done.err


def test_evaluate_prints_tables_or_json_and_draws_a_plot(aedesk: Call, tmp_path: Path) -> None:
    arguments = ("evaluate", "codec", "--data", tmp_path, "--model", "mine", "--qualities", "0,50,70", "--peers")
    plain = aedesk(*arguments, "--plot", tmp_path / "curves.svg")
    assert plain.code == 0
    assert "mine   50       1.1000  35.33  0.9000  -        0.100     0.050" in plain.out
    assert "other            -50.0  28.0 to 38.0" in plain.out
    assert "far              -      no overlap" in plain.out
    assert (tmp_path / "curves.svg").read_text().startswith("<svg ")
    again = aedesk(*arguments, "--plot", tmp_path / "curves.svg")
    assert again.code == 2
    assert "exists already" in again.err
    document = json.loads(aedesk(*arguments, "--json").out)
    assert [point["setting"] for point in document["codecs"][0]["points"]] == [0, 50, 70]
    assert document["bd_rates"]["other"]["percent"] == -50


@pytest.mark.parametrize(
    "options", [["--qualities", "10,101"], ["--qualities", ""], ["--preset", "fast"], ["--sigma", "10"], ["--limit", "0"], []]
)
def test_evaluate_refuses_what_it_does_not_know(aedesk: Call, tmp_path: Path, options: list[str]) -> None:
    data = ["--data", tmp_path] if options else []
    assert aedesk("evaluate", "codec", *data, *options).code == 2
