"""The networks for single voices: context, history, sampling and rating."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    CONTEXT_GROUPS,
    FIRST_NOTE,
    GIVEN,
    HOLD,
    LOWEST,
    PITCHES,
    REST,
    ROLES,
    VOCABULARY,
    PartContext,
    context_classes,
    quality_of,
    remaining,
    sounding,
)
from chipassets.compose.part_history import COPIES, HISTORY_GROUPS, History
from chipassets.compose.parts_forward import ROWS
from chipassets.compose.parts_model import (
    GROUPS,
    HEAD_SIZES,
    WIDEST,
    PartsModel,
    PartWeights,
    parse_parts,
    save_parts,
)
from chipassets.compose.parts_network import PartNetworks, log_likelihood, sample_part
from chipassets.errors import ModelError

BARS = 6
STEPS = 16 * BARS


def _weights(seed: int, units: int = 6) -> PartWeights:
    rng = np.random.default_rng(seed)
    outputs = sum(HEAD_SIZES.values())

    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 0.4, shape).astype(np.float32)

    return PartWeights(
        embedding=normal(sum(GROUPS.values()), units),
        lstm_input=normal(4 * units, units),
        lstm_recurrent=normal(4 * units, units),
        lstm_bias=normal(4 * units),
        hidden=normal(units, 2 * units),
        hidden_bias=normal(units),
        head=normal(outputs, units),
        head_bias=normal(outputs),
    )


@pytest.fixture(scope="module")
def networks() -> PartNetworks:
    """Networks of six units with random weights."""
    return PartNetworks(PartsModel({role: _weights(n) for n, role in enumerate(ROLES)}))


def _voice(seed: int) -> NDArray[np.int64]:
    """Return a voice that holds, rests and leaps about."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice([HOLD, REST, FIRST_NOTE, FIRST_NOTE], STEPS)
    return np.where(kinds == FIRST_NOTE, FIRST_NOTE + rng.integers(0, PITCHES, STEPS), kinds)


def _context(role: str) -> PartContext:
    rng = np.random.default_rng(7)
    return PartContext(
        mode="dorian",
        root=rng.integers(-1, 12, 2 * BARS),
        quality=rng.integers(0, 6, 2 * BARS),
        phrase_bar=np.arange(BARS) % 4,
        chord_bass=rng.integers(-1, 12, 2 * BARS),
        cadence=rng.integers(0, 3, BARS),
        density=rng.uniform(0, 10, BARS),
        register=rng.uniform(40, 90, BARS),
        part=None if role == "lead" else rng.integers(0, 7, BARS),
        likeness=rng.integers(0, 10, BARS),
        given={voice: _voice(seed) for seed, voice in enumerate(GIVEN[role])},
    )


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-x))


def _plain_log_likelihood(
    weights: PartWeights, context: PartContext, voice: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Rate one voice step by step as the module's description says, without any table."""
    w = {name: getattr(weights, name).astype(np.float64) for name in weights.__dataclass_fields__}
    told = context_classes(context)
    history = History(1, len(voice), LOWEST)
    starts = np.cumsum([0, *GROUPS.values()])
    heads = dict(zip(HEAD_SIZES, np.cumsum([0, *HEAD_SIZES.values()]), strict=False))
    units = len(w["hidden_bias"])
    output, cell = np.zeros(units), np.zeros(units)
    rated = []
    for step, token in enumerate(voice):
        past = history.classes()[0]
        classes = dict(zip(GROUPS, [*told[step], *past], strict=True))
        x = np.zeros(units)
        for start, chosen in zip(starts, classes.values(), strict=False):
            if chosen >= 0:
                x += w["embedding"][start + chosen]
        gates = w["lstm_input"] @ x + w["lstm_recurrent"] @ output + w["lstm_bias"]
        i, f, g, o = np.split(gates, 4)
        cell = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(g)
        output = _sigmoid(o) * np.tanh(cell)
        hidden = w["hidden"] @ np.concatenate((output, x)) + w["hidden_bias"]
        out = w["head"] @ np.maximum(hidden, 0) + w["head_bias"]
        logits = out[:VOCABULARY].copy()
        for pitch in range(PITCHES):
            place = FIRST_NOTE + pitch
            if classes["root"] >= 0:
                logits[place] += out[heads["root"] + (pitch + LOWEST - classes["root"]) % 12]
            for head, group in (
                ("last", "last_pitch"),
                ("lead", "lead_pitch"),
                ("bass", "bass_pitch"),
            ):
                if 0 <= classes[group] < PITCHES:
                    distance = min(WIDEST, max(-WIDEST, pitch - classes[group]))
                    logits[place] += out[heads[head] + WIDEST + distance]
        for gate, name in enumerate(COPIES):
            if classes[name] >= 0:
                logits[classes[name]] += out[heads["gates"] + gate]
        rated.append(logits[token] - np.log(np.exp(logits).sum()))
        history.write(voice[step : step + 1])
    return np.array(rated)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.default_cases(1)
def test_rating_agrees_with_a_plain_loop(networks: PartNetworks, role: str) -> None:
    voices = np.stack([_voice(seed) for seed in range(20, 20 + ROWS + 2)])
    context = _context(role)
    rated = log_likelihood(networks, role, context, voices)
    for row in (0, ROWS - 1, ROWS + 1):
        plain = _plain_log_likelihood(networks.model.weights[role], context, voices[row])
        np.testing.assert_allclose(rated[row], plain, atol=2e-5)


def test_rating_from_a_step_on_keeps_the_past(networks: PartNetworks) -> None:
    voices = np.stack([_voice(1), _voice(2)])
    context = _context("lead")
    late = log_likelihood(networks, "lead", context, voices, first=80)
    assert not late[:, :80].any()
    # The state begins four bars before, here at the first bar: nothing differs.
    whole = log_likelihood(networks, "lead", context, voices)
    np.testing.assert_allclose(late[:, 80:], whole[:, 80:], rtol=1e-6)


def _draw(
    networks: PartNetworks, seeds: list[int], role: str = "inner", **options: Any
) -> NDArray[np.int16]:
    rngs = [np.random.default_rng(seed) for seed in seeds]
    return sample_part(networks, role, _context(role), rngs, 0.9, **options)


def test_a_row_depends_on_its_generator_alone(networks: PartNetworks) -> None:
    many = _draw(networks, list(range(ROWS + 3)))
    others = _draw(networks, [100, 101, 2, *range(200, 200 + ROWS)])
    np.testing.assert_array_equal(many[2], others[2])
    np.testing.assert_array_equal(many[ROWS], _draw(networks, [ROWS])[0])
    assert (many[2] != many[3]).any()


def test_what_is_forced_stands_and_the_rest_goes_on_from_it(networks: PartNetworks) -> None:
    voice = _voice(5)
    forced = np.where(np.arange(STEPS) < 48, voice, -1)
    forced[60:64] = FIRST_NOTE + 30
    rows = _draw(networks, [1, 2], forced=forced)
    known = forced >= 0
    np.testing.assert_array_equal(rows[:, known], np.tile(forced[known], (2, 1)))
    free = _draw(networks, [1, 2])
    assert (free[:, ~known] != rows[:, ~known]).any()


def test_rows_may_be_forced_apart(networks: PartNetworks) -> None:
    forced = np.full((2, STEPS), -1)
    forced[0, :16], forced[1, :16] = _voice(8)[:16], _voice(9)[:16]
    rows = _draw(networks, [1, 1], forced=forced)
    np.testing.assert_array_equal(rows[:, :16], forced[:, :16])
    alone = _draw(networks, [1], forced=forced[:1])
    np.testing.assert_array_equal(rows[0], alone[0])


def test_only_allowed_tokens_are_drawn(networks: PartNetworks) -> None:
    allowed = np.zeros((STEPS, VOCABULARY), bool)
    allowed[:, :FIRST_NOTE] = True
    allowed[:, FIRST_NOTE + 20 : FIRST_NOTE + 25] = True
    rows = _draw(networks, list(range(5)), allowed=allowed)
    notes = rows[rows >= FIRST_NOTE]
    assert len(notes) > 0
    assert notes.min() >= FIRST_NOTE + 20
    assert notes.max() < FIRST_NOTE + 25


def test_hold_is_drawn_only_while_a_note_sounds(networks: PartNetworks) -> None:
    rows = _draw(networks, list(range(ROWS)))
    assert (rows == HOLD).any()
    silent = sounding(np.asarray(rows)) < 0
    assert not (rows[silent] == HOLD).any()


def test_a_silence_goes_on_where_hold_alone_is_allowed(networks: PartNetworks) -> None:
    allowed = np.zeros((STEPS, VOCABULARY), bool)
    allowed[:, HOLD] = True
    assert (_draw(networks, [4], allowed=allowed) == REST).all()


def test_equal_notes_in_a_row_are_limited(networks: PartNetworks) -> None:
    allowed = np.zeros((STEPS, VOCABULARY), bool)
    allowed[:, [HOLD, FIRST_NOTE + 30, FIRST_NOTE + 31]] = True

    def longest(limit: int) -> int:
        rows = _draw(networks, list(range(ROWS)), allowed=allowed, most_equal=limit)
        runs = []
        for row in rows:
            notes = row[row >= FIRST_NOTE]
            changes = np.flatnonzero(np.diff(notes) != 0)
            runs.append(np.diff(np.concatenate(([-1], changes, [len(notes) - 1]))).max())
        return int(max(runs))

    assert longest(0) > 3
    assert longest(3) == 3
    assert longest(1) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"forced": np.zeros(5, np.int64)}, "forced is"),
        ({"forced": np.full(STEPS, VOCABULARY)}, "outside"),
        ({"allowed": np.zeros((STEPS, VOCABULARY), bool)}, "no token at step 0"),
        ({"allowed": np.zeros((3, VOCABULARY), bool)}, "allowed is"),
    ],
)
def test_what_does_not_fit_is_refused(
    networks: PartNetworks, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        _draw(networks, [1], **options)


def test_the_history_offers_sequences() -> None:
    history = History(1, 64, LOWEST)
    c4 = FIRST_NOTE + 60 - LOWEST
    # C D E, then a bar later after G: A B follow as C D E did, in degrees of the white keys.
    bar = [c4, c4 + 2, c4 + 4, *[REST] * 13]
    for token in [*bar, c4 + 7]:
        history.write(np.array([token]))
    classes = dict(zip(HISTORY_GROUPS, history.classes()[0], strict=True))
    assert classes["copy_1"] == c4 + 2
    assert classes["sequence_1"] == c4 + 9
    assert classes["diatonic_1"] == c4 + 9
    assert classes["after_copy_1"] == c4 + 4
    history.write(np.array([c4 + 9]))
    classes = dict(zip(HISTORY_GROUPS, history.classes()[0], strict=True))
    assert classes["sequence_1"] == c4 + 11
    assert classes["last_interval"] == 12 + 2
    history.write(np.array([c4 + 11]))
    classes = dict(zip(HISTORY_GROUPS, history.classes()[0], strict=True))
    assert classes["copy_1"] == REST
    assert classes["copy_2"] == -1


def test_diatonic_and_chromatic_sequences_differ() -> None:
    history = History(1, 64, LOWEST)
    c4 = FIRST_NOTE + 60 - LOWEST
    for token in [c4, c4 + 4, *[REST] * 14, c4 + 2]:
        history.write(np.array([token]))
    classes = dict(zip(HISTORY_GROUPS, history.classes()[0], strict=True))
    assert classes["sequence_1"] == c4 + 6
    assert classes["diatonic_1"] == c4 + 5


def test_a_context_stands_in_its_columns() -> None:
    context = _context("bass")
    lead = np.array([REST, FIRST_NOTE + 5, HOLD, HOLD, *[REST] * (STEPS - 4)])
    context = replace(context, given={"lead": lead}, likeness=None)
    classes = dict(zip(CONTEXT_GROUPS, context_classes(context).T, strict=True))
    assert classes["position"][:18].tolist() == [*range(16), 0, 1]
    assert classes["lead_pitch"][:5].tolist() == [PITCHES, 5, 5, 5, PITCHES]
    assert classes["lead_remains"][:5].tolist() == [0, 3, 2, 1, 0]
    assert classes["lead_starts"][:3].tolist() == [0, 1, 0]
    assert classes["root"][8] == classes["next_root"][0] == context.root[1]
    assert (classes["likeness"] == -1).all()
    assert (classes["bass_pitch"] == -1).all()


def test_remaining_counts_to_the_next_change() -> None:
    tokens = np.array([FIRST_NOTE, HOLD, REST, FIRST_NOTE + 1, *[HOLD] * 20])
    assert remaining(tokens)[:4].tolist() == [2, 1, 0, 16]


def test_the_nearest_quality_is_found() -> None:
    assert quality_of(frozenset({7, 11, 2, 5}), 7) == 3
    assert quality_of(frozenset({9, 0, 4}), 9) == 1
    assert quality_of(frozenset({0, 5, 7}), 0) == 0


def test_a_file_gives_what_was_saved() -> None:
    model = PartsModel({role: _weights(n) for n, role in enumerate(ROLES)}, {"date": "today"})
    data = save_parts(model)
    read = parse_parts(data, "it")
    assert read.training == {"date": "today"}
    np.testing.assert_allclose(read.weights["bass"].head, model.weights["bass"].head, atol=2e-3)
    assert save_parts(read) == data


def test_a_foreign_or_broken_file_is_refused() -> None:
    data = save_parts(PartsModel({role: _weights(1) for role in ROLES}))
    with pytest.raises(ModelError, match="train parts"):
        parse_parts(data[: len(data) // 2], "it")
    with pytest.raises(ModelError, match="train parts"):
        parse_parts(data.replace(b"chord_bass", b"chord_bust"), "it")
    two = save_parts(PartsModel({role: _weights(1) for role in ROLES[:2]}))
    with pytest.raises(ModelError, match="inner"):
        parse_parts(two, "it")


def test_weights_of_another_shape_are_refused() -> None:
    weights = _weights(1)
    with pytest.raises(ModelError, match="head_bias"):
        replace(weights, head_bias=weights.head_bias[:-1])


def test_the_shipped_networks_follow_the_plan() -> None:
    """Onsets on the beat belong to the planned chord far oftener than chance (a fourth) has it."""
    shipped = PartNetworks.load()
    bars = 8
    context = PartContext(
        mode="major",
        root=np.repeat([0, 5, 2, 7, 9, 5, 7, 0], 2),
        quality=np.repeat([0, 0, 1, 3, 1, 0, 0, 0], 2),
        phrase_bar=np.arange(bars) % 4,
        density=np.full(bars, 6.0),
    )
    rngs = [np.random.default_rng(seed) for seed in range(ROWS)]
    chords = [
        {0, 4, 7},
        {5, 9, 0},
        {2, 5, 9},
        {7, 11, 2, 5},
        {9, 0, 4},
        {5, 9, 0},
        {7, 11, 2},
        {0, 4, 7},
    ]

    def share_that_fits(rows: NDArray[np.int16]) -> float:
        fits = [
            (int(token) - FIRST_NOTE + LOWEST) % 12 in chords[step // 16]
            for row in rows
            for step, token in enumerate(row)
            if step % 4 == 0 and token >= FIRST_NOTE
        ]
        return float(np.mean(fits))

    lead = sample_part(shipped, "lead", context, rngs, 0.9)
    assert share_that_fits(lead) > 0.55
    bass = sample_part(shipped, "bass", replace(context, given={"lead": lead[0]}), rngs, 0.9)
    assert share_that_fits(bass) > 0.7
    firmer = sample_part(shipped, "lead", context, rngs, 0.9, chord_weight=2)
    assert share_that_fits(firmer) > share_that_fits(lead) + 0.05
    likely = log_likelihood(shipped, "lead", context, lead).sum()
    wrong = replace(context, root=(context.root + 6) % 12)
    assert log_likelihood(shipped, "lead", wrong, lead).sum() < likely - 50
