//! A claim into a header. Input: four bytes that choose the form, then the claim as JSON.

#![no_main]

use http::HeaderName;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vestibule::config::Client;
use vestibule::config::claim_header::{
    ClaimHeader, Encoding, LetterCase, ListForm, Over, Rendering, Single, ValueForm,
};
use vestibule::gate::identity::{Identity, MAX_IDENTITY};
use vestibule::protocol::claim_path::ClaimPath;
use vestibule::protocol::claim_source::ClaimSource;
use vestibule::protocol::claims::Claims;
use vestibule_fuzz::provider::NOW;
use vestibule_fuzz::{ISSUER, check_refusal, config};

const ENCODINGS: [Encoding; 6] = [
    Encoding::Percent,
    Encoding::Utf8,
    Encoding::Rfc2047,
    Encoding::QuotedPrintable,
    Encoding::Base64,
    Encoding::AsciiFold,
];

fuzz_target!(|data: &[u8]| {
    let Some(([what, how, items, bytes], claim)) = data.split_first_chunk() else { return };
    let Ok(claim) = serde_json::from_slice::<Value>(claim) else { return };
    let form = ValueForm {
        strip_prefix: (what & 1 != 0).then(|| "a".to_owned()),
        letter_case: if what & 2 != 0 { LetterCase::Lower } else { LetterCase::AsIs },
        allow: None,
        default: (what & 4 != 0).then(|| "none".to_owned()),
        single: if what & 32 != 0 { Single::Item } else { Single::Text },
        list: if what & 8 != 0 { ListForm::Json } else { ListForm::Joined },
        encoding: ENCODINGS[usize::from(how % 6)],
        max_items: (*items > 0).then_some(usize::from(*items)),
        max_bytes: (*bytes > 0).then_some(usize::from(*bytes)),
        over: [Over::Deny, Over::Drop, Over::Truncate][usize::from(how / 6 % 3)],
    };
    let mapping = ClaimHeader {
        claim: ClaimPath::parse("value").expect("a path"),
        source: ClaimSource::Any,
        header: HeaderName::from_static("x-value"),
        rendering: if what & 16 != 0 { Rendering::Names } else { Rendering::Value },
        form: form.clone(),
    };
    let client = Client {
        claim_headers: vec![mapping],
        ..config().client("app").expect("it is there").as_ref().clone()
    };
    let claims = Claims::supposed(Map::from_iter([("value".to_owned(), claim.clone())]), ISSUER, NOW);
    let identity = match Identity::from_claims(&claims, &client) {
        Ok(identity) => identity,
        Err(refusal) => return check_refusal(&refusal),
    };
    assert!(identity.bytes() <= MAX_IDENTITY);
    let (_, value) = identity.headers().iter().find(|(name, _)| name == "x-value").expect("it is there");
    let value = value.as_bytes();
    assert!(value.iter().all(|byte| *byte >= b' ' && *byte != 0x7f), "a control character");
    assert!(!value.starts_with(b" ") && !value.ends_with(b" "), "a proxy would trim it");
    assert!(form.encoding == Encoding::Utf8 || value.is_ascii());
    let text = str::from_utf8(value).expect("every encoding gives text");
    let is_default = form.default.as_deref() == Some(text);
    if let Some(most) = form.max_bytes {
        assert!(text.len() <= most || is_default, "more than the bound");
    }
    assert!(identity.cut().is_empty() || form.over != Over::Deny);
    if let (Value::String(_), Single::Item, ListForm::Joined, Encoding::Percent | Encoding::AsciiFold) =
        (&claim, form.single, form.list, form.encoding)
    {
        assert!(is_default || !text.contains([',', ';', ' ']), "one value that reads as several");
    }
    // A list has as many values as it is said to have, to whoever splits it.
    if let (
        Value::Array(all),
        ListForm::Joined,
        Encoding::Percent | Encoding::AsciiFold | Encoding::QuotedPrintable,
    ) = (&claim, form.list, form.encoding)
        && !text.is_empty()
        && !is_default
    {
        let shown = text.split(',').count();
        assert!(shown <= all.len() && form.max_items.is_none_or(|most| shown <= most));
        assert!(!text.contains(';') && !text.contains(' '));
    }
});
