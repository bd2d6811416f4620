//! Why a TLS handshake failed, in words.
//!
//! The messages of rustls hold the names in certificates, so each case is put into words here, without names. The words
//! say the cause first and, where there is one, the remedy.

use std::fmt;
use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// A failed handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFault(&'static str);

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for TlsFault {}

impl TlsFault {
    /// The fault behind an error of a TLS stream, if that is what it is.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        let inner = error.get_ref()?;
        if let Some(fault) = inner.downcast_ref::<Self>() {
            return Some(fault.clone());
        }
        inner.downcast_ref::<Error>().map(|error| Self(words(error)))
    }

    /// What a handshake broke off with.
    pub(crate) fn during_handshake(error: &io::Error) -> Self {
        Self::of(error).unwrap_or(Self(match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                "the server closed the connection during the handshake; does this port speak TLS, and under this name?"
            }
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                "the server reset the connection during the handshake; does this port speak TLS, and under this name?"
            }
            _ => "input/output error during the handshake",
        }))
    }

    /// The server finished the handshake but did not agree to HTTP/2.
    pub(crate) fn no_http2() -> Self {
        Self("the server did not agree to HTTP/2 (ALPN); leave out --http2, or use --http1")
    }
}

fn words(error: &Error) -> &'static str {
    match error {
        Error::InvalidCertificate(problem) => certificate(problem),
        Error::AlertReceived(alert) => refusal(*alert),
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => {
            "the server does not answer in TLS; is the scheme http:// instead, or the port another?"
        }
        Error::PeerIncompatible(_) => {
            "client and server have no TLS version or cipher in common; the server must speak TLS 1.2 or 1.3"
        }
        Error::NoApplicationProtocol => no_protocol(),
        Error::NoCertificatesPresented => "the server presents no certificate",
        Error::PeerMisbehaved(_) | Error::InappropriateHandshakeMessage { .. } => {
            "the server breaks the rules of the TLS handshake"
        }
        Error::DecryptError => "a record from the server cannot be decrypted; it was damaged on the way",
        _ => "the TLS handshake broke off for a reason without a name",
    }
}

fn certificate(problem: &CertificateError) -> &'static str {
    use CertificateError as E;
    match problem {
        E::Expired | E::ExpiredContext { .. } => {
            "the server's certificate has expired; renew it, or accept it with --insecure"
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; check the clock of this machine, or accept it with --insecure"
        }
        E::Revoked => "the server's certificate has been revoked",
        E::UnknownIssuer => {
            "the server's certificate was issued by nobody this machine trusts; give the issuer with --cacert, or \
             accept it with --insecure"
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "the server's certificate is for another name; check the host in the URL, give the name with --sni, or \
             accept it with --insecure"
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "the server's certificate is not meant for servers (extended key usage)"
        }
        E::BadEncoding => "the server's certificate is malformed",
        // Where another certificate of the issuer's name is trusted, the verifier tries its key, and complains of that.
        E::BadSignature => {
            "the signature on the server's certificate is not that of the issuer which this machine trusts under that \
             name; if the issuer is another of the same name, give it with --cacert, or accept it with --insecure"
        }
        E::UnknownRevocationStatus | E::ExpiredRevocationList | E::ExpiredRevocationListContext { .. } => {
            "whether the server's certificate has been revoked is not known"
        }
        E::UnhandledCriticalExtension => {
            "the server's certificate holds a critical extension that is not known"
        }
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the server's certificate is signed with an algorithm that is not supported, or its issuer is not trusted and \
             another of the same name is; give the issuer with --cacert, or accept it with --insecure"
        }
        // The verifier has no variants of its own for these.
        E::Other(other) => match format!("{:?}", other.0) {
            text if text.contains("CaUsedAsEndEntity") => {
                "the server presents a CA's certificate as its own; give that very certificate with --cacert, or accept it \
                 with --insecure"
            }
            text if text.contains("Eku") => {
                "the server's certificate is not meant for servers (extended key usage)"
            }
            text if text.contains("UnsupportedCertVersion") => {
                "the server's certificate is not of version 3; make it anew, or accept it with --insecure"
            }
            _ => "the server's certificate is not acceptable; accept it with --insecure",
        },
        _ => "the server's certificate is not acceptable; accept it with --insecure",
    }
}

/// The alerts of RFC 8446, 6.2, as a refusal by the server.
fn refusal(alert: AlertDescription) -> &'static str {
    use AlertDescription as A;
    match alert {
        A::CertificateRequired | A::NoCertificate => {
            "the server requires a client certificate; give one with --cert and --key"
        }
        A::BadCertificate | A::UnsupportedCertificate | A::CertificateUnknown => {
            "the server refused the client certificate; is it the right --cert?"
        }
        A::CertificateExpired => {
            "the server refused the client certificate as expired; renew it and give it with --cert"
        }
        A::CertificateRevoked => "the server refused the client certificate as revoked",
        A::UnknownCA => {
            "the server does not trust the issuer of the client certificate; is it the right --cert?"
        }
        A::AccessDenied => "the server refused access to this client certificate",
        A::UnrecognisedName => {
            "the server does not know the name it was asked for; check the host in the URL, or give it with --sni"
        }
        A::ProtocolVersion | A::InsufficientSecurity => {
            "the server refused the TLS version or the ciphers offered (TLS 1.2 and 1.3)"
        }
        A::HandshakeFailure => {
            "the server refused the handshake: no cipher in common, or it requires a client certificate (--cert, --key)"
        }
        A::NoApplicationProtocol => no_protocol(),
        A::InternalError => "the server refused the handshake because of an internal error of its own",
        A::CloseNotify | A::UserCanceled => "the server broke the handshake off",
        A::DecryptError => "the server could not verify the handshake; does the --key belong to the --cert?",
        _ => "the server refused the handshake",
    }
}

fn no_protocol() -> &'static str {
    "the server speaks none of the versions of HTTP offered (ALPN); leave out --http1 and --http2"
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;

    use super::*;

    #[test]
    fn names_in_certificates_do_not_reach_the_words() {
        let expected = ServerName::try_from("secret.example").unwrap();
        let presented = vec!["other-secret.example".to_owned()];
        let error =
            Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented });
        let fault = TlsFault::of(&io::Error::new(io::ErrorKind::InvalidData, error)).unwrap();
        assert!(
            fault.to_string().contains("another name") && !format!("{fault} {fault:?}").contains("secret")
        );
    }

    #[test]
    fn other_errors_are_no_fault_of_tls() {
        assert_eq!(TlsFault::of(&io::ErrorKind::ConnectionReset.into()), None);
    }
}
