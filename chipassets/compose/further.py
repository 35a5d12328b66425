"""Further parts, for chips with more than three tonal voices: held chords and a moving figure."""

from __future__ import annotations

from collections.abc import Sequence

from chipassets.compose import ideas
from chipassets.compose.avoiding import allowed_texture
from chipassets.compose.context import Context
from chipassets.compose.inner import compose_inner, role_in
from chipassets.music.notes import Note
from chipassets.music.score import FURTHER_PARTS

_MOVING = (ideas.ARPEGGIO, ideas.RUNNING, ideas.OSTINATO, ideas.DUET)


def compose_further(context: Context, beside: Sequence[Note]) -> list[Note]:
    """Return the notes of `FURTHER_PARTS`, for a take whose other notes are `beside`.

    The harmony holds the tones that the chord still needs; the figure moves where the second voice
    does not, and answers the tune where it does.
    """
    harmony, figure = FURTHER_PARTS
    roles = {bar: role_in(context, bar) for bar in range(context.bars)}
    avoid = context.plan.avoid
    held = dict.fromkeys(roles, ideas.HELD)
    moving = {
        bar: allowed_texture(avoid, ideas.COUNTER if role in _MOVING else ideas.ARPEGGIO)
        for bar, role in roles.items()
    }
    chords = compose_inner(context, harmony, held, beside)
    return [*chords, *compose_inner(context, figure, moving, [*beside, *chords])]
