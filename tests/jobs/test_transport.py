from __future__ import annotations

import pickle
import secrets
import sys
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np
import pytest

from aedesk.imaging.picture import Picture
from aedesk.jobs import transport
from aedesk.jobs.transport import BlockNames, decode, encode, sweep


@pytest.fixture
def names() -> BlockNames:
    return BlockNames(f"aedtest{secrets.token_hex(4)}")


def roundtrip(thing: object, names: BlockNames) -> object:
    parcel = encode(thing, names)
    received = decode(parcel.data, BlockNames(names.prefix))
    parcel.release(unlink=False)
    return received


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.bool_, np.complex64])
@pytest.mark.parametrize("shape", [(0,), (3,), (200, 300, 3), (70_000,)])
def test_arrays_of_any_size_and_type_arrive_unchanged(names: BlockNames, dtype: type, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    received = roundtrip({"a": [array]}, names)["a"][0]  # type: ignore[index]
    assert received.dtype == array.dtype
    assert np.array_equal(received, array)


def test_views_and_transposed_arrays_arrive_with_their_values(names: BlockNames) -> None:
    array = np.arange(600_000, dtype=np.int32).reshape(600, 1000)
    for view in (array.T, array[::2, ::-3], np.asfortranarray(array), np.broadcast_to(array[0], (600, 1000))):
        assert np.array_equal(roundtrip(view, names), view)  # type: ignore[arg-type]


def test_a_picture_arrives_with_its_metadata(names: BlockNames) -> None:
    pixels = np.full((300, 400, 3), 7, np.uint16)
    picture = Picture(pixels, np.full((300, 400), 9, np.uint16), b"icc" * 100, b"exif", b"xmp", (300.0, 300.0), "TIFF")
    received = roundtrip(picture, names)
    assert isinstance(received, Picture)
    assert np.array_equal(received.pixels, pixels)
    assert received.alpha is not None
    assert np.array_equal(received.alpha, np.full((300, 400), 9))
    assert (received.icc, received.exif, received.xmp, received.dpi) == (picture.icc, picture.exif, picture.xmp, picture.dpi)


def test_what_arrives_is_a_private_copy(names: BlockNames) -> None:
    array = np.zeros(100_000, np.uint8)
    parcel = encode(array, names)
    received = decode(parcel.data, BlockNames(names.prefix))
    parcel.blocks[0].buf[0] = 99  # type: ignore[index]
    parcel.release(unlink=False)
    assert received[0] == 0
    received[0] = 1


def test_large_arrays_do_not_swell_the_message(names: BlockNames) -> None:
    parcel = encode([np.zeros(10_000_000, np.uint8)] * 3, names)
    assert len(parcel.data) < 2000
    assert len(parcel.blocks) == 3
    parcel.release(unlink=True)
    assert sweep(BlockNames(names.prefix)) == 0


def test_a_failed_encoding_leaves_no_block_and_no_gap(names: BlockNames) -> None:
    with pytest.raises((pickle.PicklingError, AttributeError)):
        encode([np.zeros(100_000), lambda: None], names)
    assert names.next == 0
    assert sweep(BlockNames(names.prefix)) == 0


def test_torch_objects_are_refused_where_they_are_sent(names: BlockNames) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(pickle.PicklingError, match="would import torch"):
        encode({"loss": torch.zeros(())}, names)


def test_sweeping_removes_what_was_on_its_way(names: BlockNames) -> None:
    parcels = [encode([np.zeros(100_000)] * 2, names) for _ in range(3)]
    mirror = BlockNames(names.prefix)
    decode(parcels[0].data, mirror)
    assert sweep(mirror) == 4
    for parcel in parcels:
        parcel.release(unlink=False)
    with pytest.raises(FileNotFoundError):
        SharedMemory(f"{names.prefix}5")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm")
def test_a_block_whose_maker_died_before_sizing_it_is_swept_too(names: BlockNames) -> None:
    Path("/dev/shm", f"{names.prefix}0").touch()
    assert sweep(BlockNames(names.prefix)) == 1
    assert not Path("/dev/shm", f"{names.prefix}0").exists()


def test_without_room_in_shared_memory_arrays_travel_through_the_pipe(names: BlockNames, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(transport.os, "posix_fallocate", full)
    array = np.arange(100_000)
    parcel = encode(array, names)
    assert parcel.blocks == []
    assert names.next == 0
    assert np.array_equal(decode(parcel.data), array)
    assert sweep(BlockNames(names.prefix)) == 0
