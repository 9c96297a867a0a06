//! Small matrices of numbers, as options take them.

use std::{fmt, str::FromStr};

/// Rows of numbers: those of a row separated by blanks or commas, rows by semicolons or line ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Matrix(pub Vec<Vec<f64>>);

/// What is accepted.
const ACCEPTED: &str = "rows such as '0 1 0; 1 1 1; 0 1 0'";

impl FromStr for Matrix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |word: &str| word.parse().map_err(|_| format!("'{word}' is not a number; {ACCEPTED}"));
        let row = |line: &str| line.split([' ', ',', '\t', '\r']).filter(|word| !word.is_empty()).map(number).collect();
        let lines = text.split([';', '\n']).filter(|line| !line.trim().is_empty());
        let rows: Vec<Vec<f64>> = lines.map(row).collect::<Result<_, _>>()?;
        if rows.is_empty() { Err(format!("no number; {ACCEPTED}")) } else { Ok(Self(rows)) }
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |row: &Vec<f64>| row.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
        f.write_str(&self.0.iter().map(row).collect::<Vec<_>>().join("; "))
    }
}

impl Matrix {
    /// A matrix of ones and zeros.
    pub fn of_mask(mask: &[Vec<bool>]) -> Self {
        Self(mask.iter().map(|row| row.iter().map(|&belongs| f64::from(u8::from(belongs))).collect()).collect())
    }

    /// Which numbers are not 0.
    pub fn mask(&self) -> Vec<Vec<bool>> {
        self.0.iter().map(|row| row.iter().map(|&number| number != 0.0).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_printed() {
        let cross = Matrix(vec![vec![0.0, 1.0, 0.0], vec![1.0, -4.0, 1.0], vec![0.0, 1.0, 0.0]]);
        assert_eq!("0 1 0; 1 -4 1; 0 1 0".parse(), Ok(cross.clone()));
        assert_eq!("0,1,0\r\n1 -4\t1\n\n0 1 0\n".parse(), Ok(cross.clone()));
        assert_eq!(cross.to_string(), "0 1 0; 1 -4 1; 0 1 0");
        assert_eq!(cross.mask()[0], [false, true, false]);
        assert_eq!(Matrix::of_mask(&cross.mask()).to_string(), "0 1 0; 1 1 1; 0 1 0");
    }

    #[test]
    fn what_is_no_matrix_is_refused_with_what_is_accepted() {
        for bad in ["", ";", "1 2; 3 e", "--1"] {
            let error = bad.parse::<Matrix>().expect_err(bad);
            assert!(error.ends_with(ACCEPTED), "{error}");
        }
    }
}
