"""The size of a game's music on a cartridge, and how it compares with the manifest's budget."""

from __future__ import annotations

from chipassets.bundle import Index
from chipassets.bundle.index import CartridgeEntry
from chipassets.chipfiles import left_out, player_bytes
from chipassets.chips.dmcbank import clips, memory
from chipassets.plan.trackplan import BuildPlan


def cartridge_parts(chip: str, index: Index) -> dict[str, int]:
    """Return what the bundle's music takes on a cartridge, in bytes: player, samples, each track.

    The largest track comes first; nothing for a bundle without the format.
    """
    entries = {track.name: track.cartridge for track in index.tracks if track.cartridge}
    if not entries:
        return {}
    parts = {"the player": player_bytes(chip)}
    if samples := max(map(_sample_bytes, entries.values())):
        parts["samples"] = samples
    sizes = {name: entry.bytes for name, entry in entries.items()}
    return parts | dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0])))


def _sample_bytes(entry: CartridgeEntry) -> int:
    """Return the size of a track's samples; of the bank's for a bundle that does not say it."""
    if entry.sample_bytes is None:
        return len(memory(clips().values())) if entry.samples else 0
    return entry.sample_bytes


def cartridge_clocks(index: Index) -> tuple[int, str] | None:
    """Return the most clocks that the player takes in a frame, and of which track; None if unknown.

    The first track that reaches them is named.
    """
    known = [
        (track.cartridge.clocks_most, track.name)
        for track in index.tracks
        if track.cartridge and track.cartridge.clocks_most is not None
    ]
    return max(known, key=lambda item: item[0]) if known else None


def cartridge_warnings(plan: BuildPlan, index: Index) -> list[str]:
    """Return warnings about the bundle's cartridge: above its budget, or tracks not on the ROM."""
    entries = {track.name: track.cartridge for track in index.tracks if track.cartridge}
    if not entries:
        return []
    warnings = []
    parts = cartridge_parts(plan.chip, index)
    total = sum(parts.values())
    if plan.rom_budget_bytes is not None and total > plan.rom_budget_bytes:
        by_part = ", ".join(f"{name} {size}" for name, size in parts.items())
        warnings.append(
            f"the music takes {total} bytes on the cartridge, {total - plan.rom_budget_bytes} over "
            f"rom_budget ({by_part}); shorten tracks, or raise rom_budget"
        )
    songs = [(name, entry.bytes, _sample_bytes(entry)) for name, entry in entries.items()]
    if out := left_out(songs, plan.chip):
        warnings.append(
            f"the ROM that the bundle has as an example has no room for {', '.join(out)}; "
            "their sources are in the bundle"
        )
    return warnings
