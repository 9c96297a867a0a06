//! Loops compiled for the widest instruction set that the machine has.

/// Runs a closure that is compiled several times, for AVX2 and AVX-512 among others, and picked at run time. Results do not depend on it.
///
/// The closure needs `#[inline(always)]`, as has all that it calls in its loops. It is called by reference: for a closure passed by value
/// the compiler makes an adapter, which it does not inline once the closure is large, and whose loops stay narrow.
#[inline(always)]
pub(crate) fn widest<R>(run: impl FnMut() -> R) -> R {
    struct ByReference<F>(F);

    impl<R, F: FnMut() -> R> pulp::NullaryFnOnce for ByReference<F> {
        type Output = R;

        #[inline(always)]
        fn call(mut self) -> R {
            (self.0)()
        }
    }

    pulp::Arch::new().dispatch(ByReference(run))
}
