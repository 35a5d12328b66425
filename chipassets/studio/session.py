"""A session: one manifest whose takes are heard and decided, with undo."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path, PurePath
from typing import Any

from chipassets import build as building
from chipassets.bundle import default_folder, write_file
from chipassets.decisions import auditions
from chipassets.decisions.auditions import Audition
from chipassets.decisions.history import History, Writing
from chipassets.decisions.midi_import import import_take
from chipassets.decisions.rerolling import reroll_take
from chipassets.decisions.whole_tracks import accept_tracks
from chipassets.errors import CheckError, UsageError
from chipassets.lock import Lock, LockedTake
from chipassets.manifest import load_manifest
from chipassets.manifest.edit import REMOVED, read_value, with_settings
from chipassets.manifest.loader import parse_manifest
from chipassets.nearest import did_you_mean
from chipassets.resolve.build_plan import resolve
from chipassets.stored.cache import Cache
from chipassets.stored.stamps import Stamps, read_stamps
from chipassets.studio.fields import GAME_KEYS, TRACK_KEYS
from chipassets.studio.news import News
from chipassets.studio.shown import LOCKED, game_json, takes_json, text_hash
from chipassets.studio.sounding import Renderer, Sounding
from chipassets.studio.work import Progress, Worker

_BOM = b"\xef\xbb\xbf"


class Session:
    """The page's requests and orders, in the command line's words. Thread-safe."""

    def __init__(self, manifest: Path, cache: Cache, folder: Path | None = None) -> None:
        self.manifest = manifest
        self.news = News()
        self.history = History(manifest)
        self.worker = Worker(self.news)
        self._folder = folder
        self._renderer = Renderer(cache)
        self._auditions: dict[str, Audition] = {}
        self._lock = threading.RLock()
        self._stamps: Stamps = {}
        self._game: dict[str, Any] = {}

    def close(self) -> None:
        """Stop the work and end waiting requests."""
        self.news.close()
        self.worker.close()

    # ---- What there is -------------------------------------------------------------------

    def look(self) -> None:
        """Check whether another program changed the manifest, its lock or a file that it names."""
        with self._lock:
            stamps = read_stamps(self.manifest)
            is_same = stamps == self._stamps
            is_first, self._stamps = not self._stamps, stamps
        if not is_same:
            with self._lock:
                self._game = {}
            if not is_first:
                self.news.changed()

    def game(self) -> dict[str, Any]:
        """Return the game with its tracks; see `shown.game_json`."""
        self.look()
        with self._lock:
            if not self._game:
                self._game = game_json(self.manifest)
            return self._game

    def state(self, after_message: int) -> dict[str, Any]:
        """Return what changes often: the revision, work, messages, and what undo would undo."""
        return {
            "revision": self.news.revision,
            "content": self.news.content,
            "work": [
                {
                    "number": job.number,
                    "what": job.what,
                    "track": job.track,
                    "share": job.share,
                    "is_running": job.is_running,
                }
                for job in self.worker.jobs
                if not job.is_cancelled
            ],
            "messages": [asdict(message) for message in self.news.messages(after_message)],
            "undo": self.history.undo_text,
            "redo": self.history.redo_text,
        }

    def takes(self, track: str) -> dict[str, Any]:
        """Return the takes of a track that are composed so far; see `shown.takes_json`."""
        return takes_json(self._audition(track))

    def sounding(self, track: str, take: str) -> Sounding:
        """Return a rendered take; composes and renders what is missing."""
        audition = self._audition(track)
        if take.isdecimal() and len(take) <= 4 and int(take) > len(audition.composed):
            # The worker thread composes it: composing twice at once would take twice as long.
            self.worker.wait(self.compose(track))
            audition = self._audition(track)
        return self._renderer.render(audition, self._take(audition, take))

    # ---- What is decided -----------------------------------------------------------------

    def compose(self, track: str) -> int:
        """Compose the takes of a track that are not composed yet; return the job's number."""

        def run(audition: Audition, progress: Progress) -> str:
            auditions.list_takes(audition, progress)
            return ""

        return self._ask(f"composing the takes of {track}", track, run, is_decision=False)

    def accept(self, track: str, take: str) -> int:
        """Accept a take in the lock; return the job's number."""

        def run(audition: Audition, _: Progress) -> str:
            if take == LOCKED:
                return accept_tracks(self.manifest, [track], audition.watch)[0]
            return _told(track, auditions.accept(audition, take))

        return self._ask(f"accepting {_named(track, take)}", track, run)

    def unaccept(self, track: str) -> int:
        """Let builds choose again for the track; return the job's number."""

        def run(audition: Audition, _: Progress) -> str:
            taken = auditions.unaccept(audition)
            return f"{track}: take {taken.name} is no longer accepted"

        return self._ask(f"unaccepting {track}", track, run)

    def reject(self, track: str, take: str) -> int:
        """Reject a take in the lock, so that it is never chosen; return the job's number."""

        def run(audition: Audition, _: Progress) -> str:
            if take == LOCKED:
                raise UsageError("this take belongs to an older plan: accept another one instead")
            taken = auditions.reject(audition, take)
            return f"{track}: take {take} is rejected; {_told(track, taken)}"

        return self._ask(f"rejecting {_named(track, take)}", track, run)

    def roll(self, track: str, count: int) -> int:
        """Compose more takes; return the job's number."""

        def run(audition: Audition, progress: Progress) -> str:
            taken = auditions.roll_more(audition, count, progress)
            return f"{count} more takes; {_told(track, taken)}"

        return self._ask(f"composing {count} more takes of {track}", track, run)

    def reroll(self, track: str, what: str, take: str) -> int:
        """Compose a section, bars or a part of a take again; return the job's number."""

        def run(audition: Audition, _: Progress) -> str:
            version = reroll_take(audition, what, None if take in ("", LOCKED) else take)
            return f"{track}: take {version.name} is {version.origin}"

        return self._ask(f"composing {what} of {_named(track, take)} anew", track, run)

    def take_in(self, track: str, name: str, content: bytes, take: str) -> int:
        """Accept an edited MIDI file as the track's take; return the job's number.

        name: what the file is called; content: its bytes; take: the one that was edited.
        """
        file = Path(PurePath(name).name or "the file")

        what = f"importing {file} into {track}"

        def run(audition: Audition, _: Progress) -> str:
            base = None if take in ("", LOCKED) else take
            # The lock changes twice, for the version and for its acceptance: one step to undo.
            locks: list[Lock] = []
            audition = replace(audition, watch=lambda before, after: locks.extend((before, after)))
            try:
                return "; ".join(import_take(audition, file, base, content)[:-1])
            finally:
                if locks:
                    self.history.decided(what, locks[0], locks[-1])

        return self._ask(what, track, run)

    def accept_all(self) -> int:
        """Accept the locked take of every track; return the job's number."""

        def run(_: Progress) -> str:
            return "; ".join(accept_tracks(self.manifest, [], self._watch("accepting all tracks")))

        return self.worker.ask("accepting all tracks", "", run).number

    def build(self) -> int:
        """Build the bundle as `chipassets build` does; return the job's number."""

        def run(progress: Progress) -> str:
            return self._build(progress)

        return self.worker.ask("building the bundle", "", run, is_decision=False).number

    def undo(self) -> str:
        """Undo the last step, after decisions that still wait; return what is undone."""
        return self._step_back("undo", self.history.undo)

    def redo(self) -> str:
        """Redo the last undone step, after decisions that still wait; return what is done."""
        return self._step_back("redo", self.history.redo)

    def _step_back(self, word: str, step: Callable[[], str]) -> str:
        """Undo or redo a step now, or after the decisions that still wait; return the news."""

        def run(_: Progress) -> str:
            return f"{word}: {step()}"

        if self.worker.decides:
            self.worker.ask(word, "", run)
            told = f"{word} waits for the decisions before it"
        else:
            told = run(lambda _: None)
        self.news.tell(told)
        return told

    # ---- What the manifest says ----------------------------------------------------------

    def set(self, track: str | None, settings: Sequence[tuple[str, str | None]]) -> bool:
        """Write settings of a track, or of the game, to the manifest; return whether it changed.

        A value is YAML as in `chipassets set`; None deletes the key.
        """
        known = GAME_KEYS if track is None else TRACK_KEYS
        for key, _ in settings:
            if key not in known:
                raise UsageError(f"there is no field {key!r}; {did_you_mean(key, known, 'fields')}")
        values = [
            (key, REMOVED if text is None or not text.strip() else read_value(text))
            for key, text in settings
        ]
        with self._lock:
            before = self.manifest.read_bytes()
            after, _ = with_settings(before, self.manifest, track, values)
            words = ", ".join(f"{key} = {text or 'default'}" for key, text in settings)
            return self._write(before, after, f"{track or 'the game'}: {words}")

    def write(self, text: str, known_hash: str) -> bool:
        """Write the manifest's text; return whether it changed.

        Raises:
            ManifestError: it has mistakes. Nothing is written.
            CheckError: the file was changed since the page read it.
        """
        with self._lock:
            before = self.manifest.read_bytes()
            if text_hash(before) != known_hash:
                raise CheckError(
                    f"{self.manifest.name} has been changed elsewhere since the page read it; "
                    "copy your text, and load the file again"
                )
            return self._write(before, self._bytes(text, before), f"{self.manifest.name} edited")

    def check(self, text: str) -> None:
        """Raise ManifestError with everything that is wrong with a text; writes nothing."""
        resolve(parse_manifest(self._bytes(text, b""), self.manifest))

    def _write(self, before: bytes, after: bytes, what: str) -> bool:
        """Write the manifest's new bytes, if they are valid; return whether they differ."""
        resolve(parse_manifest(after, self.manifest))
        if after == before:
            return False
        write_file(self.manifest, after)
        self.history.keep(Writing(what, before, after))
        self.news.tell(what)
        return True

    @staticmethod
    def _bytes(text: str, before: bytes) -> bytes:
        """Return the text with the file's line ends and byte order mark, which the page hides."""
        data = text.replace("\r\n", "\n").replace("\r", "\n").encode()
        if b"\r\n" in before:
            data = data.replace(b"\n", b"\r\n")
        elif b"\r" in before:
            data = data.replace(b"\n", b"\r")
        return (_BOM if before.startswith(_BOM) else b"") + data

    # ---- Within ----------------------------------------------------------------------------

    def _ask(
        self,
        what: str,
        track: str,
        run: Callable[[Audition, Progress], str],
        *,
        is_decision: bool = True,
    ) -> int:
        """Queue a job on a track's audition; return its number."""
        self._check_track(track)

        def work(progress: Progress) -> str:
            """Run the order on the track's audition, and keep what it composed."""
            audition = replace(self._audition(track), watch=self._watch(what))
            progress(0.0)
            try:
                return run(audition, progress)
            finally:
                self._keep(audition)

        return self.worker.ask(what, track, work, is_decision=is_decision).number

    def _watch(self, what: str) -> Callable[[Lock, Lock], None]:
        """Return a function that keeps a decision for undo."""

        def decided(before: Lock, after: Lock) -> None:
            self.history.decided(what, before, after)

        return decided

    def _check_track(self, track: str) -> None:
        """Raise UsageError if the manifest has no such track."""
        tracks = load_manifest(self.manifest).tracks
        if track not in tracks:
            raise UsageError(
                f"there is no track {track!r}; {did_you_mean(track, tracks, 'tracks')}"
            )

    def _audition(self, track: str) -> Audition:
        """Return the audition of a track for the present files, with its takes still valid."""
        with self._lock:
            known = self._auditions.get(track)
        self._check_track(track)
        found = auditions.reopen(known) if known else auditions.open_audition(self.manifest, track)
        self._keep(found)
        return found

    def _keep(self, audition: Audition) -> None:
        """Store the composed takes, unless another thread has composed more."""
        name = audition.track.name
        with self._lock:
            known = self._auditions.get(name)
            is_behind = known is not None and len(known.composed) > len(audition.composed)
            if not (is_behind and known is not None and known.track == audition.track):
                self._auditions[name] = replace(audition, watch=None)

    @staticmethod
    def _take(audition: Audition, take: str) -> LockedTake:
        """Return the take of a name; LOCKED is the lock's own."""
        if take != LOCKED:
            return auditions.take_of(audition, take)
        if audition.before is None:
            raise UsageError(f"the lock has no take of {audition.track.name!r}")
        return audition.before

    def _build(self, progress: Progress) -> str:
        """Build the bundle, reporting progress; return the news."""
        plan = resolve(load_manifest(self.manifest))
        folder = self._folder or default_folder(plan.game)
        effort: dict[str, int] = {}
        done = 0
        for event in building.build(plan, self.manifest, folder, os.cpu_count() or 1):
            if isinstance(event, building.StockTaken):
                effort, done = event.effort, 0
            elif isinstance(event, building.TrackDone):
                done += effort.get(event.track, 0)
                progress(done / max(sum(effort.values()), 1))
            elif isinstance(event, building.Built):
                said = "is built" if event.changed else "is up to date"
                return "; ".join([f"{folder} {said}", *event.warnings])
        raise AssertionError("a build ends with Built")


def _named(track: str, take: str) -> str:
    return f"{track}'s take" if take in ("", LOCKED) else f"take {take} of {track}"


def _told(track: str, take: LockedTake) -> str:
    return f"{track}: take {take.name} is {'accepted' if take.accepted else 'chosen'}"
