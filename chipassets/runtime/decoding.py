"""Decoding off the frame loop: files in, sounds cut at the loop point out."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from importlib import import_module
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from .log import warn
from .mixer import mixer_bytes
from .tracks import BundleFile, Track
from .values import Value

if TYPE_CHECKING:
    from pygame.mixer import Sound


class CutSound(Value):
    """A decoded track: what plays once at its start, then what repeats; either may be absent."""

    intro: Sound | None
    loop: Sound | None

    def copied(self) -> CutSound:
        """Return a copy that plays everything once, with a sound of its own for its own volume."""
        from pygame.mixer import Sound

        raw = [_samples(part) for part in self.parts]
        # Joining is a second copy, and takes as long as the first.
        whole = raw[0] if len(raw) == 1 else b"".join(raw)
        return CutSound(Sound(buffer=whole) if raw else None, None)

    def starting_at(self, track: Track, sample: int) -> CutSound:
        """Return the same, to be played from a position on."""
        from pygame.mixer import Sound

        here = track.wrap(sample)
        if here == 0:
            return self
        loop_start = track.loop.start_sample if track.loop is not None else track.samples
        is_intro = here < loop_start
        whole = self.intro if is_intro else self.loop
        if whole is None:
            return self
        skipped = mixer_bytes(here if is_intro else here - loop_start, track.sample_rate_hz)
        rest = _samples(whole)[skipped:]
        return CutSound(Sound(buffer=rest) if rest else None, self.loop)

    @property
    def parts(self) -> Iterator[Sound]:
        """The sounds that there are."""
        return (sound for sound in (self.intro, self.loop) if sound is not None)


def decode_track(track: Track) -> tuple[CutSound, ...]:
    """Return the track's sounds in the mixer's format, cut to the sample at its loop points.

    One for each layer, all of one length; one for the whole track where it has no layers, or after
    a line in the log where they are not in step. Raises OSError or pygame.error when a file cannot
    be read or decoded.
    """
    layers = tuple(_decode_file(track, layer.file) for layer in track.layers)
    if layers and len({_lengths(layer) for layer in layers}) == 1:
        return layers
    if layers:
        warn("the layers of track %r differ in length; it plays whole", track.name)
    if track.audio is None:
        raise OSError(f"track {track.name!r} lists neither an ogg nor a wav file")
    return (_decode_file(track, track.audio),)


def _decode_file(track: Track, file: BundleFile) -> CutSound:
    from pygame.mixer import Sound

    if not file.is_intact():
        raise OSError(f"{file.path} was altered since the bundle was built; build it again")
    sound = Sound(str(file.path))
    if track.loop is None:
        return CutSound(sound, None)
    loop, rate_hz = track.loop, track.sample_rate_hz
    start = mixer_bytes(loop.start_sample, rate_hz)
    end = mixer_bytes(loop.start_sample + loop.length_samples, rate_hz)
    raw = _samples(sound)
    if start == 0 and end == len(raw):
        return CutSound(None, sound)
    intro = Sound(buffer=raw[:start]) if start else None
    return CutSound(intro, Sound(buffer=raw[start:end]))


def _lengths(sound: CutSound) -> tuple[float, ...]:
    """The seconds of each part, which differ when the bytes that the mixer plays do."""
    return tuple(part.get_length() for part in sound.parts)


def _samples(sound: Sound) -> memoryview:
    """The raw samples in place; `get_raw` would copy a long track."""
    samples: Any = sound
    return memoryview(samples).cast("B")


class Decoder:
    """Decodes the tracks that are asked for, one after the other, on a thread of its own.

    With `at_once` it decodes where it is asked instead, so that what follows depends on no timing.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self._wanted: SimpleQueue[Track | None] = SimpleQueue()
        self._asked: set[Track] = set()
        self._done: dict[Track, tuple[CutSound, ...]] = {}
        self._thread: threading.Thread | None = None

    def request(self, track: Track) -> None:
        """See to it that the track is decoded sooner or later."""
        if track in self._asked:
            return
        self._asked.add(track)
        if self._at_once:
            self._done[track] = _try_decode(track)
            return
        self._wanted.put(track)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="chipassets", daemon=True)
            self._thread.start()

    def is_ready(self, track: Track) -> bool:
        """Whether decoding has ended, well or badly; asks for it if nobody has yet."""
        self.request(track)
        return track in self._done

    @property
    def is_busy(self) -> bool:
        """Whether something that was asked for is not done yet."""
        return len(self._done) < len(self._asked)

    def sounds(self, track: Track) -> tuple[CutSound, ...]:
        """Return the decoded track, () if it is not ready or could not be decoded."""
        return self._done.get(track, ())

    def keep_only(self, tracks: Collection[Track]) -> None:
        """Forget the sounds of every other track."""
        for track in [track for track in self._done if track not in tracks]:
            self._asked.discard(track)
            del self._done[track]

    def end(self) -> threading.Thread | None:
        """Let the thread end after the track in hand, and return it if there is one."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._wanted.put(None)
        return thread

    def close(self) -> None:
        """End the thread after the track in hand and wait for it."""
        thread = self.end()
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        # So that a frame which has something to log need not wait until that is loaded.
        for name in ("logging", "difflib"):
            import_module(name)
        while (track := self._wanted.get()) is not None:
            self._done[track] = _try_decode(track)


def _try_decode(track: Track) -> tuple[CutSound, ...]:
    import pygame

    try:
        return decode_track(track)
    except (OSError, ValueError, MemoryError, pygame.error) as error:
        warn("track %r stays silent: %s", track.name, error)
        return ()
