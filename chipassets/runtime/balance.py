"""Volumes: stings over the music, ducking, intensity. Depends only on the times passed in."""

from __future__ import annotations

import math
from collections.abc import Callable

from .fades import Fade
from .log import warn
from .rules import When
from .tracks import Track
from .values import Value

STING_DUCK_DB = 12.0
_DUCK_MS = 80
_SILENT_DB = 200.0
"""The most decibels of ducking: beyond any sample's range, and the amplitude is still above 0."""
_RETURN_MS = 500


class Sting(Value):
    """A track that plays once over the music, from `at_ms` on, for `length_ms`.

    when: the line on which it begins; if the track is not ready there, the next one.
    """

    at_ms: int
    length_ms: int
    track: Track
    priority: int
    reason: str
    when: When = "now"


class Balance:
    """The waiting and the sounding sting, and the volumes at any time."""

    def __init__(self) -> None:
        self.sting: Sting | None = None
        self._waiting: Sting | None = None
        self._level = self._game_duck = self._sting_duck = Fade(0, 0, 1.0, 1.0)
        self._next_level: Fade | None = None
        self._told: set[str] = set()

    def ask_sting(self, sting: Sting) -> None:
        """Queue this sting for its time, unless one of a higher priority waits or sounds."""
        others = [other for other in (self.sting, self._waiting) if other is not None]
        if all(sting.priority >= other.priority for other in others):
            self._waiting = sting

    def end_sting(self, now_ms: int) -> None:
        """End the sting, and fade the music to its level again."""
        if self.sting is not None:
            self._sting_duck = self._sting_duck.turn(now_ms, _RETURN_MS, 1.0)
        self.sting = self._waiting = None

    def duck(self, now_ms: int, by_db: float, fade_ms: int) -> None:
        """Lower the music by `by_db` decibels within the fade; values below 0 count as 0."""
        gain = 10 ** (-min(max(by_db, 0.0), _SILENT_DB) / 20)
        self._game_duck = self._game_duck.turn(now_ms, fade_ms, gain)

    def intensity(self, level: float, now_ms: int, fade_ms: int, at_ms: int | None = None) -> None:
        """Fade the intensity to `level`, limited to 0..1, from `at_ms` on."""
        level = min(max(level, 0.0), 1.0) if level == level else 1.0
        at_ms = now_ms if at_ms is None else at_ms
        waits_until_ms = at_ms if self._next_level is None else self._next_level.start_ms
        # A game may call this every frame: a fade that restarted each time would never end.
        if level == self.level and at_ms >= waits_until_ms:
            return
        self._level = self._level_at(now_ms)
        self._next_level = self._level.turn(at_ms, fade_ms, level)

    @property
    def level(self) -> float:
        """The last requested intensity."""
        return (self._next_level or self._level).end

    @property
    def ducked_db(self) -> float:
        """The decibels by which the game lowers the music."""
        return abs(20 * math.log10(self._game_duck.end))

    def restore(self, now_ms: int, level: float, ducked_db: float) -> None:
        """Set this intensity and ducking at once, without a fade."""
        self.intensity(level, now_ms, 0)
        self.duck(now_ms, ducked_db, 0)

    def delay(self, lost_ms: int) -> None:
        """Shift all times by `lost_ms`, as after a pause."""
        if self.sting is not None:
            self.sting = self.sting.replace(at_ms=self.sting.at_ms + lost_ms)
        if self._waiting is not None:
            self._waiting = self._waiting.replace(at_ms=self._waiting.at_ms + lost_ms)
        self._level = self._level.delay(lost_ms)
        self._next_level = self._next_level and self._next_level.delay(lost_ms)
        self._game_duck = self._game_duck.delay(lost_ms)
        self._sting_duck = self._sting_duck.delay(lost_ms)

    def notice(self, track: Track) -> None:
        """Log one line for a track without layers whose intensity is set below 1."""
        is_less = self.level < 1
        if is_less and not track.layers and track.name not in self._told:
            self._told.add(track.name)
            warn("track %r has no layers; it plays whole at any intensity", track.name)

    def update(
        self,
        now_ms: int,
        is_ready: Callable[[Track], bool],
        ahead_ms: int = 0,
        next_line_ms: Callable[[When, int], int] = lambda _when, now_ms: now_ms,
    ) -> Sting | None:
        """Return the sting that begins now, or within `ahead_ms`; remove the one that has ended.

        next_line_ms: the time of the music's next line of a kind after a time.
        """
        if self.sting is not None and now_ms >= self.sting.at_ms + self.sting.length_ms:
            self.sting = None
            self._sting_duck = self._sting_duck.turn(now_ms, _RETURN_MS, 1.0)
        due = self._waiting
        if due is None or now_ms + ahead_ms < due.at_ms:
            return None
        if not is_ready(due.track):
            if now_ms >= due.at_ms:
                self._waiting = due.replace(at_ms=next_line_ms(due.when, now_ms))
            return None
        self.sting, self._waiting = due.replace(at_ms=max(due.at_ms, now_ms)), None
        self._sting_duck = self._sting_duck.turn(now_ms, _DUCK_MS, 10 ** (-STING_DUCK_DB / 20))
        return self.sting

    def music_gain(self, now_ms: int) -> float:
        """Return the amplitude 0..1 of the music.

        The lower one of the game's ducking and the sting's.
        """
        return min(self._game_duck.point(now_ms), self._sting_duck.point(now_ms))

    def layer_gains(self, track: Track, now_ms: int) -> tuple[float, ...]:
        """Return the amplitude 0..1 of each layer, () for a track without layers."""
        return spread(self._level_at(now_ms).point(now_ms), len(track.layers))

    def _level_at(self, now_ms: int) -> Fade:
        """Return the intensity fade that holds at a time; one that was requested later may wait."""
        coming = self._next_level
        return coming if coming is not None and now_ms >= coming.start_ms else self._level


def spread(level: float, layers: int) -> tuple[float, ...]:
    """Return the amplitude of each of `layers` layers at an intensity `level` in 0..1.

    The first always sounds. The others divide 0..1 evenly: each fades in over its part by the sine
    law, after those before it; at 1 all are full.
    """
    upper = max(layers - 1, 1)
    points = (level * upper - (number - 1) for number in range(1, layers))
    rising = tuple(math.sin(min(max(point, 0.0), 1.0) * math.pi / 2) for point in points)
    return (1.0, *rising) if layers else ()
