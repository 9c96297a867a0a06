use super::{
    ChunkAt, Counters, DecodeScratch, RowCursor, Source,
    rows::{self, AnyRows, AnyRowsCursor},
};
use crate::{
    error::{Error, Result},
    raster::{Chunking, Profile, Sample, Span, StreamCost, is_missing, with_sample_type},
};
use std::{fmt, sync::Arc};

/// Rows made by a closure, when they are asked for.
pub struct GeneratorSource(Arc<Inner>);

type RowMaker = dyn Fn(usize, usize, &mut [f32]) + Send + Sync;

struct Inner {
    name: String,
    profile: Profile,
    planes: Vec<Chunking>,
    make: Arc<RowMaker>,
}

impl GeneratorSource {
    /// One band whose row `row` from column `first_col` on is what `make(row, first_col, samples)` writes, NaN for
    /// missing. It must be a function of the place alone: it is called from any thread, in any order.
    ///
    /// Samples are rounded to the profile's type; missing becomes the declared nodata value, or without one NaN (0 in
    /// integers).
    ///
    /// # Errors
    /// [`Error::Usage`] if the profile has more than one band or no pixels.
    pub fn new(profile: Profile, make: impl Fn(usize, usize, &mut [f32]) + Send + Sync + 'static) -> Result<Self> {
        if profile.bands != 1 || profile.cols == 0 || profile.rows == 0 {
            let given = format!("{} bands of {} x {} pixels", profile.bands, profile.cols, profile.rows);
            return Err(Error::Usage { what: "a generator of", given, accepted: "one band of at least one pixel".to_owned() });
        }
        let (rows, cols) = rows::default_chunk(&profile, profile.sample.bytes());
        let inner = Inner { name: "generator".to_owned(), profile, planes: Vec::new(), make: Arc::new(make) };
        Ok(Self(Arc::new(inner)).chunks(rows, cols))
    }

    fn with(self, change: impl FnOnce(Inner) -> Inner) -> Self {
        let inner = &self.0;
        let copy =
            Inner { name: inner.name.clone(), profile: inner.profile.clone(), planes: inner.planes.clone(), make: inner.make.clone() };
        Self(Arc::new(change(copy)))
    }

    /// A name for messages and reports (`generator`).
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.with(|inner| Inner { name: name.into(), ..inner })
    }

    /// Shape of its chunks, at least 1 x 1 and at most the raster (full width, about 1 MiB).
    #[must_use]
    pub fn chunks(self, rows: usize, cols: usize) -> Self {
        self.with(|inner| {
            let chunk = Chunking {
                cols: cols.clamp(1, inner.profile.cols),
                rows: rows.clamp(1, inner.profile.rows),
                pixel_bytes: inner.profile.sample.bytes(),
                max_encoded_bytes: 0,
                stream: StreamCost::RandomRows,
            };
            Inner { planes: vec![chunk], ..inner }
        })
    }
}

impl AnyRows for Inner {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn planes(&self) -> &[Chunking] {
        &self.planes
    }

    fn fill(&self, _: usize, row: usize, cols: Span, out: &mut [u8]) {
        // Made in pieces on the stack, so that a row of any width costs no memory.
        const PIECE: usize = 1024;
        let mut piece = [0f32; PIECE];
        with_sample_type!(self.profile.sample, T => {
            let missing: Option<T> = self.profile.nodata.and_then(|n| n.matching(T::TYPE)).map(|s| s.get());
            for (i, out) in out.chunks_mut(PIECE * size_of::<T>()).enumerate() {
                let samples = &mut piece[..out.len() / size_of::<T>()];
                (self.make)(row, cols.start + i * PIECE, samples);
                for (out, &sample) in out.chunks_exact_mut(size_of::<T>()).zip(&*samples) {
                    let sample = match missing {
                        Some(missing) if is_missing(sample) => missing,
                        _ => T::from_f32(sample),
                    };
                    out.copy_from_slice(bytemuck::bytes_of(&sample));
                }
            }
        });
    }
}

impl Source for GeneratorSource {
    fn name(&self) -> String {
        self.0.name.clone()
    }

    fn profile(&self) -> &Profile {
        &self.0.profile
    }

    fn planes(&self) -> &[Chunking] {
        &self.0.planes
    }

    fn decode_chunk(&self, at: ChunkAt, _: &mut DecodeScratch, counters: &Counters, out: &mut [u8]) -> Result<()> {
        rows::decode_chunk(&*self.0, at, counters, out);
        Ok(())
    }

    fn open_cursor(&self, plane: usize, chunk_col: usize, counters: Arc<Counters>) -> Result<Box<dyn RowCursor>> {
        Ok(Box::new(AnyRowsCursor { rows: self.0.clone(), counters, plane, chunk_col, row: 0 }))
    }
}

impl fmt::Debug for GeneratorSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeneratorSource").field("name", &self.0.name).field("profile", &self.0.profile).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{Nodata, SampleType};

    fn plane(row: usize, first_col: usize, samples: &mut [f32]) {
        for (i, sample) in samples.iter_mut().enumerate() {
            let col = first_col + i;
            *sample = if col == 3 { f32::NAN } else { (row * 4000 + col) as f32 };
        }
    }

    #[test]
    fn rows_do_not_depend_on_chunks_and_missing_becomes_nodata() {
        let profile = Profile { nodata: Some(Nodata::Integer(-9)), ..Profile::new(3000, 4, 1, SampleType::I32) };
        let read = |chunk_cols: usize| {
            let source = GeneratorSource::new(profile.clone(), plane).unwrap().chunks(2, chunk_cols);
            let counters = Arc::new(Counters::new(source.profile(), source.planes()));
            let mut all = vec![0i32; 4 * 3000];
            for chunk_col in 0..source.planes()[0].across(3000) {
                let mut rows = vec![0i32; 4 * chunk_cols];
                let mut cursor = source.open_cursor(0, chunk_col, counters.clone()).unwrap();
                cursor.read_rows(4, bytemuck::cast_slice_mut(&mut rows)).unwrap();
                for row in 0..4 {
                    let n = chunk_cols.min(3000 - chunk_col * chunk_cols);
                    let to = row * 3000 + chunk_col * chunk_cols;
                    all[to..to + n].copy_from_slice(&rows[row * chunk_cols..][..n]);
                }
            }
            all
        };
        let whole = read(3000);
        assert_eq!((whole[2], whole[3], whole[2 * 3000 + 2999]), (2, -9, 2 * 4000 + 2999));
        assert_eq!(whole, read(700));
    }

    #[test]
    fn several_bands_are_refused() {
        assert!(GeneratorSource::new(Profile::new(3, 3, 2, SampleType::F32), plane).is_err());
    }
}
