"""Opens pygame's mixer, reserves channels for music, and makes silence in its format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .log import warn
from .values import Value

if TYPE_CHECKING:
    from pygame.mixer import Channel, Sound

MIXER_FORMAT = (44_100, -16, 2, 512)
"""Rate, bits (negative: signed), channels, buffer in samples; at another rate loops would drift."""

_FOR_THE_GAME = 8
"""Channels left for the game's own sounds when the mixer is given more channels."""


def open_channels(count: int) -> list[Channel]:
    """Return `count` mixer channels reserved for music, or [] after logging why there is no sound.

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
        if pygame.mixer.get_num_channels() < count + _FOR_THE_GAME:
            pygame.mixer.set_num_channels(count + _FOR_THE_GAME)
        pygame.mixer.set_reserved(count)
        return [pygame.mixer.Channel(number) for number in range(count)]
    except (pygame.error, NotImplementedError) as error:
        warn("no sound (%s); the game goes on silently", error)
        return []


def check_open(count: int) -> None:
    """Raise pygame.error unless the mixer is open and has that many channels.

    If the mixer was closed, or opened again with fewer channels, pygame's `get_queue` reads memory
    that is not its own.
    """
    import pygame

    if not pygame.mixer.get_init():
        raise pygame.error("the mixer was closed")
    if pygame.mixer.get_num_channels() < count:
        raise pygame.error("the mixer has lost channels")


def halt(channel: Channel) -> None:
    """Stop a channel and forget what is queued, which pygame would play after a single stop."""
    channel.stop()
    if channel.get_sound() is not None:
        channel.stop()


class MixerFormat(Value):
    """Rate, bits of a sample (negative: signed; 32: floating point) and channels of the mixer."""

    rate_hz: int
    sample_bits: int
    channels: int

    @property
    def frame_bytes(self) -> int:
        """Bytes for one sample of all channels."""
        return self.channels * abs(self.sample_bits) // 8


def mixer_format() -> MixerFormat:
    """Return the format of the open mixer; if none is open, the one that would be opened."""
    from pygame import mixer

    return MixerFormat(*(mixer.get_init() or MIXER_FORMAT[:3]))


def frame_bytes() -> int:
    """Return the mixer's bytes for one sample of all its channels."""
    return mixer_format().frame_bytes


def mixer_bytes(samples: int, rate_hz: int) -> int:
    """Return the mixer's bytes for that many samples of a file of this rate."""
    form = mixer_format()
    return samples * form.rate_hz // rate_hz * form.frame_bytes


def silence(length_ms: int) -> Sound | None:
    """Return silence of this length in the mixer's format; None for a length of 0 or less."""
    if length_ms <= 0:
        return None
    return silent_frames(mixer_bytes(length_ms, 1000) // frame_bytes())


def silent_frames(count: int) -> Sound:
    """Return silence of that many samples at the mixer's rate."""
    from pygame import mixer

    # Silence is the middle of the range for unsigned 8-bit samples, and 0 for all others.
    rest = b"\x80" if mixer_format().sample_bits == 8 else b"\0"
    return mixer.Sound(buffer=rest * (count * frame_bytes()))
