use super::{
    ChunkAt, Counters, DecodeScratch, RowCursor, Source,
    rows::{self, AnyRows, AnyRowsCursor},
};
use crate::{
    error::{Error, Result},
    raster::{Chunking, Georeferencing, Nodata, Profile, Sample, Span, StreamCost},
};
use ndarray::{Array2, Array3, Axis};
use std::{fmt, sync::Arc};

/// An array in memory as a source: bit for bit its samples, one plane a band.
pub struct ArraySource<T: Sample>(Arc<Inner<T>>);

struct Inner<T> {
    name: String,
    profile: Profile,
    planes: Vec<Chunking>,
    /// Bands, rows, columns, in this order without gaps.
    data: Vec<T>,
}

impl<T: Sample> ArraySource<T> {
    /// One band, `(rows, columns)`.
    ///
    /// # Errors
    /// [`Error::Usage`] if the array is empty.
    pub fn new(array: Array2<T>) -> Result<Self> {
        Self::from_bands(array.insert_axis(Axis(0)))
    }

    /// Several bands, `(bands, rows, columns)`.
    ///
    /// # Errors
    /// [`Error::Usage`] if the array is empty.
    pub fn from_bands(array: Array3<T>) -> Result<Self> {
        let (bands, rows, cols) = array.dim();
        if array.is_empty() {
            let accepted = "at least one band, row and column".to_owned();
            return Err(Error::Usage { what: "an array of shape", given: format!("{bands} x {rows} x {cols}"), accepted });
        }
        let data = match array.is_standard_layout() {
            true => array.into_raw_vec_and_offset().0,
            false => array.iter().copied().collect(),
        };
        let profile = Profile::new(cols, rows, bands, T::TYPE);
        let source = Self(Arc::new(Inner { name: "array".to_owned(), profile, planes: Vec::new(), data }));
        let (chunk_rows, chunk_cols) = rows::default_chunk(&source.0.profile, size_of::<T>());
        Ok(source.chunks(chunk_rows, chunk_cols))
    }

    fn with(self, change: impl FnOnce(&mut Inner<T>)) -> Self {
        let mut inner = self.0;
        match Arc::get_mut(&mut inner) {
            Some(inner) => change(inner),
            // Builders run before anything can share the data.
            None => unreachable!("an array source is built by one owner"),
        }
        Self(inner)
    }

    /// A name for messages and reports (`array`).
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.with(|inner| inner.name = name.into())
    }

    /// The declared nodata value (none).
    #[must_use]
    pub fn nodata(self, nodata: Nodata) -> Self {
        self.with(|inner| inner.profile.nodata = Some(nodata))
    }

    /// Where the raster lies (nowhere).
    #[must_use]
    pub fn georeferencing(self, georef: Georeferencing) -> Self {
        self.with(|inner| inner.profile.georef = georef)
    }

    /// Shape of its chunks, at least 1 x 1 and at most the raster (full width, about 1 MiB).
    #[must_use]
    pub fn chunks(self, rows: usize, cols: usize) -> Self {
        self.with(|inner| {
            let chunk = Chunking {
                cols: cols.clamp(1, inner.profile.cols),
                rows: rows.clamp(1, inner.profile.rows),
                pixel_bytes: size_of::<T>(),
                max_encoded_bytes: 0,
                stream: StreamCost::RandomRows,
            };
            inner.planes = vec![chunk; inner.profile.bands];
        })
    }
}

impl<T: Sample> AnyRows for Inner<T> {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn planes(&self) -> &[Chunking] {
        &self.planes
    }

    fn fill(&self, plane: usize, row: usize, cols: Span, out: &mut [u8]) {
        let start = (plane * self.profile.rows + row) * self.profile.cols;
        out.copy_from_slice(bytemuck::cast_slice(&self.data[start + cols.start..start + cols.end]));
    }
}

impl<T: Sample> Source for ArraySource<T> {
    fn name(&self) -> String {
        self.0.name.clone()
    }

    fn profile(&self) -> &Profile {
        &self.0.profile
    }

    fn planes(&self) -> &[Chunking] {
        &self.0.planes
    }

    fn resident_bytes(&self) -> usize {
        self.0.data.capacity() * size_of::<T>()
    }

    fn decode_chunk(&self, at: ChunkAt, _: &mut DecodeScratch, counters: &Counters, out: &mut [u8]) -> Result<()> {
        rows::decode_chunk(&*self.0, at, counters, out);
        Ok(())
    }

    fn open_cursor(&self, plane: usize, chunk_col: usize, counters: Arc<Counters>) -> Result<Box<dyn RowCursor>> {
        Ok(Box::new(AnyRowsCursor { rows: self.0.clone(), counters, plane, chunk_col, row: 0 }))
    }
}

impl<T: Sample> fmt::Debug for ArraySource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArraySource").field("name", &self.0.name).field("profile", &self.0.profile).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_and_cursors_of_an_array_give_its_samples() {
        let array = Array3::from_shape_fn((2, 7, 5), |(b, r, c)| (b * 100 + r * 10 + c) as i16);
        let source = ArraySource::from_bands(array.clone()).unwrap().nodata(Nodata::Integer(-1)).chunks(3, 4);
        let counters = Arc::new(Counters::new(source.profile(), source.planes()));
        assert_eq!((source.planes().len(), source.profile().bands), (2, 2));
        let mut chunk = [0i16; 12];
        let at = ChunkAt { plane: 1, chunk_row: 2, chunk_col: 1 };
        source.decode_chunk(at, &mut DecodeScratch::default(), &counters, bytemuck::cast_slice_mut(&mut chunk)).unwrap();
        assert_eq!(chunk[0], 164);
        let mut cursor = source.open_cursor(0, 0, counters.clone()).unwrap();
        let mut rows = [0i16; 7 * 4];
        let (head, tail) = rows.split_at_mut(8);
        cursor.read_rows(2, bytemuck::cast_slice_mut(head)).unwrap();
        cursor.read_rows(5, bytemuck::cast_slice_mut(tail)).unwrap();
        assert!(cursor.read_rows(1, &mut [0; 8]).is_err());
        for (i, &sample) in rows.iter().enumerate() {
            assert_eq!(sample, array[[0, i / 4, i % 4]]);
        }
        assert_eq!(counters.decodes(&[0]), (6, 3, 1));
    }

    #[test]
    fn any_memory_order_is_taken_and_an_empty_array_is_refused() {
        let array = Array2::from_shape_fn((3, 4), |(r, c)| (r * 4 + c) as f64);
        let source = ArraySource::new(array.reversed_axes()).unwrap();
        let counters = Counters::new(source.profile(), source.planes());
        let mut chunk = [0f64; 12];
        let at = ChunkAt { plane: 0, chunk_row: 0, chunk_col: 0 };
        source.decode_chunk(at, &mut DecodeScratch::default(), &counters, bytemuck::cast_slice_mut(&mut chunk)).unwrap();
        assert_eq!(chunk[..4], [0.0, 4.0, 8.0, 1.0]);
        assert!(ArraySource::new(Array2::<u8>::zeros((0, 3))).is_err());
    }
}
