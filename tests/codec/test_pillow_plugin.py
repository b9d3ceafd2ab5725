"""The Pillow plug-in, with a fake codec (``support/played_codec.py``)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import played_codec
import pytest
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

import aedesk.codec.pillow_plugin
from aedesk.codec.pillow_plugin import AedImageFile

Pixels = Callable[..., np.ndarray]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(autouse=True)
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aedesk.codec.api", played_codec)


def saved(image: Image.Image, **options: Any) -> BytesIO:
    file = BytesIO()
    image.save(file, "AED", **{"quality": 100, **options})
    file.seek(0)
    return file


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_an_image_keeps_its_mode(make_pixels: Pixels, mode: str) -> None:
    image = Image.fromarray(make_pixels(30, 40, 4), "RGBA").convert(mode)
    with Image.open(saved(image)) as again:
        assert isinstance(again, AedImageFile)
        assert (again.format, again.mode, again.size) == ("AED", mode, (40, 30))
        assert again.get_format_mimetype() == "image/x-aed"
        assert np.array_equal(np.asarray(again), np.asarray(image))


def test_16_bit_gray_stays_16_bit(make_pixels: Pixels) -> None:
    pixels = make_pixels(30, 40, 1, np.uint16)[:, :, 0]
    with Image.open(saved(Image.fromarray(pixels))) as again:
        assert again.mode == "I;16"
        assert again.info["bit_depth"] == 16
        assert np.array_equal(np.asarray(again), pixels)


@pytest.mark.parametrize(
    ("mode", "becomes"), [("1", "L"), ("P", "RGB"), ("PA", "RGBA"), ("CMYK", "RGB"), ("YCbCr", "RGB"), ("HSV", "RGB"), ("F", "L")]
)
def test_an_image_of_another_mode_is_converted(make_pixels: Pixels, mode: str, becomes: str) -> None:
    image = Image.fromarray(make_pixels(30, 40))
    image = image.convert("P").convert("PA") if mode == "PA" else image.convert("L").convert(mode) if mode == "F" else image.convert(mode)
    with Image.open(saved(image)) as again:
        assert again.mode == becomes
        assert np.array_equal(np.asarray(again), np.asarray(image.convert(becomes)))


def test_a_palette_with_transparency_becomes_alpha() -> None:
    image = Image.new("P", (8, 8))
    image.info["transparency"] = 0
    with Image.open(saved(image)) as again:
        assert again.mode == "RGBA"
        assert again.getpixel((0, 0))[3] == 0  # type: ignore[index]


def test_the_suffix_selects_the_format(make_pixels: Pixels, tmp_path: Path) -> None:
    image = Image.fromarray(make_pixels(30, 40))
    image.save(tmp_path / "a.aed", quality=100)
    assert Image.registered_extensions()[".aed"] == "AED"
    with Image.open(tmp_path / "a.aed") as again:
        again.load()
        again.load()  # a second time costs and changes nothing
        assert again.tobytes() == image.tobytes()


def test_metadata_are_kept_unless_replaced_or_removed(make_pixels: Pixels) -> None:
    image = Image.fromarray(make_pixels(30, 40))
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    options = {"icc_profile": SRGB, "exif": exif, "xmp": b"<x:xmpmeta/>", "dpi": (300, 72.5)}
    with Image.open(saved(image, **options)) as again:
        assert again.info["icc_profile"] == SRGB
        assert again.getexif()[0x010F] == "a maker"
        assert again.info["xmp"] == b"<x:xmpmeta/>"
        assert again.info["dpi"] == (300, 72.5)
        with Image.open(saved(again)) as third:
            assert {name: third.info[name] for name in options} == {name: again.info[name] for name in options}
        with Image.open(saved(again, icc_profile=None, exif=b"", xmp=b"", dpi=None)) as bare:
            assert set(bare.info) == {"bit_depth"}
        jpeg = BytesIO()
        again.save(jpeg, "JPEG", exif=again.info["exif"])
        with Image.open(jpeg) as other:
            assert other.getexif()[0x010F] == "a maker"


def test_an_exif_orientation_is_applied(make_pixels: Pixels) -> None:
    image = Image.fromarray(make_pixels(30, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.info["exif"] = exif.tobytes()
    with Image.open(saved(image)) as again:
        assert again.size == (30, 40)
        assert again.getexif()[0x0112] == 1
        turned = ImageOps.exif_transpose(image)
        assert np.array_equal(np.asarray(again), np.asarray(turned))


def test_a_profile_of_another_colour_model_is_dropped(make_pixels: Pixels) -> None:
    image = Image.fromarray(make_pixels(30, 40)).convert("CMYK")
    cmyk = SRGB[:16] + b"CMYK" + SRGB[20:]
    with Image.open(saved(image, icc_profile=cmyk)) as again:
        assert "icc_profile" not in again.info


def test_opening_decodes_nothing(make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    file = saved(Image.fromarray(make_pixels(30, 40)))
    monkeypatch.setattr(played_codec, "decode", lambda *arguments: pytest.fail("decoded"))
    with Image.open(file) as image:
        assert image.size == (40, 30)
        image.verify()


@pytest.mark.parametrize(("size", "fast"), [((20, 15), True), ((21, 15), False), (None, False)])
def test_draft_mode_decodes_fast_from_half_of_the_resolution(
    make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int] | None, fast: bool
) -> None:
    file, specs = saved(Image.fromarray(make_pixels(30, 40))), []
    decode = played_codec.decode
    monkeypatch.setattr(played_codec, "decode", lambda data, spec: specs.append(spec) or decode(data, spec))
    with Image.open(file) as image:
        assert image.draft(None, size) == (("RGB", (0, 0, 40, 30)) if fast else None)
        image.load()
        assert image.draft(None, size) is None  # already decoded
    assert [spec.fast for spec in specs] == [fast]


def test_thumbnails_crops_and_conversions_work(make_pixels: Pixels) -> None:
    file = saved(Image.fromarray(make_pixels(60, 80)))
    with Image.open(file) as image:
        image.thumbnail((20, 20))
        assert image.size == (20, 15)
    with Image.open(file) as image:
        assert image.crop((10, 10, 30, 20)).size == (20, 10)
        assert image.convert("L").mode == "L"
        assert image.copy().tobytes() == image.tobytes()


def test_options_reach_the_codec_and_invalid_ones_are_value_errors(make_pixels: Pixels, tmp_path: Path) -> None:
    image = Image.fromarray(make_pixels(30, 40))
    assert len(saved(image, quality=20).getvalue()) < len(saved(image, quality=90).getvalue())
    with pytest.raises(ValueError, match="cannot be reached"):
        saved(image, target_bytes=20)
    for options in ({"quality": 101}, {"quality": "good"}, {"preset": "fast"}, {"target_bpp": 1.0, "target_psnr": 40}):
        with pytest.raises(ValueError):  # noqa: PT011 - the words are the spec's
            image.save(tmp_path / "a.aed", **options)
        assert not (tmp_path / "a.aed").exists()


def test_damage_is_an_error_even_if_truncated_images_are_allowed_when_nothing_is_left(
    make_pixels: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray(saved(Image.fromarray(make_pixels(30, 40))).getvalue())
    data[-10] ^= 1
    with Image.open(BytesIO(data)) as image, pytest.raises(OSError, match="1 of 1 tiles"):
        image.verify()
    with Image.open(BytesIO(data)) as image, pytest.raises(OSError, match="damaged"):
        image.load()
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with Image.open(BytesIO(data)) as image, pytest.raises(OSError, match="Nothing of this picture is left"):
        image.load()


def test_a_damaged_header_is_explained_and_other_formats_are_left_alone(make_pixels: Pixels) -> None:
    data = bytearray(saved(Image.fromarray(make_pixels(30, 40))).getvalue())
    data[8] ^= 1
    with pytest.raises(OSError, match="damaged: header"):
        Image.open(BytesIO(data))
    with pytest.raises(UnidentifiedImageError):
        Image.open(BytesIO(b"\x89AEE" + bytes(data[4:])))


def test_many_threads_load_and_save_at_once(make_pixels: Pixels) -> None:
    originals = [Image.fromarray(make_pixels(30, 40, seed=seed)) for seed in range(8)]

    def there_and_back(image: Image.Image) -> bytes:
        with Image.open(saved(image)) as again:
            return again.tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(there_and_back, originals)) == [image.tobytes() for image in originals]


def test_importing_and_opening_load_no_torch_and_leave_pillows_limits_alone(make_pixels: Pixels, tmp_path: Path) -> None:
    (tmp_path / "a.aed").write_bytes(saved(Image.fromarray(make_pixels(30, 40))).getvalue())
    code = f"""
import sys
from PIL import Image
limit = Image.MAX_IMAGE_PIXELS
import aedesk.codec.pillow_plugin
with Image.open({str(tmp_path / "a.aed")!r}) as image:
    image.verify()
assert Image.MAX_IMAGE_PIXELS == limit
print([name for name in ("torch", "PySide6", "scipy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert aedesk.codec.pillow_plugin.FORMAT in Image.ID
