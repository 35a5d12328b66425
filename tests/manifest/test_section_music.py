"""Motifs, melodies and keys that a section says, and motifs in other voices: read, or refused."""

from __future__ import annotations

import pytest

from chipassets.music.keys import Key
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.plan.trackplan import TrackPlan
from chipassets.resolve.build_plan import resolve
from chipassets.resolve.plan_text import plan_to_text
from tests.manifest.conftest import Load, Refuse

HEAD = (
    'game: T\nmotifs: {hero: "C5 - E5 - G5 - - -", wide: "C3 - C4 - F5 - - -"}\ntracks:\n'
    "  battle: {form: A B A', length: 12 bars, key: C minor, "
)


def planned(load: Load, said: str) -> TrackPlan:
    return resolve(load(f"{HEAD}{said}}}\n")).tracks[0]


@pytest.mark.parametrize(
    ("said", "part", "transform"),
    [
        ("{hero: bass}", BASS, "in_mode"),
        ("{hero: voice}", INNER, "in_mode"),
        ("{hero: {transform: bass}}", BASS, "in_mode"),
        ("{hero: {transform: augmented, voice: bass}}", BASS, "augmented"),
        ("{hero: {voice: inner}}", INNER, "in_mode"),
        ("{hero: literal}", LEAD, "literal"),
    ],
)
def test_a_motif_says_who_plays_it(load: Load, said: str, part: str, transform: str) -> None:
    (motif,) = planned(load, f"motif: {said}").motifs
    assert (motif.part, motif.transform, motif.section) == (part, transform, "")


def test_a_section_says_motif_melody_and_key(load: Load) -> None:
    track = planned(
        load, "sections: {A': {motif: {hero: bass}}, B: {melody: C5 - Eb5 - G5 -, density: 1-2}}"
    )
    assert [(one.section, one.part) for one in track.motifs] == [("A'", BASS)]
    assert [own.section for own in track.melodies] == ["B"]
    assert [wish.section for wish in track.wishes] == ["B"]
    keyed = planned(load, "sections: {B: {key: Eb major}}")
    assert keyed.wished("B").key == Key(3, "major")
    plan = resolve(load(f"{HEAD}motif: {{hero: bass}}, sections: {{B: {{key: Eb major}}}}}}\n"))
    text = plan_to_text(plan)
    assert "motif hero (C major) in the bass" in text
    assert "wanted of B: in Eb major" in text


REFUSED: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "an unknown voice": ("motif: {hero: {voice: basss}}", 23, ("'bass'",)),
    "a transform that says another voice": (
        "motif: {hero: {transform: bass, voice: inner}}", 33, ("transform: bass already says",),
    ),
    "an unknown transform": ("motif: {hero: bas}", 15, ("'bass'",)),
    "a motif that no bass reaches": ("motif: {wide: bass}", 8, ("semitones", "a bass voice")),
    "a silent bass": (
        "motif: {hero: bass}, bass: silent", 8, ("bass: silent keeps it silent",),
    ),
    "a silent second voice of the section": (
        "sections: {B: {motif: {hero: voice}, texture: silent}}", 23,
        ("texture: silent keeps it silent",),
    ),
    "a written bass": ('motif: {hero: bass}, bass: "1 - 5 -"', 8, ("bass: sets",)),
    "no second voice": (
        "motif: {hero: voice}, leave: [pulse1, pulse2]", 8, ("leave: leaves its voice free",),
    ),
    "an unknown motif of a section": ("sections: {B: {motif: hreo}}", 23, ("'hero'",)),
    "a motif and a melody of a section": (
        "motif: hero, sections: {A: {melody: C5 - E5 -}}", 29, ("both set the tune",),
    ),
    "two melodies of a section": (
        "melody: {B: C5 - E5 -}, sections: {B: {melody: C5 -}}", 40, ("a melody already",),
    ),
    "a long melody of a section": (
        "sections: {B: {melody: C5" + 64 * " -" + "}}", 24, ("section B has 4 bars",),
    ),
    "the key of the first section": (
        "sections: {A: {key: Eb major}}", 16, ("opens the track", "in the track"),
    ),
    "the key of what returns": (
        "sections: {A': {key: Eb major}}", 17, ("repeats the bars of A", "final_key"),
    ),
    "a key and a melody": (
        "sections: {B: {key: Eb major, melody: C5 -}}", 16, ("its melody sets a key",),
    ),
    "a key and a motif": (
        "sections: {B: {key: Eb major, motif: hero}}", 16, ("motif that stands there",),
    ),
    "a length of a section": ("sections: {B: {length: 8 bars}}", 16, ("form: A B:8",)),
    "a metre of a section": ("sections: {B: {metre: 3/4}}", 16, ("whole track",)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_impossible_motifs_and_keys_of_a_section_are_refused_with_the_reason(
    refuse: Refuse, name: str
) -> None:
    options, column, parts = REFUSED[name]
    (problem,) = refuse(f"{HEAD}{options}}}\n")
    for part in parts:
        assert part in str(problem), str(problem)
    first = len("  battle: {form: A B A', length: 12 bars, key: C minor, ")
    assert problem.where == f"game.yaml:4:{first + column}", str(problem)
