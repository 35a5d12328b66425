"""The audition: takes of the scene's track are heard in the game, compared on the bar, chosen.

The game goes on meanwhile. Everything slow is done by the bench; here are only what is asked of
it, what it has answered, and which take should sound.
"""

from __future__ import annotations

from collections.abc import Callable

from chipassets.runtime import PygamePlayer, Track
from demo_game.controls import AUDITION_BUTTONS, Controls
from demo_game.orders import (
    BenchLike,
    Decide,
    Decision,
    Done,
    Ended,
    Failed,
    Hear,
    Listed,
    Look,
    Order,
    Rebuilt,
    Rendered,
    Reply,
    Retune,
    TakeFacts,
    Undo,
    Working,
)

ROLL_COUNT = 8
_TEMPO_STEP_BPM = 4
_LEAST_BPM, _MOST_BPM = 40, 240
_MOST_MOODS = 4
_MOST_KEPT = 32
_REST_STEPS = 30
"""A scene must stay, and a key rest, so long before the bench is asked for work."""

_KEPT_BUTTONS = frozenset(AUDITION_BUTTONS) - {"takes"}


class Audition:
    """One audition after the other, of the track of whichever scene the game is in."""

    def __init__(self, start_bench: Callable[[], BenchLike]) -> None:
        self.is_open = False
        self.track = ""
        self.takes: tuple[TakeFacts, ...] = ()
        self.take = 0
        self.other = 0
        self.moods: tuple[str, ...] = ()
        self.mood = ""
        self.tempo_bpm = 0.0
        self.says = ""
        self.share: float | None = None
        self._start_bench = start_bench
        self._all_moods: tuple[str, ...] = ()
        self._bench: BenchLike | None = None
        self._waiting = 0
        self._rest = 0
        self._retunes: dict[str, object] = {}
        self._said: tuple[tuple[str, ...], float] = ((), 0.0)
        self._kept: list[frozenset[str]] = []
        self._unlisted = 0
        self._ready: dict[tuple[str, int], Track] = {}
        self._wanted = 0
        self._returns_after_build = True
        self._retuned = False
        self._news = ""

    @property
    def kept_keys(self) -> int:
        """The number of keys that wait until the takes are known."""
        return len(self._kept)

    def is_ready(self, take: int) -> bool:
        """Whether a take of the track can be heard at once."""
        return (self.track, take) in self._ready

    def update(
        self, controls: Controls, track: Track | None, player: PygamePlayer, now_ms: int
    ) -> None:
        """Take a step: `track` is what the bundle has for the scene."""
        while self._bench is not None and (reply := self._bench.poll()) is not None:
            self._hear_of(reply, player, now_ms)
        if "takes" in controls.pressed:
            self._toggle(track, player, now_ms)
        if not self.is_open:
            return
        self._follow(track)
        self._keep_or_obey(controls.pressed)
        self._rest += 1
        if self._rest == _REST_STEPS:
            self._ask()
        self._sound(player, now_ms)

    def close(self) -> None:
        """End the bench's work."""
        if self._bench is not None:
            self._bench.close()
            self._bench, self._waiting, self._unlisted = None, 0, 0

    def _toggle(self, track: Track | None, player: PygamePlayer, now_ms: int) -> None:
        self.is_open = not self.is_open
        self.track, self._wanted = "", 0
        if not self.is_open and track is not None:
            player.swap(track, now_ms, "the audition is over")

    def _follow(self, track: Track | None) -> None:
        """Turn to the track of another scene."""
        name = track.name if track is not None else ""
        if name == self.track:
            return
        self.track, self.takes, self.take, self.other, self._wanted = name, (), 0, 0, 0
        self._retunes.clear()
        self._kept.clear()
        self._rest = 0
        self.says = "" if name else "no track serves this scene"

    def _keep_or_obey(self, pressed: frozenset[str]) -> None:
        """Obey what is pressed; while the takes are not known, keep it until they are."""
        wanted = pressed & _KEPT_BUTTONS
        if not self.takes or self._unlisted or self._kept:
            if wanted and len(self._kept) < _MOST_KEPT:
                self._kept.append(wanted)
            if not self.takes or self._unlisted:
                return
            wanted = self._kept.pop(0)
        self._obey(wanted)

    def _obey(self, pressed: frozenset[str]) -> None:
        if "next" in pressed:
            self._select(self.take % len(self.takes) + 1)
        if "previous" in pressed:
            self._select((self.take - 2) % len(self.takes) + 1)
        if "compare" in pressed and self.other:
            self._select(self.other)
        if "keep" in pressed:
            self._decide("accept", self.take)
        if "reject" in pressed:
            self._decide("reject", self.take)
            self._select(self._next_wanted())
        if "roll" in pressed:
            self._decide("roll", ROLL_COUNT)
        self._turn(pressed)

    def _turn(self, pressed: frozenset[str]) -> None:
        """Move tempo and mood; the manifest is written when the keys have rested."""
        change = ("faster" in pressed) - ("slower" in pressed)
        if change:
            tempo = round(self.tempo_bpm) + change * _TEMPO_STEP_BPM
            self.tempo_bpm = min(max(tempo, _LEAST_BPM), _MOST_BPM)
            self._retunes["tempo"] = int(self.tempo_bpm)
        if "mood" in pressed:
            after = self._all_moods.index(self.mood) + 1
            self.mood = self._all_moods[after % len(self._all_moods)]
        if "toggle" in pressed:
            self._toggle_mood()
        if change or pressed & {"mood", "toggle"}:
            self._rest = 0
        if "undo" in pressed:
            self._undo()

    def _toggle_mood(self) -> None:
        """Add the mood that is pointed at, or take it away."""
        if self.mood in self.moods:
            moods = tuple(word for word in self.moods if word != self.mood)
            refused = "" if moods else "its last mood stays: add another one first"
        else:
            moods = (*self.moods, self.mood)
            refused = f"a track has at most {_MOST_MOODS} moods" * (len(moods) > _MOST_MOODS)
        if refused:
            self.says = refused
            return
        self.moods = moods
        self._retunes["mood"] = list(moods)

    def _undo(self) -> None:
        """Take back what is not written yet, else the last thing that was."""
        if self._retunes:
            self._retunes.clear()
            self.moods, self.tempo_bpm = self._said
            return
        self._retuned = True
        self._unlisted += 1
        self._order(Undo(self.track))

    def _select(self, take: int) -> None:
        if take != self.take:
            self.take, self.other = take, self.take
        self._wanted = take

    def _next_wanted(self) -> int:
        """Return the next take that is not rejected, the same if there is no other."""
        count = len(self.takes)
        order = [(self.take + step) % count + 1 for step in range(count - 1)]
        return next((n for n in order if self.takes[n - 1].state != "rejected"), self.take)

    def _decide(self, what: Decision, number: int) -> None:
        self._returns_after_build = what != "accept"
        self._order(Decide(self.track, what, number))

    def _ask(self) -> None:
        """Ask the bench for what the rest has settled."""
        for key, value in self._retunes.items():
            self._retuned = True
            self._unlisted += 1
            self._order(Retune(self.track, key, value))
        self._retunes.clear()
        if self.track and not self.takes:
            self.says = "looking at its takes"
            self._order(Look(self.track))

    def _order(self, order: Order) -> None:
        if self._bench is None:
            self._bench = self._start_bench()
        self._waiting += 1
        if not isinstance(order, Hear):  # which is also done while nobody asks for anything
            self._news = ""
        self._bench.order(order)

    def _sound(self, player: PygamePlayer, now_ms: int) -> None:
        """Let the wanted take sound from the next bar line on, once it is rendered."""
        if not self._wanted:
            self._render_ahead()
            return
        track = self._ready.get((self.track, self._wanted))
        if track is not None:
            player.swap(track, now_ms, f"take {self._wanted}, for comparison")
            self._wanted = 0
        elif not self._waiting:
            self._order(Hear(self.track, self._wanted))

    def _render_ahead(self) -> None:
        """While there is nothing else to do, render the takes next to the one that is heard."""
        if self._waiting or not self.takes:
            return
        near = (self.take, self.take % len(self.takes) + 1, (self.take - 2) % len(self.takes) + 1)
        missing = [take for take in near if not self.is_ready(take)]
        if missing:
            self._order(Hear(self.track, missing[0]))

    def _hear_of(self, reply: Reply, player: PygamePlayer, now_ms: int) -> None:
        match reply:
            case Working(what, share):
                self.says, self.share = what, share
                return
            case Listed():
                self._take_in(reply)
            case Rendered(track, take, _, heard) if heard is not None:
                self._ready[track, take] = heard
                self.says = self._news
                if self._retuned and (track, take) == (self.track, self.take):
                    self._wanted = take
            case Rebuilt(said, library) if library is not None:
                self.says = self._news = said
                player.reload(library, now_ms)
                if self._returns_after_build and not self._retuned:
                    self._wanted = self._wanted or self.take
                self._retuned = False
            case Failed(why):
                self.says = self._news = why
                self._wanted, self._retuned, self._unlisted = 0, False, 0
            case Done():
                self._waiting -= 1
            case Ended():
                self.says = "its process has ended; open the takes again"
                self.is_open = False
                self.close()
        self.share = None

    def _take_in(self, found: Listed) -> None:
        self._unlisted = max(self._unlisted - 1, 0)
        if found.track != self.track:
            return
        self.takes, self.moods, self.tempo_bpm = found.takes, found.moods, found.tempo_bpm
        self._said = (found.moods, found.tempo_bpm)
        self._all_moods = found.all_moods
        if self.mood not in found.all_moods:
            self.mood = (found.moods or found.all_moods)[0]
        kept = ("chosen", "accepted")
        chosen = [n for n, item in enumerate(found.takes, 1) if item.state in kept]
        if self._retuned:  # what was rendered is of the old plan, and so is what was looked at
            self._ready.clear()
            self.take = 0
        if not 1 <= self.take <= len(found.takes):
            self.take = chosen[0] if chosen else 1
        self.says = self._news
