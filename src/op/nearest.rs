//! Names that were probably meant.

/// The known name that is at most two letters away from the one that was typed; the nearest of several, in any case.
pub fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let near = names.iter().map(|&known| (distance(&name.to_ascii_lowercase(), known), known)).min();
    near.filter(|(distance, _)| *distance <= 2).map(|(_, known)| known)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let next = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let names = ["slope", "aspect", "tpi", "tri"];
        assert_eq!(nearest("Slop", &names), Some("slope"));
        assert_eq!(nearest("aspcet", &names), Some("aspect"));
        assert_eq!(nearest("frobnicate", &names), None);
    }
}
