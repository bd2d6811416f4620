use proptest::prelude::*;

use super::*;

fn credentials() -> Credentials {
    Credentials { user: b"user".to_vec(), password: b"hunter2".to_vec() }
}

/// Answers with these messages, one after another, and returns what was sent and how it ended.
fn shake(
    host: &str,
    credentials: Option<&Credentials>,
    answers: &[&[u8]],
) -> (Vec<Vec<u8>>, Result<(), ProxyFault>) {
    let destination = Destination::new(host, 443);
    let mut handshake = Handshake::new(&destination, credentials).unwrap();
    let mut sent = vec![handshake.greeting()];
    let bytes = answers.concat();
    let mut rest = bytes.as_slice();
    loop {
        let Some((message, after)) = rest.split_at_checked(handshake.expects()) else {
            return (sent, Err(ProxyFault::Closed));
        };
        rest = after;
        match handshake.receive(message) {
            Ok(Next::Send(message)) => sent.push(message),
            Ok(Next::Read) => {}
            Ok(Next::Open) => {
                assert_eq!(rest, b"", "nothing is read beyond the handshake");
                return (sent, Ok(()));
            }
            Err(fault) => return (sent, Err(fault)),
        }
    }
}

const GRANTED: &[u8] = &[5, 0, 0, 1, 127, 0, 0, 1, 0, 80];

#[test]
fn a_name_goes_to_the_proxy_and_an_address_as_an_address() {
    let (sent, end) = shake("a.example", None, &[&[5, 0], GRANTED]);
    assert_eq!(end, Ok(()));
    assert_eq!(sent, [&[5, 1, 0][..], b"\x05\x01\x00\x03\x09a.example\x01\xbb"]);
    assert_eq!(shake("10.1.2.3", None, &[&[5, 0], GRANTED]).0[1], [5, 1, 0, 1, 10, 1, 2, 3, 1, 187]);
    let six = shake("::1", None, &[&[5, 0], GRANTED]).0.remove(1);
    assert_eq!((&six[..4], six.len(), six[19]), (&[5, 1, 0, 4][..], 22, 1));
}

#[test]
fn credentials_go_only_to_a_proxy_that_asks_for_them() {
    let credentials = credentials();
    let (sent, end) = shake("a", Some(&credentials), &[&[5, 2], &[1, 0], GRANTED]);
    assert_eq!((sent[0].as_slice(), end), (&[5, 2, 0, 2][..], Ok(())));
    assert_eq!(sent[1], b"\x01\x04user\x07hunter2");
    let (sent, end) = shake("a", Some(&credentials), &[&[5, 0], GRANTED]);
    assert_eq!((sent.len(), end), (2, Ok(())));
}

#[test]
fn whatever_address_the_proxy_names_is_read_to_its_end() {
    let six = [&[5, 0, 0, 4][..], &[9; 16], &[0, 80]].concat();
    let name = [&[5, 0, 0, 3, 5][..], b"a.com", &[0, 80]].concat();
    let nothing: &[u8] = &[5, 0, 0, 3, 0, 0, 80];
    for granted in [six.as_slice(), &name, nothing] {
        assert_eq!(shake("a", None, &[&[5, 0], granted]).1, Ok(()), "{granted:?}");
    }
}

#[test]
fn refusals_and_nonsense_are_told_apart() {
    let credentials = credentials();
    let known = |answers: &[&[u8]]| shake("a", Some(&credentials), answers).1.unwrap_err();
    let unknown = |answers: &[&[u8]]| shake("a", None, answers).1.unwrap_err();
    assert_eq!(unknown(&[&[5, 0xff]]), ProxyFault::NoCredentials);
    assert_eq!(unknown(&[&[5, 2]]), ProxyFault::NoCredentials);
    assert_eq!(known(&[&[5, 0xff]]), ProxyFault::OtherCredentials);
    assert_eq!(known(&[&[5, 1]]), ProxyFault::OtherCredentials);
    assert_eq!(known(&[&[5, 2], &[1, 1]]), ProxyFault::OtherCredentials);
    for code in 1..=255 {
        // Some close behind the code.
        assert_eq!(unknown(&[&[5, 0], &[5, code]]), ProxyFault::Reply(code));
    }
    for answers in [&[&b"HT"[..]][..], &[&[4, 90]], &[&[5, 0], &[4, 0]], &[&[5, 0], &[5, 0, 0, 9, 1]]] {
        assert_eq!(unknown(answers), ProxyFault::NotSocks5, "{answers:?}");
    }
    assert_eq!(unknown(&[&[5]]), ProxyFault::Closed);
    let long = Destination::new(&"a".repeat(256), 1);
    assert_eq!(Handshake::new(&long, None).unwrap_err(), ProxyFault::LongName);
}

/// What a proxy reads in the messages of a client: user, password, and the name of the target.
fn read_back(sent: &[Vec<u8>]) -> Option<(Vec<u8>, Vec<u8>, String)> {
    let [_, login, connect] = sent else { return None };
    let (user, rest) = login[2..].split_at(usize::from(login[1]));
    let (length, password) = rest.split_first()?;
    let name = &connect[5..connect.len() - 2];
    assert_eq!((connect[3], usize::from(connect[4])), (3, name.len()));
    assert_eq!(usize::from(*length), password.len());
    Some((user.to_vec(), password.to_vec(), String::from_utf8(name.to_vec()).unwrap()))
}

proptest! {
    #[test]
    fn a_proxy_reads_what_was_meant(
        name in "[a-z]{1,255}",
        user in prop::collection::vec(any::<u8>(), 1..=255),
        password in prop::collection::vec(any::<u8>(), 0..=255),
    ) {
        let credentials = Credentials { user: user.clone(), password: password.clone() };
        let (sent, end) = shake(&name, Some(&credentials), &[&[5, 2], &[1, 0], GRANTED]);
        prop_assert_eq!(end, Ok(()));
        prop_assert_eq!(read_back(&sent), Some((user, password, name)));
    }

    #[test]
    fn no_answer_makes_it_panic_or_read_without_an_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let destination = Destination::new("a.example", 80);
        let credentials = credentials();
        let mut handshake = Handshake::new(&destination, Some(&credentials)).unwrap();
        let (mut rest, mut rounds) = (bytes.as_slice(), 0);
        while let Some((message, after)) = rest.split_at_checked(handshake.expects()) {
            prop_assert!(!message.is_empty());
            (rest, rounds) = (after, rounds + 1);
            if !matches!(handshake.receive(message), Ok(Next::Send(_) | Next::Read)) {
                break;
            }
        }
        prop_assert!(rounds <= 5);
    }
}
