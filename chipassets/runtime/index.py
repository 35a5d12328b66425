"""Reads `bundle.json`, which is not trusted, into frozen tracks, or raises one error."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TypeVar

from .tracks import BundleFile, Layer, LibraryError, Loop, Section, Statement, Track
from .values import Value

INDEX_NAME = "bundle.json"
FORMAT = 1
MOST_BYTES = 256 << 20
_MOST_PROBLEMS_SHOWN = 8
_LARGEST = sys.float_info.max
# Limits far above real music: arithmetic on larger values could take forever.
MOST_BEATS = 1000
_TEMPI_BPM = (1.0, 10_000.0)
_MOST_HZ = 1_000_000
_MOST_WHOLE = 2**53
_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a pointer of Git LFS begins (its specification, \"The Pointer\")."""
_MOST_SHOWN = 200

_T = TypeVar("_T", dict[str, object], list[object])


class Index(Value):
    """The contents of a bundle: the game's name, the chip and the tracks in their order."""

    game: str
    chip: str
    tracks: tuple[Track, ...]


def read_index(folder: Path) -> Index:
    """Return the index of a bundle; every listed file exists and has its size.

    Raises LibraryError with everything that is wrong: no bundle, malformed JSON, a newer format,
    missing or wrong values, files that are missing, of another size or outside the folder.
    """
    data = _parse(folder / INDEX_NAME)
    _check_format(data.get("format"))
    reader = _Reader(folder)
    game, chip = reader.text(data, "game", ""), reader.text(data, "chip", "")
    records = reader.records(data, "tracks", "")
    tracks = tuple(reader.track(record, f"tracks[{i}]") for i, record in enumerate(records))
    _check_names(tracks, reader)
    if reader.problems:
        raise LibraryError(_sum_up(folder / INDEX_NAME, reader.problems))
    return Index(game, chip, tracks)


def _parse(path: Path) -> dict[str, object]:
    """Return the JSON object of an index; LibraryError if it cannot be read."""
    try:
        if path.exists() and not path.is_file():
            raise LibraryError(
                f"{path} is not a file; build the bundle again"
            )  # reading a pipe may never end
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise LibraryError(
            f"{path} cannot be read ({why}); build the bundle first: chipassets build"
        ) from error
    if len(raw) > MOST_BYTES:
        raise LibraryError(f"{path} is larger than {MOST_BYTES >> 20} MiB; it is not an index")
    try:
        data = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise LibraryError(f"{path} is not valid JSON ({error}); build the bundle again") from error
    if not isinstance(data, dict):
        raise LibraryError(f"{path} does not hold a JSON object; build the bundle again")
    return data


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def _is_encodable(text: str) -> bool:
    """Return whether a text can be encoded as UTF-8: it has no lone surrogates."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _check_format(found: object) -> None:
    """Raise LibraryError for another format than the one that this runtime reads."""
    if isinstance(found, int) and not isinstance(found, bool) and found > FORMAT:
        raise LibraryError(
            f"the bundle has format {found} and this runtime reads format {FORMAT}; "
            "update the runtime folder in your game, or build with an older chipassets"
        )
    if found != FORMAT or isinstance(found, bool):
        raise LibraryError(f"{INDEX_NAME} says format {found!r}; expected {FORMAT}")


def _check_names(tracks: tuple[Track, ...], reader: _Reader) -> None:
    """Add a problem for each name that several tracks have."""
    for name, times in Counter(track.name for track in tracks).items():
        if times > 1:
            reader.problems.append(f"two tracks are named {name!r}")


def _sum_up(path: Path, problems: list[str]) -> str:
    """Return the first problems, and how many more there are."""
    shown = problems[:_MOST_PROBLEMS_SHOWN]
    more = len(problems) - len(shown)
    tail = [f"and {more} more"] if more else []
    return f"{path} is not a usable bundle: " + "; ".join(shown + tail)


class _Reader:
    """Reads typed values from JSON objects and collects what is wrong instead of stopping."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[str] = []
        self._folder = folder
        try:
            self._root = folder.resolve()
        except (OSError, RuntimeError) as error:
            raise LibraryError(f"{folder} leads nowhere ({error})") from error

    def track(self, record: dict[str, object], where: str) -> Track:
        """Return the track of a record; what is wrong is added to the problems."""
        name = self.text(record, "name", where)
        where = f"track {name!r}" if name else where
        bars, samples = (
            self.whole(record, "bars", where, 1),
            self.whole(record, "samples", where, 1),
        )
        beats = self.beats(record, where)
        return Track(
            name=name,
            scene=self.text(record, "scene", where),
            moods=self.texts(record, "moods", where),
            key=self.text(record, "key", where),
            tempo_bpm=self.number(record, "tempo_bpm", where, *_TEMPI_BPM),
            beats_per_bar=beats,
            bars=bars,
            sample_rate_hz=self.whole(record, "sample_rate_hz", where, 1, _MOST_HZ),
            samples=samples,
            loop=self.loop(record, where, samples, bars),
            sections=tuple(
                Section(
                    self.text(section, "name", where),
                    self.whole(section, "start_bar", where, 0),
                    self.whole(section, "bars", where, 1),
                )
                for section in self.records(record, "sections", where)
            ),
            voices=self.texts(record, "voices", where),
            files=MappingProxyType(self.files(record, where)),
            layers=self.layers(record, where),
            loudness_lufs=self.decibels(record, "loudness_lufs", where),
            statements=self.statements(record, where),
            pulse_steps=self.pulse(record, where, int(4 * beats)),
            match="" if record.get("match") is None else self.text(record, "match", where),
            like=self.like(record, where),
        )

    def beats(self, record: dict[str, object], where: str) -> float:
        """Return the quarter notes of a bar: whole, or with a half, as 7/8 has 3.5."""
        found = record.get("beats_per_bar")
        if isinstance(found, float) and 1 <= found <= MOST_BEATS and (2 * found).is_integer():
            return int(found) if found.is_integer() else found
        return self.whole(record, "beats_per_bar", where, 1, MOST_BEATS)

    def like(self, record: dict[str, object], where: str) -> str:
        """Return the track of which this one is a variant, "" if it is none."""
        if record.get("link") is None:
            return ""
        link = self._typed(record, "link", where, dict)
        where = f"{where}, link"
        return self.text(link, "of", where) if link.get("kind") == "variant" else ""

    def loop(self, record: dict[str, object], where: str, samples: int, bars: int) -> Loop | None:
        """Return the loop; None for a track that plays once."""
        if record.get("loop") is None:
            return None
        data = self._typed(record, "loop", where, dict)
        where = f"{where}, loop"
        loop = Loop(
            self.whole(data, "start_sample", where, 0),
            self.whole(data, "length_samples", where, 1),
            self.whole(data, "start_bar", where, 0),
            self.whole(data, "bars", where, 1),
        )
        if loop.start_sample + loop.length_samples > samples or loop.bars > bars:
            self.problems.append(f"{where} goes past the end of the track")
        elif not bars - loop.bars <= loop.start_bar <= bars:
            self.problems.append(f"{where} starts neither after the intro nor in a second pass")
        if (loop.start_sample == 0) != (loop.start_bar == 0):
            self.problems.append(f"{where}: start_sample and start_bar disagree about an intro")
        return loop

    def pulse(self, record: dict[str, object], where: str, bar_steps: int) -> int:
        """Return the length of a felt beat in 16ths; a quarter note if the record has none."""
        if "pulse_steps" not in record:
            return 4
        steps = self.whole(record, "pulse_steps", where, 1, bar_steps)
        if bar_steps % steps:
            self._refuse(record, "pulse_steps", where, f"a divisor of the bar's {bar_steps} 16ths")
            return 4
        return steps

    def layers(self, record: dict[str, object], where: str) -> tuple[Layer, ...]:
        """Return the layers; none if the record has none."""
        if "layers" not in record:
            return ()
        return tuple(
            Layer(
                self.text(data, "name", f"{where}, layers"),
                self.texts(data, "voices", f"{where}, layers"),
                self.file(data, f"{where}, layer {number}"),
            )
            for number, data in enumerate(self.records(record, "layers", where), 1)
        )

    def statements(self, record: dict[str, object], where: str) -> tuple[Statement, ...]:
        """Return the statements of motifs; none if the record has none."""
        if "statements" not in record:
            return ()
        where = f"{where}, statements"
        return tuple(
            Statement(
                self.text(data, "motif", where),
                self.whole(data, "start_bar", where, 0),
                self.whole(data, "start_step", where, 0),
                self.whole(data, "steps", where, 1),
                self.whole(data, "transposition", where, -127),
            )
            for data in self.records(record, "statements", where)
        )

    def decibels(self, record: dict[str, object], key: str, where: str) -> float | None:
        """Return a number of any sign; None if the key is missing."""
        value = record.get(key)
        if value is None:
            return None
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and -_LARGEST <= value <= _LARGEST
        ):
            return float(value)
        self._refuse(record, key, where, "a number")
        return None

    def files(self, record: dict[str, object], where: str) -> dict[str, BundleFile]:
        """Return a record's files by kind."""
        found = self._typed(record, "files", where, dict)
        files = {}
        for kind in found:
            data = self._typed(found, kind, f"{where}, files", dict)
            files[kind] = self.file(data, f"{where}, file {kind!r}")
        return files

    def file(self, data: dict[str, object], where: str) -> BundleFile:
        """Return a file of the index, after checking its path and size."""
        size = self.whole(data, "bytes", where, 0)
        text = self.text(data, "path", where)
        path = self._folder / text
        try:
            wrong = self._wrong(path, text, size)
        # The path is too long, has a NUL or a lone surrogate, or its links form a circle.
        except (OSError, ValueError, RuntimeError) as error:
            wrong = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        if wrong:
            shown = text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "..."
            self.problems.append(f"{where} {wrong}: {shown!r}")
        return BundleFile(path, self.text(data, "sha256", where), size)

    def _wrong(self, path: Path, text: str, size: int) -> str:
        """Return what is wrong with a file of the index, "" if nothing is."""
        relative = PurePosixPath(text)
        outside = relative.is_absolute() or ".." in relative.parts or "\\" in text or ":" in text
        if outside or "\0" in text or not path.resolve().is_relative_to(self._root):
            return "points outside the bundle"
        if not path.is_file():
            return "is missing"
        found = path.stat().st_size
        if found == size:
            return ""
        if _is_pointer(path):
            return "is a pointer of Git LFS, not the file; run: git lfs pull"
        return f"was altered, with {found} bytes in place of {size}"

    def text(self, record: dict[str, object], key: str, where: str) -> str:
        """Return a text; empty, with a problem, if it is none."""
        value = record.get(key)
        if isinstance(value, str) and value and _is_encodable(value):
            return value
        self._refuse(record, key, where, "a text")
        return ""

    def texts(self, record: dict[str, object], key: str, where: str) -> tuple[str, ...]:
        """Return a list of texts, without what is none."""
        values = self._typed(record, key, where, list)
        if any(not isinstance(value, str) or not _is_encodable(value) for value in values):
            self._refuse(record, key, where, "a list of texts")
        return tuple(value for value in values if isinstance(value, str))

    def whole(
        self, record: dict[str, object], key: str, where: str, least: int, most: int | None = None
    ) -> int:
        """Return a whole number in the range; report a problem otherwise."""
        value = record.get(key)
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and least <= value <= (_MOST_WHOLE if most is None else most)
        ):
            return value
        limit = f"of at least {least}" if most is None else f"from {least} to {most}"
        self._refuse(record, key, where, f"a whole number {limit}")
        return max(least, 1)

    def number(
        self, record: dict[str, object], key: str, where: str, least: float, most: float
    ) -> float:
        """Return a number in the range; report a problem otherwise."""
        value = record.get(key)
        # A bool is an int in Python; NaN fails both comparisons; an int may be too large for a
        # float.
        if isinstance(value, int | float) and value is not True and least <= value <= most:
            return float(value)
        self._refuse(record, key, where, f"a number from {least:g} to {most:g}")
        return least

    def records(self, record: dict[str, object], key: str, where: str) -> list[dict[str, object]]:
        """Return a list of objects, without what is none."""
        values = self._typed(record, key, where, list)
        if any(not isinstance(value, dict) for value in values):
            self._refuse(record, key, where, "a list of objects")
        return [value for value in values if isinstance(value, dict)]

    def _typed(self, record: dict[str, object], key: str, where: str, kind: type[_T]) -> _T:
        """Return a list or object; an empty one, with a problem, for a value of another type."""
        value = record.get(key)
        if isinstance(value, kind):
            return value
        self._refuse(record, key, where, "an object" if kind is dict else "a list")
        return kind()

    def _refuse(self, record: dict[str, object], key: str, where: str, wanted: str) -> None:
        """Add the problem of a value that is missing or not what is wanted."""
        place = f"{where}: " if where else ""
        found = f"is {record[key]!r:.40}" if key in record else "is missing"
        self.problems.append(f"{place}{key!r} {found}; expected {wanted}")


def _is_pointer(path: Path) -> bool:
    """Return whether a file is a Git LFS pointer, not the content; False if unreadable."""
    try:
        with path.open("rb") as file:
            return file.read(len(_POINTER)) == _POINTER
    except OSError:
        return False  # the check of its size reports it
