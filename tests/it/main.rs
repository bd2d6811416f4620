//! Every test that needs the whole program, a socket, another process or thousands of simulated runs, in one binary:
//! 22 of them took as many links.
//!
//! Ports are free ones, and whatever a test starts ends with it. Tests run side by side, as many as there are cores;
//! `support::turn` says how those that measure real time get the machine for themselves.

mod alone;
mod browser;
mod command;
mod judgement;
mod nginx;
mod proxy;
mod service;
mod shards;
mod support;
mod transport;
