//! Bevy's interface as far as the page's program asks for it, with the signatures of its
//! documentation (0.19); nothing runs.
pub mod prelude {
    use std::marker::PhantomData;
    use std::ops::{Deref, DerefMut};

    pub struct App;
    pub struct DefaultPlugins;
    pub struct Update;
    pub struct OnEnter<S>(pub S);
    pub struct NonSendMut<'w, T: 'static>(PhantomData<&'w mut T>);

    pub trait Plugins {}
    impl Plugins for DefaultPlugins {}
    pub trait ScheduleLabel {}
    impl ScheduleLabel for Update {}
    impl<S: States> ScheduleLabel for OnEnter<S> {}
    pub trait States {}

    /// A system: a function of what it borrows from the world.
    pub trait IntoSystem<Marker> {}
    impl<F, T: 'static> IntoSystem<fn(T)> for F where F: for<'w> FnMut(NonSendMut<'w, T>) + 'static {}

    impl<T> Deref for NonSendMut<'_, T> {
        type Target = T;
        fn deref(&self) -> &T {
            unreachable!()
        }
    }

    impl<T> DerefMut for NonSendMut<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            unreachable!()
        }
    }

    #[allow(clippy::new_without_default)]
    impl App {
        pub fn new() -> Self {
            App
        }
        pub fn add_plugins(&mut self, _plugins: impl Plugins) -> &mut Self {
            self
        }
        pub fn insert_non_send<R: 'static>(&mut self, _resource: R) -> &mut Self {
            self
        }
        pub fn init_state<S: States>(&mut self) -> &mut Self {
            self
        }
        pub fn add_systems<M>(&mut self, _at: impl ScheduleLabel, _system: impl IntoSystem<M>) -> &mut Self {
            self
        }
        pub fn run(&mut self) {}
    }
}
