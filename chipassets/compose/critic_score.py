"""Score a take with the learned critic."""

from __future__ import annotations

import numpy as np

from chipassets.compose.critic import Critic
from chipassets.compose.harmonies import Harmony
from chipassets.compose.part_context import STEPS_A_BAR, STEPS_A_CHORD, quality_of
from chipassets.compose.part_tokens import tokens_of_notes
from chipassets.music.keys import Key
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import Score
from chipassets.units import OCTAVE

_PHRASE_BARS = 4


def judge(score: Score, harmony: Harmony, key: Key) -> float | None:
    """Return the critic's mean log-odds that a person wrote the score's phrases.

    None for scores that the critic cannot read: those without voices, shorter than four bars or not
    in 4/4.
    """
    if score.steps_per_bar != STEPS_A_BAR or score.bars < _PHRASE_BARS or not score.is_voiced:
        return None
    shift = key.canonical_shift
    rows = harmony.at[::STEPS_A_CHORD]
    chords = [harmony.table.chords[int(row)] for row in rows]
    root = np.array([(chord.root - shift) % OCTAVE for chord in chords], np.int64)
    quality = np.array([quality_of(chord.pitch_classes, chord.root) for chord in chords], np.int64)
    voices = {
        part: tokens_of_notes(score.part(part), score.total_steps, shift)
        for part in (LEAD, BASS, INNER)
    }
    return Critic.load().score_piece(voices, root, quality)
