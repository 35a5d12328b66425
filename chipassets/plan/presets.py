"""What scenes and moods set for the music: two tables, and the rule that merges them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chipassets.plan.trackplan import Character, OwnMood, Range


@dataclass(frozen=True, slots=True)
class Scene:
    """A row of `SCENES`: where a track plays, and its character unless the manifest sets more.

    tempo in quarter notes per minute; modes from the most to the least likely; notes_per_second is
    the measured median over the pitched voices; lead_pitch the measured median of the top voice;
    level_db is its loudness relative to the game's.
    """

    moods: tuple[str, ...]
    tempo: Range
    modes: tuple[str, ...]
    notes_per_second: float
    polyphony: float
    lead_pitch: float
    groove: str
    lead: str
    inner: str
    bass: str
    bars: int = 16
    loops: bool = True
    level_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Mood:
    """A row of `MOODS`: factors and shifts on a scene's ranges; None keeps the scene's value.

    dynamics_factor: on the decibels between the bars of a track. fades: whether a track of one
    section that does not loop becomes softer towards its end instead of louder. asks: a custom mood
    that starts from the row, and whose ranges replace the scene's.
    """

    tempo_factor: float = 1.0
    modes: tuple[str, ...] = ()
    density_factor: float = 1.0
    polyphony_shift: float = 0.0
    lead_shift: float = 0.0
    groove: str | None = None
    lead: str | None = None
    inner: str | None = None
    bass: str | None = None
    dynamics_factor: float = 0.8
    fades: bool = False
    asks: OwnMood | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """A scene with its moods merged in: the tempo range, the modes in order, the character."""

    tempo: Range
    modes: tuple[str, ...]
    character: Character
    bars: int
    loops: bool


# Notes a second, polyphony and lead pitch are the medians of 5,278 pieces for the NES, grouped by
# the words in their titles (statistics of published transcriptions: title 282, overworld 122, town
# 150, dungeon 165, battle 216, boss 246, shop 33, clear 293, game over 195, ending 254 pieces).
# The leads of dungeon, battle and boss lie 1.5 to 3 semitones above their medians: takes whose tune
# lay among its accompaniment were marked half a point lower.
# Tempi, modes, grooves, instruments and levels are chosen by ear, not measured. A calm scene is
# softer than a fight, as in games.
SCENES: dict[str, Scene] = {
    "title": Scene(
        ("heroic",), Range(112, 138), ("major", "mixolydian", "minor"),
        11.4, 2.50, 70, "march", "brass", "reed", "triangle", bars=24, level_db=-1.0,
    ),
    "overworld": Scene(
        ("bright",), Range(116, 144), ("major", "mixolydian", "dorian"),
        11.1, 2.46, 69, "rock", "reed", "echo", "triangle", bars=32, level_db=-1.0,
    ),
    "town": Scene(
        ("calm",), Range(92, 116), ("major", "lydian", "mixolydian"),
        11.1, 2.54, 71, "ballad", "square", "pluck", "triangle", bars=24, level_db=-3.0,
    ),
    "dungeon": Scene(
        ("mysterious",), Range(84, 108), ("minor", "dorian", "phrygian"),
        11.2, 2.30, 69, "pulse", "thin", "bell", "triangle", bars=24, level_db=-3.0,
    ),
    "battle": Scene(
        ("tense",), Range(138, 164), ("minor", "dorian", "phrygian"),
        14.9, 2.56, 69, "drive", "reed", "thin", "triangle_short", bars=24,
    ),
    "boss": Scene(
        ("frantic", "dark"), Range(150, 176), ("minor", "dorian", "phrygian"),
        21.6, 2.67, 69, "gallop", "brass", "thin", "triangle_short", bars=32,
    ),
    "shop": Scene(
        ("playful",), Range(104, 128), ("major", "mixolydian", "lydian"),
        10.4, 2.22, 69, "shuffle", "pluck", "square", "triangle_short", bars=16, level_db=-3.0,
    ),
    "victory": Scene(
        ("triumphant",), Range(126, 152), ("major", "mixolydian"),
        11.0, 2.60, 72, "march", "brass", "square", "triangle", bars=4, loops=False,
    ),
    "game_over": Scene(
        ("sad",), Range(66, 86), ("minor", "phrygian"),
        10.5, 2.57, 71, "none", "bell", "pad", "triangle", bars=4, loops=False, level_db=-4.0,
    ),
    "credits": Scene(
        ("triumphant", "calm"), Range(96, 122), ("major", "lydian", "mixolydian"),
        9.8, 2.53, 71, "ballad", "echo", "pad", "triangle", bars=32, level_db=-1.0,
    ),
}  # fmt: skip

# Faster, denser and higher music is more aroused; the mode determines whether it is pleasant (the
# two axes on which studies of emotion in music agree). The step sizes are chosen by ear.
MOODS: dict[str, Mood] = {
    "calm": Mood(
        0.86, ("major", "lydian", "mixolydian", "dorian"), 0.75, -0.2, 0, "ballad", "square", "pad",
        fades=True,
    ),
    "bright": Mood(1.04, ("major", "lydian", "mixolydian"), 1.0, 0.0, 2, None, "square"),
    "heroic": Mood(
        1.02, ("major", "mixolydian", "dorian"), 1.05, 0.1, 1, "march", "brass",
        dynamics_factor=1.0,
    ),
    "tense": Mood(
        1.08, ("minor", "phrygian", "dorian"), 1.15, 0.0, -1, "drive", "thin",
        dynamics_factor=0.7,
    ),
    "dark": Mood(0.95, ("minor", "phrygian", "locrian"), 0.95, 0.0, -2, None, "thin", fades=True),
    "playful": Mood(
        1.06, ("major", "mixolydian", "lydian"), 1.05, -0.2, 2, "shuffle", "pluck",
        bass="triangle_short",
    ),
    "sad": Mood(
        0.8, ("minor", "dorian", "phrygian"), 0.7, -0.1, 0, "pulse", "echo", "pad",
        dynamics_factor=1.1, fades=True,
    ),
    "triumphant": Mood(
        1.04, ("major", "mixolydian", "lydian"), 1.1, 0.2, 3, "march", "brass",
        dynamics_factor=1.1,
    ),
    "mysterious": Mood(
        0.9, ("dorian", "phrygian", "lydian", "minor", "locrian"), 0.75, -0.2, -1,
        "pulse", "bell", "echo", dynamics_factor=1.0,
    ),
    "frantic": Mood(
        1.18, ("minor", "phrygian", "locrian", "mixolydian"), 1.35, 0.1, 1, "gallop",
        bass="triangle_short", dynamics_factor=0.45,
    ),
}  # fmt: skip

TEMPO_LIMITS = Range(30, 300)
"""The slowest and the fastest tempo of a manifest, in quarter notes per minute."""

# The transcriptions write arpeggios and echoes as notes; here instruments play them, so a range
# starts well under the median. Half of the pieces lie above it, so a range ends there too.
_DENSITY_LOW_SHARE, _DENSITY_HIGH_SHARE = 0.4, 1.3
# The transcriptions have no tempo: in slower scenes, two of their beats are taken as one.
_COUNTED_TEMPO = 120.0
DENSITY_MAX = 8.0
"""The most onsets per beat; beyond it three voices only trill."""

DENSITY_LIMITS = Range(0.5, DENSITY_MAX)
POLYPHONY_LIMITS = Range(1.2, 3.0)
REGISTER_LIMITS = Range(40, 90)
"""The range of the top line's median pitch: E2 to F#6, above the bass and below shrill pitches."""

_LEAD_HALF_WIDTH = 5.0

# Grooves that do not work in other metres, and their replacements there.
_METRE_GROOVES = {
    "3/4": dict.fromkeys(("pulse", "ballad", "march", "shuffle"), "waltz"),
    **dict.fromkeys(
        ("6/8", "9/8", "12/8"),
        dict.fromkeys(
            ("pulse", "ballad", "march", "rock", "drive", "gallop", "shuffle"), "six_eight"
        ),
    ),
}


def character(
    scene: str,
    moods: tuple[str, ...] = (),
    metre: str = "4/4",
    own_moods: Sequence[OwnMood] = (),
) -> Preset:
    """Return the character of the scene, shifted by the moods.

    A scene's row already includes its own moods, so only other moods shift it. Mood number n (from
    1) counts 1/n: tempo and density are multiplied by factor ** (1/n), polyphony and the lead's
    pitch move by shift / n. Modes narrow to those that each mood shares with the remaining ones; if
    none are shared, the first mood's modes are used. Groove and instruments are those of the first
    mood that sets one; for one of the scene's own moods, those of the scene.

    A mood in `own_moods` acts like the built-in mood that it starts from, except for its own
    ranges: as mood number n each of them moves the range 1/n of the way towards itself. KeyError
    for an unknown name.
    """
    row = SCENES[scene]
    own = {mood.name: mood for mood in own_moods}
    shifting: list[tuple[Mood, float]] = []
    voices: list[Scene | Mood] = []
    for place, name in enumerate(moods, 1):
        mood = _mood(name, row, own)
        if mood is not None:
            shifting.append((mood, 1 / place))
            voices.append(mood)
        if _like(name, own) in row.moods:
            voices.append(row)
    return Preset(
        tempo=_tempo(row, shifting),
        modes=_modes(row, shifting),
        character=_character(row, shifting, [*voices, row], metre),
        bars=row.bars,
        loops=row.loops,
    )


def _like(name: str, own: Mapping[str, OwnMood]) -> str:
    """Return the built-in name that a custom one is like; any other name as it is."""
    return own[name].like if name in own else name


def _mood(name: str, row: Scene, own: Mapping[str, OwnMood]) -> Mood | None:
    """Return a mood's change of the row; None if the row already includes the mood."""
    like = _like(name, own)
    base = None if like in row.moods else MOODS[like]
    return _on_top(own[name], base or Mood()) if name in own else base


def _on_top(own: OwnMood, base: Mood) -> Mood:
    """Return the built-in mood without the values that the custom mood sets itself."""
    return replace(
        base,
        tempo_factor=base.tempo_factor if own.tempo is None else 1.0,
        modes=own.modes or base.modes,
        density_factor=base.density_factor if own.density is None else 1.0,
        polyphony_shift=base.polyphony_shift if own.polyphony is None else 0.0,
        lead_shift=base.lead_shift if own.lead_pitch is None else 0.0,
        groove=own.groove or base.groove,
        lead=own.lead or base.lead,
        inner=own.inner or base.inner,
        bass=own.bass or base.bass,
        asks=own,
    )


def _asked(span: Range, shifting: list[tuple[Mood, float]], name: str) -> Range:
    """Return the range, moved towards the ranges that custom moods set.

    The first mood is applied last, so that its own range is used unchanged.
    """
    for mood, weight in reversed(shifting):
        asked: Range | None = getattr(mood.asks, name, None)
        if asked is not None:
            span = Range(
                round(span.low + (asked.low - span.low) * weight, 2),
                round(span.high + (asked.high - span.high) * weight, 2),
            )
    return span


def _tempo(row: Scene, shifting: list[tuple[Mood, float]]) -> Range:
    """Return a scene's tempo range, scaled by the moods and kept within the limits."""
    factor = math.prod(mood.tempo_factor**weight for mood, weight in shifting)
    low, high = (
        min(max(round(tempo * factor), TEMPO_LIMITS.low), TEMPO_LIMITS.high)
        for tempo in (row.tempo.low, row.tempo.high)
    )
    return _asked(Range(low, high), shifting, "tempo")


def _modes(row: Scene, shifting: list[tuple[Mood, float]]) -> tuple[str, ...]:
    """Return the modes that the moods leave of a scene's."""
    modes = row.modes
    for mood, weight in shifting:
        shared = tuple(mode for mode in mood.modes if mode in modes)
        modes = shared or (mood.modes if weight == 1 else ()) or modes
    return modes


def _character(
    row: Scene, shifting: list[tuple[Mood, float]], voices: list[Scene | Mood], metre: str
) -> Character:
    """Return the character of a scene's row, shifted by moods with their weights.

    voices: the rows from which groove and instruments are taken, by precedence.
    """
    factor = math.prod(mood.density_factor**weight for mood, weight in shifting)
    polyphony = row.polyphony + math.fsum(
        mood.polyphony_shift * weight for mood, weight in shifting
    )
    lead = row.lead_pitch + math.fsum(mood.lead_shift * weight for mood, weight in shifting)
    groove = _first([voice.groove for voice in voices])
    at_once = _clipped(polyphony - 0.6, polyphony + 0.4, POLYPHONY_LIMITS)
    register = Range(round(lead - _LEAD_HALF_WIDTH, 1), round(lead + _LEAD_HALF_WIDTH, 1))
    return Character(
        density=_asked(_density(row, factor), shifting, "density"),
        polyphony=_asked(at_once, shifting, "polyphony"),
        lead_pitch=_asked(register, shifting, "lead_pitch"),
        groove=_METRE_GROOVES.get(metre, {}).get(groove, groove),
        lead=_first([voice.lead for voice in voices]),
        inner=_first([voice.inner for voice in voices]),
        bass=_first([voice.bass for voice in voices]),
    )


def _density(row: Scene, factor: float) -> Range:
    """Return onsets per beat: measured notes per second divided by the scene's beats per second."""
    tempo = max(row.tempo.middle, _COUNTED_TEMPO)
    median = row.notes_per_second / (tempo / 60) * factor
    return _clipped(median * _DENSITY_LOW_SHARE, median * _DENSITY_HIGH_SHARE, DENSITY_LIMITS)


def _clipped(low: float, high: float, limits: Range) -> Range:
    """Return the range with both ends within the limits."""
    bottom, top = (round(min(max(end, limits.low), limits.high), 2) for end in (low, high))
    return Range(bottom, top)


def _first(names: list[str | None]) -> str:
    """Return the first name that is set."""
    return next(name for name in names if name is not None)
