"""Score to ChipSong: lines to voices, steps to frames, articulation, accents, echo and drums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chipassets.arrange.arpeggio import Chords, add_chords
from chipassets.arrange.articulation import (
    Timing,
    add_echo,
    count_folded,
    fit_line,
    phrase_drums,
    phrase_line,
)
from chipassets.arrange.balance import balance
from chipassets.arrange.bank import INSTRUMENTS, KITS, echo_of
from chipassets.arrange.drum_voice import drums_of, find_groove
from chipassets.arrange.dynamics import apply_dynamics, apply_gates, dynamics_of
from chipassets.arrange.expression import colours_of, express, form_of, in_sections, in_time
from chipassets.arrange.lines import assign_lines, fill_gaps
from chipassets.arrange.own_drums import own_drums
from chipassets.arrange.parts import COLOURS, Played, play_parts
from chipassets.arrange.steady_bass import beside_steady_bass
from chipassets.arrange.voice_roles import assign_roles, find_chip
from chipassets.chips.chipsong import (
    ChipNote,
    ChipSong,
    ChipVoice,
    FormPart,
    Instrument,
    counted,
)
from chipassets.chips.profiles import CHIPS, Chip, VoiceSpec
from chipassets.errors import ArrangeError
from chipassets.music.score import FURTHER_PARTS, Note, Score
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import TrackPlan
from chipassets.units import bar_frames

TAIL_FRAMES = 45
"""Frames after the last bar of a track that plays once, in which the last notes decay."""

_TONE_ROLES = ("lead", "inner", "bass")
_IN_CHORDS = "play in fast arpeggios of the inner voice"
_FOLDED = "play an octave or more away, where their voice can"
_NO_SAMPLES = "play their instrument's macros, as the chip plays no samples of tones"
_SHARE_BESIDE_TRIANGLE = 0.7
"""The share of the dynamics that the other voices use if the bass has no volume control."""

_ROOMS = {
    "title": "hall",
    "dungeon": "cave",
    "battle": "close",
    "boss": "stage",
    "shop": "close",
    "victory": "hall",
    "game_over": "hall",
    "credits": "hall",
}
"""The echo of a scene's music, if it is not the default."""

_GROOVE_DB = 1.5
"""One step of a groove's level in dB."""


def arrange(score: Score, track: TrackPlan, chip: str) -> ChipSong:
    """Return what each voice of the chip plays; every note of the score is played or counted.

    Lead, inner line and bass take the pitched voices, moved by octaves into their ranges; voices
    that the chip has besides play further parts; without such a voice, the inner voice echoes the
    lead where it rests; the track's groove is on noise. Notes without a voice sound in arpeggios of
    the inner voice unless the track disables them. Voices that the track leaves free are silent,
    and the more important lines take the others. Bars are exact numbers of frames. ArrangeError for
    a chip, an instrument or a groove that does not exist, or if no voice is left.
    """
    band = _band(score, track, chip)
    playable, dropped = _playable(score, band.timing)
    dealt = _lines(score, playable)
    lines = {role: line for role, line in dealt.items() if role in band.voice_of}
    fitted = {role: fit_line(line, band.voice_of[role]) for role, line in lines.items()}
    voices = _tones(fitted, band)
    parts, left = _further_parts(voices, _left(playable, dealt.values()), score, band)
    if "inner" in lines and not score.is_voiced:
        lines["inner"], left = fill_gaps(lines["inner"], left)
        fitted["inner"] = fit_line(lines["inner"], band.voice_of["inner"])
        voices["inner"] = _phrased("inner", fitted["inner"], band)
    chords = _chords(lines, voices, left, band)
    voices |= {**parts, "inner": chords.notes, "drums": _drums(score, band)}
    voices = _sung(voices, score, band)
    if "echo" not in parts and "inner" in lines and not score.is_voiced:
        voices["inner"] = add_echo(voices["inner"], voices["lead"], band.shadow.name, band.timing)
    dropped["their voice is left free"] = sum(
        len(line) for role, line in dealt.items() if role not in lines
    )
    dropped["more notes at once than voices"] = len(chords.left)
    folded = sum(count_folded(lines[role], fitted[role], band.voice_of[role]) for role in lines)
    song = _song(score, band, voices, chords.instruments)
    adapted = {
        _IN_CHORDS: len(left) - len(chords.left),
        _FOLDED: folded,
        _NO_SAMPLES: _without_sample(song, band.table),
    }
    return replace(song, dropped=counted(dropped.items()), adapted=counted(adapted.items()))


@dataclass(frozen=True, slots=True)
class _Players:
    """The players of a track: its timing, its form, and the instruments of the pitched roles.

    table: the chip with only the voices that are not left free.
    """

    track: TrackPlan
    table: Chip
    timing: Timing
    form: tuple[FormPart, ...]
    instruments: dict[str, Instrument]

    @property
    def voice_of(self) -> dict[str, VoiceSpec]:
        """Return the voices that are not left free, by role."""
        return {spec.role: spec for spec in self.table.voices}

    @property
    def shadow(self) -> Instrument:
        """Return the instrument that plays the lead's echo."""
        return echo_of(self.instruments["lead"])


Voices = dict[str, tuple[ChipNote, ...]]
"""Notes by role."""


def _band(score: Score, track: TrackPlan, chip: str) -> _Players:
    """Return the track's timing and instruments, and the chip's voices that it may use."""
    table = assign_roles(find_chip(chip), track.sound.leave)
    frames_per_bar = bar_frames(score.tempo_millibpm, score.beats_per_bar, table.frame_rate_hz)
    timing = Timing(
        frames_per_bar, score.beats_per_bar, score.bars, score.loop_start_bar, track.swing
    )
    named = _instruments(track)
    own = {item.name for item in track.sound.instruments}
    played = {
        role: item if item.name in own else in_time(item, timing) for role, item in named.items()
    }
    return _Players(track, table, timing, form_of(score.sections, timing), played)


def _lines(score: Score, playable: Sequence[Note]) -> dict[str, Sequence[Note]]:
    """Return the notes of lead, inner line and bass: as composed, or assigned from merged music."""
    if not score.is_voiced:
        return dict(zip(_TONE_ROLES, assign_lines(playable), strict=True))
    return {role: _one_at_a_time(playable, role) for role in _TONE_ROLES}


def _one_at_a_time(notes: Sequence[Note], part: str) -> list[Note]:
    """Return a part's notes without overlaps; of a chord only the highest note stays."""
    line: list[Note] = []
    for note in notes:
        if note.part == part and (not line or line[-1].end_step <= note.start_step):
            line.append(note)
    return line


def _tones(fitted: Mapping[str, Sequence[Note]], band: _Players) -> Voices:
    """Return lead, inner line and bass if they have a voice; without one the line is empty."""
    voices = {role: _phrased(role, line, band) for role, line in fitted.items()}
    return {"bass": (), **voices}


def _phrased(role: str, line: Sequence[Note], band: _Players) -> tuple[ChipNote, ...]:
    """Return a line as notes of the chip, with the instrument of its role."""
    return phrase_line(line, role, band.instruments[role].name, band.timing)


def _further_parts(
    voices: Voices, left: Sequence[Note], score: Score, band: _Players
) -> tuple[Voices, Sequence[Note]]:
    """Return what the chip's other voices play, and the notes that are still left."""
    played = Played(
        left=left,
        composed={name: score.part(name) for name in FURTHER_PARTS},
        lead=voices["lead"],
        bass=voices["bass"],
        instrument=band.instruments["inner"].name,
        shadow=band.shadow.name,
        timing=band.timing,
    )
    return play_parts(band.table, played, frozenset((*_TONE_ROLES, "drums")))


def _sung(voices: Voices, score: Score, band: _Players) -> Voices:
    """Return the voices with the timbres that the form asks for, and the loudness of every bar."""
    flat = band.voice_of["bass"].kind == "triangle" if "bass" in band.voice_of else False
    share = _SHARE_BESIDE_TRIANGLE if flat else 1.0
    dynamics = dynamics_of(score, band.track, share)
    found = {}
    for role, notes in voices.items():
        if role in _EXPRESSED and not (flat and role == "bass"):
            own = band.instruments[_EXPRESSED[role]]
            notes = express(notes, own, band.form, band.timing, role=role)
        if role in _TONE_ROLES:
            named = [getattr(band.track.wished(s.name), _WISHED[role]) for s in score.sections]
            notes = in_sections(notes, band.instruments[role], named, score.sections, band.timing)
        apply = apply_gates if flat and role == "bass" else apply_dynamics
        found[role] = apply(notes, dynamics, band.timing)
    return found


_EXPRESSED = {"lead": "lead", "inner": "inner", "bass": "bass", "harmony": "inner"}
"""The roles that are coloured with the form, and whose instrument they play."""


_WISHED = {"lead": "lead", "inner": "inner", "bass": "low"}
"""The field of a wish that holds the instrument of each role."""


def _chords(
    lines: Mapping[str, Sequence[Note]], voices: Voices, left: Sequence[Note], band: _Players
) -> Chords:
    """Return the inner voice with the left-over notes as arpeggios, unless these are disabled."""
    inner = voices.get("inner", ())
    if not band.track.sound.arpeggio or "inner" not in lines:
        return Chords(inner, (), tuple(left))
    return add_chords(
        lines["inner"], inner, left, band.instruments["inner"], band.voice_of["inner"]
    )


def _drums(score: Score, band: _Players) -> tuple[ChipNote, ...]:
    """Return the score's drums as notes of the chip."""
    return phrase_drums(drums_of(score, band.track), band.timing)


def _song(
    score: Score, band: _Players, voices: Voices, chord_instruments: Sequence[Instrument]
) -> ChipSong:
    """Return the song with the voices in the chip's order; voices left free have no notes."""
    roles = {spec.name: spec.role for spec in band.table.voices}
    drums = own_drums(band.track.sound.instruments, band.table)
    own = drums.instruments
    kit = KITS[band.track.sound.drums]
    colours = [colour for item in band.instruments.values() for colour in colours_of(item)]
    bank = (band.shadow, *INSTRUMENTS.values(), *COLOURS, *kit, *own, *colours, *chord_instruments)
    by_name = {item.name: item for item in bank}
    kept = {colour.name for item in own for colour in colours_of(item)}
    bass, lifted = beside_steady_bass(voices, band.table, by_name, kept)
    by_name |= {item.name: item for item in lifted}
    voices = {**voices, "bass": tuple(bass)}
    groove_db = _GROOVE_DB * find_groove(band.track.character.groove).level
    voices = balance(voices, band.table, by_name, groove_db)
    timing = band.timing
    return ChipSong(
        chip=band.table.name,
        voices=tuple(
            ChipVoice(spec.name, voices[roles[spec.name]] if spec.name in roles else ())
            for spec in CHIPS[band.table.name].voices
        ),
        instruments=_used(by_name.values(), voices.values()),
        frames=timing.end_frame + (TAIL_FRAMES if score.loop_start_bar is None else 0),
        frames_per_bar=timing.frames_per_bar,
        loop_start_frame=timing.loop_start_frame,
        room=_ROOMS.get(band.track.scene_like or band.track.scene, ""),
        form=band.form,
        clips=drums.clips,
    )


def _without_sample(song: ChipSong, chip: Chip) -> int:
    """Return how many notes have a sample that the chip cannot play."""
    if chip.samples_tones:
        return 0
    named = {item.name for item in song.instruments if item.recording and not item.sample}
    return sum(note.instrument in named for voice in song.voices for note in voice.notes)


def _playable(score: Score, timing: Timing) -> tuple[list[Note], Counter[str]]:
    """Return the notes that have a place in time, and the number of the others by reason."""
    dropped: Counter[str] = Counter()
    playable = []
    for note in score.notes:
        if not 0 <= note.start_step < score.total_steps:
            dropped["starts outside the bars"] += 1
        elif timing.frame(min(note.end_step, score.total_steps)) <= timing.frame(note.start_step):
            dropped["shorter than a frame"] += 1
        else:
            playable.append(note)
    return playable, dropped


def _left(playable: Sequence[Note], lines: Iterable[Iterable[Note]]) -> list[Note]:
    """Return the notes that are in no line."""
    dealt = {(note.start_step, note.pitch) for line in lines for note in line}
    return [note for note in playable if (note.start_step, note.pitch) not in dealt]


def _instruments(track: TrackPlan) -> dict[str, Instrument]:
    """Return the instrument of each role; ArrangeError for a name that is in neither bank."""
    character = track.character
    bank = INSTRUMENTS | {item.name: item for item in track.sound.instruments}
    found = {}
    for role in _TONE_ROLES:
        name = getattr(character, role)
        if name not in bank:
            fix = did_you_mean(name, bank, "instruments")
            raise ArrangeError(f"there is no instrument {name!r} for the {role}; {fix}")
        found[role] = bank[name]
    return found


def _used(
    bank: Iterable[Instrument], voices: Iterable[tuple[ChipNote, ...]]
) -> tuple[Instrument, ...]:
    """Return the instruments of the bank that any voice plays, each once."""
    names = {note.instrument for notes in voices for note in notes}
    return tuple({item.name: item for item in bank if item.name in names}.values())
