#!/usr/bin/env bash
# A million tiles of all kinds through the encoder of src/codec/plane_deflate and back by libdeflate and zlib-rs, one in 20 by a plain
# decoder as well: some 1.7 x 10^10 raw bytes, five to ten minutes on one core. SWATH_TILES and SWATH_FIRST_TILE choose others; the log is
# written to deflate-long-run.log below the build folder, or to SWATH_TILES_LOG.
set -euo pipefail
cd "$(dirname "$0")/.."
export SWATH_TILES_LOG=${SWATH_TILES_LOG:-$PWD/target/deflate-long-run.log}
cargo test --release --lib -- plane_deflate::tests::as_many --ignored
tail -n 1 "$SWATH_TILES_LOG"
