"""The game driven by scripts, on a bundle of short tones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.tiny_bundle import Piece, write_bundle

pytest.importorskip("pygame")

SCENES = (
    "title", "overworld", "town", "cave", "battle", "boss", "shop", "victory", "game_over",
    "credits",
)  # fmt: skip


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pieces = [
        Piece(f"{scene}_song", 300 + 40 * i, scene=scene, intro_bars=i % 2)
        for i, scene in enumerate(SCENES)
    ]
    return write_bundle(tmp_path_factory.mktemp("game") / "bundle", pieces)


def play(
    bundle: Path, script: str, tmp_path: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run the game on a script in a process of its own."""
    path = tmp_path / "script.txt"
    path.write_text(script)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SDL_")}
    return subprocess.run(
        [
            *(sys.executable, "-m", "demo_game", "--bundle", str(bundle), "--script", str(path)),
            *("--screenshot-dir", str(tmp_path / "shots"), *options),
        ],
        env={**environment, "SDL_AUDIODRIVER": "dummy"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def played(run: subprocess.CompletedProcess[str]) -> list[str]:
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return re.findall(r"^step \d+: (\w+)_song", run.stdout, re.MULTILINE)


TO_THE_OVERWORLD = "wait 20\nexpect scene title\nexpect track title_song\npress enter\n"


def test_title_overworld_battle_and_back(bundle: Path, tmp_path: Path) -> None:
    script = (
        TO_THE_OVERWORLD
        + """
wait 60
expect track overworld_song
press up 40     # along the road
meet            # into the tall grass
expect scene battle
wait 6          # it strikes on the beat
expect track battle_song
mash enter until victory
expect track victory_song
wait 50
mash enter until overworld
wait 2
expect track overworld_song
"""
    )
    assert played(play(bundle, script, tmp_path)) == [
        "title", "overworld", "battle", "victory", "overworld",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_whole_adventure(bundle: Path, tmp_path: Path) -> None:
    script = (Path(__file__).parents[2] / "demo_game/playthrough.txt").read_text()
    heard = played(play(bundle, script, tmp_path))
    assert set(heard) == set(SCENES) - {"game_over"}
    assert heard.index("shop") < heard.index("cave") < heard.index("boss")
    assert heard[-2:] == ["credits", "title"]
    shots = list((tmp_path / "shots").glob("*.png"))
    assert len(shots) == script.count("\nscreenshot ")
    assert len({path.read_bytes() for path in shots}) == len(shots)


@pytest.mark.slow
def test_the_pictures_of_the_readme_can_be_renewed(bundle: Path, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    assert played(play(bundle, (root / "docs/pictures.txt").read_text(), tmp_path))
    shown = {f"docs/{path.name}" for path in (tmp_path / "shots").glob("*.png")}
    wanted = set(re.findall(r"\((docs/[\w-]+\.png)\)", (root / "README.md").read_text()))
    # The studio's picture is made by docs/studio_picture.py.
    assert shown == wanted - {"docs/studio.png"}


@pytest.mark.slow
def test_never_striking_is_game_over(bundle: Path, tmp_path: Path) -> None:
    # Healing for ever loses: the potions run out.
    script = (
        TO_THE_OVERWORLD
        + """
go cave
meet
press escape 50
press down
mash enter until game_over
expect track game_over_song
wait 50
press enter
wait 2
expect track overworld_song
press escape
press down
press enter
wait 2
expect track title_song
"""
    )
    run = play(bundle, script, tmp_path)
    assert played(run)[-4:] == ["battle", "game_over", "overworld", "title"]


@pytest.mark.slow
def test_the_same_script_plays_the_same(bundle: Path, tmp_path: Path) -> None:
    script = TO_THE_OVERWORLD + "meet\nfight\n"
    first = play(bundle, script, tmp_path)
    again = play(bundle, script, tmp_path)
    other = play(bundle, script, tmp_path, "--seed", "99")
    assert first.stdout == again.stdout
    assert first.stdout != other.stdout


def test_a_change_waits_for_the_bar_where_the_rules_say_so(bundle: Path, tmp_path: Path) -> None:
    run = play(bundle, TO_THE_OVERWORLD + "go town\ngo shop\nwait 60\n", tmp_path)
    steps = {
        track: int(step)
        for step, track in re.findall(r"^step (\d+): (\w+)_song", run.stdout, re.MULTILINE)
    }
    bar_ms = 250  # of the tiny bundle
    since_ms = steps["shop"] * 1000 // 60 - steps["town"] * 1000 // 60
    assert since_ms % bar_ms <= 17  # within a step of the bar line


def test_without_a_bundle_it_names_the_command(tmp_path: Path) -> None:
    run = play(tmp_path / "nothing", "wait 1\n", tmp_path)
    assert run.returncode == 2
    assert "uv run chipassets build manifests/demo.yaml" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_a_bundle_without_tracks_for_most_scenes_goes_on(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("only", 440, scene="title")])
    run = play(bundle, "wait 5\npress enter\nwait 30\nexpect scene overworld\n", tmp_path)
    assert run.returncode == 0
    assert "no scene 'overworld'" in run.stderr


def test_the_game_runs_silently_without_a_sound_device(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "script.txt"
    path.write_text(TO_THE_OVERWORLD + "wait 60\nexpect track overworld_song\n")
    run = subprocess.run(
        [sys.executable, "-m", "demo_game", "--bundle", str(bundle), "--script", str(path)],
        env={**os.environ, "SDL_AUDIODRIVER": "nonesuch"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0
    assert "the game goes on silently" in run.stderr


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("wait 1\njump 3\npress fire\n", "line 2: 'jump 3'; line 3: 'press fire'"),
        ("wait 5\nexpect scene town\n", "line 2: expected scene town, found title"),
        ("wait 1\ngo town\n", "line 2: cannot walk in scene title"),
        ("press escape\nwait 1\n", "line 2: the game has ended"),
        ("mash up until battle 50\n", "line 1: scene battle did not come in 50 steps"),
    ],
)
@pytest.mark.default_cases(2)
def test_scripts_that_are_wrong_say_where(
    bundle: Path, tmp_path: Path, script: str, message: str
) -> None:
    run = play(bundle, script, tmp_path)
    assert run.returncode != 0
    assert message in run.stderr


def test_keys_at_absolute_steps_and_comments(bundle: Path, tmp_path: Path) -> None:
    run = play(bundle, "# begin at step 30\n30 enter\nwait 1\nexpect scene overworld\n", tmp_path)
    assert "step 30: overworld_song" in run.stdout


def test_without_pygame_it_names_the_command(bundle: Path) -> None:
    root = Path(__file__).parents[2]
    # Without site-packages there is no pygame, and the runtime needs nothing else.
    run = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "demo_game", "--bundle", str(bundle)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 2
    assert "uv run --extra demo python -m demo_game" in run.stderr
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.slow
def test_the_window_takes_keys_and_closes(bundle: Path) -> None:
    code = f"""
import threading, time, pygame
from chipassets.runtime import Library, PygamePlayer
from demo_game.stage import Stage
from demo_game.window import open_window, run_window
open_window()
def type_keys():
    while stage.steps < 5:
        time.sleep(0.01)
    began.append(stage.last_change.at_ms)
    for key in (pygame.K_F11, pygame.K_SPACE, pygame.K_F11, pygame.K_w):
        for kind in (pygame.KEYDOWN, pygame.KEYUP):
            pygame.event.post(pygame.event.Event(kind, key=key))
        seen = stage.steps
        while stage.steps < seen + 14:  # beyond the steps of two frames, however late they are
            time.sleep(0.01)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
stage = Stage(PygamePlayer(Library.open({str(bundle)!r}), at_once=True), 7)
began = []
threading.Thread(target=type_keys, daemon=True).start()
run_window(stage)
assert stage.scene.music == "overworld"
assert stage.last_change.track.scene == "overworld"
assert stage.last_change.at_ms > began[0], "the music's clock stands still"
assert stage.scene.adventure.facing == "up"
"""
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"},
        check=True,
        timeout=300,
    )


def test_without_a_display_it_says_what_to_do(bundle: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "demo_game", "--bundle", str(bundle)],
        env={**os.environ, "SDL_VIDEODRIVER": "nonesuch", "SDL_AUDIODRIVER": "dummy"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 2
    assert "no window can be opened" in run.stderr
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["demo-quest", "demo"])
@pytest.mark.slow
def test_it_finds_the_built_bundle(bundle: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / name).symlink_to(bundle)
    (tmp_path / "script.txt").write_text("wait 2\nexpect track title_song\n")
    subprocess.run(
        [sys.executable, "-m", "demo_game", "--script", "script.txt"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "SDL_AUDIODRIVER": "dummy",
        },
        check=True,
        timeout=300,
    )
