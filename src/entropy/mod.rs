//! The entropy functional of any activation under any input.
