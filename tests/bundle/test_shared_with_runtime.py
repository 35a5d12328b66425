"""Constants that bundle and runtime both have: the runtime imports nothing of the package."""

from __future__ import annotations

import pytest

from chipassets.bundle import index, place, swap
from chipassets.render import oggpages
from chipassets.runtime import index as runtime_index
from chipassets.runtime import library, rates


@pytest.mark.parametrize("name", ["FORMAT", "INDEX_NAME", "MOST_BEATS"])
def test_the_runtime_reads_what_a_build_writes(name: str) -> None:
    assert getattr(runtime_index, name) == getattr(index, name)


def test_both_readers_refuse_an_index_of_the_same_size() -> None:
    assert runtime_index.MOST_BYTES == place.MAX_INDEX_BYTES


def test_the_runtime_knows_the_folder_of_files_that_are_being_moved() -> None:
    assert library.SWAP_NAME == swap.SWAP_NAME


def test_both_compute_the_checksum_of_an_ogg_page() -> None:
    page = bytes(range(256)) * 3
    assert rates.ogg_crc(page) == oggpages.ogg_crc(page)
