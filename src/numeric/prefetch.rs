//! Lines of memory asked for ahead of time. Alone here because the instruction takes a pointer.

/// Asks for the lines of a slice, so that they are on their way to the cache while other work is done. Reading one element of
/// each would do, but hold up the instructions behind it until memory answers.
#[inline]
#[allow(unsafe_code)]
pub(crate) fn prefetch(slice: &[f64]) {
    #[cfg(target_arch = "x86_64")]
    for line in slice.chunks(8) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: part of every x86-64; a hint that reads nothing and faults nowhere.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = slice;
}
