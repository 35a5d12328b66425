from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.runtime import Library, LibraryError, Loop, Section, Track, TrackNotFoundError
from tests.runtime.tiny_bundle import BAR_SAMPLES, Piece, write_bundle, write_index

PIECES = [
    Piece("title", 440, moods=("calm", "bright")),
    Piece("cave", 330, scene="dungeon", moods=("dark", "mysterious")),
    Piece("fight", 550, scene="battle", moods=("tense",), bars=6, intro_bars=2),
    Piece("duel", 660, scene="battle", moods=("tense", "dark")),
    Piece("fanfare", 880, scene="victory", moods=("triumphant",), intro_bars=None),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle", PIECES, "wav")


def test_opens_and_finds_by_name_and_scene(folder: Path) -> None:
    library = Library.open(folder)
    assert [track.name for track in library.tracks] == [piece.name for piece in PIECES]
    assert library.game == "Test Quest"
    assert library.track("fight").loop == Loop(2 * BAR_SAMPLES, 4 * BAR_SAMPLES, 2, 4)
    assert library.track("fanfare").loop is None
    audio = library.track("cave").audio
    assert audio is not None
    assert audio.path.stat().st_size == audio.size_bytes
    assert library.for_scene("battle").track.name == "fight"
    assert library.for_scene("battle", "dark").track.name == "duel"


def test_a_bundle_may_be_named_by_its_index(folder: Path) -> None:
    assert Library.open(folder / "bundle.json") == Library.open(folder)


def test_moods_choose_with_a_reason(folder: Path) -> None:
    library = Library.open(folder)
    match = library.for_moods("dark", "mysterious", "calm")
    assert match.track.name == "cave"
    assert match.reason == "2 of 3 moods: dark, mysterious"
    # One mood shared by both: the track with fewer others is nearer.
    assert library.for_moods("tense").track.name == "fight"


def test_what_is_not_there_names_the_nearest(folder: Path) -> None:
    library = Library.open(folder)
    with pytest.raises(TrackNotFoundError, match="no track 'fihgt'; did you mean fight"):
        library.track("fihgt")
    with pytest.raises(TrackNotFoundError, match="no scene 'dungon'; did you mean dungeon"):
        library.for_scene("dungon")
    with pytest.raises(TrackNotFoundError, match="no mood 'frantic'; there are: calm"):
        library.for_moods("frantic")


def edit(folder: Path, **changes: Any) -> None:
    """Set values of the first track; a dotted key goes deeper."""
    index = json.loads((folder / "bundle.json").read_text())
    for key, value in changes.items():
        place = index["tracks"][0]
        *path, last = key.split("__")
        for step in path:
            place = place[step]
        place[last] = value
    write_index(folder, index)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"files__wav__path": "../secret.wav"}, "points outside the bundle"),
        ({"files__wav__path": "/etc/passwd"}, "points outside the bundle"),
        ({"files__wav__path": "C:\\music.wav"}, "points outside the bundle"),
        ({"files__wav__path": "audio/gone.wav"}, "is missing: 'audio/gone.wav'"),
        ({"files__wav__bytes": 3}, "was altered"),
        ({"name": "cave"}, "two tracks are named 'cave'"),
        ({"bars": "four"}, "'bars' is 'four'; expected a whole number"),
        ({"bars": True}, "'bars' is True; expected a whole number"),
        ({"tempo_bpm": -1}, "expected a number from 1 to 10000"),
        ({"tempo_bpm": 1e-300}, "expected a number from 1 to 10000"),
        ({"tempo_bpm": 10**400}, "expected a number from 1 to 10000"),
        ({"beats_per_bar": 10**9}, "expected a whole number from 1 to 1000"),
        ({"pulse_steps": 0}, "expected a whole number from 1 to 16"),
        ({"pulse_steps": 17}, "expected a whole number from 1 to 16"),
        ({"pulse_steps": 6}, "expected a divisor of the bar's 16 16ths"),
        ({"pulse_steps": None}, "expected a whole number from 1 to 16"),
        ({"moods": "calm"}, "'moods' is 'calm'; expected a list"),
        ({"moods": [1]}, "expected a list of texts"),
        ({"loop__length_samples": 10**9}, "loop goes past the end"),
        ({"loop__start_bar": 1}, "disagree about an intro"),
        ({"loop__bars": 1}, "neither after the intro nor in a second pass"),
        ({"sections": [3]}, "expected a list of objects"),
        ({"files": None}, "expected an object"),
        ({"layers": {}}, "expected a list"),
        ({"layers": [{"name": "bass", "voices": []}]}, "layer 1: 'path' is missing"),
        ({"loudness_lufs": "loud"}, "'loudness_lufs' is 'loud'; expected a number"),
        ({"loudness_lufs": 10**400}, "expected a number"),
    ],
)
def test_a_wrong_index_is_refused_with_its_place(
    folder: Path, change: dict[str, Any], message: str
) -> None:
    edit(folder, **change)
    with pytest.raises(LibraryError, match=r"track 'title'|two tracks") as refused:
        Library.open(folder)
    assert message in str(refused.value)


def test_layers_are_read_in_their_order(folder: Path) -> None:
    assert Library.open(folder).track("title").layers == ()
    assert Library.open(folder).track("title").loudness_lufs is None
    index = json.loads((folder / "bundle.json").read_text())
    file = index["tracks"][0]["files"]["wav"]
    layers = [
        {"name": "bass+drums", "voices": ["triangle", "noise"], **file},
        {"name": "lead", "voices": ["pulse1"], **file},
    ]
    edit(folder, layers=layers, loudness_lufs=-18)
    track = Library.open(folder).track("title")
    assert [layer.name for layer in track.layers] == ["bass+drums", "lead"]
    assert track.layers[0].voices == ("triangle", "noise")
    assert track.layers[1].file == track.files["wav"]
    assert track.loudness_lufs == -18.0


def test_all_problems_are_told_at_once(folder: Path) -> None:
    edit(folder, bars=0, key="", files__wav__path="nowhere.wav")
    with pytest.raises(LibraryError) as refused:
        Library.open(folder)
    assert all(word in str(refused.value) for word in ("'bars'", "'key'", "nowhere.wav"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ('{"format": NaN}', "NaN is not a JSON number"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "does not hold a JSON object"),
        ("{}", "says format None"),
        ('{"format": 2}', "has format 2 and this runtime reads format 1; update the runtime"),
        ('{"format": true}', "says format True"),
        ('\udcff{"format": 1}', "not valid JSON"),
    ],
)
def test_what_is_no_index_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bundle.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(LibraryError, match=message):
        Library.open(tmp_path)


def test_a_missing_bundle_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="build the bundle first"):
        Library.open(tmp_path / "nowhere")


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.wav"
    (folder / "audio/title.wav").rename(outside)
    (folder / "audio/title.wav").symlink_to(outside)
    with pytest.raises(LibraryError, match="points outside the bundle"):
        Library.open(folder)


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    bars = draw(st.integers(1, 40))
    intro = draw(st.integers(0, bars - 1))
    # Where an intro rings into the loop, the file goes on into the second pass.
    file_intro = intro + draw(st.integers(0, bars - intro)) if intro else 0
    start = file_intro * draw(st.integers(3, 5000)) + (draw(st.integers(0, 3)) if intro else 0)
    length = draw(st.integers(50, 100_000)) + bars
    loop = draw(st.sampled_from([None, Loop(start, length, file_intro, bars - intro)]))
    tempo = draw(st.floats(40, 240))
    samples = start + length if loop else round(bars * 60 * 4 * 44_100 / tempo) + 7
    pulse = draw(st.sampled_from([2, 4, 8]))
    return Track("t", "t", (), "C", tempo, 4, bars, 44_100, samples, loop, (), (), {},
                 pulse_steps=pulse)  # fmt: skip


def test_in_six_eight_two_beats_are_felt_in_a_bar(folder: Path) -> None:
    assert [track.felt_beats for track in Library.open(folder).tracks] == [4] * 5
    edit(folder, beats_per_bar=3, pulse_steps=6)
    track = Library.open(folder).tracks[0]
    assert track.felt_beats == 2
    bar, half = track.bar_sample(1), -(-track.bar_sample(1) // 2)
    places = (0, half - 1, half, bar - 1, bar, bar + half)
    assert [track.position_beat(place) for place in places] == [0, 0, 1, 1, 0, 1]
    assert [track.next_beat_sample(place) for place in (0, 1, half, half + 1)] == [
        0, half, half, bar,
    ]  # fmt: skip


@given(tracks(), st.integers(0, 10**7))
def test_felt_beats_divide_the_bar(track: Track, position: int) -> None:
    assert 0 <= track.position_beat(position) < track.felt_beats
    start = track.next_bar_sample(position)
    end = track.next_bar_sample(start + 1)
    lines: list[int] = []
    line = start
    while line < end and len(lines) <= track.felt_beats:
        lines.append(line)
        line = track.next_beat_sample(line + 1)
    if end - start >= 2 * track.felt_beats:
        assert len(lines) == track.felt_beats
        assert [round((line - start) * track.felt_beats / (end - start) - n) for n, line in
                enumerate(lines)] == [0] * len(lines)  # fmt: skip


@given(tracks(), st.integers(0, 10**7))
def test_the_next_bar_line_is_the_first_at_or_after(track: Track, position: int) -> None:
    line = track.next_bar_sample(position)
    assert line >= position
    assert track.next_bar_sample(line) == line
    if line > position and not track.is_over(position):
        assert track.position_bar(line - 1) == track.position_bar(position)


@given(tracks(), st.integers(0, 60))
def test_bar_lines_and_positions_agree(track: Track, bar: int) -> None:
    line = track.bar_sample(bar)
    if bar < track.bars and (track.loop is None or line < track.samples):
        assert track.position_bar(line) == bar
        assert track.position_beat(line) == 0


@given(tracks(), st.integers(0, 10**7))
def test_a_loop_repeats_exactly(track: Track, position: int) -> None:
    assert 0 <= track.wrap(position) <= track.samples
    if track.loop is not None and position >= track.loop.start_sample:
        again = position + track.loop.length_samples
        assert track.wrap(again) == track.wrap(position)
        assert track.position_bar(again) == track.position_bar(position)


def test_a_file_that_goes_on_into_the_second_pass_tells_the_bars_of_the_music() -> None:
    sections = (Section("intro", 0, 1), Section("A", 1, 2), Section("B", 3, 2))
    loop = Loop(300, 400, 3, 4)  # intro A B and two bars more; back to the third bar of the file
    track = Track("t", "t", (), "C", 120.0, 4, 5, 44_100, 700, loop, sections, (), {})
    bars = [track.position_bar(sample) for sample in range(0, 1100, 100)]
    assert bars == [0, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2]
    assert [track.section_at(sample) for sample in (0, 499, 500, 699)] == ["intro", "B", "A", "A"]
    assert track.next_section_sample(201) == 300, "B starts at the fourth bar"
    assert track.next_section_sample(401) == 500, "and A again behind the last"


def test_the_folder_works_on_its_own_without_anything_installed(
    folder: Path, tmp_path: Path
) -> None:
    source = Path(sys.modules["chipassets.runtime"].__file__ or "").parent
    copy = tmp_path / "game" / "music_runtime"
    copy.mkdir(parents=True)
    for file in source.glob("*.py"):
        (copy / file.name).write_text(file.read_text())
    code = f"""
import sys, music_runtime
player = music_runtime.PygamePlayer(music_runtime.Library.open({str(folder)!r}))
player.enter("title", 0)
assert player.update(0).track.name == "title"
assert not player.has_sound
assert player.now_playing(260).bar == 1
assert not [name for name in sys.modules if name.startswith(("chipassets", "numpy", "pygame"))]
"""
    run = subprocess.run(
        [sys.executable, "-S", "-E", "-c", code],
        cwd=tmp_path / "game",
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "pygame is not installed" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_importing_costs_only_what_every_game_needs(folder: Path) -> None:
    code = f"""
import sys
from chipassets.runtime import Library
Library.open({str(folder)!r})
mine = sorted(name for name in sys.modules if name.startswith("chipassets."))
assert all(name.startswith("chipassets.runtime") for name in mine), mine
slow = {{
    "dataclasses", "difflib", "hashlib", "inspect", "logging", "numpy", "pydantic", "pygame",
    "shutil", "zipfile",
}}
assert not slow & set(sys.modules), slow & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
