"""Transitions as the mixer played them: each track is a constant level, so an onset is a sample.

The game asks for a frame every 16 ms; what falls between two frames must still be on its line.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.runtime.stepped_game import Wave, record
from tests.runtime.tiny_bundle import BAR_SAMPLES, RATE_HZ, Piece, write_bundle, write_index

pytest.importorskip("pygame")

MIXER_BUFFER = 512
ROUNDING = RATE_HZ // 1000 + 1
FRAME = RATE_HZ * 16 // 1000
LEVELS = {"a": 0.1, "b": 0.2, "c": 0.4, "fanfare": 0.25}


def write_levels(folder: Path) -> Path:
    """Write a bundle of tracks that are constant: whoever sounds can be read off any sample."""
    pieces = [Piece(name, 440, bars=8) for name in ("a", "b", "c")]
    pieces.append(Piece("fanfare", 440, bars=2, intro_bars=None))
    write_bundle(folder, pieces, "wav")
    index = json.loads((folder / "bundle.json").read_text())
    for track in index["tracks"]:
        wave = np.full(track["samples"], LEVELS[track["name"]])
        path = folder / track["files"]["wav"]["path"]
        soundfile.write(path, wave, RATE_HZ)
        track["files"]["wav"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        track["sections"] = [
            {"name": "A", "start_bar": 0, "bars": 3},
            {"name": "B", "start_bar": 3, "bars": 5},
        ]
    write_index(folder, index)
    return folder


def write_ramps(folder: Path) -> Path:
    """Write a loop, and one with an intro, whose samples rise from 0.1 to 0.7 over the file."""
    pieces = [Piece("a", 440, bars=8), Piece("intro", 440, bars=8, intro_bars=4)]
    write_bundle(folder, pieces, "wav")
    index = json.loads((folder / "bundle.json").read_text())
    for track in index["tracks"]:
        path = folder / track["files"]["wav"]["path"]
        soundfile.write(path, np.linspace(0.1, 0.7, track["samples"]), RATE_HZ)
        track["files"]["wav"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    write_index(folder, index)
    return folder


def hear(code: str, tmp_path: Path, rules: str) -> Wave:
    return record(code, write_levels(tmp_path / "bundle"), tmp_path, rules)


def onset(heard: Wave, level: float) -> int:
    """The first sample at which at least this level is heard."""
    return int(np.flatnonzero(heard > level - 0.01)[0])


def silence(heard: Wave) -> int:
    """For how many samples none of the tracks is heard."""
    return int(np.count_nonzero(heard < LEVELS["a"] - 0.01))


def rules(when: str, how: str, fade_ms: int = 0) -> str:
    return f"(Rule('*', 'a', 'now', 0), Rule('*', '*', {when!r}, {fade_ms}, {how!r}))"


@pytest.mark.parametrize(
    ("when", "line"),
    [("beat", 5 * BAR_SAMPLES // 4), ("bar", 2 * BAR_SAMPLES), ("section", 3 * BAR_SAMPLES)],
)
def test_a_transition_falls_on_its_line(tmp_path: Path, when: str, line: int) -> None:
    code = "player.enter('a'); play(0.28); player.enter('b'); play(0.9)"
    heard = hear(code, tmp_path, rules(when, "cut"))
    found = onset(heard, LEVELS["b"])
    assert abs(found - line) <= MIXER_BUFFER + ROUNDING
    # A cut: the old track is gone within a frame, and no more than a buffer before the new one.
    assert silence(heard[:found]) <= MIXER_BUFFER
    settled = heard[found + 2 * FRAME + MIXER_BUFFER : found + RATE_HZ // 4]
    assert settled == pytest.approx(LEVELS["b"], abs=0.01)


def test_every_bar_line_of_many_passes_is_met(tmp_path: Path) -> None:
    code = "player.enter('a')\n"
    for scene in ("b", "c") * 4:
        code += f"play(0.6); player.enter({scene!r})\n"
    heard = hear(code + "play(0.6)", tmp_path, rules("bar", "cut"))
    # Where the next level comes: added to the one before, or in its place.
    starts = [0]
    for before in (LEVELS["a"], *[LEVELS["b"], LEVELS["c"]] * 3, LEVELS["b"]):
        rest = heard[starts[-1] + BAR_SAMPLES // 2 :]
        starts.append(starts[-1] + BAR_SAMPLES // 2 + int(np.argmax(np.abs(rest - before) > 0.02)))
    assert silence(heard) <= len(starts) * MIXER_BUFFER
    bars = np.diff(starts) / BAR_SAMPLES
    error = np.abs(bars - np.round(bars)) * BAR_SAMPLES
    assert np.max(error) <= MIXER_BUFFER + ROUNDING
    assert len(bars) == 8


def test_a_fade_leaves_the_old_track_before_the_new_one_comes(tmp_path: Path) -> None:
    code = "player.enter('a'); play(0.3); player.enter('c'); play(1.2)"
    heard = hear(code, tmp_path, rules("bar", "fade", 200))
    found = onset(heard, LEVELS["c"])
    # What follows a fade is no bar line: it begins in the frame that finds the fade done.
    assert abs(found - 2 * BAR_SAMPLES - RATE_HZ // 5) <= FRAME + MIXER_BUFFER + ROUNDING
    falling = heard[2 * BAR_SAMPLES + MIXER_BUFFER : found]
    assert np.all(np.diff(falling) < 0.001)
    assert falling[-1] < 0.03


def test_a_track_that_is_entered_again_after_a_stop_sounds_once(tmp_path: Path) -> None:
    code = "player.enter('a'); play(0.3); player.enter('b'); play(0.6); player.stop(); play(1)\n"
    heard = hear(code + "player.enter('b'); play(0.5)", tmp_path, rules("bar", "cut"))
    assert heard[-RATE_HZ // 4 :] == pytest.approx(LEVELS["b"], abs=0.01)


@pytest.mark.parametrize("name", ["a", "intro"])
@pytest.mark.parametrize(
    "disturb",
    [
        "for n in range(metronome.count): pygame.mixer.Channel(n).stop()",
        "for n in range(3): pygame.mixer.Channel(n).play(noise)",
    ],
    ids=["stopped", "taken"],
)
@pytest.mark.default_cases(1)
def test_music_that_the_game_disturbs_plays_on_in_its_place(
    tmp_path: Path, name: str, disturb: str
) -> None:
    folder = write_ramps(tmp_path / "bundle")
    noise = "noise = pygame.mixer.Sound(buffer=bytes(4096 * 20))\n"
    code = f"{noise}player.enter({name!r}); play(0.7)\n{disturb}\nplay(1.6)"
    waves = []
    for number, text in enumerate((code, code.replace(disturb, ""))):
        (tmp_path / str(number)).mkdir()
        waves.append(record(text, folder, tmp_path / str(number), rules("now", "cut")))
    length = min(len(wave) for wave in waves)
    # A ramp says which sample of its file sounds.
    same = np.abs(waves[0][:length] - waves[1][:length]) < 0.005
    assert np.all(same[: RATE_HZ // 2])
    assert np.mean(same[RATE_HZ:]) > 0.99


def test_restoring_the_track_that_plays_is_a_crossfade(tmp_path: Path) -> None:
    code = (
        "player.enter('a'); play(0.4); saved = player.state(); play(0.2)\n"
        "player.restore(saved, fade_ms=400); play(0.8)"
    )
    heard = hear(code, tmp_path, rules("now", "cut"))
    # Two equal levels at equal power: never less than the one, never more than both at 3 dB.
    settled = heard[RATE_HZ // 10 :]
    assert np.min(settled) > LEVELS["a"] - 0.01
    assert np.max(settled) < LEVELS["a"] * 2**0.5 + 0.01
    assert settled[-RATE_HZ // 4 :] == pytest.approx(LEVELS["a"], abs=0.01)


def test_a_sting_falls_on_its_bar_line(tmp_path: Path) -> None:
    code = "player.enter('a'); play(0.3); player.sting('fanfare', when='bar'); play(1.2)"
    heard = hear(code, tmp_path, rules("bar", "cut"))
    found = onset(heard, LEVELS["fanfare"] + 0.1 * 10 ** (-12 / 20))
    assert abs(found - 2 * BAR_SAMPLES) <= MIXER_BUFFER + ROUNDING


def test_turning_back_before_the_line_leaves_no_trace(tmp_path: Path) -> None:
    code = (
        "player.enter('a'); play(0.3); player.enter('b'); play(0.1); player.enter('a'); play(0.5)"
    )
    heard = hear(code, tmp_path, rules("bar", "cut"))
    assert heard == pytest.approx(LEVELS["a"], abs=0.001)


def test_music_and_stings_have_volumes_of_their_own(tmp_path: Path) -> None:
    code = """
player.music_volume = 0.5; player.sting_volume = 0.2
player.enter('c'); play(0.3); player.sting('fanfare'); play(0.9)
"""
    heard = hear(code, tmp_path, rules("now", "cut"))
    assert heard[: RATE_HZ // 5] == pytest.approx(LEVELS["c"] / 2, abs=0.005)
    ducked = LEVELS["c"] / 2 * 10 ** (-12 / 20)
    middle = heard[RATE_HZ // 2 : 6 * RATE_HZ // 10]
    assert middle == pytest.approx(ducked + LEVELS["fanfare"] / 5, abs=0.005)
