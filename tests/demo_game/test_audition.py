from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest

pytest.importorskip("pygame")

from chipassets.lock import read_lock
from chipassets.plan.presets import MOODS
from chipassets.runtime import Library, PygamePlayer, Rule
from demo_game.audition import Audition
from demo_game.bench import LocalBench
from demo_game.controls import Controls
from demo_game.orders import (
    Decide,
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
    TakeFacts,
    Undo,
    Working,
)
from demo_game.remote_bench import RemoteBench
from tests.runtime.tiny_bundle import Piece, write_bundle

MANIFEST = """\
game: Tiny
seed: 3
defaults: {takes: 2, length: 2 bars}
moods: {dread: {like: dark}}
tracks:
  town: {mood: calm}
  shop: {tempo: 100, key: C major}
"""


class PaperBench:
    """Answers orders as a bench would, with bundles of tones."""

    def __init__(self, folder: Path) -> None:
        self.orders: list[Order] = []
        self.replies: deque[Reply] = deque()
        self.states = ["", "chosen", ""]
        self.obeys = False
        self._folder = folder

    def order(self, order: Order) -> None:
        self.orders.append(order)
        match order:
            case Hear(track, take):
                folder = write_bundle(self._folder / f"{take}", [Piece(track, 300 + take)], "wav")
                heard = Library.open(folder).track(track)
                self.replies.append(Rendered(track, take, folder, heard))
            case Decide(_, "accept", number):
                self.states = ["accepted" if n == number else "" for n in (1, 2, 3)]
                folder = write_bundle(self._folder / "new", [Piece("town", 300 + number)], "wav")
                self.replies.append(self.listed())
                self.replies.append(Rebuilt("town from the lock", Library.open(folder)))
            case Decide(_, "reject", number):
                self.states[number - 1] = "rejected"
                self.replies.append(self.listed())
            case Retune() if self.obeys:
                self.states = ["chosen", "", ""]
                folder = write_bundle(self._folder / "retuned", [Piece("town", 500)], "wav")
                self.replies.append(self.listed())
                self.replies.append(Rendered("town", 1, folder, Library.open(folder).tracks[0]))
                return
            case Retune():
                self.replies.append(Failed("game.yaml: no"))
            case _:
                self.replies.append(self.listed())
        self.replies.append(Done())

    def listed(self) -> Listed:
        facts = tuple(TakeFacts(0.9, state, "") for state in self.states)  # type: ignore[arg-type]
        return Listed("town", facts, ("calm",), 120.0, ("calm", "dark", "tense"))

    def poll(self) -> Reply | None:
        return self.replies.popleft() if self.replies else None

    def close(self) -> None:
        self.orders.clear()


class Game:
    """A town in which one auditions; every step is a 60th of a second."""

    def __init__(self, folder: Path) -> None:
        library = Library.open(write_bundle(folder / "game", [Piece("town", 440)], "wav"))
        self.player = PygamePlayer(library, (Rule("*", "*", "now", 0),), at_once=True)
        self.bench = PaperBench(folder)
        self.audition = Audition(lambda: self.bench)
        self.controls = Controls()
        self.steps = 0
        self.changes: list[tuple[int, str]] = []
        self.player.enter("town", 0)
        self.wait(2)

    def wait(self, steps: int, *held: str) -> None:
        for _ in range(steps):
            now_ms = self.steps * 1000 // 60
            self.controls = self.controls.next(frozenset(held))
            track = self.player.library.tracks[0]
            self.audition.update(self.controls, track, self.player, now_ms)
            change = self.player.update(now_ms)
            if change is not None and change.track is not None:
                self.changes.append((now_ms, self.heard()))
            self.steps += 1

    def press(self, *buttons: str) -> None:
        for button in buttons:
            self.wait(1, button)
            self.wait(1)

    def heard(self) -> str:
        playing = self.player.director.playing
        assert playing is not None
        assert playing.audio is not None
        return playing.audio.path.parents[1].name


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Game:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    return Game(tmp_path)


def test_takes_change_on_the_bar_and_are_compared(game: Game) -> None:
    game.press("takes")
    game.wait(60)
    assert game.bench.orders[0] == Look("town")
    assert game.audition.take == 2, "the chosen one"
    assert game.heard() == "game", "nothing changes until a take is asked for"
    game.press("next")
    game.wait(40)
    assert game.heard() == "3"
    game.press("previous")
    game.wait(40)
    game.press("compare")
    game.wait(40)
    game.press("compare")
    game.wait(40)
    assert [name for _, name in game.changes] == ["game", "3", "2", "3", "2"]
    bar_ms = 250
    assert all(at_ms % bar_ms <= 17 for at_ms, _ in game.changes)
    game.press("takes")
    game.wait(40)
    assert game.heard() == "game", "over, the game's own music plays again"


def test_a_take_is_kept_and_others_are_rejected(game: Game) -> None:
    game.press("takes")
    game.wait(60)
    game.press("reject")
    game.wait(40)
    assert Decide("town", "reject", 2) in game.bench.orders
    assert (game.audition.take, game.heard()) == (3, "3")
    game.press("keep")
    game.wait(40)
    assert Decide("town", "accept", 3) in game.bench.orders
    assert game.heard() == "new", "the bundle that was built from the lock"
    assert game.audition.takes[2].state == "accepted"
    game.press("roll")
    assert game.bench.orders[-1] == Decide("town", "roll", 8)


def test_tempo_and_mood_are_written_once_the_keys_rest(game: Game) -> None:
    game.press("takes")
    game.wait(60)
    game.press("faster", "faster", "faster", "slower", "mood", "toggle")
    assert not any(isinstance(order, Retune) for order in game.bench.orders)
    game.wait(40)
    retunes = [order for order in game.bench.orders if isinstance(order, Retune)]
    assert retunes == [Retune("town", "tempo", 128), Retune("town", "mood", ["calm", "dark"])]
    assert game.audition.says == "game.yaml: no"


def test_moods_are_added_and_taken_away_and_the_last_one_stays(game: Game) -> None:
    game.press("takes")
    game.wait(60)
    game.press("toggle")
    assert list(game.audition.moods) == ["calm"]
    assert game.audition.says == "its last mood stays: add another one first"
    game.press("mood", "toggle", "mood", "toggle")
    assert list(game.audition.moods) == ["calm", "dark", "tense"]
    game.press("mood", "toggle")
    assert list(game.audition.moods) == ["dark", "tense"]
    game.press("undo")
    assert list(game.audition.moods) == ["calm"], "what is not written yet is taken back at once"
    game.wait(40)
    assert not any(isinstance(order, Retune | Undo) for order in game.bench.orders)
    game.press("undo")
    assert Undo("town") in game.bench.orders


def test_keys_that_are_pressed_while_it_composes_are_kept(game: Game) -> None:
    game.press("takes", "next", "keep")
    assert game.audition.kept_keys == 2
    assert not game.bench.orders
    game.wait(60)
    assert game.audition.kept_keys == 0
    assert game.bench.orders[0] == Look("town")
    assert Decide("town", "accept", 3) in game.bench.orders, "the one after the chosen one"


def test_what_was_retuned_is_heard_before_the_whole_bundle_is_built(
    game: Game, tmp_path: Path
) -> None:
    game.bench.obeys = True
    game.press("takes")
    game.wait(60)
    game.press("next", "faster")
    game.wait(80)
    assert game.audition.take == 1, "the chosen one at the new tempo"
    assert game.heard() == "retuned"
    assert not game.audition.is_ready(3), "it was rendered at the old one"
    library = Library.open(write_bundle(tmp_path / "built", [Piece("town", 500)], "wav"))
    game.bench.replies += [Rebuilt("town from the lock", library), Done()]
    game.wait(40)
    assert game.heard() == "built"
    assert game.audition.says == "town from the lock"


@pytest.mark.slow
def test_a_real_bench_lists_renders_keeps_and_retunes(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").write_text(MANIFEST)
    bench = LocalBench(tmp_path / "game.yaml", tmp_path / "bundle")

    def carry_out(order: Order) -> list[Reply]:
        bench.order(order)
        replies = []
        while (reply := bench.poll()) is not None:
            replies.append(reply)
        assert replies.pop() == Done()
        return replies

    listed = carry_out(Look("town"))[-1]
    assert isinstance(listed, Listed)
    assert sorted(facts.state for facts in listed.takes) == ["", "chosen"]
    assert listed.all_moods == (*MOODS, "dread"), "the game's own can be turned to as well"
    other = 1 + [facts.state for facts in listed.takes].index("")
    rendered = carry_out(Hear("town", other))[-1]
    assert isinstance(rendered, Rendered)
    assert rendered.heard is not None
    assert rendered.heard.bars == 2
    kept = carry_out(Decide("town", "accept", other))
    # There was no bundle yet: it says that it makes more than was asked for.
    assert any(isinstance(at, Working) and at.what.startswith("building 2 of 2: ") for at in kept)
    rebuilt = kept[-1]
    assert isinstance(rebuilt, Rebuilt)
    assert rebuilt.library is not None
    track = rebuilt.library.track("town")
    assert track.audio is not None
    assert rendered.heard.audio is not None
    assert track.audio.sha256 == rendered.heard.audio.sha256, "what was heard is what was kept"
    relisted, rendering, retuned, *replies = carry_out(Retune("town", "tempo", 90))
    at_work = {at.what for at in replies if isinstance(at, Working)}
    assert at_work == {"building", "building: town, arrange", "building: town, render"}
    assert isinstance(rendering, Working)
    assert isinstance(retuned, Rendered)
    assert retuned.take == other
    assert isinstance(relisted, Listed)
    assert [take.score for take in relisted.takes] == [take.score for take in listed.takes]
    faster = Library.open(tmp_path / "bundle").track("town")
    assert faster.tempo_bpm == pytest.approx(90, abs=0.5)
    assert "tempo: 90" in (tmp_path / "game.yaml").read_text()
    undone = carry_out(Undo("town"))
    assert isinstance(undone[-1], Rebuilt)
    assert (tmp_path / "game.yaml").read_text() == MANIFEST
    assert Library.open(tmp_path / "bundle").track("town").tempo_bpm != faster.tempo_bpm
    carry_out(Undo("town"))
    assert read_lock(tmp_path / "game.yaml").takes.get("town") is None or not (
        read_lock(tmp_path / "game.yaml").takes["town"].accepted
    )
    assert any(isinstance(reply, Failed) for reply in carry_out(Undo("town")))
    failed = carry_out(Retune("town", "mood", "heroc"))
    assert isinstance(failed[0], Listed | Failed)
    assert any(isinstance(reply, Failed) for reply in failed)
    bench.close()


@pytest.mark.slow
def test_a_bench_beside_the_game_says_what_is_wrong_and_ends(tmp_path: Path) -> None:
    bench = RemoteBench(tmp_path / "none.yaml", tmp_path / "bundle")
    bench.order(Look("town"))
    replies: list[Reply] = []
    while Done() not in replies:
        replies.append(bench._replies.get(timeout=300))  # a busy machine is long in starting it
    bench.close()
    assert isinstance(replies[0], Failed)
    assert "none.yaml" in replies[0].why
