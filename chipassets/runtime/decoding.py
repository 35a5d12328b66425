"""Decoding off the frame loop: files in, sounds cut at the loop point out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from .tracks import Track

if TYPE_CHECKING:
    from pygame.mixer import Sound

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CutSound:
    """A decoded track: what plays once at its start, then what repeats; either may be absent."""

    intro: Sound | None
    loop: Sound | None

    @property
    def parts(self) -> Iterator[Sound]:
        """The sounds that there are."""
        return (sound for sound in (self.intro, self.loop) if sound is not None)


def decode_track(track: Track) -> CutSound:
    """Return the track's sounds in the mixer's format, cut to the sample at its loop points.

    Raises OSError or pygame.error when the file cannot be read or decoded.
    """
    from pygame.mixer import Sound

    if track.audio is None:
        raise OSError(f"track {track.name!r} lists neither an ogg nor a wav file")
    if not track.audio.is_intact():
        raise OSError(f"{track.audio.path} was altered since the bundle was built; build it again")
    sound = Sound(str(track.audio.path))
    if track.loop is None:
        return CutSound(sound, None)
    start = _mixer_bytes(track, track.loop.start_sample)
    end = _mixer_bytes(track, track.loop.start_sample + track.loop.length_samples)
    raw = memoryview(sound.get_raw())
    if start == 0 and end == len(raw):
        return CutSound(None, sound)
    intro = Sound(buffer=raw[:start]) if start else None
    return CutSound(intro, Sound(buffer=raw[start:end]))


def _mixer_bytes(track: Track, samples: int) -> int:
    from pygame import mixer

    rate_hz, sample_bits, channels = mixer.get_init() or (track.sample_rate_hz, -16, 2)
    frames: int = samples * rate_hz // track.sample_rate_hz
    return frames * channels * abs(sample_bits) // 8


class Decoder:
    """Decodes the tracks that are asked for, one after the other, on a thread of its own.

    With `at_once` it decodes where it is asked instead, so that what follows depends on no timing.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self._wanted: SimpleQueue[Track | None] = SimpleQueue()
        self._asked: set[str] = set()
        self._done: dict[str, CutSound | None] = {}
        self._thread: threading.Thread | None = None

    def request(self, track: Track) -> None:
        """See to it that the track is decoded sooner or later."""
        if track.name in self._asked:
            return
        self._asked.add(track.name)
        if self._at_once:
            self._done[track.name] = _try_decode(track)
            return
        self._wanted.put(track)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="chipassets", daemon=True)
            self._thread.start()

    def is_ready(self, track: Track) -> bool:
        """Whether decoding has ended, well or badly; asks for it if nobody has yet."""
        self.request(track)
        return track.name in self._done

    def sound(self, track: Track) -> CutSound | None:
        """Return the decoded track, or None if it is not ready or could not be decoded."""
        return self._done.get(track.name)

    def close(self) -> None:
        """End the thread after the track in hand and wait for it."""
        if self._thread is not None:
            self._wanted.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (track := self._wanted.get()) is not None:
            self._done[track.name] = _try_decode(track)


def _try_decode(track: Track) -> CutSound | None:
    import pygame

    try:
        return decode_track(track)
    except (OSError, pygame.error) as error:
        _log.warning("track %r stays silent: %s", track.name, error)
        return None
