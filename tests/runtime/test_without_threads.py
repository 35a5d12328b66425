"""Where no thread can be started, as in a browser, the player decodes in `update`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.stepped_game import RULES, run_player
from tests.runtime.test_player_layers import write_layered
from tests.runtime.tiny_bundle import Piece, write_bundle

pytest.importorskip("pygame")

REFUSE = """
import threading
def refuse(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = refuse
player = PygamePlayer(Library.open(sys.argv[1]), eval(sys.argv[2]), volume=1.0)
"""


def test_preloading_goes_on_from_update_to_update(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440), Piece("shop", 660)])
    code = (
        REFUSE
        + """
player.preload(); assert player.is_loading
for _ in range(2):
    assert player.is_loading
    player.update()
assert not player.is_loading
player.enter('town'); play(0.1)
assert pygame.mixer.get_busy() and player.now_playing().track.name == 'town'
player.close()
"""
    )
    assert run_player(code, bundle, RULES, SDL_AUDIODRIVER="dummy").stderr == ""


def test_one_update_decodes_one_file_of_a_track_in_layers(tmp_path: Path) -> None:
    bundle = write_layered(tmp_path / "bundle", 0)
    code = (
        REFUSE
        + """
import chipassets.runtime.decoding as decoding
loads, load = [], decoding.load_sound
decoding.load_sound = lambda *a: (loads.append(1), load(*a))[1]
player.preload('town')
counts = []
while player.is_loading:
    player.update(); counts.append(len(loads))
assert counts[:3] == [1, 2, 3] and len(loads) == 3, counts
assert len(player._decoder.sounds(player.library.track('town'))) == 3
"""
    )
    assert run_player(code, bundle, RULES, SDL_AUDIODRIVER="dummy").stderr == ""
