"""The music view: what plays, where in it, which voices sound, what comes next and why."""

from __future__ import annotations

import logging
from functools import lru_cache

import pygame

from chipassets.runtime import Change, PygamePlayer, Track
from demo_game.art.panel import HUD_HEIGHT
from demo_game.art.roll import HEIGHT as ROLL_HEIGHT
from demo_game.art.roll import WIDTH as ROLL_WIDTH
from demo_game.art.roll import Roll, draw_page, draw_sounding, statements_at, voice_colour
from demo_game.font import cut_text, draw_text, measure_text
from demo_game.palette import COAL, CREAM, GOLD, INK, LIME, NIGHT, PEARL, SLATE, STONE, Colour
from demo_game.smf import MidiError, read_parts

_log = logging.getLogger(__name__)

_TOP = HUD_HEIGHT + 2
_LEFT = 4
_VOICES_Y = _TOP + ROLL_HEIGHT + 2
_WHY_Y = _VOICES_Y + 10
VIEW_HEIGHT = _WHY_Y + 11
"""How much of the picture the view covers, with the line on top."""

_NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")


@lru_cache(maxsize=64)
def read_roll(track: Track) -> Roll:
    """Return the track's roll; without notes, and with a line in the log, if it has no MIDI."""
    file = track.files.get("midi")
    if file is None:
        return Roll(track, ())
    try:
        return Roll(track, read_parts(file.path))
    except MidiError as error:
        _log.warning("the music view shows no notes of %s: %s", track.name, error)
        return Roll(track, ())


@lru_cache(maxsize=64)
def _page(roll: Roll, page: int) -> pygame.Surface:
    return draw_page(roll, page)


@lru_cache(maxsize=1)
def _board() -> pygame.Surface:
    board = pygame.Surface((ROLL_WIDTH + 2 * _LEFT, VIEW_HEIGHT - HUD_HEIGHT), pygame.SRCALPHA)
    board.fill((*INK, 214))
    pygame.draw.rect(board, NIGHT, (0, board.get_height() - 1, board.get_width(), 1))
    return board


def beat_at(track: Track, sample: int) -> float:
    """Return the beat from the start of the track at which a position lies, loops gone round."""
    here, bar = track.wrap(sample), track.position_bar(sample)
    start, end = track.bar_sample(bar), track.bar_sample(bar + 1)
    return (bar + min((here - start) / max(end - start, 1), 1.0)) * track.beats_per_bar


def draw_music_view(
    canvas: pygame.Surface, player: PygamePlayer, last: Change | None, now_ms: int
) -> None:
    """Draw the view below the line on top; `last` is the change that led to what plays."""
    canvas.blit(_board(), (0, HUD_HEIGHT))
    playing, beat = player.now_playing(now_ms), 0.0
    if playing is not None:
        track = playing.track
        roll = read_roll(track)
        beat = beat_at(track, player.director.position_samples(now_ms))
        page = roll.page_of(beat)
        canvas.blit(_page(roll, page), (_LEFT, _TOP))
        lit = draw_sounding(canvas, (_LEFT, _TOP), roll, page, beat)
        _draw_voices(canvas, roll, lit, player.director.layer_gains(track, now_ms))
    motif = say_motif(playing.track, beat) if playing is not None else ""
    text, colour = say_transition(player, last, now_ms)
    room = ROLL_WIDTH - (measure_text(motif) + 8 if motif else 0)
    draw_text(canvas, cut_text(text, room), _LEFT, _WHY_Y, colour)
    draw_text(canvas, motif, _LEFT + ROLL_WIDTH - measure_text(motif), _WHY_Y, GOLD)


def say_motif(track: Track, beat: float) -> str:
    """Return the motif that sounds at a beat of a track and how far it was moved, "" for none."""
    said = [
        f"♪ {found.motif}{f' {found.transposition:+d}' if found.transposition else ''}"
        for found in statements_at(track, beat)
    ]
    return "  ".join(said)


def say_transition(player: PygamePlayer, last: Change | None, now_ms: int) -> tuple[str, Colour]:
    """Return what comes next, and when and why; while nothing does, why this plays."""
    pending, playing = player.director.pending, player.director.playing
    if pending is not None:
        name = pending.track.name if pending.track else "silence"
        return f"next: {name} {_say_wait(pending.at_ms - now_ms, playing)} ({pending.reason})", GOLD
    if last is None:
        return "nothing has been asked for yet", STONE
    since = now_ms - last.at_ms
    if since < last.fade_ms:
        return f"{'●' * (since * 6 // last.fade_ms + 1):○<6} {last.reason}", LIME
    return last.reason, PEARL


def _say_wait(wait_ms: int, playing: Track | None) -> str:
    if wait_ms <= 0 or playing is None:
        return "as soon as it is decoded"
    beats = wait_ms * playing.tempo_bpm / 60_000
    return f"in {beats:.1f} beats"


def _draw_voices(
    canvas: pygame.Surface,
    roll: Roll,
    lit: frozenset[tuple[int, int]],
    gains: tuple[float, ...],
) -> None:
    """Draw a lamp for each voice, lit while it sounds, with its note; barred when it is faded."""
    room = ROLL_WIDTH // max(len(roll.parts), 4)
    for number, part in enumerate(roll.parts):
        x = _LEFT + number * room
        pitches = sorted(pitch for which, pitch in lit if which == number)
        gain = voice_gain(roll.track, part.name, gains)
        colour = voice_colour(roll.parts, number) if pitches and gain > 0 else SLATE
        end = draw_text(canvas, "●" if gain > 0 else "○", x, _VOICES_Y, colour)
        name = CREAM if pitches and gain > 0 else STONE
        end = draw_text(canvas, cut_text(part.name, room - 24), end + 1, _VOICES_Y, name)
        if pitches and gain > 0 and not part.is_drums:
            draw_text(canvas, _note_name(pitches[-1]), end + 3, _VOICES_Y, colour)
        canvas.fill(COAL, (x, _VOICES_Y + 8, room - 6, 1))
        canvas.fill(colour, (x, _VOICES_Y + 8, round((room - 6) * gain), 1))


def voice_gain(track: Track, voice: str, gains: tuple[float, ...]) -> float:
    """Return how loud, 0..1, the intensity leaves a voice; 1 in a track without layers."""
    for layer, gain in zip(track.layers, gains, strict=False):
        if voice in layer.voices:
            return gain
    return 1.0


def _note_name(pitch: int) -> str:
    return f"{_NOTE_NAMES[pitch % 12]}{pitch // 12 - 1}"
