//! TLS 1.2 and 1.3 with rustls and ring.
//!
//! Everything that can be wrong with the user's files is found when [`TlsClient`] is made, before the first request.
//! The cryptography is ring, chosen here: the process default, which another library could set, is never asked.

mod fault;
mod files;
mod trust;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, Error, HandshakeKind, InconsistentKeys, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{HttpVersions, TlsOptions};
use crate::measure::{TlsFacts, TlsOpened};
use crate::time::Clock;

pub(crate) use fault::TlsFault;
use files::PemFile;
pub(crate) use files::{Role, TlsSetupError};

/// Sessions a worker remembers: one for each name and, with TLS 1.3, up to eight tickets for it.
const SESSIONS: usize = 256;

/// Makes TLS of a stream.
#[derive(Clone)]
pub(super) struct TlsClient {
    connector: TlsConnector,
    identity: Arc<Identity>,
    sni: Option<ServerName<'static>>,
}

impl TlsClient {
    /// # Errors
    /// [`TlsSetupError`] for files that are missing, not PEM, or do not fit each other, and names that are none.
    pub(super) fn new(options: &TlsOptions, versions: HttpVersions) -> Result<Self, TlsSetupError> {
        let provider = Arc::new(ring::default_provider());
        let identity = Arc::new(Identity::new(options, &provider)?);
        let sni = options.sni.as_deref().map(server_name).transpose()?;
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|_| TlsSetupError::Internal)?
            // Not dangerous unless --insecure asks for it; this is the door for any verifier but the default.
            .dangerous()
            .with_custom_certificate_verifier(trust::verifier(options, &provider)?)
            .with_client_cert_resolver(Arc::clone(&identity) as Arc<dyn ResolvesClientCert>);
        config.alpn_protocols = match versions {
            HttpVersions::Auto => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            HttpVersions::Http1 => vec![b"http/1.1".to_vec()],
            HttpVersions::Http2 => vec![b"h2".to_vec()],
        };
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), identity, sni })
    }

    /// The same with a memory of sessions of its own. Workers share nothing while they run: a common memory would make
    /// one worker wait for another, and one worker's resumptions depend on what the others did.
    pub(super) fn for_worker(&self) -> Self {
        let mut config = ClientConfig::clone(self.connector.config());
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Self { connector: TlsConnector::from(Arc::new(config)), ..self.clone() }
    }

    /// The name to ask for when the URL says `host`.
    ///
    /// # Errors
    /// [`TlsSetupError::Name`] when that is neither a name nor an address.
    pub(super) fn name(&self, host: &str) -> Result<ServerName<'static>, TlsSetupError> {
        self.sni.clone().map_or_else(|| server_name(host), Ok)
    }

    /// Whether any server has asked for a client certificate.
    pub(super) fn was_asked_for_a_certificate(&self) -> bool {
        self.identity.asked.load(Ordering::Relaxed)
    }

    /// Performs the handshake.
    ///
    /// # Errors
    /// [`TlsFault`], in words.
    pub(super) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        name: &ServerName<'static>,
        stream: S,
        clock: &impl Clock,
    ) -> Result<(TlsStream<S>, TlsOpened), TlsFault> {
        let start_ns = clock.now_ns();
        let stream = self.connector.connect(name.clone(), stream).await;
        let stream = stream.map_err(|error| TlsFault::during_handshake(&error))?;
        let (_, connection) = stream.get_ref();
        let opened = TlsOpened {
            handshake_ns: clock.now_ns() - start_ns,
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            facts: facts(connection),
        };
        Ok((stream, opened))
    }
}

fn server_name(host: &str) -> Result<ServerName<'static>, TlsSetupError> {
    // The dot at the end of a complete name is not part of what certificates hold.
    let host = host.trim_end_matches('.');
    ServerName::try_from(host.to_owned()).map_err(|_| TlsSetupError::Name)
}

fn facts(connection: &ClientConnection) -> TlsFacts {
    let version = connection.protocol_version().and_then(|version| version.as_str());
    let cipher = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    TlsFacts {
        version: version.unwrap_or("unknown").replace('_', "."),
        cipher: cipher.unwrap_or("unknown").to_owned(),
        alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
    }
}

/// Who we are, if a server asks.
#[derive(Debug)]
struct Identity {
    key: Option<Arc<CertifiedKey>>,
    /// With TLS 1.3 a client has finished before the server has seen its certificate: a refusal comes after the
    /// handshake, and only from a server that asked.
    asked: AtomicBool,
}

impl Identity {
    fn new(options: &TlsOptions, provider: &CryptoProvider) -> Result<Self, TlsSetupError> {
        let asked = AtomicBool::new(false);
        let cert = match (&options.cert, &options.key) {
            (None, None) => return Ok(Self { key: None, asked }),
            (None, Some(_)) => return Err(TlsSetupError::KeyAlone),
            (Some(path), _) => PemFile::read(Role::Cert, path)?,
        };
        let chain = cert.certificates()?;
        let separate = options.key.as_deref().map(|path| PemFile::read(Role::Key, path)).transpose()?;
        let key_file = separate.as_ref().unwrap_or(&cert);
        let key = key_file.key()?;
        match CertifiedKey::from_der(chain, key, provider) {
            Ok(key) => Ok(Self { key: Some(Arc::new(key)), asked }),
            Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                Err(TlsSetupError::Mismatch { cert: cert.path().to_owned(), key: key_file.path().to_owned() })
            }
            Err(Error::InvalidCertificate(_)) => Err(cert.malformed(0)),
            Err(_) => Err(key_file.unusable_key()),
        }
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone().filter(|key| key.key.choose_scheme(schemes).is_some())
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}
