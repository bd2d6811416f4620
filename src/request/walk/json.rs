//! Values of JSON by pointer (RFC 6901), as they are written: reading them as numbers would change them.

use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The value of a document at a pointer: a text without its quotes, anything else as it is written. `None` where there is none,
/// where it is null, and where the document is no JSON.
pub(super) fn value_at(document: &[u8], pointer: &str) -> Option<Bytes> {
    let mut tokens = pointer.split('/').skip(1);
    let mut value: &RawValue = match tokens.next() {
        None => serde_json::from_slice(document).ok()?,
        Some(token) => within(&mut serde_json::Deserializer::from_slice(document), token)?,
    };
    for token in tokens {
        value = within(&mut serde_json::Deserializer::from_str(value.get()), token)?;
    }
    match value.get() {
        "null" => None,
        text if text.starts_with('"') => Some(Bytes::from(serde_json::from_str::<String>(text).ok()?)),
        other => Some(Bytes::copy_from_slice(other.as_bytes())),
    }
}

/// The member or element that a token of the pointer names, of an object or array that fills the input.
fn within<'de, R: serde_json::de::Read<'de>>(
    json: &mut serde_json::Deserializer<R>,
    token: &str,
) -> Option<&'de RawValue> {
    let name = token.replace("~1", "/").replace("~0", "~");
    let found = Member(&name).deserialize(&mut *json).ok()?;
    json.end().ok()?;
    found
}

/// Finds one member of an object or one element of an array. It goes no deeper, so that no document is too deep for it.
struct Member<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        // Of several the last one counts, as in most readers.
        while let Some(is_it) = map.next_key_seed(Name(self.0))? {
            if is_it {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let is_number = self.0 == "0" || !self.0.starts_with(['0', '+']);
        let wanted: Option<usize> = self.0.parse().ok().filter(|_| is_number);
        let mut found = None;
        for place in 0.. {
            if Some(place) == wanted {
                found = elements.next_element()?;
                if found.is_none() {
                    break;
                }
            } else if elements.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

/// Whether a name is this one.
struct Name<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<bool, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(pointer: &str, document: &str) -> Option<String> {
        value_at(document.as_bytes(), pointer).map(|value| String::from_utf8(value.to_vec()).unwrap())
    }

    #[test]
    fn values_are_taken_as_they_are_written() {
        let document = r#"{"id": 123456789012345678901, "price": 1.10, "e": 1E+2, "list": [ 1,2 , {"a" :3}], "s": "a\u00e9\/\"",
            "id2": -0, "dup": 1, "dup": 2, "": {"": 7}, "a/b": {"m~n": "x"}, "none": null, "t": true}"#;
        for (pointer, expected) in [
            ("/id", "123456789012345678901"),
            ("/price", "1.10"),
            ("/e", "1E+2"),
            ("/list", "[ 1,2 , {\"a\" :3}]"),
            ("/list/2/a", "3"),
            ("/list/2", "{\"a\" :3}"),
            ("/s", "a\u{e9}/\""),
            ("/id2", "-0"),
            ("/dup", "2"),
            ("//", "7"),
            ("/a~1b/m~0n", "x"),
            ("/t", "true"),
        ] {
            assert_eq!(at(pointer, document).as_deref(), Some(expected), "{pointer}");
        }
        for nowhere in ["/none", "/list/3", "/list/01", "/list/+1", "/list/-", "/id/0", "/s/a", "/no"] {
            assert_eq!(at(nowhere, document), None, "{nowhere}");
        }
        assert_eq!(at("", " [1 , 2] ").as_deref(), Some("[1 , 2]"));
        for document in ["", "{", "{\"a\": 1} x", "{\"a\": 1, }", "a"] {
            assert_eq!(at("/a", document), None, "{document}");
        }
    }

    #[test]
    fn no_document_is_too_deep() {
        let deep = "[".repeat(1 << 20);
        assert_eq!(at("/0/0/0", &deep), None);
        let deep = format!("{{\"b\": {}{}, \"a\": 1}}", "[".repeat(1 << 20), "]".repeat(1 << 20));
        assert_eq!(at("/a", &deep).as_deref(), Some("1"));
        assert_eq!(at("/b/0/0", &deep).map(|value| value.len()), Some((2 << 20) - 4));
    }

    proptest! {
        /// Where serde finds a value, the same one is found here.
        #[test]
        fn pointers_lead_where_serde_says(
            names in prop::collection::vec("[a/~0\"\u{e9}]{0,3}", 1..4), index in 0_usize..4, noise in any::<Vec<u8>>(),
        ) {
            let inner = names.iter().rev().fold(serde_json::json!([1, "x", [2.5], null]), |inner, name| {
                serde_json::json!({ name: inner, "z": 0 })
            });
            let escaped = names.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")));
            let pointer = format!("{}/{index}", escaped.collect::<String>());
            let expected = inner.pointer(&pointer).filter(|value| !value.is_null()).map(|value| {
                value.as_str().map_or_else(|| value.to_string(), str::to_owned)
            });
            prop_assert_eq!(at(&pointer, &inner.to_string()), expected);
            let _ = value_at(&noise, &pointer);
        }
    }
}
