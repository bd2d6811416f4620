//! The handshake of SOCKS5 (RFC 1928) with user and password (RFC 1929), without input and output: what to send, how many
//! bytes to read next, and what they say. Every message says how long it is, so nothing is ever read beyond the handshake.

use std::net::SocketAddr;

use super::destination::Destination;
use super::fault::ProxyFault;
use super::options::Credentials;

/// The version of SOCKS, first in every message.
const VERSION: u8 = 5;
/// The version of the negotiation of user and password.
const LOGIN_VERSION: u8 = 1;
/// Methods of authentication (RFC 1928, 3).
const NO_LOGIN: u8 = 0;
const LOGIN: u8 = 2;
/// The command CONNECT (RFC 1928, 4).
const CONNECT: u8 = 1;
/// Types of addresses (RFC 1928, 5).
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// A handshake under way.
#[derive(Debug)]
pub(super) struct Handshake<'a> {
    destination: &'a Destination,
    credentials: Option<&'a Credentials>,
    expected: Expected,
}

/// The message that comes next, or the part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// Version and method.
    Method,
    /// Version and status of the login.
    LoginStatus,
    /// Version and code of the reply.
    Reply,
    /// A reserved byte, the type of the address that the proxy connects from, and its first byte.
    AddressType,
    /// The rest of that address, and the port.
    Address(usize),
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Send this, then read.
    Send(Vec<u8>),
    /// Read on.
    Read,
    /// The tunnel is open.
    Open,
}

impl<'a> Handshake<'a> {
    /// # Errors
    /// [`ProxyFault::LongName`]; nothing has been sent then.
    pub(super) fn new(
        destination: &'a Destination,
        credentials: Option<&'a Credentials>,
    ) -> Result<Self, ProxyFault> {
        match destination {
            Destination::Name(name, _) if u8::try_from(name.len()).is_err() => Err(ProxyFault::LongName),
            _ => Ok(Self { destination, credentials, expected: Expected::Method }),
        }
    }

    /// What opens it: the methods that may be chosen. A proxy that asks for none gets no password.
    pub(super) fn greeting(&self) -> Vec<u8> {
        match self.credentials {
            Some(_) => vec![VERSION, 2, NO_LOGIN, LOGIN],
            None => vec![VERSION, 1, NO_LOGIN],
        }
    }

    /// How many bytes to read, exactly; never 0.
    pub(super) fn expects(&self) -> usize {
        match self.expected {
            Expected::Method | Expected::LoginStatus | Expected::Reply => 2,
            Expected::AddressType => 3,
            Expected::Address(length) => length,
        }
    }

    /// Takes as many bytes as it expects.
    ///
    /// # Errors
    /// A [`ProxyFault`] when the proxy refuses, or does not speak SOCKS5.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<Next, ProxyFault> {
        match (self.expected, bytes) {
            (Expected::Method, [VERSION, NO_LOGIN]) => Ok(self.connect()),
            (Expected::Method, [VERSION, LOGIN]) => match self.credentials {
                Some(credentials) => {
                    self.expected = Expected::LoginStatus;
                    Ok(Next::Send(login(credentials)))
                }
                // Some choose what was not offered.
                None => Err(ProxyFault::NoCredentials),
            },
            // None of the methods will do: 0xFF, or one that was not offered.
            (Expected::Method, [VERSION, _]) => Err(match self.credentials {
                Some(_) => ProxyFault::OtherCredentials,
                None => ProxyFault::NoCredentials,
            }),
            // The version is left unread, as curl does: some proxies write that of SOCKS in its place.
            (Expected::LoginStatus, [_, 0]) => Ok(self.connect()),
            (Expected::LoginStatus, [_, _]) => Err(ProxyFault::OtherCredentials),
            (Expected::Reply, [VERSION, 0]) => {
                self.expected = Expected::AddressType;
                Ok(Next::Read)
            }
            (Expected::Reply, [VERSION, code]) => Err(ProxyFault::Reply(*code)),
            (Expected::AddressType, [_, of_type, first]) => {
                let port = 2;
                let rest = match *of_type {
                    IPV4 => 3,
                    IPV6 => 15,
                    NAME => usize::from(*first),
                    _ => return Err(ProxyFault::NotSocks5),
                };
                self.expected = Expected::Address(rest + port);
                Ok(Next::Read)
            }
            (Expected::Address(_), _) => Ok(Next::Open),
            _ => Err(ProxyFault::NotSocks5),
        }
    }

    fn connect(&mut self) -> Next {
        self.expected = Expected::Reply;
        let mut message = vec![VERSION, CONNECT, 0];
        match self.destination {
            Destination::Name(name, _) => {
                message.extend([NAME, name.len() as u8]);
                message.extend(name.bytes());
            }
            Destination::Address(SocketAddr::V4(address)) => {
                message.push(IPV4);
                message.extend(address.ip().octets());
            }
            Destination::Address(SocketAddr::V6(address)) => {
                message.push(IPV6);
                message.extend(address.ip().octets());
            }
        }
        message.extend(self.destination.port().to_be_bytes());
        Next::Send(message)
    }
}

/// User and password (RFC 1929, 2). Their lengths were checked when they were typed.
fn login(Credentials { user, password }: &Credentials) -> Vec<u8> {
    let mut message = vec![LOGIN_VERSION];
    for text in [user, password] {
        message.push(text.len() as u8);
        message.extend(text);
    }
    message
}

#[cfg(test)]
mod tests;
