"""Python packages that make sound of the same notes, for the renderer to be measured beside.

Neither is a chip: both add plain waves, note by note, and know neither registers nor a mixer, and
their square waves alias. They show what NumPy takes to sound as many notes.

- pretty_midi's own synthesize, of the MIDI file of the track; it leaves drums out. In the extra
  `train`.
- synthesizer 0.4 (MIT): `uv run --with synthesizer python -m benchmarks.render`.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.chipsong import ChipSong
from chipassets.chips.profiles import CHIPS
from chipassets.plan.trackplan import TrackPlan
from chipassets.render import encode_midi
from chipassets.units import SAMPLE_RATE_HZ

_WAVES = {"pulse": "square", "triangle": "triangle", "noise": "noise"}
"""What synthesizer calls the voices' kinds."""


def python_peers(
    song: ChipSong, track: TrackPlan, audio_s: float
) -> Iterator[tuple[str, Callable[[], object] | None]]:
    """Yield of every peer its name and what sounds the song, None where it is not installed."""
    name = "pretty_midi, square waves"
    if find_spec("pretty_midi"):
        midi = importlib.import_module("pretty_midi").PrettyMIDI(
            io.BytesIO(encode_midi(song, track))
        )
        yield name, partial(midi.synthesize, fs=SAMPLE_RATE_HZ, wave=_square)
    else:
        yield name, None
    name = "synthesizer, note by note"
    if find_spec("synthesizer"):
        peer = importlib.import_module("synthesizer")
        yield name, partial(_synthesize, peer, song, round(audio_s * SAMPLE_RATE_HZ))
    else:
        yield name, None


def _square(phase: NDArray[np.float64]) -> NDArray[np.float64]:
    wave: NDArray[np.float64] = np.sign(np.sin(phase))
    return wave


def _synthesize(peer: Any, song: ChipSong, samples: int) -> NDArray[np.float64]:
    """Every note of every voice by synthesizer, added up."""
    chip = CHIPS[song.chip]
    rate_hz = float(chip.frame_rate_hz)
    kinds = {spec.name: spec.kind for spec in chip.voices}
    total = np.zeros(samples)
    for voice in song.voices:
        waveform = peer.Waveform[_WAVES[kinds[voice.name]]]
        synthesizer = peer.Synthesizer(osc1_waveform=waveform, rate=SAMPLE_RATE_HZ)
        for note in voice.notes:
            frequency_hz = 440.0 * 2 ** ((note.pitch - 69) / 12)
            wave = synthesizer.generate_constant_wave(frequency_hz, note.duration_frames / rate_hz)
            start = round(note.start_frame / rate_hz * SAMPLE_RATE_HZ)
            part = total[start : start + len(wave)]
            part += wave[: len(part)]
    return total
