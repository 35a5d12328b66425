"""Resolving: who has the last word, what is drawn, and that nothing else moves it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.planning import plan_piece
from chipassets.compose.weights import shipped_models
from chipassets.errors import UsageError
from chipassets.manifest import load_manifest, parse_manifest
from chipassets.manifest.duration import Length
from chipassets.manifest.primer_field import primer_from_notes
from chipassets.manifest.words import SHIPPED_MODELS
from chipassets.music.keyfit import fitting_key, tune_key
from chipassets.music.keys import MODES, Key
from chipassets.plan.presets import SCENES, character
from chipassets.plan.trackplan import BuildPlan, Character, HomeKey, Range, TrackPlan
from chipassets.resolve import home_key, plan_text
from chipassets.resolve.build_plan import own_character, resolve
from chipassets.resolve.home_key import fifths_apart, near_key, tempo_ratio
from chipassets.resolve.plan_json import plan_to_json
from chipassets.resolve.plan_text import plan_to_text
from chipassets.resolve.plan_warnings import plan_warnings, warning_lines

DEMO = Path(__file__).parents[2] / "manifests" / "demo.yaml"


def plain(like: Character) -> Character:
    """The character without what each track draws for itself."""
    return replace(like, density=Range(0, 1), lead_pitch=Range(0, 1))


def plan(tracks: str, more: str = "") -> BuildPlan:
    text = f"game: A\n{more}\ntracks: {tracks}\n"
    return resolve(parse_manifest(text.encode(), Path("game.yaml")))


def only(options: str, more: str = "") -> TrackPlan:
    return plan(f"{{battle: {{{options}}}}}", more).tracks[0]


@pytest.mark.parametrize("scene", SCENES)
def test_a_track_that_names_only_its_scene_is_complete(scene: str) -> None:
    for tracks in (f"{{{scene}: }}", f"{{{scene}: {{}}}}", f"{{any: {{scene: {scene}}}}}"):
        (track,) = plan(tracks).tracks
        preset = character(scene)
        assert (track.scene, track.moods) == (scene, SCENES[scene].moods)
        assert preset.tempo.low * 1000 <= track.tempo_millibpm <= preset.tempo.high * 1000
        assert track.key.mode in preset.modes
        assert (track.bars, track.loops) == (preset.bars, preset.loops)
        assert (track.takes, track.temperature, track.primer) == (16, 1.0, None)
        assert (track.condition_on_primer, track.inject_primer) == (True, False)
        assert plain(track.character) == plain(preset.character)


def test_the_track_beats_its_scene_which_beats_the_defaults() -> None:
    more = "scenes: {battle: {takes: 3, tempo: 150}}\ndefaults: {takes: 2, tempo: 99, loop: false}"
    track = only("takes: 4", more)
    assert (track.takes, track.tempo_millibpm, track.loops) == (4, 150_000, False)
    (other,) = plan("{town: }", more).tracks
    assert (other.takes, other.tempo_millibpm) == (2, 99_000)


def test_a_scene_of_the_games_own_starts_from_another() -> None:
    track = plan("{arena: }", "scenes: {arena: {like: battle, mood: dark}}").tracks[0]
    assert (track.scene, track.moods) == ("arena", ("dark",))
    assert plain(track.character) == plain(character("battle", ("dark",)).character)


def test_every_option_reaches_the_plan() -> None:
    track = only(
        "mood: [calm, sad], primer: C5 - E5, condition_on_primer: false, inject_primer: true, "
        "length: 8 bars, tempo: 121.5, metre: 3/4, key: Eb dorian, temperature: 0.9, takes: 5, "
        "seed: 42, loop: false"
    )
    assert (track.moods, track.bars, track.beats_per_bar) == (("calm", "sad"), 8, 3)
    assert (track.tempo_millibpm, track.key, track.loops) == (121_500, Key(3, "dorian"), False)
    assert (track.temperature, track.takes, track.seed) == (0.9, 5, 42)
    assert (track.condition_on_primer, track.inject_primer) == (False, True)
    assert track.primer is not None
    assert (track.primer.steps, track.total_steps) == (3, 96)


def test_flags_beat_the_manifest() -> None:
    manifest = load_manifest(DEMO)
    built = resolve(
        manifest,
        model_override="other.safetensors",
        formats_override=["midi", "wav"],
        seed_override=9,
        takes_override=2,
        only=["shop", "battle"],
    )
    assert (built.model, built.formats, built.seed) == ("other.safetensors", ("wav", "midi"), 9)
    assert [track.name for track in built.tracks] == ["battle", "shop"]
    assert {track.takes for track in built.tracks} == {2}


def test_flags_that_make_no_sense_are_refused() -> None:
    manifest = load_manifest(DEMO)
    with pytest.raises(UsageError, match="did you mean 'battle'"):
        resolve(manifest, only=["batle"])
    with pytest.raises(UsageError, match="'mp3' is no format"):
        resolve(manifest, formats_override=["mp3"])
    with pytest.raises(UsageError, match="No format"):
        resolve(manifest, formats_override=[])
    with pytest.raises(UsageError, match="0 takes"):
        resolve(manifest, takes_override=0)


def test_a_track_depends_on_its_name_and_the_seed_only() -> None:
    alone = plan("{battle: }").tracks[0]
    assert alone == plan("{title: , battle: , town: }").tracks[1]
    assert alone.seed != plan("{battle: }", "seed: 1").tracks[0].seed
    assert alone.seed != plan("{fight: {scene: battle}}").tracks[0].seed


def test_writing_down_what_was_drawn_changes_nothing() -> None:
    drawn = only("")
    written = only(f"tempo: {drawn.tempo_millibpm / 1000}, key: {drawn.key}, seed: {drawn.seed}")
    assert (drawn.given, written.given) == ((), ("tempo_bpm", "mode"))
    assert replace(written, given=()) == drawn


@pytest.mark.parametrize(
    ("more", "given"),
    [
        ("length: 9 s", ()),
        ("tempo: 80", ("tempo_bpm",)),
        ("key: C locrian", ("mode",)),
        ("chords: i iv v i, mood: bright", ("mode",)),
        ("chords: I IV V I, mood: bright", ()),
        ("density: 2-3", ("notes_per_second",)),
        ("texture: silent", ("notes_per_second", "polyphony")),
        ("bass: silent", ("notes_per_second", "polyphony")),
        ("texture: held", ()),
    ],
)
def test_tags_do_not_change_what_the_manifest_sets(more: str, given: tuple[str, ...]) -> None:
    assert only(more).given == given


def test_a_tempo_or_a_length_does_not_move_the_key() -> None:
    assert only("").key == only("tempo: 120").key == only("length: 2 bars, takes: 3").key


def test_draws_spread_over_tempi_keys_and_modes() -> None:
    games = [
        plan("{" + ", ".join(f"t{n}: {{scene: town}}" for n in range(20)) + "}", f"seed: {seed}")
        for seed in range(10)
    ]
    tracks = [track for game in games for track in game.tracks]
    assert len({track.key.tonic for track in tracks}) > 6
    modes = [track.key.mode for track in tracks]
    first, second, third = (modes.count(mode) for mode in SCENES["town"].modes)
    assert first > second > third > 0
    assert len({track.tempo_millibpm for track in tracks}) > 6
    assert all(92_000 <= track.tempo_millibpm <= 116_000 for track in tracks)
    assert len({track.seed for track in tracks}) == 200
    assert max(track.seed for track in tracks) < 2**48


def test_drawn_keys_and_tempi_are_those_of_version_3() -> None:
    tracks = plan("{battle: , town: , credits: }", "seed: 7").tracks
    assert [(track.tempo_millibpm, str(track.key), track.seed) for track in tracks] == [
        (158_400, "C# minor", 167782597602731),
        (99_000, "D lydian", 200591799926083),
        (99_000, "E major", 307789277508),
    ]


@given(st.integers(1, 1800), st.sampled_from([3, 4]), st.integers(30, 280), st.integers(0, 20))
def test_seconds_become_whole_bars_at_a_tempo_of_the_range(
    seconds: int, beats: int, low: int, width: int
) -> None:
    bars, millibpm = Length(Fraction(seconds), "seconds").bars(Range(low, low + width), beats)
    assert millibpm is not None
    assert bars >= 1
    assert low * 1000 <= millibpm <= (low + width) * 1000
    lasts = Fraction(60_000 * beats * bars, millibpm)
    bar_bpm = Fraction(60 * beats, seconds)
    if math.ceil(low / bar_bpm) <= math.floor((low + width) / bar_bpm) > 0:
        assert abs(lasts - seconds) < Fraction(seconds, 10_000)
    else:
        assert abs(lasts - seconds) <= Fraction(60 * beats, low)


def test_seconds_prefer_phrases_of_four_bars() -> None:
    track = only("length: 30 s")
    assert (track.bars, track.tempo_millibpm) == (20, 160_000)
    track = only("length: 30 s, tempo: 123")
    assert (track.bars, track.tempo_millibpm) == (15, 123_000)


def test_steps_are_sixteenths() -> None:
    assert only("length: 128 steps").bars == 8
    assert only("length: 96 steps, metre: 3/4").bars == 8


def test_an_open_key_fits_the_primer() -> None:
    cases = {
        ("C5 - E5 - G5 - C6 -", "major"): "C major",
        ("A4 - C5 - E5 - A5 -", "minor"): "A minor",
        ("D5 - F5 - A5 - B5 - D5 -", "dorian"): "D dorian",
        ("E5 - F5 - E5 - D5 - B4 - E5 - - -", "phrygian"): "E phrygian",
        ("F#4 - A#4 - C#5 - F5 - F#5 -", "major"): "F# major",
    }
    for (notes, mode), key in cases.items():
        assert str(fitting_key(primer_from_notes(notes), [mode])) in (key, key.replace("F#", "Gb"))


@pytest.mark.parametrize(
    ("tune", "key"),
    [
        ("G4 - - C5 D5 - - - E5 - D5 - C5 - - -", "C major"),  # an upbeat on the fifth
        ("C5 - E5 . G5 D5 - -", "C major"),  # open at the end
        ("A4 C5 E5 - D5", "A minor"),
        ("D5 - F5 - E5 D5 B4 - A4 - D5 -", "D dorian"),
    ],
)
def test_a_tune_is_in_the_key_of_the_note_that_it_rests_on(tune: str, key: str) -> None:
    assert str(tune_key(primer_from_notes(tune))) == key


@given(st.integers(0, 11), st.sampled_from(sorted(MODES)))
def test_a_scale_up_and_down_gives_its_own_key(tonic: int, mode: str) -> None:
    names = [f"{name}{octave}" for octave in (4, 5) for name in
             ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")]  # fmt: skip
    steps = [0, *MODES[mode], 12, 0, 0]
    notes = primer_from_notes(" ".join(names[tonic + step] for step in steps if tonic + step < 24))
    assert fitting_key(notes, [mode]).tonic == tonic


def test_the_demo_plan_reads_as_it_did(golden: Callable[[str, str], None]) -> None:
    built = resolve(load_manifest(DEMO))
    golden("demo_plan.txt", plan_to_text(built) + "\n")
    golden("demo_plan.json", json.dumps(plan_to_json(built), indent=1) + "\n")


def test_open_keys_and_tempi_lie_near_the_first_that_is_named() -> None:
    game = plan("{title: {key: E major, tempo: 120}, town: , boss: , dungeon: , battle: , shop: }")
    assert (str(game.home.key), game.home.tempo_millibpm) == ("E major", 120_000)
    for first, second in combinations(game.tracks, 2):
        assert len(first.key.pitch_classes & second.key.pitch_classes) >= 5
    for track in game.tracks:
        ratio = Fraction(track.tempo_millibpm, 120_000)
        assert max(ratio.numerator, ratio.denominator) <= 6
        assert character(track.scene).tempo.distance(track.tempo_millibpm / 1000) == 0


@pytest.mark.parametrize("seed", range(5))
def test_where_nothing_is_named_the_seed_draws_a_home(seed: int) -> None:
    scenes = ", ".join(f"{name}: " for name in SCENES)
    game = plan(f"{{{scenes}}}", f"seed: {seed}")
    for first, second in combinations(game.tracks, 2):
        assert len(first.key.pitch_classes & second.key.pitch_classes) >= 5
    simple = [tempo_ratio(game.home, track.tempo_millibpm) for track in game.tracks]
    assert sum(ratio is not None for ratio in simple) >= 9
    assert fifths_apart(game.home, game.home.key) == 0


def test_a_sting_has_the_key_the_metre_and_the_tempo_of_what_it_matches() -> None:
    tracks = "{town: {metre: 6/8}, gem: {scene: victory, match: town, length: 1 bar}, victory: {}}"
    defaults = "defaults: {key: C major, tempo: 99}"
    for more in ("", defaults):
        town, gem, victory = plan(tracks, more).tracks
        assert (gem.key, gem.tempo_millibpm) == (town.key, town.tempo_millibpm)
        assert (gem.beats_per_bar, gem.bars, gem.loops) == (3, 1, False)
        assert victory.beats_per_bar == 4
        assert gem.given == ("tempo_bpm", "mode")
    whole = plan(tracks)
    alone = resolve(parse_manifest(f"game: A\ntracks: {tracks}\n".encode(), Path("a.yaml")),
                    only=("gem",))  # fmt: skip
    assert alone.tracks == whole.tracks[1:2]
    assert "matches town" in plan_to_text(whole)


def test_a_motif_has_the_key_of_its_first_note_and_a_track_lends_its_own() -> None:
    head = 'motifs: {hero: "A4 C5 E5 - D5"}'
    tracks = plan("{title: {motif: hero}, town: {motif: {from: title}}}", head).tracks
    assert [str(track.motifs[0].key) for track in tracks] == ["A minor", "A minor"]
    assert [track.motifs[0].name for track in tracks] == ["hero", "title"]
    lent = plan('{title: {primer: "G4 B4 D5 F5"}, town: {motif: {from: title}}}').tracks[1]
    assert str(lent.motifs[0].key) == "G mixolydian"


def test_a_motif_says_its_key_its_tempo_and_what_is_done_to_it() -> None:
    head = (
        'motifs: {hero: {notes: "E4 - D4 - C4 - D4 - E4 - E4 -", key: E minor, tempo: 90}, '
        'open: "F#5 - E5 - D5 - C#5 - B4 - A4 - B4 - C#5 -", plain: "C4 - E4 - G4 - C5 -"}'
    )
    track = plan("{title: {key: C major, tempo: 180, motif: {hero: {stretch: true}, "
                 "plain: transposed}, form: A B}}", head).tracks[0]  # fmt: skip
    hero, plain = track.motifs
    assert (str(hero.key), hero.tempo_millibpm, hero.stretch) == ("E minor", 90_000, True)
    assert (str(plain.key), plain.transform, plain.stretch) == ("C major", "transposed", False)
    both = plan("{title: {key: C major, tempo: 180, motif: {hero: {stretch: true}}}, "
                "town: {motif: open}, shop: {motif: {from: title, transform: fragment}}}",
                head)  # fmt: skip
    text = plan_to_text(both)
    assert "hero (E minor), at half speed where it fits" in text
    assert "open (F# minor)\n" in text
    (warned,) = plan_warnings(both)
    assert (warned.track, warned.in_bundle) == ("town", True)
    assert warned.words == (
        "the key of the motif open is guessed as F# minor, but may be B minor: write key: under "
        "motifs: open:"
    )
    assert f"  warning: {warned.words}" in text.splitlines()
    thrice = plan("{town: {motif: open}, shop: {motif: open}, boss: {motif: open}}", head)
    assert warning_lines(plan_warnings(thrice)) == [f"{warned}; also for shop and boss"]
    assert warning_lines(plan_warnings(both)) == [str(warned)]
    assert "title (E minor), fragment" in text
    assert both.tracks[2].motifs[0].steps == 6
    assert plan("{town: {motif: plain}}", head).tracks[0].motifs[0].rival is None


def test_named_chords_choose_an_open_key() -> None:
    track = plan('{battle: {chords: "Em | C | G | D"}}').tracks[0]
    assert str(track.key) == "E minor"


@pytest.mark.parametrize(
    ("track", "mode"),
    [
        ('shop: {mood: mysterious, chords: "i | bII | i | bvii"}', "phrygian"),
        ('overworld: {chords: "I | IV | V | I"}', "major"),
        ('overworld: {chords: "I | bVII | IV | I"}', "mixolydian"),
        ('town: {chords: {A: "i | IV | i | v", B: "i | bVII"}}', "dorian"),
        ('battle: {chords: "i | bVI | iv | V"}', "minor"),
        ('boss: {chords: "I | IV | V | I"}', "major"),
    ],
)
def test_numerals_choose_the_mode_of_an_open_key(track: str, mode: str) -> None:
    seeds = (plan(f"{{{track}}}", f"seed: {seed}").tracks[0] for seed in range(8))
    assert {track.key.mode for track in seeds} == {mode}


def test_chords_that_are_drawn_leave_the_mode_to_the_seed() -> None:
    seeds = (plan("{overworld: {}}", f"seed: {seed}").tracks[0] for seed in range(20))
    assert {track.key.mode for track in seeds} == set(character("overworld").modes)


def test_a_form_gives_the_bars_when_no_length_does() -> None:
    tracks = plan('{boss: {form: "intro A A B"}, town: {form: "A:3 B", length: 16 bars}}').tracks
    assert [track.bars for track in tracks] == [14, 16]
    assert [[part.bars for part in track.form] for track in tracks] == [[2, 4, 4, 4], [3, 13]]


def test_tracks_of_one_scene_differ_in_density_and_register() -> None:
    like = character("town").character
    assert own_character(like, 0.5, 0.5) == like
    low, high = own_character(like, 0.0, 0.0), own_character(like, 0.99, 0.99)
    assert low.density.high < like.density.high < high.density.high
    assert low.lead_pitch.low < like.lead_pitch.low < high.lead_pitch.low
    tracks = plan("{" + ", ".join(f"t{n}: {{scene: town}}" for n in range(9)) + "}").tracks
    assert len({track.character for track in tracks}) == 9


def test_a_manifest_may_name_every_shipped_model() -> None:
    assert set(SHIPPED_MODELS) == set(shipped_models())


def test_drums_are_played_on_the_kit_that_is_named_first() -> None:
    dmc = "instruments: {drums: dmc}"
    assert only("").sound.drums == "noise"
    assert only("", "chip: snes").sound.drums == "samples"
    assert only("", "chip: gameboy").sound.drums == "noise"
    assert only(dmc, "chip: nes-vrc6").sound.drums == "dmc"
    assert only("instruments: {lead: bell}", f"defaults: {{{dmc}}}").sound.drums == "dmc"
    assert only("instruments: {drums: noise}", f"defaults: {{{dmc}}}").sound.drums == "noise"
    named = only("instruments: {drums: dmc, lead: bell}")
    assert plain(named.character) == plain(only("instruments: {lead: bell}").character)
    assert "sample channel" in plan_to_text(plan(f"{{battle: {{{dmc}}}}}"))


def test_open_keys_lie_a_fifth_up_down_or_at_home() -> None:
    home = HomeKey(Key(0, "major"), 120_000)
    assert [near_key(home, "major", draw).tonic for draw in (0.0, 0.4, 0.9)] == [0, 7, 5]
    assert [near_key(home, "minor", draw).tonic for draw in (0.0, 0.4, 0.9)] == [9, 4, 2]


def test_the_first_tracks_tempo_is_the_games_home_tempo() -> None:
    loose = plan("{town: {scene: town}, battle: {scene: battle, tempo: 150}}").home
    other = plan("{town: {scene: town}, battle: {scene: battle, tempo: 100}}").home
    assert loose == other
    assert plan("{battle: {tempo: 150}, town: {scene: town}}").home.tempo_millibpm == 150_000


def test_a_ratio_is_simple_to_a_thousandth() -> None:
    home = HomeKey(Key(0, "major"), 120_000)
    assert tempo_ratio(home, 120_120) == 1
    assert tempo_ratio(home, 120_130) is None
    assert tempo_ratio(home, 125_000) is None


def test_a_sparse_track_has_a_range_from_half_of_its_densest() -> None:
    thin = replace(only("").character, density=Range(3.0, 4.0))
    assert own_character(thin, 0.5, 0.5).density == Range(2.0, 4.0)


def test_the_fragment_of_an_odd_motif_includes_its_middle_note() -> None:
    tune = "motifs: {hero: 'C5 D5 E5 F5 G5 A5 B5'}"
    (motif,) = only("motif: {hero: fragment}", tune).motifs
    assert (motif.steps, [note.pitch for note in motif.notes]) == (4, [72, 74, 76, 77])


def test_a_pickup_bar_shifts_all_sections_by_a_bar() -> None:
    found = only("form: 'A:2 B:2', pickup: G4 - A4 -")
    assert [(s.name, s.start_bar, s.bars) for s in found.form] == [
        ("intro", 0, 1), ("A", 1, 2), ("B", 3, 2),
    ]  # fmt: skip
    assert found.bars == 5


def test_a_linked_track_may_set_its_own_loop_and_tempo() -> None:
    tracks = """{battle: {length: 4 bars, tempo: 100},
      kin: {family: battle, loop: false}, own: {family: battle},
      fast: {like: battle, variant: hurry_up},
      slow: {like: battle, variant: hurry_up, tempo: 80}}"""
    _, kin, own, fast, slow = plan(tracks).tracks
    assert (kin.loops, own.loops) == (False, True)
    assert fast.link is not None
    assert slow.link is not None
    assert (fast.tempo_millibpm, fast.link.tempo_percent) == (125_000, 125)
    assert (slow.tempo_millibpm, slow.link.tempo_percent) == (80_000, 0)


@pytest.mark.parametrize(
    ("drums", "said", "wanted"),
    [
        ("none", "no drums;", "drums none"),
        ("march", "groove march;", "drums march"),
        ("{groove: march, fills: off}", "groove march;", "drums march without fills"),
        ('{kick: "x...", fills: on}', "drums written;", "drums kick x... with fills"),
        (
            '{kick: "x...x.x.", snare: "....x...", hat: "x.x."}',
            "drums written;",
            "drums kick x...x.x., snare ....x..., hat x.x. (one drum sounds at a time: not 1 of "
            "the 3 strokes of kick, 3 of the 4 strokes of hat)",
        ),
    ],
)
def test_the_printed_plan_says_what_the_drums_play(drums: str, said: str, wanted: str) -> None:
    text = plan_to_text(plan(f"{{town: {{drums: {drums}}}}}"))
    assert said in text
    assert f"wanted: {wanted}\n" in text
    assert text.count("groove ") == said.count("groove ")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("variant: night", "bells for the tune; at the same tempo\n"),
        ("variant: {base: night, tempo: 90%}", "bells for the tune; at 90 % of its tempo\n"),
        ("variant: night, tempo: 100", "bells for the tune\n"),
        ("variant: {mode: minor}", "plays the notes of town; at the same tempo\n"),
    ],
)
def test_the_printed_plan_says_a_variants_tempo_once(said: str, words: str) -> None:
    assert words in plan_to_text(plan(f"{{town: , late: {{like: town, {said}}}}}"))


@pytest.mark.parametrize(
    ("head", "bars", "is_warned"),
    [
        ("formats: [spc]\n", 26, True),
        ("formats: [spc]\n", 24, False),
        ("formats: [midi]\n", 26, False),
    ],
)
def test_the_plan_says_which_track_may_be_too_long_for_an_spc(
    head: str, bars: int, *, is_warned: bool
) -> None:
    """26 bars of 5/4 at 150 last 52 seconds, 24 bars 48."""
    text = (
        f"game: G\nchip: snes\n{head}tracks:\n"
        f"  five: {{scene: battle, metre: 5/4, tempo: 150, length: {bars} bars}}\n"
    )
    said = plan_to_text(resolve(parse_manifest(text.encode(), Path("game.yaml"))))
    assert ("its SPC may not fit 64 KiB: up to 50 s fit as a rule" in said) == is_warned


def test_the_printed_plan_says_the_swing_that_plays() -> None:
    """At 150 a beat of the NES is 24 frames: its second 8th is at the 14th, 58.3 %, not at 14.4."""
    said = plan_to_text(plan("{town: {tempo: 150, swing: 60%}, shop: {tempo: 120, swing: 60%}}"))
    assert [line for line in said.splitlines() if "swing" in line] == [
        "  swing 60 % (58.3 plays)",
        "  swing 60 %",
    ]


@pytest.mark.parametrize(
    ("chip", "options", "warned"),
    [
        ("nes", "sections: {B: {dynamics: p}}", True),
        ("nes-vrc6", "sections: {B: {dynamics: p}}", True),
        ("nes", "sections: {B: {dynamics: mp}}", False),
        ("nes", "leave: [triangle], sections: {B: {dynamics: p}}", False),
        ("gameboy", "sections: {B: {dynamics: p}}", False),
    ],
)
def test_a_bass_without_volume_that_should_be_soft_is_warned_of(
    chip: str, options: str, warned: bool, tmp_path: Path
) -> None:
    text = f'game: G\nchip: {chip}\ntracks: {{title: {{form: "A B", {options}}}}}\n'
    plan = resolve(parse_manifest(text.encode(), tmp_path / "game.yaml"))
    said = [item.words for item in plan_warnings(plan) if "has no volume" in item.words]
    assert len(said) == warned
    assert all(words.startswith("B will be heard about 4 dB softer") for words in said)


@pytest.mark.parametrize(
    ("drums", "lost"),
    [
        # A hat under a kick is how drums on one voice are; a kick under a snare is lost.
        ('{kick: "x...", hat: "x.x."}', ""),
        ('{kick: "x...", hat: "x..."}', "1 of the 1 strokes of hat"),
        ('{kick: "x...x...", snare: "....x...", hat: "x.x."}', "1 of the 2 strokes of kick"),
    ],
)
def test_written_strokes_that_will_be_missed_are_warned_of(drums: str, lost: str) -> None:
    for text in (
        f"{{town: {{drums: {drums}}}}}",
        f"{{town: {{sections: {{A: {{drums: {drums}}}}}}}}}",
    ):
        made = plan(text)
        said = [item for item in plan_warnings(made) if "will not be heard" in item.words]
        assert len(said) == bool(lost)
        assert all(lost in item.words and not item.in_bundle for item in said)
        assert ("warning: of the drums written" in plan_to_text(made)) == bool(lost)


def test_the_plan_says_how_long_the_music_is_and_how_long_its_file() -> None:
    text = plan_to_text(plan('{town: {form: "intro:2 A:4", tempo: 120, metre: 4/4}}'))
    # On the NES a bar at 120 is 120 of its 60.0988 frames a second.
    assert (
        "\n  6 bars, 12.0 s: 2 bars of intro, then a loop of 4 from bar 3 on; its file has at "
        "least 7 bars, 14.0 s\n"
    ) in text
    assert "4 bars, 8.0 s, all of them a loop\n" in plan_to_text(
        plan('{town: {form: "A:4", tempo: 120, metre: 4/4}}')
    )


def test_tempi_share_a_pulse_whichever_of_two_tracks_is_the_faster() -> None:
    ratios = vars(home_key)["_RATIOS"]
    assert len(set(ratios)) == len(ratios)
    assert {1 / ratio for ratio in ratios} == set(ratios)
    assert max(max(ratio.numerator, ratio.denominator) for ratio in ratios) == 6


def test_the_plan_says_which_parts_enter_late(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan_piece(only("scene: town, length: 16 bars"), 0)
    for entries, said in (
        ({}, None),
        ({"lead": 4, "drums": 2}, "the tune enters in bar 5, the drums enter in bar 3"),
        ({"inner": 2, "bass": 4}, "the second voice enters in bar 3, the bass enters in bar 5"),
    ):
        own = replace(made, entries=entries)
        monkeypatch.setattr(plan_text, "plan_piece", lambda track, take, own=own: own)
        text = plan_to_text(plan("{town: {scene: town, length: 16 bars}}"))
        lines = [line.strip() for line in text.splitlines()]
        assert (f"take 1: {said}" in lines) == bool(said)
        assert sum(line.startswith("take 1: the ") for line in lines) == bool(said)


@pytest.mark.parametrize(
    ("steps", "words"), [(6, "6 16ths"), (16, "1 bar"), (33, "2 bars and 1 16th")]
)
def test_the_length_of_a_melody_is_told_in_bars_and_16ths(steps: int, words: str) -> None:
    melody = " ".join(["C5", *["-"] * (steps - 1)])
    built = plan(f"{{town: {{melody: {{notes: {melody}}}}}}}")
    assert f"melody of A: {words}, 1 note" in plan_to_text(built)


def test_the_notes_of_a_plan_are_spelled_in_its_key() -> None:
    built = plan('{town: {key: Eb major, form: "A:1", melody: Eb5 - Ab5 - Bb5 -, pickup: Bb4 -}}')
    (town,) = plan_to_json(built)["tracks"]
    assert town["pickup"]["notes"] == ["0:Bb4+2"]
    assert town["melodies"]["A"]["notes"] == ["0:Eb5+2", "2:Ab5+2", "4:Bb5+2"]
