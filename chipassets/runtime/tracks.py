"""The tracks of a bundle as frozen values, and conversions between samples, bars and beats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .values import Value


class LibraryError(Exception):
    """A bundle cannot be used; the message says what was found, why it is refused, what to do."""


class TrackNotFoundError(LibraryError, LookupError):
    """No track of the bundle matches the request."""


class Loop(Value):
    """The part of a track that repeats: its start and length, in samples and bars."""

    start_sample: int
    length_samples: int
    start_bar: int
    bars: int

    @property
    def end_sample(self) -> int:
        """The first sample after it."""
        return self.start_sample + self.length_samples


class Section(Value):
    """A named range of bars."""

    name: str
    start_bar: int
    bars: int


class Statement(Value):
    """Where a motif of the game is quoted.

    Bar and 16th from 0, length in 16ths, semitones moved.
    """

    motif: str
    start_bar: int
    start_step: int
    steps: int
    transposition: int = 0


class BundleFile(Value):
    """One file of a track: its absolute path, SHA-256 and size."""

    path: Path
    sha256: str
    size_bytes: int

    def read(self) -> bytes:
        """Return the contents; raises OSError if they do not match the index."""
        from hashlib import sha256

        data = self.path.read_bytes()
        if sha256(data).hexdigest() != self.sha256:
            raise OSError(
                f"{self.path} was altered since the bundle was built; build it again, and let no "
                "packer encode it anew"
            )
        return data

    def is_intact(self) -> bool:
        """Return whether the file can be read and matches the index."""
        try:
            self.read()
        except OSError:
            return False
        return True


class Layer(Value):
    """A file as long as its track's audio, played in step together with the layers before it."""

    name: str
    voices: tuple[str, ...]
    file: BundleFile


class Track(Value):
    """One piece of music. Positions are samples since its start and may exceed its end.

    tempo_bpm and beats_per_bar count quarter notes; the beats of its methods are felt beats, of
    which a bar has `felt_beats`.
    """

    name: str
    scene: str
    moods: tuple[str, ...]
    key: str
    tempo_bpm: float
    beats_per_bar: float
    bars: int
    sample_rate_hz: int
    samples: int
    loop: Loop | None
    sections: tuple[Section, ...]
    voices: tuple[str, ...]
    files: Mapping[str, BundleFile]
    layers: tuple[Layer, ...] = ()
    loudness_lufs: float | None = None
    statements: tuple[Statement, ...] = ()
    pulse_steps: int = 4
    """Length of a felt beat in 16ths: 4 for a quarter note, 6 for a dotted one as in 6/8."""
    match: str = ""
    """The name of the track whose key and tempo this one takes, "" if it has its own."""
    like: str = ""
    """The name of the track of which this one is a variant, "" if it is none."""

    def shares_bars(self, other: Track) -> bool:
        """Return whether both are the same music bar for bar.

        They are if they are variants of one track, or one is a variant of the other.
        """
        return (self.like or self.name) == (other.like or other.name) and self.bars == other.bars

    def __hash__(self) -> int:
        # Not all fields: a mapping has no hash.
        return hash((self.name, self.samples))

    def __repr__(self) -> str:
        return f"<Track {self.name!r} for scene {self.scene!r}>"

    @property
    def felt_beats(self) -> int:
        """The number of felt beats in a bar: 4 in 4/4, 2 in 6/8."""
        return int(self.beats_per_bar * 4) // self.pulse_steps

    @property
    def audio(self) -> BundleFile | None:
        """The file to play: OGG before WAV; None if the bundle has neither."""
        return self.files.get("ogg") or self.files.get("wav")

    @property
    def all_files(self) -> tuple[BundleFile, ...]:
        """Every file of the track, its layers' too."""
        return (*self.files.values(), *(layer.file for layer in self.layers))

    def wrap(self, sample: int) -> int:
        """Return the position in the file, 0..samples.

        Loops wrap around, others stop at the end.
        """
        if self.loop is None or sample < self.loop.start_sample:
            return min(max(sample, 0), self.samples)
        start, length = self.loop.start_sample, self.loop.length_samples
        return start + (sample - start) % length

    def is_over(self, sample: int) -> bool:
        """Return whether the track has ended at this position; one that loops never does."""
        return self.loop is None and sample >= self.samples

    def next_seam(self, sample: int) -> int:
        """Return the first position after this one at which the loop begins, without wrapping.

        For a track that plays once, its end.
        """
        if self.loop is None:
            return self.samples
        passes = max((sample - self.loop.start_sample) // self.loop.length_samples + 1, 0)
        return self.loop.start_sample + passes * self.loop.length_samples

    def bar_sample(self, bar: int) -> int:
        """Return the position of the first sample of a bar, counted from 0 without wrapping."""
        if self.loop is None:
            # The samples of a bar from the tempo: the file may be longer than its bars.
            return round(bar * 60 * self.beats_per_bar * self.sample_rate_hz / self.tempo_bpm)
        if bar < self.loop.start_bar:
            return -(-bar * self.loop.start_sample // self.loop.start_bar)
        into_loop = -(-(bar - self.loop.start_bar) * self.loop.length_samples // self.loop.bars)
        return self.loop.start_sample + into_loop

    @property
    def loop_bar(self) -> int:
        """The bar to which the music returns, 0 if it plays once.

        The file may loop later: where an intro sounds on into the loop, the file continues into the
        loop's second pass and returns to there, so that it has more bars than the music.
        """
        return self.bars - self.loop.bars if self.loop else 0

    def position_bar(self, sample: int) -> int:
        """Return the bar of the music, 0..bars-1, of a position."""
        bar = self._count_bars(self.wrap(sample))
        if self.loop is not None and bar >= self.bars:
            bar -= self.loop.bars
        return min(bar, self.bars - 1)

    def position_beat(self, sample: int) -> int:
        """Return the beat of the bar, 0..felt_beats-1, of a position."""
        here = self.wrap(sample)
        start, end = self._bar_around(here)
        beat = (here - start) * self.felt_beats // max(end - start, 1)
        return min(max(beat, 0), self.felt_beats - 1)

    def same_place(self, other: Track, sample: int) -> int:
        """Return this track's position in the same bar, and as far in it, as the other's."""
        here, mine = other.wrap(sample), other.position_bar(sample) % self.bars
        start, end = other._bar_around(here)
        first, last = self.bar_sample(mine), self.bar_sample(mine + 1)
        return first + (here - start) * (last - first) // max(end - start, 1)

    def next_bar_sample(self, sample: int) -> int:
        """Return the position of the first bar line at or after a position, without wrapping."""
        start, end = self._bar_around(max(sample, 0))
        return start if start >= sample else end

    def next_beat_sample(self, sample: int) -> int:
        """Return the position of the first felt beat at or after a position, without wrapping."""
        start, end = self._bar_around(max(sample, 0))
        beat = (sample - start) * self.felt_beats // max(end - start, 1)
        lines = (start - (start - end) * b // self.felt_beats for b in (beat, beat + 1))
        return next((line for line in lines if line >= sample), end)

    def next_section_sample(self, sample: int) -> int:
        """Return the position of the first start of a section at or after a position, not wrapped.

        The loop's start always counts, and so does the end of a track that plays once.
        """
        first = self._count_bars(self.next_bar_sample(sample))
        starts = [section.start_bar for section in self.sections]
        if self.loop is None:
            ahead = [bar for bar in starts if bar >= first]
            return self.bar_sample(min([*ahead, max(self.bars, first)]))
        loop_start, loop_bars = self.loop_bar, self.loop.bars
        bars = [bar for bar in starts if bar >= first]
        for bar in [loop_start, *(bar for bar in starts if bar >= loop_start)]:
            passes = max(-(-(first - bar) // loop_bars), 0)
            bars.append(bar + passes * loop_bars)
        return self.bar_sample(min(bars))

    def section_at(self, sample: int) -> str:
        """Return the name of the section at a position, "" if there is none."""
        bar = self.position_bar(sample)
        inside = (s for s in self.sections if s.start_bar <= bar < s.start_bar + s.bars)
        return next((section.name for section in inside), "")

    def _bar_around(self, sample: int) -> tuple[int, int]:
        """Return the start and end of a position's bar, without wrapping."""
        bar = self._count_bars(sample)
        return self.bar_sample(bar), self.bar_sample(bar + 1)

    def _count_bars(self, sample: int) -> int:
        """Return how many bars end at or before a position, without wrapping."""
        if self.loop is None:
            bar = int(sample * self.tempo_bpm / (60 * self.beats_per_bar * self.sample_rate_hz))
            return bar + 1 if self.bar_sample(bar + 1) <= sample else bar
        if sample < self.loop.start_sample:
            return sample * self.loop.start_bar // self.loop.start_sample
        into_loop = (sample - self.loop.start_sample) * self.loop.bars // self.loop.length_samples
        return self.loop.start_bar + into_loop
