"""Tracks of a bundle as frozen values, and the arithmetic between their samples, bars and beats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .values import Value


class LibraryError(Exception):
    """A bundle cannot be used; the message says what was found, why it is refused, what to do."""


class TrackNotFoundError(LibraryError, LookupError):
    """No track of the bundle answers to what was asked for."""


class Loop(Value):
    """The part of a track that repeats: where it starts and how long it is, in samples and bars."""

    start_sample: int
    length_samples: int
    start_bar: int
    bars: int

    @property
    def end_sample(self) -> int:
        """The first sample behind it."""
        return self.start_sample + self.length_samples


class Section(Value):
    """A named run of bars."""

    name: str
    start_bar: int
    bars: int


class Statement(Value):
    """Where a motif of the game sounds: bar and 16th from 0, how many 16ths, semitones moved."""

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
        """Return the contents; raises OSError if they are not those that the index tells of."""
        from hashlib import sha256

        data = self.path.read_bytes()
        if sha256(data).hexdigest() != self.sha256:
            raise OSError(f"{self.path} was altered since the bundle was built; build it again")
        return data

    def is_intact(self) -> bool:
        """Whether the file can be read and has the contents that the index tells of."""
        try:
            self.read()
        except OSError:
            return False
        return True


class Layer(Value):
    """A file as long as its track's audio, to be played in step on top of the layers before it."""

    name: str
    voices: tuple[str, ...]
    file: BundleFile


class Track(Value):
    """One piece of music. Positions are samples since it was started and may pass its end.

    tempo_bpm and beats_per_bar count quarter notes; the beats of its methods are those that are
    felt, of which a bar has `felt_beats`.
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
    """16ths from one felt beat to the next: a quarter, or in 6/8 a dotted one, which is 6."""
    match: str = ""
    """The name of the track whose key and tempo this one takes, "" where it has its own."""
    like: str = ""
    """The name of the track of which this one is a variant, "" where it is none."""

    def shares_bars(self, other: Track) -> bool:
        """Whether both are the same music bar for bar: a track and its variant, or two of one."""
        return (self.like or self.name) == (other.like or other.name) and self.bars == other.bars

    def __hash__(self) -> int:
        # Not of every field: a mapping has no hash.
        return hash((self.name, self.samples))

    def __repr__(self) -> str:
        return f"<Track {self.name!r} for scene {self.scene!r}>"

    @property
    def felt_beats(self) -> int:
        """How many beats are felt in a bar: 4 in 4/4, 2 in 6/8."""
        return int(self.beats_per_bar * 4) // self.pulse_steps

    @property
    def audio(self) -> BundleFile | None:
        """The file to play: OGG before WAV; None where the bundle holds neither."""
        return self.files.get("ogg") or self.files.get("wav")

    @property
    def all_files(self) -> tuple[BundleFile, ...]:
        """Every file of the track, its layers' too."""
        return (*self.files.values(), *(layer.file for layer in self.layers))

    def wrap(self, sample: int) -> int:
        """Return where in the file a position lies, 0..samples: loops go round, others stop."""
        if self.loop is None or sample < self.loop.start_sample:
            return min(max(sample, 0), self.samples)
        start, length = self.loop.start_sample, self.loop.length_samples
        return start + (sample - start) % length

    def is_over(self, sample: int) -> bool:
        """Whether the track has ended by this position; one that loops never does."""
        return self.loop is None and sample >= self.samples

    def bar_sample(self, bar: int) -> int:
        """Return the position of the first sample of a bar, counted from 0 without going round."""
        if self.loop is None:
            # Minutes in a bar, in samples: bar lines follow the tempo, the file may ring longer.
            return round(bar * 60 * self.beats_per_bar * self.sample_rate_hz / self.tempo_bpm)
        if bar < self.loop.start_bar:
            return -(-bar * self.loop.start_sample // self.loop.start_bar)
        into_loop = -(-(bar - self.loop.start_bar) * self.loop.length_samples // self.loop.bars)
        return self.loop.start_sample + into_loop

    @property
    def loop_bar(self) -> int:
        """The bar to which the music returns, 0 where it plays once.

        The file may loop later: where an intro rings into it, the file goes on into the loop's
        second pass and returns to there, so that it has more bars than the music.
        """
        return self.bars - self.loop.bars if self.loop else 0

    def position_bar(self, sample: int) -> int:
        """Return the bar of the music, 0..bars-1, in which a position lies."""
        bar = self._count_bars(self.wrap(sample))
        if self.loop is not None and bar >= self.bars:
            bar -= self.loop.bars
        return min(bar, self.bars - 1)

    def position_beat(self, sample: int) -> int:
        """Return the beat of the bar, 0..felt_beats-1, in which a position lies."""
        here = self.wrap(sample)
        start, end = self._bar_around(here)
        beat = (here - start) * self.felt_beats // max(end - start, 1)
        return min(max(beat, 0), self.felt_beats - 1)

    def same_place(self, other: Track, sample: int) -> int:
        """Return where this track is in the bar, and as far in it, as the other at a position."""
        here, mine = other.wrap(sample), other.position_bar(sample) % self.bars
        start, end = other._bar_around(here)
        first, last = self.bar_sample(mine), self.bar_sample(mine + 1)
        return first + (here - start) * (last - first) // max(end - start, 1)

    def next_bar_sample(self, sample: int) -> int:
        """Return the position of the first bar line at or after a position, not gone round."""
        start, end = self._bar_around(max(sample, 0))
        return start if start >= sample else end

    def next_beat_sample(self, sample: int) -> int:
        """Return the position of the first felt beat at or after a position, not gone round."""
        start, end = self._bar_around(max(sample, 0))
        beat = (sample - start) * self.felt_beats // max(end - start, 1)
        lines = (start - (start - end) * b // self.felt_beats for b in (beat, beat + 1))
        return next((line for line in lines if line >= sample), end)

    def next_section_sample(self, sample: int) -> int:
        """Return the position at or after a given one where a section starts, not gone round.

        The loop's start always is one, as is the end of a track that plays once.
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
        """Return the name of the section that a position lies in, "" where there is none."""
        bar = self.position_bar(sample)
        inside = (s for s in self.sections if s.start_bar <= bar < s.start_bar + s.bars)
        return next((section.name for section in inside), "")

    def _bar_around(self, sample: int) -> tuple[int, int]:
        """Return where the bar of a position starts and ends, not gone round."""
        bar = self._count_bars(sample)
        return self.bar_sample(bar), self.bar_sample(bar + 1)

    def _count_bars(self, sample: int) -> int:
        if self.loop is None:
            bar = int(sample * self.tempo_bpm / (60 * self.beats_per_bar * self.sample_rate_hz))
            return bar + 1 if self.bar_sample(bar + 1) <= sample else bar
        if sample < self.loop.start_sample:
            return sample * self.loop.start_bar // self.loop.start_sample
        into_loop = (sample - self.loop.start_sample) * self.loop.bars // self.loop.length_samples
        return self.loop.start_bar + into_loop
