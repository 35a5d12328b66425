//! Plays the calls of scenario.py on music.rs, without kira: time and sound are numbers here. A second
//! argument is the seconds that it takes to read a track.
#[allow(dead_code)]
mod music;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use music::{Backend, How, Manner, Music, State, Track, Voice, When, TRACKS};

type Gains = Rc<RefCell<Vec<(&'static str, f32)>>>;

struct Numbers {
    now: Rc<Cell<f64>>,
    heard: Rc<Cell<f64>>, // seconds of the sound, which may stall
    gains: Rc<RefCell<Vec<Gains>>>,
    reading: Option<f64>,
    asked: Vec<(&'static str, f64)>,
}

struct One {
    heard: Rc<Cell<f64>>,
    began: f64,
    paused_at: Option<f64>,
    rate: f64,
    gains: Gains,
}

impl Voice for One {
    fn sample(&self) -> f64 {
        (self.paused_at.unwrap_or(self.heard.get()) - self.began) * self.rate
    }

    fn set_gain(&mut self, layer: usize, gain: f32) {
        self.gains.borrow_mut()[layer].1 = gain;
    }

    fn pause(&mut self) {
        self.paused_at = Some(self.heard.get());
    }

    fn resume(&mut self) {
        self.began += self.heard.get() - self.paused_at.take().unwrap();
    }

    fn stop(&mut self) {
        self.gains.borrow_mut().clear();
    }
}

impl Backend for Numbers {
    type Voice = One;

    fn now(&self) -> f64 {
        self.now.get()
    }

    fn is_ready(&mut self, track: &'static Track) -> bool {
        let now = self.now.get();
        if !self.asked.iter().any(|(name, _)| *name == track.name) {
            self.asked.push((track.name, now));
        }
        let since = self.asked.iter().find(|(name, _)| *name == track.name).unwrap().1;
        self.reading.map_or(true, |seconds| now >= since + seconds)
    }

    fn start(&mut self, track: &'static Track, sample: u64) -> Option<One> {
        let rate = f64::from(track.rate);
        println!("start\t{}\t{}\t{:.6}", track.files[0], sample, self.now.get());
        let gains = Rc::new(RefCell::new(track.files.iter().map(|file| (*file, 0.0)).collect()));
        self.gains.borrow_mut().push(Rc::clone(&gains));
        let began = self.heard.get() - sample as f64 / rate;
        Some(One { heard: Rc::clone(&self.heard), began, paused_at: None, rate, gains })
    }

    fn warn(&mut self, text: &str) {
        println!("warn\t{}", text);
    }
}

fn when(word: &str) -> Option<When> {
    match word {
        "now" => Some(When::Now),
        "beat" => Some(When::Beat),
        "bar" => Some(When::Bar),
        "section" => Some(When::Section),
        _ => None,
    }
}

fn manner<'a>(words: &[&str], moods: &'a [&'a str]) -> Manner<'a> {
    let how = match words[2] {
        "crossfade" => Some(How::Crossfade),
        "fade" => Some(How::Fade),
        "cut" => Some(How::Cut),
        _ => None,
    };
    Manner { when: when(words[0]), fade: words[1].parse().ok(), how, moods }
}

fn main() {
    let (now, gains) = (Rc::new(Cell::new(0.0)), Rc::new(RefCell::new(Vec::new())));
    let (heard, mut stalls_until) = (Rc::new(Cell::new(0.0)), 0.0);
    let reading = std::env::args().nth(2).map(|seconds| seconds.parse().unwrap());
    let backend = Numbers { now: Rc::clone(&now), heard: Rc::clone(&heard), gains: Rc::clone(&gains), reading, asked: Vec::new() };
    let mut music = Music::new(TRACKS, backend);
    let calls = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let mut rows = calls.lines().map(|line| line.split('\t').collect::<Vec<_>>()).peekable();
    let mut saved: Option<State> = None;
    let number = |word: &str| word.parse::<f64>().unwrap();
    for frame in 0.. {
        now.set(f64::from(frame) / 100.0);
        if frame > 0 && now.get() > stalls_until + 1e-9 {
            heard.set(heard.get() + 0.01);
        }
        while rows.peek().map_or(false, |row| number(row[0]) <= now.get()) {
            let row = rows.next().unwrap();
            match row[1] {
                "enter" => {
                    let moods: Vec<&str> = row[6].split(',').filter(|mood| !mood.is_empty()).collect();
                    music.enter(row[2], &manner(&row[3..6], &moods));
                }
                "leave" => music.leave(&manner(&row[2..5], &[])),
                "sting" => music.sting(row[2], when(row[3]).unwrap(), row[4].parse().unwrap()),
                "intensity" => music.intensity(number(row[2]), number(row[3]), when(row[4]).unwrap()),
                "duck" => music.duck(number(row[2]), number(row[3])),
                "pause" => music.pause(),
                "resume" => music.resume(),
                "stall" => stalls_until = now.get() + number(row[2]),
                "stop" => music.stop(number(row[2])),
                "save" => {
                    saved = Some(music.state());
                    let text = saved.as_ref().unwrap().to_json();
                    println!("state\t{}", text);
                    assert_eq!(State::from_json(&text), saved);
                }
                "slip" => music.enter(row[2], &manner(&["", "", ""], &[])),
                "playing" => println!("playing\t{}", music.playing().map_or("-", |(track, _)| track.name)),
                "worn" => {
                    let state = saved.as_mut().unwrap();
                    for place in &mut state.scenes {
                        place.sample = 400_000_000;
                    }
                    music.restore(state, 0.8);
                }
                "restore" => music.restore(saved.as_ref().unwrap(), 0.8),
                "refuse" => assert_eq!(State::from_json(row[2]), None),
                "read" => println!("read\t{:?}", State::from_json(row[2])),
                "gains" => {
                    for voice in gains.borrow().iter() {
                        for (file, gain) in voice.borrow().iter() {
                            println!("gain\t{}\t{}", file, gain);
                        }
                    }
                }
                _ => {}
            }
        }
        if rows.peek().is_none() {
            return;
        }
        music.update();
    }
}
