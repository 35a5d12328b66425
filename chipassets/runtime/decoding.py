"""Decoding off the frame loop: files in, sounds cut at the loop point out."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from importlib import import_module
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from .log import warn
from .mixer import frame_bytes, mixer_bytes
from .rates import load_sound
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


def decode_track(track: Track) -> Iterator[tuple[CutSound, ...] | None]:
    """Yield None after each file, and at last the track's sounds in the mixer's format.

    They are cut at its loop points: to the sample, at another rate than the file's to the nearest.
    There is one for each layer, all of one length; one for the whole track where it has no layers,
    or after a line in the log where a layer cannot be had. Raises OSError, ValueError or
    pygame.error when a file cannot be read or decoded.
    """
    layers: list[CutSound] = []
    try:
        for layer in track.layers:
            layers.append(_decode_file(track, layer.file))
            yield None
    except (OSError, ValueError, MemoryError, RuntimeError) as error:  # pygame.error is the last
        warn("a layer of track %r cannot be played (%s); it plays whole", track.name, error)
    else:
        if layers:
            yield tuple(layers)
            return
    if track.audio is None:
        raise OSError(f"track {track.name!r} lists neither an ogg nor a wav file")
    yield (_decode_file(track, track.audio),)


def _decode_file(track: Track, file: BundleFile) -> CutSound:
    from pygame.mixer import Sound

    sound = load_sound(file.read(), track.sample_rate_hz, track.loop)
    raw = _samples(sound)
    loop, rate_hz = track.loop, track.sample_rate_hz
    end = mixer_bytes(track.samples if loop is None else loop.end_sample, rate_hz)
    if len(raw) < end:
        found, wanted = (length // frame_bytes() for length in (len(raw), end))
        raise OSError(f"{file.path} decodes to {found} samples instead of {wanted}; build it again")
    if loop is None:
        return CutSound(sound if len(raw) == end else Sound(buffer=raw[:end]), None)
    start = mixer_bytes(loop.start_sample, rate_hz)
    if start == 0 and end == len(raw):
        return CutSound(None, sound)
    intro = Sound(buffer=raw[:start]) if start else None
    return CutSound(intro, Sound(buffer=raw[start:end]))


def _samples(sound: Sound) -> memoryview:
    """Return the raw samples in place; `get_raw` would copy a long track."""
    samples: Any = sound
    # A view of nothing cannot be cast.
    return memoryview(samples).cast("B") if sound.get_length() > 0 else memoryview(b"")


class Decoder:
    """Decodes the tracks that are asked for, one after the other, on a thread of its own.

    Where no thread can be started, as in a browser, `work` decodes file by file. With `at_once`
    it decodes where it is asked instead, so that what follows depends on no timing.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self._wanted: SimpleQueue[Track | None] = SimpleQueue()
        self._asked: set[Track] = set()
        self._done: dict[Track, tuple[CutSound, ...]] = {}
        self._thread: threading.Thread | None = None
        self._has_threads = True
        self._in_hand: tuple[Track, Iterator[tuple[CutSound, ...] | None]] | None = None

    def request(self, track: Track) -> None:
        """See to it that the track is decoded sooner or later."""
        if track in self._asked:
            return
        self._asked.add(track)
        if self._at_once:
            self._done[track] = _finish(track, decode_track(track))
            return
        self._wanted.put(track)
        if self._thread is None and self._has_threads:
            self._start_thread()

    def work(self) -> None:
        """Where there is no thread, decode one file of what is waited for."""
        if self._has_threads:
            return
        if self._in_hand is None:
            if self._wanted.empty():
                return
            track = self._wanted.get()
            if track is None:
                return
            self._in_hand = track, decode_track(track)
        track, files = self._in_hand
        sounds = _try_next(track, files)
        if sounds is not None:
            self._in_hand = None
            self._done[track] = sounds

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

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="chipassets", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # "can't start new thread": a browser has none
            self._has_threads = False
        else:
            self._thread = thread

    def _run(self) -> None:
        # So that a frame which has something to log need not wait until that is loaded.
        for name in ("logging", "difflib"):
            import_module(name)
        while (track := self._wanted.get()) is not None:
            self._done[track] = _finish(track, decode_track(track))


def _finish(track: Track, files: Iterator[tuple[CutSound, ...] | None]) -> tuple[CutSound, ...]:
    while (sounds := _try_next(track, files)) is None:
        pass
    return sounds


def _try_next(
    track: Track, files: Iterator[tuple[CutSound, ...] | None]
) -> tuple[CutSound, ...] | None:
    """The sounds of the track, () if they cannot be had, None while there are files to decode."""
    try:
        return next(files)
    # Whatever a file does to the decoder, the others are waiting for it.
    except Exception as error:  # noqa: BLE001
        warn("track %r stays silent: %s", track.name, error or type(error).__name__)
        return ()
