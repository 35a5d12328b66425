"""A track on the mixer's channels: one channel, or one for each of its layers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .decoding import CutSound
from .fades import Fade
from .tracks import Track

if TYPE_CHECKING:
    from pygame.mixer import Channel, Sound

_TOGETHER_NS = 200_000
"""Layers started within this time count as simultaneous: 1/60 of the mixer's 11.6 ms buffer."""
_MOST_STARTS = 5


class Voice:
    """A track on its channels, one for each sound."""

    def __init__(
        self,
        track: Track,
        sounds: tuple[CutSound, ...],
        channels: tuple[Channel, ...],
        fade: Fade,
        started_ms: int,
    ) -> None:
        self.track, self.sounds, self.channels = track, sounds, channels
        self.fade = fade
        self.started_ms = started_ms
        self.paused_ms: int | None = None
        self.is_wanted_later = False
        self._repeats_alone = False

    def start(self, lead: Sound | None = None) -> None:
        """Start the intro, or the loop if there is none, in all layers at once.

        lead: silence before it; what is queued after it follows sample by sample.

        The mixer picks up new sounds once per buffer, so layers are in step if no buffer begins
        between the first and the last. Nothing can lock the mixer meanwhile, but a start that took
        too long, because another thread ran in between, is repeated.
        """
        self._repeats_alone = lead is None and all(sound.intro is None for sound in self.sounds)
        for _ in range(_MOST_STARTS):
            began_ns = time.perf_counter_ns()
            for sound, channel in self._pairs():
                self._begin(sound, channel, lead)
            if time.perf_counter_ns() - began_ns < _TOGETHER_NS:
                break
        self.tend()

    def tend(self) -> None:
        """Keep a loop queued after what plays, if the mixer does not repeat it by itself.

        On a channel that ran empty after a long stall, queueing plays at once. Checking `get_busy`
        first would be wrong: between two sounds the mixer's thread reports idle for a moment.
        """
        if self._repeats_alone:
            return
        for sound, channel in self._pairs():
            if sound.loop is not None and channel.get_queue() is None:
                channel.queue(sound.loop)

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
        """Stop at once."""
        for channel in self.channels:
            channel.stop()

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
