//! Small matrices of numbers, typed or in a text file.

use std::{fs, str::FromStr};

/// Rows of numbers: those of a row parted by blanks or commas, rows by semicolons or line ends. What has other characters than
/// numbers have is the name of a file that holds them; there, lines that begin with # are remarks.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix(pub Vec<Vec<f64>>);

const ACCEPTED: &str = "rows such as '0 1 0; 1 1 1; 0 1 0' or a text file of such rows is accepted";

impl FromStr for Matrix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let typed = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-.eE,;".contains(c);
        if text.chars().all(typed) {
            return rows(text);
        }
        let held = fs::read_to_string(text).map_err(|error| format!("cannot be read: {error}; {ACCEPTED}"))?;
        let lines: Vec<&str> = held.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        rows(&lines.join("\n"))
    }
}

fn rows(text: &str) -> Result<Matrix, String> {
    let number = |word: &str| word.parse().map_err(|_| format!("'{word}' is not a number; {ACCEPTED}"));
    let row = |line: &str| line.split([' ', ',', '\t', '\r']).filter(|word| !word.is_empty()).map(number).collect();
    let lines = text.split([';', '\n']).filter(|line| !line.trim().is_empty());
    let rows: Vec<Vec<f64>> = lines.map(row).collect::<Result<_, _>>()?;
    if rows.is_empty() { Err(format!("no number; {ACCEPTED}")) } else { Ok(Matrix(rows)) }
}

impl Matrix {
    /// Which numbers are not 0.
    pub fn mask(&self) -> Vec<Vec<bool>> {
        self.0.iter().map(|row| row.iter().map(|&number| number != 0.0).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_typed_or_read_from_a_file() {
        let cross = Matrix(vec![vec![0.0, 1.0, 0.0], vec![1.0, -4.0, 1.0], vec![0.0, 1.0, 0.0]]);
        assert_eq!("0 1 0; 1 -4 1; 0 1 0".parse(), Ok(cross.clone()));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("kernel.txt");
        fs::write(&path, "# second differences\r\n0,1,0\r\n1 -4\t1\n\n0 1 0\n").expect("written");
        assert_eq!(path.display().to_string().parse(), Ok(cross.clone()));
        assert_eq!(cross.mask()[0], [false, true, false]);
    }

    #[test]
    fn what_is_no_matrix_is_refused_with_what_is_accepted() {
        for bad in ["", ";", "1 2; 3 e", "no such file.txt", "--1"] {
            let error = bad.parse::<Matrix>().expect_err(bad);
            assert!(error.ends_with(ACCEPTED), "{error}");
        }
    }
}
