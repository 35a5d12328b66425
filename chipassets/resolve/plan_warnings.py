"""What a plan may not mean as it says it: told by `plan`, `validate` and `build`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chipassets.arrange.drum_voice import PRIORITY, covered_strokes, drum_word
from chipassets.chips.profiles import CHIPS, Chip
from chipassets.plan.trackplan import BuildPlan, TrackPlan
from chipassets.units import bar_frames

_SPC_SURE_SECONDS = 50
"""What fits an SPC as a rule. Of ten tracks the busiest, a boss, needs 6.6 bytes a frame, and its
samples and its echo leave 20 of the 64 KiB; the calmest of the long ones 2.6, and 24."""
_ORDER = ", ".join(map(drum_word, PRIORITY))


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """A warning about a track's plan. in_bundle: whether a bundle that was made has it too."""

    track: str
    words: str
    in_bundle: bool = True

    def __str__(self) -> str:
        return f"track {self.track!r}: {self.words}"


def plan_warnings(plan: BuildPlan) -> tuple[PlanWarning, ...]:
    """Return the warnings about the tracks of a plan, in their order."""
    return tuple(said for track in plan.tracks for said in track_warnings(track, plan))


def warning_lines(warnings: Iterable[PlanWarning]) -> list[str]:
    """Return the warnings in words, those of several tracks as one line at the first of them.

    So a motif whose key is in doubt is told once, not for each track that quotes it.
    """
    tracks: dict[str, list[str]] = {}
    for said in warnings:
        tracks.setdefault(said.words, []).append(said.track)
    return [
        f"{PlanWarning(first, words)}{f'; also for {_and(others)}' if others else ''}"
        for words, (first, *others) in tracks.items()
    ]


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def track_warnings(track: TrackPlan, plan: BuildPlan) -> Iterator[PlanWarning]:
    """Yield the warnings about a track of a plan: keys that were guessed in doubt, dynamics that
    the chip cannot follow, and files too small.
    """
    for melody in track.melodies:
        if melody.tune.rival:
            yield PlanWarning(
                track.name,
                f"the key of the melody of {melody.section} is guessed as {melody.tune.key}, but "
                f"may be {melody.tune.rival}: write key: in the melody",
            )
    told = set()
    for motif in track.motifs:
        if motif.rival and motif.name not in told:
            told.add(motif.name)
            yield PlanWarning(
                track.name,
                f"the key of the motif {motif.name} is guessed as {motif.key}, but may be "
                f"{motif.rival}: write key: under motifs: {motif.name}:",
            )
    if soft := _soft_sections(track, CHIPS[plan.chip]):
        yield PlanWarning(
            track.name,
            f"{', '.join(soft)} will be heard about 4 dB softer than the loudest section, not "
            f"{_SOFT_DB:g}: the {plan.chip}'s triangle has no volume, so the bass is only plucked; "
            "leave: [triangle] in the track, which gives its part up, makes it 5 to 7",
        )
    for wish in track.wishes:
        strokes = wish.drums.strokes if wish.drums is not None else ()
        if lost := _lost_strokes(strokes):
            yield PlanWarning(
                track.name,
                f"of the drums written{f' for {wish.section}' if wish.section else ''} "
                f"{covered_text(lost)} will not be heard: all drums share one voice, on which "
                f"{_ORDER} go first, in this order; move them to a step of their own",
                in_bundle=False,
            )
    if "spc" in plan.formats and track_seconds(track, CHIPS[plan.chip]) > _SPC_SURE_SECONDS:
        yield PlanWarning(
            track.name,
            f"its SPC may not fit 64 KiB: up to {_SPC_SURE_SECONDS} s fit as a rule, longer "
            "tracks only with few notes and instruments; a build makes none if it does not",
            in_bundle=False,
        )


_HATS = frozenset(("closed_hat", "open_hat"))


def _lost_strokes(strokes: tuple[tuple[str, str], ...]) -> dict[str, tuple[int, int]]:
    """Return the written strokes that another drum covers and that will be missed.

    A hat under a kick or a snare is not missed, as long as other strokes of that hat sound.
    """
    covered = covered_strokes(strokes) if strokes else {}
    return {
        kind: (hidden, count)
        for kind, (hidden, count) in covered.items()
        if kind not in _HATS or hidden == count
    }


def covered_text(covered: Mapping[str, tuple[int, int]]) -> str:
    """Return covered strokes, by kind of drum with the number of all its strokes, in words."""
    return ", ".join(
        f"{hidden} of the {count} strokes of {drum_word(kind)}"
        for kind, (hidden, count) in covered.items()
    )


_SOFT_DB = 9
"""The level of `p`, from which on a bass without volume is heard to stay."""


def _soft_sections(track: TrackPlan, chip: Chip) -> list[str]:
    """Return the soft sections of a track whose bass has no volume control."""
    bass = chip.voice("bass")
    if bass.kind != "triangle" or bass.name in track.sound.leave:
        return []
    levels = {wish.section: wish.dynamics_db for wish in track.wishes if wish.section}
    return [name for name, db in levels.items() if db is not None and db <= -_SOFT_DB]


def track_seconds(track: TrackPlan, chip: Chip, bars: int = 0) -> float:
    """Return how long the track's bars, or so many bars, last at the tempo that plays."""
    frames = bar_frames(track.tempo_millibpm, track.beats_per_bar, chip.frame_rate_hz)
    return float((bars or track.bars) * frames / chip.frame_rate_hz)
