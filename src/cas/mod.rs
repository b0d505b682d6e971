//! The only door to symbolica.
