"""A track on the mixer's channels: one channel, or one for each of its layers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .decoding import CutSound
from .fades import Fade
from .mixer import halt
from .tracks import Track

if TYPE_CHECKING:
    from pygame.mixer import Channel, Sound

_TOGETHER_NS = 200_000
"""Layers started within this time count as simultaneous: 1/60 of the mixer's 11.6 ms buffer."""
_MOST_STARTS = 5
_EARLY_SECONDS = 0.25
"""A sound that ends this long before its time, or a quarter of a loop, was stopped by the game."""


class Voice:
    """A track on its channels, one for each sound."""

    def __init__(
        self,
        track: Track,
        sounds: tuple[CutSound, ...],
        channels: tuple[Channel, ...],
        fade: Fade,
        started_ms: int,
        sample: int = 0,
    ) -> None:
        self.track, self.sounds, self.channels = track, sounds, channels
        self.fade = fade
        self.started_ms = started_ms
        self.paused_ms: int | None = None
        self.is_wanted_later = False
        self._repeats_alone = False
        self._lead: Sound | None = None
        self._first_sample = sample
        self._seams = [sample] * len(sounds)

    def start(self, lead: Sound | None = None) -> None:
        """Start the intro, or the loop if there is none, in all layers at once.

        lead: silence before it; what is queued after it follows sample by sample.

        The mixer picks up new sounds once per buffer, so layers are in step if no buffer begins
        between the first and the last. Nothing can lock the mixer meanwhile, but a start that took
        too long, because another thread ran in between, is repeated.
        """
        self._lead = lead
        self._repeats_alone = lead is None and all(sound.intro is None for sound in self.sounds)
        for _ in range(_MOST_STARTS):
            began_ns = time.perf_counter_ns()
            for sound, channel in self._pairs():
                self._begin(sound, channel, lead)
            if time.perf_counter_ns() - began_ns < _TOGETHER_NS:
                break
        if lead is None:
            self._queue_loops(self._first_sample)

    def tend(self, now_ms: int) -> None:
        """Keep a loop queued after what plays, if the mixer does not repeat it by itself."""
        self._queue_loops(self.position_samples(now_ms))

    def is_disturbed(self, now_ms: int) -> bool:
        """Return whether the game has stopped a channel, or plays a sound of its own on it.

        Then the channel has no sound, or another one, or the next pass began before its time:
        pygame plays what is queued also after a stop.
        """
        position = self.position_samples(now_ms)
        pairs = zip(self.sounds, self.channels, self._seams, strict=True)
        return self.paused_ms is None and any(
            self._is_disturbed(sound, channel, seam, position) for sound, channel, seam in pairs
        )

    def _is_disturbed(self, sound: CutSound, channel: Channel, seam: int, position: int) -> bool:
        """Return whether a channel is, on which a sound should reach a seam at a position."""
        if not self._is_on(sound, channel):
            return sound.loop is not None or position < self.track.samples - self._early
        is_queued = self._repeats_alone or sound.loop is None or channel.get_queue() is not None
        return not is_queued and position < seam - self._early

    def _is_on(self, sound: CutSound, channel: Channel) -> bool:
        """Return whether the channel plays this sound, or the silence before it."""
        here = channel.get_sound()
        return here is not None and any(here is part for part in (self._lead, *sound.parts))

    @property
    def _early(self) -> int:
        """The samples by which an end is too early to be one of the music's own."""
        most = round(_EARLY_SECONDS * self.track.sample_rate_hz)
        return most if self.track.loop is None else min(most, self.track.loop.length_samples // 4)

    def _queue_loops(self, position: int) -> None:
        """Queue the loop where nothing is queued, and note when it should begin.

        On a channel that ran empty after a long stall, queueing plays at once. Checking `get_busy`
        first would be wrong: between two sounds the mixer's thread reports idle for a moment.
        """
        if self._repeats_alone:
            return
        for number, (sound, channel) in enumerate(self._pairs()):
            if sound.loop is not None and channel.get_queue() is None:
                channel.queue(sound.loop)
                self._seams[number] = self.track.next_seam(position + self._early)

    def pause(self, now_ms: int) -> None:
        """Pause the track."""
        if self.paused_ms is None:
            for channel in self.channels:
                channel.pause()
            self.paused_ms = now_ms

    def unpause(self, now_ms: int) -> None:
        """Resume the track where it was paused."""
        if self.paused_ms is not None:
            for channel in self.channels:
                channel.unpause()
            self.started_ms += now_ms - self.paused_ms
            self.paused_ms = None

    def stop(self) -> None:
        """Stop at once, but nothing that the game plays on these channels."""
        for sound, channel in self._pairs():
            if self._is_on(sound, channel):
                halt(channel)

    def position_samples(self, now_ms: int) -> int:
        """Return how many samples of the track have been played."""
        return (now_ms - self.started_ms) * self.track.sample_rate_hz // 1000

    def set_gain(self, gain: float, layers: tuple[float, ...] = ()) -> None:
        """Set the amplitude, and that of each layer if the track plays in layers.

        It is set on the sounds: a channel's own volume is reset by every play.
        """
        shares = layers if len(layers) == len(self.sounds) else (1.0,) * len(self.sounds)
        for sound, share in zip(self.sounds, shares, strict=True):
            for part in sound.parts:
                part.set_volume(min(max(gain * share, 0.0), 1.0))

    def _pairs(self) -> Iterator[tuple[CutSound, Channel]]:
        return zip(self.sounds, self.channels, strict=True)

    def _begin(self, sound: CutSound, channel: Channel, lead: Sound | None) -> None:
        """Start a sound on a channel, after a silent `lead` if there is one."""
        first = sound.intro or sound.loop
        if first is None:
            return
        if lead is not None:
            channel.play(lead)
            channel.queue(first)
        else:
            channel.play(first, loops=-1 if self._repeats_alone else 0)
