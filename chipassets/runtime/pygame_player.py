"""Plays what the director decides, through pygame's mixer; without one, keeps time in silence.

Every track sounds on a mixer channel, because two channels can overlap and the one music stream
cannot. A loop without an intro repeats inside the mixer. Behind an intro the loop is queued, and
queued again whenever the queue is free: the mixer goes from one to the next without a gap.
The layers of a track have a channel each, and a sting has one of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .balance import Sting
from .decoding import Decoder
from .director import DEFAULT_RULES, Change, Director, Rule, When
from .fades import Fade
from .library import Library
from .log import warn
from .tracks import Track, TrackNotFoundError
from .voices import Voice

if TYPE_CHECKING:
    from pygame.mixer import Channel

MIXER_FORMAT = (44_100, -16, 2, 512)
"""Rate, bits (negative: signed), channels, buffer in samples: at another rate loops would drift."""

_VOICES = 6
"""Tracks that have mixer channels reserved: two that crossfade, stings, and those kept for later.

A track with layers takes a channel for each, and may take those of tracks that are kept.
"""
_LAYERED_VOICES = 3
_RELEASE_MS = 60
_RINGS_MS = 500
"""How long a sting may sound past its length by the clock: the mixer runs a few buffers behind."""


@dataclass(frozen=True, slots=True)
class NowPlaying:
    """What sounds: the track, the game's scene, and the place in the track counted from 0."""

    track: Track
    scene: str
    bar: int
    beat: int
    section: str


class PygamePlayer:
    """The music of a game: enter scenes, and call `update` once a frame.

    Times are milliseconds of one clock; where none is given it is the system's. `at_once` decodes
    on the caller's time, for runs that must not depend on how fast the machine is.
    """

    def __init__(
        self,
        library: Library,
        rules: tuple[Rule, ...] = DEFAULT_RULES,
        *,
        volume: float = 0.8,
        at_once: bool = False,
    ) -> None:
        self.library = library
        self.director = Director(library, rules)
        self.volume = volume
        self._decoder = Decoder(at_once=at_once)
        self._voices: list[Voice] = []
        self._stings: list[Voice] = []
        most_layers = max((len(track.layers) for track in library.tracks), default=0)
        self._channels: list[Channel] = open_channels(max(_VOICES, _LAYERED_VOICES * most_layers))
        self._paused: list[Voice] = []

    @property
    def has_sound(self) -> bool:
        """Whether there is a mixer to play on."""
        return bool(self._channels)

    def preload(self, *scenes: str) -> None:
        """Begin to decode the tracks of scenes (of all, if none is named) in the background.

        Decoded tracks stay in memory: 10 MB for a minute of music, and of each of its layers.
        """
        for scene in scenes or self.library.scenes:
            try:
                track = self.library.for_scene(scene).track
            except TrackNotFoundError:
                continue
            if self.has_sound:
                self._decoder.request(track)

    def enter(self, scene: str, now_ms: int | None = None) -> None:
        """Be in a scene from now on."""
        self.director.enter(scene, _read_clock(now_ms))

    def leave(self, now_ms: int | None = None) -> None:
        """Go back to the scene below."""
        self.director.leave(_read_clock(now_ms))

    def sting(
        self, name: str, now_ms: int | None = None, when: When = "now", priority: int = 0
    ) -> None:
        """Play a track, or a scene's track, once over the music: see `Director.sting`."""
        self.director.sting(name, _read_clock(now_ms), when, priority)

    def duck(self, by_db: float = 12.0, fade_ms: int = 150, now_ms: int | None = None) -> None:
        """Lower the music by so many decibels until told otherwise; 0 is back."""
        self.director.duck(_read_clock(now_ms), by_db, fade_ms)

    def intensity(self, level: float, now_ms: int | None = None, fade_ms: int = 600) -> None:
        """Let more or fewer of a track's layers sound, 0..1: see `Director.intensity`."""
        self.director.intensity(level, _read_clock(now_ms), fade_ms)

    def stop(self, now_ms: int | None = None) -> None:
        """Fade to silence and forget every scene."""
        self.director.stop(_read_clock(now_ms))

    def reload(self, library: Library, now_ms: int | None = None) -> None:
        """Play from a library that was opened anew, as after a build; what is the same goes on."""
        self.library = self.library.renew(library)
        self._decoder.keep_only(self.library.tracks)
        for voice in self._voices:
            voice.is_wanted_later = voice.is_wanted_later and voice.track in self.library.tracks
        self.director.reload(self.library, _read_clock(now_ms))

    def swap(self, track: Track, now_ms: int | None = None, reason: str = "swapped") -> None:
        """Let this track, of any library, take over on the bar line: see `Director.swap`."""
        sounding = self.director.playing or track
        self._decoder.keep_only((*self.library.tracks, track, sounding))
        self.director.swap(track, _read_clock(now_ms), reason)

    def pause(self, now_ms: int | None = None) -> None:
        """Let the music stand still."""
        now_ms = _read_clock(now_ms)
        if self.director.is_paused:
            return
        self.director.pause(now_ms)
        voices = [*self._voices, *self._stings]
        self._paused = [voice for voice in voices if voice.paused_ms is None]
        with self._surviving():
            for voice in self._paused:
                voice.pause(now_ms)

    def resume(self, now_ms: int | None = None) -> None:
        """Go on after `pause`, fades included."""
        now_ms = _read_clock(now_ms)
        self.director.resume(now_ms)
        with self._surviving():
            for voice in self._paused:
                lost_ms = now_ms - (now_ms if voice.paused_ms is None else voice.paused_ms)
                voice.fade = replace(voice.fade, start_ms=voice.fade.start_ms + lost_ms)
                voice.unpause(now_ms)
        self._paused = []

    def update(self, now_ms: int | None = None) -> Change | None:
        """Do what is due, stings too; return the change of track that took effect, if one did."""
        now_ms = _read_clock(now_ms)
        is_ready = self._decoder.is_ready if self.has_sound else (lambda _track: True)
        change = self.director.update(now_ms, is_ready)
        with self._surviving():
            if change is not None and self.has_sound:
                self._carry_out(change, now_ms)
            sting = self.director.update_sting(now_ms, is_ready)
            if sting is not None and self.has_sound:
                self._start_sting(sting, now_ms)
            if not self.director.is_paused:
                self._tend_voices(now_ms)
                self._tend_stings(now_ms)
        return change

    def now_playing(self, now_ms: int | None = None) -> NowPlaying | None:
        """Return what sounds, or None in silence or after the end of a track that plays once."""
        track = self.director.playing
        position = self.director.position_samples(_read_clock(now_ms))
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
            for channel in self._channels:
                channel.stop()
        self._voices, self._stings, self._paused, self._channels = [], [], [], []
        self._decoder.close()

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        """Go on in silence, after one line in the log, if the mixer turns out to be gone."""
        if not self.has_sound:
            yield
            return
        import pygame

        try:
            yield
        except pygame.error as error:
            warn("sound is lost (%s); the game goes on without", error)
            self._voices, self._stings, self._paused, self._channels = [], [], [], []

    def _carry_out(self, change: Change, now_ms: int) -> None:
        for voice in self._voices:
            if voice.fade.end > 0:
                voice.fade = voice.fade.turn(now_ms, change.fade_ms, 0.0)
                voice.is_wanted_later = change.keeps_old
        if change.track is None:
            return
        kept = next((v for v in self._voices if v.track is change.track), None)
        if kept is not None and change.from_sample > 0:
            kept.fade = kept.fade.turn(now_ms, change.fade_ms, 1.0)
            kept.unpause(now_ms)
            # Pauses take effect at a frame, not at the millisecond: the sound knows best.
            self.director.correct_position(kept.position_samples(now_ms), now_ms)
            return
        is_silent = all(voice.fade.point(now_ms) == 0 for voice in self._voices)
        self._start(change.track, change.from_sample, 0 if is_silent else change.fade_ms, now_ms)

    def _start(self, track: Track, sample: int, fade_ms: int, now_ms: int) -> None:
        sounds = tuple(s.starting_at(track, sample) for s in self._decoder.sounds(track))
        if not sounds:
            return
        self._voices = [voice for voice in self._voices if voice.track is not track]
        channels = self._free_channels(len(sounds))
        if not channels:
            return
        began_ms = now_ms - sample * 1000 // track.sample_rate_hz
        voice = Voice(track, sounds, channels, Fade(now_ms, fade_ms, 0.0, 1.0), began_ms)
        self._set_gain(voice, now_ms)
        voice.start()
        self._voices.append(voice)

    def _start_sting(self, sting: Sting, now_ms: int) -> None:
        # Copies, because the same track may be kept as music, at a volume of its own.
        sounds = tuple(sound.copy() for sound in self._decoder.sounds(sting.track))
        channels = self._free_channels(len(sounds))
        if not channels:
            return
        voice = Voice(sting.track, sounds, channels, Fade(now_ms, 0, 1.0, 1.0), now_ms)
        voice.set_gain(self.volume)
        voice.start_once()
        self._stings.append(voice)

    def _free_channels(self, count: int) -> tuple[Channel, ...]:
        """Return so many channels that nothing sounds on, () if there are not so many at all.

        For them, voices end that are kept for later or fade out, and at last the oldest.
        """
        while True:
            taken = [channel for v in (*self._voices, *self._stings) for channel in v.channels]
            free = [channel for channel in self._channels if channel not in taken]
            if len(free) >= count or not self._voices:
                break
            spare = min(self._voices, key=lambda voice: voice.fade.end)
            self._voices.remove(spare)
            spare.stop()
        if len(free) < count:
            return ()
        for channel in free[:count]:
            channel.stop()
        return tuple(free[:count])

    def _set_gain(self, voice: Voice, now_ms: int) -> None:
        gain = self.volume * voice.fade.gain(now_ms) * self.director.music_gain(now_ms)
        voice.set_gain(gain, self.director.layer_gains(voice.track, now_ms))

    def _tend_voices(self, now_ms: int) -> None:
        for voice in list(self._voices):
            self._set_gain(voice, now_ms)
            if voice.fade.end > 0 or not voice.fade.is_done(now_ms):
                voice.tend()
            elif voice.is_wanted_later:
                voice.pause(now_ms)
            else:
                voice.stop()
                self._voices.remove(voice)

    def _tend_stings(self, now_ms: int) -> None:
        sounding = self.director.sounding_sting
        for voice in list(self._stings):
            rate_hz, samples = voice.track.sample_rate_hz, voice.track.samples
            left_ms = (samples - voice.position_samples(now_ms)) * 1000 // rate_hz
            is_cut = sounding is None or sounding.at_ms != voice.started_ms
            if is_cut and left_ms > 0 and voice.fade.end > 0:
                voice.fade = voice.fade.turn(now_ms, _RELEASE_MS, 0.0)
            voice.set_gain(self.volume * voice.fade.gain(now_ms))
            if left_ms < -_RINGS_MS or (voice.fade.end == 0 and voice.fade.is_done(now_ms)):
                voice.stop()
                self._stings.remove(voice)


def open_channels(count: int = _VOICES) -> list[Channel]:
    """Return so many mixer channels reserved for music, or [] after logging why there is no sound.

    A mixer that the game has opened is used as it is.
    """
    try:
        import pygame
    except ImportError:
        warn("pygame is not installed (pip install pygame-ce); the game goes on silently")
        return []
    try:
        if not pygame.mixer.get_init():
            rate_hz, bits, channels, buffer = MIXER_FORMAT
            pygame.mixer.init(rate_hz, bits, channels, buffer, allowedchanges=0)
        if pygame.mixer.get_num_channels() < count + 8:
            pygame.mixer.set_num_channels(count + 8)
        pygame.mixer.set_reserved(count)
        return [pygame.mixer.Channel(number) for number in range(count)]
    except (pygame.error, NotImplementedError) as error:
        warn("no sound (%s); the game goes on silently", error)
        return []


def _read_clock(now_ms: int | None) -> int:
    return time.monotonic_ns() // 1_000_000 if now_ms is None else now_ms
