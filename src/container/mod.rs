//! From encoded segments to a GeoTIFF that appears whole or not at all.
