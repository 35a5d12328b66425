"""The music view: what plays, where in it, which voices sound, what comes next and why."""

from __future__ import annotations

import logging
from functools import lru_cache

import pygame

from chipassets.runtime import Change, NowPlaying, PygamePlayer, Track
from demo_game.art.roll import HEIGHT as ROLL_HEIGHT
from demo_game.art.roll import WIDTH as ROLL_WIDTH
from demo_game.art.roll import Roll, draw_page, draw_sounding, statements_at, voice_colour
from demo_game.art.vista import HEIGHT, WIDTH
from demo_game.font import cut_text, draw_text, measure_text, wrap_text
from demo_game.palette import (
    COAL,
    CORAL,
    CREAM,
    GOLD,
    INK,
    LIME,
    NIGHT,
    PEARL,
    SLATE,
    STONE,
    WHITE,
    Colour,
)  # fmt: skip
from demo_game.smf import MidiError, read_parts

_log = logging.getLogger(__name__)

WIDE_WIDTH, WIDE_HEIGHT = 480, 270
"""The picture with the view: the scene at its upper left, the view around it.

Half as wide and as high again as the scene, so that in a window of three times the scene's size it
is shown twice as large as it is, and pixels stay square.
"""
_MARGIN = 4
_SIDE = pygame.Rect(WIDTH + _MARGIN, 0, WIDE_WIDTH - WIDTH - 2 * _MARGIN, HEIGHT)
_ROLL_Y = HEIGHT + 3
_VOICES_Y = _ROLL_Y + ROLL_HEIGHT + 3
_KEYS_Y = _VOICES_Y + 11
_WHY_Y, _WHY_LINES = 64, 4
REST_Y = _WHY_Y + _WHY_LINES * 10 + 2
"""From this row on the column beside the scene is free for the layers, or for an audition."""

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


def beat_at(track: Track, sample: int) -> float:
    """Return at which quarter note from the start a position lies, loops gone round."""
    here, bar = track.wrap(sample), track.position_bar(sample)
    start, end = track.bar_sample(bar), track.bar_sample(bar + 1)
    return (bar + min((here - start) / max(end - start, 1), 1.0)) * track.beats_per_bar


def draw_music_view(
    canvas: pygame.Surface, player: PygamePlayer, last: Change | None, now_ms: int
) -> None:
    """Draw the view beside and below the scene; `last` is the change that led to what plays.

    canvas: WIDE_WIDTH by WIDE_HEIGHT, of which the scene's part is left as it is.
    """
    canvas.fill(INK, (WIDTH, 0, WIDE_WIDTH - WIDTH, HEIGHT))
    canvas.fill(INK, (0, HEIGHT, WIDE_WIDTH, WIDE_HEIGHT - HEIGHT))
    canvas.fill(NIGHT, (WIDTH, 0, 1, HEIGHT))
    canvas.fill(NIGHT, (0, HEIGHT, WIDE_WIDTH, 1))
    playing, beat = player.now_playing(now_ms), 0.0
    if playing is not None:
        track = playing.track
        roll = read_roll(track)
        beat = beat_at(track, player.director.position_samples(now_ms))
        page = roll.page_of(beat)
        canvas.blit(_page(roll, page), (_MARGIN, _ROLL_Y))
        lit = draw_sounding(canvas, (_MARGIN, _ROLL_Y), roll, page, beat)
        _draw_voices(canvas, roll, lit, player.director.layer_gains(track, now_ms))
    _draw_facts(canvas, playing, beat)
    text, colour = say_transition(player, last, now_ms)
    for row, line in enumerate(wrap_text(text, _SIDE.width, _WHY_LINES)):
        draw_text(canvas, line, _SIDE.left, _WHY_Y + row * 10, colour)


def draw_layers(canvas: pygame.Surface, player: PygamePlayer, now_ms: int) -> None:
    """Draw how much of each layer of what plays is heard, in the rest of the column."""
    playing = player.now_playing(now_ms)
    layers = playing.track.layers if playing is not None else ()
    gains = player.director.layer_gains(playing.track, now_ms) if playing is not None else ()
    draw_text(canvas, "layers" if layers else "one layer", _SIDE.left, REST_Y, STONE)
    for row, (layer, gain) in enumerate(zip(layers[:5], gains, strict=False)):
        y = REST_Y + 12 + row * 12
        name = cut_text(layer.name, 90)
        draw_text(canvas, name, _SIDE.left, y, CREAM if gain > 0 else STONE)
        canvas.fill(COAL, (_SIDE.right - 54, y + 2, 54, 4))
        canvas.fill(LIME, (_SIDE.right - 54, y + 2, round(54 * gain), 4))


def draw_keys(canvas: pygame.Surface, text: str) -> None:
    """Draw the line that tells which keys there are."""
    draw_text(canvas, cut_text(text, ROLL_WIDTH), _MARGIN, _KEYS_Y, STONE)


def _draw_facts(canvas: pygame.Surface, playing: NowPlaying | None, beat: float) -> None:
    """Draw what plays, its moods, and where it is: the beats of the bar as dots."""
    x = _SIDE.left
    if playing is None:
        draw_text(canvas, "♪ silence", x, 4, STONE)
        return
    track = playing.track
    end = draw_text(canvas, "♪ ", x, 4, GOLD if playing.beat == 0 else CORAL)
    dots = "".join("●" if n == playing.beat else "○" for n in range(track.felt_beats))
    right = _SIDE.right - measure_text(dots)
    draw_text(canvas, cut_text(track.name, right - end - 4), end, 4, WHITE)
    draw_text(canvas, dots, right, 4, GOLD)
    where = f"bar {playing.bar + 1}/{track.bars}"
    where += f"  section {playing.section}" if playing.section else ""
    rows = (
        (" ".join(track.moods), LIME),
        (f"scene {playing.scene}", PEARL),
        (f"{track.key}  {track.tempo_bpm:.0f} bpm", PEARL),
        (where, CREAM),
        (say_motif(track, beat), GOLD),
    )
    for row, (text, colour) in enumerate(rows):
        draw_text(canvas, cut_text(text, _SIDE.width), x, 14 + row * 10, colour)


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
    beats = wait_ms * playing.tempo_bpm / 60_000 * 4 / playing.pulse_steps
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
        x = _MARGIN + number * room
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
