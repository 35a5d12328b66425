//! Plays title, overworld, battle, victory, and back: a line on the terminal is a key of the game.
#[allow(dead_code)]
#[path = "../src/music.rs"]
mod music;

use std::io::BufRead;
use std::sync::mpsc;
use std::time::Duration;

use music::{Manner, When, AS_RULED};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut music = music::open("assets/music")?;
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().flatten() {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    music.preload(&[]);
    music.enter("title", &AS_RULED);
    loop {
        match lines.try_recv() {
            Ok(line) => match line.as_str() {
                "1" => music.enter("title", &AS_RULED),
                "2" => music.enter("overworld", &AS_RULED),
                "3" => music.enter("battle", &Manner { when: Some(When::Beat), ..AS_RULED }),
                "4" => {
                    music.sting("victory", When::Beat, 0);
                    music.leave(&Manner { when: Some(When::Bar), ..AS_RULED });
                }
                "+" => music.intensity(1.0, 0.6, When::Now),
                "-" => music.intensity(0.0, 0.6, When::Now),
                _ => {}
            },
            Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
            Err(mpsc::TryRecvError::Empty) => {}
        }
        music.update(); // once a frame
        std::thread::sleep(Duration::from_millis(16));
    }
}
