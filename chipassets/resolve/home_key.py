"""The home of a game: the key and tempo near which tracks without a key or tempo are placed.

Scenes follow one another in any order, so every track is planned around the same centre: any two
then share most of their scale, and their tempi have a simple ratio.
"""

from __future__ import annotations

from fractions import Fraction

from chipassets.manifest import Manifest, settings_of
from chipassets.music.keys import Key
from chipassets.plan.trackplan import HomeKey, Range
from chipassets.seeds import derive_rng
from chipassets.units import OCTAVE

_HOME_TEMPI = (108, 114, 120, 126, 132)
"""From these tempi, simple ratios reach the range of every scene, mostly with whole numbers."""

# From the simplest to the least simple ratio that is still heard as a common pulse.
_RATIOS = tuple(
    Fraction(above, below)
    for above, below in (
        (1, 1), (2, 1), (1, 2), (3, 2), (2, 3), (4, 3), (3, 4),
        (5, 4), (4, 5), (5, 3), (3, 5), (6, 5), (5, 6),
    )
)  # fmt: skip
_SIMPLE_SIDE = 6
"""The largest number in a ratio that counts as simple."""

_NEAR_FIFTHS = (0, 1, -1)
"""Two tracks are at most two fifths apart: they share five of seven tones."""


def find_home_key(manifest: Manifest, seed: int, plan_version: int) -> HomeKey:
    """Return the first key that a track sets, and the tempo of the first track.

    The seed draws what is not set. Only the first track's tempo counts, so that changing another
    track leaves the rest of the game as it is; a length in seconds sets no tempo here.
    """
    rng = derive_rng(seed, "plan", plan_version)
    tonic_draw, tempo_draw = float(rng.random()), float(rng.random())
    settings = [settings_of(manifest, name) for name in manifest.tracks]
    keys = (own.key for own in settings if own.key is not None)
    tempi = (own.tempo.low for own in settings[:1] if own.tempo.low == own.tempo.high)
    drawn = _HOME_TEMPI[int(tempo_draw * len(_HOME_TEMPI))]
    return HomeKey(
        key=next(keys, Key(int(tonic_draw * OCTAVE), "major")),
        tempo_millibpm=round(next(tempi, drawn) * 1000),
    )


def near_key(home: HomeKey, mode: str, draw: float) -> Key:
    """Return a key of the mode whose signature is at most a fifth from home's; draw in [0, 1)."""
    fifths = _NEAR_FIFTHS[int(draw * len(_NEAR_FIFTHS))]
    signature = home.key.canonical_shift + 7 * fifths
    return Key((signature - Key(0, mode).canonical_shift) % OCTAVE, mode)


def near_tempo(home: HomeKey, tempo: Range, draw: float) -> int:
    """Return a tempo of the range in thousandths of a bpm, in a simple ratio to home's.

    draw: in [0, 1). If the range has no such tempo: a whole number of bpm, else its middle.
    """
    fitting = [
        round(home.tempo_millibpm * ratio)
        for ratio in _RATIOS
        if tempo.low * 1000 <= round(home.tempo_millibpm * ratio) <= tempo.high * 1000
    ]
    if fitting:
        return fitting[int(draw * len(fitting))]
    low, high = -int(-tempo.low // 1), int(tempo.high // 1)
    if low > high or tempo.low == tempo.high:
        return round((tempo.low + draw * (tempo.high - tempo.low)) * 1000)
    return (low + int(draw * (high - low + 1))) * 1000


def tempo_ratio(home: HomeKey, tempo_millibpm: int) -> Fraction | None:
    """Return the ratio of a tempo to home's if it is simple to a thousandth, else None."""
    ratio = Fraction(tempo_millibpm, home.tempo_millibpm).limit_denominator(_SIMPLE_SIDE)
    near = abs(ratio * home.tempo_millibpm - tempo_millibpm) <= home.tempo_millibpm / 1000
    return ratio if near and 0 < ratio.numerator <= _SIMPLE_SIDE else None


def fifths_apart(home: HomeKey, key: Key) -> int:
    """Return the distance of a key from the home key in fifths, -5..+6: the sharps that it adds."""
    semitones = key.canonical_shift - home.key.canonical_shift
    return (7 * semitones + 5) % OCTAVE - 5
