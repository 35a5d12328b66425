from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
import soundfile

pytest.importorskip("pygame")

from demo_game.adventure import Adventure
from demo_game.dice import Dice
from demo_game.intensity import intensity
from demo_game.scenes.battle import Battle
from demo_game.scenes.title import Title
from tests.demo_game.test_play import play
from tests.runtime.stepped_game import level
from tests.runtime.tiny_bundle import Piece, write_bundle, write_index


def test_danger_rises_as_either_side_nears_its_end() -> None:
    hero = Adventure(Dice(7))
    hero.rest()
    outside = Title(7)
    battle = Battle(hero, "bat", outside)
    assert intensity(outside) == 1
    calm = intensity(battle)
    assert calm == pytest.approx(0.3)
    hero.hp //= 2
    worse = intensity(battle)
    battle.fight.foe_hp = 1
    assert calm < worse < intensity(battle) <= 1
    hero.hp = 0
    assert intensity(battle) == 1


@pytest.mark.slow
def test_layers_follow_the_battle_and_tracks_without_are_not_asked(tmp_path: Path) -> None:
    pieces = [
        *(Piece("title", 440), Piece("overworld", 500), Piece("battle", 600)),
        *(Piece("victory", 700), Piece("lead", 900)),
    ]
    bundle = write_bundle(tmp_path / "bundle", pieces, "wav")
    index = json.loads((bundle / "bundle.json").read_text())
    battle = index["tracks"][2]
    files = [track["files"]["wav"] for track in index["tracks"]]
    battle["layers"] = [
        {"name": name, "voices": [], **file} for name, file in (("a", files[2]), ("b", files[4]))
    ]
    write_index(bundle, index)
    sound = tmp_path / "out.wav"
    script = "wait 20\npress enter\nwait 60\nmeet\nwait 40\nfight\nwait 60\n"
    run = play(bundle, script, tmp_path, "--record", str(sound))
    assert run.returncode == 0
    assert run.stderr == ""
    heard, _ = soundfile.read(sound)
    start = re.search(r"^step (\d+): battle", run.stdout, re.MULTILINE)
    assert start is not None
    begin = int(start[1]) * 735 + 735 * 40
    calm = heard[begin : begin + 8192, 0]
    assert level(calm, 600) == pytest.approx(0.4, abs=0.02)
    # The second of two layers at intensity 0.3, by the sine law.
    assert level(calm, 900) == pytest.approx(0.4 * math.sin(0.3 * math.pi / 2), abs=0.02)
