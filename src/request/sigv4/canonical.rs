//! The one form of a request that client and server both come to, whatever happened to it on the way.

use percent_encoding::{AsciiSet, percent_decode, percent_encode};

use crate::request::target::{RESERVED, encoded};

/// The key of an object keeps its slashes.
const IN_A_KEY: &AsciiSet = &RESERVED.remove(b'/');

/// The canonical request, and the names of the headers in it. `headers` are in the order of their names.
pub(super) fn request(
    method: &str,
    resource: &[u8],
    headers: &[(&str, &[u8])],
    body_hash: &[u8],
) -> (Vec<u8>, Vec<u8>) {
    let mut text = Vec::with_capacity(512);
    let mut names = Vec::with_capacity(128);
    text.extend_from_slice(method.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(resource);
    for of_one_name in headers.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((name, _)) = of_one_name.first() else { continue };
        if !names.is_empty() {
            names.push(b';');
        }
        names.extend_from_slice(name.as_bytes());
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        for (place, (_, value)) in of_one_name.iter().enumerate() {
            if place > 0 {
                text.push(b',');
            }
            push_value(value, &mut text);
        }
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(&names);
    text.push(b'\n');
    text.extend_from_slice(body_hash);
    (text, names)
}

/// A header's value with one blank for each run of them, and none around it.
fn push_value(value: &[u8], text: &mut Vec<u8>) {
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    for (place, word) in words.enumerate() {
        if place > 0 {
            text.push(b' ');
        }
        text.extend_from_slice(word);
    }
}

/// Path and query, each with a line break behind it.
pub(super) fn resource(path: &str, query: &str, is_s3: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(path.len() + query.len() + 16);
    match is_s3 {
        true => push_key(path, &mut text),
        false => push_path(path, &mut text),
    }
    text.push(b'\n');
    push_query(query, &mut text);
    text.push(b'\n');
    text
}

/// The path as it is sent, without detours, and encoded once more.
fn push_path(path: &str, text: &mut Vec<u8>) {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    for segment in &segments {
        text.push(b'/');
        encoded(segment.as_bytes()).for_each(|part| text.extend_from_slice(part.as_bytes()));
    }
    if segments.is_empty() || path.ends_with('/') {
        text.push(b'/');
    }
}

/// The path to an object of S3: `a//../b` is a key like any other. Encoded once, in the one way that S3 has.
fn push_key(path: &str, text: &mut Vec<u8>) {
    let key: Vec<u8> = percent_decode(path.as_bytes()).collect();
    percent_encode(&key, IN_A_KEY).for_each(|part| text.extend_from_slice(part.as_bytes()));
}

/// The pairs in the order of their names and values, all encoded in one way.
fn push_query(query: &str, text: &mut Vec<u8>) {
    // As curl has it, and servers read it.
    let plain = |part: &str| {
        let decoded: Vec<u8> = percent_decode(part.replace('+', " ").as_bytes()).collect();
        encoded(&decoded).to_string()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect();
    pairs.sort_unstable();
    for (place, (name, value)) in pairs.iter().enumerate() {
        if place > 0 {
            text.push(b'&');
        }
        text.extend_from_slice(name.as_bytes());
        text.push(b'=');
        text.extend_from_slice(value.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, query: &str, is_s3: bool) -> String {
        String::from_utf8(resource(path, query, is_s3)).unwrap()
    }

    #[test]
    fn a_path_is_encoded_twice_and_has_no_detours() {
        assert_eq!(of("/a%20b/./c/../d//e/", "", false), "/a%2520b/d/e/\n\n");
        assert_eq!(of("/../..", "", false), "/\n\n");
        assert_eq!(of("/~user/a.b_c-d", "", false), "/~user/a.b_c-d\n\n");
    }

    #[test]
    fn the_key_of_an_object_is_encoded_once_and_stays_as_it_is_otherwise() {
        assert_eq!(of("/bucket//a/../b%20c!.txt", "", true), "/bucket//a/../b%20c%21.txt\n\n");
        assert_eq!(of("/b/%C3%BC%2Fx", "", true), "/b/%C3%BC/x\n\n");
    }

    #[test]
    fn a_query_is_in_order_and_encoded_in_one_way() {
        assert_eq!(of("/", "b=2&a=z%2f&a=y+x&flag&&c=!", false), "/\na=y%20x&a=z%2F&b=2&c=%21&flag=\n");
    }
}
