"""The player through SDL's own drivers: what it writes to the disk driver is what is heard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.runtime.stepped_game import GAME, RULES, level, record, run_player
from tests.runtime.tiny_bundle import RATE_HZ, Piece, write_bundle

pytest.importorskip("pygame")


def test_an_intro_and_many_loops_are_exact(tmp_path: Path) -> None:
    piece = Piece("song", 441, bars=4, intro_bars=1)
    bundle = write_bundle(tmp_path / "bundle", [piece])
    heard = record("player.enter('song'); play(3.5)", bundle, tmp_path)
    decoded, _ = soundfile.read(bundle / "audio/song.ogg")
    start = RATE_HZ // 4
    wanted = np.concatenate([decoded] + [decoded[start:]] * 8)
    offset = int(np.flatnonzero(np.round(wanted * 32768))[0])
    wanted = wanted[offset : offset + len(heard)]
    assert len(heard) > len(decoded) + (len(decoded) - start), "at least one whole pass"
    difference = np.max(np.abs(heard[: len(wanted)] - wanted))
    assert difference < 4 / 32768


def test_entering_starts_the_right_audio_and_the_crossfade_overlaps(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440), Piece("shop", 660)])
    code = "player.enter('town'); play(1.2); player.enter('shop'); play(1.6)"
    heard = record(code, bundle, tmp_path)
    size = 2048
    windows = [heard[i : i + size] for i in range(0, len(heard) - size, size // 2)]
    town = np.array([level(window, 440) for window in windows])
    shop = np.array([level(window, 660) for window in windows])
    assert town[2] > 0.4
    assert shop[2] < 0.01
    assert shop[-2] > 0.4
    assert town[-2] < 0.01
    both = np.flatnonzero((town > 0.1) & (shop > 0.1))
    assert len(both) * size / 2 > 0.3 * RATE_HZ
    # Equal power: the sum of squares stays that of one tone (0.5 squared), with no dip.
    power = (town**2 + shop**2)[1:-1]
    assert power.min() > 0.7 * 0.25
    assert power.max() < 1.3 * 0.25


def test_a_scene_below_goes_on_where_it_was_left(tmp_path: Path) -> None:
    pieces = [Piece("overworld", 440, bars=16, intro_bars=8), Piece("battle", 660)]
    bundle = write_bundle(tmp_path / "bundle", pieces)
    code = """
player.enter('overworld'); play(0.6); player.enter('battle'); play(1.2)
player.leave(); play(1.2)
"""
    heard = record(code, bundle, tmp_path)
    # Left at 0.6 s and kept from the end of the fade, at 1.2 s: the loop's higher pitch comes at
    # 2 s, which is 2.6 s after the start. Begun anew it would come later, run on it had come.
    end = heard[-4096:]
    assert level(end, 440 * 2 ** (1 / 12)) > 0.4
    back = heard[int(2.2 * RATE_HZ) : int(2.2 * RATE_HZ) + 4096]
    assert level(back, 440) > level(back, 440 * 2 ** (1 / 12))


def test_a_swapped_track_sounds_from_the_bar_line_on_at_the_same_place(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("a", 440, bars=8, intro_bars=4)])
    other = write_bundle(tmp_path / "other", [Piece("b", 660, bars=8, intro_bars=4)])
    code = f"""
track = Library.open({str(other)!r}).track('b')
player.enter('a'); play(0.15); player.swap(track); play(2)
"""
    heard = record(code, bundle, tmp_path)
    window = 1024
    levels = [
        [level(heard[at : at + window], hz) for hz in (440, 660, 660 * 2 ** (1 / 12))]
        for at in range(0, 2 * RATE_HZ, window)
    ]
    loudest = [max(range(3), key=row.__getitem__) for row in levels]
    changes = [i * window / RATE_HZ for i in range(1, len(loudest)) if loudest[i] != loudest[i - 1]]
    # Swapped at a bar line, of 0.25 s each; its higher loop comes at 1 s as it would have.
    assert loudest[0] == 0
    assert changes[0] == pytest.approx(round(changes[0] * 4) / 4, abs=0.06)
    assert changes[1:] == pytest.approx([1.0], abs=0.06)


def test_a_track_that_plays_once_ends(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("jingle", 440, bars=2, intro_bars=None)])
    heard = record("player.enter('jingle'); play(1.2)", bundle, tmp_path)
    assert abs(len(heard) - RATE_HZ // 2) < 32


def test_no_audio_device_is_one_line_and_the_game_goes_on(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440)])
    code = GAME.replace("assert player.has_sound", "assert not player.has_sound") + (
        "player.enter('town'); play(0.05); assert player.now_playing().track.name == 'town'"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(bundle), RULES],
        env={**os.environ, "PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_AUDIODRIVER": "nonesuch"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert "the game goes on silently" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_a_mixer_that_goes_away_is_one_line_and_the_game_goes_on(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440), Piece("shop", 660)])
    code = """
player.enter('town'); play(0.2); pygame.mixer.quit(); play(0.1); player.enter('shop'); play(0.1)
assert player.now_playing().track.name == 'shop'
player.pause(); player.resume(); player.close()
"""
    run = run_player(code, bundle, SDL_AUDIODRIVER="dummy")
    assert "sound is lost" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_after_reconnecting_the_music_goes_on(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440, bars=16, intro_bars=8)])
    code = """
player.enter('town'); play(0.2); pygame.mixer.quit(); play(0.1)
assert not player.has_sound
player.reconnect(); play(0.1)
while player.is_loading:
    play(0.05)
while player.now_playing().bar < 1:
    play(0.1)
assert player.has_sound
assert pygame.mixer.get_busy()
"""
    run = run_player(code, bundle, SDL_AUDIODRIVER="dummy")
    assert len(run.stderr.splitlines()) == 1


def test_a_file_that_cannot_be_decoded_is_silence_with_one_line(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440), Piece("shop", 660)])
    broken = bundle / "audio/shop.ogg"
    broken.write_bytes(b"\x01" * broken.stat().st_size)
    code = "player.enter('town'); play(0.2); player.enter('shop'); play(0.3)"
    run = run_player(code, bundle, SDL_AUDIODRIVER="dummy")
    assert "track 'shop' stays silent" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_preloading_takes_scenes_and_tracks_and_names_unknown_ones(tmp_path: Path) -> None:
    pieces = [Piece("town", 440), Piece("jingle", 660, scene="reward"), Piece("shop", 880)]
    bundle = write_bundle(tmp_path / "bundle", pieces)
    code = """
player = PygamePlayer(Library.open(sys.argv[1]), clock=clock)
player.preload('twon', 'reward', 'jingle'); player.preload('shop', 'twon'); load()
print([name for name in ('town', 'jingle', 'shop')
       if player._decoder.sounds(player.library.track(name))])
"""
    run = run_player(code, bundle, SDL_AUDIODRIVER="dummy")
    assert run.stdout.splitlines()[-1] == "['jingle', 'shop']"
    assert "preload: there is no scene and no track 'twon'; did you mean town" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_another_mixer_rate_plays_all_the_same(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("song", 441, bars=4, intro_bars=1)])
    code = "pygame.mixer.init(48000, -16, 1, 512, allowedchanges=0)\n" + GAME
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import pygame\n" + code + "player.enter('song')\n"
            "while not (now := player.now_playing()) or now.bar < 1: play(0.1)",
            str(bundle),
            RULES,
        ],
        env={**os.environ, "PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_AUDIODRIVER": "dummy"},
        check=True,
        timeout=300,
    )


def test_pausing_is_silence_and_resuming_goes_on(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440, bars=40)])
    code = """
player.enter('town'); play(0.5); player.pause(); play(0.6); player.resume(); play(0.5)
"""
    heard = record(code, bundle, tmp_path)
    silent = np.flatnonzero(np.abs(heard) > 1e-3)
    longest_gap = int(np.max(np.diff(silent)))
    assert longest_gap > 0.3 * RATE_HZ


def test_a_stall_longer_than_the_loop_is_survived(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("song", 441, bars=2, intro_bars=1)])
    code = "player.enter('song'); play(0.3); wait(1.2); play(0.6)"
    heard = record(code, bundle, tmp_path)
    assert np.max(np.diff(np.flatnonzero(np.abs(heard) > 1e-3))) > 0.2 * RATE_HZ
    assert level(heard[-4096:], 441 * 2 ** (1 / 12)) > 0.4


@pytest.mark.parametrize("call", ["pause", "resume", "close"])
def test_any_call_survives_a_mixer_that_went_away(tmp_path: Path, call: str) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440)])
    before = "player.pause(); " if call == "resume" else ""
    code = f"player.enter('town'); play(0.3); {before}pygame.mixer.quit(); player.{call}()"
    run = run_player(code, bundle, SDL_AUDIODRIVER="dummy")
    assert len(run.stderr.splitlines()) == 1
