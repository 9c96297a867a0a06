//! clap's complaints, as this program words them.

/// clap's message without its usage, its lines joined.
pub fn one_line(text: &str) -> String {
    let mut line = String::new();
    for part in text.lines().map(str::trim).take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more information")) {
        let part = part.strip_prefix("error: ").unwrap_or(part);
        // To quote an argument is no help where it was misspelt.
        if part.is_empty() || part.contains("as a value, use") {
            continue;
        }
        match part.strip_prefix("tip: ") {
            Some(tip) => line += &format!("; {tip}"),
            None if line.is_empty() => line += part,
            None => line += &format!(" {part}"),
        }
    }
    line
}
