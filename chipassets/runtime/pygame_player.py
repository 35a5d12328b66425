"""Plays what the director decides, through pygame's mixer; without one, keeps time in silence.

Every track sounds on a mixer channel, because two channels can overlap and the one music stream
cannot. A loop without an intro repeats inside the mixer. Behind an intro the loop is queued, and
queued again whenever the queue is free: the mixer goes from one to the next without a gap.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .decoding import CutSound, Decoder
from .director import DEFAULT_RULES, Change, Director, Rule
from .fades import Fade
from .library import Library
from .tracks import Track, TrackNotFoundError

if TYPE_CHECKING:
    from pygame.mixer import Channel

_log = logging.getLogger(__name__)

MIXER_FORMAT = (44_100, -16, 2, 512)
"""Rate, bits (negative: signed), channels, buffer in samples: at another rate loops would drift."""

_CHANNELS = 6
"""Mixer channels reserved for music: two that crossfade, and those kept for later."""


@dataclass(frozen=True, slots=True)
class NowPlaying:
    """What sounds: the track, the game's scene, and the place in the track counted from 0."""

    track: Track
    scene: str
    bar: int
    beat: int
    section: str


@dataclass(slots=True)
class _Voice:
    """A track on its channel."""

    track: Track
    sound: CutSound
    channel: Channel
    fade: Fade
    started_ms: int
    paused_ms: int | None = None
    is_wanted_later: bool = False

    def start(self) -> None:
        """Begin the intro, or the loop where there is none."""
        if self.sound.intro is None and self.sound.loop is not None:
            self.channel.play(self.sound.loop, loops=-1)
        elif self.sound.intro is not None:
            self.channel.play(self.sound.intro)
            self.tend()

    def tend(self) -> None:
        """Keep a loop queued behind what plays.

        On a channel that a long stall let run dry, queueing plays at once. Asking `get_busy` first
        would be wrong: between two sounds the mixer's thread reports idle for a moment.
        """
        if self.sound.intro is None or self.sound.loop is None:
            return
        if self.channel.get_queue() is None:
            self.channel.queue(self.sound.loop)

    def pause(self, now_ms: int) -> None:
        """Let the track stand still."""
        if self.paused_ms is None:
            self.channel.pause()
            self.paused_ms = now_ms

    def unpause(self, now_ms: int) -> None:
        """Let the track go on where it stood."""
        if self.paused_ms is not None:
            self.channel.unpause()
            self.started_ms += now_ms - self.paused_ms
            self.paused_ms = None

    def position_samples(self, now_ms: int) -> int:
        """Return how much of the track has been played."""
        return (now_ms - self.started_ms) * self.track.sample_rate_hz // 1000

    def set_gain(self, gain: float) -> None:
        """Set the amplitude of the sounds: a channel's own volume is reset by every play."""
        for part in self.sound.parts:
            part.set_volume(gain)


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
        self._voices: list[_Voice] = []
        self._channels: list[Channel] = open_channels()
        self._paused: list[_Voice] = []

    @property
    def has_sound(self) -> bool:
        """Whether there is a mixer to play on."""
        return bool(self._channels)

    def preload(self, *scenes: str) -> None:
        """Begin to decode the tracks of scenes (of all, if none is named) in the background.

        Decoded tracks stay in memory: 10 MB for a minute of music.
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

    def stop(self, now_ms: int | None = None) -> None:
        """Fade to silence and forget every scene."""
        self.director.stop(_read_clock(now_ms))

    def pause(self, now_ms: int | None = None) -> None:
        """Let the music stand still."""
        now_ms = _read_clock(now_ms)
        if self.director.is_paused:
            return
        self.director.pause(now_ms)
        self._paused = [voice for voice in self._voices if voice.paused_ms is None]
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
        """Do what is due, and return the change of track that took effect, if one did."""
        now_ms = _read_clock(now_ms)
        is_ready = self._decoder.is_ready if self.has_sound else (lambda _track: True)
        change = self.director.update(now_ms, is_ready)
        with self._surviving():
            if change is not None and self.has_sound:
                self._carry_out(change, now_ms)
            if not self.director.is_paused:
                self._tend_voices(now_ms)
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
        self._voices, self._paused, self._channels = [], [], []
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
            _log.warning("sound is lost (%s); the game goes on without", error)
            self._voices, self._paused, self._channels = [], [], []

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
        self._start(change.track, 0 if is_silent else change.fade_ms, now_ms)

    def _start(self, track: Track, fade_ms: int, now_ms: int) -> None:
        sound = self._decoder.sound(track)
        if sound is None:
            return
        self._voices = [voice for voice in self._voices if voice.track is not track]
        channel = self._free_channel()
        voice = _Voice(track, sound, channel, Fade(now_ms, fade_ms, 0.0, 1.0), now_ms)
        voice.set_gain(self.volume * voice.fade.gain(now_ms))
        voice.start()
        self._voices.append(voice)

    def _free_channel(self) -> Channel:
        taken = [voice.channel for voice in self._voices]
        for channel in self._channels:
            if channel not in taken:
                channel.stop()
                return channel
        spare = min(self._voices, key=lambda voice: voice.fade.end)
        self._voices.remove(spare)
        spare.channel.stop()
        return spare.channel

    def _tend_voices(self, now_ms: int) -> None:
        for voice in list(self._voices):
            voice.set_gain(self.volume * voice.fade.gain(now_ms))
            if voice.fade.end > 0 or not voice.fade.is_done(now_ms):
                voice.tend()
            elif voice.is_wanted_later:
                voice.pause(now_ms)
            else:
                voice.channel.stop()
                self._voices.remove(voice)


def open_channels() -> list[Channel]:
    """Return the mixer channels reserved for music, or [] after logging why there is no sound.

    A mixer that the game has opened is used as it is.
    """
    try:
        import pygame
    except ImportError:
        _log.warning("pygame is not installed (pip install pygame-ce); the game goes on silently")
        return []
    try:
        if not pygame.mixer.get_init():
            rate_hz, bits, channels, buffer = MIXER_FORMAT
            pygame.mixer.init(rate_hz, bits, channels, buffer, allowedchanges=0)
        if pygame.mixer.get_num_channels() < _CHANNELS + 8:
            pygame.mixer.set_num_channels(_CHANNELS + 8)
        pygame.mixer.set_reserved(_CHANNELS)
        return [pygame.mixer.Channel(number) for number in range(_CHANNELS)]
    except (pygame.error, NotImplementedError) as error:
        _log.warning("no sound (%s); the game goes on silently", error)
        return []


def _read_clock(now_ms: int | None) -> int:
    return time.monotonic_ns() // 1_000_000 if now_ms is None else now_ms
