//! `application/x-www-form-urlencoded` (WHATWG URL section 5), in both directions.

use percent_encoding::percent_decode;

/// Encodes one name or value.
pub(super) fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A body out of names and values, in this order.
pub(super) fn body(pairs: &[(&str, &str)]) -> Vec<u8> {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
}

/// The names and values of a query or body, decoded to bytes: what is not UTF-8 stays as it is, so that the reader decides.
pub(super) fn pairs(text: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> + '_ {
    text.split(|&byte| byte == b'&').filter(|part| !part.is_empty()).map(|part| {
        let equals = part.iter().position(|&byte| byte == b'=');
        let (name, value) = match equals {
            Some(at) => (&part[..at], &part[at + 1..]),
            None => (part, &[][..]),
        };
        (decode(name), decode(value))
    })
}

fn decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced).collect()
}
