"""What sounds, its position, and the kept positions of each scene's music."""

from __future__ import annotations

from collections.abc import Mapping

from .rules import When
from .scenes import SceneStack
from .tracks import Track
from .values import Value


class Change(Value):
    """A change of track: at `at_ms`, crossfade to `track` at `from_sample`.

    track is None for silence. `keeps_old`: the old track will continue later from where it is at
    the end of its fade. `keeps_place`: the new track continues in the bar where the old one is.
    `is_apart`: the old one fades out first; such a change is taken in two, to silence and then to
    the track. `when`: the line on which it begins; if the track is not ready there, the next one.
    """

    at_ms: int
    scene: str
    track: Track | None
    from_sample: int
    fade_ms: int
    keeps_old: bool
    reason: str
    keeps_place: bool = False
    is_apart: bool = False
    is_jump: bool = False
    when: When = "now"


class Sounding(Value):
    """A track that sounds for a scene, and its position at a time."""

    scene: str
    track: Track
    since_ms: int
    from_sample: int

    def position(self, now_ms: int) -> int:
        """Return the position in the track, in samples from its start."""
        played_ms = max(now_ms - self.since_ms, 0)
        return self.from_sample + played_ms * self.track.sample_rate_hz // 1000

    def delay(self, lost_ms: int) -> Sounding:
        """Return the sounding track as if it had started `lost_ms` later."""
        return self.replace(since_ms=self.since_ms + lost_ms)


class Playback:
    """The sounding track, those before it while they fade out, and the kept ones."""

    def __init__(self) -> None:
        self._sounding: Sounding | None = None
        self._fading: tuple[tuple[Sounding, int], ...] = ()  # each with the end of its fade, in ms
        self._left_at: dict[str, tuple[Track, int]] = {}

    @property
    def track(self) -> Track | None:
        """The track that sounds, or None."""
        return self._sounding.track if self._sounding else None

    @property
    def scene(self) -> str:
        """The scene whose music sounds, "" in silence."""
        return self._sounding.scene if self._sounding else ""

    def position(self, now_ms: int) -> int:
        """Return the position of the sounding track; 0 in silence."""
        return self._sounding.position(now_ms) if self._sounding else 0

    def correct(self, position_samples: int, now_ms: int) -> None:
        """Set the position of the sounding track."""
        if self._sounding is not None:
            self._sounding = self._sounding.replace(since_ms=now_ms, from_sample=position_samples)

    def assign_to(self, scene: str) -> None:
        """Make the sounding track the music of this scene."""
        if self._sounding is not None:
            self._sounding = self._sounding.replace(scene=scene)

    def places(self, now_ms: int) -> dict[str, tuple[Track, int]]:
        """Return, by scene, the track that sounds or is kept for it, and its sample."""
        places = {scene: (track, track.wrap(at)) for scene, (track, at) in self._left_at.items()}
        if self._sounding is not None:
            track = self._sounding.track
            places[self._sounding.scene] = track, track.wrap(self.position(now_ms))
        return places

    def restore(self, places: Mapping[str, tuple[Track, int]]) -> None:
        """Keep these positions for these scenes' music; forget what sounds."""
        self._left_at = dict(places)
        self.assign_to("")
        self._fading = ()

    def delay(self, lost_ms: int) -> None:
        """Shift all times by `lost_ms`."""
        self._sounding = self._sounding and self._sounding.delay(lost_ms)
        self._fading = tuple((old.delay(lost_ms), end + lost_ms) for old, end in self._fading)

    def line_ms(self, when: When, now_ms: int) -> int:
        """Return the time of the next beat, bar or section line of what sounds; now in silence."""
        if self._sounding is None or when == "now":
            return now_ms
        position, track = self.position(now_ms), self._sounding.track
        if track.is_over(position):
            return now_ms
        find_line = {
            "beat": track.next_beat_sample,
            "bar": track.next_bar_sample,
            "section": track.next_section_sample,
        }[when]
        return now_ms - ((position - find_line(position)) * 1000 // track.sample_rate_hz)

    def take(self, change: Change, kept_scenes: SceneStack) -> Change:
        """Apply the change, and return it with the sample where the track starts.

        The old track is kept, where it is at the end of its fade, if its scene is kept.
        """
        old, keeps_old = self._sounding, False
        if old is not None and old.scene in kept_scenes and old.scene != change.scene:
            self._left_at[old.scene] = old.track, old.position(change.at_ms + change.fade_ms)
            keeps_old = True
        start, self._sounding = 0, None
        if change.track is not None:
            start = self._find_start(change, change.track, old)
            self._sounding = Sounding(change.scene, change.track, change.at_ms, start)
        self._left_at = {s: left for s, left in self._left_at.items() if s in kept_scenes}
        self._fading = tuple(fading for fading in self._fading if fading[1] > change.at_ms)
        if old is not None:
            self._fading += ((old, change.at_ms + change.fade_ms),)
        return change.replace(from_sample=start, keeps_old=keeps_old)

    def _find_start(self, change: Change, track: Track, old: Sounding | None) -> int:
        """Return where the track starts.

        Where it was left, or, if it still fades out, where it is now.
        """
        left, place = self._left_at.pop(change.scene, (track, 0))
        start = place if left is track else 0
        at_ms = change.at_ms
        fading = [one for one, end in self._fading if one.track is track and at_ms < end]
        if change.keeps_place and old is not None:
            start = track.same_place(old.track, old.position(at_ms))
        elif fading and not change.is_jump:
            start = fading[-1].position(at_ms)
        return 0 if track.is_over(start) else start
