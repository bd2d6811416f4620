//! The way to the origins through a proxy: its addresses, and the tunnels tried before the run.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::time::timeout;

use super::addresses::{AddressBook, Whose, look_up};
use super::network::{HANDSHAKE_PATIENCE, Network, NetworkError, Place, left_out_note};
use super::options::HttpVersions;
use super::proxy::{Destination, Proxy, ProxyFault};
use super::socket::Plain;

/// A proxy whose addresses are known.
pub(super) struct FoundProxy {
    pub(super) proxy: Proxy,
    /// Whether its addresses come from a lookup that may be repeated.
    pub(super) is_looked_up: bool,
    /// One list: the proxy's.
    book: AddressBook,
}

impl FoundProxy {
    /// Where connections go, in turn.
    pub(super) fn addresses(&self) -> Arc<[SocketAddr]> {
        self.book.of(0)
    }
}

impl Network {
    /// Looks the proxy up, if there is one, and probes its addresses. Returns a remark for the user, without its host.
    pub(super) async fn find_proxy(&mut self) -> Result<Option<String>, NetworkError> {
        let Some(proxy) = self.options.proxy.clone() else { return Ok(None) };
        let overriding = self.options.overriding(proxy.host(), proxy.port());
        let is_looked_up = overriding.is_none() && proxy.host().parse::<IpAddr>().is_err();
        let all = match overriding {
            Some(addresses) => addresses,
            None => look_up(&self.lookup, proxy.host(), proxy.port(), Whose::Proxy).await?,
        };
        let (_, open, left_out) = self.sift(&all, Whose::Proxy).await?;
        let mut book = AddressBook::default();
        book.add(open);
        self.proxy = Some(FoundProxy { proxy, is_looked_up, book });
        Ok((left_out > 0).then(|| left_out_note(left_out, all.len(), "the proxy")))
    }

    /// Looks the proxy up again. The old addresses stay where the new ones do not accept connections.
    pub(super) async fn refresh_proxy(&self) {
        let Some(found) = self.proxy.as_ref().filter(|proxy| proxy.is_looked_up) else { return };
        let (host, port) = (found.proxy.host(), found.proxy.port());
        if let Ok(all) = look_up(&self.lookup, host, port, Whose::Proxy).await
            && let Ok((_, open, _)) = self.sift(&all, Whose::Proxy).await
        {
            found.book.replace(0, open);
        }
    }

    /// Makes a connection to the proxy one to the place: to `address`, where its name was resolved here.
    pub(super) async fn tunnel(
        &self,
        found: &FoundProxy,
        place: &Place,
        address: Option<SocketAddr>,
        mut stream: Plain,
    ) -> Result<Plain, ProxyFault> {
        let destination = match address {
            Some(address) => Destination::Address(address),
            None => Destination::new(&place.host, place.port),
        };
        let target_begins = place.name.is_none() && self.options.versions == HttpVersions::Http2;
        found.proxy.open(&mut stream, &destination, target_begins).await?;
        Ok(stream)
    }

    /// Parts the addresses of a place that the proxy can connect to from those that it cannot. Without any it is the proxy
    /// that resolves the name. Returns a tunnel to the first.
    pub(super) async fn sift_through(
        &self,
        found: &FoundProxy,
        place: &Place,
        all: &[SocketAddr],
    ) -> Result<(Option<Plain>, Vec<SocketAddr>, usize), NetworkError> {
        if all.is_empty() {
            let stream = self.probe_through(found, place, None).await?;
            return Ok((Some(stream), Vec::new(), 0));
        }
        let (mut first, mut open, mut last) = (None, Vec::new(), None);
        for address in all {
            match self.probe_through(found, place, Some(*address)).await {
                Ok(stream) => {
                    first.get_or_insert(stream);
                    open.push(*address);
                }
                Err(error) => last = Some(error),
            }
        }
        let left_out = all.len() - open.len();
        match (first, last) {
            (None, Some(error)) => Err(error),
            (first, _) => Ok((first, open, left_out)),
        }
    }

    /// One tunnel, within 5 s: the proxy may have to connect by way of others.
    pub(super) async fn probe_through(
        &self,
        found: &FoundProxy,
        place: &Place,
        address: Option<SocketAddr>,
    ) -> Result<Plain, NetworkError> {
        let at = found.addresses().first().copied();
        let failed = |cause: String, remedy| NetworkError::Tunnel { cause, remedy };
        let silent =
            "is its port right, and its scheme (http://, socks5://, socks5h://)? Can it reach the target?";
        let opening = async {
            let stream = self.reach(at, 0).await.map_err(|failure| {
                failed(failure.of_the_proxy().describe(), "is the proxy running, and its port right?")
            })?;
            let tunnel = self.tunnel(found, place, address, stream).await;
            tunnel.map_err(|fault| failed(fault.to_string(), fault.remedy()))
        };
        match timeout(HANDSHAKE_PATIENCE, opening).await {
            Ok(result) => result,
            Err(_) => Err(failed("it accepts connections but opens no tunnel within 5 s".to_owned(), silent)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::request::Target;
    use crate::transport::WireOptions;

    /// A proxy that opens a tunnel to nowhere for whoever asks.
    async fn proxy_at(address: &str) -> SocketAddr {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    if stream.read(&mut [0; 1_024]).await.is_ok_and(|count| count > 0) {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                        let _ = stream.read(&mut [0; 1]).await;
                    }
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn the_proxy_is_looked_up_again_and_the_target_never() {
        let first = proxy_at("127.0.0.1:0").await;
        let second = proxy_at(&format!("127.0.0.2:{}", first.port())).await;
        let (answer, asked) = (Arc::new(Mutex::new(vec![first])), Arc::new(Mutex::new(Vec::new())));
        let (answers, names) = (Arc::clone(&answer), Arc::clone(&asked));
        let lookup = Box::new(move |host, _| {
            names.lock().unwrap().push(host);
            let found = answers.lock().unwrap().clone();
            Box::pin(async move { Ok(found) }) as _
        });
        let proxy = format!("http://proxy.example:{}", first.port()).parse().unwrap();
        let options = WireOptions { proxy: Some(proxy), ..WireOptions::default() };
        let target: Target = "http://a.example/".parse().unwrap();
        let (network, _, _) =
            Network::prepare_with(options, &[target.origin().clone()], lookup).await.unwrap();
        let addresses = || network.proxy.as_ref().unwrap().addresses().to_vec();
        assert_eq!((addresses(), network.address_count()), (vec![first], 1));
        *answer.lock().unwrap() = vec![second];
        network.refresh_proxy().await;
        assert_eq!(addresses(), [second]);
        // Nobody listens there: the old one stays.
        *answer.lock().unwrap() = vec![SocketAddr::new([127, 0, 0, 3].into(), first.port())];
        network.refresh_proxy().await;
        assert_eq!(addresses(), [second]);
        assert_eq!(*asked.lock().unwrap(), ["proxy.example"; 3]);
    }
}
