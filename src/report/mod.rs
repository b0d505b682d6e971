//! The candidate file, its schema, tables, typeset derivations and plots.
