"""Trains the network of one role with PyTorch, on the CPU.

The network: the sum of the embeddings of all classes, one LSTM, one hidden layer, and logits that
are a sum of plain ones, ones by distance from the last pitch, from the chord's root and from the
given voices, and one gate for each candidate of copying. `compose.parts_network` runs the same in
NumPy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from chipassets.compose.part_context import (
    FIRST_NOTE,
    HIDDEN,
    LOWEST,
    PITCHES,
    STEPS_A_BAR,
    STYLES,
    VOCABULARY,
    register_class,
)
from chipassets.compose.part_history import COPIES
from chipassets.compose.parts_model import GROUPS, HEAD_SIZES, WIDEST
from chipassets.errors import UsageError
from chipassets.train.parts_data import CHORD_COLUMNS, Example
from chipassets.train.whole import whole_file
from chipassets.units import OCTAVE

COLUMN = {name: place for place, name in enumerate(GROUPS)}
WINDOW = 8 * STEPS_A_BAR
_IGNORED = -100
STYLE_SHARES = {"game": 0.25, "freedoom": 0.25, "other": 0.50}
_TRANSPOSED_SHARE = {"game": 0.7, "freedoom": 0.7, "other": 0.4}
_FARTHEST_DOWN, _FARTHEST_UP = -5, 6
_TRIES = 50
"""The most windows that are tried to find one that is not nearly silent."""
_MOST_MEASURED = 64
_MEASURE_WEIGHTS = {"game": 0.5, "freedoom": 0.3, "other": 0.2}

COPY_GROUPS = ("after_copy_1", "after_copy_2", *COPIES, "same_rhythm")
CHORD_GROUPS = ("root", "quality", "next_root", "next_quality", "chord_bass")
_HIDDEN_TOGETHER: tuple[tuple[tuple[str, ...], float], ...] = (
    (CHORD_GROUPS, 0.12),
    (("next_root", "next_quality"), 0.10),
    (("chord_bass",), 0.40),
    (("cadence", "next_cadence"), 0.20),
    (("phrase_bar",), 0.05),
    (("density",), 0.15),
    (("register",), 0.15),
    (("part",), 0.15),
    (("likeness",), 0.30),
    (COPY_GROUPS, 0.05),
    (COPIES[:1] + COPIES[3:5] + ("after_copy_1",), 0.08),
    (("mode", "key"), 0.05),
    (("style",), 0.05),
)
"""Groups that are hidden for a whole window, and the share of windows in which they are."""
_HIDDEN_CELLS = 0.08
_NEVER_HIDDEN = ("last_pitch", "lead_pitch", "bass_pitch", "position")


@dataclass(frozen=True, slots=True)
class PartHparams:
    """The training settings of a role's network."""

    units: int = 192
    batch: int = 24
    steps: int = 2200
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    dropout: float = 0.4
    clip_norm: float = 1.0
    evaluate_every: int = 100
    seed: int = 1


class PartNet(nn.Module):  # type: ignore[misc]  # torch is not there for the checker
    """The network of one role; `forward` gives logits [batch, steps, VOCABULARY]."""

    def __init__(self, units: int, dropout: float = 0.0) -> None:
        super().__init__()
        sizes = list(GROUPS.values())
        total = sum(sizes)
        self.embedding = nn.EmbeddingBag(total + 1, units, mode="sum", padding_idx=total)
        nn.init.normal_(self.embedding.weight, 0, 0.15)
        self.lstm = nn.LSTM(units, units, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(2 * units, units)
        self.head = nn.Linear(units, sum(HEAD_SIZES.values()))
        self.register_buffer("offsets", torch.tensor(np.cumsum([0, *sizes[:-1]])), persistent=False)
        self.register_buffer("pitches", torch.arange(PITCHES), persistent=False)
        self.unknown = total

    def forward(self, classes: torch.Tensor) -> torch.Tensor:
        """Return logits for classes [batch, steps, groups], HIDDEN for an unknown class."""
        batch, steps, groups = classes.shape
        places = torch.where(classes < 0, self.unknown, classes + self.offsets)
        told = self.embedding(places.reshape(batch * steps, groups)).view(batch, steps, -1)
        told = self.dropout(told)
        past, _ = self.lstm(told)
        hidden = self.dropout(torch.relu(self.hidden(torch.cat((past, told), dim=2))))
        return self._logits(self.head(hidden), classes)

    def _logits(self, out: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        """Return logits from the head's output: plain ones, by distances, and by copying."""
        plain, *rest = out.split(list(HEAD_SIZES.values()), dim=2)
        by_last, by_root, by_lead, by_bass, gates = rest
        added = self._by_distance(by_last, classes[:, :, COLUMN["last_pitch"]])
        root = classes[:, :, COLUMN["root"], None]
        interval = (self.pitches + LOWEST - root) % OCTAVE
        added = added + by_root.gather(2, interval) * (root >= 0)
        added = added + self._by_distance(by_lead, classes[:, :, COLUMN["lead_pitch"]])
        added = added + self._by_distance(by_bass, classes[:, :, COLUMN["bass_pitch"]])
        logits = torch.cat((plain[:, :, :FIRST_NOTE], plain[:, :, FIRST_NOTE:] + added), dim=2)
        # One extra place takes what has no candidate, and is removed afterwards.
        padded = torch.cat((logits, torch.zeros_like(logits[:, :, :1])), dim=2)
        for gate, name in enumerate(COPIES):
            candidate = classes[:, :, COLUMN[name], None]
            candidate = torch.where(candidate < 0, VOCABULARY, candidate)
            padded = padded.scatter_add(2, candidate, gates[:, :, gate : gate + 1])
        return padded[:, :, :VOCABULARY]

    def _by_distance(self, table: torch.Tensor, pitch: torch.Tensor) -> torch.Tensor:
        """Return the table's entry for each pitch's distance from `pitch`, 0 where none sounds."""
        distance = (self.pitches - pitch[:, :, None]).clamp(-WIDEST, WIDEST) + WIDEST
        sounds = (pitch >= 0) & (pitch < PITCHES)
        return table.gather(2, distance) * sounds[:, :, None]


_TOKEN_COLUMNS = [COLUMN[name] for name in ("last_token", "after_copy_1", "after_copy_2", *COPIES)]
_PITCH_COLUMNS = [COLUMN[name] for name in ("last_pitch", "lead_pitch", "bass_pitch")]
_CLASS_COLUMNS = [COLUMN[name] for name in ("root", "next_root", "chord_bass")]


class Batches:
    """Windows of the training examples, chosen by style and piece, transposed, partly hidden."""

    def __init__(self, examples: Sequence[Example], role: str, hparams: PartHparams) -> None:
        self.rng = np.random.default_rng(hparams.seed)
        self._size = hparams.batch
        self._role = role
        by_style = {
            style: [e for e in examples if e.style == style and not e.is_held_out]
            for style in STYLES
        }
        self._by_style = {style: found for style, found in by_style.items() if found}
        shares = np.array([STYLE_SHARES[style] for style in self._by_style])
        self._shares = shares / shares.sum()
        self._weights = {}
        for style, found in self._by_style.items():
            # By piece, and weakly by length: its square root.
            weights = np.array([e.weight * len(e.tokens) ** 0.5 for e in found])
            self._weights[style] = weights / weights.sum()

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return classes [batch, WINDOW, groups] and tokens [batch, WINDOW]."""
        pairs = [self._window() for _ in range(self._size)]
        classes = np.stack([hide(pair[0], self.rng) for pair in pairs])
        return torch.from_numpy(classes).long(), torch.from_numpy(np.stack([p[1] for p in pairs]))

    def _window(self) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        """Return a random window of a random piece, sometimes transposed."""
        styles = list(self._by_style)
        style = styles[self.rng.choice(len(styles), p=self._shares)]
        found = self._by_style[style]
        for _ in range(_TRIES):
            example = found[self.rng.choice(len(found), p=self._weights[style])]
            bars = max(0, (len(example.tokens) - WINDOW) // STEPS_A_BAR)
            first = STEPS_A_BAR * int(self.rng.integers(0, bars + 1))
            if (example.tokens[first : first + WINDOW] >= FIRST_NOTE).sum() >= 3:
                break
        labels = chord_labels(self._role, self.rng.random())
        classes, tokens = window(example, first, labels)
        if self.rng.random() < _TRANSPOSED_SHARE[style]:
            by = int(self.rng.integers(_FARTHEST_DOWN, _FARTHEST_UP + 1))
            moved = transposed(classes, tokens, by, example.register, first)
            classes, tokens = moved or (classes, tokens)
        return classes, tokens


def chord_labels(role: str, chance: float) -> int:
    """Return which chord labels of `Example.chords` a window uses: 0 from all voices, 1 the others.

    Labels that include a voice reveal it; labels without it miss what it adds to the chord. A tune
    or inner voice gets either at random, so that it follows a plan without relying on it. A bass
    always gets those of all voices: it should play the plan's chord.
    """
    return 0 if role == "bass" else int(chance < 0.5)


def window(
    example: Example, first: int, labels: int
) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Return the classes [WINDOW, groups] and tokens [WINDOW] of an example from a step on.

    After the end of the piece all classes are HIDDEN, and the loss ignores the tokens.
    """
    span = slice(first, first + WINDOW)
    length = len(example.tokens[span])
    classes = np.full((WINDOW, len(GROUPS)), HIDDEN, np.int16)
    classes[:length] = example.classes[span]
    classes[:length, CHORD_COLUMNS] = example.chords[labels, span]
    tokens = np.full(WINDOW, _IGNORED, np.int64)
    tokens[:length] = example.tokens[span]
    return classes, tokens


def transposed(
    classes: NDArray[np.int16],
    tokens: NDArray[np.int64],
    by: int,
    register: NDArray[np.float64],
    first: int,
) -> tuple[NDArray[np.int16], NDArray[np.int64]] | None:
    """Return a window `by` semitones higher, or None if that leaves the vocabulary."""
    moved, answers = classes.copy(), np.where(tokens >= FIRST_NOTE, tokens + by, tokens)
    past = classes[:, _TOKEN_COLUMNS]
    is_note = past >= FIRST_NOTE
    moved[:, _TOKEN_COLUMNS] = np.where(is_note, past + by, past)
    pitch = classes[:, _PITCH_COLUMNS]
    sounds = (pitch >= 0) & (pitch < PITCHES)
    moved[:, _PITCH_COLUMNS] = np.where(sounds, pitch + by, pitch)
    notes = [answers[tokens >= FIRST_NOTE], moved[:, _TOKEN_COLUMNS][is_note]]
    notes.append(moved[:, _PITCH_COLUMNS][sounds] + FIRST_NOTE)
    every = np.concatenate(notes)
    if every.size and (every.min() < FIRST_NOTE or every.max() >= VOCABULARY):
        return None
    roots = classes[:, _CLASS_COLUMNS]
    moved[:, _CLASS_COLUMNS] = np.where(roots < 0, roots, (roots + by) % OCTAVE)
    moved[:, COLUMN["key"]] = np.where(classes[:, COLUMN["key"]] < 0, HIDDEN, by % OCTAVE)
    bars = np.minimum((first + np.arange(len(classes))) // STEPS_A_BAR, len(register) - 1)
    middle = np.where(register < 0, -1, register + LOWEST + by)
    moved[:, COLUMN["register"]] = register_class(middle)[bars]
    return moved, answers


def hide(classes: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    """Return the classes with random groups hidden throughout and random cells hidden."""
    hidden = rng.random(classes.shape) < _HIDDEN_CELLS
    for names, share in _HIDDEN_TOGETHER:
        if rng.random() < share:
            hidden[:, [COLUMN[name] for name in names]] = True
    hidden[:, [COLUMN[name] for name in _NEVER_HIDDEN]] = False
    return np.where(hidden, np.int16(HIDDEN), classes)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The held-out windows of one style: classes [windows, WINDOW, groups], tokens."""

    classes: torch.Tensor
    tokens: torch.Tensor
    pieces: int


def held_out(examples: Sequence[Example], role: str) -> dict[str, HeldOut]:
    """Return held-out windows by style, at most 64 each, spread over the pieces.

    Chords are labelled without the voice itself, except for a bass.
    """
    result = {}
    for style in STYLES:
        found = [e for e in examples if e.style == style and e.is_held_out]
        places = [
            (e, first)
            for e in found
            for first in range(0, max(1, len(e.tokens) - WINDOW + 1), WINDOW)
            if (e.tokens[first : first + WINDOW] >= FIRST_NOTE).sum() >= 3
        ]
        if not places:
            continue
        chosen = np.linspace(0, len(places) - 1, min(_MOST_MEASURED, len(places))).astype(int)
        labels = chord_labels(role, 0.0)
        windows = [window(places[n][0], places[n][1], labels) for n in chosen]
        result[style] = HeldOut(
            torch.from_numpy(np.stack([w[0] for w in windows])).long(),
            torch.from_numpy(np.stack([w[1] for w in windows])),
            len({places[n][0].piece for n in chosen}),
        )
    return result


def loss_of(net: PartNet, part: HeldOut, hidden: Sequence[str] = ()) -> float:
    """Return the mean nats per step on held-out windows, with the groups `hidden` hidden."""
    classes = part.classes
    if hidden:
        classes = classes.clone()
        classes[:, :, [COLUMN[name] for name in hidden]] = HIDDEN
    net.eval()
    with torch.no_grad():
        logits = torch.cat([net(rows) for rows in classes.split(16)])
        loss = nn.functional.cross_entropy(
            logits.reshape(-1, VOCABULARY), part.tokens.reshape(-1), ignore_index=_IGNORED
        )
    net.train()
    return float(loss)


def fit_role(
    role: str,
    examples: Sequence[Example],
    run: Path,
    hparams: PartHparams,
    report: Callable[[str], None],
) -> None:
    """Train a role's network; `run/ROLE.pt` is the best, `run/ROLE.last.pt` the state to resume.

    The best has the lowest held-out loss, with styles weighted 5 : 3 : 2. UsageError if there are
    too few examples.
    """
    measured = held_out(examples, role)
    if not measured or all(example.is_held_out for example in examples):
        raise UsageError(
            f"the corpus has no voice for the role {role} to train on, or none to measure with; "
            "give more pieces with separate voices"
        )
    torch.set_num_threads(1)
    torch.manual_seed(hparams.seed)
    net = PartNet(hparams.units, hparams.dropout)
    optimiser = torch.optim.AdamW(
        net.parameters(), hparams.learning_rate, weight_decay=hparams.weight_decay
    )
    batches = Batches(examples, role, hparams)
    begin, best, smooth = 0, float("inf"), float("nan")
    last = run / f"{role}.last.pt"
    if last.exists():
        state = torch.load(last, weights_only=True)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        batches.rng.bit_generator.state = state["rng"]
        begin, best, smooth = state["step"], state["best"], state["smooth"]
    started = time.monotonic()
    for step in range(begin + 1, hparams.steps + 1):
        for group in optimiser.param_groups:
            rise, fall = min(1.0, step / 50), 1 - 0.97 * step / hparams.steps
            group["lr"] = hparams.learning_rate * rise * fall
        classes, tokens = batches.draw()
        loss = nn.functional.cross_entropy(
            net(classes).reshape(-1, VOCABULARY), tokens.reshape(-1), ignore_index=_IGNORED
        )
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), hparams.clip_norm)
        optimiser.step()
        smooth = loss.item() if smooth != smooth else 0.98 * smooth + 0.02 * loss.item()
        if step % hparams.evaluate_every and step != hparams.steps:
            continue
        losses = {style: loss_of(net, part) for style, part in measured.items()}
        score = sum(_MEASURE_WEIGHTS[s] * loss for s, loss in losses.items()) / sum(
            _MEASURE_WEIGHTS[s] for s in losses
        )
        if score < best:
            best = score
            kept = {"hparams": asdict(hparams), "step": step, "losses": losses}
            _save(run / f"{role}.pt", {"net": net.state_dict(), **kept})
        state = {
            "net": net.state_dict(),
            "optimiser": optimiser.state_dict(),
            "step": step,
            "best": best,
            "smooth": smooth,
            "rng": batches.rng.bit_generator.state,
        }
        _save(last, state)
        told = ", ".join(f"{style} {loss:.3f}" for style, loss in losses.items())
        spent = f"{time.monotonic() - started:.0f} s"
        report(f"{role} {step}/{hparams.steps}: train {smooth:.3f}, held out {told}; {spent}")


def _save(path: Path, state: dict[str, object]) -> None:
    with whole_file(path) as partial:
        torch.save(state, partial)
