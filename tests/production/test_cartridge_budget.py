"""What a build says when its music is too large for the cartridge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.bundle import CartridgeEntry, Index
from chipassets.chipfiles import player_bytes
from chipassets.chips.dmcbank import clips, memory
from chipassets.plan.trackplan import BuildPlan
from chipassets.production.cartridge import (
    cartridge_clocks,
    cartridge_parts,
    cartridge_warnings,
)


def index_with(sizes: dict[str, tuple[int, bool]], sample_bytes: int | None = None) -> Index:
    """An index of which only what tracks take on a cartridge is filled in."""
    tracks = [
        _Track(name, CartridgeEntry(bytes=size, samples=samples, sample_bytes=sample_bytes))
        for name, (size, samples) in sizes.items()
    ]
    return Index.model_construct(tracks=tracks)


class _Track:
    def __init__(self, name: str, cartridge: CartridgeEntry) -> None:
        self.name, self.cartridge = name, cartridge


PLAN = BuildPlan("Game", 0, "nes", "default", ("cartridge",), ())


def test_within_the_budget_nothing_is_said() -> None:
    index = index_with({"town": (2_000, False), "boss": (3_000, False)})
    room = 5_000 + player_bytes("nes")
    assert cartridge_warnings(replace(PLAN, rom_budget_bytes=room), index) == []
    assert cartridge_warnings(PLAN, index) == []


@pytest.mark.parametrize("samples", [False, True])
def test_over_the_budget_each_part_is_named_the_largest_track_first(samples: bool) -> None:
    index = index_with({"town": (2_000, False), "boss": (3_000, samples)})
    (said,) = cartridge_warnings(replace(PLAN, rom_budget_bytes=5_000), index)
    banked = len(memory(clips().values()))
    total = 5_000 + player_bytes("nes") + (banked if samples else 0)
    assert f"takes {total} bytes" in said
    assert f"{total - 5_000} over rom_budget" in said
    assert said.index("boss 3000") < said.index("town 2000")
    assert ("samples" in said) == samples


def test_a_games_own_samples_count_once_with_the_banks() -> None:
    index = index_with({"town": (2_000, True), "boss": (3_000, True)}, 9_000)
    assert cartridge_parts("nes", index)["samples"] == 9_000
    assert "samples" not in cartridge_parts("nes", index_with({"town": (2_000, False)}, 0))


def test_the_report_says_what_the_music_takes() -> None:
    index = index_with({"town": (2_000, False), "boss": (3_000, True)}).model_copy(
        update={"chip": "nes"}
    )
    parts = cartridge_parts("nes", index)
    assert list(parts) == ["the player", "samples", "boss", "town"]
    assert parts["the player"] == player_bytes("nes")
    assert cartridge_parts("nes", Index.model_construct(tracks=[])) == {}


def test_the_report_says_which_track_takes_most_clocks() -> None:
    made = [("town", 2_000), ("boss", 4_500), ("credits", None), ("title", 4_500)]
    tracks = [
        _Track(name, CartridgeEntry(bytes=1, samples=False, clocks_mean=most, clocks_most=most))
        for name, most in made
    ]
    assert cartridge_clocks(Index.model_construct(tracks=tracks)) == (4_500, "boss")
    assert cartridge_clocks(index_with({"town": (2_000, False)})) is None


def test_what_the_rom_has_no_room_for_is_said() -> None:
    index = index_with({"a": (14_000, False), "b": (14_000, False), "c": (9_000, False)})
    (said,) = cartridge_warnings(PLAN, index)
    assert "no room for c" in said
