//! Where connections go and where they come from.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use crate::support::wire::{
    accept_at, error_of, exchange, get, http_origin, local, origin, prepare, serve_http1, until, wire,
};
use rpsbench::internals::{Connection, MonotonicClock, Network, Transport, Wire, WireOptions};

/// A server that notes who connects.
async fn noting(address: &str) -> (SocketAddr, Rc<RefCell<Vec<IpAddr>>>) {
    let peers: Rc<RefCell<Vec<IpAddr>>> = Rc::default();
    let seen = Rc::clone(&peers);
    let address = accept_at(address, move |stream| {
        seen.borrow_mut().push(stream.peer_addr().expect("a peer").ip());
        serve_http1(stream)
    });
    (address.await, peers)
}

fn resolving(host: &str, port: u16, addresses: &str) -> WireOptions {
    let entry = format!("{host}:{port}:{addresses}").parse().expect("an entry");
    WireOptions { overrides: vec![entry], ..WireOptions::default() }
}

#[test]
fn resolve_stands_in_place_of_a_lookup_and_all_addresses_have_their_turn() {
    local(async {
        let (one, at_one) = noting("127.0.0.1:0").await;
        let (_, at_two) = noting(&format!("127.0.0.2:{}", one.port())).await;
        let options = resolving("does-not-exist.invalid", one.port(), "127.0.0.1,127.0.0.2");
        let target = origin(false, "does-not-exist.invalid", one.port());
        let (network, _) = prepare(options, target).await.unwrap();
        // The probes have no part in the rotation.
        until(|| at_one.borrow().len() == 1 && at_two.borrow().len() == 1).await;
        at_one.borrow_mut().clear();
        at_two.borrow_mut().clear();
        for worker in 0..2 {
            let wire = Wire::new(&network, worker, MonotonicClock);
            for _ in 0..3 {
                let mut connection = wire.connect(0).await.unwrap();
                assert_eq!(exchange(&mut connection, get("/x")).await.unwrap().1, b"/x");
            }
        }
        // Three each: the workers start at different addresses.
        assert_eq!((at_one.borrow().len(), at_two.borrow().len()), (3, 3));
    });
}

#[test]
fn an_address_that_does_not_accept_is_left_out_and_said_so_without_naming_it() {
    local(async {
        let (one, _) = noting("127.0.0.1:0").await;
        let options = resolving("a.example", one.port(), "127.0.0.3,127.0.0.1");
        let target = origin(false, "a.example", one.port());
        let (network, _, notes) = Network::prepare(options, &[target]).await.unwrap();
        assert_eq!(notes, ["1 of 2 addresses of host-1 does not accept connections and is left out"]);
        let wire = wire(&network.into());
        for _ in 0..3 {
            wire.connect(0).await.unwrap();
        }
    });
}

#[test]
fn nobody_there_is_an_error_before_the_run() {
    local(async {
        let (one, _) = noting("127.0.0.1:0").await;
        let error =
            error_of(resolving("a.example", one.port(), "127.0.0.3"), origin(false, "a.example", one.port()));
        let error = error.await;
        assert!(error.contains("connection refused") && error.contains("is the service running"), "{error}");
        assert!(!error.contains("a.example") && !error.contains("127.0"), "{error}");
        let error = error_of(WireOptions::default(), origin(false, "does-not-exist.invalid", 80)).await;
        assert!(error.contains("did not resolve") && !error.contains("invalid"), "{error}");
    });
}

#[test]
fn connect_to_leads_elsewhere_and_the_first_rule_counts() {
    local(async {
        let (one, peers) = noting("127.0.0.1:0").await;
        let port = one.port();
        let options = |rules: &[String]| WireOptions {
            connect_to: rules.iter().map(|rule| rule.parse().expect("a rule")).collect(),
            ..resolving("b.invalid", port, "127.0.0.1")
        };
        let target = || origin(false, "a.invalid", 9);
        // The name that it leads to is resolved as any other.
        let rules =
            ["c.invalid::127.0.0.9:".to_owned(), format!(":9:b.invalid:{port}"), "::127.0.0.9:".to_owned()];
        let (network, _) = prepare(options(&rules), target()).await.unwrap();
        let mut connection = wire(&network).connect(0).await.unwrap();
        assert_eq!(exchange(&mut connection, get("/x")).await.unwrap().1, b"/x");
        assert_eq!(peers.borrow().len(), 2);
        let error = error_of(options(&["a.invalid:9:nowhere.invalid:".to_owned()]), target()).await;
        assert!(error.contains("given with --connect-to") && !error.contains("invalid;"), "{error}");
    });
}

#[test]
fn ipv6_is_an_address_like_any_other() {
    local(async {
        let (six, peers) = noting("[::1]:0").await;
        let (network, _) = prepare(WireOptions::default(), http_origin(six)).await.unwrap();
        wire(&network).connect(0).await.unwrap();
        let (network, _) =
            prepare(resolving("a.example", six.port(), "[::1]"), origin(false, "a.example", six.port()))
                .await
                .unwrap();
        let mut connection = wire(&network).connect(0).await.unwrap();
        exchange(&mut connection, get("/")).await.unwrap();
        assert!(peers.borrow().iter().all(IpAddr::is_ipv6));
    });
}

#[test]
fn a_unix_socket_takes_the_place_of_every_address() {
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::task::spawn_local(serve_http1(stream));
            }
        });
        let options = WireOptions { unix_socket: Some(path.clone()), ..WireOptions::default() };
        let (network, _) = prepare(options, origin(false, "does-not-exist.invalid", 1)).await.unwrap();
        let mut connection = wire(&network).connect(0).await.unwrap();
        assert_eq!(exchange(&mut connection, get("/unix")).await.unwrap().1, b"/unix");
        assert!(connection.is_reusable());
        let missing = Some(folder.path().join("missing"));
        let options = WireOptions { unix_socket: missing, ..WireOptions::default() };
        let error = error_of(options, origin(false, "a.example", 1)).await;
        assert!(error.contains("check the path given with --unix-socket"), "{error}");
    });
}

#[test]
fn connections_come_from_every_local_address_in_turn() {
    local(async {
        let (server, peers) = noting("127.0.0.1:0").await;
        let locals: Vec<IpAddr> = ["127.0.0.2", "127.0.0.3", "::1"].map(|text| text.parse().unwrap()).into();
        let options = WireOptions { local_addresses: locals.clone(), ..WireOptions::default() };
        let (network, _) = prepare(options.clone(), http_origin(server)).await.unwrap();
        let wire = wire(&network);
        let mut open = Vec::new();
        for _ in 0..6 {
            let mut connection = wire.connect(0).await.unwrap();
            exchange(&mut connection, get("/")).await.unwrap();
            open.push(connection);
        }
        // The first one was the probe.
        let seen = peers.borrow()[1..].to_vec();
        assert_eq!(seen.iter().filter(|peer| **peer == locals[0]).count(), 3, "{seen:?}");
        assert_eq!(seen.iter().copied().collect::<BTreeSet<_>>(), locals[..2].iter().copied().collect());

        let wrong_family = WireOptions { local_addresses: vec![locals[2]], ..WireOptions::default() };
        let error = error_of(wrong_family, http_origin(server)).await;
        assert!(error.contains("of the same family"), "{error}");
        let foreign = WireOptions { local_addresses: vec!["192.0.2.1".parse().unwrap()], ..options };
        let error = error_of(foreign, http_origin(server)).await;
        assert!(error.contains("--local-address number 1") && !error.contains("192.0.2.1"), "{error}");
    });
}
