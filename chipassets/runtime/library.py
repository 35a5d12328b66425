"""A bundle as a game uses it: tracks by name, by scene and by mood."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from .index import INDEX_NAME, Index, read_index
from .tracks import LibraryError, Track, TrackNotFoundError
from .values import Value

_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.05
SWAP_NAME = ".chipassets-swap"
"""The folder that a build creates in a bundle while it moves files to their places."""


class Match(Value):
    """The chosen track, and why it was chosen."""

    track: Track
    reason: str


class Library(Value):
    """The tracks of one bundle, in the order of its index."""

    game: str
    chip: str
    tracks: tuple[Track, ...]

    @classmethod
    def open(cls, path: str | Path) -> Library:
        """Return the library of a bundle: its folder, its index file, or a zip.

        A zip is unpacked into a temporary folder, which is removed when the program ends. Raises
        LibraryError if the bundle is unusable; sizes are checked here, hashes by `verify`.
        """
        folder = Path(path)
        if folder.name == INDEX_NAME:
            folder = folder.parent
        if _is_file(folder):
            from .archive import discard, unpack

            folder = unpack(folder)
            try:
                index = _read_consistent(folder)
            except LibraryError:
                discard(folder)
                raise
        else:
            index = _read_consistent(folder)
        return cls(index.game, index.chip, index.tracks)

    def renew(self, newer: Library) -> Library:
        """Return the newer library with this one's tracks in place of equal ones."""
        mine = {track.name: track for track in self.tracks}
        tracks = tuple(
            mine[track.name] if mine.get(track.name) == track else track for track in newer.tracks
        )
        return Library(newer.game, newer.chip, tracks)

    def verify(self) -> None:
        """Read every file; raise LibraryError with those whose contents were altered."""
        files = [file for track in self.tracks for file in track.all_files]
        altered = dict.fromkeys(file.path.name for file in files if not file.is_intact())
        if altered:
            raise LibraryError(
                f"altered since the bundle was built: {', '.join(altered)}; build it again"
            )

    @property
    def scenes(self) -> tuple[str, ...]:
        """The scenes that have a track, in the order of the index."""
        return tuple(dict.fromkeys(track.scene for track in self.tracks))

    @property
    def moods(self) -> tuple[str, ...]:
        """The moods that tracks are tagged with, in the order of the index."""
        return tuple(dict.fromkeys(mood for track in self.tracks for mood in track.moods))

    def track(self, name: str) -> Track:
        """Return the track of this name; raises TrackNotFoundError with the nearest names."""
        for track in self.tracks:
            if track.name == name:
                return track
        raise _not_found("track", name, (track.name for track in self.tracks))

    def hint(self, name: str) -> str:
        """Return the scenes and tracks that an unknown name may mean, for a message."""
        return _hint(name, dict.fromkeys((*self.scenes, *(track.name for track in self.tracks))))

    def for_scene(self, scene: str, *moods: str) -> Match:
        """Return the scene's track; if it has several, the one with the most of the moods.

        Raises TrackNotFoundError with the nearest scenes if the scene has no track.
        """
        served = tuple(track for track in self.tracks if track.scene == scene)
        if not served:
            raise _not_found("scene", scene, self.scenes)
        if len(served) == 1 or not moods:
            which = "the only one" if len(served) == 1 else f"first of {len(served)}"
            return Match(served[0], f"{which} for scene {scene!r}")
        best = max(served, key=lambda track: _likeness(track, moods))
        return Match(best, f"scene {scene!r} and {_say_shared(best, moods)}")

    def for_moods(self, *moods: str) -> Match:
        """Return the track that shares the most of these moods.

        Ties go to the track with the fewest other moods, then to the first. Raises
        TrackNotFoundError with the nearest moods if no track has any of them.
        """
        best = max(self.tracks, key=lambda track: _likeness(track, moods), default=None)
        if best is None or not set(moods) & set(best.moods):
            raise _not_found("mood", " ".join(moods), self.moods)
        return Match(best, _say_shared(best, moods))


def _read_consistent(folder: Path) -> Index:
    """Return the index; if a build replaces the bundle meanwhile, wait for it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        before = _stamp(folder)
        try:
            index = read_index(folder)
            if _stamp(folder) == before or time.monotonic() > deadline:
                return index
        except (LibraryError, FileNotFoundError):
            is_moving = (folder / SWAP_NAME).exists() or _stamp(folder) != before
            if not is_moving or time.monotonic() > deadline:
                raise
        time.sleep(_POLL_SECONDS)


def _stamp(folder: Path) -> tuple[int, int, int] | None:
    """Return what changes when the index is written; None without an index."""
    try:
        found = (folder / INDEX_NAME).stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _is_file(path: Path) -> bool:
    """Return whether a path is a file; LibraryError if it cannot be one."""
    try:
        return path.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, links in a circle
        why = getattr(error, "strerror", None) or error
        raise LibraryError(f"{str(path)[:200]!r} is not the path of a bundle ({why})") from error


def _likeness(track: Track, moods: Iterable[str]) -> tuple[int, int]:
    """Return how many moods a track shares, then, negative, how many it has besides."""
    shared = set(moods) & set(track.moods)
    return len(shared), -len(set(track.moods) - shared)


def _say_shared(track: Track, moods: tuple[str, ...]) -> str:
    shared = [mood for mood in moods if mood in track.moods]
    return f"{len(shared)} of {len(moods)} moods: {', '.join(shared) or 'none'}"


def _not_found(what: str, asked: str, known: Iterable[str]) -> TrackNotFoundError:
    """Return the error for a name that no track has, with the nearest names."""
    return TrackNotFoundError(f"the bundle has no {what} {asked!r}; {_hint(asked, known)}")


def _hint(asked: str, known: Iterable[str]) -> str:
    """Return the nearest of the known names, or all of them."""
    # Imported here: it is slow to import, and a game that finds its music never needs it.
    from difflib import get_close_matches

    names = tuple(known)
    close = get_close_matches(str(asked), names, n=3, cutoff=0.6)
    there = ", ".join(names) or "none"
    return f"did you mean {', '.join(close)}?" if close else f"there are: {there}"
