"""What a person keeps stays, to the note, whatever changes elsewhere; what changes has a name."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chipassets.decisions import auditions
from chipassets.lock import LockedTake, change_lock, read_lock
from chipassets.manifest import load_manifest
from chipassets.production import workers
from chipassets.resolve.build_plan import resolve
from tests.cli.conftest import Run, chipassets
from tests.lock.material import OTHER, quick_cast

__all__ = ["chipassets"]

GAME = """\
game: Tiny Quest
seed: 3
formats: [midi]
motifs: {hero: "C5 - E5 . G5 D5 - -"}
defaults: {takes: 2, length: 1 bar}
tracks:
  title: {scene: title, tempo: 132}
  forest: {scene: overworld, motif: hero}
  cave: {scene: dungeon}
  fight: {scene: battle, key: D minor}
  sting: {scene: victory, match: title}
"""
TRACKS = ("title", "forest", "cave", "fight", "sting")


@pytest.fixture(scope="module")
def built_game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs the game builds it."""
    return tmp_path_factory.mktemp("built")


@pytest.fixture
def game(
    tmp_path: Path, built_game: Path, chipassets: Run, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with a game that is built, without anything being composed."""
    monkeypatch.setattr("chipassets.production.produce.cast", quick_cast)
    if not (built_game / "game.lock").exists():
        (built_game / "game.yaml").write_text(GAME)
        result = chipassets("build", "game.yaml", folder=built_game)
        assert result.returncode == 0, result.stderr
    shutil.copytree(built_game, tmp_path, dirs_exist_ok=True)
    return tmp_path


def edit(folder: Path, *pairs: tuple[str, str]) -> None:
    text = (folder / "game.yaml").read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    (folder / "game.yaml").write_text(text)


def takes(folder: Path) -> dict[str, LockedTake]:
    return read_lock(folder / "game.yaml").takes


def music(folder: Path) -> dict[str, Any]:
    """What plays of each track: its tempo and key in the index, and its MIDI file."""
    bundle = folder / "build/tiny-quest"
    index = json.loads((bundle / "bundle.json").read_text())
    return {
        track["name"]: (
            track["tempo_bpm"], track["key"], (bundle / f"midi/{track['name']}.mid").read_bytes()
        )
        for track in index["tracks"]
    }  # fmt: skip


def done(chipassets: Run, *options: str) -> dict[str, str]:
    result = chipassets("build", "game.yaml", "--json", *options)
    assert result.returncode == 0, result.stdout + result.stderr
    return {track["name"]: track["done"] for track in json.loads(result.stdout)["tracks"]}


def strict(chipassets: Run) -> list[str]:
    """What a build with --strict would refuse."""
    return [str(line) for line in json.loads(
        chipassets("build", "game.yaml", "--json").stdout
    )["warnings"]]  # fmt: skip


CHANGES = {
    "another track's tempo": ("tempo: 132", "tempo: 180"),
    "another track's key": ("key: D minor", "key: F# minor"),
    "the seed of the game": ("seed: 3", "seed: 4"),
    "the scene planning": ("length: 1 bar", "length: 2 bars"),
    "the model": ("formats:", "model: polyphony\nformats:"),
    "the metre": ("length: 1 bar", "length: 1 bar, metre: 3/4"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("how", ["--accept-all", "frozen"])
@pytest.mark.default_cases(4)
def test_kept_music_survives_a_change_of_anything(
    game: Path, chipassets: Run, how: str, change: str
) -> None:
    if how == "frozen":
        edit(game, ("takes: 2", "takes: 2, lock: frozen"))
    else:
        assert chipassets("takes", "game.yaml", how).returncode == 0
    assert chipassets("build", "game.yaml").returncode == 0
    scores = {name: take.score for name, take in takes(game).items()}
    heard = music(game)
    edit(game, CHANGES[change])
    assert set(done(chipassets).values()) <= {"kept", "from the lock"}
    if change in ("another track's key", "the seed of the game", "the model"):
        about_keeping = [line for line in strict(chipassets) if "is kept" in line]
        assert [line for line in about_keeping if "'fight'" not in line] == []
    assert {name: take.score for name, take in takes(game).items()} == scores
    after = music(game)
    # The title says its tempo itself, and that still counts; what is planned from it does not.
    changed = {"title"} if change == "another track's tempo" else set()
    assert {name for name in TRACKS if after[name] != heard[name]} == changed
    assert chipassets("build", "game.yaml", "--check").returncode == 0
    assert chipassets("build", "game.yaml", "--locked").returncode == 0


@pytest.mark.parametrize("change", ["another track's key", "the seed of the game", "the model"])
def test_music_that_nobody_kept_follows_its_plan(game: Path, chipassets: Run, change: str) -> None:
    before = takes(game)
    edit(game, CHANGES[change])
    assert "composed" in done(chipassets).values()
    assert takes(game) != before


def test_a_new_version_leaves_accepted_music_alone(
    game: Path, chipassets: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chipassets("takes", "game.yaml", "--accept", "forest", "cave").returncode == 0
    before = takes(game)
    monkeypatch.setattr("chipassets.stored.facts.COMPOSE_VERSION", 999)
    said = chipassets("build", "game.yaml", "--check", "--notes")
    assert said.returncode == 1
    assert "this chipassets composes differently" in said.stdout
    assert "forest" not in said.stdout
    states = done(chipassets)
    assert {states[name] for name in ("title", "fight", "sting")} == {"composed"}
    assert {name: takes(game)[name] for name in ("forest", "cave")} == {
        name: before[name] for name in ("forest", "cave")
    }


def test_accepting_before_a_build_keeps_what_was_heard(game: Path, chipassets: Run) -> None:
    """`plan` says what would be composed anew; one accepts it; the build keeps it."""
    edit(game, ("tempo: 132", "tempo: 126"))
    assert done(chipassets)["cave"] == "from the lock", "played at another tempo now"
    before, heard = takes(game)["cave"].score, music(game)["cave"]
    edit(game, ("key: D minor", "key: F# minor"), ("tempo: 126", "tempo: 180"))
    plan = chipassets("plan", "game.yaml").stdout
    assert "cave: its key changed" in plan
    assert "because the game's shared key changed D minor → F# minor, that of fight" in plan
    assert chipassets("takes", "game.yaml", "cave", "--accept", "fight").returncode == 0
    assert "cave: its" not in chipassets("plan", "game.yaml").stdout
    assert done(chipassets)["cave"] in ("kept", "from the lock")
    assert takes(game)["cave"].score == before
    assert music(game)["cave"] == heard
    assert chipassets("takes", "game.yaml", "--unaccept", "cave").returncode == 0
    assert "cave: its key changed" in chipassets("plan", "game.yaml").stdout


def test_what_is_not_composed_cannot_be_accepted(game: Path, chipassets: Run) -> None:
    edit(game, ("  cave:", "  shop: {scene: shop}\n  cave:"))
    before = (game / "game.lock").read_bytes()
    result = chipassets("takes", "game.yaml", "--accept-all")
    assert result.returncode == 1
    assert "no take of shop" in result.stderr
    wrong = chipassets("takes", "game.yaml", "--accept", "cavern")
    assert wrong.returncode == 2
    assert "did you mean 'cave'" in wrong.stderr
    assert (game / "game.lock").read_bytes() == before


def test_locked_composes_nothing(game: Path, chipassets: Run) -> None:
    edit(game, ("key: D minor", "key: E minor, tempo: 150"), ("formats: [midi]", "formats: [vgm]"))
    before = (game / "game.lock").read_bytes()
    heard = (game / "build/tiny-quest/bundle.json").read_bytes()
    result = chipassets("build", "game.yaml", "--locked")
    assert result.returncode == 1
    assert "track 'fight': its key changed D minor → E minor" in result.stderr
    assert (game / "build/tiny-quest/bundle.json").read_bytes() == heard
    edit(game, ("key: E minor, tempo: 150", "key: D minor, tempo: 150"))
    assert chipassets("build", "game.yaml", "--locked").returncode == 0
    assert (game / "game.lock").read_bytes() == before


def test_the_lock_alone_is_checked_in_a_clone_without_a_bundle(
    game: Path, chipassets: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clone = tmp_path_factory.mktemp("clone")
    for name in ("game.yaml", "game.lock"):
        (clone / name).write_bytes((game / name).read_bytes())
    assert chipassets("build", "game.yaml", "--check", "--notes", folder=clone).returncode == 0
    assert chipassets("build", "game.yaml", "--check", folder=clone).returncode == 1
    edit(clone, ("key: D minor", "key: E minor"))
    said = chipassets("build", "game.yaml", "--check", "--notes", folder=clone)
    assert said.returncode == 1
    assert "'fight': its key changed D minor → E minor" in said.stdout
    assert not (clone / "build").exists()


def test_check_names_the_cause_of_stale_files(game: Path, chipassets: Run) -> None:
    edit(game, ("tempo: 132", "tempo: 140"))
    said = chipassets("build", "game.yaml", "--check").stdout
    assert "track 'title': its tempo changed 132 → 140\n" in said
    assert "track 'sting': its tempo changed 132 → 140 with title, which it matches\n" in said
    assert "because the game's shared tempo changed 132 → 140, that of title" in said
    edit(game, ("tempo: 140", "tempo: 132"), ("formats: [midi]", "formats: [midi, vgm]"))
    said = chipassets("build", "game.yaml", "--check").stdout
    assert "track 'cave': the game's formats changed midi → midi vgm\n" in said


def test_a_track_that_is_gone_for_a_while_comes_back_as_it_was(game: Path, chipassets: Run) -> None:
    assert chipassets("takes", "game.yaml", "--accept", "cave").returncode == 0
    before, text = takes(game), (game / "game.yaml").read_text()
    edit(game, ("  cave:", "  # cave:"), ("  forest:", "  # forest:"))
    result = chipassets("build", "game.yaml")
    assert "the lock also keeps cave, forest" in result.stdout
    assert {track["name"] for track in json.loads(
        (game / "build/tiny-quest/bundle.json").read_text()
    )["tracks"]} == {"title", "fight", "sting"}  # fmt: skip
    assert takes(game) == before
    assert "accepted, not in the manifest" in chipassets("takes", "game.yaml").stdout
    (game / "game.yaml").write_text(text)
    assert done(chipassets) == dict.fromkeys(TRACKS, "kept") | {
        "cave": "from the lock", "forest": "from the lock",
    }  # fmt: skip
    assert takes(game) == before


def test_a_track_is_forgotten_when_someone_says_so(game: Path, chipassets: Run) -> None:
    edit(game, ("  cave:", "  # cave:"))
    assert chipassets("build", "game.yaml").returncode == 0
    assert "cave" in takes(game)
    assert "forgot take 1 of 2" in chipassets("takes", "game.yaml", "--forget").stdout
    assert "cave" not in takes(game)
    assert chipassets("takes", "game.yaml", "--forget", "cave").returncode == 2
    assert chipassets("takes", "game.yaml", "--forget", "fight").returncode == 0
    assert set(takes(game)) == {"title", "forest", "sting"}


def test_a_renamed_track_keeps_its_music_and_its_decisions(game: Path, chipassets: Run) -> None:
    assert chipassets("takes", "game.yaml", "--accept", "cave").returncode == 0
    before = takes(game)
    edit(game, ("  cave: {", "  grotto: {was: cave, "), ("  forest: {", "  wood: {was: forest, "))
    assert chipassets("build", "game.yaml", "--check", "--notes").returncode == 0
    states = done(chipassets)
    assert states["grotto"] == states["wood"] == "from the lock"
    after = takes(game)
    assert after["grotto"] == before["cave"]
    assert after["wood"] == before["forest"], "not accepted, and not composed anew either"
    assert {"cave", "forest"}.isdisjoint(after)
    assert set(done(chipassets).values()) == {"kept"}


def test_a_track_that_seems_to_be_renamed_is_told_of_and_asked_about(
    game: Path, chipassets: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chipassets("takes", "game.yaml", "--accept", "cave").returncode == 0
    before = takes(game)
    edit(game, ("  cave: {", "  grotto: {"), ("  forest: {scene", "  wood: {key: E major, scene"))
    hint = "grotto is new, and has the same settings as cave, which is gone; was: cave under grotto"
    for words in (("plan",), ("build", "--check"), ("build", "--locked")):
        told = chipassets(words[0], "game.yaml", *words[1:]).stderr
        assert hint in told
        assert "wood" not in told.split("the lock does not")[0], "it asks for other music"
    assert "was:" not in (game / "game.yaml").read_text()
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    monkeypatch.setattr("tests.cli.conftest.io.StringIO", Terminal)
    assert chipassets("build", "game.yaml").returncode == 0
    assert "grotto: {was: cave, scene: dungeon}" in (game / "game.yaml").read_text()
    assert takes(game)["grotto"] == before["cave"]
    assert takes(game)["forest"] == before["forest"], "kept, though nothing has its name"


class Terminal(io.StringIO):
    """A stream with a person at it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  cave: {", "  cave: {was: fight, ", "there is a track of this name"),
        ("  cave: {", "  cave: {was: cave, ", "own name"),
        ("  cave: {", "  cave: {was: Old Cave, ", "was"),
        ("  cave: {", "  cave: {lock: frosen, ", "did you mean 'frozen'"),
        (
            "scene: overworld",
            "scene: overworld, was: x}\n  b: {scene: shop, was: x",
            "has the same was: already",
        ),
    ],
)
def test_wrong_values_of_was_and_lock_are_refused_by_place(
    game: Path, chipassets: Run, old: str, new: str, said: str
) -> None:
    edit(game, (old, new))
    result = chipassets("validate", "game.yaml")
    assert result.returncode == 2
    assert said in result.stderr, result.stderr
    assert "game.yaml:" in result.stderr


def deciding(monkeypatch: pytest.MonkeyPatch, decide: Any) -> None:
    """Let `decide` happen once, after the first track of a build is done."""
    inner = vars(workers)["run_tasks"]
    waiting = [decide]

    def run(*arguments: Any) -> Iterator[Any]:
        for result in inner(*arguments):
            yield result
            if waiting:
                waiting.pop()()

    monkeypatch.setattr("chipassets.production.workers.run_tasks", run)


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.default_cases(2)
def test_what_is_decided_during_a_build_is_not_lost(
    game: Path, chipassets: Run, monkeypatch: pytest.MonkeyPatch, track: str
) -> None:
    """Another process accepts other notes while every track is composed anew."""
    manifest = game / "game.yaml"

    def accept() -> None:
        def change(lock: Any) -> Any:
            take = lock.takes[track]
            score = replace(OTHER, loop_start_bar=take.score.loop_start_bar, key=take.score.key)
            return lock.with_take(track, replace(take, accepted=True, score=score))

        change_lock(manifest, change)

    edit(game, ("seed: 3", "seed: 5"))
    deciding(monkeypatch, accept)
    assert chipassets("build", "game.yaml").returncode == 0
    take = takes(game)[track]
    assert take.accepted
    assert take.score.notes == OTHER.notes
    others = [name for name in TRACKS if name != track]
    assert not any(takes(game)[name].accepted for name in others)
    assert chipassets("build", "game.yaml", "--check").stdout == "up to date\n"


def test_a_rejection_during_a_build_is_heeded(
    game: Path, chipassets: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = game / "game.yaml"

    def reject() -> None:
        from chipassets.lock import Rejection

        change_lock(
            manifest,
            lambda lock: lock.with_take(
                "cave", replace(lock.takes["cave"], rejected=(Rejection(0, "aa"),), rolled=4)
            ),
        )

    edit(game, ("seed: 3", "seed: 5"))
    deciding(monkeypatch, reject)
    assert chipassets("build", "game.yaml").returncode == 0
    take = takes(game)["cave"]
    assert [item.number for item in take.rejected] == [0]
    assert (take.number, take.rolled) == (1, 4)
    assert chipassets("build", "game.yaml", "--check").stdout == "up to date\n"


def test_a_decision_keeps_the_decisions_of_other_processes(
    game: Path, chipassets: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two auditions of two tracks were opened before either of them decided."""
    monkeypatch.chdir(game)
    opened = [auditions.open_audition(Path("game.yaml"), name) for name in ("cave", "fight")]
    for audition in opened:
        assert audition.before is not None
        auditions._write(audition, replace(audition.before, accepted=True))
    assert {name for name, take in takes(game).items() if take.accepted} == {"cave", "fight"}


def test_an_edited_length_in_the_lock_is_refused_by_line(game: Path, chipassets: Run) -> None:
    text = (game / "game.lock").read_text()
    at = text.index('"bars 1"', text.index('"fight": {'))
    (game / "game.lock").write_text(text[:at] + '"bars 400"' + text[at + 8 :])
    line = text[:at].count("\n") + 1
    result = chipassets("build", "game.yaml")
    assert result.returncode == 1
    assert f"game.lock:{line}: track 'fight': its notes have 400 bars and the plan has 1" in (
        result.stderr
    )
    assert chipassets("build", "game.yaml", "--check").returncode == 1


def test_the_plan_of_one_track_is_that_in_the_plan_of_all(game: Path) -> None:
    """A plan of one track of a game is the same as in the plan of all of them."""
    manifest = load_manifest(game / "game.yaml")
    whole = {track.name: track for track in resolve(manifest).tracks}
    for name in TRACKS:
        assert resolve(manifest, only=(name,)).tracks[0] == whole[name]
