"""The critic of phrases: what it measures, its file, what it makes of clear cases."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.compose.critic import Critic, parse_critic, save_critic
from chipassets.compose.critic_features import FEATURES, PHRASE_STEPS, phrase_features
from chipassets.compose.part_context import FIRST_NOTE, HOLD, LOWEST, REST
from chipassets.errors import ModelError

Tokens = NDArray[np.int64]


def _line(pitches: list[int], length: int) -> Tokens:
    tokens = np.full(PHRASE_STEPS, HOLD, np.int64)
    for place, pitch in enumerate(pitches):
        tokens[place * length] = FIRST_NOTE + pitch - LOWEST
    return tokens


_ROOT, _QUALITY = np.array([0, 0, 5, 5, 7, 7, 0, 0]), np.zeros(8, np.int64)
_VOICES = {
    "lead": _line([72, 76, 79, 76, 77, 81, 84, 81, 79, 83, 86, 83, 84, 79, 76, 72], 4),
    "bass": _line([48, 41, 43, 48], 16),
    "inner": _line([64, 67, 69, 72, 71, 74, 67, 64], 8),
}


def _measured(voices: dict[str, Tokens], root: Tokens = _ROOT) -> dict[str, float]:
    return dict(zip(FEATURES, phrase_features(voices, root, _QUALITY), strict=True))


def test_a_phrase_is_measured_as_it_stands() -> None:
    found = _measured(_VOICES)
    assert found["lead_onsets"] == 16 / 64
    assert found["lead_length_4"] == 1
    assert found["lead_chord_on_beat"] == 1
    assert found["bass_root_at_change"] == 1
    assert found["bass_length_8"] == 1
    assert found["lead_rhythm_1"] == 1
    assert found["lead_notes_1"] == 0
    assert found["lead_shape_1"] == pytest.approx(7 / 12)
    assert found["lead_repeated"] == 0
    assert found["inner_bass_crossed"] == 0
    assert found["third_sounds"] == 7 / 8
    assert found["lead_white"] == 1
    assert found["chord_changes"] == pytest.approx(3 / 7)


def test_features_tell_foreign_chords_and_repeated_notes() -> None:
    found = _measured(_VOICES | {"lead": _line([72] * 16, 4)}, (_ROOT + 6) % 12)
    assert found["lead_repeated"] == 1
    assert found["lead_run_of_pitch"] == 2
    assert found["bass_root_at_change"] == 0
    assert found["lead_chord_on_beat"] < 0.5


def test_silence_measures_as_nothing() -> None:
    silent = _measured({"lead": np.full(PHRASE_STEPS, REST)})
    assert silent["lead_silence"] == silent["bass_silence"] == 1
    assert silent["lead_onsets"] == silent["lead_span"] == silent["third_sounds"] == 0
    assert np.isfinite(list(silent.values())).all()


def test_a_phrase_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="60 steps"):
        phrase_features({"lead": np.zeros(60, np.int64)}, _ROOT, _QUALITY)


def _critic(seed: int = 0) -> Critic:
    rng = np.random.default_rng(seed)
    arrays = [
        rng.normal(size=len(FEATURES)),
        rng.uniform(0.5, 2, len(FEATURES)),
        rng.normal(size=(len(FEATURES), 5)),
        rng.normal(size=5),
        rng.normal(size=5),
        rng.normal(size=1),
    ]
    mean, deviation, hidden, hidden_bias, head, head_bias = (a.astype(np.float32) for a in arrays)
    return Critic(mean, deviation, hidden, hidden_bias, head, head_bias, {"auc": {}})


def test_scores_are_those_of_the_network() -> None:
    critic = _critic()
    features = phrase_features(_VOICES, _ROOT, _QUALITY)
    standard = np.clip((features - critic.mean) / critic.deviation, -4, 4)
    units = np.maximum(standard @ critic.hidden + critic.hidden_bias, 0).tolist()
    expected = sum(unit * weight for unit, weight in zip(units, critic.head, strict=True))
    scored = critic.score_phrase(_VOICES, _ROOT, _QUALITY)
    assert scored == pytest.approx(expected + float(critic.head_bias[0]))


def test_a_piece_scores_as_its_phrases_do() -> None:
    critic = _critic()
    other = {role: np.roll(tokens, 16) for role, tokens in _VOICES.items()}
    whole = {role: np.concatenate((_VOICES[role], other[role])) for role in _VOICES}
    chords = np.concatenate((_ROOT, _ROOT)), np.concatenate((_QUALITY, _QUALITY))
    phrases = [critic.score_phrase(part, _ROOT, _QUALITY) for part in (_VOICES, other)]
    assert critic.score_piece(whole, *chords) == pytest.approx(np.mean(phrases))
    with pytest.raises(ValueError, match="shorter"):
        critic.score_piece({"lead": _VOICES["lead"][:32]}, _ROOT[:4], _QUALITY[:4])


def test_a_file_gives_what_was_saved() -> None:
    critic = _critic()
    data = save_critic(critic)
    read = parse_critic(data, "it")
    assert read.score_phrase(_VOICES, _ROOT, _QUALITY) == critic.score_phrase(
        _VOICES, _ROOT, _QUALITY
    )
    with pytest.raises(ModelError, match="train critic"):
        parse_critic(data[:100], "it")
    with pytest.raises(ModelError, match="other features"):
        parse_critic(data.replace(b"lead_span", b"lead_spam"), "it")


def test_the_shipped_critic_knows_a_wrong_bass_and_wrong_chords() -> None:
    shipped = Critic.load()
    whole = shipped.score_phrase(_VOICES, _ROOT, _QUALITY)
    bass = _line([49, 42, 44, 49], 16)
    assert shipped.score_phrase(_VOICES | {"bass": bass}, _ROOT, _QUALITY) < whole - 1
    assert shipped.score_phrase(_VOICES, (_ROOT + 6) % 12, _QUALITY) < whole - 1
