"""Measures how far the sound card is behind the game's clock, with silent ticks on a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .mixer import halt, silent_frames

if TYPE_CHECKING:
    from pygame.mixer import Channel

_BUFFER_FRAMES = 4096
"""The samples of a tick are a multiple of this, so that it ends with a mixer buffer of any size."""
_TICK_SECONDS = 0.25


class SoundClock:
    """Compares the game's clock with the mixer's, which pygame does not expose.

    Silence of a known length plays on a channel, and more is queued after it. The queue becomes
    free when the mixer reaches the queued silence: the game sees that some time later, never
    earlier. So every look gives a bound on the mixer's lag, and if the assumed lag is outside, it
    is moved to the bound. That follows a card that stalls or whose clock drifts.

    If a game does not look for two ticks, the channel runs empty. Nothing is learned from that
    time, and the lag stays.
    """

    def __init__(self, channel: Channel, mixer_hz: int) -> None:
        buffers = max(round(_TICK_SECONDS * mixer_hz / _BUFFER_FRAMES), 1)
        frames = buffers * _BUFFER_FRAMES
        self._channel = channel
        self._tick = silent_frames(frames)
        self._tick_ms = frames * 1000 / mixer_hz
        self._lag_ms = 0.0
        self._ticks = 0
        self._least_ms, self._most_ms = float("-inf"), float("inf")
        self._is_running = False

    def read(self, now_ms: int) -> int:
        """Return how many milliseconds the sound is behind the game's clock now."""
        if not self._is_running:
            self._start()
        elif self._channel.get_sound() is not self._tick:
            # The game did not look for two ticks, or plays a sound of its own here.
            if not self._channel.get_busy():
                self._start()
            return round(self._lag_ms)
        elif self._channel.get_queue() is None:
            self._channel.queue(self._tick)
            if self._channel.get_queue() is None:
                self._start()
            else:
                self._ticks += 1
                self._keep_below(now_ms - self._ticks * self._tick_ms)
        if self._ticks:
            self._keep_above(now_ms - (self._ticks + 1) * self._tick_ms)
        return round(self._lag_ms)

    def stop(self) -> None:
        """Leave the channel."""
        halt(self._channel)
        self._is_running = False

    def _start(self) -> None:
        """Start the silent sound that measures the mixer's time."""
        self._channel.play(self._tick)
        self._channel.queue(self._tick)
        self._ticks = 0
        self._least_ms, self._most_ms = float("-inf"), float("inf")
        self._is_running = True

    def _keep_below(self, most_ms: float) -> None:
        """Limit the mixer's start to at most this time of the game's clock."""
        if most_ms < self._least_ms:
            self._lag_ms += most_ms - self._least_ms
            self._least_ms = most_ms
        self._most_ms = min(self._most_ms, most_ms)

    def _keep_above(self, least_ms: float) -> None:
        """Limit the mixer's start to at least this time of the game's clock."""
        if least_ms > self._most_ms:
            self._lag_ms += least_ms - self._most_ms
            self._most_ms = least_ms
        self._least_ms = max(self._least_ms, least_ms)
