//! Certificates and keys from PEM files (RFC 7468).

use std::io;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::request::Secret;

/// What a file is given for, named by its flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `--cacert`: whom to trust.
    CaCert,
    /// `--cert`: who we are.
    Cert,
    /// `--key`: the proof of it.
    Key,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CaCert => "--cacert",
            Self::Cert => "--cert",
            Self::Key => "--key",
        })
    }
}

/// Why TLS could not be set up. Nothing has been sent.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// The file cannot be read.
    #[error("{role} `{}` cannot be read: {source}; check the path and its permissions", file.display())]
    Read {
        /// What the file is for.
        role: Role,
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds nothing in PEM.
    #[error(
        "{role} `{}` is not PEM: there is no line `-----BEGIN ...-----`; convert it, for DER: openssl x509 -inform der",
        file.display()
    )]
    NotPem {
        /// What the file is for.
        role: Role,
        file: PathBuf,
    },
    /// It is PEM, and something in it is broken.
    #[error("{role} `{}`, line {line}: {what}; is the file complete?", file.display())]
    Malformed {
        /// What the file is for.
        role: Role,
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is broken.
        what: &'static str,
    },
    /// It is PEM without what is needed.
    #[error("{role} `{}` holds no {what}", file.display())]
    Missing {
        /// What the file is for.
        role: Role,
        file: PathBuf,
        /// What is missing.
        what: &'static str,
    },
    /// The key asks for a password.
    #[error(
        "{role} `{}`, line {line}: the key is encrypted; decrypt it into a file of its own: openssl pkey -in ... -out ...",
        file.display()
    )]
    Encrypted {
        /// What the file is for.
        role: Role,
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// Key and certificate do not belong together.
    #[error("the key in `{}` does not belong to the first certificate in `{}`", key.display(), cert.display())]
    Mismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A key without its certificate.
    #[error("--key is given without --cert; give both")]
    KeyAlone,
    #[error(
        "this machine has no trusted certificates; install its CA certificates (package ca-certificates), give --cacert, \
         or use --insecure"
    )]
    NoPlatformTrust,
    /// A host that cannot be in a certificate.
    #[error("the name for TLS is neither a host name nor an address; check --sni and the host in the URL")]
    Name,
    /// The cryptography refused to start.
    #[error("internal error: TLS could not be set up; please report this")]
    Internal,
}

pub(super) struct PemFile {
    role: Role,
    path: PathBuf,
    content: Secret<Vec<u8>>,
}

impl PemFile {
    pub(super) fn read(role: Role, path: &Path) -> Result<Self, TlsSetupError> {
        let content = std::fs::read(path).map_err(|source| TlsSetupError::Read {
            role,
            file: path.to_owned(),
            source,
        })?;
        let file = Self { role, path: path.to_owned(), content: Secret::new(content) };
        if file.lines().any(|(_, line)| line.starts_with("-----BEGIN ")) {
            Ok(file)
        } else {
            Err(TlsSetupError::NotPem { role, file: file.path })
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The certificates, at least one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsSetupError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(self.content.expose()).collect();
        match found {
            Ok(found) if found.is_empty() => Err(self.missing("certificate (-----BEGIN CERTIFICATE-----)")),
            Ok(found) => Ok(found),
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, TlsSetupError> {
        PrivateKeyDer::from_pem_slice(self.content.expose()).map_err(|error| {
            // PKCS#8 says so in its first line, the older form in a field below it (RFC 1421, 4.6.1.1).
            let is_encrypted = |line: &str| {
                line.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY")
                    || (line.starts_with("Proc-Type:") && line.ends_with("ENCRYPTED"))
            };
            match (error, self.line_of(is_encrypted)) {
                (pem::Error::NoItemsFound | pem::Error::Base64Decode(_), Some(line)) => {
                    TlsSetupError::Encrypted { role: self.role, file: self.path.clone(), line }
                }
                (pem::Error::NoItemsFound, None) => self.missing("private key (-----BEGIN PRIVATE KEY-----)"),
                (error, _) => self.broken(&error),
            }
        })
    }

    /// The certificate at this place, counted from 0, cannot be understood.
    pub(super) fn malformed(&self, place: usize) -> TlsSetupError {
        let begin = |line: &str| line.starts_with("-----BEGIN CERTIFICATE");
        let line = self.lines().filter(|(_, line)| begin(line)).nth(place).map_or(1, |(number, _)| number);
        self.at(line, "this is not a valid certificate")
    }

    /// The key cannot be understood.
    pub(super) fn unusable_key(&self) -> TlsSetupError {
        let line = self.line_of(|line| line.starts_with("-----BEGIN ") && line.contains("PRIVATE KEY"));
        self.at(
            line.unwrap_or(1),
            "this is not a private key of a kind that is supported (RSA, ECDSA, Ed25519)",
        )
    }

    fn broken(&self, error: &pem::Error) -> TlsSetupError {
        match error {
            pem::Error::MissingSectionEnd { .. } => {
                let line = self.lines().filter(|(_, line)| line.starts_with("-----BEGIN ")).last();
                self.at(line.map_or(1, |(number, _)| number), "this section has no `-----END ...-----`")
            }
            pem::Error::IllegalSectionStart { line: illegal } => {
                let illegal = String::from_utf8_lossy(illegal).trim().to_owned();
                let line = self.line_of(|line| line == illegal);
                self.at(line.unwrap_or(1), "this line does not begin a section as it should")
            }
            pem::Error::Base64Decode(_) => {
                let base64 =
                    |line: &str| line.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
                let line = self.line_of(|line| !line.starts_with("-----") && !base64(line));
                self.at(line.unwrap_or(1), "this is not base64")
            }
            _ => self.missing("section that could be read"),
        }
    }

    fn at(&self, line: usize, what: &'static str) -> TlsSetupError {
        TlsSetupError::Malformed { role: self.role, file: self.path.clone(), line, what }
    }

    fn missing(&self, what: &'static str) -> TlsSetupError {
        TlsSetupError::Missing { role: self.role, file: self.path.clone(), what }
    }

    /// Lines, trimmed, with their numbers counted from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, std::borrow::Cow<'_, str>)> {
        let lines = self.content.expose().split(|byte| *byte == b'\n').enumerate();
        lines.map(|(place, line)| (place + 1, String::from_utf8_lossy(line.trim_ascii())))
    }

    fn line_of(&self, is_it: impl Fn(&str) -> bool) -> Option<usize> {
        self.lines().find(|(_, line)| is_it(line)).map(|(number, _)| number)
    }
}
