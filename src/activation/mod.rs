//! The catalogue of activation functions.
