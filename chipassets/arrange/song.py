"""Score to ChipSong: lines to voices, steps to frames, with phrasing, accents, echo and drums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chipassets.arrange.bank import INSTRUMENTS, echo_of
from chipassets.arrange.drums import play_drums
from chipassets.arrange.lines import deal_lines
from chipassets.arrange.parts import COLOURS, Played, play_parts
from chipassets.arrange.phrasing import Timing, add_echo, fit_line, phrase_drums, phrase_line
from chipassets.arrange.version import ARRANGE_VERSION
from chipassets.chips import CHIPS, Chip
from chipassets.chipsong import ChipNote, ChipSong, ChipVoice, Dropped, Instrument
from chipassets.errors import ArrangeError
from chipassets.score import Note, Score
from chipassets.seeds import derive_rng
from chipassets.trackplan import TrackPlan
from chipassets.units import bar_frames

TAIL_FRAMES = 45
"""What a track that plays once gets after its last bar, for the last notes to end in."""

_TONE_ROLES = ("lead", "inner", "bass")


def arrange(score: Score, track: TrackPlan, chip: str) -> ChipSong:
    """Return what each voice of the chip plays: every note of the score, or counted as dropped.

    Lead, inner line and bass take the tonal voices, moved by octaves into their ranges; voices that
    the chip has beyond those play further parts; without one for it, the inner voice echoes the
    lead where it is free; the track's groove is on noise. Bars are exact numbers of frames.
    ArrangeError for a chip, an instrument or a groove that does not exist.
    """
    table = _find_chip(chip)
    frames_per_bar = bar_frames(score.tempo_millibpm, score.beats_per_bar, table.frame_rate_hz)
    timing = Timing(frames_per_bar, score.beats_per_bar, score.bars, score.loop_start_bar)
    playable, dropped = _playable(score, timing)
    lines = deal_lines(playable)
    instruments = _instruments(track)
    voices = {
        role: phrase_line(fit_line(line, table.voice(role)), role, instruments[role].name, timing)
        for role, line in zip(_TONE_ROLES, lines, strict=True)
    }
    shadow = echo_of(instruments["lead"])
    parts, left = play_parts(
        table,
        Played(
            left=_left(playable, lines),
            lead=voices["lead"],
            bass=voices["bass"],
            instrument=instruments["inner"].name,
            shadow=shadow.name,
            timing=timing,
        ),
        frozenset((*_TONE_ROLES, "drums")),
    )
    dropped["more notes at once than voices"] = len(left)
    voices |= parts
    if "echo" not in parts:
        voices["inner"] = add_echo(voices["inner"], voices["lead"], shadow.name, timing)
    rng = derive_rng(track.seed, "arrange", ARRANGE_VERSION, "drums")
    voices["drums"] = phrase_drums(play_drums(score, track.character.groove, rng), timing)
    return ChipSong(
        chip=chip,
        voices=tuple(ChipVoice(spec.name, voices[spec.role]) for spec in table.voices),
        instruments=_used(
            [*instruments.values(), shadow, *INSTRUMENTS.values(), *COLOURS], voices.values()
        ),
        frames=timing.end_frame + (TAIL_FRAMES if score.loop_start_bar is None else 0),
        frames_per_bar=frames_per_bar,
        loop_start_frame=timing.loop_start_frame,
        dropped=tuple(Dropped(reason, count) for reason, count in dropped.items() if count),
    )


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


def _instruments(track: TrackPlan) -> dict[str, Instrument]:
    """The instrument of each role; ArrangeError for a name that is not in the bank."""
    character = track.character
    found = {}
    for role in _TONE_ROLES:
        name = getattr(character, role)
        if name not in INSTRUMENTS:
            known = ", ".join(INSTRUMENTS)
            raise ArrangeError(f"there is no instrument {name!r} for the {role}; there are {known}")
        found[role] = INSTRUMENTS[name]
    return found


def _used(
    bank: Iterable[Instrument], voices: Iterable[tuple[ChipNote, ...]]
) -> tuple[Instrument, ...]:
    names = {note.instrument for notes in voices for note in notes}
    return tuple({item.name: item for item in bank if item.name in names}.values())
