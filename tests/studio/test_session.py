"""What the page shows and orders is what the command line would show and do."""

from __future__ import annotations

import base64
import io
import json
import threading
from typing import Any

import mido
import numpy as np
import pytest
import soundfile

from chipassets.decisions import auditions
from chipassets.lock import change_lock, lock_path, notes_sha256
from chipassets.production import casting
from tests.cli.conftest import Run, chipassets
from tests.studio.conftest import GAME, Studio

__all__ = ["chipassets"]


def test_the_game_is_shown_with_its_manifest_and_its_plan(studio: Studio) -> None:
    game = studio.get("game").json()
    assert (game["game"], game["manifest"], game["text"]) == ("Tiny Quest", "game.yaml", GAME)
    assert [track["name"] for track in game["tracks"]] == ["town", "battle"]
    town = game["tracks"][0]
    assert town["said"] == {"mood": "calm"}
    assert town["is"]["length"] == "4 bars"
    assert town["state"] == "not composed"
    fields = {field["key"]: field for field in game["fields"]["track"]}
    assert "heroic" in fields["mood"]["choices"]
    assert fields["mood"]["is_list"]
    assert not fields["key"]["is_list"]
    assert "C major" in fields["key"]["examples"]
    chips = next(field for field in game["fields"]["game"] if field["key"] == "chip")
    assert "gameboy" in chips["choices"]


def test_every_take_sounds_and_its_loop_is_exact(studio: Studio) -> None:
    assert not studio.get("tracks/town/takes").json()["is_whole"]
    found = studio.takes("town")
    assert [row["take"] for row in found["takes"]] == ["1", "2"]
    assert sorted(row["state"] for row in found["takes"] if row["state"] != "refused") in (
        ["", "chosen"], ["chosen"],
    )  # fmt: skip
    for row in found["takes"]:
        path = f"tracks/town/takes/{row['take']}"
        entry = studio.get(path).json()
        audio = studio.get(f"{path}/audio.flac")
        assert audio.headers["content-type"] == "audio/flac"
        wave, rate_hz = soundfile.read(io.BytesIO(audio.content), always_2d=True)
        assert (len(wave), rate_hz) == (entry["samples"], entry["sample_rate_hz"])
        loop = entry["loop"]
        assert loop["start_sample"] + loop["length_samples"] == len(wave)
        assert np.abs(wave).max() > 0.05
        assert {entry["voices"][note[0]] for note in entry["notes"]} >= {"pulse1", "triangle"}
        assert max(note[2] for note in entry["notes"]) <= 4 * 16


def test_a_take_that_sounds_at_once_is_composed_once(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    roll = casting.roll

    def counted(*values: Any) -> Any:
        asked.append(values[4])
        return roll(*values)

    monkeypatch.setattr(auditions, "roll", counted)
    studio.post("tracks/town/compose", {})
    assert studio.get("tracks/town/takes/2").status_code == 200
    assert studio.takes("town")["is_whole"]
    assert asked == [0]


def test_an_accepted_take_is_what_the_command_line_accepts(studio: Studio, chipassets: Run) -> None:
    studio.takes("town")
    studio.order("tracks/town/accept", take="2")
    mine = studio.locked["town"]
    assert mine.accepted
    assert studio.last()["text"] == "town: take 2 is accepted"
    assert studio.get("tracks/town/takes").json()["chosen"] == "2"
    lock_path(studio.manifest).unlink()
    folder = studio.manifest.parent
    assert chipassets("takes", "game.yaml", "town", "--accept", "2", folder=folder).returncode == 0
    assert studio.locked["town"] == mine


ORDERS: list[tuple[str, dict[str, Any]]] = [
    ("tracks/town/accept", {"take": "2"}),
    ("tracks/town/accept", {"take": "1"}),
    ("tracks/town/reject", {"take": "1"}),
    ("tracks/town/roll", {"count": 1}),
    ("tracks/town/reroll", {"what": "bars:2", "take": "2"}),
    ("tracks/town/accept", {"take": "2.1"}),
    ("tracks/town/unaccept", {}),
    ("tracks/battle/accept", {"take": "1"}),
    ("accept-all", {}),
    ("tracks/town/set", {"settings": {"tempo": "131", "mood": "dark, tense"}}),
    ("set", {"settings": {"chip": "gameboy"}}),
    ("tracks/town/set", {"settings": {"mood": None}}),
]


@pytest.mark.slow
def test_every_step_can_be_undone_and_done_again_to_the_byte(studio: Studio) -> None:
    def files() -> tuple[bytes, bytes]:
        lock = lock_path(studio.manifest)
        return studio.manifest.read_bytes(), lock.read_bytes() if lock.exists() else b""

    change_lock(studio.manifest, lambda lock: lock)
    studio.takes("town")
    studio.takes("battle")
    seen = [files()]
    for path, values in ORDERS:
        studio.order(path, **values)
        assert studio.last()["kind"] == "done", studio.last()
        assert files() != seen[-1], path
        seen.append(files())
    for before in reversed(seen[:-1]):
        studio.order("undo")
        assert files() == before
    assert studio.post("undo", {}).status_code == 409
    for after in seen[1:]:
        studio.order("redo")
        assert files() == after
    assert studio.post("redo", {}).json()["error"] == "there is nothing that can be done again"


def test_a_setting_keeps_the_comments_and_is_refused_with_its_reason(studio: Studio) -> None:
    assert studio.order("tracks/town/set", settings={"tempo": "120", "key": "C minor"})
    text = studio.manifest.read_text()
    for comment in ("# A game of two tracks.", "# short", "# where one rests"):
        assert comment in text
    game = studio.get("game").json()
    assert game["tracks"][0]["said"] == {"key": "C minor", "tempo": "120", "mood": "calm"}
    answer = studio.post("tracks/town/set", {"settings": {"mood": "heroc"}})
    assert answer.status_code == 422
    problem = answer.json()["problems"][0]
    assert "heroic" in problem["fix"]
    assert studio.manifest.read_text() == text
    assert not studio.order("tracks/town/set", settings={"tempo": "120"})


@pytest.mark.parametrize(
    ("settings", "status"),
    [({}, 400), ({"tempo": 120}, 400), ({"tempo": "x" * 5000}, 400), ({"tempo": "[1"}, 400),
     ({"tempo": "9999"}, 422), ({"mood": "calm\nseed: 3"}, 400), ({"tempo": "fast"}, 422)],
)  # fmt: skip
def test_an_invalid_setting_changes_nothing(
    studio: Studio, settings: dict[str, Any], status: int
) -> None:
    assert studio.post("tracks/town/set", {"settings": settings}).status_code == status
    assert studio.manifest.read_text() == GAME


def test_the_text_is_checked_at_its_lines_and_written_only_if_it_holds(studio: Studio) -> None:
    text = GAME.replace("mood: calm", "mood: clam\n    tempo: 9000")
    answer = studio.post("check", {"text": text})
    assert answer.status_code == 422
    assert [(at["line"], at["column"]) for at in answer.json()["problems"]] == [(7, 11), (8, 12)]
    known = studio.get("game").json()["hash"]
    assert studio.post("write", {"text": text, "hash": known}).status_code == 422
    assert studio.manifest.read_text() == GAME
    better = GAME.replace("mood: calm", "mood: dark")
    studio.order("write", text=better, hash=known)
    assert studio.manifest.read_text() == better
    again = studio.post("write", {"text": GAME, "hash": known})
    assert again.status_code == 409
    assert "changed elsewhere" in again.json()["error"]
    assert studio.manifest.read_text() == better


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_line_ends_and_the_byte_order_mark_stay(studio: Studio, end: bytes) -> None:
    studio.manifest.write_bytes(b"\xef\xbb\xbf" + GAME.encode().replace(b"\n", end))
    game = studio.get("game").json()
    assert not game["text"].startswith("\ufeff")
    studio.order("write", text=GAME.replace("calm", "dark"), hash=game["hash"])
    wanted = GAME.replace("calm", "dark").encode().replace(b"\n", end)
    assert studio.manifest.read_bytes() == b"\xef\xbb\xbf" + wanted


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"game: [", ""),
        (b"\xff\xfe\x00", ""),
        (b"game: A\ntracks: {town: {mood: clam}}\n", "calm"),
        (b"game: A\nmodel: gone.safetensors\ntracks: {town: {}}\n", "gone"),
        (b"", "empty"),
    ],
)
def test_a_broken_manifest_is_shown_with_what_is_wrong(
    studio: Studio, data: bytes, words: str
) -> None:
    studio.manifest.write_bytes(data)
    game = studio.get("game").json()
    told = json.dumps([game["problems"], game["faults"]], ensure_ascii=False)
    assert game["problems"] or game["faults"]
    assert words in told
    assert "tracks" not in game
    assert studio.get("tracks/town/takes").status_code in (400, 409, 422, 500)
    assert studio.post("tracks/town/accept", {"take": "1"}).status_code in (200, 400, 422)
    studio.session.worker.rest()
    assert studio.manifest.read_bytes() == data
    known = game["hash"]
    studio.order("write", text=GAME, hash=known)
    assert "tracks" in studio.get("game").json()


def test_a_manifest_that_is_gone_is_said(studio: Studio) -> None:
    studio.manifest.unlink()
    assert "cannot be read" in studio.get("game").json()["faults"][0]


@pytest.mark.slow
def test_decisions_of_the_studio_and_of_others_at_once_are_all_kept(studio: Studio) -> None:
    studio.takes("town")
    studio.takes("battle")

    def elsewhere() -> None:
        for number in (1, 2):
            audition = auditions.open_audition(studio.manifest, "battle")
            auditions.accept(audition, number)

    other = threading.Thread(target=elsewhere)
    other.start()
    for path, values in ORDERS[:5]:
        assert studio.post(path, values).status_code == 200
    studio.session.worker.rest()
    other.join()
    town, battle = studio.locked["town"], studio.locked["battle"]
    assert (town.accepted, battle.accepted, battle.number) == (True, True, 1)
    assert (len(town.rejected), town.rolled, len(town.versions)) == (1, 1, 3)


def test_undo_leaves_what_others_have_decided_since(studio: Studio) -> None:
    studio.takes("town")
    studio.order("tracks/town/accept", take="1")
    audition = auditions.open_audition(studio.manifest, "town")
    theirs = auditions.accept(audition, 2)
    answer = studio.post("undo", {})
    assert answer.status_code == 409
    assert "town has been changed elsewhere since" in answer.json()["error"]
    assert studio.locked["town"] == theirs
    assert studio.get("state").json()["undo"] == ""


def test_undo_waits_for_the_decisions_before_it(studio: Studio) -> None:
    studio.post("tracks/town/accept", {"take": "2"})
    assert studio.post("undo", {}).status_code == 200
    studio.session.worker.rest()
    assert "town" not in studio.locked


def test_a_reroll_is_heard_and_the_rest_of_it_stays(studio: Studio) -> None:
    studio.takes("town")
    studio.order("tracks/town/reroll", what="bars:2", take="1")
    rows = {row["take"]: row for row in studio.get("tracks/town/takes").json()["takes"]}
    assert "bar 2" in rows["1.1"]["origin"]
    old, new = (studio.get(f"tracks/town/takes/{take}").json() for take in ("1", "1.1"))

    def bar(entry: dict[str, Any], number: int) -> list[Any]:
        """Return voice, start and pitch: how short the chip plays a note follows the whole take."""
        return [[*note[:2], note[3]] for note in entry["notes"] if note[1] // 16 == number]

    assert bar(old, 1) != bar(new, 1)
    assert bar(old, 2) == bar(new, 2)
    studio.order("tracks/town/reroll", what="brige", take="1")
    assert studio.last()["kind"] == "error"
    assert "bass" in studio.last()["text"]


def test_a_take_goes_out_as_midi_and_comes_back_edited(studio: Studio) -> None:
    studio.takes("town")
    out = studio.get("tracks/town/takes/2/notes.mid")
    assert out.headers["content-disposition"] == 'attachment; filename="town-2.mid"'
    file = mido.MidiFile(file=io.BytesIO(out.content))
    voice = next(track for track in file.tracks if track.name == "pulse1")
    first = next(message for message in voice if message.type == "note_on" and message.velocity)
    old = first.note
    for message in list(voice):
        if message.type in ("note_on", "note_off") and message.note == old:
            voice[voice.index(message)] = message.copy(note=old + 1)
    edited = io.BytesIO()
    file.save(file=edited)
    midi = base64.b64encode(edited.getvalue()).decode()
    studio.order("tracks/town/import", name="my town.mid", midi=midi, take="2")
    kept = studio.locked["town"]
    assert (kept.accepted, kept.name) == (True, "2.1")
    assert kept.origin.startswith("take 2 edited in my town.mid")
    assert "take 2.1 is accepted" in studio.last()["text"]
    assert old not in [note.pitch for note in kept.score.part("lead")]
    studio.order("undo")
    assert "town" not in studio.locked


@pytest.mark.parametrize(
    ("midi", "says"),
    [("no base 64!", "midi must be bytes in base 64"), ("AAAA", "town.mid is not MIDI")],
)
def test_what_is_no_midi_changes_nothing(studio: Studio, midi: str, says: str) -> None:
    studio.takes("town")
    values = {"name": "../town.mid", "midi": midi, "take": "1"}
    answer = studio.post("tracks/town/import", values)
    studio.session.worker.rest()
    told = answer.text if answer.status_code != 200 else studio.last()["text"]
    assert says in told
    assert "town" not in studio.locked


@pytest.mark.slow
def test_a_kept_take_of_an_older_plan_still_sounds_as_it_was(studio: Studio) -> None:
    studio.takes("town")
    studio.order("tracks/town/accept", take="1")
    was = notes_sha256(studio.locked["town"].score)
    heard = studio.get("tracks/town/takes/1").json()
    studio.order("tracks/town/set", settings={"length": "8 bars", "key": "F# minor"})
    found = studio.takes("town")
    row = found["takes"][0]
    assert (row["take"], row["label"], row["state"]) == ("locked", "1", "accepted")
    assert found["chosen"] == "locked"
    assert notes_sha256(studio.locked["town"].score) == was
    kept = studio.get("tracks/town/takes/locked").json()
    assert (kept["bars"], kept["key"]) == (4, heard["key"])
    assert kept["notes"] == heard["notes"]
    assert studio.get("tracks/town/takes/2").json()["bars"] == 8


def test_changes_saved_by_others_are_announced(studio: Studio) -> None:
    studio.get("game")
    revision = studio.get("state").json()["revision"]
    studio.manifest.write_text(GAME.replace("Tiny", "Small"))
    state = studio.get(f"state?after={revision}").json()
    assert state["revision"] > revision
    assert studio.get("game").json()["game"] == "Small Quest"
    assert studio.get("state?after=x").status_code == 400


def test_work_is_told_and_can_be_taken_back(studio: Studio) -> None:
    started, go_on = threading.Event(), threading.Event()

    def block(_: object) -> str:
        started.set()
        go_on.wait(60)
        return "done"

    studio.session.worker.ask("waiting", "", block)
    assert started.wait(60)
    job = studio.post("tracks/town/accept", {"take": "1"}).json()["done"]
    work = studio.get("state").json()["work"]
    assert [one["what"] for one in work] == ["waiting", "accepting take 1 of town"]
    assert [one["is_running"] for one in work] == [True, False]
    assert studio.post("cancel", {"job": job}).json()["done"]
    assert not studio.post("cancel", {"job": job}).json()["done"]
    go_on.set()
    studio.session.worker.rest()
    assert "town" not in studio.locked


def test_composing_that_is_taken_back_stops(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow(audition: object, progress: Any) -> None:
        entered.set()
        go_on.wait(60)
        progress(0.5)
        raise AssertionError("this would compose on")

    monkeypatch.setattr(auditions, "list_takes", slow)
    job = studio.post("tracks/town/compose", {}).json()["done"]
    assert entered.wait(60)
    assert studio.post("cancel", {"job": job}).json()["done"]
    go_on.set()
    studio.session.worker.rest()
    assert studio.last()["text"] == "stopped: composing the takes of town"


def test_the_bundle_is_built_from_what_was_chosen(studio: Studio) -> None:
    studio.takes("town")
    studio.order("tracks/town/accept", take="2")
    mine = studio.locked["town"].score
    studio.order("build")
    assert studio.last()["kind"] == "done"
    index = json.loads((studio.manifest.parent / "build/bundle.json").read_text())
    assert [track["name"] for track in index["tracks"]] == ["town", "battle"]
    assert studio.locked["town"].score == mine
