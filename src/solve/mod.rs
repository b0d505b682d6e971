//! The variational problems: the EAFO correction.
