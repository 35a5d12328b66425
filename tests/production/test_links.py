"""A build makes tracks that follow others behind those, and again when those change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chipassets.build import Built, build, check
from chipassets.decisions.whole_tracks import accept_tracks
from chipassets.lock import read_lock
from chipassets.manifest import load_manifest
from chipassets.music.keys import Key
from chipassets.music.notes import LEAD
from chipassets.production.linked_notes import linked, waiting
from chipassets.production.stock import take_stock_of_notes
from chipassets.resolve.build_plan import resolve

GAME = """game: Links
seed: {seed}
model: polyphony
formats: [midi]
defaults: {{length: 2 bars, takes: 1}}
tracks:
  night: {{like: overworld, variant: {{mode: minor}}}}
  winter: {{family: overworld, key: C dorian}}
  overworld: {{key: {key}}}
"""


def make(folder: Path, key: str = "C major", seed: int = 3) -> Built:
    manifest = folder / "game.yaml"
    manifest.write_text(GAME.format(key=key, seed=seed))
    events = list(build(resolve(load_manifest(manifest)), manifest, folder / "out", 1))
    assert isinstance(events[-1], Built)
    return events[-1]


def test_a_variant_follows_the_take_in_the_lock_and_an_accepted_one_stays(tmp_path: Path) -> None:
    manifest = tmp_path / "game.yaml"
    manifest.write_text(GAME.format(key="C major", seed=3))
    new = take_stock_of_notes(resolve(load_manifest(manifest)), manifest).notes
    assert all(why.startswith("not composed yet") for why in new.values()), new
    first = make(tmp_path)
    assert set(first.done) == {"night", "winter", "overworld"}
    links = {entry.name: entry.link for entry in first.index.tracks}
    assert links["overworld"] is None
    assert links["night"] is not None
    assert (links["night"].kind, links["night"].of) == ("variant", "overworld")
    takes = read_lock(manifest).takes
    original, variant = takes["overworld"].score, takes["night"].score
    assert [(n.start_step, n.duration_steps) for n in variant.notes] == [
        (n.start_step, n.duration_steps) for n in original.notes
    ]
    assert variant.key == Key(0, "minor")
    assert len(takes["winter"].score.chords) == len(original.chords)
    themes = [said.motif for said in takes["winter"].score.statements]
    assert themes == ["theme-of-overworld"]
    # Nothing is made again, and the plan of the second build is that of the first.
    plan = resolve(load_manifest(manifest))
    assert check(plan, manifest, tmp_path / "out") == []
    assert make(tmp_path).done == {"night": "kept", "winter": "kept", "overworld": "kept"}
    # The original's accepted take is what its variant follows, whatever the plan says by now.
    accept_tracks(manifest, ["overworld"])
    make(tmp_path, seed=4)
    assert read_lock(manifest).takes["overworld"].score == original
    assert read_lock(manifest).takes["night"].score == variant
    # Another tune makes another variant, but for one that is accepted itself.
    found = read_lock(manifest)
    unknown = linked(plan, {})
    assert waiting(unknown) == {"night", "winter"}
    known = linked(plan, found.takes)
    assert not waiting(known)
    other = replace(original, notes=original.notes[1:])
    changed = linked(plan, {"overworld": replace(found.takes["overworld"], score=other)})
    assert known.tracks[0] != changed.tracks[0]
    assert len(changed.tracks[1].melodies) == 1
    assert len(original.part(LEAD)) > 1


def test_a_variant_that_is_made_again_names_the_track_that_it_follows(tmp_path: Path) -> None:
    manifest = tmp_path / "game.yaml"
    make(tmp_path)
    manifest.write_text(manifest.read_text().replace("mode: minor", "mode: dorian"))
    plan = resolve(load_manifest(manifest))
    said = check(plan, manifest, tmp_path / "out")
    wanted = "the notes of 'overworld', which it follows, or how it plays them changed"
    assert any(wanted in line for line in said if line.startswith("track 'night'")), said


def test_an_accepted_variant_is_not_said_to_have_changed(tmp_path: Path) -> None:
    # Nothing changed but that somebody accepted it, texture and all.
    manifest = tmp_path / "game.yaml"
    text = GAME.format(key="C major", seed=3).replace("{mode: minor}", "night")

    def built(*, recompose: bool = False) -> Built:
        manifest.write_text(text)
        plan = resolve(load_manifest(manifest))
        events = list(build(plan, manifest, tmp_path / "out", 1, recompose=recompose))
        assert isinstance(events[-1], Built)
        return events[-1]

    built()
    accept_tracks(manifest, [])
    plan = resolve(load_manifest(manifest))
    said = check(plan, manifest, tmp_path / "out")
    assert said == [
        f"track '{name}': its take was accepted" for name in ("night", "winter", "overworld")
    ]
    assert not [line for line in built().warnings if "is kept" in line]
    assert set(built(recompose=True).done.values()) == {"kept"}


@pytest.mark.slow
def test_a_bridge_leads_between_the_keys_that_are_played(tmp_path: Path) -> None:
    manifest = tmp_path / "game.yaml"
    text = (
        "game: Links\nseed: {seed}\nmodel: polyphony\nformats: [midi]\n"
        "defaults: {{length: 2 bars, takes: 1}}\n"
        "tracks:\n  town: {{}}\n  battle: {{}}\n  bridge: {{from: town, to: battle}}\n"
    )

    def built(seed: int) -> Built:
        manifest.write_text(text.format(seed=seed))
        plan = resolve(load_manifest(manifest))
        events = list(build(plan, manifest, tmp_path / "out", 1))
        assert isinstance(events[-1], Built)
        return events[-1]

    def keys(seed: int) -> list[Key]:
        manifest.write_text(text.format(seed=seed))
        return [track.key for track in resolve(load_manifest(manifest)).tracks[:2]]

    built(3)
    accept_tracks(manifest, ["town", "battle"])
    other = next(seed for seed in range(4, 99) if keys(seed)[1] != keys(3)[1])
    kept = {name: take.score.key for name, take in read_lock(manifest).takes.items()}
    built(other)
    takes = read_lock(manifest).takes
    assert takes["bridge"].score.key == kept["battle"]
    # An accepted one is not said to have changed, as nothing did that it follows.
    accept_tracks(manifest, ["bridge"])
    another = next(seed for seed in range(99, 199) if keys(seed)[1] != kept["battle"])
    assert not [line for line in built(another).warnings if "is kept" in line]
    assert read_lock(manifest).takes["bridge"].score == takes["bridge"].score


@pytest.mark.slow
def test_bridges_and_families_keep_the_tempo_that_the_other_track_plays(tmp_path: Path) -> None:
    manifest = tmp_path / "game.yaml"
    text = (
        "game: Links\nseed: 3\nmodel: polyphony\nformats: [midi]\n"
        "defaults: {{length: 2 bars, takes: 1}}\n"
        "tracks:\n  title: {{tempo: {tempo}}}\n  town: {{}}\n  winter: {{family: town}}\n"
        "  bridge: {{from: town, to: title}}\n  fast: {{from: town, to: title, tempo: 200}}\n"
    )

    def tempi(tempo: int) -> dict[str, float]:
        manifest.write_text(text.format(tempo=tempo))
        plan = resolve(load_manifest(manifest))
        events = list(build(plan, manifest, tmp_path / "out", 1))
        assert isinstance(events[-1], Built)
        return {track.name: track.tempo_bpm for track in events[-1].index.tracks}

    before = tempi(120)
    assert before["winter"] == before["bridge"] == before["town"]
    accept_tracks(manifest, ["town"])
    after = tempi(190)
    planned = {one.name: one for one in resolve(load_manifest(manifest)).tracks}
    assert abs(planned["town"].tempo_millibpm / 1000 - before["town"]) > 5, "it would have moved"
    assert after["winter"] == after["bridge"] == after["town"] == before["town"]
    assert after["fast"] == before["fast"]
    accept_tracks(manifest, [])
    assert tempi(140)["bridge"] == before["bridge"]


def test_a_held_sting_is_told_when_what_it_matches_plays_otherwise(tmp_path: Path) -> None:
    manifest = tmp_path / "game.yaml"

    def warnings(tempo: int) -> list[str]:
        manifest.write_text(
            "game: Links\nseed: 3\nmodel: polyphony\nformats: [midi]\n"
            "defaults: {length: 1 bars, takes: 1}\n"
            f"tracks:\n  town: {{key: C major, tempo: {tempo}}}\n"
            "  item: {scene: victory, match: town, loop: false}\n"
        )
        events = list(build(resolve(load_manifest(manifest)), manifest, tmp_path / "out", 1))
        assert isinstance(events[-1], Built)
        return [line for line in events[-1].warnings if "matches" in line]

    assert warnings(120) == []
    accept_tracks(manifest, [])
    assert warnings(140) == [
        "track 'item': it matches town, which plays in C major at 140 bpm, and its accepted take 1 "
        "is in C major at 120 bpm; unaccept it, or delete match:"
    ]
    assert warnings(120) == []
