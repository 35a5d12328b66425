"""Which music should sound: scenes and a clock in, changes of track out. Plays nothing itself.

Scenes of a higher level lie over those of a lower one, as a battle over the overworld: the lower
one's music is kept and goes on where it was left. Scenes of one level replace each other.

Over the music of the scenes may lie one sting, and the game may duck the music and set its
intensity: see `Balance`. What a higher scene, a sting and the game ask for never cancel each other:
scenes decide the track, stings and ducking its volume, the deeper of the two, intensity its layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from .balance import Balance, Sting
from .library import Library
from .log import warn
from .tracks import Track, TrackNotFoundError

LEVELS: Mapping[str, int] = {"shop": 1, "battle": 2, "boss": 2, "victory": 2, "menu": 3}
"""How high a scene lies; those not named are on the ground, 0."""

When = Literal["now", "beat", "bar", "section"]
"""At once, or at the next beat, bar line or start of a section of what plays."""

_RELOAD_FADE_MS = 200
_SWAP_FADE_MS = 40


@dataclass(frozen=True, slots=True)
class Rule:
    """How the music goes from one scene to another: `*` stands for any; when and how softly."""

    from_scene: str
    to_scene: str
    when: When
    fade_ms: int


DEFAULT_RULES = (
    Rule("*", "battle", "now", 120),
    Rule("*", "boss", "now", 120),
    Rule("*", "victory", "now", 60),
    Rule("*", "game_over", "now", 400),
    Rule("town", "shop", "bar", 400),
    Rule("shop", "town", "bar", 400),
    Rule("*", "*", "now", 800),
)
"""The first rule that fits decides."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of track: at `at_ms`, crossfade to `track` at `from_sample`.

    track is None for silence. `keeps_old` says that the track that sounded will be wanted again
    where it is at the end of its fade. `keeps_place` says that the track goes on in the bar in
    which the one before it is.
    """

    at_ms: int
    scene: str
    track: Track | None
    from_sample: int
    fade_ms: int
    keeps_old: bool
    reason: str
    keeps_place: bool = False


@dataclass(frozen=True, slots=True)
class _Sounding:
    scene: str
    track: Track
    since_ms: int
    from_sample: int


class Director:
    """Follows the game's scenes and says, when asked with the time, which change is due.

    Times are whole milliseconds of any clock that does not run backwards.
    """

    def __init__(
        self,
        library: Library,
        rules: tuple[Rule, ...] = DEFAULT_RULES,
        levels: Mapping[str, int] = LEVELS,
    ) -> None:
        self._library = library
        self._rules = rules
        self._levels = levels
        self._stack: list[str] = []
        self._left_at: dict[str, int] = {}
        self._sounding: _Sounding | None = None
        self._fading: _Sounding | None = None
        self._fades_until_ms = 0
        self._pending: Change | None = None
        self._paused_at_ms: int | None = None
        self._unserved: set[str] = set()
        self._balance = Balance()

    @property
    def scene(self) -> str:
        """The scene the game is in, "" before the first."""
        return self._stack[-1] if self._stack else ""

    @property
    def playing(self) -> Track | None:
        """The track that sounds, or None."""
        return self._sounding.track if self._sounding else None

    @property
    def pending(self) -> Change | None:
        """The change that is decided but not yet due, or None."""
        return self._pending

    @property
    def is_paused(self) -> bool:
        """Whether the music stands still."""
        return self._paused_at_ms is not None

    @property
    def sounding_sting(self) -> Sting | None:
        """The sting that sounds, or None."""
        return self._balance.sting

    def position_samples(self, now_ms: int) -> int:
        """Return how far the sounding track is, in samples since its start; 0 in silence."""
        if self._sounding is None:
            return 0
        return _position(self._sounding, self._stand_ms(now_ms))

    def correct_position(self, position_samples: int, now_ms: int) -> None:
        """Take a player's word for how far the sounding track is."""
        if self._sounding is not None:
            self._sounding = replace(self._sounding, since_ms=now_ms, from_sample=position_samples)

    def enter(self, scene: str, now_ms: int) -> None:
        """Be in a scene from now on: over lower ones, in place of equal ones, back to a kept one.

        A scene that no track serves leaves the music as it is and logs one line.
        """
        before = self.scene
        if scene in self._stack:
            del self._stack[self._stack.index(scene) + 1 :]
        else:
            level = self._levels.get(scene, 0)
            while self._stack and self._levels.get(self.scene, 0) >= level:
                self._stack.pop()
            self._stack.append(scene)
        if self.scene != before:
            self._plan(before, now_ms)

    def leave(self, now_ms: int) -> None:
        """Leave the scene for the one below it, which goes on; the last one cannot be left."""
        if len(self._stack) > 1:
            before = self._stack.pop()
            self._plan(before, now_ms)

    def stop(self, now_ms: int, fade_ms: int = 800) -> None:
        """Fade to silence and forget every scene; entering one starts anew."""
        self._stack.clear()
        self._balance.end_sting(now_ms)
        self._pending = Change(now_ms, "", None, 0, fade_ms, keeps_old=False, reason="stopped")

    def sting(self, name: str, now_ms: int, when: When = "now", priority: int = 0) -> None:
        """Play a track, or a scene's track, once over the music, which is ducked meanwhile.

        There is one sting at a time: a new one takes the place of one of the same or a lower
        priority, and is dropped under one of a higher. One that is the music already is dropped
        too. A name that nothing answers to logs one line.
        """
        track = self._find_sting(name)
        if track is None or track is self.playing:
            return
        at_ms = self._line_ms(when, now_ms)
        length_ms = -(-track.samples * 1000 // track.sample_rate_hz)
        self._balance.ask_sting(Sting(at_ms, length_ms, track, priority, f"sting {name!r}"))

    def duck(self, now_ms: int, by_db: float = 12.0, fade_ms: int = 150) -> None:
        """Lower the music by so many decibels within `fade_ms`, until told otherwise; 0 is back."""
        self._balance.duck(now_ms, by_db, fade_ms)

    def intensity(self, level: float, now_ms: int, fade_ms: int = 600) -> None:
        """Go to this intensity, 0..1 (others are cut off), within `fade_ms`; at first it is 1.

        Of a track with layers it decides how many sound. A track without plays as it is, and the
        first time that it would matter one line is logged.
        """
        self._balance.intensity(level, now_ms, fade_ms)

    def layer_gains(self, track: Track, now_ms: int) -> tuple[float, ...]:
        """Return the amplitude 0..1 of each of the track's layers, () where it has none."""
        return self._balance.layer_gains(track, self._stand_ms(now_ms))

    def music_gain(self, now_ms: int) -> float:
        """Return the amplitude 0..1 that ducking leaves of the music."""
        return self._balance.music_gain(self._stand_ms(now_ms))

    def pause(self, now_ms: int) -> None:
        """Let the music stand still: nothing becomes due until `resume`."""
        if self._paused_at_ms is None:
            self._paused_at_ms = now_ms

    def resume(self, now_ms: int) -> None:
        """Go on where `pause` stopped, as if no time had passed."""
        if self._paused_at_ms is None:
            return
        lost_ms = now_ms - self._paused_at_ms
        self._paused_at_ms = None
        self._balance.delay(lost_ms)
        if self._sounding is not None:
            since_ms = self._sounding.since_ms + lost_ms
            self._sounding = replace(self._sounding, since_ms=since_ms)
        if self._pending is not None:
            self._pending = replace(self._pending, at_ms=self._pending.at_ms + lost_ms)

    def reload(self, library: Library, now_ms: int) -> None:
        """Choose from this library from now on.

        If that means another track for the scene, it takes over at the next bar line: in the same
        bar if both have as many, else from its start. A track that is the very same goes on.
        """
        self._library = library
        self._unserved.clear()
        if self.scene:
            self._plan(self.scene, now_ms)
        if self._pending is not None and self._pending.scene == self.scene:
            at_ms = self._line_ms("bar", now_ms)
            new, old = self._pending.track, self.playing
            self._pending = replace(
                self._pending,
                at_ms=at_ms,
                fade_ms=_RELOAD_FADE_MS,
                reason=f"reloaded: {self._pending.reason}",
                keeps_place=new is not None and old is not None and new.bars == old.bars,
            )

    def swap(self, track: Track, now_ms: int, reason: str = "swapped") -> None:
        """Let this track, of any library, take over in the same bar at the next bar line.

        For comparing: the scene keeps its own track, which plays when it is entered again. Until
        the track is ready the old one plays on, to a bar line. Does nothing in silence.
        """
        if self._sounding is None or self._sounding.track is track:
            self._pending = None
            return
        self._pending = Change(
            self._line_ms("bar", now_ms),
            self.scene,
            track,
            0,
            _SWAP_FADE_MS,
            keeps_old=False,
            reason=reason,
            keeps_place=True,
        )

    def update(
        self, now_ms: int, is_ready: Callable[[Track], bool] = lambda _track: True
    ) -> Change | None:
        """Return the change that takes effect now, if one is due and its track is ready."""
        change = self._pending
        if change is None or self.is_paused or now_ms < change.at_ms:
            return None
        if change.track is not None and not is_ready(change.track):
            if change.keeps_place:  # late for this bar line, it waits for another
                self._pending = replace(change, at_ms=self._line_ms("bar", now_ms + 1))
            return None
        self._pending = None
        return self._commit(replace(change, at_ms=now_ms))

    def update_sting(
        self, now_ms: int, is_ready: Callable[[Track], bool] = lambda _track: True
    ) -> Sting | None:
        """Return the sting that begins now, if one is due and ready; end the one that is over."""
        if self.is_paused:
            return None
        if self.playing is not None:
            self._balance.notice(self.playing)
        return self._balance.update(now_ms, is_ready)

    def _find_sting(self, name: str) -> Track | None:
        named = next((track for track in self._library.tracks if track.name == name), None)
        if named is not None:
            return named
        try:
            return self._library.for_scene(name).track
        except TrackNotFoundError as error:
            if name not in self._unserved:
                warn("%s; there is no such sting", error)
            self._unserved.add(name)
            return None

    def _stand_ms(self, now_ms: int) -> int:
        return now_ms if self._paused_at_ms is None else self._paused_at_ms

    def _plan(self, before: str, now_ms: int) -> None:
        scene = self.scene
        try:
            match = self._library.for_scene(scene)
        except TrackNotFoundError as error:
            if scene not in self._unserved:
                warn("%s; the music stays as it is", error)
            self._unserved.add(scene)
            return
        if self._sounding is not None and self._sounding.track is match.track:
            self._pending = None
            self._sounding = replace(self._sounding, scene=scene)
            return
        rule = self._find_rule(before, scene)
        at_ms = self._line_ms(rule.when, now_ms)
        reason = f"{before or 'start'} to {scene}: {match.reason}"
        self._pending = Change(
            at_ms, scene, match.track, 0, rule.fade_ms, keeps_old=False, reason=reason
        )

    def _find_rule(self, before: str, after: str) -> Rule:
        for rule in self._rules:
            if rule.from_scene in ("*", before) and rule.to_scene in ("*", after):
                return rule
        return Rule("*", "*", "now", 0)

    def _line_ms(self, when: When, now_ms: int) -> int:
        if self._sounding is None or when == "now":
            return now_ms
        position = self.position_samples(now_ms)
        track = self._sounding.track
        if track.is_over(position):
            return now_ms
        find_line = {
            "beat": track.next_beat_sample,
            "bar": track.next_bar_sample,
            "section": track.next_section_sample,
        }[when]
        return now_ms - ((position - find_line(position)) * 1000 // track.sample_rate_hz)

    def _commit(self, change: Change) -> Change:
        old, keeps_old = self._sounding, False
        if old is not None and old.scene in self._stack and old.scene != change.scene:
            self._left_at[old.scene] = _position(old, change.at_ms + change.fade_ms)
            keeps_old = True
        start = self._left_at.pop(change.scene, 0)
        self._left_at = {s: at for s, at in self._left_at.items() if s in self._stack}
        self._sounding = None
        if change.track is not None:
            if change.keeps_place and old is not None:
                start = change.track.same_place(old.track, _position(old, change.at_ms))
            start = self._find_start(change.track, start, change.at_ms)
            self._sounding = _Sounding(change.scene, change.track, change.at_ms, start)
        self._fading, self._fades_until_ms = old, change.at_ms + change.fade_ms
        return replace(change, from_sample=start, keeps_old=keeps_old)

    def _find_start(self, track: Track, left_at: int, now_ms: int) -> int:
        """Where the track goes on: where it was left, or, still fading out, where it is by now."""
        fading = self._fading
        if fading is not None and fading.track is track and now_ms < self._fades_until_ms:
            left_at = _position(fading, now_ms)
        return 0 if track.is_over(left_at) else left_at


def _position(sounding: _Sounding, now_ms: int) -> int:
    played_ms = max(now_ms - sounding.since_ms, 0)
    return sounding.from_sample + played_ms * sounding.track.sample_rate_hz // 1000
