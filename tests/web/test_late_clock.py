"""The audio clock goes on while the page computes: a plan may be late by the time it is laid."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.web.browser import Page

# A mixer on a real clock, in a page that is held up whenever it plans a fade.
SLOW_MIXER = """
const track = {
  samples: 88200, sample_rate_hz: 44100, bars: 2, beats_per_bar: 4, tempo_bpm: 240,
  loop: {start_sample: 0, length_samples: 88200, start_bar: 0, bars: 2},
};
let heldUp = 0;
for (const name of ["setValueAtTime", "setValueCurveAtTime"]) {
  const plain = AudioParam.prototype[name];
  AudioParam.prototype[name] = function (...how) {
    plain.apply(this, how);
    holdUp(heldUp);
  };
}
function holdUp(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
async function mixer() {
  const context = new AudioContext({sampleRate: 44100});
  await context.resume();
  return new Chipassets.Mixer(context);
}
function play(mixer, name, fadeSeconds) {
  const buffer = mixer.context.createBuffer(1, track.samples, 44100);
  mixer.play({...track}, [buffer], name, {fadeSeconds, fromSample: 100});
}
// Until the audio clock stands there: no wait is for a time of the machine's.
async function clock(mixer, seconds) {
  while (mixer.context.currentTime < seconds) await new Promise((done) => setTimeout(done, 5));
}
"""


@pytest.mark.parametrize("milliseconds", [0, 4, 20])
def test_music_may_change_in_the_middle_of_a_fade(
    game_page: Callable[[], Page], milliseconds: int
) -> None:
    page = game_page()
    page.run(SLOW_MIXER)
    found = page.run(f"""(async () => {{
      const one = await mixer();
      heldUp = {milliseconds};
      const started = one.context.currentTime;
      for (const [i, name] of ["a", "b", "c", "d"].entries()) {{
        await clock(one, started + i / 5);
        play(one, name, 0.4);
      }}
      heldUp = 0;
      await clock(one, one.context.currentTime + 0.6);
      one.sweep();
      return one.timeline.voices.map((voice) => [voice.scene, one._nodes.has(voice)]);
    }})()""")
    assert found == [["d", True]]
    assert page.complaints() == []


def test_a_start_without_delay_is_heard_though_the_page_stalls(
    game_page: Callable[[], Page],
) -> None:
    page = game_page()
    page.run(SLOW_MIXER)
    heard = page.run("""(async () => {
      const one = await mixer();
      const {change} = one.timeline;
      one.timeline.change = function (...how) {
        const at = change.apply(this, how);
        holdUp(100);
        return at;
      };
      play(one, "a", 0);
      return one._nodes.has(one.timeline.voices[0]);
    })()""")
    assert heard is True
