"""`chipassets build` as game CI uses it: complete, repeatable, incremental, checked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import mido
import pytest
import soundfile
from mutagen.oggvorbis import OggVorbis

from tests.cli.conftest import Run

BUNDLE = "build/tiny-quest"


def content(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def without_track(manifest: str, name: str) -> str:
    kept = [line for line in manifest.splitlines() if f" {name}:" not in line]
    assert len(kept) == len(manifest.splitlines()) - 1
    return "\n".join(kept)


def test_bundle_holds_what_its_index_says(built: Path) -> None:
    bundle = built / BUNDLE
    index = json.loads((bundle / "bundle.json").read_text())
    assert [track["name"] for track in index["tracks"]] == ["town", "fight"]
    for track in index["tracks"]:
        audio = bundle / track["files"]["ogg"]["path"]
        samples, rate = soundfile.read(audio, dtype="int16")
        assert len(samples) == track["samples"]
        assert rate == track["sample_rate_hz"] == 44100
        loop = track["loop"]
        assert loop["start_sample"] + loop["length_samples"] == len(samples)
        tags = OggVorbis(audio)
        assert tags["LOOPSTART"] == [str(loop["start_sample"])]
        assert tags["LOOPLENGTH"] == [str(loop["length_samples"])]
        assert abs(samples).max() > 1000
        midi = mido.MidiFile(bundle / track["files"]["midi"]["path"])
        assert midi.length == pytest.approx(track["seconds"], abs=0.05)
        assert track["bars"] == 4
        assert track["take"]["of"] == 2
    listed = {file["path"] for track in index["tracks"] for file in track["files"].values()}
    shared = {"bundle.json", "provenance.json", ".gitattributes"}
    assert set(content(bundle)) == listed | shared


def test_second_build_touches_nothing(built: Path, chipassets: Run) -> None:
    before = times(built)
    result = chipassets("build", "game.yaml", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["changed"] is False
    assert {track["done"] for track in report["tracks"]} == {"kept"}
    assert times(built) == before


@pytest.mark.slow
@pytest.mark.composes_anew
def test_three_processes_compose_the_same_bytes_as_this_one(
    built: Path, chipassets_process: Run
) -> None:
    before = content(built)
    (built / "game.lock").unlink()
    result = chipassets_process("build", "game.yaml", "-o", "elsewhere", "--jobs", "3")
    assert result.returncode == 0, result.stderr
    assert content(built / "elsewhere") == content(built / BUNDLE)
    assert (built / "game.lock").read_bytes() == before["game.lock"]


@pytest.mark.composes_anew
@pytest.mark.slow
def test_a_track_does_not_depend_on_its_neighbours(built: Path, chipassets: Run) -> None:
    manifest = built / "game.yaml"
    manifest.write_text(without_track(manifest.read_text(), "fight"))
    (built / "game.lock").unlink()
    assert chipassets("build", "game.yaml", "-o", "alone").returncode == 0
    assert (built / "alone/audio/town.ogg").read_bytes() == (
        built / BUNDLE / "audio/town.ogg"
    ).read_bytes()


def test_check_names_what_is_stale_and_writes_nothing(game: Path, chipassets: Run) -> None:
    result = chipassets("build", "game.yaml", "--check")
    assert result.returncode == 1
    assert "'town'" in result.stdout
    assert "'fight'" in result.stdout
    assert sorted(path.name for path in game.iterdir()) == ["game.yaml"]


def test_check_names_the_command_that_builds_what_it_checked(game: Path, chipassets: Run) -> None:
    said = chipassets(
        "build", "game.yaml", "-o", "my music", "--model", "default", "--check"
    ).stdout
    assert said.endswith("run: chipassets build game.yaml -o 'my music' --model default\n")


def test_a_build_tells_the_size_of_what_it_made(game: Path, chipassets: Run) -> None:
    said = chipassets("build", "game.yaml").stdout
    (line,) = [line for line in said.splitlines() if line.startswith("size: ")]
    assert "audio" in line
    index = json.loads((game / BUNDLE / "bundle.json").read_text())
    size = sum(path.stat().st_size for path in (game / BUNDLE).rglob("*") if path.is_file())
    own = (game / BUNDLE / "bundle.json").stat().st_size
    assert index["tracks"]
    assert line.startswith(f"size: {(size - own) / 1000:.1f} kB (")
    told = json.loads(chipassets("build", "game.yaml", "--json").stdout)
    assert told["bytes"] == size - own


def test_check_passes_after_a_build(built: Path, chipassets: Run) -> None:
    result = chipassets("build", "game.yaml", "--check")
    assert (result.returncode, result.stdout) == (0, "up to date\n")


def test_altered_file_is_found_and_made_again_from_the_lock(built: Path, chipassets: Run) -> None:
    before = content(built)
    victim = built / BUNDLE / "audio/fight.ogg"
    data = victim.read_bytes()
    victim.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert chipassets("verify", BUNDLE).returncode == 1
    check = chipassets("build", "game.yaml", "--check", "--json")
    assert check.returncode == 1
    assert len(json.loads(check.stdout)["stale"]) == 1
    report = json.loads(chipassets("build", "game.yaml", "--json").stdout)
    assert {track["name"]: track["done"] for track in report["tracks"]} == {
        "town": "kept",
        "fight": "from the lock",
    }
    assert content(built) == before
    assert chipassets("verify", BUNDLE).returncode == 0


def test_files_that_no_build_wrote_are_told_and_strictly_refused(
    built: Path, chipassets: Run
) -> None:
    (built / BUNDLE / "audio/mine.ogg").write_bytes(b"mine")
    (built / BUNDLE / ".DS_Store").write_bytes(b"")
    loose = chipassets("verify", BUNDLE)
    assert loose.returncode == 0
    assert loose.stderr.startswith("warning: audio/mine.ogg: is not in the bundle's index")
    assert "DS_Store" not in loose.stderr + loose.stdout
    assert json.loads(chipassets("verify", BUNDLE, "--json").stdout)["not_of_the_bundle"] == [
        "audio/mine.ogg"
    ]
    assert chipassets("verify", BUNDLE, "--strict").returncode == 1
    github = chipassets("verify", BUNDLE, "--strict", "--format", "github")
    assert github.returncode == 1
    assert f"file={BUNDLE}/audio/mine.ogg" in github.stdout


def test_files_for_an_engine_are_of_the_bundle_until_someone_changes_them(
    built: Path, chipassets: Run
) -> None:
    folder = f"{BUNDLE}/engines/love"
    assert chipassets("export", BUNDLE, "love", "-o", folder).returncode == 0
    fine = chipassets("verify", BUNDLE, "--strict")
    assert (fine.returncode, fine.stderr) == (0, "")
    player = next((built / folder).rglob("*.lua"))
    player.write_text(player.read_text() + "-- mine\n")
    (player.parent / "mine.lua").write_text("return 1\n")
    loose = chipassets("verify", BUNDLE)
    assert loose.returncode == 0
    changed, strange = sorted(loose.stderr.replace("\n", " ").split("warning: ")[1:], key=len)
    assert "mine.lua: is not in the bundle's index" in changed + strange
    assert f"{player.name}: was changed after a build wrote it" in changed + strange
    assert chipassets("verify", BUNDLE, "--strict").returncode == 1


def test_a_folder_above_a_bundle_is_answered_with_the_bundle(built: Path, chipassets: Run) -> None:
    for folder in (".", "build"):
        said = chipassets("verify", folder)
        assert said.returncode == 1
        assert f"did you mean {BUNDLE}?" in said.stderr.replace("\n", " ")
    assert "did you mean" not in chipassets("verify", f"{BUNDLE}/audio").stderr


def test_lock_alone_gives_its_notes_to_another_machine(built: Path, chipassets: Run) -> None:
    """Notes come from the lock, not from the dice: a note changed there is heard."""
    lock = json.loads((built / "game.lock").read_text())
    lines = lock["tracks"]["town"]["score"]
    bar = next(number for number, line in enumerate(lines) if line.startswith("1 lead |"))
    lines[bar] = "1 lead | 0:C6+16"
    (built / "game.lock").write_text(json.dumps(lock))
    report = json.loads(chipassets("build", "game.yaml", "--json").stdout)
    assert [track["done"] for track in report["tracks"]] == ["from the lock", "kept"]
    midi = mido.MidiFile(built / BUNDLE / "midi/town.mid")
    assert 84 in {msg.note for track in midi.tracks for msg in track if msg.type == "note_on"}


def test_tempo_changes_the_sound_but_not_the_notes(built: Path, chipassets: Run) -> None:
    manifest = built / "game.yaml"
    manifest.write_text(manifest.read_text().replace("battle}", "battle, tempo: 150}"))
    report = json.loads(chipassets("build", "game.yaml", "--json").stdout)
    assert [track["done"] for track in report["tracks"]] == ["kept", "from the lock"]
    index = json.loads((built / BUNDLE / "bundle.json").read_text())
    assert index["tracks"][1]["tempo_bpm"] == pytest.approx(150, rel=0.01)


def test_a_tempo_that_moves_to_whole_frames_is_said(game: Path, chipassets: Run) -> None:
    text = (game / "game.yaml").read_text()
    (game / "game.yaml").write_text(f"{text}  shop: {{tempo: 112, length: 1 bar, takes: 1}}\n")
    # A bar of 4/4 at 112 is 128.79 frames of the NES; 129 are 111.814.
    assert ", 112 bpm (111.81 plays), 4/4\n  1 bar, 2.1 s" in chipassets("plan", "game.yaml").stdout
    result = chipassets("build", "game.yaml")
    said = next(line for line in result.stdout.splitlines() if line.startswith("tempo, rounded"))
    assert "shop 112 asked, 111.81 plays" in said
    index = json.loads((game / "build/tiny-quest/bundle.json").read_text())
    assert round(index["tracks"][-1]["tempo_bpm"], 2) == 111.81
    # Without a terminal each track is told on a line of its own.
    told = [line for line in result.stderr.splitlines() if line.startswith("[")]
    assert {line.partition("] ")[2].partition(":")[0] for line in told} == {
        track["name"] for track in index["tracks"]
    }
    assert [line.partition("]")[0] for line in told] == [
        f"[{n}/{len(told)}" for n in range(1, len(told) + 1)
    ]


def test_removed_track_leaves_the_bundle_and_not_the_lock(built: Path, chipassets: Run) -> None:
    manifest = built / "game.yaml"
    manifest.write_text(without_track(manifest.read_text(), "fight"))
    assert "'fight'" in chipassets("build", "game.yaml", "--check").stdout
    assert chipassets("build", "game.yaml").returncode == 0
    assert not (built / BUNDLE / "audio/fight.ogg").exists()
    assert list(json.loads((built / "game.lock").read_text())["tracks"]) == ["fight", "town"]


def test_files_that_others_put_into_the_bundle_stay(built: Path, chipassets: Run) -> None:
    note = built / BUNDLE / "audio/town.ogg.import"
    note.write_text("an engine's settings")
    (built / BUNDLE / "midi/town.mid").unlink()
    assert chipassets("build", "game.yaml").returncode == 0
    assert note.read_text() == "an engine's settings"
    assert (built / BUNDLE / "midi/town.mid").is_file()


def test_folder_that_is_no_bundle_is_refused(game: Path, chipassets: Run) -> None:
    (game / "photos").mkdir()
    (game / "photos/cat.png").write_bytes(b"cat")
    result = chipassets("build", "game.yaml", "-o", "photos")
    assert result.returncode == 5
    assert "not a bundle" in result.stderr
    assert content(game / "photos") == {"cat.png": b"cat"}


@pytest.mark.parametrize("text", ["", "{}", '{"lock": 9, "tracks": {}}', '{"lock": 1', "[]"])
def test_unreadable_lock_is_never_overwritten(built: Path, chipassets: Run, text: str) -> None:
    (built / "game.lock").write_text(text)
    result = chipassets("build", "game.yaml")
    assert result.returncode == 1
    assert "game.lock" in result.stderr
    assert "Traceback" not in result.stderr
    assert (built / "game.lock").read_text() == text


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 2}', "\0", '{"format": 1e999}', "[" * 100_000]
)
def test_damaged_index_is_found(built: Path, chipassets: Run, text: str) -> None:
    (built / BUNDLE / "bundle.json").write_text(text)
    result = chipassets("verify", BUNDLE)
    assert result.returncode == 1
    assert "bundle.json" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("text", ["{}", '{"format": 1, "game": "Tiny Quest", "tracks": []}'])
def test_a_folder_with_an_index_that_tells_nothing_is_left_alone(
    built: Path, chipassets: Run, text: str
) -> None:
    """It may be another program's: nothing says which files chipassets has put there."""
    (built / BUNDLE / "bundle.json").write_text(text)
    before = content(built)
    result = chipassets("build", "game.yaml")
    assert result.returncode == 5
    assert "stays as it is" in result.stderr
    assert content(built) == before


def test_index_that_leads_out_of_its_folder_is_refused(built: Path, chipassets: Run) -> None:
    path = built / BUNDLE / "bundle.json"
    path.write_text(path.read_text().replace("audio/town.ogg", "../../game.yaml"))
    result = chipassets("verify", BUNDLE)
    assert result.returncode == 1
    assert "files.ogg.path" in result.stderr


def test_a_packed_bundle_is_verified_and_shown(built: Path, chipassets: Run) -> None:
    shutil.make_archive(str(built / "packed"), "zip", built / BUNDLE)
    assert "all as built" in chipassets("verify", "packed.zip").stdout
    assert chipassets("show", "packed.zip", "fight").returncode == 0
    assert (built / "fight.svg").exists()
    (built / "packed.zip").write_bytes(b"PK")
    result = chipassets("verify", "packed.zip")
    assert result.returncode == 1
    assert "packed.zip cannot be unpacked" in result.stderr
