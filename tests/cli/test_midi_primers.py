"""What the commands say of a primer's file that is not quite what it seems."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run
from tests.midi.test_midifile import chunk, events, head, late


def test_a_remark_reaches_the_user(tmp_path: Path, chipassets: Run) -> None:
    (tmp_path / "late.mid").write_bytes(late(16))
    manifest = tmp_path / "game.yaml"
    manifest.write_text(
        "game: Late\ntracks: {town: {scene: town, length: 16 bars, primer: {midi: late.mid}}}\n"
    )
    found = chipassets("validate", "game.yaml")
    assert (found.returncode, found.stdout) == (0, "game.yaml: valid, 1 track\n")
    assert found.stderr == "late.mid: 1 bar of silence before the first note removed\n"


def test_compose_says_what_is_wrong_with_a_tempo(tmp_path: Path, chipassets: Run) -> None:
    path = tmp_path / "tempo0.mid"
    path.write_bytes(head() + chunk(b"MTrk", events(before=b"\0\xff\x51\3\0\0\0")))
    found = chipassets("compose", "--primer_midi", "tempo0.mid", "--num-outputs", "1")
    assert found.returncode == 0
    assert "tempo0.mid: a quarter of 0 seconds is not a musical tempo" in found.stderr
