"""Plays what the director decides through pygame's mixer; without a mixer, keeps time in silence.

Every track is on a mixer channel, because two channels can overlap and the single music stream
cannot. A loop without an intro repeats inside the mixer. After an intro the loop is queued, and
queued again whenever the queue is free: the mixer continues without a gap. Each layer of a track
has a channel, and so has a sting.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from .channels import MixerChannels, Volumes
from .decoding import Decoder
from .director import Director
from .library import Library
from .log import warn
from .mixer import check_open, mixer_format, open_channels
from .playback import Change
from .rules import DEFAULT_RULES, LEVELS, How, Manner, Rule, When
from .soundclock import SoundClock
from .tracks import Track
from .values import Value

_VOICES = 6
"""Tracks with reserved mixer channels: two that crossfade, stings, and those kept for later.

A track with layers takes a channel for each, and may take those of kept tracks.
"""
_LAYERED_VOICES = 3
_MOST_AHEAD_MS = 50
_RECONNECT_FADE_MS = 200


def _read_clock() -> int:
    return time.monotonic_ns() // 1_000_000


class NowPlaying(Value):
    """What sounds: the track, the game's scene, and the position in the track counted from 0."""

    track: Track
    scene: str
    bar: int
    beat: int
    section: str


def _count_channels(tracks: Iterable[Track]) -> int:
    """Return how many mixer channels music of these tracks takes, with the one of the clock."""
    most_layers = max((len(track.layers) for track in tracks), default=0)
    return max(_VOICES, _LAYERED_VOICES * most_layers) + 1


class PygamePlayer:
    """The music of a game: enter scenes, and call `update` once a frame.

    Times are milliseconds of one clock, by default `clock`. The music's time follows the sound
    card: if that is late, what is due on a line of the music waits for it. `at_once` decodes in the
    calling thread and uses its clock unchanged, for runs that must not depend on the machine's
    speed.
    """

    def __init__(
        self,
        library: Library,
        rules: tuple[Rule, ...] = DEFAULT_RULES,
        *,
        levels: Mapping[str, int] = LEVELS,
        volume: float = 0.8,
        at_once: bool = False,
        clock: Callable[[], int] = _read_clock,
    ) -> None:
        self.library = library
        self.director = Director(library, rules, levels)
        self._volumes = Volumes(volume)
        self._at_once = at_once
        self._clock = clock
        self._unknown: set[str] = set()
        self._updated_ms = 0
        self._lag_ms = 0
        self._lag_read_ms = clock()
        self._reconnecting: Track | None = None
        self._connect()

    def _connect(self) -> None:
        """Reserve channels on the present mixer, and start decoding for it."""
        channels = open_channels(_count_channels(self.library.tracks))
        self._channel_count = len(channels)
        self._sound_clock: SoundClock | None = None
        if channels and not self._at_once:
            self._sound_clock = SoundClock(channels.pop(), mixer_format().rate_hz)
        self._decoder = Decoder(at_once=self._at_once)
        self._mixer_channels = MixerChannels(
            channels, self.director, self._volumes, self._decoder.sounds
        )

    @property
    def has_sound(self) -> bool:
        """Whether a mixer is open."""
        return self._mixer_channels.has_sound

    @property
    def is_loading(self) -> bool:
        """Whether requested tracks are still being decoded: for a loading screen.

        Call `update` while you wait: without threads, as in a browser, it decodes.
        """
        return self._decoder.is_busy

    @property
    def volume(self) -> float:
        """The overall amplitude, 0..1."""
        return self._volumes.overall

    @volume.setter
    def volume(self, volume: float) -> None:
        self._volumes.overall = volume

    @property
    def music_volume(self) -> float:
        """The amplitude of the music, 0..1, which `volume` multiplies; initially 1."""
        return self._volumes.music

    @music_volume.setter
    def music_volume(self, volume: float) -> None:
        self._volumes.music = volume

    @property
    def sting_volume(self) -> float:
        """The amplitude of the stings, 0..1, which `volume` multiplies; initially 1."""
        return self._volumes.stings

    @sting_volume.setter
    def sting_volume(self, volume: float) -> None:
        self._volumes.stings = volume

    def preload(self, *names: str) -> None:
        """Begin to decode tracks in the background: those of scenes, those named, or all.

        Decoded tracks stay in memory: 10 MB for a minute of music, and of each of its layers. An
        unknown name logs one line.
        """
        for name in names or self.library.scenes:
            wanted = [track for track in self.library.tracks if name in (track.scene, track.name)]
            for track in wanted:
                if self.has_sound:
                    self._decoder.request(track)
            if not wanted and name not in self._unknown:
                self._unknown.add(name)
                hint = self.library.hint(name)
                warn("preload: there is no scene and no track %r; %s", name, hint)

    def enter(
        self,
        scene: str,
        now_ms: int | None = None,
        *,
        moods: Iterable[str] = (),
        when: When | None = None,
        fade_ms: int | None = None,
        how: How | None = None,
    ) -> None:
        """Enter a scene, with the track that has most of the moods.

        when, fade_ms, how: replace those of the rule for this change.
        """
        self.director.enter(scene, self._time(now_ms), moods, Manner(when, fade_ms, how))

    def leave(
        self,
        now_ms: int | None = None,
        *,
        when: When | None = None,
        fade_ms: int | None = None,
        how: How | None = None,
    ) -> None:
        """Go back to the scene below, by the rule for this change; arguments replace its values."""
        self.director.leave(self._time(now_ms), Manner(when, fade_ms, how))

    def state(self, now_ms: int | None = None) -> dict[str, object]:
        """Return the state of the music as JSON values: for a save game, and for `restore`.

        It holds the scenes with their moods, the position of each one's music, intensity and
        ducking; not the volumes, which belong to the game's settings, nor a sting.
        """
        return self.director.state(self._time(now_ms))

    def restore(self, state: object, now_ms: int | None = None, fade_ms: int = 800) -> None:
        """Restore a `state`, with a crossfade; ValueError for a value that is not one.

        If the bundle lacks a track of the state, its scene's track plays from the start.
        """
        self.director.restore(state, self._time(now_ms), fade_ms)

    def sting(
        self, name: str, now_ms: int | None = None, when: When = "now", priority: int = 0
    ) -> None:
        """Play a track, or a scene's track, once over the music: see `Director.sting`."""
        self.director.sting(name, self._time(now_ms), when, priority)

    def duck(self, by_db: float = 12.0, fade_ms: int = 150, now_ms: int | None = None) -> None:
        """Lower the music by `by_db` decibels until the next call; 0 resets."""
        self.director.duck(self._time(now_ms), by_db, fade_ms)

    def intensity(
        self,
        level: float,
        now_ms: int | None = None,
        fade_ms: int = 600,
        when: When = "now",
    ) -> None:
        """Set how many of a track's layers sound, 0..1: see `Director.intensity`."""
        self.director.intensity(level, self._time(now_ms), fade_ms, when)

    def stop(self, now_ms: int | None = None) -> None:
        """Fade to silence and forget every scene."""
        self.director.stop(self._time(now_ms))

    def reload(self, library: Library, now_ms: int | None = None) -> None:
        """Play from a newly opened library, as after a build; equal tracks continue."""
        self.library = self.library.renew(library)
        self._make_room(self.library.tracks)
        self._decoder.keep_only(self.library.tracks)
        self._mixer_channels.keep_only(self.library.tracks)
        self.director.reload(self.library, self._time(now_ms))

    def swap(self, track: Track, now_ms: int | None = None, reason: str = "swapped") -> None:
        """Change to this track, of any library, on the bar line: see `Director.swap`."""
        sounding = self.director.playing or track
        self._make_room((track,))
        self._decoder.keep_only((*self.library.tracks, track, sounding))
        self.director.swap(track, self._time(now_ms), reason)

    def pause(self, now_ms: int | None = None) -> None:
        """Pause the music."""
        now_ms = self._time(now_ms)
        if self.director.is_paused:
            return
        self.director.pause(now_ms)
        with self._surviving():
            self._mixer_channels.pause(now_ms)

    def resume(self, now_ms: int | None = None) -> None:
        """Continue after `pause`, fades included."""
        now_ms = self._time(now_ms)
        self.director.resume(now_ms)
        with self._surviving():
            self._mixer_channels.resume(now_ms)

    def reconnect(self) -> None:
        """Play on the current mixer, as after the game has opened it again.

        What should sound continues as soon as it is decoded again. Opens a mixer if there is none.
        """
        with self._surviving():
            self._mixer_channels.silence()
        self._decoder.end()
        self._connect()
        self._reconnecting = self.director.playing

    def update(self, now_ms: int | None = None) -> Change | None:
        """Do what is due, stings too; return the change of track that took effect, if any."""
        with self._surviving():
            if self.has_sound:
                check_open(self._channel_count)
            self._follow_sound_card()
        self._decoder.work()
        # A time that the game gives may be any: only the own clock is compared with the mixer's.
        follows_sound = now_ms is None and self._sound_clock is not None
        now_ms = self._time(now_ms)
        is_ready = self._decoder.is_ready if self.has_sound else (lambda _track: True)
        ahead_ms = self._look_ahead_ms(now_ms)
        change = self.director.update(now_ms, is_ready, ahead_ms)
        with self._surviving():
            if change is not None and self.has_sound:
                self._reconnecting = None
                self._mixer_channels.carry_out(change, now_ms)
            self._go_on_after_reconnecting(now_ms)
            sting = self.director.update_sting(now_ms, is_ready, ahead_ms)
            if sting is not None and self.has_sound:
                self._mixer_channels.start_sting(sting, now_ms)
            if not self.director.is_paused:
                self._mixer_channels.tend(now_ms, follows_sound=follows_sound)
        return change

    def _make_room(self, tracks: Iterable[Track]) -> None:
        """Reserve more channels where these tracks have more layers than those before."""
        count = _count_channels(tracks)
        if self.has_sound and count > self._channel_count:
            with self._surviving():
                self._mixer_channels.add(open_channels(count)[self._channel_count :])
                self._channel_count = count

    def _look_ahead_ms(self, now_ms: int) -> int:
        """Return how far to plan ahead.

        What is due before the next frame must start in this one.
        """
        frame_ms, self._updated_ms = now_ms - self._updated_ms, now_ms
        if self._at_once or not self.has_sound or self._mixer_channels.is_fading(now_ms):
            return 0
        return min(max(frame_ms * 3 // 2, 0), _MOST_AHEAD_MS)

    def _go_on_after_reconnecting(self, now_ms: int) -> None:
        """Start the music that should sound, once it is decoded for the new mixer."""
        track = self._reconnecting
        if track is None or self.director.is_paused or not self._decoder.is_ready(track):
            return
        self._reconnecting = None
        position = self.director.position_samples(now_ms)
        if not track.is_over(position):
            self._mixer_channels.start(track, position, _RECONNECT_FADE_MS, now_ms)

    def now_playing(self, now_ms: int | None = None) -> NowPlaying | None:
        """Return what sounds, or None in silence or after the end of a track that plays once."""
        track = self.director.playing
        position = self.director.position_samples(self._time(now_ms))
        if track is None or track.is_over(position):
            return None
        return NowPlaying(
            track,
            self.director.scene,
            track.position_bar(position),
            track.position_beat(position),
            track.section_at(position),
        )

    def close(self) -> None:
        """Stop all music and end the background work; the mixer stays open."""
        with self._surviving():
            self._mixer_channels.silence()
            if self._sound_clock is not None:
                self._sound_clock.stop()
        self._mixer_channels.release_channels()
        self._sound_clock = None
        self._decoder.close()

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        """Continue in silence, after one line in the log, if the mixer was closed."""
        if not self.has_sound:
            yield
            return
        import pygame

        try:
            yield
        except pygame.error as error:
            warn("sound is lost (%s); the game goes on without", error)
            self._mixer_channels.release_channels()
            self._sound_clock = None

    def _follow_sound_card(self) -> None:
        """Update the sound's lag; the music's time waits for it but never runs backwards."""
        if self._sound_clock is None:
            return
        read_ms = self._clock()
        passed_ms, self._lag_read_ms = read_ms - self._lag_read_ms, read_ms
        lag_ms = self._sound_clock.read(read_ms)
        self._lag_ms = min(lag_ms, self._lag_ms + max(passed_ms, 0))

    def _time(self, now_ms: int | None) -> int:
        """Return the music's time: the caller's, or the clock's, minus the sound card's lag."""
        return (self._clock() if now_ms is None else now_ms) - self._lag_ms
