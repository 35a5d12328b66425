"""`chipassets instruments`: what there is, and what it sounds like."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from chipassets.arrange.bank import INSTRUMENTS
from chipassets.chips.profiles import CHIPS
from chipassets.cli.app import app
from chipassets.errors import MissingExtraError, UsageError
from chipassets.production.audition import audition
from tests.render.test_tones import measured_hz

OWN = """game: Own
chip: gameboy
instruments: {horn: {volume: [4, 9, 15, 12], duty: [1], vibrato: {delay: 9, depth: 20, period: 8}}}
tracks: {town: {instruments: {lead: horn}}}
"""


def ran(*words: str) -> str:
    result = CliRunner().invoke(app, ["instruments", *words])
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_every_instrument_is_in_both_tables() -> None:
    table = json.loads(ran("--json"))
    assert [row["name"] for row in table["instruments"]] == list(INSTRUMENTS)
    shown = ran()
    assert all(f" {name} " in shown for name in INSTRUMENTS)
    bell = next(row for row in table["instruments"] if row["name"] == "bell")
    assert (bell["snes_sample"], bell["plays"], bell["custom"]) == ("celesta", "tone", False)


def test_a_manifests_instruments_are_there_and_play_on_its_chip(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    table = json.loads(ran(str(path), "--json"))
    horn = table["instruments"][-1]
    assert (table["chip"], horn["name"], horn["custom"]) == ("gameboy", "horn", True)
    assert horn["vibrato"] == {"delay": 9, "depth": 20, "period": 8}
    ran(str(path), "--play", "horn", "--out", str(tmp_path / "horn.wav"))
    samples, rate = soundfile.read(tmp_path / "horn.wav")
    assert rate == 44_100
    assert samples.shape[1] == 2, "the Game Boy is stereo"
    assert np.abs(samples).max() > 0.02


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize(("name", "hz"), [("square", 440 * 2 ** (-9 / 12)), ("triangle", 65.406)])
def test_a_phrase_ends_with_the_octave_of_its_note(chip: str, name: str, hz: float) -> None:
    pcm = audition(INSTRUMENTS[name], chip)
    mono = pcm.samples.reshape(len(pcm.samples), -1)[:, 0].astype(np.float64)
    held = mono[54_000:126_000]
    assert measured_hz(held, 2 * hz) == pytest.approx(2 * hz, rel=0.012)
    assert np.abs(mono[-2_000:]).max() < 300


@pytest.mark.parametrize("chip", CHIPS)
def test_a_drum_is_struck_four_times(chip: str) -> None:
    for kit in CHIPS[chip].kits:
        pcm = audition(INSTRUMENTS["kick"], chip, kit)
        mono = np.abs(pcm.samples.reshape(len(pcm.samples), -1)[:, 0].astype(np.float64))
        starts = [round(n * 30 * 44_100 / 60.0988) for n in range(4)]
        loud = [mono[at : at + 4_000].max() for at in starts]
        soft = [mono[at + 15_000 : at + 20_000].max() for at in starts]
        assert min(loud) > 6 * max(soft) + 300


def test_the_dmc_kit_plays_a_sample() -> None:
    low = {}
    for kit in ("noise", "dmc"):
        power = np.abs(np.fft.rfft(audition(INSTRUMENTS["kick"], "nes", kit).samples)) ** 2
        hz = np.linspace(0, 22_050, len(power))
        low[kit] = power[(hz > 40) & (hz < 90)].sum()
    assert low["dmc"] > 2 * low["noise"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--play", "bras"), "did you mean 'brass'"),
        (("--play", "brass", "--chip", "sns"), "did you mean 'snes'"),
        (("--play", "kick", "--kit", "dmc", "--chip", "gameboy"), "no drum kit of gameboy 'dmc'"),
        (("--out", "a.wav"), "add --play NAME"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ran(*words)


def player(folder: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of ffplay that keeps what it is given."""
    heard = folder / "heard.wav"
    program = folder / "ffplay"
    program.write_text(
        f'#!/bin/sh\nfor last; do :; done\n{shutil.which("cp")} "$last" {heard}\n'
        f"echo 'no device' >&2\nexit {code}\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))
    return heard


def test_it_is_played_by_a_program_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = player(tmp_path, 0, monkeypatch)
    ran("--play", "bell")
    samples, _ = soundfile.read(heard)
    assert np.abs(samples).max() > 0.02
    player(tmp_path, 3, monkeypatch)
    with pytest.raises(MissingExtraError, match=r"no device\. Write it to a file with --out"):
        ran("--play", "bell")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(MissingExtraError, match="looked for ffplay"):
        ran("--play", "bell")
