"""The drum bars of MIDI songs on the 16th grid, aligned to the bar, with corrected drum kinds.

A bar maps (step, kind) to a velocity in 0..1. Steps count 16ths from the bar line: 16 in 4/4, 12 in
3/4 and 6/8.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mido

KINDS = ("kick", "snare", "closed_hat", "open_hat", "tom", "crash")
DrumBar = dict[tuple[int, str], float]

_DRUM_CHANNEL = 9
_STEPS = {(4, 4): ("4/4", 16), (2, 2): ("4/4", 16), (3, 4): ("3/4", 12), (6, 8): ("6/8", 12)}
# General MIDI percussion keys: ride and shakers count as a closed hat.
_KIND_OF_KEY = {
    **dict.fromkeys((35, 36), "kick"),
    **dict.fromkeys((37, 38, 39, 40), "snare"),
    **dict.fromkeys((42, 44, 51, 53, 54, 59, 69, 70, 82), "closed_hat"),
    46: "open_hat",
    **dict.fromkeys((41, 43, 45, 47, 48, 50, 60, 61, 62, 63, 64, 65, 66), "tom"),
    **dict.fromkeys((49, 52, 55, 57), "crash"),
}
_NEAR = 0.16
_GRID_SHARE = 0.9
_SWUNG_STEP = {0: 0, 1: 1, 2: 3}
_KEEPING_TIME = 2
# The expected steps of kick and snare in 4/4: backbeat on 2 and 4, or half time on 3.
_TEMPLATES = (
    {("kick", 0): 1.0, ("kick", 8): 0.5, ("snare", 4): 1.0, ("snare", 12): 1.0, ("snare", 0): -0.5},
    {("kick", 0): 1.0, ("snare", 8): 1.5, ("kick", 8): -0.5, ("snare", 0): -0.5},
)
_PHASE_MARGIN = 0.35
_ROLL_HITS = 12


@dataclass(frozen=True, slots=True)
class DrumSong:
    """The drums of one song: its metre and its bars, None for a bar that is off the grid."""

    name: str
    metre: str
    swung: bool
    bars: tuple[DrumBar | None, ...]


def read_drum_song(path: Path, name: str) -> DrumSong | None:
    """Return the drums of a MIDI file in its commonest metre; None if they are not on a grid.

    Drums on triplets count as swung: the last of three becomes the last of four.
    """
    song = mido.MidiFile(path, clip=True)
    hits, metres, end = _events(song)
    if not hits:
        return None
    beat = song.ticks_per_beat
    swung = False
    if _share_on(hits, beat / 4) < _GRID_SHARE:
        swung = _share_on(hits, beat / 3) >= _GRID_SHARE
    spans: list[tuple[int, int, tuple[int, int]]] = []
    metres = metres or [(0, (4, 4))]
    if metres[0][0] > 0:
        metres.insert(0, (0, (4, 4)))
    for (start, metre), (stop, _) in zip(metres, [*metres[1:], (end, (0, 0))], strict=True):
        spans.append((start, stop, metre))
    lengths = Counter[tuple[int, int]]()
    for start, stop, metre in spans:
        lengths[metre] += stop - start
    main = min(lengths, key=lambda metre: (-lengths[metre], metre))
    if main not in _STEPS:
        return None
    word, steps = _STEPS[main]
    bars: list[DrumBar | None] = []
    for start, stop, metre in spans:
        if metre != main:
            bars.append(None)
            continue
        bar_ticks = beat * steps // 4
        for at in range(start, stop, bar_ticks):
            inside = [hit for hit in hits if at - beat / 8 <= hit[0] < at + bar_ticks - beat / 8]
            bars.append(_bar(inside, at, beat, swung))
    return DrumSong(name, word, swung, _cleared(bars, word, swung))


def _events(
    song: mido.MidiFile,
) -> tuple[list[tuple[int, str, float]], list[tuple[int, tuple[int, int]]], int]:
    """Return (tick, kind, velocity) of each drum, (tick, metre) of each metre, and the end."""
    hits: list[tuple[int, str, float]] = []
    metres: dict[int, tuple[int, int]] = {}
    end = 0
    for track in song.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "time_signature":
                metres[now] = (message.numerator, message.denominator)
            elif message.type == "note_on" and message.velocity:
                if message.channel == _DRUM_CHANNEL and message.note in _KIND_OF_KEY:
                    hits.append((now, _KIND_OF_KEY[message.note], message.velocity / 127))
                end = max(end, now + 1)
    loudest = max((velocity for _, _, velocity in hits), default=1.0)
    hits = sorted((tick, kind, velocity / loudest) for tick, kind, velocity in hits)
    return hits, sorted(metres.items()), end


def _share_on(hits: Sequence[tuple[int, str, float]], unit: float) -> float:
    near = sum(abs(tick / unit - round(tick / unit)) < _NEAR for tick, _, _ in hits)
    return near / len(hits)


def _bar(hits: Sequence[tuple[int, str, float]], at: int, beat: int, swung: bool) -> DrumBar | None:
    """Return the bar at a tick, None if more than a tenth of its hits are off the grid."""
    unit = beat / 3 if swung else beat / 4
    bar: DrumBar = {}
    off = 0
    for tick, kind, velocity in hits:
        place = max((tick - at) / unit, 0.0)
        step = round(place)
        off += abs(place - step) >= _NEAR
        if swung:
            step = 4 * (step // 3) + _SWUNG_STEP[step % 3]
        bar[step, kind] = max(bar.get((step, kind), 0.0), round(velocity, 3))
    _unlayer(bar)
    return None if off > (1 - _GRID_SHARE) * len(hits) else bar


def _unlayer(bar: DrumBar) -> None:
    """Remove a tom that doubles a kick or snare; crashes that keep time become open hats."""
    for step, kind in sorted(bar):
        if kind == "tom" and ((step, "kick") in bar or (step, "snare") in bar):
            del bar[step, kind]
    crashes = [(step, kind) for step, kind in sorted(bar) if kind == "crash"]
    if len(crashes) >= _KEEPING_TIME:
        for step, kind in crashes:
            bar.setdefault((step, "open_hat"), bar.pop((step, kind)))


def _cleared(bars: Sequence[DrumBar | None], metre: str, swung: bool) -> tuple[DrumBar | None, ...]:
    """Return the bars with the kinds that a drummer would use, starting on the beat."""
    named = _with_roles(bars)
    if metre == "4/4" and not swung:
        named = _in_phase(named)
    return tuple(named)


def _with_roles(bars: Sequence[DrumBar | None]) -> list[DrumBar | None]:
    """Rename kinds that a converter guessed from the sound.

    A kick or snare on nearly every 16th is a shaker, so a closed hat. In a song without kick, a
    snare on the first beat is the kick, and a hat on two and four the snare.
    """
    heard = [bar for bar in bars if bar]
    if not heard:
        return list(bars)
    rename: dict[str, str] = {}
    counts = {kind: _step_counts(heard, kind) for kind in KINDS}
    bars_with = {kind: sum(any(k == kind for _, k in bar) for bar in heard) for kind in KINDS}
    for kind in ("kick", "snare"):
        if bars_with[kind] and sum(counts[kind].values()) / bars_with[kind] >= _ROLL_HITS:
            rename[kind] = "closed_hat"
    if not bars_with["kick"] or "kick" in rename:
        snare, hat = counts["snare"], counts["closed_hat"]
        back = (snare[4] + snare[12]) / 2
        if snare[0] > 0 and snare[0] >= 0.8 * back and "snare" not in rename:
            rename["snare"] = "kick"
            if hat[4] + hat[12] > hat[0] + hat[8] and hat[2] + hat[6] < hat[4] + hat[12]:
                rename["closed_hat"] = "snare"
                rename.pop("kick", None)
    if not rename:
        return list(bars)
    return [
        None
        if bar is None
        else {(step, rename.get(kind, kind)): velocity for (step, kind), velocity in bar.items()}
        for bar in bars
    ]


def _step_counts(bars: Sequence[DrumBar], kind: str) -> Counter[int]:
    return Counter(step for bar in bars for step, other in bar if other == kind)


def _in_phase(bars: Sequence[DrumBar | None]) -> list[DrumBar | None]:
    """Shift the whole song by up to half a bar if its downbeat is clearly elsewhere."""
    heard = [bar for bar in bars if bar]
    if not heard:
        return list(bars)
    kicks, snares = _step_counts(heard, "kick"), _step_counts(heard, "snare")
    if sum(kicks.values()) < len(heard) / 2 or sum(snares.values()) < len(heard) / 2:
        return list(bars)
    profile = {"kick": kicks, "snare": snares}

    def score(shift: int) -> float:
        """Return how well the drums, shifted by some steps, fit a usual bar."""
        return max(
            sum(
                weight * profile[kind][(step + shift) % 16] / len(heard)
                for (kind, step), weight in template.items()
            )
            for template in _TEMPLATES
        )

    best = max(range(-7, 9), key=lambda shift: (round(score(shift), 6), -abs(shift), shift))
    if score(best) <= score(0) + _PHASE_MARGIN:
        return list(bars)
    moved: list[DrumBar | None] = [None if bar is None else {} for bar in bars]
    for number, bar in enumerate(bars):
        for (step, kind), velocity in (bar or {}).items():
            carry, inside = divmod(step - best, 16)
            target = moved[number + carry] if 0 <= number + carry < len(moved) else None
            if target is not None:
                target[inside, kind] = velocity
    return moved
