//! Plays title, overworld, battle, victory, and back, one line of the terminal after the other.
mod music;

use std::io::BufRead;

use music::{Music, When};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut music = Music::new("assets/music")?;
    music.enter("title");
    for line in std::io::stdin().lock().lines() {
        match line?.as_str() {
            "1" => music.enter("title"),
            "2" => music.enter("overworld"),
            "3" => music.enter_with("battle", When::Beat, 0.12, &[]),
            "4" => {
                music.sting("victory")?;
                music.leave(When::Bar, 0.8);
            }
            "+" => music.intensity(1.0),
            "-" => music.intensity(0.0),
            _ => {}
        }
        music.update()?;
    }
    Ok(())
}
