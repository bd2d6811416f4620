//! A proxy as curl has it: in several options, and its user and password in one of their own.

use super::form_encoded;

/// The URL of the proxy that an option names.
pub(super) fn url_of(option: &str, value: &str) -> String {
    match option {
        "socks5" => format!("socks5://{value}"),
        "socks5-hostname" => format!("socks5h://{value}"),
        _ => value.to_owned(),
    }
}

/// The URL with the user and password that stood apart from it, which beat those in it.
pub(super) fn known_as(user: Option<&str>, proxy: &str) -> String {
    let Some(user) = user else { return proxy.to_owned() };
    let (scheme, host) = proxy.split_once("://").unwrap_or(("http", proxy));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    format!("{scheme}://{}:{}@{host}", form_encoded(user), form_encoded(password))
}
