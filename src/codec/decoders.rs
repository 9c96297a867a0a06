use std::{any::Any, fmt};

/// State of whole-segment decoders that one worker makes when it first needs it and then reuses: one value of each type that
/// a codec asks for, so that codecs with the same engine share it.
#[derive(Default)]
pub struct Decoders(Vec<Box<dyn Any + Send>>);

impl Decoders {
    /// The state of type `T`; `make` makes it where there is none yet.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn state<T: Any + Send>(&mut self, make: impl FnOnce() -> Result<T, String>) -> Result<&mut T, String> {
        if !self.0.iter().any(|state| state.is::<T>()) {
            self.0.push(Box::new(make()?));
        }
        // It is there: found, or just made.
        self.0.iter_mut().find_map(|state| state.downcast_mut()).ok_or_else(String::new)
    }
}

impl fmt::Debug for Decoders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoders")
    }
}
