//! Names looked up again while the run goes on.

use std::time::Duration;

use super::Network;
use super::addresses::look_up;

impl Network {
    /// Looks the names up again each time their time is over, for as long as the future is polled. Workers never wait
    /// for it: they use the old addresses until the new ones are there. Returns never, also where there is nothing to do.
    #[expect(clippy::disallowed_methods, reason = "a lookup may be a millisecond late, unlike an arrival")]
    pub async fn refresh(&self) {
        if self.options.dns_ttl_ns == 0 || !self.places.iter().any(|place| place.is_looked_up) {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(Duration::from_nanos(self.options.dns_ttl_ns)).await;
            self.refresh_once().await;
        }
    }

    /// Looks every name up. Addresses in use that are still in the answer stay without a probe; new ones are probed; the
    /// old list stays when the lookup fails or nobody in the answer accepts a connection.
    async fn refresh_once(&self) {
        for (origin, place) in self.places.iter().enumerate().filter(|(_, place)| place.is_looked_up) {
            let Ok(all) = look_up(&self.lookup, place.origin.host(), place.origin.port()).await else {
                continue;
            };
            let known = self.book.of(origin);
            let mut open = Vec::new();
            for address in all {
                let usable = self.has_local_for(address);
                if known.contains(&address) || (usable && self.probe(Some(address)).await.is_ok()) {
                    open.push(address);
                }
            }
            self.book.replace(origin, open);
        }
    }
}

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
