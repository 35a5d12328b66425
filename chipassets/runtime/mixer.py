"""The mixer's channels that the music has for itself, and stretches of silence for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .log import warn

if TYPE_CHECKING:
    from pygame.mixer import Channel, Sound

MIXER_FORMAT = (44_100, -16, 2, 512)
"""Rate, bits (negative: signed), channels, buffer in samples: at another rate loops would drift."""

_FOR_THE_GAME = 8
"""Channels that are left to the game's own sounds, where the mixer had fewer."""


def open_channels(count: int) -> list[Channel]:
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
        if pygame.mixer.get_num_channels() < count + _FOR_THE_GAME:
            pygame.mixer.set_num_channels(count + _FOR_THE_GAME)
        pygame.mixer.set_reserved(count)
        return [pygame.mixer.Channel(number) for number in range(count)]
    except (pygame.error, NotImplementedError) as error:
        warn("no sound (%s); the game goes on silently", error)
        return []


def frame_bytes() -> int:
    """Return how many bytes the mixer takes for one sample of all its channels."""
    from pygame import mixer

    _, sample_bits, channels = mixer.get_init() or MIXER_FORMAT[:3]
    return int(channels * abs(sample_bits) // 8)


def mixer_bytes(samples: int, rate_hz: int) -> int:
    """Return how many bytes the mixer takes for so many samples of a file of that rate."""
    from pygame import mixer

    mixer_hz = (mixer.get_init() or MIXER_FORMAT[:3])[0]
    return int(samples * mixer_hz // rate_hz) * frame_bytes()


def silence(length_ms: int) -> Sound | None:
    """Return so much silence as a sound in the mixer's format, None for none at all."""
    from pygame import mixer

    if length_ms <= 0:
        return None
    # Unsigned samples of 8 bits rest in the middle of their range; all others at 0.
    _, sample_bits, _ = mixer.get_init() or MIXER_FORMAT[:3]
    rest = b"\x80" if sample_bits == 8 else b"\0"
    return mixer.Sound(buffer=rest * mixer_bytes(length_ms, 1000))
