"""Whatever stands in an .aed file, opening it gives a picture or an error in words, soon and without more memory than its limits allow.

As a command it goes on for as long as is wished: ``python tests/fuzz/test_hostile_aed.py 20000 [SEED]``, and with ``--decode`` to the
pixels, through models that are inside the files. A file that escapes is kept where the command runs as ``escaped-SEED-NUMBER.aed``; put it
into ``tests/fuzz/aed/`` once its cause is mended.
"""

from __future__ import annotations

import argparse
import functools
import random
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import numpy as np
import pytest
from aed_files import FILES
from aed_mutations import MUTATIONS, mutant
from small_codec import make_lively_codec

from aedesk.codec.chunks.alpha import pack_alpha, unpack_alpha
from aedesk.codec.loading import codec_for, load_codec
from aedesk.codec.picture_codec import DecodeOptions, EncodeOptions, PictureCodec
from aedesk.core.errors import AedeskError, FormatError
from aedesk.entropy.coder import Decoder
from aedesk.entropy.tables import Tables
from aedesk.formats.aed_file import ALPHA, MODEL, Chunk
from aedesk.formats.container import read_aed, write_aed
from aedesk.formats.inspection import inspect
from aedesk.formats.limits import Limits
from aedesk.imaging.picture import Picture
from aedesk.models.files.identity import model_id
from aedesk.models.files.model_file import read_model_file

CORPUS = Path(__file__).with_name("aed")
GOLDEN = sorted(Path(__file__).parents[1].glob("golden/aed/cod*-*.aed"))
ALPHA_PLANE = np.arange(60 * 40, dtype=np.uint16).reshape(40, 60) * 9
WITH_ALPHA = replace(FILES["one-tile"], width=60, height=40, chunks=(Chunk(ALPHA, pack_alpha(ALPHA_PLANE)),))
SEEDS = [write_aed(file) for file in (*FILES.values(), WITH_ALPHA)]
DECODED = Limits(pixels=200_000)
TABLES = Tables.fit(np.random.default_rng(0).dirichlet(np.full(24, 0.3), size=8))
INDEXES = np.arange(500) % 8
LONGEST_S = 5.0
MOST_BYTES = 64 << 20


def open_all(data: bytes) -> str:
    """Everything that is done with a file without its model. What came of it, for the count."""
    try:
        file = read_aed(data)
        inspect(data)
    except FormatError:
        return "refused"
    for number, tile in enumerate(file.tiles[:4]):
        if number not in file.damaged:
            try:
                Decoder(TABLES, tile).get(INDEXES)
            except FormatError:
                return "refused in a tile"
    packed = file.chunk(ALPHA)
    if packed is not None and file.width * file.height <= 10**6:
        try:
            unpack_alpha(packed, file.width, file.height)
        except FormatError:
            return "refused in the alpha channel"
    return "damaged tiles" if file.damaged else "opened"


def decode_all(data: bytes) -> str:
    """The file to pixels. The name of a model inside it is put right, as who makes a hostile file would do."""
    try:
        file = read_aed(data, DECODED)
        model = file.chunk(MODEL)
        codec = tiny_codec() if model is None else codec_for(replace(file, model_id=_id_of(model)), "cpu")
        picture = codec.decode(file, DecodeOptions(salvage=True)).picture
    except AedeskError as error:
        return f"refused ({type(error).__name__})"
    assert (picture.width, picture.height) == (file.width, file.height)
    return "decoded"


@functools.cache
def tiny_codec() -> PictureCodec:
    """Decodes files without an embedded model."""
    with tempfile.TemporaryDirectory() as folder:
        return load_codec(str(make_lively_codec(Path(folder))), "cpu")


def files_to_decode() -> list[bytes]:
    """Two with their model inside, and two of the codec: of one tile and of four."""
    pixels = np.random.default_rng(0).integers(0, 256, (100, 80, 3)).astype(np.uint8)
    one = tiny_codec().encode(Picture(pixels), EncodeOptions(40)).data
    four = tiny_codec().encode(Picture(pixels, alpha=pixels[:, :, 0]), EncodeOptions(70, tile_px=64)).data
    return [*(path.read_bytes() for path in GOLDEN), one, four]


def _id_of(model: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        path.write_bytes(model)
        read_model_file(path)
        return model_id(path)


def attack(count: int, seed: int, seeds: list[bytes], target: Callable[[bytes], str] = open_all) -> dict[str, int]:
    """Open ``count`` mutants. Raises whatever escapes, after keeping the file."""
    draw, outcomes = random.Random(seed), dict[str, int]()
    for number in range(count):
        data = mutant(seeds, draw)
        begun = time.process_time()  # a busy machine is not the file's fault
        try:
            outcome = target(data)
            assert time.process_time() - begun < LONGEST_S, "too slow"
        except BaseException:
            Path(f"escaped-{seed}-{number}.aed").write_bytes(data)
            raise
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


def test_mutants_are_opened_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tracemalloc.start()
    try:
        outcomes = attack(250, 1, SEEDS)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert {"refused", "damaged tiles", "opened"} <= outcomes.keys()


def test_mutants_are_decoded_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcomes = attack(80, 1, files_to_decode(), decode_all)
    assert {"decoded", "refused (FormatError)"} <= outcomes.keys()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_kind_of_mutation_changes_files(mutation: object) -> None:
    """One that never does would make the count a lie."""
    draw = random.Random(2)
    assert any(mutation(data, SEEDS, draw) not in SEEDS for data in SEEDS * 4)  # type: ignore[operator]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.aed")), ids=lambda path: path.stem)
def test_files_that_escaped_once_do_so_no_more(path: Path) -> None:
    assert open_all(path.read_bytes())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    parser.add_argument("--decode", action="store_true", help="to the pixels")
    asked = parser.parse_args()
    started = time.perf_counter()
    grown = files_to_decode() if asked.decode else SEEDS
    found = attack(asked.count, asked.seed, grown, decode_all if asked.decode else open_all)
    counts = ", ".join(f"{n} {what}" for what, n in sorted(found.items()))
    print(f"{asked.count} files in {time.perf_counter() - started:.0f} s, none escaped: {counts}")
