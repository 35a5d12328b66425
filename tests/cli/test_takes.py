"""`chipassets takes` and `moods`: what is decided is locked, and outlives builds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import mido
import pytest
from typer.testing import CliRunner

from chipassets.cli.app import app
from chipassets.decisions.auditions import list_takes, open_audition, reopen
from chipassets.errors import ChipassetsError

Run = Callable[..., Any]
BUNDLE = "build/tiny-quest"


@dataclass(frozen=True)
class Result:
    """What a command printed, and the exit code that its error asks for."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def chipassets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run commands in this process: other tests start a new one for each, which takes longer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str) -> Result:
        found = CliRunner().invoke(app, arguments)
        if isinstance(found.exception, ChipassetsError):
            return Result(found.exception.exit_code, found.stdout, f"error: {found.exception}")
        assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
        return Result(found.exit_code, found.stdout, found.stderr)

    return run


def listed(chipassets: Run, track: str = "fight") -> list[dict[str, Any]]:
    result = chipassets("takes", "game.yaml", track, "--json")
    assert result.returncode == 0, result.stderr
    takes: list[dict[str, Any]] = json.loads(result.stdout)["takes"]
    return takes


def states(takes: list[dict[str, Any]]) -> dict[int, str]:
    return {item["take"]: item["state"] for item in takes if item["state"] not in ("", "refused")}


def locked(folder: Path, track: str = "fight") -> dict[str, Any]:
    entry: dict[str, Any] = json.loads((folder / "game.lock").read_text())["tracks"][track]
    return entry


def other_take(takes: list[dict[str, Any]]) -> int:
    free = (item["take"] for item in takes if item["state"] not in ("chosen", "accepted"))
    return int(next(free))


def edit(folder: Path, old: str, new: str) -> None:
    manifest = folder / "game.yaml"
    assert old in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(old, new))


def test_takes_are_listed_with_their_measures(built: Path, chipassets: Run) -> None:
    before = (built / "game.lock").read_bytes()
    takes = listed(chipassets)
    assert [item["take"] for item in takes] == list(range(1, len(takes) + 1))
    assert states(takes) == {locked(built)["number"]: "chosen"}
    index = json.loads((built / BUNDLE / "bundle.json").read_text())
    entry = next(track for track in index["tracks"] if track["name"] == "fight")
    chosen = takes[entry["take"]["number"] - 1]
    assert chosen["metrics"] == pytest.approx(entry["metrics"])
    assert {"shared_10_grams", "longest_shared_run", "key_fit"} <= set(chosen["metrics"])
    table = chipassets("takes", "game.yaml", "fight").stdout
    assert "chosen" in table
    head = table.splitlines()[2]
    assert "preference" in head
    assert "clashes" in head, "music that knows its voices is judged by them"
    rows = [line.split() for line in table.splitlines() if re.match(r" \d+ ", line)]
    assert len(rows) == len(takes)
    # A run is measured in intervals and told in notes, of which it has one more.
    runs = [int(item["metrics"]["longest_shared_run"]) for item in takes]
    assert [int(row[-1]) for row in rows] == [run and run + 1 for run in runs]
    assert not any(cell == "-" for row in rows for cell in row[1:]), "every column has a value"
    assert (built / "game.lock").read_bytes() == before


def test_an_accepted_take_outlives_what_does_not_concern_it(built: Path, chipassets: Run) -> None:
    take = other_take(listed(chipassets))
    assert chipassets("takes", "game.yaml", "fight", "--accept", str(take)).returncode == 0
    notes = locked(built)["score"]
    edit(built, "battle}", "battle, tempo: 150, takes: 3}")
    report = json.loads(chipassets("build", "game.yaml", "--strict", "--json").stdout)
    assert report["warnings"] == []
    assert locked(built)["score"] == notes
    assert locked(built)["accepted"] is True
    assert chipassets("build", "game.yaml", "--check").returncode == 0


def test_an_accepted_take_that_leaves_its_plan_is_kept_until_told_otherwise(
    built: Path, chipassets: Run
) -> None:
    take = other_take(listed(chipassets))
    chipassets("takes", "game.yaml", "fight", "--accept", str(take))
    notes = locked(built)["score"]
    edit(built, "battle}", "battle, temperature: 1.2}")
    warning = "its temperature changed 1.0 → 1.2, and the accepted take"
    planned = chipassets("plan", "game.yaml").stdout
    assert f"warning: track 'fight': {warning} {take} is kept" in " ".join(planned.split())
    (told,) = json.loads(chipassets("plan", "game.yaml", "--json").stdout)["warnings"]
    assert warning in told
    kept = chipassets("build", "game.yaml")
    assert kept.returncode == 0
    assert "--recompose" in kept.stdout
    assert locked(built)["score"] == notes
    assert chipassets("build", "game.yaml", "--strict").returncode == 1
    # The new plan's take of the same number is another piece, and nobody takes it unawares.
    listing = chipassets("takes", "game.yaml", "fight").stdout
    assert f"the present plan's take {take} is another piece" in " ".join(listing.split())
    # What it is called: the number's export is told to be another piece's.
    export = ("takes", "game.yaml", "fight", "--export")
    by_number = chipassets(*export, str(take), "-o", "number.mid").stdout
    assert f"the present plan's take {take}, not the accepted one" in " ".join(by_number.split())
    assert chipassets(*export, "accepted", "-o", "held.mid").stdout.count("accepted") == 1
    held, other = (built / "held.mid").read_bytes(), (built / "number.mid").read_bytes()
    assert held == (built / "build/tiny-quest/midi/fight.mid").read_bytes() != other
    accepted = json.loads(chipassets("takes", "game.yaml", "fight", "--json").stdout)["accepted"]
    assert (accepted["take"], accepted["state"]) == (take, "accepted")
    said = chipassets("takes", "game.yaml", "fight", "--accept", str(take)).stdout
    assert f"it replaces the accepted take {take}, other notes" in " ".join(said.split())
    said = chipassets("takes", "game.yaml", "fight", "--undo").stdout
    assert "it replaces" not in said
    assert locked(built)["score"] == notes
    again = chipassets("build", "game.yaml", "--recompose")
    assert again.returncode == 0, again.stderr
    assert "--recompose" not in again.stdout
    assert locked(built)["score"] != notes
    assert "accepted" not in locked(built)


def test_undo_restores_why_a_take_was_chosen_and_makes_nothing_stale(
    built: Path, chipassets: Run
) -> None:
    before = locked(built)
    assert chipassets("takes", "game.yaml", "fight", "--reroll", "bars:1").returncode == 0
    version = f"{before['number']}.1"
    assert chipassets("takes", "game.yaml", "fight", "--accept", version).returncode == 0
    assert chipassets("takes", "game.yaml", "fight", "--undo").returncode == 0
    assert (locked(built)["why"], locked(built)["score"]) == (before["why"], before["score"])
    assert chipassets("build", "game.yaml", "--check").returncode == 0


def test_bars_of_a_variant_composed_anew_are_said_to_leave_its_original(
    built: Path, chipassets: Run
) -> None:
    manifest = built / "game.yaml"
    manifest.write_text(manifest.read_text().rstrip() + "\n  dusk: {like: fight, variant: night}\n")
    assert chipassets("build", "game.yaml").returncode == 0
    said = chipassets("takes", "game.yaml", "dusk", "--reroll", "tune").stdout
    assert "no longer that of fight, whose variant dusk is" in " ".join(said.split())
    said = chipassets("takes", "game.yaml", "fight", "--reroll", "tune").stdout
    assert "no longer" not in said
    said = chipassets("takes", "game.yaml", "dusk", "--reroll", "bass").stdout
    assert "with bass composed anew" in " ".join(said.split())
    assert "no longer" not in said


def test_a_rejected_take_is_never_chosen_again(built: Path, chipassets: Run) -> None:
    first = next(item["take"] for item in listed(chipassets) if item["state"] == "chosen")
    assert chipassets("takes", "game.yaml", "fight", "--reject", str(first)).returncode == 0
    takes = listed(chipassets)
    assert states(takes)[first] == "rejected"
    assert "chosen" in states(takes).values()
    entry = json.loads((built / "game.lock").read_text())
    entry["tracks"]["fight"]["notes_key"] = "0" * 64  # as if another version had composed it
    (built / "game.lock").write_text(json.dumps(entry))
    assert chipassets("build", "game.yaml").returncode == 0
    assert locked(built)["number"] != first
    assert locked(built)["rejected"][0]["number"] == first


def test_rolled_takes_go_on_counting_and_leave_the_others_alone(
    built: Path, chipassets: Run
) -> None:
    before = listed(chipassets)
    assert chipassets("takes", "game.yaml", "fight", "--roll", "3").returncode == 0
    after = listed(chipassets)
    assert len(after) >= len(before) + 3
    assert [item["metrics"] for item in after[: len(before)]] == [
        item["metrics"] for item in before
    ]
    best = max((item for item in after if not item["refused"]), key=lambda item: item["score"])
    (chosen,) = (item for item in after if item["state"] == "chosen")
    # Totals that differ by less than is noticed are equal, and of equals the first is chosen.
    assert chosen["score"] > best["score"] - 0.051 or best["complaints"]
    assert chipassets("build", "game.yaml").returncode == 0


def test_when_all_takes_are_rejected_more_are_rolled(built: Path, chipassets: Run) -> None:
    count = len(listed(chipassets))
    for take in range(1, count + 1):
        result = chipassets("takes", "game.yaml", "fight", "--reject", str(take))
        assert result.returncode == 0, result.stderr
    assert locked(built)["number"] > count


def test_a_take_is_exported_as_midi_and_audio(built: Path, chipassets: Run) -> None:
    take = other_take(listed(chipassets))
    for name in ("take.mid", "take.ogg"):
        result = chipassets("takes", "game.yaml", "fight", "--export", str(take), "-o", name)
        assert result.returncode == 0, result.stderr
    assert mido.MidiFile(built / "take.mid").length > 1
    assert (built / "take.ogg").read_bytes().startswith(b"OggS")


@pytest.mark.parametrize(
    ("name", "said"), [("x.stems", ".mid"), ("x.mp3", ".mid"), ("x", ".mid"), ("x.gbs", "gameboy")]
)
def test_a_take_that_no_file_of_the_suffix_can_hold_is_refused(
    built: Path, chipassets: Run, name: str, said: str
) -> None:
    result = chipassets("takes", "game.yaml", "fight", "--export", "1", "-o", name)
    assert (result.returncode, said in result.stderr) == (2, True), result.stderr
    assert ".spc" not in result.stderr, "the NES plays none"
    assert not (built / name).exists()


def test_takes_are_compared_with_a_folder_and_pieces_named(built: Path, chipassets: Run) -> None:
    (built / "mine").mkdir()
    assert (
        chipassets("takes", "game.yaml", "town", "--export", "1", "-o", "mine/old.mid").returncode
        == 0
    )
    result = chipassets("takes", "game.yaml", "town", "--against", "mine", "--json")
    assert result.returncode == 0, result.stderr
    assert all("alike" in item for item in json.loads(result.stdout)["takes"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nowhere",), 2),
        (("fight", "--accept", "99"), 2),
        (("fight", "--accept", "0"), 2),
        (("fight", "--reject", "-1"), 2),
        (("fight", "--roll", "0"), 2),
        (("fight", "--roll", "100000"), 2),
        (("fight", "--accept", "1", "--reject", "1"), 2),
        (("fight", "--export", "1"), 2),
        (("fight", "--export", "1", "-o", "take.xyz"), 2),
        (("fight", "--against", "nowhere"), 2),
    ],
)
def test_bad_requests_change_nothing(
    built: Path, chipassets: Run, arguments: tuple[str, ...], code: int
) -> None:
    before = (built / "game.lock").read_bytes()
    result = chipassets("takes", "game.yaml", *arguments)
    assert result.returncode == code, result.stderr
    assert result.stderr.startswith("error:")
    assert (built / "game.lock").read_bytes() == before


def test_a_damaged_lock_is_left_alone(built: Path, chipassets: Run) -> None:
    (built / "game.lock").write_text('{"lock": 1, "tracks": {"fight": {"accepted": 3}}}')
    for decision in ("--accept", "--reject", "--roll"):
        result = chipassets("takes", "game.yaml", "fight", decision, "1")
        assert result.returncode == 1
        assert "version control" in result.stderr


def test_a_frozen_model_is_warned_about_and_strict_refuses_it(game: Path, chipassets: Run) -> None:
    edit(game, "battle}", "battle, temperature: 0.1, primer: 'C3 C3 C3 C3', takes: 1}")
    edit(game, "seed: 3", "seed: 3\nmodel: polyphony")
    edit(game, '  town: {scene: town, primer: "C5 - E5 - G5 - - -"}\n', "")
    before = sorted(path.name for path in game.iterdir())
    strict = chipassets("build", "game.yaml", "--strict")
    loose = chipassets("build", "game.yaml", "--json")
    warnings = json.loads(loose.stdout)["warnings"]
    assert loose.returncode == 0
    assert strict.returncode == (1 if warnings else 0)
    if any("no better take" in warning for warning in warnings):
        assert any("temperature" in warning for warning in warnings)
    assert before == ["game.yaml"]


def test_the_index_carries_evidence_for_every_tag(built: Path) -> None:
    for track in json.loads((built / BUNDLE / "bundle.json").read_text())["tracks"]:
        assert [item["mood"] for item in track["evidence"]] == track["moods"]
        for item in (*track["evidence"], track["scene_evidence"]):
            assert set(item["measured"]) == set(item["wanted"]) | set(item["given"])
            # The one that says its key is judged by its tempo, and not by the key.
            assert item["given"] == (["mode"] if track["name"] == "fight" else [])
            assert isinstance(item["fits"], bool)
            assert 0 <= item["score"] <= 1
        fits = all(item["fits"] for item in (*track["evidence"], track["scene_evidence"]))
        assert fits or track["warnings"]


@pytest.mark.slow
def test_a_sting_is_not_held_to_the_key_and_tempo_that_it_takes(
    tmp_path: Path, chipassets: Run
) -> None:
    """No notes could change them, so that a build whose notes are good is clean with --strict."""
    (tmp_path / "game.yaml").write_text(
        "game: Tiny Quest\nmodel: polyphony\nseed: 3\nformats: [midi]\n"
        "defaults: {length: 2 bars, takes: 6}\ntracks:\n"
        "  puzzle: {scene: dungeon, key: D phrygian, tempo: 70, takes: 1}\n"
        "  solved: {scene: victory, match: puzzle}\n"
    )
    assert chipassets("build", "game.yaml").returncode == 0
    index = json.loads((tmp_path / BUNDLE / "bundle.json").read_text())
    solved = index["tracks"][1]
    for item in (solved["scene_evidence"], *solved["evidence"]):
        assert item["given"] == ["tempo_bpm", "mode"]
        assert item["measured"]["tempo_bpm"] == 70
        assert item["measured"]["mode"] == 0
        assert set(item["wanted"]) == {"notes_per_second", "polyphony", "lead_pitch"}
    complaints = [take["complaints"] for take in listed(chipassets, "solved")]
    assert [] in complaints
    assert solved["warnings"] == []
    for said in chain.from_iterable(complaints):
        assert "tempo" not in said
        assert "mode" not in said


def test_moods_prints_every_scene_and_mood(chipassets: Run) -> None:
    shown = chipassets("moods").stdout
    tables = json.loads(chipassets("moods", "--json").stdout)
    for name in (*tables["scenes"], *tables["moods"]):
        assert name in shown
    assert tables["scenes"]["battle"]["notes_per_second"][0] > 4


def test_moods_prints_a_manifests_own_moods_as_well(chipassets: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "game: Own\nmoods: {dread: {like: dark, tempo: 60-80}}\ntracks: {town: {mood: dread}}\n"
    )
    shown = chipassets("moods", str(path)).stdout
    assert "dread" in shown
    assert "60-80" in shown
    tables = json.loads(chipassets("moods", str(path), "--json").stdout)
    assert tables["own_moods"] == {"dread": {"like": "dark", "tempo": [60, 80]}}
    path.write_text(path.read_text().replace("like: dark", "like: drk"))
    refused = chipassets("moods", str(path))
    assert refused.returncode == 2
    assert "own.yaml:2:23" in refused.stderr


STRETCHED = "motif: {hero: {stretch: true}}"


def test_at_another_tempo_the_takes_hold_as_if_composed_for_it(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(built)
    before = open_audition(Path("game.yaml"), "fight")
    list_takes(before)
    edit(built, "fight: {", "fight: {tempo: 140, ")
    after = reopen(before)
    assert len(after.composed) == len(before.composed)
    assert list_takes(after) == list_takes(open_audition(Path("game.yaml"), "fight"))
    # So fast that its motif is stated in longer notes, where the manifest allows that.
    edit(built, "tempo: 140, key: D minor, motif: hero", f"tempo: 180, key: D minor, {STRETCHED}")
    assert reopen(after).composed == []
    edit(built, "tempo: 180", "mood: sad")
    assert reopen(after).composed == []


def test_a_tempo_that_stretches_the_motif_makes_the_notes_stale(
    built: Path, chipassets: Run
) -> None:
    before = json.loads((built / BUNDLE / "bundle.json").read_text())["tracks"][1]["tempo_bpm"]
    edit(built, "fight: {", "fight: {tempo: 140, ")
    said = chipassets("build", "game.yaml", "--check").stdout
    told = re.search(r"'fight': its tempo changed ([\d.]+) → 140\n", said)
    assert told is not None, said
    # What was asked for is told; what plays is the nearest tempo of whole frames.
    assert float(told[1]) == pytest.approx(before, abs=0.5)
    assert chipassets("build", "game.yaml", "--check", "--notes").returncode == 0
    edit(built, "tempo: 140", "tempo: 180")
    assert chipassets("build", "game.yaml", "--check", "--notes").returncode == 0
    edit(built, "motif: hero", STRETCHED)
    said = chipassets("build", "game.yaml", "--check", "--notes")
    assert said.returncode == 1
    assert "'fight'" in said.stdout
