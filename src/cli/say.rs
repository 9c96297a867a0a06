//! All printing: stdout carries what was asked for, stderr carries messages, each line prefixed `swath: `.

use super::stop::{Outcome, Stop};
use std::{
    io::{self, ErrorKind, Write},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

static QUIET: AtomicBool = AtomicBool::new(false);

/// Messages other than errors are kept back from here on.
pub fn be_quiet(quiet: bool) {
    QUIET.store(quiet, Relaxed);
}

/// Whether messages are kept back.
pub fn is_quiet() -> bool {
    QUIET.load(Relaxed)
}

/// Writes to stdout; a reader that went away ends the command in peace.
pub fn out(text: &str) -> Outcome {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| if text.ends_with('\n') { Ok(()) } else { stdout.write_all(b"\n") });
    written.and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Stop::NobodyReads,
        _ => Stop::failed(format!("cannot write to stdout: {error}")),
    })
}

/// A message, unless quiet.
pub fn note(message: &str) {
    if !is_quiet() {
        line(message);
    }
}

/// A warning, unless quiet.
pub fn warning(message: &str) {
    note(&format!("warning: {message}"));
}

/// An error.
pub fn error(message: &str) {
    line(&format!("error: {message}"));
}

/// Text that is not prefixed (help shown because nothing was typed).
pub fn raw(text: &str) {
    // Nobody is left to be told where stderr is closed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn line(message: &str) {
    let mut text = String::with_capacity(message.len() + 16);
    for part in message.lines() {
        text.push_str("swath: ");
        harmless(part, &mut text);
        text.push('\n');
    }
    raw(&text);
}

/// Max bytes of one line of a message.
const MOST: usize = 800;

/// Adds a line of a message, cut off where it is too long. What a file or a name brought with it must not steer the terminal:
/// control characters, and those that turn the direction of the text, are shown escaped.
fn harmless(line: &str, text: &mut String) {
    let begin = text.len();
    for c in line.chars() {
        if text.len() - begin > MOST {
            text.push_str("...");
            return;
        }
        match c {
            '\t' => text.push(' '),
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => text.extend(c.escape_unicode()),
            c if c.is_control() => text.extend(c.escape_unicode()),
            c => text.push(c),
        }
    }
}

/// Writes `tracing` events as messages.
pub struct Events;

impl Write for Events {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        line(&String::from_utf8_lossy(event));
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let mut text = String::new();
        harmless(line, &mut text);
        text
    }

    #[test]
    fn messages_never_steer_the_terminal_and_end() {
        assert_eq!(shown("a\u{1b}[31mb\u{7}\tc\u{202e}d"), "a\\u{1b}[31mb\\u{7} c\\u{202e}d");
        assert_eq!(shown("Höhe über Normalnull"), "Höhe über Normalnull");
        assert!(shown(&"x".repeat(1 << 20)).len() < 820);
    }
}
