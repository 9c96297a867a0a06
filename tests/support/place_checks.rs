//! A small model in a place, and refusals held to the word.

use crate::place::Place;

impl Place {
    /// With a model named `dem.tif` in it.
    #[track_caller]
    pub fn with_dem(self) -> Self {
        self.works("synth dem.tif --size 300x200 --missing 0.02 --tile-size 64 --backend cpu -q");
        self
    }

    /// Runs `swath LINE`, which fails with this status and nothing but this message.
    #[track_caller]
    pub fn fails(&self, line: &str, status: i32, message: &str) {
        let ran = self.swath(line);
        assert_eq!((ran.status, ran.stderr.trim_end()), (status, format!("swath: error: {message}").as_str()), "swath {line}");
        assert_eq!(ran.stdout, "", "swath {line}");
    }
}
