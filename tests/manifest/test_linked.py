"""Tracks that follow others: what they take is planned, and what contradicts it is refused."""

from __future__ import annotations

import pytest

from chipassets.manifest.check_linked import LINKS
from chipassets.music.keys import Key
from chipassets.plan.links import VARIANTS
from chipassets.plan.trackplan import Range, TrackPlan
from chipassets.resolve.build_plan import resolve
from chipassets.units import Swing
from tests.manifest.conftest import Load, Refuse

HEAD = "game: Test\nchip: {chip}\ntracks:\n  overworld: {{key: C major, tempo: 120}}\n  battle:\n"


def game(track: str, chip: str = "nes") -> str:
    """A manifest with overworld, battle and one more track, in line 6 from column 10."""
    return f"{HEAD.format(chip=chip)}  night: {{{track}}}\n"


def planned(load: Load, track: str, chip: str = "nes") -> tuple[TrackPlan, TrackPlan]:
    """The plans of overworld and of the third track."""
    tracks = {item.name: item for item in resolve(load(game(track, chip))).tracks}
    return tracks["overworld"], tracks["night"]


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_by_name_changes_what_its_row_says(load: Load, name: str) -> None:
    original, variant = planned(load, f"like: overworld, variant: {name}")
    row = VARIANTS[name]
    assert variant.tempo_millibpm == round(original.tempo_millibpm * row.tempo_percent / 100)
    assert variant.key == Key(original.key.tonic, row.mode or original.key.mode)
    assert (variant.bars, variant.form, variant.seed) == (
        original.bars, original.form, original.seed,
    )  # fmt: skip
    assert variant.character.lead == (row.lead or original.character.lead)
    wish = variant.wished("")
    assert wish.texture == row.texture
    assert (wish.drums.groove if wish.drums else "") == row.drums
    assert variant.filter_name == row.filter
    assert variant.link is not None
    assert variant.link.of == "overworld"


def test_a_variant_keeps_the_loudness_of_the_originals_sections(load: Load) -> None:
    text = game("like: overworld, variant: night").replace(
        "overworld: {", "overworld: {dynamics: mf, sections: {A: {dynamics: p, density: 1-2}}, "
    )
    tracks = {item.name: item for item in resolve(load(text)).tracks}
    assert tracks["overworld"].wished("A").dynamics_db == -9
    night = tracks["night"]
    assert night.wished("A").dynamics_db == -9
    assert night.wished("A").density is None, "its notes are the original's"
    assert night.wished("B").dynamics_db == -4
    assert night.wished("B").texture == "held"


def test_a_variant_by_hand_starts_from_a_row_and_says_the_rest(load: Load) -> None:
    said = "{base: night, tempo: 50%, mode: dorian, register: -1, drums: rock, filter: none}"
    original, variant = planned(
        load, f"like: overworld, variant: {said}, instruments: {{bass: pad}}"
    )
    assert variant.tempo_millibpm == original.tempo_millibpm // 2
    assert variant.key == Key(0, "dorian")
    assert variant.character.lead == "bell"
    assert variant.character.bass == "pad"
    assert variant.wished("").texture == "held"
    assert variant.link is not None
    assert variant.link.register == -1
    _, own = planned(load, "like: overworld, variant: {mode: dorian}, tempo: 99")
    assert own.key == Key(0, "dorian")
    assert own.tempo_millibpm == 99_000


def test_a_chip_without_the_filter_plays_the_variant_without_it(load: Load) -> None:
    _, variant = planned(load, "like: overworld, variant: underwater", "snes")
    assert variant.filter_name == ""
    assert variant.wished("").texture == "arpeggio"


def test_a_family_shares_form_metre_and_tempo_and_has_a_mode_of_its_own(load: Load) -> None:
    original, other = planned(load, "family: overworld, mood: sad")
    assert (other.bars, other.form, other.tempo_millibpm, other.key.tonic) == (
        original.bars, original.form, original.tempo_millibpm, original.key.tonic,
    )  # fmt: skip
    assert other.key.mode in ("minor", "dorian", "phrygian")
    assert other.seed != original.seed


@pytest.mark.parametrize("link", ["family: overworld", "from: overworld, to: battle"])
def test_what_is_composed_for_itself_has_a_sound_and_a_range_of_its_own(
    load: Load, link: str
) -> None:
    said = "density: 1-2, register: 70-80, dynamics: mf, swing: 60%, shuffle: 58%, level: -3 dB"
    _, other = planned(load, f"{link}, {said}")
    wish = other.wished("")
    assert (wish.density, wish.register) == (Range(1, 2), Range(70, 80))
    assert (wish.dynamics_db, other.level_db) == (-4, -3)
    assert other.swing == Swing(60, 58)


def test_a_variant_has_a_level_of_its_own(load: Load) -> None:
    _, variant = planned(load, "like: overworld, level: -3 dB")
    assert variant.level_db == -3


def test_a_bridge_is_in_both_keys(load: Load) -> None:
    text = game("from: overworld, to: battle").replace("battle:\n", "battle: {key: E minor}\n")
    bridge = next(t for t in resolve(load(text)).tracks if t.name == "night")
    (chords,) = (own.bars for own in bridge.progressions)
    assert chords[0][0] == "C"
    assert chords[-1][-1] == "B7"
    assert (bridge.bars, bridge.loops, bridge.key) == (2, False, Key(4, "minor"))
    short = resolve(load(text.replace("to: battle", "to: battle, length: 1 bar"))).tracks[-1]
    (chords,) = (own.bars for own in short.progressions)
    assert chords == (("C", "B7"),)


REFUSED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "like nothing": ("like: overwrld", "11:17", ("'overworld'",)),
    "like itself": ("like: night", "11:17", ("no other track 'night'",)),
    "a variant of nothing": ("scene: boss, variant: night", "11:24", ("add like:",)),
    "an unknown variant": ("like: overworld, variant: nihgt", "11:37", ("'night'",)),
    "an unknown key": ("like: overworld, variant: {tepmo: 90%}", "11:38", ("'tempo'",)),
    "a tempo without percent": ("like: overworld, variant: {tempo: 90}", "11:45", ("like 90%",)),
    "an unknown mode": ("like: overworld, variant: {mode: doriann}", "11:44", ("'dorian'",)),
    "a register of a half": (
        "like: overworld, variant: {register: 0.5}", "11:48", ("whole number of octaves",),
    ),
    "a filter of another chip": (
        "like: overworld, variant: {filter: gameboy}", "11:46", ("chip nes has no filter",),
    ),
    "a form": ("like: overworld, form: A B", "11:28", ("variant of 'overworld'", "delete form:")),
    "a melody": ("like: overworld, melody: C5", "11:28", ("variant of 'overworld'",)),
    "takes": ("like: overworld, takes: 4", "11:28", ("variant of 'overworld'",)),
    "chords in a family": ("family: overworld, chords: C | F", "11:30", ("its family",)),
    "two ways": ("like: overworld, family: battle", "11:28", ("keep one",)),
    "from without to": ("from: overworld", "11:11", ("add to:",)),
    "to without from": ("to: overworld", "11:11", ("add from:",)),
    "a bridge of three bars": (
        "from: overworld, to: battle, length: 3 bars", "11:48", ("one or two bars",),
    ),
    "a bridge to where it began": (
        "from: overworld, to: overworld", "11:32", ("from one track to another",),
    ),
    "a bridge with a key": ("from: overworld, to: battle, key: C", "11:40", ("bridge",)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_followed_is_refused(refuse: Refuse, name: str) -> None:
    track, where, parts = REFUSED[name]
    line, column = where.split(":")
    (problem,) = refuse(game(track))
    said = str(problem)
    assert problem.where == f"game.yaml:{int(line) - 5}:{column}", said
    for part in parts:
        assert part in said, said


def test_a_mistake_of_the_original_is_told_once(refuse: Refuse) -> None:
    text = game("like: dusk") + "  dusk: {scene: town, motif: heroo}\n"
    (problem,) = refuse(text)
    assert "'dusk'" in problem.found
    # What the variant sets itself is still checked, by its original's metre.
    (problem,) = refuse(game('like: overworld, drums: {kick: "x.x"}'))
    assert "has 3 steps" in problem.why


@pytest.mark.parametrize("key", ["like", "family"])
def test_circles_and_chains_are_refused_with_their_way(refuse: Refuse, key: str) -> None:
    text = game(f"{key}: dusk") + f"  dusk: {{{key}: dawn}}\n  dawn: {{{key}: night}}\n"
    problems = refuse(text)
    assert len(problems) == 3
    assert "in a circle: 'night' follows 'dusk' follows 'dawn' follows 'night'" in str(problems[0])
    chain = game(f"{key}: dusk") + f"  dusk: {{{key}: overworld}}\n"
    (problem,) = refuse(chain)
    assert f"write {key}: overworld" in str(problem)


def test_every_key_that_links_is_one_of_the_tracks() -> None:
    from chipassets.manifest.models import Track

    fields = {field.alias or name for name, field in Track.model_fields.items()}
    assert fields >= LINKS.keys()
