"""The plan as text for people: what `chipassets plan` prints."""

from __future__ import annotations

from fractions import Fraction

from chipassets.arrange.bank import DRUM_SOUNDS
from chipassets.arrange.drum_voice import covered_strokes, drum_word
from chipassets.chips.chipsong import Instrument
from chipassets.chips.clip_fit import clip_bytes, clip_rate
from chipassets.chips.dmcbank import rate_hz
from chipassets.chips.profiles import CHIPS, Chip
from chipassets.compose.cycles import cycle_before
from chipassets.compose.form import loop_start_bar, track_parts
from chipassets.compose.ideas import IDEAS
from chipassets.compose.piece import CYCLE_BARS, DRUMS, PiecePlan
from chipassets.compose.planning import plan_piece
from chipassets.music.forms import INTRO
from chipassets.music.keys import pitch_name
from chipassets.music.lengths import file_text, length_text
from chipassets.music.motifs import IN_MODE, LITERAL, TRANSFORMS, motif_pace
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.plan.endings import ENDINGS
from chipassets.plan.links import BRIDGE, FAMILY, VARIANT, VARIANTS, Link
from chipassets.plan.trackplan import (
    BuildPlan,
    Drums,
    HomeKey,
    Melody,
    Motif,
    Primer,
    Range,
    Sound,
    SoundsLike,
    TrackPlan,
    Wish,
)
from chipassets.resolve.home_key import fifths_apart, tempo_ratio
from chipassets.resolve.plan_json import chords_text, form_text
from chipassets.resolve.plan_warnings import covered_text, track_seconds, track_warnings
from chipassets.units import amount_of, bar_frames, played_millibpm, played_swing


def plan_to_text(plan: BuildPlan) -> str:
    """Return the plan as text: a few lines on the build, then a block for each track."""
    head = [
        f"{plan.game}: {amount_of(len(plan.tracks), 'track')} for {plan.chip}, "
        f"model {plan.model}, seed {plan.seed}, {', '.join(plan.formats)}",
        f"{plan.loudness_lufs:g} LUFS, filter {plan.filter_name}",
        f"home is {plan.home.key} at {plan.home.tempo_millibpm / 1000:g} bpm: "
        "open keys and tempi lie near it",
    ]
    blocks = (
        head,
        *(
            [
                *_track_lines(track, plan.home, CHIPS[plan.chip]),
                *(f"  warning: {said.words}" for said in track_warnings(track, plan)),
            ]
            for track in plan.tracks
        ),
    )
    return "\n".join(line for block in blocks for line in block)


def played_text(track: TrackPlan, frame_rate_hz: Fraction) -> str:
    """Return the tempo that plays, as bars are whole frames of the chip; "" if it is the plan's."""
    plays = played_millibpm(track.tempo_millibpm, track.beats_per_bar, frame_rate_hz)
    said = f"{plays / 1000:.2f}"
    return "" if float(said) == track.tempo_millibpm / 1000 else f"{said} plays"


def _track_lines(track: TrackPlan, home: HomeKey, chip: Chip) -> list[str]:
    """Return the lines that describe a track, after an empty one."""
    plays = played_text(track, chip.frame_rate_hz)
    sound = track.character
    lines = [
        "",
        f"{track.name}: {track.scene} ({', '.join(track.moods)})",
        f"  {track.key}, {track.tempo_millibpm / 1000:g} bpm{f' ({plays})' if plays else ''}, "
        f"{track.metre}",
        f"  {_length_line(track, chip)}",
        f"  {_from_home(track, home)}",
        f"  {amount_of(track.takes, 'take')} at temperature {track.temperature:g}, "
        f"seed {track.seed}",
        f"  {sound.lead} / {sound.inner} / {sound.bass}, {_drums_text(track)}; "
        f"{_span(sound.density)} notes a beat, {_span(sound.polyphony)} at once, "
        f"lead around {_span(sound.lead_pitch)}",
    ]
    lines += [f"  filter {track.filter_name}"] if track.filter_name else []
    lines += [f"  level {track.level_db:+g} dB"] if track.level_db else []
    lines += [
        *_writing_lines(track, chip.frame_rate_hz),
        *_piece_lines(track),
        *_sound_lines(track.sound, chip),
    ]
    return lines if track.primer is None else [*lines, _primer_line(track, track.primer)]


def _length_line(track: TrackPlan, chip: Chip) -> str:
    """Return the bars and seconds of the music, of its loop, and of a file with an intro."""
    start = loop_start_bar(track, track_parts(track))
    loop_bars = 0 if start is None else track.bars - start
    said = length_text(track.bars, track_seconds(track, chip), loop_bars)
    if not start:
        return said
    # How long the intro rings on depends on its notes: a bar, or more.
    bars = track.bars + 1
    return f"{said}; {file_text(bars, track_seconds(track, chip, bars), at_least=True)}"


def _drums_text(track: TrackPlan) -> str:
    """Return what the drums play, sections of their own aside."""
    asked = next((w.drums for w in track.wishes if w.drums is not None and not w.section), None)
    if asked is None:
        return f"groove {track.character.groove}"
    if asked.strokes:
        return "drums written"
    return "no drums" if asked.groove == "none" else f"groove {asked.groove}"


def _said_drums(drums: Drums) -> str:
    """Return the wish for the drums in words; fills are named where they are not as usual."""
    if drums.strokes:
        written = ", ".join(f"{drum_word(kind)} {pattern}" for kind, pattern in drums.strokes)
        covered = covered_text(covered_strokes(drums.strokes))
        written += " with fills" * drums.fills
        return f"{written} (one drum sounds at a time: not {covered})" if covered else written
    return drums.groove if drums.fills else f"{drums.groove} without fills"


def _from_home(track: TrackPlan, home: HomeKey) -> str:
    """Return the distance from the home key in fifths, and the ratio of the tempi if simple."""
    fifths = fifths_apart(home, track.key)
    way = "up" if fifths > 0 else "down"
    key = f"{amount_of(abs(fifths), 'fifth')} {way} from home" if fifths else "the home key's notes"
    ratio = tempo_ratio(home, track.tempo_millibpm)
    if ratio is None:
        return f"{key}, its own tempo"
    return f"{key}, {ratio.numerator}:{ratio.denominator} of home's tempo"


def _swing_lines(track: TrackPlan, frame_rate_hz: Fraction) -> list[str]:
    """Return the swing that is asked for, and that which plays, as late notes are whole frames."""
    frames = bar_frames(track.tempo_millibpm, track.beats_per_bar, frame_rate_hz)
    names = ("swing", "shuffle of 16ths")
    plays = played_swing(frames, track.beats_per_bar, track.swing)
    return [
        f"  {name} {asked:g} %" + (f" ({found:.1f} plays)" if abs(asked - found) >= 0.05 else "")
        for name, asked, found in zip(names, track.swing, plays, strict=True)
        if asked
    ]


def _writing_lines(track: TrackPlan, frame_rate_hz: Fraction) -> list[str]:
    """Return the composer's instructions other than ranges."""
    lines = [f"  matches {track.match}"] if track.match else []
    lines += [f"  was called {track.was}"] if track.was else []
    lines += [f"  {_link_text(track, track.link)}"] if track.link else []
    lines += ["  frozen: its locked take stays"] if track.frozen else []
    lines += [f"  mood {mood.name} is like {mood.like}" for mood in track.own_moods]
    lines.append(f"  form {form_text(track)}")
    lines += [
        f"  chords{f' of {own.section}' if own.section else ''}: {chords_text(own)}"
        for own in track.progressions
    ]
    lines += [f"  melody of {_melody_text(own, track)}" for own in track.melodies]
    if track.pickup is not None:
        lines.append(
            f"  pickup of {_notes_text(track.pickup)} in {amount_of(track.pickup.steps, 'step')}"
        )
    if track.final_key is not None:
        lines.append(f"  the last section is played in {track.final_key}")
    lines += _swing_lines(track, frame_rate_hz)
    if track.avoid:
        lines.append(f"  avoids {', '.join(track.avoid)}")
    if track.sounds_like is not None:
        lines += _like_lines(track.sounds_like)
    if track.ending:
        lines.append(f"  ending {track.ending}: the piece {ENDINGS[track.ending]}")
    if track.motifs:
        lines += [f"  motif {_motif_text(motif, track)}" for motif in track.motifs]
    lines += [f"  {_wish_text(wish)}" for wish in track.wishes]
    if track.guidance:
        factors = ", ".join(f"{name} {factor:g}" for name, factor in track.guidance)
        lines.append(f"  guidance {factors}")
    return lines


def _piece_lines(track: TrackPlan) -> list[str]:
    """Return the plan of the first take; other takes have the same idea, with other draws."""
    if track.reference is not None or (track.link and track.link.kind == VARIANT):
        return []
    made = plan_piece(track, 0)
    lines = [f"  idea {made.idea}: the piece {IDEAS[made.idea].says}"]
    if any(cycle_before(made, bar) is not None for bar in range(track.bars)):
        lines.append(f"  the accompaniment comes again every {CYCLE_BARS} bars")
    said = []
    for part in made.sections:
        section = part.section
        closes = ", ".join(phrase.cadence for phrase in part.phrases)
        key = f" in {part.key}" if part.key != track.key else ""
        said.append(
            f"{section.name} ({closes}{key}; second voice {part.role(INNER)}, "
            f"bass {'written' if part.bass_line else part.role(BASS)})"
        )
    lines.append(f"  take 1: {' '.join(said)}; highest in bar {made.peak_bar + 1}")
    entries = _entries_text(made)
    return [*lines, f"  take 1: {entries}"] if entries else lines


_ENTERS = {
    LEAD: "the tune enters", INNER: "the second voice enters", BASS: "the bass enters",
    DRUMS: "the drums enter",
}  # fmt: skip


def _entries_text(made: PiecePlan) -> str:
    """Return in which bars the parts enter that are silent at first, "" if there are none."""
    return ", ".join(
        f"{enters} in bar {made.entries[part] + 1}"
        for part, enters in _ENTERS.items()
        if made.entries.get(part)
    )


def _wish_text(wish: Wish) -> str:
    """Return what a section, or the whole track, is to have."""
    said = []
    if wish.drums is not None:
        said.append(f"drums {_said_drums(wish.drums)}")
    said += [f"second voice {wish.texture}"] * bool(wish.texture)
    said += [f"bass {wish.bass}"] * bool(wish.bass)
    said += ["bass written"] * bool(wish.bass_line)
    said += [f"{_span(wish.density)} notes a beat"] if wish.density else []
    said += [f"tune between {_span(wish.register)}"] if wish.register else []
    said += [f"in {wish.key}"] if wish.key else []
    said += [f"{wish.dynamics_db:g} dB"] if wish.dynamics_db is not None else []
    colours = (("lead", wish.lead), ("inner", wish.inner), ("bass", wish.low))
    said += [f"{role} played by {name}" for role, name in colours if name]
    said += [f"chords {' | '.join(' '.join(bar) for bar in wish.chords)}"] if wish.chords else []
    return f"wanted{f' of {wish.section}' if wish.section else ''}: {'; '.join(said)}"


def _like_lines(like: SoundsLike) -> list[str]:
    """Return the measures of the reference file that the track aims at."""
    m = like.measures
    said = {
        "density": f"density {m.density:.1f} notes a beat, {m.voices:.1f} at once",
        "register": f"register around {pitch_name(round(m.register))}, over {m.span:g} semitones",
        "rhythm": f"rhythm {m.tune:.1f} notes of the tune a beat, {m.syncopation:.0%} of them "
        f"syncopated, {m.sixteenths:.0%} between 8ths",
        "harmony": f"harmony {m.mode}, {2 * m.changes:.1f} changes of chord a bar, "
        f"{m.outside:.0%} outside the scale, {m.leaps:.0%} leaps",
    }
    return [
        f"  sounds like {like.file}, which measures",
        *(f"    {said[aim]}" for aim in like.aims),
    ]


def _link_text(track: TrackPlan, link: Link) -> str:
    """Return what a track takes from the one that it follows, and what is its own."""
    if link.kind == BRIDGE:
        return f"leads from {link.of}, in {link.start}, to {link.to}, in {track.key}"
    if link.kind == FAMILY:
        return f"is of the family of {link.of}: its form, chords and theme, in {track.key}"
    said = f"plays the notes of {link.of}"
    said += f" as {link.name}: it {VARIANTS[link.name].says}" if link.name else ""
    # A track with a tempo of its own has no share.
    if link.tempo_percent == 100:
        said += "; at the same tempo"
    elif link.tempo_percent:
        said += f"; at {link.tempo_percent:g} % of its tempo"
    if link.register:
        said += f"; upper voices {link.register:+d} octave{'s' * (abs(link.register) > 1)}"
    return said


def _notes_text(tune: Primer | Motif) -> str:
    """Return how many notes a tune has, in words."""
    return amount_of(len(tune.notes), "note")


def _bars_and_steps(steps: int, bar_steps: int) -> str:
    """Return a length in bars, and the 16ths that are left over."""
    bars, left = divmod(steps, bar_steps)
    said = [amount_of(bars, "bar")] if bars else []
    said += [amount_of(left, "16th")] if left else []
    return " and ".join(said)


def _melody_text(melody: Melody, track: TrackPlan) -> str:
    """Return the melody with its length and key."""
    tune = melody.tune
    said = f"{melody.section}: {_bars_and_steps(tune.steps, track.steps_per_bar)}, "
    said += f"{_notes_text(tune)}, {tune.key}"
    if melody.pickup is not None:
        said += f", behind a pickup of {melody.pickup.steps} 16ths"
    late = tune.notes[0].start_step
    if melody.section != INTRO and 2 * late >= track.steps_per_bar:
        said += (
            f"; it begins {late} 16ths into its bar: if those notes are a pickup, write pickup: "
            f"{track.steps_per_bar - late} in the melody"
        )
    if tune.transform != LITERAL:
        said += f", {tune.transform}: {TRANSFORMS[tune.transform]}"
    elif tune.key.tonic != track.key.tonic:
        said += f", in which the section stands, away from the track's {track.key}"
    return said


def _motif_text(motif: Motif, track: TrackPlan) -> str:
    """Return the motif with its key and its transform."""
    said = f"{motif.name} ({motif.key})"
    if motif.part != LEAD:
        said += f" in the {'second voice' if motif.part == INNER else motif.part}"
    if motif.section:
        said += f" of {motif.section}"
    if motif.transform != IN_MODE:
        said += f", {motif.transform}: {TRANSFORMS[motif.transform]}"
    if pace := motif_pace(motif, track.tempo_millibpm):
        speed = "half" if pace > 0 else "double"
        said += f", at {speed} speed where it fits"
    return said


def _sound_lines(sound: Sound, chip: Chip) -> list[str]:
    """Return the sound settings that differ from the defaults."""
    lines = [f"  leaves {', '.join(sound.leave)} free"] if sound.leave else []
    if not sound.arpeggio:
        lines.append("  no arpeggios")
    if sound.drums == "dmc":
        lines.append("  drums on the sample channel besides the noise")
    if sound.layers:
        lines.append("  layers " + ", +".join("+".join(item.voices) for item in sound.layers))
    if sound.instruments:
        named = ", ".join(_instrument(item, chip) for item in sound.instruments)
        lines.append(f"  custom instruments {named}")
    return lines


def _instrument(instrument: Instrument, chip: Chip) -> str:
    """Return an instrument's name, and the sample that the chip plays for it with its size."""
    sample = instrument.recording
    if sample is None:
        return instrument.name
    if chip.samples_tones:
        size = f"{sample.packed_bytes:,} bytes as BRR"
        return f"{instrument.name} ({sample.name} at {pitch_name(sample.root_pitch)}, {size})"
    rate = clip_rate(sample) if chip.plays_clips and instrument.name in DRUM_SOUNDS else None
    if rate is None:
        return f"{instrument.name} (without {sample.name}: the chip plays its macros)"
    size = f"{clip_bytes(sample, rate):,} bytes at {rate_hz(rate) / 1000:.1f} kHz"
    return f"{instrument.name} ({sample.name}, {size})"


def _primer_line(track: TrackPlan, primer: Primer) -> str:
    """Return the line that says how the primer is used."""
    modes = {
        (True, False): "heard by the model and played",
        (True, True): "heard by the model, played, then harmonised",
        (False, True): "played, then harmonised",
        (False, False): "played, not heard by the model",
    }
    how = modes[track.condition_on_primer, track.inject_primer]
    return f"  primer of {_notes_text(primer)} in {amount_of(primer.steps, 'step')}, {how}"


def _span(measure: Range) -> str:
    return f"{round(measure.low, 2):g}-{round(measure.high, 2):g}"
