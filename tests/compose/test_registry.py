"""A new bias, or a new way of accompanying, is one small file: everything else finds it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from chipassets.compose.guidance.registry import FIGURES, TERMS
from chipassets.presets import MOODS, SCENES

HUSH = '''
"""Hush: nothing new begins in the second bar."""

from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.masks import NEW


class HushTerm:
    name = "hush"

    def __init__(self, bar_steps, weight):
        self.weight, self._bar_steps = weight, bar_steps

    def bias(self, state, logits):
        logits[state.step // self._bar_steps == 1, NEW] -= 20 * self.weight


TERM = TermKind(
    "hush",
    1.0,
    "silences the second bar",
    lambda setting, weight: HushTerm(setting.bar_steps, weight),
    lambda setting, row, step: f"quiet in {setting.track.name}",
)
'''

DRONE = '''
"""Drone: nobody else is ever drawn."""

from chipassets.compose.guidance.figure import Figure

FIGURE = Figure("drone", "one low note for ever", suits={"town": 1e9}, most_voices=2)
'''

USE = """
import json
import sys
from pathlib import Path

from chipassets.compose.guidance import figures, terms

terms.__path__.append(sys.argv[1])
figures.__path__.append(sys.argv[2])

from chipassets.compose.composer import compose_takes
from chipassets.compose.explain import explain_take, tell_aims
from chipassets.compose.weights import open_model
from chipassets.manifest import load_manifest, manifest_schema
from chipassets.plan import resolve

model = open_model("polyphony")
found = {}
for factor in (0, 1):
    path = Path(sys.argv[1]) / "game.yaml"
    path.write_text(
        f"game: Toy\\ntracks: {{town: {{length: 2 bars, guidance: {{hush: {factor}}}}}}}",
        encoding="utf-8",
    )
    track = resolve(load_manifest(path)).tracks[0]
    take = compose_takes(track, model, count=1)[0]
    events = explain_take(track, model, 0)
    found[factor] = {
        "begun": sum(note.start_step >= track.total_steps // 2 for note in take.notes),
        "pulls": sorted({name for event in events for name in event.pulls}),
        "aims": tell_aims(track, model, 0, 0),
        "most": max(sum(n.start_step <= s < n.end_step for n in take.notes) for s in range(32)),
    }
text = json.dumps(manifest_schema())
print(json.dumps([found[0], found[1], "Silences the second bar." in text]))
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a fresh interpreter makes of a term and a figure, each in a file of its own."""
    folder = tmp_path_factory.mktemp("toy")
    for package, name, text in (("terms", "hush", HUSH), ("figures", "drone", DRONE)):
        (folder / package).mkdir()
        (folder / package / f"{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", USE, str(folder / "terms"), str(folder / "figures")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_term_is_in_the_schema_the_sampler_and_the_explanation(toy: Any) -> None:
    without, led, in_schema = toy
    assert in_schema
    assert without["begun"] > 2
    assert led["begun"] == 0
    assert "hush" in led["pulls"]
    assert "hush" not in without["pulls"]
    assert led["aims"]["hush"] == "quiet in town"


def test_a_new_figure_is_drawn_where_it_suits(toy: Any) -> None:
    assert toy[0]["most"] == toy[1]["most"] == 2


def test_every_term_and_figure_says_what_it_is() -> None:
    assert not set(TERMS) - {kind.name for kind in TERMS.values()}
    for says in (*(kind.says for kind in TERMS.values()), *(f.says for f in FIGURES.values())):
        assert says
        assert not says.endswith(".")
        assert len(says) < 80
    for scene in SCENES:
        assert sum(scene in figure.suits for figure in FIGURES.values()) >= 3
    for figure in FIGURES.values():
        assert set(figure.suits) <= {*SCENES, *MOODS}
