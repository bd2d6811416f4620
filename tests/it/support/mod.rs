//! What the tests share.

pub mod browser;
pub mod certificates;
pub mod frames;
pub mod haproxy;
pub mod nginx;
pub mod program;
pub mod proxies;
pub mod queues;
pub mod readers;
pub mod searches;
pub mod servers;
pub mod shop;
pub mod terminal;
pub mod turn;
pub mod wire;
