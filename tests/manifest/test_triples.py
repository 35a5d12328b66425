"""Random keys of a track together: refused with a reason, or what is said is what is composed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chipassets.arrange import arrange
from chipassets.errors import ManifestError
from chipassets.manifest import Manifest
from chipassets.manifest.wishes import OPTIONS_OF_A_SECTION
from chipassets.music.keys import parse_key, parse_pitch
from chipassets.music.notes import LEAD
from chipassets.music.score import Score
from chipassets.plan.trackplan import TrackPlan
from chipassets.resolve.build_plan import resolve
from chipassets.resolve.plan_text import plan_to_text
from chipassets.units import METRES, OCTAVE, STEPS_PER_BEAT
from tests.laws import share_of_examples
from tests.manifest.conftest import write_midi
from tests.manifest.test_pairs import KEYS, LINKS, OF_A_SECTION, SAID, composed, game

TUNE = "D5 - F5 - A5 - F5 - D5 - - - . . . ."
MORE: dict[str, list[Any]] = {
    "mood": [["dark", "tense"], "playful"],
    "length": ["1 bars", "5 bars", "9 s"],
    "tempo": [60, "90-100", 200],
    "metre": list(METRES),
    "key": ["F# minor", "Bb major", "E phrygian", "C blues"],
    "form": ["intro:1 A:1 B:2", "A:2 A':2", "A:1 B:1 A:1 outro:1"],
    "chords": ["i | V | i | iv", "Dm A7 | % | Gm | Dm"],
    "motif": [{"hero": "bass"}, {"hero": "augmented"}, {"hero": "voice"}, "other"],
    "melody": [TUNE, {"B": TUNE}, {"abc": "K:Dm\nL:1/8\nA|d2f2a2f2|"}],
    "drums": ["none", "march", "rock-03", {"groove": "rock", "fills": False}],
    "texture": ["held", "silent", "echo", "duet"],
    "bass": ["silent", "pedal", "1 - . . 5 - . .", "long"],
    "density": ["0.5-1.5", "5-7"],
    "register": ["55-62", "76-84"],
    "dynamics": ["pp", "ff"],
    "ending": ["ritardando", "last_chord", "tonic"],
    "final_key": ["G major", -3],
    "avoid": ["syncopation", ["chromatic", "modulation"], ["arpeggio", "walking"]],
    "leave": [["noise"], ["pulse1", "triangle"]],
    "layers": [["lead", "+inner", "+bass+drums"]],
    "variant": ["victory_lap", {"tempo": "80%", "mode": "minor", "register": -1}],
    "swing": ["75%"],
    "sounds_like": [{"midi": "ref.mid", "aims": ["density"]}],
}
"""More values of keys, beside the one that each has in the test of pairs."""


@st.composite
def said(draw: st.DrawFn) -> dict[str, Any]:
    """Return the options of a track: up to four keys, some of them of single sections."""
    found: dict[str, Any] = {}
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=3, max_size=4, unique=True)):
        found = SAID[key] | found
        found[key] = draw(st.sampled_from([SAID[key][key], *MORE.get(key, [])]))
    if draw(st.booleans()):
        own = draw(st.lists(st.sampled_from(OPTIONS_OF_A_SECTION), min_size=1, max_size=2))
        values = {
            key: draw(st.sampled_from([OF_A_SECTION[key], *_of_sections(key)])) for key in own
        }
        found["sections"] = {draw(st.sampled_from("AB")): values}
        found.setdefault("form", "A:2 B:2")
    return found


def _of_sections(key: str) -> list[Any]:
    return [] if key in ("chords", "melody", "key") else MORE.get(key, [])


@given(track=said())
@settings(
    share_of_examples(2),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_settings_in_threes_are_followed_or_refused(tmp_path: Path, track: dict[str, Any]) -> None:
    write_midi(tmp_path / "ref.mid", [(240 * n, 240 * n + 200, 60 + n * 5 % 12) for n in range(64)])
    try:
        manifest = game(tmp_path, track)
    except ManifestError as error:
        problems = error.problems
    else:
        problems = ()
        check_obeyed(manifest, track)
    assert all(problem.why and problem.fix for problem in problems)


def check_obeyed(manifest: Manifest, said: dict[str, Any]) -> None:
    plan = resolve(manifest)
    assert plan_to_text(plan)
    track = plan.tracks[-1]
    score = composed(track)
    assert score.notes
    assert score.bars == track.bars
    assert all(note.end_step <= score.total_steps for note in score.notes)
    song = arrange(score, track, plan.chip)
    assert not {voice.name for voice in song.voices if voice.notes} & set(said.get("leave", ()))
    if said.get("loop") is False:
        assert score.loop_start_bar is None
    if "swing" in said and not said.keys() & set(LINKS):
        assert f"{track.swing_percent:g}%" == said["swing"]
    if not said.keys() & {*LINKS, "match"}:
        check_frame(score, track, said)
    sections: dict[str, dict[str, Any]] = said.get("sections", {})
    of_sections = {key for own in sections.values() for key in own}
    if said.get("drums") == "none" and "drums" not in of_sections:
        assert not score.drums
    for name, own in sections.items():
        if own.get("drums") == "none" and not said.keys() & set(LINKS):
            assert not strokes_in(score, name)
    if said.get("texture") == "silent" and not of_sections & {"texture", "motif"}:
        check_silent_second(score, track)
    if isinstance(said.get("melody"), str) and not said.keys() & {"primer", "final_key"}:
        check_melody(score, said["melody"])


def check_frame(score: Score, track: TrackPlan, said: dict[str, Any]) -> None:
    """Check key, metre, tempo and pickup of a track that follows no other."""
    if "key" in said:
        assert score.key == parse_key(said["key"])
    if "metre" in said:
        assert score.steps_per_bar == METRES[said["metre"]] * STEPS_PER_BEAT
    if isinstance(said.get("tempo"), int) and not str(said.get("length", "")).endswith("s"):
        assert track.tempo_millibpm == 1000 * said["tempo"]
    if "pickup" in said and "final_key" not in said:
        before = score.steps_per_bar - len(said["pickup"].split())
        led = [note.pitch for note in score.part(LEAD) if note.start_step < score.steps_per_bar]
        wanted = [parse_pitch(word) for word in said["pickup"].split() if word != "-"]
        assert [pitch % OCTAVE for pitch in led] == [pitch % OCTAVE for pitch in wanted]
        assert min(note.start_step for note in score.part(LEAD)) == before


def strokes_in(score: Score, section: str) -> list[int]:
    """Return the steps of drum strokes in the sections of a name."""
    return [
        stroke.step
        for one in score.sections
        if one.name == section
        for stroke in score.drums or ()
        if one.start_bar <= stroke.step // score.steps_per_bar < one.start_bar + one.bars
    ]


def check_silent_second(score: Score, track: TrackPlan) -> None:
    if not any(motif.part == "inner" for motif in track.motifs) and track.primer is None:
        assert not score.part("inner")


def check_melody(score: Score, text: str) -> None:
    """Check that section A begins with the notes of a text, at their steps and pitches."""
    start = next(one for one in score.sections if one.name == "A").start_bar * score.steps_per_bar
    there = {(note.start_step - start, note.pitch) for note in score.part(LEAD)}
    words = text.split()
    wanted = {(step, parse_pitch(word)) for step, word in enumerate(words) if word[0].isalpha()}
    assert wanted <= there


def test_the_values_are_of_keys_that_there_are() -> None:
    assert set(MORE) <= set(KEYS)


@pytest.mark.parametrize("key", OPTIONS_OF_A_SECTION)
def test_every_key_of_a_section_can_be_drawn(key: str) -> None:
    assert OF_A_SECTION[key]
