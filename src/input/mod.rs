//! Input distributions: one file each, the registry, mixtures, truncations, affine images, user-given densities.
