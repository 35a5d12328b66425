"""Decides which music should sound, from scenes and a clock. Plays nothing itself.

Scenes of a higher level lie over those of a lower one, as a battle over the overworld: the lower
scene's music is kept and continues later. Scenes of the same level replace each other.

One sting may play over the music of the scenes, and the game may duck the music and set its
intensity: see `Balance`. These never cancel each other: scenes decide the track; stings and ducking
its volume, the lower of the two; intensity its layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from .balance import Balance, Sting
from .library import Library
from .log import warn
from .playback import Change, Playback
from .rules import AS_RULED, DEFAULT_RULES, LEVELS, Manner, Rule, When, check_when, find_rule
from .saved import SavedState, read_state
from .scenes import SceneStack
from .tracks import Track, TrackNotFoundError

_RELOAD_FADE_MS = 200
_SWAP_FADE_MS = 40


class Director:
    """Follows the game's scenes and returns, when asked with the time, the change that is due.

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
        self._stack = SceneStack(levels)
        self._playback = Playback()
        self._pending: Change | None = None
        self._paused_at_ms: int | None = None
        self._unserved: set[str] = set()
        self._balance = Balance()

    @property
    def scene(self) -> str:
        """The scene the game is in, "" before the first."""
        return self._stack.top

    @property
    def playing(self) -> Track | None:
        """The track that sounds, or None."""
        return self._playback.track

    @property
    def pending(self) -> Change | None:
        """The change that is decided but not due yet, or None."""
        return self._pending

    @property
    def is_paused(self) -> bool:
        """Whether the music is paused."""
        return self._paused_at_ms is not None

    @property
    def sounding_sting(self) -> Sting | None:
        """The sting that sounds, or None."""
        return self._balance.sting

    def position_samples(self, now_ms: int) -> int:
        """Return the position of the sounding track in samples since its start; 0 in silence."""
        return self._playback.position(self._music_ms(now_ms))

    def correct_position(self, position_samples: int, now_ms: int) -> None:
        """Set the position of the sounding track, as a player measured it."""
        self._playback.correct(position_samples, now_ms)

    def enter(
        self,
        scene: str,
        now_ms: int,
        moods: Iterable[str] = (),
        manner: Manner = AS_RULED,
    ) -> None:
        """Enter a scene: over lower ones, in place of one of the same level, or back to a kept one.

        If the scene has several tracks, the one with the most of the moods plays; entering the same
        scene with other moods may change it. A scene without a track leaves the music as it is and
        logs one line.
        """
        before = self.scene
        if isinstance(moods, str):  # one mood, as every other player takes it
            moods = (moods,)
        if self._stack.enter(scene, tuple(moods)):
            self._plan(before, self._music_ms(now_ms), manner)

    def leave(self, now_ms: int, manner: Manner = AS_RULED) -> None:
        """Leave the scene for the one below it, whose music continues.

        The last one cannot be left.
        """
        before = self.scene
        if self._stack.leave():
            self._plan(before, self._music_ms(now_ms), manner)

    def state(self, now_ms: int) -> dict[str, object]:
        """Return the scenes, the position of each one's music, intensity and ducking.

        See `saved.py`.
        """
        now_ms = self._music_ms(now_ms)
        playing, served = self._playback.track, self._playback.scene
        position = 0 if playing is None else playing.wrap(self._playback.position(now_ms))
        return SavedState(
            scenes=self._stack.entries,
            places={s: (t.name, at) for s, (t, at) in self._playback.places(now_ms).items()},
            playing=None if playing is None else (served, playing.name, position),
            intensity=self._balance.level,
            duck_db=self._balance.ducked_db,
        ).to_json()

    def restore(self, state: object, now_ms: int, fade_ms: int = 800) -> None:
        """Restore a `state`: its scenes, and the music of each at its position.

        A position in a track that this library lacks is dropped: its scene begins from the start.
        Raises ValueError for a value that is not a `state`.
        """
        saved = read_state(state)
        now_ms = self._music_ms(now_ms)
        tracks = {track.name: track for track in self._library.tracks}
        self._stack.restore(saved.scenes)
        self._balance.end_sting(now_ms)
        self._balance.restore(now_ms, saved.intensity, saved.duck_db)
        places = {s: (tracks[name], at) for s, (name, at) in saved.places.items() if name in tracks}
        scene, track, reason = self.scene, None, "restored: silence"
        try:
            match = self._library.for_scene(scene, *self._stack.moods)
            track, reason = match.track, f"restored: {match.reason}"
        except TrackNotFoundError:
            # In a scene without a track, the music of another scene continued.
            if saved.playing is not None and saved.playing[1] in tracks:
                scene, track = saved.playing[0], tracks[saved.playing[1]]
                places[scene] = track, saved.playing[2]
                reason = "restored: it went on"
        self._playback.restore(places)
        self._pending = Change(
            now_ms, scene, track, 0, fade_ms, keeps_old=False, reason=reason, is_jump=True
        )

    def stop(self, now_ms: int, fade_ms: int = 800) -> None:
        """Fade to silence and forget every scene; entering one then starts from the beginning."""
        now_ms = self._music_ms(now_ms)
        self._stack.clear()
        self._balance.end_sting(now_ms)
        self._pending = Change(now_ms, "", None, 0, fade_ms, keeps_old=False, reason="stopped")

    def sting(self, name: str, now_ms: int, when: When = "now", priority: int = 0) -> None:
        """Play a track, or a scene's track, once over the music, which is ducked meanwhile.

        There is one sting at a time: a new one replaces one of the same or a lower priority, and is
        dropped if one of a higher priority sounds. One that is the current music is dropped too. An
        unknown name logs one line.
        """
        check_when(when)
        now_ms = self._music_ms(now_ms)
        track = self._find_sting(name)
        if track is None or track is self.playing:
            return
        at_ms = self._playback.line_ms(when, now_ms)
        length_ms = -(-track.samples * 1000 // track.sample_rate_hz)
        self._balance.ask_sting(Sting(at_ms, length_ms, track, priority, f"sting {name!r}", when))

    def duck(self, now_ms: int, by_db: float = 12.0, fade_ms: int = 150) -> None:
        """Lower the music by `by_db` decibels within `fade_ms`, until the next call; 0 resets."""
        self._balance.duck(self._music_ms(now_ms), by_db, fade_ms)

    def intensity(self, level: float, now_ms: int, fade_ms: int = 600, when: When = "now") -> None:
        """Set the intensity, limited to 0..1, within `fade_ms`; initially it is 1.

        It begins at once or at the next musical line (`when`), unless another call comes before.
        For a track with layers it decides how many sound. A track without layers is unchanged, and
        the first time one line is logged.
        """
        check_when(when)
        now_ms = self._music_ms(now_ms)
        self._balance.intensity(level, now_ms, fade_ms, self._playback.line_ms(when, now_ms))

    def layer_gains(self, track: Track, now_ms: int) -> tuple[float, ...]:
        """Return the amplitude 0..1 of each of the track's layers, () if it has none."""
        return self._balance.layer_gains(track, self._music_ms(now_ms))

    def music_gain(self, now_ms: int) -> float:
        """Return the amplitude 0..1 of the music after ducking."""
        return self._balance.music_gain(self._music_ms(now_ms))

    def pause(self, now_ms: int) -> None:
        """Pause the music: nothing becomes due until `resume`."""
        if self._paused_at_ms is None:
            self._paused_at_ms = now_ms

    def resume(self, now_ms: int) -> None:
        """Continue where `pause` stopped, as if no time had passed."""
        if self._paused_at_ms is None:
            return
        lost_ms = now_ms - self._paused_at_ms
        self._paused_at_ms = None
        self._balance.delay(lost_ms)
        self._playback.delay(lost_ms)
        if self._pending is not None:
            self._pending = self._pending.replace(at_ms=self._pending.at_ms + lost_ms)

    def reload(self, library: Library, now_ms: int) -> None:
        """Choose from this library from now on.

        If the scene then has another track, that takes over at the next bar line: in the same bar
        if both have the same number of bars, else from its start. An equal track continues.
        """
        now_ms = self._music_ms(now_ms)
        self._library = library
        self._unserved.clear()
        if self.scene:
            self._plan(self.scene, now_ms)
        if self._pending is not None and self._pending.scene == self.scene:
            at_ms = self._playback.line_ms("bar", now_ms)
            new, old = self._pending.track, self.playing
            self._pending = self._pending.replace(
                at_ms=at_ms,
                fade_ms=_RELOAD_FADE_MS,
                is_apart=False,
                when="bar",
                reason=f"reloaded: {self._pending.reason}",
                keeps_place=new is not None and old is not None and new.bars == old.bars,
            )

    def swap(self, track: Track, now_ms: int, reason: str = "swapped") -> None:
        """Change to this track, of any library, at the next bar line, in the same bar.

        For comparing: the scene keeps its own track, which plays when it is entered again. Until
        the new track is ready the old one continues, to a bar line. Does nothing in silence.
        """
        if self.playing is None or self.playing is track:
            self._pending = None
            return
        self._pending = Change(
            self._playback.line_ms("bar", self._music_ms(now_ms)),
            self.scene,
            track,
            0,
            _SWAP_FADE_MS,
            keeps_old=False,
            reason=reason,
            keeps_place=True,
            when="bar",
        )

    def update(
        self,
        now_ms: int,
        is_ready: Callable[[Track], bool] = lambda _track: True,
        ahead_ms: int = 0,
    ) -> Change | None:
        """Return the change that takes effect now, if one is due and its track is ready.

        A player that can plan ahead also gets one that is due within `ahead_ms`: its `at_ms` is
        then in the future.
        """
        change = self._pending
        if change is None or self.is_paused or now_ms + ahead_ms < change.at_ms:
            return None
        if change.track is not None and not is_ready(change.track):
            if now_ms >= change.at_ms:  # it waits for the next line
                self._pending = change.replace(at_ms=self._next_line_ms(change.when, now_ms))
            return None
        self._pending = None
        change = change.replace(at_ms=max(change.at_ms, now_ms))
        if change.is_apart and self.playing is not None:
            self._pending = change.replace(at_ms=change.at_ms + change.fade_ms, is_apart=False)
            change = change.replace(track=None)
        return self._playback.take(change, self._stack)

    def update_sting(
        self,
        now_ms: int,
        is_ready: Callable[[Track], bool] = lambda _track: True,
        ahead_ms: int = 0,
    ) -> Sting | None:
        """Return the sting that begins now, if one is due and ready.

        Remove the one that has ended.
        """
        if self.is_paused:
            return None
        if self.playing is not None:
            self._balance.notice(self.playing)
        return self._balance.update(now_ms, is_ready, ahead_ms, self._next_line_ms)

    def _next_line_ms(self, when: When, now_ms: int) -> int:
        """Return the time of the next line after now, for what was not ready on this one."""
        return self._playback.line_ms(when, now_ms + 1)

    def _find_sting(self, name: str) -> Track | None:
        """Return the track for a sting's name; None, after one line in the log, if there is none.

        The name is a track's, else a scene's; of the scene's tracks one that matches the music that
        plays is preferred.
        """
        named = next((track for track in self._library.tracks if track.name == name), None)
        if named is not None:
            return named
        if self.playing is not None:
            fitting = (self.playing.name, name)
            for track in self._library.tracks:
                if (track.match, track.scene) == fitting:
                    return track
        try:
            return self._library.for_scene(name).track
        except TrackNotFoundError as error:
            if name not in self._unserved:
                warn("%s; there is no such sting", error)
            self._unserved.add(name)
            return None

    def _music_ms(self, now_ms: int) -> int:
        """Return the music's time: during a pause, the time at which it began."""
        return now_ms if self._paused_at_ms is None else self._paused_at_ms

    def _plan(self, before: str, now_ms: int, manner: Manner = AS_RULED) -> None:
        """Decide the change to the present scene's music, by its rule.

        before: the scene that was left.
        """
        scene = self.scene
        try:
            match = self._library.for_scene(scene, *self._stack.moods)
        except TrackNotFoundError as error:
            if scene not in self._unserved:
                warn("%s; the music stays as it is", error)
            self._unserved.add(scene)
            return
        # A jump of `restore` that was not made yet: what sounds is not what was saved.
        is_jump = self._pending is not None and self._pending.is_jump
        if self.playing is match.track and not is_jump:
            self._pending = None
            self._playback.assign_to(scene)
            return
        rule = manner.over(find_rule(self._rules, before, scene))
        keeps_place = not is_jump and (
            self.playing is not None and match.track.shares_bars(self.playing)
        )
        self._pending = Change(
            self._playback.line_ms(rule.when, now_ms),
            scene,
            match.track,
            0,
            0 if rule.how == "cut" else rule.fade_ms,
            keeps_old=False,
            reason=f"{before or 'start'} to {scene}: {match.reason}",
            keeps_place=keeps_place,
            is_apart=rule.how == "fade" and not keeps_place,
            is_jump=is_jump,
            when=rule.when,
        )
