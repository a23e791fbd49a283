//! Maestro.
