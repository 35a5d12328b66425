"""The workbench of an audition: takes composed, rendered, decided on, and the bundle built again.

`Bench` does one order after the other; `LocalBench` has one here, for scripts that must not depend
on how fast the machine is.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chipassets.errors import ChipassetsError
from chipassets.runtime import Library, LibraryError
from demo_game.orders import (
    Decide,
    Decision,
    Done,
    Failed,
    Hear,
    Listed,
    Look,
    Order,
    Rebuilt,
    Rendered,
    Reply,
    Retune,
    State,
    TakeFacts,
    Tell,
    Undo,
    Working,
)

if TYPE_CHECKING:
    from chipassets.build import Event
    from chipassets.decisions.auditions import Audition
    from chipassets.decisions.history import History
    from chipassets.lock import Lock


class Bench:
    """Carries out orders on a manifest, and builds its bundle into a folder."""

    def __init__(self, manifest: Path, bundle: Path, scratch: Path) -> None:
        self._manifest = manifest
        self._bundle = bundle
        self._scratch = scratch
        self._auditions: dict[str, Audition] = {}
        self._history: History | None = None
        self._rendered = 0

    def do(self, order: Order, tell: Tell) -> None:
        """Carry out an order and tell what comes of it; whatever goes wrong is told too."""
        try:
            match order:
                case Look(track):
                    self._list(track, tell)
                case Hear(track, take):
                    self._render(track, take, tell)
                case Decide(track, what, number):
                    self._decide(track, what, number, tell)
                case Retune(track, key, value):
                    self._retune(track, key, value, tell)
                case Undo(track):
                    self._undo(track, tell)
        except ChipassetsError as error:
            tell(Failed(str(error).splitlines()[0]))
        tell(Done())

    def _audition(self, track: str) -> Audition:
        from chipassets.decisions.auditions import open_audition, reopen

        before = self._auditions.get(track)
        audition = reopen(before) if before else open_audition(self._manifest, track)
        self._auditions[track] = audition
        return audition

    def _list(self, track: str, tell: Tell) -> int | None:
        """Tell the takes; return the number, from 1, of the one that a build would use."""
        from chipassets.decisions.auditions import chosen_number, list_takes
        from chipassets.manifest import load_manifest
        from chipassets.plan.presets import MOODS

        audition = self._audition(track)
        candidates = list_takes(audition, lambda share: tell(Working("composing", share)))
        chosen = chosen_number(audition, candidates)
        is_accepted = audition.current is not None and audition.current.accepted
        facts = []
        for item in candidates:
            state: State = "refused" if item.rating.refused else ""
            if item.is_rejected:
                state = "rejected"
            if item.number == chosen:
                state = "accepted" if is_accepted else "chosen"
            complaint = item.rating.refused or next(iter(item.complaints), "")
            facts.append(TakeFacts(item.rating.total, state, complaint))
        plan = audition.track
        moods = (*MOODS, *load_manifest(self._manifest).moods)
        tell(Listed(track, tuple(facts), plan.moods, plan.tempo_millibpm / 1000, moods))
        return chosen if chosen is None else chosen + 1

    def _render(self, track: str, take: int, tell: Tell) -> None:
        from chipassets.decisions.rendered import preview

        tell(Working(f"rendering take {take}", 0.5))
        self._rendered += 1
        folder = self._scratch / f"{self._rendered}-{track}-{take}"
        preview(self._audition(track), take, folder)
        tell(Rendered(track, take, folder))

    def _decide(self, track: str, what: Decision, number: int, tell: Tell) -> None:
        from chipassets.decisions import auditions

        history = self._steps()

        def watch(before: Lock, after: Lock) -> None:
            history.decided(f"{what} of {track}", before, after)

        audition = replace(self._audition(track), watch=watch)
        if what == "accept":
            auditions.accept(audition, number)
        elif what == "reject":
            auditions.reject(audition, number)
        else:
            said = f"composing {number} more"
            auditions.roll_more(audition, number, lambda share: tell(Working(said, share)))
        self._list(track, tell)
        self._build(tell)

    def _retune(self, track: str, key: str, value: object, tell: Tell) -> None:
        from chipassets.decisions.history import Writing
        from chipassets.manifest.edit import set_key

        try:
            before = self._manifest.read_bytes()
            if set_key(self._manifest, track, key, value):
                after = self._manifest.read_bytes()
                self._steps().keep(Writing(f"{key} of {track}", before, after))
        except ChipassetsError:
            self._list(track, tell)
            raise
        self._hear_and_build(track, tell)

    def _undo(self, track: str, tell: Tell) -> None:
        try:
            self._steps().undo()
        except ChipassetsError:
            self._list(track, tell)
            raise
        self._hear_and_build(track, tell)

    def _steps(self) -> History:
        """What was decided and written here."""
        from chipassets.decisions.history import History

        if self._history is None:
            self._history = History(self._manifest)
        return self._history

    def _hear_and_build(self, track: str, tell: Tell) -> None:
        """Render the chosen take, to be heard at once: a bundle may take long to build."""
        chosen = self._list(track, tell)
        if chosen is not None:
            self._render(track, chosen, tell)
        self._build(tell)

    def _build(self, tell: Tell) -> None:
        from chipassets.build import build
        from chipassets.manifest import load_manifest
        from chipassets.resolve.build_plan import resolve

        progress = _Progress()
        plan = resolve(load_manifest(self._manifest))
        for event in build(plan, self._manifest, self._bundle, 1):
            tell(progress.after(event))


class _Progress:
    """Says of a build how far it is, and in the end what came of it."""

    def __init__(self) -> None:
        self._count = 1
        self._done = 0
        self._what = "building"

    def after(self, event: Event) -> Reply:
        """Return the reply that tells of an event."""
        from chipassets.build import Built, StageEntered, StockTaken, TrackDone

        match event:
            case StockTaken(stale):
                self._count = max(len(stale), 1)
            case StageEntered(track, stage):
                # An audition changes one track, but a bundle that is older than its manifest, or
                # than the model, has more to be made.
                which = f" {self._done + 1} of {self._count}" if self._count > 1 else ""
                self._what = f"building{which}: {track}, {stage}"
            case TrackDone():
                self._done += 1
            case Built(done=done, warnings=warnings):
                made = [f"{name} {how}" for name, how in done.items() if how != "kept"]
                return Rebuilt(next(iter(warnings), ", ".join(made) or "nothing to build"))
        return Working(self._what, self._done / self._count)


class LocalBench:
    """Carries out each order where it is given."""

    def __init__(self, manifest: Path, bundle: Path) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="audition-"))
        self._bundle = bundle
        self._bench = Bench(manifest, bundle, self._scratch)
        self._replies: deque[Reply] = deque()

    def order(self, order: Order) -> None:
        """Carry out an order."""
        self._bench.do(order, self._replies.append)

    def poll(self) -> Reply | None:
        """Return the next reply, None when there is none."""
        return open_reply(self._replies.popleft(), self._bundle) if self._replies else None

    def close(self) -> None:
        """Remove what was rendered."""
        shutil.rmtree(self._scratch, ignore_errors=True)


def open_reply(reply: Reply, bundle: Path) -> Reply:
    """Return the reply with the bundle that it tells of opened; Failed where that is unusable."""
    try:
        if isinstance(reply, Rendered):
            return replace(reply, heard=Library.open(reply.folder).tracks[0])
        if isinstance(reply, Rebuilt):
            return replace(reply, library=Library.open(bundle))
    except LibraryError as error:
        return Failed(str(error))
    return reply
