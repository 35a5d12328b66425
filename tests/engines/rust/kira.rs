//! kira's interface as far as music.rs asks for it, with its own names, bounds and errors; silent.
use std::fmt;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Decibels(pub f32);

impl Decibels {
    pub const SILENCE: Self = Self(-60.0);
}

pub enum Value<T> {
    Fixed(T),
}

impl<T> From<T> for Value<T> {
    fn from(value: T) -> Self {
        Value::Fixed(value)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum StartTime {
    #[default]
    Immediate,
    Delayed(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Easing {
    #[default]
    Linear,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tween {
    pub start_time: StartTime,
    pub duration: Duration,
    pub easing: Easing,
}

impl Default for Tween {
    fn default() -> Self {
        Tween { start_time: StartTime::default(), duration: Duration::from_millis(10), easing: Easing::Linear }
    }
}

pub mod backend {
    pub trait Backend: Sized {
        type Settings: Default;
        type Error;
    }
}

pub struct DefaultBackend;

#[derive(Debug)]
pub struct BackendError;

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "no sound card")
    }
}

impl std::error::Error for BackendError {}

impl backend::Backend for DefaultBackend {
    type Settings = ();
    type Error = BackendError;
}

pub struct AudioManagerSettings<B: backend::Backend> {
    pub backend_settings: B::Settings,
}

impl<B: backend::Backend> Default for AudioManagerSettings<B> {
    fn default() -> Self {
        AudioManagerSettings { backend_settings: B::Settings::default() }
    }
}

#[derive(Debug)]
pub enum PlaySoundError<E> {
    SoundLimitReached,
    IntoSoundError(E),
}

pub struct AudioManager<B: backend::Backend = DefaultBackend>(std::marker::PhantomData<B>);

impl<B: backend::Backend> AudioManager<B> {
    pub fn new(_: AudioManagerSettings<B>) -> Result<Self, B::Error> {
        Ok(AudioManager(std::marker::PhantomData))
    }

    pub fn play<D: sound::SoundData>(&mut self, data: D) -> Result<D::Handle, PlaySoundError<D::Error>> {
        data.into_handle().map_err(PlaySoundError::IntoSoundError)
    }
}

pub mod sound {
    use super::*;

    pub trait SoundData {
        type Error;
        type Handle;
        fn into_handle(self) -> Result<Self::Handle, Self::Error>;
    }

    #[derive(Debug)]
    pub enum FromFileError {
        NoDefaultTrack,
    }

    impl fmt::Display for FromFileError {
        fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
            write!(f, "the file has no default track")
        }
    }

    impl std::error::Error for FromFileError {}

    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum PlaybackPosition {
        Seconds(f64),
        Samples(usize),
    }

    #[derive(Debug, Clone, Copy, PartialEq, Default)]
    pub enum EndPosition {
        #[default]
        EndOfAudio,
        Custom(PlaybackPosition),
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct Region {
        pub start: PlaybackPosition,
        pub end: EndPosition,
    }

    pub trait IntoOptionalRegion {
        fn into_optional_region(self) -> Option<Region>;
    }

    impl IntoOptionalRegion for Region {
        fn into_optional_region(self) -> Option<Region> {
            Some(self)
        }
    }

    pub mod static_sound {
        use super::*;
        use std::path::Path;

        #[derive(Clone)]
        pub struct StaticSoundData;

        impl StaticSoundData {
            pub fn from_file(_: impl AsRef<Path>) -> Result<Self, FromFileError> {
                Ok(StaticSoundData)
            }

            pub fn start_position(&self, _: impl Into<PlaybackPosition>) -> Self {
                self.clone()
            }

            pub fn loop_region(&self, _: impl IntoOptionalRegion) -> Self {
                self.clone()
            }

            pub fn volume(&self, _: impl Into<Value<Decibels>>) -> Self {
                self.clone()
            }
        }

        impl SoundData for StaticSoundData {
            type Error = ();
            type Handle = StaticSoundHandle;

            fn into_handle(self) -> Result<StaticSoundHandle, ()> {
                Ok(StaticSoundHandle)
            }
        }

        pub struct StaticSoundHandle;

        impl StaticSoundHandle {
            pub fn position(&self) -> f64 {
                0.0
            }

            pub fn set_volume(&mut self, _: impl Into<Value<Decibels>>, _: Tween) {}

            pub fn pause(&mut self, _: Tween) {}

            pub fn resume(&mut self, _: Tween) {}

            pub fn stop(&mut self, _: Tween) {}
        }
    }
}
