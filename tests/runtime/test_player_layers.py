"""Layers, stings and ducking, recorded through SDL's disk driver."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.runtime.stepped_game import level, record, run_player
from tests.runtime.tiny_bundle import RATE_HZ, Piece, write_bundle, write_index

pytest.importorskip("pygame")

TONES = {"bass": 220, "inner": 550, "lead": 880}


def write_layered(folder: Path, intro_bars: int, lead_bars: int = 4) -> Path:
    """Write a bundle whose track `town` has a layer for each tone, at a third of the volume."""
    pieces = [
        Piece("town", 220, 4, intro_bars),
        Piece("fanfare", 1320, 3, None),
        *(Piece(name, hz, lead_bars if name == "lead" else 4) for name, hz in TONES.items()),
    ]
    write_bundle(folder, pieces, "wav")
    index = json.loads((folder / "bundle.json").read_text())
    town, fanfare, *layers = index["tracks"]
    for layer in layers:
        path = folder / layer["files"]["wav"]["path"]
        wave, _ = soundfile.read(path)
        soundfile.write(path, wave / 3, RATE_HZ)
        layer["files"]["wav"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    town["layers"] = [{"name": x["name"], "voices": [], **x["files"]["wav"]} for x in layers]
    write_index(folder, index | {"tracks": [town, fanfare]})
    return folder


@pytest.mark.parametrize("intro_bars", [0, 1])
def test_layers_sound_in_step_to_the_sample(tmp_path: Path, intro_bars: int) -> None:
    bundle = write_layered(tmp_path / "bundle", intro_bars)
    heard = record("player.enter('town'); play(2.8)", bundle, tmp_path)
    parts = [soundfile.read(bundle / f"audio/{name}.wav")[0] for name in TONES]
    once = np.sum(parts, axis=0)
    loop = once[intro_bars * RATE_HZ // 4 :]
    wanted = np.concatenate([once, *[loop] * 4])
    offset = int(np.flatnonzero(np.round(wanted * 32768))[0])
    wanted = wanted[offset : offset + len(heard)]
    assert len(heard) > 2 * len(once)
    assert np.max(np.abs(heard[: len(wanted)] - wanted)) < 8 / 32768


def test_intensity_takes_layers_away_and_brings_them_back(tmp_path: Path) -> None:
    bundle = write_layered(tmp_path / "bundle", 0)
    code = """
player.enter('town'); play(0.6); player.intensity(0.0, fade_ms=200); play(1.0)
player.intensity(0.5, fade_ms=200); play(0.8)
"""
    heard = record(code, bundle, tmp_path)
    full = 0.5 / 3
    for at_s, wanted in ((0.2, (1, 1, 1)), (1.2, (1, 0, 0)), (2.1, (1, 1, 0))):
        start = int(at_s * RATE_HZ)
        window = heard[start : start + 8192]
        found = [level(window, hz) / full for hz in TONES.values()]
        assert found == pytest.approx(wanted, abs=0.05), at_s


def test_layers_that_are_not_in_step_play_as_one(tmp_path: Path) -> None:
    bundle = write_layered(tmp_path / "bundle", 0, lead_bars=3)
    code = "player.enter('town'); play(0.4); assert player.now_playing() is not None"
    run = run_player(code, bundle, SDL_AUDIODRIVER="dummy")
    assert "a layer of track 'town' cannot be played" in run.stderr
    assert "33075 samples instead of 44100" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_a_sting_sounds_once_over_the_ducked_music(tmp_path: Path) -> None:
    bundle = write_bundle(
        tmp_path / "bundle", [Piece("town", 440), Piece("fanfare", 1320, 3, None)]
    )
    code = """
player.volume = 0.5
player.enter('town'); play(0.6); player.sting('fanfare'); play(2.2)
"""
    heard = record(code, bundle, tmp_path)

    def levels(at_s: float) -> tuple[float, float]:
        window = heard[int(at_s * RATE_HZ) :][:8192]
        return level(window, 440) / 0.25, level(window, 1320) / 0.25

    assert levels(0.2) == pytest.approx((1, 0), abs=0.03)
    assert levels(0.95) == pytest.approx((10 ** (-12 / 20), 1), abs=0.03)
    assert levels(2.3) == pytest.approx((1, 0), abs=0.03)
    window = 2048
    blocks = [heard[i : i + window] for i in range(0, len(heard) - window, window)]
    sting = np.array([level(block, 1320) > 0.1 for block in blocks])
    assert abs(np.count_nonzero(sting) * window / RATE_HZ - 0.75) < 0.12  # its whole length, once


def test_pausing_holds_layers_and_stings(tmp_path: Path) -> None:
    bundle = write_layered(tmp_path / "bundle", 0)
    code = """
player.enter('town'); play(0.5); player.sting('fanfare'); play(0.3); player.pause(); play(0.6)
player.resume(); play(1.2)
"""
    heard = record(code, bundle, tmp_path)
    assert np.max(np.diff(np.flatnonzero(np.abs(heard) > 1e-3))) > 0.4 * RATE_HZ
    size = 2048
    blocks = [heard[i : i + size] for i in range(0, len(heard) - size, size)]
    sting = [level(block, 1320) > 0.1 for block in blocks]
    assert abs(sum(sting) * size / RATE_HZ - 0.75) < 0.12


def test_a_rebuilt_bundle_is_heard_without_a_gap_or_a_restart(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle", [Piece("town", 440), Piece("cave", 300)], "wav")
    write_bundle(tmp_path / "newer", [Piece("town", 660), Piece("cave", 300)], "wav")
    code = f"""
player.enter('town'); play(0.6)
import shutil
shutil.copytree({str(tmp_path / "newer")!r}, sys.argv[1], dirs_exist_ok=True)
cave = player.library.track('cave')
player.reload(Library.open(sys.argv[1])); play(1.4)
assert player.library.track('cave') is cave
"""
    heard = record(code, folder, tmp_path)
    assert level(heard[4096 : 3 * 4096], 440) == pytest.approx(0.5, abs=0.02)
    assert level(heard[-8192:], 660) == pytest.approx(0.5, abs=0.02)
    assert level(heard[-8192:], 440) < 0.01
    loud = np.flatnonzero(np.abs(heard) > 0.05)
    assert np.max(np.diff(loud)) < 0.01 * RATE_HZ
    # No click: tones step by 0.05, and a frame of the fade by 0.06 more.
    assert np.max(np.abs(np.diff(heard))) < 0.15


def test_a_rebuilt_track_with_more_layers_than_channels_gets_more_channels(tmp_path: Path) -> None:
    bundle = write_layered(tmp_path / "bundle", 0)
    index = json.loads((bundle / "bundle.json").read_text())
    town = index["tracks"][0]
    write_index(bundle, index | {"tracks": [town | {"layers": []}]})
    rebuilt = tmp_path / "rebuilt"
    write_layered(rebuilt, 0)
    layers = [layer | {"name": str(n)} for n, layer in enumerate(town["layers"] * 3)]
    write_index(rebuilt, index | {"tracks": [town | {"layers": layers}]})
    code = f"""
player.enter('town'); play(0.2)
player.reload(Library.open({str(rebuilt)!r})); play(1)
print(sum(pygame.mixer.Channel(n).get_busy() for n in range(pygame.mixer.get_num_channels())))
"""
    busy = run_player(code, bundle, SDL_AUDIODRIVER="dummy").stdout.split()[-1]
    assert int(busy) == len(layers) + 1  # and the clock's
