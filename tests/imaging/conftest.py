"""Settings of hypothesis for pictures, and disks that need not be waited for."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The first use of a library takes longer than the usual deadline of an example.
settings.register_profile("pictures", deadline=None, print_blob=True)
settings.load_profile("pictures")


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk() -> Iterator[None]:
    """A thousand small files, each forced onto the disk, are most of a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
