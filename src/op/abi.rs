//! What host and shader must agree on, as values that a test can compare with the shader's text.

/// A field of a uniform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniformField {
    /// As in the shader.
    pub name: &'static str,
    /// Bytes from the start.
    pub offset: usize,
    /// Its bytes.
    pub bytes: usize,
}

/// A uniform's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniformLayout {
    /// Bytes of the whole.
    pub bytes: usize,
    /// In order.
    pub fields: &'static [UniformField],
}

/// A constant that both sides spell out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShaderConstant {
    /// As in the shader.
    pub name: &'static str,
    /// Its bits.
    pub bits: u32,
}

/// Declares a `#[repr(C)]` uniform and its `LAYOUT`.
macro_rules! uniform {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, ::bytemuck::Pod, ::bytemuck::Zeroable)]
        pub struct $name { $($(#[$doc])* pub $field: $ty,)* }

        impl $name {
            /// Its layout.
            pub const LAYOUT: $crate::op::UniformLayout = $crate::op::UniformLayout {
                bytes: size_of::<Self>(),
                fields: &[$($crate::op::UniformField {
                    name: stringify!($field),
                    offset: ::std::mem::offset_of!($name, $field),
                    bytes: size_of::<$ty>(),
                },)*],
            };
        }
    };
}

/// Declares constants and a table `$table` of them for the comparison with the shader's.
macro_rules! shader_constants {
    ($table:ident: $($(#[$doc:meta])* $name:ident: $ty:tt = $value:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: $ty = $value;)*
        pub(crate) const $table: &[$crate::op::ShaderConstant] =
            &[$($crate::op::ShaderConstant { name: stringify!($name), bits: shader_constants!(@bits $ty $name) },)*];
    };
    (@bits f32 $name:ident) => { $name.to_bits() };
    (@bits u32 $name:ident) => { $name };
    (@bits i32 $name:ident) => { $name as u32 };
}

pub(crate) use {shader_constants, uniform};

uniform! {
    /// `Grid` of `shaders/include/grid.wgsl`: which raster, which pixels, which windows.
    ///
    /// Lengths are in pixels; positions are columns and rows of the whole raster.
    pub struct GridUniform {
        /// Columns of the raster.
        raster_cols: u32,
        /// Rows of the raster.
        raster_rows: u32,
        /// First column to compute.
        first_col: u32,
        /// First row to compute; `row_factors` begin with it.
        first_row: u32,
        /// Columns to compute.
        cols: u32,
        /// Rows to compute.
        rows: u32,
        /// Column of the output buffer's first sample.
        out_first_col: u32,
        /// Row of the output buffer's first sample.
        out_first_row: u32,
        /// Pixels from one row of the output buffer to the next.
        out_pitch: u32,
        /// [`MISSING_BITS`].
        missing_bits: u32,
        /// Samples of one pixel of the output buffer.
        out_bands: u32,
        /// Index of the input, where an operator is dispatched once an input.
        out_band: u32,
        /// Of each input buffer: first column, first row, pixels from row to row, samples of one pixel.
        inputs: [[u32; 4]; 26],
    }
}

/// The quiet NaN that kernels write for missing.
pub const MISSING_BITS: u32 = f32::NAN.to_bits();

shader_constants! { CONSTANTS:
    MAGNITUDE_MASK: u32 = 0x7fff_ffff;
    INFINITY_BITS: u32 = f32::INFINITY.to_bits();
}
