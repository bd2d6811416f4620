//! Names looked up again while the run goes on.

use std::net::SocketAddr;
use std::time::Duration;

use super::Network;
use super::addresses::{Whose, look_up};
use super::network::Place;

impl Network {
    /// Looks the names up again each time their time is over, for as long as the future is polled. Workers never wait
    /// for it: they use the old addresses until the new ones are there. Returns never, also where there is nothing to do.
    #[expect(clippy::disallowed_methods, reason = "a lookup may be a millisecond late, unlike an arrival")]
    pub async fn refresh(&self) {
        let is_any_looked_up = self.places.iter().any(|place| place.is_looked_up)
            || self.proxy.as_ref().is_some_and(|proxy| proxy.is_looked_up);
        if self.options.dns_ttl_ns == 0 || !is_any_looked_up {
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
        self.refresh_proxy().await;
        for (origin, place) in self.places.iter().enumerate().filter(|(_, place)| place.is_looked_up) {
            let found = look_up(&self.lookup, &place.host, place.port, place.whose()).await;
            let Ok(all) = found else { continue };
            let known = self.book.of(origin);
            let mut open = Vec::new();
            for address in all {
                if known.contains(&address) || self.is_open(place, address).await {
                    open.push(address);
                }
            }
            self.book.replace(origin, open);
        }
    }

    /// Whether an address of an origin accepts connections: from the proxy, where there is one.
    async fn is_open(&self, place: &Place, address: SocketAddr) -> bool {
        match &self.proxy {
            None => self.has_local_for(address) && self.probe(Some(address), Whose::Target).await.is_ok(),
            Some(proxy) => self.probe_through(proxy, place, Some(address)).await.is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    //! Names whose addresses change while a run is under way. The resolver is the test's own.

    use std::io;
    use std::net::SocketAddr;
    use std::sync::{Arc, Mutex};

    use tokio::net::TcpListener;

    use crate::request::{Origin, Target};
    use crate::transport::addresses::LookUp;
    use crate::transport::{Network, WireOptions};

    type Answers = Arc<Mutex<Vec<io::Result<Vec<SocketAddr>>>>>;

    /// Gives these answers, the last one for ever: an error where there is none.
    fn scripted(answers: &Answers) -> LookUp {
        let answers = Arc::clone(answers);
        Box::new(move |_, _| {
            let mut answers = answers.lock().unwrap();
            let answer =
                if answers.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { answers.remove(0) };
            Box::pin(async move { answer })
        })
    }

    async fn listener(address: &str) -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn origin_of(host: &str, port: u16) -> Origin {
        let target: Target = format!("http://{host}:{port}/").parse().unwrap();
        target.origin().clone()
    }

    fn origin(port: u16) -> Origin {
        origin_of("a.example", port)
    }

    async fn prepared(answers: &Answers, port: u16, dns_ttl_ns: u64) -> Network {
        let options = WireOptions { dns_ttl_ns, ..WireOptions::default() };
        Network::prepare_with(options, &[origin(port)], scripted(answers)).await.unwrap().0
    }

    #[tokio::test]
    async fn a_new_address_is_used_once_it_accepts_connections() {
        let (_one, first) = listener("127.0.0.1:0").await;
        let (_two, second) = listener(&format!("127.0.0.2:{}", first.port())).await;
        let nobody = SocketAddr::new("127.0.0.3".parse().unwrap(), first.port());
        let answers: Answers = Arc::new(Mutex::new(vec![
            Ok(vec![first, first]),
            Ok(vec![nobody, second, first]),
            Ok(vec![second]),
            Ok(vec![nobody]),
        ]));
        let network = prepared(&answers, first.port(), 0).await;
        assert_eq!(*network.book.of(0), [first], "an address counts once");
        network.refresh_once().await;
        assert_eq!(*network.book.of(0), [second, first]);
        network.refresh_once().await;
        assert_eq!(*network.book.of(0), [second]);
        network.refresh_once().await;
        assert_eq!(*network.book.of(0), [second], "better an old address than none that answers");
        network.refresh_once().await;
        assert_eq!(*network.book.of(0), [second], "a lookup that fails changes nothing");
    }

    #[tokio::test]
    async fn names_are_looked_up_again_when_their_time_is_over() {
        let (_one, first) = listener("127.0.0.1:0").await;
        let (_two, second) = listener(&format!("127.0.0.2:{}", first.port())).await;
        let answers: Answers = Arc::new(Mutex::new(vec![Ok(vec![first]), Ok(vec![second])]));
        let network = prepared(&answers, first.port(), 1_000_000).await;
        let is_renewed = async {
            while *network.book.of(0) != [second] {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = network.refresh() => panic!("it goes on for ever"),
            () = is_renewed => {}
        }
    }

    #[tokio::test]
    async fn without_a_time_to_live_nothing_is_looked_up_again() {
        let (_one, first) = listener("127.0.0.1:0").await;
        let answers: Answers = Arc::new(Mutex::new(vec![Ok(vec![first]), Ok(vec![first])]));
        let network = prepared(&answers, first.port(), 0).await;
        let patience = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(patience, network.refresh()).await.is_err());
        assert_eq!(answers.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn one_note_for_each_host_with_addresses_that_do_not_answer() {
        let (_one, first) = listener("127.0.0.1:0").await;
        let nobody = ["127.0.0.3", "127.0.0.4"].map(|ip| SocketAddr::new(ip.parse().unwrap(), first.port()));
        let answers: Answers =
            Arc::new(Mutex::new(vec![Ok(vec![first]), Ok(vec![nobody[0], first, nobody[1]])]));
        let other = origin_of("b.example", first.port());
        let origins = [origin(first.port()), other];
        let (_, probed, notes) =
            Network::prepare_with(WireOptions::default(), &origins, scripted(&answers)).await.unwrap();
        assert_eq!(probed.len(), 2);
        assert_eq!(notes, ["2 of 3 addresses of host-2 do not accept connections and are left out"]);
    }
}
