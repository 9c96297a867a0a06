//! Panics that are errors to us: wgpu has no other way to say that polling found the device lost.

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
    thread,
};

thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` and returns the message of its panic, which is not reported on standard error. (A program that aborts on panics
/// ends here all the same.)
///
/// The process's panic hook is wrapped the first time; a hook that is set later reports what happens here too.
///
/// # Errors
/// The message of the panic.
pub fn catch<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    static WRAPPED: Once = Once::new();
    // Hooks cannot be set while a thread unwinds.
    if !thread::panicking() {
        WRAPPED.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if !EXPECTED.get() {
                    before(info);
                }
            }));
        });
    }
    EXPECTED.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(f));
    EXPECTED.set(false);
    done.map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
    // wgpu's message has the causes of the loss on lines of their own.
    text.unwrap_or("polling it failed").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message_on_one_line() {
        assert_eq!(catch(|| 3), Ok(3));
        assert_eq!(catch(|| -> u8 { panic!("lost\n  because") }), Err("lost because".to_owned()));
        assert_eq!(catch(|| -> u8 { panic!("{} times", 2) }), Err("2 times".to_owned()));
        let other = panic::catch_unwind(|| panic!("not expected"));
        assert!(other.is_err() && !EXPECTED.get());
    }
}
