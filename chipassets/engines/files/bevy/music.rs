//! The music of the game for Bevy and any other program in Rust, through kira 0.10. Written by
//! chipassets; build the bundle anew.
//!
//! ```toml
//! kira = { version = "0.10", default-features = false, features = ["cpal", "ogg"] }
//! ```
//!
//! ```ignore
//! let mut music = Music::new("assets/music")?;
//! music.enter("overworld");           // whenever the game's scene changes
//! music.update()?;                    // once a frame
//! music.intensity(0.4);               // fewer layers
//! music.leave(When::Now, 0.8);        // back to where the scene below was left
//! ```

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kira::sound::static_sound::{StaticSoundData, StaticSoundHandle};
use kira::sound::{FromFileError, PlaybackPosition, Region};
use kira::{AudioManager, AudioManagerSettings, Decibels, DefaultBackend, Tween};

/// What the player knows of a track: samples are of the file, bars count from 0.
pub struct Track {
    pub name: &'static str,
    pub scene: &'static str,
    pub moods: &'static [&'static str],
    pub rate: u32,
    pub samples: u64,
    pub loops: bool,
    pub loop_start: u64,
    pub loop_length: u64,
    pub loop_start_bar: u32,
    pub loop_bars: u32,
    pub bpm: f64,
    pub beats_per_bar: f32,
    pub felt_beats: u32,
    pub files: &'static [&'static str],
}

pub static TRACKS: &[Track] = &[
@TRACKS@
];

/// When a change begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    Now,
    Beat,
    Bar,
}

struct Voice {
    track: &'static Track,
    scene: String,
    layers: Vec<StaticSoundHandle>,
}

struct Change {
    track: &'static Track,
    scene: String,
    at: Instant,
    fade: Duration,
}

/// Plays the tracks by the game's scenes; scenes of a higher level lie over those of a lower.
pub struct Music {
    manager: AudioManager<DefaultBackend>,
    folder: PathBuf,
    sounds: HashMap<&'static str, StaticSoundData>,
    stack: Vec<String>,
    left: HashMap<String, f64>,
    current: Option<Voice>,
    pending: Option<Change>,
    level: f32,
}

fn scene_level(scene: &str) -> u32 {
    match scene {
        "shop" => 1,
        "battle" | "boss" | "victory" => 2,
        "menu" => 3,
        _ => 0,
    }
}

/// The amplitude of a layer, from 0 on, of that many at an intensity: the first always sounds.
pub fn share(level: f32, layer: usize, layers: usize) -> f32 {
    if layer == 0 {
        return 1.0;
    }
    let upper = layers.saturating_sub(1).max(1) as f32;
    let point = (level * upper - (layer as f32 - 1.0)).clamp(0.0, 1.0);
    (point * std::f32::consts::FRAC_PI_2).sin()
}

/// Seconds from a place in the file to its next line.
pub fn to_line(track: &Track, seconds: f64, when: When) -> f64 {
    let rate = f64::from(track.rate);
    let sample = seconds * rate;
    if when == When::Now || (!track.loops && sample >= track.samples as f64) {
        return 0.0;
    }
    let (start, bar) = if !track.loops {
        (0.0, 60.0 * f64::from(track.beats_per_bar) * rate / track.bpm)
    } else if sample < track.loop_start as f64 {
        (0.0, track.loop_start as f64 / f64::from(track.loop_start_bar))
    } else {
        (track.loop_start as f64, track.loop_length as f64 / f64::from(track.loop_bars))
    };
    let unit = if when == When::Beat { bar / f64::from(track.felt_beats) } else { bar };
    let into = (sample - start) % unit;
    if into < 1.0 { 0.0 } else { (unit - into) / rate }
}

fn tween(seconds: f32) -> Tween {
    Tween { duration: Duration::from_secs_f32(seconds), ..Default::default() }
}

fn decibels(amplitude: f32) -> Decibels {
    if amplitude <= 0.001 { Decibels::SILENCE } else { Decibels(20.0 * amplitude.log10()) }
}

impl Music {
    /// Open the sound card; the audio lies in the folder.
    pub fn new(folder: impl AsRef<Path>) -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self {
            manager: AudioManager::new(AudioManagerSettings::default())?,
            folder: folder.as_ref().to_path_buf(),
            sounds: HashMap::new(),
            stack: Vec::new(),
            left: HashMap::new(),
            current: None,
            pending: None,
            level: 1.0,
        })
    }

    /// Be in a scene from now on, with a crossfade of 0.8 s at once.
    pub fn enter(&mut self, scene: &str) {
        self.enter_with(scene, When::Now, 0.8, &[]);
    }

    /// Be in a scene from now on: when, seconds of the crossfade, moods.
    pub fn enter_with(&mut self, scene: &str, when: When, fade: f32, moods: &[&str]) {
        if let Some(at) = self.stack.iter().position(|other| other == scene) {
            self.stack.truncate(at + 1);
        } else {
            while self.stack.last().is_some_and(|top| scene_level(top) >= scene_level(scene)) {
                self.stack.pop();
            }
            self.stack.push(scene.to_string());
        }
        self.plan(when, fade, moods);
    }

    /// Go back to the scene below; the last one cannot be left.
    pub fn leave(&mut self, when: When, fade: f32) {
        if self.stack.len() > 1 {
            self.stack.pop();
            self.plan(when, fade, &[]);
        }
    }

    /// Let more or fewer of a track's layers sound, 0 to 1, within 0.6 s.
    pub fn intensity(&mut self, level: f32) {
        self.level = level.clamp(0.0, 1.0);
        if let Some(voice) = &mut self.current {
            let layers = voice.layers.len();
            for (number, layer) in voice.layers.iter_mut().enumerate() {
                layer.set_volume(decibels(share(self.level, number, layers)), tween(0.6));
            }
        }
    }

    /// Play a track once over the music.
    pub fn sting(&mut self, name: &str) -> Result<(), Box<dyn std::error::Error>> {
        if let Some(track) = TRACKS.iter().find(|track| track.name == name || track.scene == name) {
            let sound = self.load(track, track.files[0])?;
            self.manager.play(sound)?;
        }
        Ok(())
    }

    /// Do what is due; call it once a frame.
    pub fn update(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        if self.pending.as_ref().is_some_and(|change| Instant::now() >= change.at) {
            if let Some(change) = self.pending.take() {
                self.take(change)?;
            }
        }
        Ok(())
    }

    fn plan(&mut self, when: When, fade: f32, moods: &[&str]) {
        let Some(scene) = self.stack.last().cloned() else { return };
        let likeness = |track: &&Track| {
            let shared = moods.iter().filter(|mood| track.moods.contains(mood)).count() as i64;
            if moods.is_empty() { 0 } else { shared * 100 - (track.moods.len() as i64 - shared) }
        };
        // max_by_key takes the last of equals: the first counts here.
        let found = TRACKS.iter().rev().filter(|track| track.scene == scene).max_by_key(likeness);
        let Some(track) = found else { return };
        self.pending = None;
        let mut wait = 0.0;
        if let Some(voice) = &mut self.current {
            if std::ptr::eq(voice.track, track) {
                voice.scene = scene;
                return;
            }
            wait = to_line(voice.track, voice.layers[0].position(), when);
        }
        self.pending = Some(Change {
            track,
            scene,
            at: Instant::now() + Duration::from_secs_f64(wait),
            fade: Duration::from_secs_f32(fade),
        });
    }

    fn take(&mut self, change: Change) -> Result<(), Box<dyn std::error::Error>> {
        let fade = change.fade.as_secs_f32();
        let is_first = self.current.is_none();
        if let Some(mut old) = self.current.take() {
            if old.scene != change.scene && self.stack.contains(&old.scene) {
                self.left.insert(old.scene.clone(), old.layers[0].position());
            }
            for layer in &mut old.layers {
                layer.stop(tween(fade));
            }
        }
        let start = self.left.remove(&change.scene).unwrap_or(0.0);
        let layers = change.track.files.len();
        let mut sounds = Vec::new();
        for (number, file) in change.track.files.iter().enumerate() {
            let mut sound = self.load(change.track, file)?.start_position(start);
            sound = sound.volume(decibels(share(self.level, number, layers)));
            if !is_first {
                sound = sound.fade_in_tween(tween(fade));
            }
            sounds.push(sound);
        }
        // One after the other, at once: kira takes them up with the same buffer.
        let handles: Result<Vec<_>, _> =
            sounds.into_iter().map(|sound| self.manager.play(sound)).collect();
        self.current = Some(Voice { track: change.track, scene: change.scene, layers: handles? });
        Ok(())
    }

    fn load(&mut self, track: &Track, file: &'static str) -> Result<StaticSoundData, FromFileError> {
        if !self.sounds.contains_key(file) {
            let mut sound = StaticSoundData::from_file(self.folder.join(file))?;
            if track.loops {
                sound = sound.loop_region(Region {
                    start: PlaybackPosition::Samples(track.loop_start as usize),
                    end: kira::sound::EndPosition::EndOfAudio,
                });
            }
            self.sounds.insert(file, sound);
        }
        Ok(self.sounds[file].clone())
    }
}
