//! The GPU that tests use.

/// Part of the name of the adapter that GPU tests use: `SWATH_ADAPTER`, else the software one.
pub fn test_adapter() -> String {
    std::env::var("SWATH_ADAPTER").unwrap_or_else(|_| "llvmpipe".to_owned())
}

/// Says that something was not checked without an adapter; `SWATH_REQUIRE_GPU=1` makes that a failure.
#[track_caller]
pub fn skip_gpu(why: &str) {
    crate::skipped::skip("SWATH_REQUIRE_GPU", why);
}
