"""Learning grooves: reading drums, finding families, fills and what may be kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import mido
import pytest

from chipassets.train import learn_grooves as grooves
from chipassets.train.drumbars import DrumBar, read_drum_song
from chipassets.train.groovefamilies import distance, families_of
from chipassets.train.groovepool import Pool
from chipassets.train.groovetags import density_rank, features_of, styles_of
from chipassets.train.learn_grooves import bank_of, free_rows, learn

KEYS = {"K": 36, "S": 38, "h": 42, "o": 46, "T": 45, "C": 49}
NAMES = {"K": "kick", "S": "snare", "h": "closed_hat", "o": "open_hat", "T": "tom", "C": "crash"}
ROCK = ["K...S...K.K.S...", "h.h.h.h.h.h.h.h."]
FILL = ["K...S...S.STSSTT"]


def bar_of(*lines: str) -> DrumBar:
    return {
        (step, NAMES[mark]): 1.0 for line in lines for step, mark in enumerate(line) if mark != "."
    }


def write_song(
    path: Path, bars: Sequence[Sequence[str]], unit: int = 120, metre: tuple[int, int] = (4, 4)
) -> Path:
    """Write drums of lines of marks, one mark a unit of ticks at 480 a quarter."""
    hits = []
    at = 0
    for bar in bars:
        hits += [
            (at + unit * step, KEYS[mark])
            for line in bar
            for step, mark in enumerate(line)
            if mark in KEYS
        ]
        at += 480 * 4 * metre[0] // metre[1]
    track = mido.MidiTrack(
        [mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1])]
    )
    now = 0
    for tick, key in sorted(hits):
        track.append(mido.Message("note_on", channel=9, note=key, velocity=100, time=tick - now))
        now = tick
    song = mido.MidiFile(ticks_per_beat=480)
    song.tracks.append(track)
    song.save(path)
    return path


def test_drums_are_read_by_bar_and_kind(tmp_path: Path) -> None:
    song = read_drum_song(write_song(tmp_path / "a.mid", [ROCK, FILL]), "a")
    assert song is not None
    assert song.metre == "4/4"
    assert song.bars[0] is not None
    assert set(song.bars[0]) == set(bar_of(*ROCK))


def test_a_song_without_drums_or_grid_gives_none(tmp_path: Path) -> None:
    assert read_drum_song(write_song(tmp_path / "a.mid", [["................"]]), "a") is None
    loose = read_drum_song(write_song(tmp_path / "b.mid", [ROCK, ROCK], unit=97), "b")
    assert loose is not None
    assert all(not bar for bar in loose.bars)


def test_triplets_become_a_shuffle(tmp_path: Path) -> None:
    song = read_drum_song(write_song(tmp_path / "a.mid", [["K.hS.hK.hS.h"]] * 4, unit=160), "a")
    assert song is not None
    assert song.swung
    assert song.bars[0] is not None
    assert {step for step, _ in song.bars[0]} == {0, 3, 4, 7, 8, 11, 12, 15}


def test_a_late_downbeat_is_put_in_phase(tmp_path: Path) -> None:
    late = ["..K...S...K...S."]
    song = read_drum_song(write_song(tmp_path / "a.mid", [late] * 6), "a")
    assert song is not None
    assert song.bars[2] is not None
    assert set(song.bars[2]) == set(bar_of("K...S...K...S..."))


def test_a_song_that_calls_its_kick_snare_gets_its_roles_back(tmp_path: Path) -> None:
    song = read_drum_song(write_song(tmp_path / "a.mid", [["S.S.h...S...h..."]] * 4), "a")
    assert song is not None
    assert song.bars[0] is not None
    assert set(song.bars[0]) == set(bar_of("K.K.S...K...S..."))


def test_a_family_has_its_base_its_pair_and_its_fill(tmp_path: Path) -> None:
    other = ["K...S..KK.K.S...", "h.h.h.h.h.h.h.h."]
    bars = [ROCK, other, ROCK, FILL] * 3 + [ROCK, other] * 2
    song = read_drum_song(write_song(tmp_path / "a.mid", bars), "a")
    assert song is not None
    family = families_of(song)[0]
    assert [set(bar) for bar in family.base] == [set(bar_of(*ROCK)), set(bar_of(*other))]
    assert list(family.fills) == ["medium"]
    fill = family.fills["medium"]
    assert {hit for hit in fill if hit[0] >= 8} == {h for h in bar_of(*FILL) if h[0] >= 8}


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("K...S...", "K...S...", 0.0, 0.0),
        ("K.......", "....S...", 1.0, 1.0),
        ("K...h...", "K...o...", 0.2, 0.4),
        ("K...S..h", "K...S...", 0.1, 0.3),
    ],
)
def test_the_distance_of_two_bars_counts_hits_that_they_do_not_share(
    one: str, other: str, least: float, most: float
) -> None:
    assert least <= distance(bar_of(one), bar_of(other)) <= most


def test_a_bar_of_one_song_is_drawn_anew_and_a_common_one_is_kept(tmp_path: Path) -> None:
    odd = ["K..K.SK.K.SKS..S", "h.hh.h.hh.h.hh.h"]
    songs = [
        read_drum_song(write_song(tmp_path / f"{n}.mid", bars), f"song {n}")
        for n, bars in enumerate([[ROCK] * 8, [ROCK] * 8, [odd] * 8,
                                  [["K.h.S.h.K.h.S.hh"]] * 8])
    ]  # fmt: skip
    families = [family for song in songs if song is not None for family in families_of(song)]
    pool = Pool(families, [song for song in songs if song is not None])
    assert pool.is_distinctive(bar_of(*odd), "4/4")
    assert not pool.is_distinctive(bar_of(*ROCK), "4/4")
    learned = learn([song for song in songs if song is not None])
    shapes = [set(bar) for family in learned for bar in family.base]
    assert set(bar_of(*ROCK)) in shapes
    assert set(bar_of(*odd)) not in shapes
    kept = [song for song in songs if song is not None]
    for family in learned:
        for bar in (*family.base, *family.variants, *family.fills.values()):
            owners = {
                song.name for song in kept for own in song.bars if own and set(own) == set(bar)
            }
            assert len(bar) <= 10 or len(owners) != 1


def test_the_bank_is_the_same_every_time(tmp_path: Path) -> None:
    songs = [
        read_drum_song(write_song(tmp_path / f"{n}.mid", [bars, bars, bars, FILL] * 3), f"{n}")
        for n, bars in enumerate([ROCK, ["K.h.S.h.K.h.S.hh"], ["K.KKS.KKK.KKS.KK"]])
    ]
    kept = [song for song in songs if song is not None]
    assert json.dumps(bank_of(learn(kept))) == json.dumps(bank_of(learn(kept)))


@pytest.mark.parametrize(
    ("lines", "style"),
    [
        (["K...S...K...S...", "..h...h...h...h."], "rock"),
        (["K.......S......."], "ballad"),
        (["h...h...h...h..."], "pulse"),
        (["K.KKS.KKK.KKS.KK"], "gallop"),
        (["K..hS..hK..hS..h"], "shuffle"),
        (["S.SSS.S.S.SSS.S."], "march"),
        (["K...S...K...S...", "hhhhhhhhhhhhhhhh"], "drive"),
    ],
)
def test_plain_patterns_get_their_style_word(lines: list[str], style: str) -> None:
    assert style in styles_of(features_of([bar_of(*lines)], "4/4"), "4/4", swung=False)


def test_rank_gives_equal_values_one_place() -> None:
    assert density_rank([3.0, 1.0, 3.0, 5.0]) == [0.5, 0.0, 0.5, 1.0]


def test_only_free_and_certain_rows_are_learned_from(tmp_path: Path) -> None:
    (tmp_path / "sources.csv").write_text(
        "file,source,licence,confidence\n"
        "a.mid,x,MIT,A: named\nb.mid,x,MIT,B: inferred\nc.mid,x,CC-BY-4.0,A: named\n"
    )
    assert [row["file"] for row in free_rows(tmp_path)] == ["a.mid"]
    (tmp_path / "sources.csv").write_text(
        "file,source,licence\na.mid,freedoom,BSD-3-Clause\nb.mid,blasphemer,BSD-3-Clause\n"
    )
    assert [row["file"] for row in free_rows(tmp_path)] == ["a.mid"]


def test_without_a_corpus_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grooves.main([]) == 2
    assert grooves.main([str(tmp_path)]) == 2
    assert "sources.csv" in capsys.readouterr().err
