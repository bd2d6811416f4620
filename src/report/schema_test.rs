//! The published schema, held against what is really written.
