from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pygame")

import pygame

from chipassets.runtime import Library, PygamePlayer, Rule
from demo_game.art.roll import HEIGHT as ROLL_HEIGHT
from demo_game.art.roll import WIDTH as ROLL_WIDTH
from demo_game.art.roll import Roll, draw_page, draw_sounding
from demo_game.art.vista import HEIGHT, WIDTH
from demo_game.font import measure_text, wrap_text
from demo_game.music_view import (
    WIDE_HEIGHT,
    WIDE_WIDTH,
    beat_at,
    draw_music_view,
    read_roll,
    say_motif,
    say_transition,
)
from demo_game.palette import CREAM, GOLD
from demo_game.smf import MidiError, Note, Part, parse_parts, read_parts
from tests.runtime.tiny_bundle import Piece, write_bundle, write_index

# A voice: notes as (pitch, beats they last, beats of rest before them), and whether it is drums.
VOICES = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.integers(1, 127), st.integers(1, 40), st.integers(0, 40)), min_size=1
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@given(VOICES)
def test_notes_are_read_as_they_were_written_by_mido(
    voices: list[tuple[list[tuple[int, int, int]], bool]],
) -> None:
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    wanted = []
    for number, (notes, is_drums) in enumerate(voices):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=f"voice {number}")])
        tick, found, channel = 0, [], 9 if is_drums else number
        for pitch, length, rest in notes:
            on = mido.Message("note_on", note=pitch, velocity=90, time=rest * 120, channel=channel)
            off = mido.Message(
                "note_on", note=pitch, velocity=0, time=length * 120, channel=channel
            )
            track += [on, mido.Message("control_change", control=7, value=3), off]
            start = tick + rest * 120
            tick = start + length * 120
            found.append(Note(start / 480, tick / 480, pitch, 90))
        file.tracks.append(track)
        wanted.append(Part(f"voice {number}", is_drums, tuple(found)))
    buffer = io.BytesIO()
    file.save(file=buffer)
    assert parse_parts(buffer.getvalue()) == tuple(wanted)


@given(st.binary(max_size=200), st.booleans())
def test_any_other_bytes_are_read_or_refused_quickly(data: bytes, has_head: bool) -> None:
    head = b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk" + len(data).to_bytes(4, "big") if has_head else b""
    with suppress(ValueError, IndexError):
        parse_parts(head + data)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(b"MThd")
    with pytest.raises(MidiError, match=r"a\.mid is not a whole MIDI file"):
        read_parts(tmp_path / "a.mid")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("view")
    pieces = [Piece("town", 440, bars=10, intro_bars=2), Piece("shop", 550)]
    write_bundle(folder, pieces, "wav")
    file = mido.MidiFile(type=1, ticks_per_beat=4)
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="pulse1")])
    for beat in range(40):
        track.append(mido.Message("note_on", note=60 + beat % 12, velocity=99, time=0))
        track.append(mido.Message("note_off", note=60 + beat % 12, velocity=0, time=4))
    file.tracks.append(track)
    file.save(folder / "town.mid")
    index = json.loads((folder / "bundle.json").read_text())
    size = (folder / "town.mid").stat().st_size
    midi = {"path": "town.mid", "sha256": "0" * 64, "bytes": size}
    index["tracks"][0]["files"]["midi"] = midi
    said = {"motif": "hero", "start_bar": 8, "start_step": 2, "steps": 6, "transposition": 5}
    index["tracks"][0]["statements"] = [said]
    write_index(folder, index)
    return Library.open(folder)


@given(st.integers(0, 600_000))
def test_the_beat_goes_on_with_the_music_and_back_at_the_loop(
    library: Library, sample: int
) -> None:
    track = library.track("town")
    beat = beat_at(track, sample)
    assert int(beat) == track.position_bar(sample) * 4 + track.position_beat(sample)
    assert 0 <= beat <= 40


@pytest.mark.parametrize(("beat", "page"), [(0.5, 0), (31.9, 0), (32.1, 1), (39.5, 1)])
def test_the_line_stands_on_the_note_that_sounds(library: Library, beat: float, page: int) -> None:
    roll = read_roll(library.track("town"))
    assert roll.page_of(beat) == page
    canvas = pygame.Surface((ROLL_WIDTH, ROLL_HEIGHT))
    canvas.blit(draw_page(roll, page), (0, 0))
    lit = draw_sounding(canvas, (0, 0), roll, page, beat)
    assert lit == {(0, 60 + int(beat) % 12)}
    line = [x for x in range(ROLL_WIDTH) if canvas.get_at((x, 62))[:3] == CREAM]
    assert len(line) == 1
    boxes = {note.start_beat: box for _, note, box in roll.boxes(page)}
    assert boxes[int(beat)].left <= line[0] <= boxes[int(beat)].right


@pytest.mark.parametrize(("beat", "said"), [(32.4, ""), (32.5, "♪ hero +5"), (34.0, "")])
def test_a_motif_is_named_while_it_sounds(library: Library, beat: float, said: str) -> None:
    assert say_motif(library.track("town"), beat) == said
    canvas = pygame.Surface((ROLL_WIDTH, ROLL_HEIGHT))
    draw_sounding(canvas, (0, 0), read_roll(library.track("town")), 1, beat)
    has_bar = any(canvas.get_at((x, 10))[:3] == GOLD for x in range(ROLL_WIDTH))
    assert has_bar == bool(said)


def test_it_says_what_comes_next_and_why(
    library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    player = PygamePlayer(library, (Rule("*", "*", "bar", 100),), at_once=True)
    assert say_transition(player, None, 0)[0] == "nothing has been asked for yet"
    player.enter("town", 0)
    change = player.update(0)
    player.enter("shop", 300)
    player.update(300)
    said, _ = say_transition(player, change, 300)
    assert said.startswith("next: shop in 3.2 beats (town to shop: ")
    canvas = pygame.Surface((WIDE_WIDTH, WIDE_HEIGHT))
    canvas.fill(GOLD, (0, 0, WIDTH, HEIGHT))
    draw_music_view(canvas, player, change, 300)
    scene = canvas.subsurface((0, 0, WIDTH, HEIGHT))
    assert pygame.mask.from_threshold(scene, GOLD, (1, 1, 1)).count() == WIDTH * HEIGHT
    change = player.update(500)
    draw_music_view(canvas, player, change, 500)  # a track without MIDI
    assert say_transition(player, change, 550)[0].startswith("●●●●○○ town to shop")
    assert say_transition(player, change, 700)[0].startswith("town to shop")
    assert caplog.text == ""
    assert read_roll(library.track("shop")) == Roll(library.track("shop"), ())
    player.close()


@given(st.lists(st.text("abcdefg", min_size=1, max_size=9), max_size=30), st.integers(1, 5))
def test_wrapped_text_fits_and_keeps_its_words_in_order(words: list[str], lines: int) -> None:
    rows = wrap_text(" ".join(words), 120, lines)
    assert len(rows) <= lines
    assert all(measure_text(row) <= 120 for row in rows)
    said = " ".join(rows)
    assert said == " ".join(words) or said.endswith("…")
    assert " ".join(words).startswith(said.rstrip("…"))
