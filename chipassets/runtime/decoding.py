"""Decodes files in the background into sounds that are cut at the loop point."""

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
    """A decoded track: the part that plays once, then the part that repeats.

    Either may be absent.
    """

    intro: Sound | None
    loop: Sound | None

    def copied(self) -> CutSound:
        """Return a copy that plays everything once, as a new sound with its own volume."""
        from pygame.mixer import Sound

        raw = [_samples(part) for part in self.parts]
        # Joining the parts needs a second copy, which takes as long as the first.
        whole = raw[0] if len(raw) == 1 else b"".join(raw)
        return CutSound(Sound(buffer=whole) if raw else None, None)

    def starting_at(self, track: Track, sample: int) -> CutSound:
        """Return the same track starting at a position."""
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

    def apart(self) -> CutSound:
        """Return the same samples as new sounds, with volumes of their own."""
        from pygame.mixer import Sound

        intro, loop = (
            None if part is None else Sound(buffer=_samples(part))
            for part in (self.intro, self.loop)
        )
        return CutSound(intro, loop)

    @property
    def parts(self) -> Iterator[Sound]:
        """The sounds that are not absent."""
        return (sound for sound in (self.intro, self.loop) if sound is not None)


def decode_track(track: Track) -> Iterator[tuple[CutSound, ...] | None]:
    """Yield None after each file, and at last the track's sounds in the mixer's format.

    They are cut at its loop points: exactly, or at another rate than the file's at the nearest
    sample. There is one sound for each layer, all of the same length; one for the whole track if it
    has no layers or, after a line in the log, if a layer cannot be decoded. Raises OSError,
    ValueError or pygame.error if a file cannot be read or decoded.
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
    """Return a file's sound, cut at the loop's start and end."""
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
    """Return the raw samples without copying; `get_raw` would copy a long track."""
    samples: Any = sound
    # An empty memoryview cannot be cast.
    return memoryview(samples).cast("B") if sound.get_length() > 0 else memoryview(b"")


class Decoder:
    """Decodes requested tracks one after another, in a thread.

    If no thread can be started, as in a browser, `work` decodes file by file. With `at_once` tracks
    are decoded when requested, so that the result does not depend on timing.
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
        """Queue the track for decoding."""
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
        """Decode one file of the queue if there is no thread."""
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
        """Return whether decoding has ended, successfully or not.

        Requests it if it was not requested.
        """
        self.request(track)
        return track in self._done

    @property
    def is_busy(self) -> bool:
        """Whether a requested track is not decoded yet."""
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
        """Ask the thread to end after the current track; return it if there is one."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._wanted.put(None)
        return thread

    def close(self) -> None:
        """End the thread after the current track and wait for it."""
        thread = self.end()
        if thread is not None:
            thread.join()

    def _start_thread(self) -> None:
        """Start the thread that decodes; without threads, `work` decodes."""
        thread = threading.Thread(target=self._run, name="chipassets", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # "can't start new thread": a browser has none
            self._has_threads = False
        else:
            self._thread = thread

    def _run(self) -> None:
        """Decode the tracks of the queue until it gives None."""
        # Imported early, so that a frame that logs does not wait for the import.
        for name in ("logging", "difflib"):
            import_module(name)
        while (track := self._wanted.get()) is not None:
            self._done[track] = _finish(track, decode_track(track))


def _finish(track: Track, files: Iterator[tuple[CutSound, ...] | None]) -> tuple[CutSound, ...]:
    """Return the first sounds of a track that can be decoded."""
    while (sounds := _try_next(track, files)) is None:
        pass
    return sounds


def _try_next(
    track: Track, files: Iterator[tuple[CutSound, ...] | None]
) -> tuple[CutSound, ...] | None:
    """Return the track's sounds, () if decoding failed, None while there are files to decode."""
    try:
        return next(files)
    # Any exception: one bad file must not stop the decoding of others.
    except Exception as error:  # noqa: BLE001
        warn("track %r stays silent: %s", track.name, error or type(error).__name__)
        return ()
