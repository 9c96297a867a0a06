//! What a LERC blob holds, and how long it is at most.

use crate::raster::SampleType;
use lerc_core::DataType;

/// Max bytes of LERC data of `raw` bytes of samples: the samples as they are, a bit of mask a pixel, the header.
pub(super) const fn bound(raw: usize) -> usize {
    raw + raw / 8 + raw / 1024 + 4096
}

/// LERC's name of a sample type; an error for types that it does not hold.
pub(super) fn data_type(sample: SampleType) -> Result<DataType, String> {
    Ok(match sample {
        SampleType::I8 => DataType::I8,
        SampleType::U8 => DataType::U8,
        SampleType::I16 => DataType::I16,
        SampleType::U16 => DataType::U16,
        SampleType::I32 => DataType::I32,
        SampleType::U32 => DataType::U32,
        SampleType::F32 => DataType::F32,
        SampleType::F64 => DataType::F64,
        other => return Err(format!("LERC holds no {other} samples")),
    })
}
