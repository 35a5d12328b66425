//! The music of the game for Bevy and any other program in Rust, through kira 0.10 and 0.11. Written
//! by chipassets; build the bundle anew.
//!
//! ```toml
//! kira = { version = "0.11", default-features = false, features = ["cpal", "ogg"] }
//! ```
//!
//! ```ignore
//! let mut music = open("assets/music")?;
//! music.enter("overworld", &AS_RULED);  // whenever the game's scene changes
//! music.update();                       // once a frame
//! music.intensity(0.4, 0.6, When::Now); // fewer layers
//! music.leave(&AS_RULED);               // back to where the scene below was left
//! ```

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{channel, Receiver, TryRecvError};
use std::time::{Duration, Instant};

use kira::sound::static_sound::{StaticSoundData, StaticSoundHandle};
use kira::sound::{EndPosition, PlaybackPosition, Region};
use kira::{AudioManager, AudioManagerSettings, Decibels, DefaultBackend, Tween};

/// What the player knows of a track: samples are of the file, bars count from 0.
pub struct Track {
    pub name: &'static str,
    pub scene: &'static str,
    pub moods: &'static [&'static str],
    pub matches: &'static str,
    pub like: &'static str,
    pub rate: u32,
    pub samples: u64,
    pub loops: bool,
    pub loop_start: u64,
    pub loop_length: u64,
    pub loop_start_bar: u32,
    pub loop_bars: u32,
    pub bars: u32,
    pub bpm: f64,
    pub beats_per_bar: f64,
    pub felt_beats: u32,
    pub section_samples: &'static [u64],
    pub files: &'static [&'static str],
}

pub static TRACKS: &[Track] = &[
@TRACKS@
];

/// When a change begins: at once, or at the next beat, bar or section of what plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Now,
    Beat,
    Bar,
    Section,
}

/// How a change goes: a crossfade, one fade after the other, or a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Crossfade,
    Fade,
    Cut,
}

/// How the music changes from a scene to another; "*" stands for any. fade: seconds.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub from: &'static str,
    pub to: &'static str,
    pub when: When,
    pub fade: f64,
    pub how: How,
}

const fn rule(from: &'static str, to: &'static str, when: When, fade: f64) -> Rule {
    Rule { from, to, when, fade, how: How::Crossfade }
}

pub const RULES: &[Rule] = &[
    rule("*", "battle", When::Now, 0.12),
    rule("*", "boss", When::Now, 0.12),
    rule("*", "victory", When::Now, 0.06),
    rule("*", "game_over", When::Now, 0.4),
    rule("town", "shop", When::Bar, 0.4),
    rule("shop", "town", When::Bar, 0.4),
    rule("*", "*", When::Now, 0.8),
];

/// The values of a call that replace those of the rule, and the wanted moods.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    pub when: Option<When>,
    pub fade: Option<f64>,
    pub how: Option<How>,
    pub moods: &'a [&'a str],
}

/// Changes nothing: everything is as the rules say.
pub const AS_RULED: Manner<'static> = Manner { when: None, fade: None, how: None, moods: &[] };

/// A scene's music: its track, and the position as a sample of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub scene: String,
    pub moods: Vec<String>,
    pub track: Option<String>,
    pub sample: u64,
}

/// The state of the music, for a save game. Its JSON is that of every other engine's state.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub scenes: Vec<Place>,
    pub playing: Option<Place>,
    pub intensity: f64,
    pub duck_db: f64,
}

impl State {
    pub fn to_json(&self) -> String {
        let scenes: Vec<String> = self.scenes.iter().map(|place| place_json(place, true)).collect();
        format!(
            "{{\"format\": 1, \"scenes\": [{}], \"playing\": {}, \"intensity\": {}, \"duck_db\": {}}}",
            scenes.join(", "),
            self.playing.as_ref().map_or("null".to_string(), |place| place_json(place, false)),
            self.intensity,
            self.duck_db,
        )
    }

    /// The state in the JSON of to_json(), or of another engine; None for anything else.
    pub fn from_json(text: &str) -> Option<State> {
        let mut rest = text;
        let state = read_json(&mut rest, 0)?;
        if !rest.trim_start().is_empty() || state.number("format")? != 1.0 {
            return None;
        }
        let scenes = match state.field("scenes")? {
            Json::List(places) => places.iter().map(|place| place.place(true)).collect::<Option<Vec<Place>>>()?,
            _ => return None,
        };
        let playing = match state.field("playing")? {
            Json::Null => None,
            place => Some(place.place(false)?),
        };
        Some(State { scenes, playing, intensity: state.number("intensity")?, duck_db: state.number("duck_db")? })
    }
}

// What JSON says; of true and false, which no state has, only that they are there.
enum Json {
    Null,
    Word,
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn field(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    fn number(&self, key: &str) -> Option<f64> {
        match self.field(key)? {
            Json::Number(value) => Some(*value),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Json::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn place(&self, with_moods: bool) -> Option<Place> {
        let moods = match (with_moods, self.field("moods")) {
            (true, Some(Json::List(moods))) => moods.iter().map(Json::text).collect::<Option<Vec<String>>>()?,
            (true, _) => return None,
            (false, _) => Vec::new(),
        };
        let track = match self.field("track")? {
            Json::Null => None,
            name => Some(name.text()?),
        };
        let sample = if track.is_some() { self.number("sample")?.max(0.0) as u64 } else { 0 };
        Some(Place { scene: self.field("scene")?.text()?, moods, track, sample })
    }
}

// A value at the start of a text, which then begins behind it; a state is at most four deep.
fn read_json(rest: &mut &str, depth: u32) -> Option<Json> {
    *rest = rest.trim_start();
    let first = rest.chars().next()?;
    if first == '"' {
        return read_text(rest).map(Json::Text);
    }
    if first == '[' || first == '{' {
        *rest = &rest[1..];
        let (end, mut items, mut fields) = (if first == '[' { ']' } else { '}' }, Vec::new(), Vec::new());
        while depth < 8 {
            *rest = rest.trim_start();
            if let Some(behind) = rest.strip_prefix(end) {
                *rest = behind;
                return Some(if first == '[' { Json::List(items) } else { Json::Object(fields) });
            }
            if !items.is_empty() || !fields.is_empty() {
                *rest = rest.strip_prefix(',')?.trim_start();
            }
            if first == '[' {
                items.push(read_json(rest, depth + 1)?);
            } else {
                let key = read_text(rest)?;
                *rest = rest.trim_start().strip_prefix(':')?;
                fields.push((key, read_json(rest, depth + 1)?));
            }
        }
        return None;
    }
    let length = rest.find(|one: char| !one.is_alphanumeric() && !"+-.".contains(one)).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(length);
    *rest = behind;
    match word {
        "null" => Some(Json::Null),
        "true" | "false" => Some(Json::Word),
        _ => word.parse().ok().filter(|value: &f64| value.is_finite()).map(Json::Number),
    }
}

fn read_text(rest: &mut &str) -> Option<String> {
    let (mut text, mut units) = (String::new(), Vec::new());
    let mut letters = rest.strip_prefix('"')?.chars();
    loop {
        let one = letters.next()?;
        let escaped = if one == '\\' { letters.next()? } else { ' ' };
        if one == '\\' && escaped == 'u' {
            // Beyond the first 65,536 letters JSON says one in two halves.
            let code = letters.as_str().get(..4)?;
            units.push(u16::from_str_radix(code, 16).ok()?);
            letters = letters.as_str()[4..].chars();
            continue;
        }
        text.push_str(&String::from_utf16(&units).ok()?);
        units.clear();
        match (one, escaped) {
            ('"', _) => break,
            ('\\', 'n') => text.push('\n'),
            ('\\', 't') => text.push('\t'),
            ('\\', 'r') => text.push('\r'),
            ('\\', 'b') => text.push('\u{8}'),
            ('\\', 'f') => text.push('\u{c}'),
            ('\\', '"' | '\\' | '/') => text.push(escaped),
            ('\\', _) => return None,
            _ => text.push(one),
        }
    }
    *rest = letters.as_str();
    Some(text)
}

fn place_json(place: &Place, with_moods: bool) -> String {
    let moods: Vec<String> = place.moods.iter().map(|mood| text_json(mood)).collect();
    let moods = if with_moods { format!("\"moods\": [{}], ", moods.join(", ")) } else { String::new() };
    format!(
        "{{\"scene\": {}, {}\"track\": {}, \"sample\": {}}}",
        text_json(&place.scene),
        moods,
        place.track.as_ref().map_or("null".to_string(), |name| text_json(name)),
        place.sample,
    )
}

fn text_json(text: &str) -> String {
    let mut quoted = String::from("\"");
    for one in text.chars() {
        match one {
            '"' | '\\' => quoted.extend(['\\', one]),
            _ if one < ' ' => quoted.push_str(&format!("\\u{:04x}", one as u32)),
            _ => quoted.push(one),
        }
    }
    quoted.push('"');
    quoted
}

/// What sounds: a track's files, begun together.
pub trait Voice {
    /// The sample of the file; it may count on through the passes of a loop, or wrap around.
    fn sample(&self) -> f64;
    fn set_gain(&mut self, layer: usize, gain: f32);
    fn pause(&mut self);
    fn resume(&mut self);
    fn stop(&mut self);
}

/// What plays the music that `Music` decides on; `Kira` is one.
pub trait Backend {
    type Voice: Voice;
    /// Seconds of a clock that only goes forward.
    fn now(&self) -> f64;
    /// Whether a track can start at once; if not, it is read from now on, in the background.
    fn is_ready(&mut self, _track: &'static Track) -> bool {
        true
    }
    /// Start a track at a sample of its file; None, and a line in the log, where that fails.
    fn start(&mut self, track: &'static Track, sample: u64) -> Option<Self::Voice>;
    fn warn(&mut self, text: &str);
}

#[derive(Clone, Copy)]
struct Fade {
    first: f64,
    last: f64,
    at: f64,
    seconds: f64,
}

impl Fade {
    fn steady(value: f64) -> Self {
        Fade { first: value, last: value, at: 0.0, seconds: 0.0 }
    }

    fn point(&self, now: f64) -> f64 {
        if now < self.at {
            self.first
        } else if now >= self.at + self.seconds {
            self.last
        } else {
            self.first + (self.last - self.first) * (now - self.at) / self.seconds
        }
    }

    fn turn(&self, at: f64, seconds: f64, last: f64) -> Self {
        Fade { first: self.point(at), last, at, seconds }
    }
}

struct Sounding<V> {
    track: &'static Track,
    scene: String,
    voice: V,
    fade: Fade,
    is_sting: bool,
    id: u64,
    start: f64,
    at: f64,
    is_heard: bool,
}

impl<V: Voice> Sounding<V> {
    // The sample by the music's time; a backend reports a position that advances by buffers.
    fn expected(&self, now: f64) -> f64 {
        self.track.wrap(self.start + (now - self.at).max(0.0) * f64::from(self.track.rate))
    }
}

struct Change {
    track: Option<&'static Track>,
    scene: String,
    at: f64,
    when: When,
    fade: f64,
    how: How,
    keeps_place: bool,
    is_jump: bool,
}

struct Sting {
    track: &'static Track,
    at: f64,
    when: When,
    priority: i32,
    id: u64,
}

const STING_DUCK: f64 = 0.251_188_643; // 12 dB less
const STING_DUCK_SECONDS: f64 = 0.08;
const STING_RETURN_SECONDS: f64 = 0.5;
const RELEASE_SECONDS: f64 = 0.06;
// A larger lag of the sound is a stall; a smaller one is corrected by this share per second.
const STALL_SECONDS: f64 = 0.1;
const FOLLOWED_A_SECOND: f64 = 6.0;
const LATE_SECONDS: f64 = 1.0;
const ROUNDING_SECONDS: f64 = 0.0005; // puts nothing off by a frame

/// Plays the tracks by the game's scenes: scenes of a higher level lie over those of a lower.
pub struct Music<B: Backend> {
    pub volume: f64,
    pub music_volume: f64,
    pub sting_volume: f64,
    pub rules: Vec<Rule>,
    pub levels: HashMap<String, i32>,
    backend: B,
    tracks: &'static [Track],
    stack: Vec<(String, Vec<String>)>,
    left: HashMap<String, (&'static str, f64)>,
    loading: Vec<&'static Track>,
    voices: Vec<Sounding<B::Voice>>,
    current: Option<u64>,
    pending: Option<Change>,
    sting: Option<Sting>,
    waiting: Option<Sting>,
    level: Fade,
    next_level: Fade,
    game_duck: Fade,
    sting_duck: Fade,
    made: u64,
    told: HashSet<String>,
    // The music's time follows the sound: it stands still in a pause, and where the sound card stalls.
    time: f64,
    read_at: f64,
    is_paused: bool,
}

/// The amplitude of a layer (from 0) of `count` at an intensity; the first one always sounds.
pub fn share(level: f64, layer: usize, layers: usize) -> f64 {
    if layer == 0 {
        return 1.0;
    }
    let upper = layers.saturating_sub(1).max(1) as f64;
    let point = (level * upper - (layer as f64 - 1.0)).clamp(0.0, 1.0);
    (point * std::f64::consts::FRAC_PI_2).sin()
}

impl Track {
    /// The sample of the file at which a position lies: loops wrap around, other tracks stop at the end.
    pub fn wrap(&self, sample: f64) -> f64 {
        let start = self.loop_start as f64;
        if !self.loops {
            sample.min(self.samples as f64)
        } else if sample < start {
            sample
        } else {
            start + (sample - start) % self.loop_length as f64
        }
    }

    /// The number of samples from one of the file to its next line.
    pub fn to_line(&self, sample: f64, when: When) -> f64 {
        if when == When::Now || (!self.loops && sample >= self.samples as f64) {
            return 0.0;
        }
        if when == When::Section {
            return self.to_section(sample);
        }
        let (start, _, bar) = self.grid(sample);
        let unit = if when == When::Beat { bar / f64::from(self.felt_beats) } else { bar };
        let into = (sample - start) % unit;
        if into < 1.0 { 0.0 } else { unit - into }
    }

    /// Whether both are the same music bar for bar: a track and its variant.
    pub fn shares_bars(&self, other: &Track) -> bool {
        let root = |track: &Track| if track.like.is_empty() { track.name } else { track.like };
        root(self) == root(other) && self.bars == other.bars
    }

    /// The sample of this track in the same bar, and as far into it, as the other's.
    pub fn same_place(&self, other: &Track, sample: f64) -> f64 {
        let (start, first, bar) = other.grid(sample);
        let mut bars = first + (sample - start) / bar;
        if bars >= f64::from(self.bars) {
            bars -= f64::from(self.loop_bars);
        }
        let first_of_loop = f64::from(self.loop_start_bar);
        if !self.loops {
            bars * 60.0 * self.beats_per_bar * f64::from(self.rate) / self.bpm
        } else if bars < first_of_loop {
            bars * self.loop_start as f64 / first_of_loop
        } else {
            let inside = (bars - first_of_loop) / f64::from(self.loop_bars);
            self.loop_start as f64 + inside * self.loop_length as f64
        }
    }

    // The run of equal bars around a sample: its start, its first bar, and the length of a bar.
    fn grid(&self, sample: f64) -> (f64, f64, f64) {
        let start = self.loop_start as f64;
        if !self.loops {
            (0.0, 0.0, 60.0 * self.beats_per_bar * f64::from(self.rate) / self.bpm)
        } else if sample < start {
            (0.0, 0.0, start / f64::from(self.loop_start_bar))
        } else {
            let bar = self.loop_length as f64 / f64::from(self.loop_bars);
            (start, f64::from(self.loop_start_bar), bar)
        }
    }

    fn to_section(&self, sample: f64) -> f64 {
        let lines = || self.section_samples.iter().map(|&line| line as f64);
        if let Some(line) = lines().find(|&line| line >= sample) {
            return line - sample;
        }
        let (start, end) = (self.loop_start as f64, self.samples as f64);
        if !self.loops {
            return end - sample;
        }
        let first = lines().find(|&line| line >= start).unwrap_or(start);
        end - sample + first - start
    }
}

impl<B: Backend> Music<B> {
    /// The music of some tracks, played by a backend.
    pub fn new(tracks: &'static [Track], backend: B) -> Self {
        let levels = [("shop", 1), ("battle", 2), ("boss", 2), ("victory", 2), ("menu", 3)];
        Music {
            volume: 0.8,
            music_volume: 1.0,
            sting_volume: 1.0,
            rules: RULES.to_vec(),
            levels: levels.iter().map(|(scene, level)| (scene.to_string(), *level)).collect(),
            backend,
            tracks,
            stack: Vec::new(),
            left: HashMap::new(),
            loading: Vec::new(),
            voices: Vec::new(),
            current: None,
            pending: None,
            sting: None,
            waiting: None,
            level: Fade::steady(1.0),
            next_level: Fade::steady(1.0),
            game_duck: Fade::steady(1.0),
            sting_duck: Fade::steady(1.0),
            made: 0,
            told: HashSet::new(),
            time: 0.0,
            read_at: 0.0,
            is_paused: false,
        }
    }

    /// The scene that the game is in, "" before the first.
    pub fn scene(&self) -> &str {
        self.stack.last().map_or("", |(scene, _)| scene)
    }

    /// The track that sounds and the sample of its file; None in silence and after the end of one
    /// that plays once.
    pub fn playing(&self) -> Option<(&'static Track, f64)> {
        let place = self.sounding().map(|one| (one.track, one.track.wrap(one.voice.sample())));
        place.filter(|(track, sample)| track.loops || *sample < track.samples as f64)
    }

    /// Enter a scene: over those of lower levels, in place of one of its level, or back to a kept one.
    pub fn enter(&mut self, scene: &str, manner: &Manner) {
        let before = self.stack.last().cloned();
        if let Some(at) = self.stack.iter().position(|(other, _)| other == scene) {
            self.stack.truncate(at);
        } else {
            while !self.stack.is_empty() && self.level_of(self.scene()) >= self.level_of(scene) {
                self.stack.pop();
            }
        }
        let moods = manner.moods.iter().map(|mood| mood.to_string()).collect();
        self.stack.push((scene.to_string(), moods));
        if before.as_ref() != self.stack.last() {
            self.plan(before.map_or(String::new(), |(scene, _)| scene), manner);
        }
    }

    /// Leave the scene for the one below, whose music continues; the last one cannot be left.
    pub fn leave(&mut self, manner: &Manner) {
        if self.stack.len() > 1 {
            if let Some((before, _)) = self.stack.pop() {
                self.plan(before, manner);
            }
        }
    }

    /// Fade to silence within some seconds and forget every scene.
    pub fn stop(&mut self, fade: f64) {
        self.stack.clear();
        self.left.clear();
        self.ask(None, String::new(), fade, false);
        self.end_sting();
    }

    /// Pause the music, fades, stings and pending changes until `resume`.
    pub fn pause(&mut self) {
        if !self.is_paused {
            self.time = self.now();
            self.is_paused = true;
            self.voices.iter_mut().for_each(|one| one.voice.pause());
        }
    }

    /// Resume where `pause` stopped.
    pub fn resume(&mut self) {
        if self.is_paused {
            self.read_at = self.backend.now();
            self.is_paused = false;
            self.voices.iter_mut().for_each(|one| one.voice.resume());
        }
    }

    /// Fade the intensity to 0..1 within some seconds, at once or at the next musical line.
    pub fn intensity(&mut self, level: f64, fade: f64, when: When) {
        let level = level.clamp(0.0, 1.0);
        let at = self.line_time(when);
        if level != self.next_level.last || at < self.next_level.at {
            self.level = self.level_at(self.now());
            self.next_level = self.level.turn(at, fade, level);
        }
    }

    /// Lower the music by some decibels until the next call; 0 restores it.
    pub fn duck(&mut self, by_db: f64, fade: f64) {
        let gain = 10f64.powf(-by_db.max(0.0) / 20.0);
        self.game_duck = self.game_duck.turn(self.now(), fade, gain);
    }

    /// Play a track, or a scene's track, once over the music, which is ducked.
    pub fn sting(&mut self, name: &str, when: When, priority: i32) {
        let track = match self.sting_track(name) {
            Some(track) => track,
            None => {
                let hint = meant(name, &self.names());
                return self.tell(format!("there is no sting '{}'; {}", name, hint));
            }
        };
        let plays = self.sounding().map_or(false, |one| std::ptr::eq(one.track, track));
        let is_lower = |other: &Option<Sting>| other.as_ref().map_or(false, |one| one.priority > priority);
        if !plays && !is_lower(&self.sting) && !is_lower(&self.waiting) {
            self.backend.is_ready(track);
            self.waiting = Some(Sting { track, at: self.line_time(when), when, priority, id: 0 });
        }
    }

    /// Read tracks in the background, those of scenes, those named, or all: no change waits for them then.
    pub fn preload(&mut self, names: &[&str]) {
        for name in names {
            if !self.tracks.iter().any(|track| track.scene == *name || track.name == *name) {
                let hint = meant(name, &self.names());
                self.tell(format!("preload: there is no scene and no track '{}'; {}", name, hint));
            }
        }
        let is_asked =
            |track: &&Track| names.is_empty() || names.contains(&track.scene) || names.contains(&track.name);
        let (tracks, loading) = (self.tracks, &mut self.loading);
        loading.extend(tracks.iter().filter(is_asked));
    }

    /// Whether tracks are still being read, for a loading screen, which calls `update` too.
    pub fn is_loading(&self) -> bool {
        !self.loading.is_empty()
    }

    /// The state of the music, for a save game.
    pub fn state(&self) -> State {
        let scenes = self.stack.iter().map(|(scene, moods)| self.place(scene, moods)).collect();
        State {
            scenes,
            playing: self.sounding().map(|one| self.place(&one.scene, &[])),
            intensity: self.next_level.last,
            duck_db: (20.0 * self.game_duck.last.max(1e-10).log10()).abs(),
        }
    }

    /// Restore a state with a crossfade of some seconds.
    pub fn restore(&mut self, state: &State, fade: f64) {
        self.stack.clear();
        self.left.clear();
        for place in &state.scenes {
            self.stack.push((place.scene.clone(), place.moods.clone()));
            self.keep(place, &place.scene);
        }
        self.end_sting();
        self.duck(state.duck_db, 0.0);
        self.level = Fade::steady(state.intensity.clamp(0.0, 1.0));
        self.next_level = self.level;
        if let Some(id) = self.current {
            if let Some(one) = self.voices.iter_mut().find(|one| one.id == id) {
                one.scene.clear();
            }
        }
        let mut scene = self.scene().to_string();
        let mut wanted = self.stack.last().and_then(|(scene, moods)| self.track_for(scene, moods));
        if wanted.is_none() {
            if let Some(place) = &state.playing {
                wanted = place.track.as_ref().and_then(|name| self.named(name));
                if wanted.is_some() {
                    scene = place.scene.clone();
                    self.keep(place, &scene);
                }
            }
        }
        self.ask(wanted, scene, fade, true);
    }

    /// Update the music; call it once a frame.
    pub fn update(&mut self) {
        if self.is_paused {
            return;
        }
        self.follow_sound();
        let now = self.time;
        let soon = now + ROUNDING_SECONDS;
        self.read_ahead(soon);
        if self.pending.as_ref().map_or(false, |change| soon >= change.at) {
            if let Some(mut change) = self.pending.take() {
                if change.how == How::Fade && self.current.is_some() && change.track.is_some() {
                    let track = change.track.take();
                    self.ask(track, change.scene.clone(), change.fade, change.is_jump);
                    if let Some(later) = &mut self.pending {
                        later.at = now + change.fade;
                    }
                }
                self.take(change, now);
            }
        }
        if self.waiting.as_ref().map_or(false, |sting| soon >= sting.at) {
            self.start_sting(now);
        } else if self.sting.as_ref().map_or(false, |sting| soon >= sting.at) {
            self.finish_sting(); // another one may wait for its line
        }
        self.set_gains(now);
        self.voices.retain_mut(|one| {
            let is_over = one.fade.last == 0.0 && now >= one.fade.at + one.fade.seconds;
            if is_over {
                one.voice.stop();
            }
            !is_over
        });
    }

    // Read what is asked for, and then what is to be loaded. What is due before it is read waits for its
    // next line.
    fn read_ahead(&mut self, soon: f64) {
        let (mut is_reading, mut later) = (false, [None, None]);
        let change = self.pending.as_ref().and_then(|one| one.track.map(|track| (track, one.at, one.when)));
        let sting = self.waiting.as_ref().map(|one| (one.track, one.at, one.when));
        for (asked, later) in [change, sting].into_iter().zip(&mut later) {
            if let Some((track, at, when)) = asked {
                if !self.backend.is_ready(track) {
                    is_reading = true;
                    *later = if soon >= at { Some(self.line_time(when).max(soon + ROUNDING_SECONDS)) } else { None };
                }
            }
        }
        if let (Some(change), Some(at)) = (&mut self.pending, later[0]) {
            change.at = at;
        }
        if let (Some(sting), Some(at)) = (&mut self.waiting, later[1]) {
            sting.at = at;
        }
        // One at a time, in the order of the calls.
        if !is_reading && self.loading.first().is_some_and(|track| self.backend.is_ready(track)) {
            self.loading.remove(0);
        }
    }

    fn now(&self) -> f64 {
        if self.is_paused { self.time } else { self.time + self.backend.now() - self.read_at }
    }

    // Advance the music's time with the sound.
    fn follow_sound(&mut self) {
        let read_at = self.backend.now();
        let passed = read_at - self.read_at;
        self.time += passed;
        self.read_at = read_at;
        let (time, id) = (self.time, self.current);
        let one = match self.voices.iter_mut().find(|one| Some(one.id) == id) {
            Some(one) => one,
            None => return,
        };
        let (track, sample) = (one.track, one.track.wrap(one.voice.sample()));
        if !track.loops && sample >= track.samples as f64 {
            return;
        }
        // If a backend always reports its first position, the time does not wait for it, nor for a sound
        // that begins much later than requested, as on a page without a click.
        if !one.is_heard {
            if (sample - one.start).abs() <= 1.0 {
                return;
            }
            one.is_heard = true;
            let late = time - one.at - (sample - one.start) / f64::from(track.rate);
            if late > LATE_SECONDS {
                one.at += late;
            }
        }
        let expected = one.expected(time);
        let (mut ahead, start) = (sample - expected, track.loop_start as f64);
        if track.loops && sample >= start && expected >= start {
            let length = track.loop_length as f64;
            ahead = (ahead + length / 2.0).rem_euclid(length) - length / 2.0;
        }
        ahead /= f64::from(track.rate);
        if ahead.abs() <= STALL_SECONDS {
            ahead *= (FOLLOWED_A_SECOND * passed).min(1.0);
        }
        self.time += ahead.max(-passed);
    }

    fn sounding(&self) -> Option<&Sounding<B::Voice>> {
        self.current.and_then(|id| self.voices.iter().find(|one| one.id == id))
    }

    fn ask(&mut self, track: Option<&'static Track>, scene: String, fade: f64, is_jump: bool) {
        if let Some(track) = track {
            self.backend.is_ready(track);
        }
        let (at, when, how) = (self.now(), When::Now, How::Crossfade);
        self.pending = Some(Change { track, scene, at, when, fade, how, keeps_place: false, is_jump });
    }

    fn keep(&mut self, place: &Place, scene: &str) {
        if let Some(track) = place.track.as_ref().and_then(|name| self.named(name)) {
            // The file may have become shorter since.
            self.left.insert(scene.to_string(), (track.name, track.wrap(place.sample as f64).floor()));
        }
    }

    fn plan(&mut self, before: String, manner: &Manner) {
        let (scene, moods) = match self.stack.last().cloned() {
            Some(top) => top,
            None => return,
        };
        let track = match self.track_for(&scene, &moods) {
            Some(track) => track,
            None => {
                let hint = meant(&scene, &self.scenes());
                return self.tell(format!("no track serves the scene '{}', the music stays; {}", scene, hint));
            }
        };
        // Until the jump of restore is made, what sounds is not what was saved.
        let is_jump = self.pending.take().is_some_and(|change| change.is_jump);
        let id = if is_jump { None } else { self.current };
        let mut keeps_place = false;
        if let Some(one) = self.voices.iter_mut().find(|one| Some(one.id) == id) {
            if std::ptr::eq(one.track, track) {
                one.scene = scene;
                return;
            }
            keeps_place = track.shares_bars(one.track);
        }
        let fits = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        let found = self.rules.iter().find(|row| fits(row.from, &before) && fits(row.to, &scene));
        let cut = Rule { from: "*", to: "*", when: When::Now, fade: 0.0, how: How::Cut };
        let rule = found.copied().unwrap_or(cut);
        let mut how = manner.how.unwrap_or(rule.how);
        let fade = if how == How::Cut { 0.0 } else { manner.fade.unwrap_or(rule.fade) };
        if keeps_place && how == How::Fade {
            how = How::Crossfade;
        }
        let when = manner.when.unwrap_or(rule.when);
        let at = self.line_time(when);
        self.backend.is_ready(track);
        let track = Some(track);
        self.pending = Some(Change { track, scene, at, when, fade, how, keeps_place, is_jump });
    }

    fn take(&mut self, change: Change, now: f64) {
        let mut start = None;
        if let Some(id) = self.current.take() {
            let kept: Vec<String> = self.stack.iter().map(|(scene, _)| scene.clone()).collect();
            if let Some(old) = self.voices.iter_mut().find(|one| one.id == id) {
                let sample = old.track.wrap(old.voice.sample());
                if old.scene != change.scene && kept.contains(&old.scene) {
                    let later = old.track.wrap(sample + change.fade * f64::from(old.track.rate));
                    self.left.insert(old.scene.clone(), (old.track.name, later));
                }
                if let (true, Some(track)) = (change.keeps_place, change.track) {
                    start = Some(track.same_place(old.track, sample));
                }
                old.fade = old.fade.turn(now, change.fade, 0.0);
            }
        }
        if let (None, Some(track)) = (start, change.track) {
            start = Some(self.place_to_go_on(track, &change, now));
        }
        // Scenes that left the stack start from the beginning when they are entered again.
        let stack = &self.stack;
        self.left.retain(|scene, _| stack.iter().any(|(one, _)| one == scene));
        let (track, mut start) = match (change.track, start) {
            (Some(track), Some(start)) => (track, start),
            _ => return,
        };
        self.left.remove(&change.scene);
        if !track.loops && start >= track.samples as f64 {
            start = 0.0;
        }
        let is_silent = self.voices.iter().all(|one| one.fade.point(now) == 0.0);
        let fade = if is_silent && start == 0.0 { 0.0 } else { change.fade };
        self.current = self.begin(track, change.scene, start as u64, now, fade, false);
    }

    // Its present position if it still fades out, else where it was left.
    fn place_to_go_on(&self, track: &'static Track, change: &Change, now: f64) -> f64 {
        let fades = |one: &&Sounding<B::Voice>| {
            std::ptr::eq(one.track, track) && !one.is_sting && one.fade.point(now) > 0.0
        };
        if !change.is_jump {
            if let Some(one) = self.voices.iter().rev().find(fades) {
                return track.wrap(one.voice.sample());
            }
        }
        match self.left.get(&change.scene) {
            Some((name, sample)) if *name == track.name => *sample,
            _ => 0.0,
        }
    }

    fn begin(
        &mut self,
        track: &'static Track,
        scene: String,
        sample: u64,
        now: f64,
        fade: f64,
        is_sting: bool,
    ) -> Option<u64> {
        let voice = self.backend.start(track, sample)?;
        self.made += 1;
        let first = if fade == 0.0 { 1.0 } else { 0.0 };
        let fade = Fade { first, last: 1.0, at: now, seconds: fade };
        let (id, start, at, is_heard) = (self.made, sample as f64, now, false);
        self.voices.push(Sounding { track, scene, voice, fade, is_sting, id, start, at, is_heard });
        self.set_gains(now);
        Some(self.made)
    }

    fn start_sting(&mut self, now: f64) {
        self.release_sting(now);
        if let Some(mut sting) = self.waiting.take() {
            let length = sting.track.samples as f64 / f64::from(sting.track.rate);
            if let Some(id) = self.begin(sting.track, String::new(), 0, now, 0.0, true) {
                sting.id = id;
                sting.at = now + length; // from here on, when it ends
                self.sting = Some(sting);
                self.sting_duck = self.sting_duck.turn(now, STING_DUCK_SECONDS, STING_DUCK);
            } else {
                self.sting_duck = self.sting_duck.turn(now, STING_RETURN_SECONDS, 1.0);
            }
        }
    }

    fn end_sting(&mut self) {
        self.waiting = None;
        self.finish_sting();
    }

    fn finish_sting(&mut self) {
        let now = self.now();
        if self.release_sting(now) {
            self.sting_duck = self.sting_duck.turn(now, STING_RETURN_SECONDS, 1.0);
        }
    }

    /// The fade of the intensity at a time: one that waits for its line leaves the one before it alone.
    fn level_at(&self, now: f64) -> Fade {
        if now >= self.next_level.at { self.next_level } else { self.level }
    }

    fn release_sting(&mut self, now: f64) -> bool {
        match self.sting.take() {
            Some(sting) => {
                if let Some(one) = self.voices.iter_mut().find(|one| one.id == sting.id) {
                    one.fade = one.fade.turn(now, RELEASE_SECONDS, 0.0);
                }
                true
            }
            None => false,
        }
    }

    fn set_gains(&mut self, now: f64) {
        let ducked = self.game_duck.point(now).min(self.sting_duck.point(now));
        let level = self.level_at(now).point(now);
        for one in &mut self.voices {
            let gain = self.volume * (one.fade.point(now) * std::f64::consts::FRAC_PI_2).sin();
            let layers = one.track.files.len();
            for layer in 0..layers {
                let part = if one.is_sting {
                    self.sting_volume
                } else {
                    self.music_volume * ducked * share(level, layer, layers)
                };
                one.voice.set_gain(layer, (gain * part) as f32);
            }
        }
    }

    fn track_for(&self, scene: &str, moods: &[String]) -> Option<&'static Track> {
        let likeness = |track: &&'static Track| {
            let shared = moods.iter().filter(|mood| track.moods.contains(&mood.as_str())).count() as i64;
            if moods.is_empty() { 0 } else { shared * 100 - (track.moods.len() as i64 - shared) }
        };
        // max_by_key takes the last of equals: the first counts here.
        self.tracks.iter().rev().filter(|track| track.scene == scene).max_by_key(likeness)
    }

    fn sting_track(&self, name: &str) -> Option<&'static Track> {
        let playing = self.sounding().map_or("", |one| one.track.name);
        let fits = |track: &&'static Track| track.matches == playing && track.scene == name;
        let matching = || if playing.is_empty() { None } else { self.tracks.iter().find(fits) };
        self.named(name).or_else(matching).or_else(|| self.track_for(name, &[]))
    }

    // The scenes that have a track, in the order of the tracks.
    fn scenes(&self) -> Vec<&'static str> {
        let mut scenes = Vec::new();
        for track in self.tracks {
            if !scenes.contains(&track.scene) {
                scenes.push(track.scene);
            }
        }
        scenes
    }

    // The scenes that have a track, and the tracks.
    fn names(&self) -> Vec<&'static str> {
        self.scenes().into_iter().chain(self.tracks.iter().map(|track| track.name)).collect()
    }

    fn named(&self, name: &str) -> Option<&'static Track> {
        self.tracks.iter().find(|track| track.name == name)
    }

    fn place(&self, scene: &str, moods: &[String]) -> Place {
        let (mut track, mut sample) = (None, 0);
        match self.sounding() {
            Some(one) if one.scene == scene => {
                track = Some(one.track.name.to_string());
                sample = one.track.wrap(one.voice.sample()) as u64;
            }
            _ => {
                if let Some((name, left)) = self.left.get(scene) {
                    track = Some(name.to_string());
                    sample = *left as u64;
                }
            }
        }
        Place { scene: scene.to_string(), moods: moods.to_vec(), track, sample }
    }

    fn line_time(&self, when: When) -> f64 {
        let now = self.now();
        now + self.sounding().map_or(0.0, |one| {
            one.track.to_line(one.expected(now), when) / f64::from(one.track.rate)
        })
    }

    fn level_of(&self, scene: &str) -> i32 {
        self.levels.get(scene).copied().unwrap_or(0)
    }

    fn tell(&mut self, text: String) {
        if self.told.insert(text.clone()) {
            self.backend.warn(&text);
        }
    }
}

// A hint for an unknown name: the nearest of these, or the names that there are.
fn meant(name: &str, names: &[&'static str]) -> String {
    let nearest = names.iter().map(|one| (distance(name, one), one)).min_by_key(|(far, _)| *far);
    match nearest {
        Some((far, one)) if 2 * far <= name.chars().count() => format!("did you mean '{}'?", one),
        _ => format!("there are: {}", names.join(", ")),
    }
}

// The edit distance of two words: letters to change, insert or remove.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for j in 0..other.len() {
            let changed = corner + usize::from(letter != other[j]);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[other.len()]
}

/// kira as the backend: its sound card, and the files of a folder.
pub struct Kira {
    manager: AudioManager<DefaultBackend>,
    folder: PathBuf,
    sounds: HashMap<&'static str, Read>,
    reading: Option<(&'static str, Receiver<Read>)>, // a file, and what a thread makes of it
    began: Instant,
}

// A file's sound, or why there is none.
type Read = Result<StaticSoundData, String>;

/// A track's files as kira plays them.
pub struct KiraVoice {
    rate: f64,
    layers: Vec<(StaticSoundHandle, f32)>,
}

/// Open the sound card; the audio lies in the folder.
pub fn open(folder: impl AsRef<Path>) -> Result<Music<Kira>, Box<dyn std::error::Error>> {
    let manager = AudioManager::new(AudioManagerSettings::default())?;
    let (folder, sounds) = (folder.as_ref().to_path_buf(), HashMap::new());
    Ok(Music::new(TRACKS, Kira { manager, folder, sounds, reading: None, began: Instant::now() }))
}

// From one frame to the next: the gains of a fade are set in each.
const FRAME: Duration = Duration::from_millis(17);

fn decibels(gain: f32) -> Decibels {
    if gain <= 0.001 { Decibels::SILENCE } else { Decibels(20.0 * gain.log10()) }
}

impl Backend for Kira {
    type Voice = KiraVoice;

    fn now(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    // Decoding takes longer than a frame, without optimisation much longer: a thread does it, a file at
    // a time.
    fn is_ready(&mut self, track: &'static Track) -> bool {
        if let Some((file, receiver)) = self.reading.take() {
            match receiver.try_recv() {
                Ok(read) => {
                    self.sounds.insert(file, read);
                }
                Err(TryRecvError::Empty) => self.reading = Some((file, receiver)),
                Err(TryRecvError::Disconnected) => {
                    self.sounds.insert(file, Err("its reader ended".to_string()));
                }
            }
        }
        let missing = track.files.iter().copied().find(|file| !self.sounds.contains_key(file));
        if let (Some(file), None) = (missing, &self.reading) {
            let (path, (sender, receiver)) = (self.folder.join(file), channel());
            let work = move || drop(sender.send(read(&path, track))); // it fails if the music is gone
            if std::thread::Builder::new().spawn(work).is_ok() {
                self.reading = Some((file, receiver));
            } else {
                self.sounds.insert(file, read(&self.folder.join(file), track));
            }
        }
        missing.is_none()
    }

    fn start(&mut self, track: &'static Track, sample: u64) -> Option<KiraVoice> {
        // First decoded, then started one after the other: kira takes them up with one buffer.
        let mut sounds = Vec::new();
        for file in track.files {
            match self.load(track, file) {
                Ok(sound) => sounds.push(sound.start_position(PlaybackPosition::Samples(sample as usize))),
                Err(error) => {
                    self.warn(&format!("cannot play {}: {}", file, error));
                    return None;
                }
            }
        }
        let mut layers = Vec::new();
        for sound in sounds {
            match self.manager.play(sound.volume(Decibels::SILENCE)) {
                Ok(handle) => layers.push((handle, -1.0)),
                Err(error) => {
                    self.warn(&format!("cannot play {}: {:?}", track.name, error));
                    return None;
                }
            }
        }
        Some(KiraVoice { rate: f64::from(track.rate), layers })
    }

    fn warn(&mut self, text: &str) {
        eprintln!("chipassets: {}", text);
    }
}

impl Kira {
    fn load(&mut self, track: &Track, file: &'static str) -> Read {
        let path = self.folder.join(file);
        self.sounds.entry(file).or_insert_with(|| read(&path, track)).clone()
    }
}

fn read(path: &Path, track: &Track) -> Read {
    let sound = StaticSoundData::from_file(path).map_err(|error| error.to_string())?;
    if !track.loops {
        return Ok(sound);
    }
    // By the sample, not to the end of the audio: a decoder may leave padding there.
    Ok(sound.loop_region(Region {
        start: PlaybackPosition::Samples(track.loop_start as usize),
        end: EndPosition::Custom(PlaybackPosition::Samples(track.samples as usize)),
    }))
}

impl Voice for KiraVoice {
    fn sample(&self) -> f64 {
        self.layers[0].0.position() * self.rate
    }

    fn set_gain(&mut self, layer: usize, gain: f32) {
        let (handle, before) = &mut self.layers[layer];
        if *before != gain {
            let duration = if *before < 0.0 { Duration::ZERO } else { FRAME };
            handle.set_volume(decibels(gain), Tween { duration, ..Default::default() });
            *before = gain;
        }
    }

    fn pause(&mut self) {
        for (handle, _) in &mut self.layers {
            handle.pause(Tween::default());
        }
    }

    fn resume(&mut self) {
        for (handle, _) in &mut self.layers {
            handle.resume(Tween::default());
        }
    }

    fn stop(&mut self) {
        for (handle, _) in &mut self.layers {
            handle.stop(Tween::default());
        }
    }
}
