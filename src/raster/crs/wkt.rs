//! WKT as a tree: version 1 (OGC's and Esri's) and version 2 have one grammar.

/// `KEYWORD[...]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Node {
    /// In capitals.
    pub keyword: String,
    pub texts: Vec<String>,
    pub numbers: Vec<f64>,
    pub nodes: Vec<Node>,
}

/// Levels of brackets that are followed.
const MOST_DEPTH: usize = 24;

impl Node {
    /// Its name: the first text.
    pub fn name(&self) -> &str {
        self.texts.first().map_or("", String::as_str)
    }

    /// The first child of one of these keywords.
    pub fn child(&self, keywords: &[&str]) -> Option<&Node> {
        self.nodes.iter().find(|node| keywords.contains(&node.keyword.as_str()))
    }

    /// EPSG's code that stands in it.
    pub fn epsg(&self) -> Option<u16> {
        let id = self.nodes.iter().filter(|node| matches!(node.keyword.as_str(), "AUTHORITY" | "ID"));
        let code = |id: &Node| match (id.texts.get(1), id.numbers.first()) {
            (Some(text), _) => text.parse().ok(),
            (None, Some(&number)) if number.fract() == 0.0 && (1.0..32767.0).contains(&number) => Some(number as u16),
            _ => None,
        };
        id.filter(|id| id.name().eq_ignore_ascii_case("EPSG")).find_map(code)
    }

    /// Reads a whole text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.trim();
        let node = node(&mut rest, 0)?;
        if rest.trim().is_empty() { Ok(node) } else { Err(format!("something follows its last bracket: '{}'", brief(rest))) }
    }
}

/// The beginning of a text, for a message.
pub(super) fn brief(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}

fn node(rest: &mut &str, depth: usize) -> Result<Node, String> {
    if depth == MOST_DEPTH {
        return Err("its brackets go too deep".to_owned());
    }
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (keyword, tail) = rest.split_at(end);
    let tail = tail.trim_start();
    let Some(tail) = tail.strip_prefix(['[', '(']) else {
        return Err(format!("a bracket is missing behind '{}'", brief(keyword)));
    };
    *rest = tail;
    let mut found = Node { keyword: keyword.to_ascii_uppercase(), ..Node::default() };
    loop {
        *rest = rest.trim_start();
        value(rest, depth, &mut found)?;
        *rest = rest.trim_start();
        if let Some(tail) = rest.strip_prefix(',') {
            *rest = tail;
        } else if let Some(tail) = rest.strip_prefix([']', ')']) {
            *rest = tail;
            return Ok(found);
        } else if rest.is_empty() {
            return Err("it ends within brackets".to_owned());
        } else {
            return Err(format!("a comma or a bracket is missing before '{}'", brief(rest)));
        }
    }
}

fn value(rest: &mut &str, depth: usize, into: &mut Node) -> Result<(), String> {
    if let Some(mut tail) = rest.strip_prefix('"') {
        let mut text = String::new();
        loop {
            let end = tail.find('"').ok_or("a quote is not closed")?;
            text += &tail[..end];
            tail = &tail[end + 1..];
            // Two quotes are one.
            match tail.strip_prefix('"') {
                Some(more) => {
                    text.push('"');
                    tail = more;
                }
                None => break,
            }
        }
        *rest = tail;
        into.texts.push(text);
        return Ok(());
    }
    let end = rest.find([',', '[', ']', '(', ')']).unwrap_or(rest.len());
    let word = rest[..end].trim();
    if let Ok(number) = word.parse::<f64>()
        && number.is_finite()
    {
        into.numbers.push(number);
        *rest = &rest[end..];
    } else if rest[end..].starts_with(['[', '(']) {
        into.nodes.push(node(rest, depth + 1)?);
    } else if word.is_empty() {
        return Err("a value is missing".to_owned());
    } else {
        // A direction of an axis, and the like.
        into.nodes.push(Node { keyword: word.to_ascii_uppercase(), ..Node::default() });
        *rest = &rest[end..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_brackets_quotes_numbers_and_words_are_read() {
        let node =
            Node::parse("PrimeM [\"a \"\"b\"\"\" , -1.5e1, UNIT(\"deg\",1,AUTHORITY[\"EPSG\",\"9122\"]), AXIS[\"x\",EAST] ] ").unwrap();
        assert_eq!((node.keyword.as_str(), node.name(), node.numbers[0]), ("PRIMEM", "a \"b\"", -15.0));
        assert_eq!(node.child(&["UNIT"]).unwrap().epsg(), Some(9122));
        assert_eq!(node.nodes[1].nodes[0].keyword, "EAST");
    }

    #[test]
    fn broken_texts_are_told_and_deep_ones_refused() {
        for text in ["", "GEOGCS", "GEOGCS[", "GEOGCS[\"a", "GEOGCS[\"a\"", "GEOGCS[\"a\" 1]", "GEOGCS[,]", "GEOGCS[\"a\"] x"] {
            assert!(Node::parse(text).is_err(), "{text}");
        }
        assert!(Node::parse(&"A[".repeat(10_000)).unwrap_err().contains("deep"));
    }
}
