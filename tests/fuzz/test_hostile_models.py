"""Whatever stands in a model file, listing, loading and importing it gives a model or an error in words, soon and in bounded memory."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path

import pytest
from model_mutations import MUTATIONS, mutant, seeds

from aedesk.codec.loading import load_embedded
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import AedeskError
from aedesk.core.model_specs import ImportModelSpec
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.identity import model_id
from aedesk.models.files.importing import import_model
from aedesk.models.files.zoo import own_info
from aedesk.settings.places import models_dir

CORPUS = Path(__file__).with_name("models")
LONGEST_S = 10.0


def use_all(data: bytes) -> str:
    """All that is done with a model file from elsewhere. What came of it, for the count. Raises whatever is no error in words."""
    folder = models_dir()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mutant.safetensors"
    path.write_bytes(data)
    begun = time.process_time()  # a busy machine is not the file's fault
    try:
        problem = own_info(path).problem
        try:
            load_model(path)
            outcome = "loaded"
            assert not problem, problem
        except AedeskError:
            outcome = "listed, but refused" if not problem else "refused"
        with suppress(AedeskError):
            load_embedded(data, model_id(path), "cpu")
        with suppress(AedeskError):
            list(import_model(ImportModelSpec(str(path)), CancelToken()))
    finally:
        for left in folder.iterdir():
            left.unlink()
    assert time.process_time() - begun < LONGEST_S, "too slow"
    return outcome


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return seeds(tmp_path_factory.mktemp("models"))


def test_mutants_are_loaded_or_refused(files: list[bytes]) -> None:
    draw = random.Random(1)
    outcomes = {use_all(mutant(files, draw)) for _ in range(150)}
    assert outcomes == {"loaded", "refused", "listed, but refused"}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_kind_of_mutation_changes_files(mutation: object, files: list[bytes]) -> None:
    draw = random.Random(2)
    assert any(mutation(data, files, draw) not in files for data in files * 4)  # type: ignore[operator]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.safetensors")), ids=lambda path: path.stem)
def test_files_that_escaped_once_do_so_no_more(path: Path) -> None:
    assert use_all(path.read_bytes())
