//! rpsbench.
fn main() {}
