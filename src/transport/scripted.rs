//! A transport that follows a script, for tests without a network.
