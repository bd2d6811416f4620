//! Over which connections it is asked.

use super::super::args::NetworkArgs;
use super::UsageError;
use crate::transport::{HttpVersions, Timestamps, TlsOptions, WireOptions, has_kernel_stamps};

/// How connections are to be made.
pub(super) fn wire_of(args: &NetworkArgs) -> Result<WireOptions, UsageError> {
    let versions = match (args.http1, args.http2) {
        (true, true) => return Err(UsageError::Exclusive("--http1", "--http2")),
        (true, false) => HttpVersions::Http1,
        (false, true) => HttpVersions::Http2,
        (false, false) => HttpVersions::Auto,
    };
    if args.timestamps == Timestamps::Kernel && (args.unix_socket.is_some() || !has_kernel_stamps()) {
        return Err(UsageError::NoKernelStamps);
    }
    Ok(WireOptions {
        timestamps: args.timestamps,
        versions,
        streams: args.streams,
        tls: TlsOptions {
            cacert: args.cacert.clone(),
            cert: args.cert.clone(),
            key: args.key.clone(),
            insecure: args.insecure,
            sni: args.sni.clone(),
        },
        local_addresses: args.local_address.clone(),
        unix_socket: args.unix_socket.clone(),
        overrides: args.resolve.iter().map(|text| text.parse()).collect::<Result<_, _>>()?,
        dns_ttl_ns: args.dns_ttl.0,
    })
}
