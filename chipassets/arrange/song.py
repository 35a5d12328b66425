"""Score to ChipSong: lines to voices, steps to frames, with phrasing, accents, echo and drums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from chipassets.arrange.arpeggio import Chords, add_chords
from chipassets.arrange.bank import INSTRUMENTS, echo_of
from chipassets.arrange.drums import play_drums
from chipassets.arrange.lines import deal_lines
from chipassets.arrange.parts import COLOURS, Played, play_parts
from chipassets.arrange.phrasing import (
    Timing,
    add_echo,
    count_folded,
    fit_line,
    phrase_drums,
    phrase_line,
)
from chipassets.arrange.seats import seat_voices
from chipassets.arrange.version import ARRANGE_VERSION
from chipassets.chips import CHIPS, Chip, VoiceSpec
from chipassets.chipsong import ChipNote, ChipSong, ChipVoice, Dropped, Instrument
from chipassets.errors import ArrangeError
from chipassets.score import Note, Score
from chipassets.seeds import derive_rng
from chipassets.trackplan import TrackPlan
from chipassets.units import bar_frames

TAIL_FRAMES = 45
"""What a track that plays once gets after its last bar, for the last notes to end in."""

_TONE_ROLES = ("lead", "inner", "bass")
_IN_CHORDS = "play in fast arpeggios of the inner voice"
_FOLDED = "play an octave or more away, where their voice can"
_PULSE_BASS_LEVEL = 10


def arrange(score: Score, track: TrackPlan, chip: str) -> ChipSong:
    """Return what each voice of the chip plays: every note of the score, or counted as dropped.

    Lead, inner line and bass take the tonal voices, moved by octaves into their ranges; voices that
    the chip has beyond those play further parts; without one for it, the inner voice echoes the
    lead where it is free; the track's groove is on noise. Notes for which there is no voice sound
    in arpeggios of the inner voice unless the track wants none. Voices that the track leaves free
    are silent, and the more important lines take the others. Bars are exact numbers of frames.
    ArrangeError for a chip, an instrument or a groove that does not exist, or no voice left.
    """
    table = seat_voices(_find_chip(chip), track.sound.leave)
    frames_per_bar = bar_frames(score.tempo_millibpm, score.beats_per_bar, table.frame_rate_hz)
    timing = Timing(frames_per_bar, score.beats_per_bar, score.bars, score.loop_start_bar)
    playable, dropped = _playable(score, timing)
    dealt = dict(zip(_TONE_ROLES, deal_lines(playable), strict=True))
    seats = {spec.role: spec for spec in table.voices}
    lines = {role: line for role, line in dealt.items() if role in seats}
    dropped["their voice is left free"] = sum(map(len, dealt.values())) - sum(
        map(len, lines.values())
    )
    instruments = _instruments(track)
    fitted = {role: fit_line(line, seats[role]) for role, line in lines.items()}
    voices = {
        role: phrase_line(line, role, instruments[role].name, timing)
        for role, line in fitted.items()
    }
    folded = sum(count_folded(line, fitted[role], seats[role]) for role, line in lines.items())
    voices["bass"] = _borrowed(voices.get("bass", ()), seats.get("bass"))
    shadow = echo_of(instruments["lead"])
    parts, left = play_parts(
        table,
        Played(
            left=_left(playable, dealt.values()),
            lead=voices["lead"],
            bass=voices["bass"],
            instrument=instruments["inner"].name,
            shadow=shadow.name,
            timing=timing,
        ),
        frozenset((*_TONE_ROLES, "drums")),
    )
    voices |= parts
    chords = Chords(voices.get("inner", ()), (), tuple(left))
    if track.sound.arpeggio and "inner" in lines:
        inner = voices["inner"]
        chords = add_chords(lines["inner"], inner, left, instruments["inner"], seats["inner"])
        voices["inner"] = chords.notes
    dropped["more notes at once than voices"] = len(chords.left)
    in_chords = len(left) - len(chords.left)
    if "echo" not in parts and "inner" in lines:
        voices["inner"] = add_echo(voices["inner"], voices["lead"], shadow.name, timing)
    rng = derive_rng(track.seed, "arrange", ARRANGE_VERSION, "drums")
    voices["drums"] = phrase_drums(play_drums(score, track.character.groove, rng), timing)
    roles = {spec.name: spec.role for spec in table.voices}
    return ChipSong(
        chip=chip,
        voices=tuple(
            ChipVoice(spec.name, voices[roles[spec.name]] if spec.name in roles else ())
            for spec in CHIPS[chip].voices
        ),
        instruments=_used(
            [
                shadow,
                *chords.instruments,
                *INSTRUMENTS.values(),
                *COLOURS,
                *track.sound.instruments,
            ],
            voices.values(),
        ),
        frames=timing.end_frame + (TAIL_FRAMES if score.loop_start_bar is None else 0),
        frames_per_bar=frames_per_bar,
        loop_start_frame=timing.loop_start_frame,
        dropped=_counted(dropped),
        adapted=_counted({_IN_CHORDS: in_chords, _FOLDED: folded}),
    )


def _counted(counts: Mapping[str, int]) -> tuple[Dropped, ...]:
    return tuple(Dropped(reason, count) for reason, count in counts.items() if count)


def _find_chip(name: str) -> Chip:
    if name not in CHIPS:
        raise ArrangeError(f"there is no chip {name!r}; choose one of {', '.join(CHIPS)}")
    return CHIPS[name]


def _playable(score: Score, timing: Timing) -> tuple[list[Note], Counter[str]]:
    """The notes that have a place in time, and the others counted by reason."""
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


def _left(playable: list[Note], lines: Iterable[Iterable[Note]]) -> list[Note]:
    """The notes that no line holds."""
    dealt = {(note.start_step, note.pitch) for line in lines for note in line}
    return [note for note in playable if (note.start_step, note.pitch) not in dealt]


def _borrowed(bass: tuple[ChipNote, ...], spec: VoiceSpec | None) -> tuple[ChipNote, ...]:
    """The bass, softer where it is on a pulse: a triangle at its one level is softer than that."""
    if spec is None or "pulse" not in spec.kind:
        return bass
    return tuple(replace(note, level=min(note.level, _PULSE_BASS_LEVEL)) for note in bass)


def _instruments(track: TrackPlan) -> dict[str, Instrument]:
    """The instrument of each role; ArrangeError for a name that is in neither bank."""
    character = track.character
    bank = INSTRUMENTS | {item.name: item for item in track.sound.instruments}
    found = {}
    for role in _TONE_ROLES:
        name = getattr(character, role)
        if name not in bank:
            known = ", ".join(bank)
            raise ArrangeError(f"there is no instrument {name!r} for the {role}; there are {known}")
        found[role] = bank[name]
    return found


def _used(
    bank: Iterable[Instrument], voices: Iterable[tuple[ChipNote, ...]]
) -> tuple[Instrument, ...]:
    names = {note.instrument for notes in voices for note in notes}
    return tuple({item.name: item for item in bank if item.name in names}.values())
