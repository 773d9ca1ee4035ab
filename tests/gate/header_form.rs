//! The forms that a claim takes on its way into a header: each step, each encoding, each bound.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use serde_json::{Value, json};
use vestibule::config::Client;
use vestibule::config::claim_header::{ClaimHeader, Encoding, LetterCase, ListForm, Over, Single, ValueForm};
use vestibule::config::condition::Pattern;
use vestibule::gate::identity::Identity;
use vestibule::protocol::claim_path::ClaimPath;

use super::client;
use super::identity::claims;
use super::token::header;

/// The value of a header for a claim, and whether it was cut; or the code of the refusal.
fn sent_or_cut(value: Option<Value>, form: ValueForm) -> Result<(String, bool), &'static str> {
    let mapping = ClaimHeader { form, ..header("value", "x-value") };
    let client = Client { claim_headers: vec![mapping], ..client() };
    let extra = value.map_or_else(|| json!({}), |value| json!({ "value": value }));
    let identity = Identity::from_claims(&claims(extra), &client).map_err(|refusal| refusal.code())?;
    let (_, value) = identity.headers().iter().find(|(name, _)| name == "x-value").unwrap();
    Ok((String::from_utf8(value.as_bytes().to_vec()).unwrap(), !identity.cut().is_empty()))
}

fn sent(value: Value, form: ValueForm) -> Result<String, &'static str> {
    sent_or_cut(Some(value), form).map(|(text, is_cut)| {
        assert!(!is_cut);
        text
    })
}

fn encoded(encoding: Encoding) -> ValueForm {
    ValueForm { encoding, ..ValueForm::default() }
}

fn json_list() -> ValueForm {
    ValueForm { list: ListForm::Json, ..ValueForm::default() }
}

#[test]
fn each_encoding_writes_one_text() {
    use Encoding::{AsciiFold, Base64, Percent, QuotedPrintable, Rfc2047, Utf8};
    let table = [
        ("plain, Jane", Percent, "plain, Jane"),
        ("Zo\u{eb} %", Percent, "Zo%C3%AB %25"),
        ("Zo\u{eb} %", Utf8, "Zo\u{eb} %"),
        ("plain, Jane", Rfc2047, "plain, Jane"),
        // As Python's email.header writes it.
        ("\u{5c71}\u{7530}\u{592a}\u{90ce}", Rfc2047, "=?UTF-8?B?5bGx55Sw5aSq6YOO?="),
        ("=?x", Rfc2047, "=?UTF-8?B?PT94?="),
        (" a", Rfc2047, "=?UTF-8?B?IGE=?="),
        // As Python's quopri does.
        ("Zo\u{eb}", QuotedPrintable, "Zo=C3=AB"),
        ("a=b", QuotedPrintable, "a=3Db"),
        (" a b ", QuotedPrintable, "=20a b=20"),
        ("Zo\u{eb}", Base64, "Wm/Dqw=="),
        ("Zo\u{eb} \u{5c71}\u{7530} \u{df} \u{142}", AsciiFold, "Zoe Shan Tian ss l"),
        ("100%", AsciiFold, "100%25"),
        // What folds into a line break is no line break.
        ("a\u{2028}b", AsciiFold, "a%0Ab"),
        ("\u{f8ff}", AsciiFold, "?"),
    ];
    for (text, encoding, expected) in table {
        let found = sent(json!(text), encoded(encoding)).unwrap();
        assert_eq!(found, expected, "{text:?} by {encoding:?}");
    }
    assert_eq!(sent(json!(" a"), encoded(Utf8)), Err("claim_unfit"), "a proxy would trim it");
}

#[test]
fn each_encoding_keeps_the_values_of_a_list_apart() {
    use Encoding::{AsciiFold, Base64, Percent, QuotedPrintable, Rfc2047, Utf8};
    let table = [
        (json!(["a b", "c,d"]), Percent, Ok("a%20b,c%2Cd")),
        (json!(["a b", "c"]), Utf8, Ok("a b,c")),
        (json!(["a", "c,d"]), Utf8, Err("claim_unfit")),
        (json!(["a", "c;admin"]), Utf8, Err("claim_unfit")),
        (json!(["a", "c;admin"]), Base64, Err("claim_unfit")),
        (json!(["a", "c,d"]), Rfc2047, Ok("a,=?UTF-8?B?Yyxk?=")),
        (json!(["a", "c,d e"]), QuotedPrintable, Ok("a,c=2Cd=20e")),
        (json!(["a", "b"]), Base64, Ok("YSxi")),
        (json!(["a", "c,d"]), Base64, Err("claim_unfit")),
        // A full-width comma folds into a comma.
        (json!(["a\u{ff0c}admin", "b"]), AsciiFold, Ok("a%2Cadmin,b")),
    ];
    for (value, encoding, expected) in table {
        let found = sent(value.clone(), encoded(encoding));
        assert_eq!(found.as_deref(), expected.as_ref().map(|text| *text), "{value} by {encoding:?}");
    }
}

#[test]
fn a_control_character_lets_nobody_in_whatever_the_encoding() {
    for encoding in [
        Encoding::Percent,
        Encoding::Utf8,
        Encoding::Rfc2047,
        Encoding::QuotedPrintable,
        Encoding::Base64,
        Encoding::AsciiFold,
    ] {
        for list in [ListForm::Joined, ListForm::Json] {
            let form = || ValueForm { encoding, list, ..ValueForm::default() };
            for value in [json!("a\r\nX-Admin: 1"), json!(["a", "b\n"]), json!("a\u{0}"), json!("\u{7f}")] {
                assert_eq!(sent(value.clone(), form()), Err("claim_unfit"), "{value} by {encoding:?}");
            }
        }
        let object = ValueForm { encoding, ..json_list() };
        assert_eq!(sent(json!({ "a\n": 1 }), object.clone()), Err("claim_unfit"));
        assert_eq!(sent(json!([{ "a": ["b\r"] }]), object), Err("claim_unfit"));
    }
}

#[test]
fn json_is_an_array_of_one_value_too_and_an_object_of_an_object() {
    let table = [
        (json!(["a,b", "c"]), r#"["a,b","c"]"#),
        (json!("a"), r#"["a"]"#),
        (json!([1, true, null, ["x"], { "y": "z" }]), r#"[1,true,null,["x"],{"y":"z"}]"#),
        (json!({ "country": "NL" }), r#"{"country":"NL"}"#),
        (json!(["Zo\u{eb}"]), r#"["Zo%C3%AB"]"#),
        (json!([]), ""),
        (json!(null), ""),
    ];
    for (value, expected) in table {
        assert_eq!(sent(value.clone(), json_list()).unwrap(), expected, "{value}");
    }
    let utf8 = ValueForm { encoding: Encoding::Utf8, ..json_list() };
    assert_eq!(sent(json!(["Zo\u{eb}"]), utf8).unwrap(), "[\"Zo\u{eb}\"]");
    // Typographic quotes fold into quotes, and must not end the text.
    let folded = ValueForm { encoding: Encoding::AsciiFold, ..json_list() };
    let found = sent(json!(["a\u{201d},\u{201c}admin"]), folded).unwrap();
    assert_eq!(serde_json::from_str::<Vec<String>>(&found).unwrap(), ["a\",\"admin"]);
}

#[test]
fn only_what_begins_with_the_prefix_counts_and_is_sent_without_it() {
    let form = || ValueForm { strip_prefix: Some("app-".to_owned()), ..ValueForm::default() };
    assert_eq!(sent(json!(["app-staff", "admin", "app-", "other-admin"]), form()).unwrap(), "staff");
    assert_eq!(sent(json!("app-staff"), form()).unwrap(), "staff");
    assert_eq!(sent(json!("admin"), form()).unwrap(), "", "it was never app-admin");
    assert_eq!(sent(json!(["admin"]), form()).unwrap(), "");
    assert_eq!(sent(json!([["app-x"]]), ValueForm { list: ListForm::Json, ..form() }), Err("claim_unfit"));
}

#[test]
fn steps_are_taken_in_their_order() {
    let form = ValueForm {
        strip_prefix: Some("APP-".to_owned()),
        letter_case: LetterCase::Lower,
        allow: Some(Pattern::parse("[a-z]+").unwrap()),
        default: Some("guest".to_owned()),
        ..ValueForm::default()
    };
    assert_eq!(sent(json!(["APP-Staff", "app-x", "APP-A1", "APP-\u{c5}"]), form.clone()).unwrap(), "staff");
    assert_eq!(sent(json!(["APP-1"]), form.clone()).unwrap(), "guest", "nothing is left");
    assert_eq!(sent(json!(""), form.clone()).unwrap(), "guest");
    assert_eq!(sent_or_cut(None, form.clone()).unwrap(), ("guest".to_owned(), false));
    // Nobody is no guest.
    let client =
        Client { claim_headers: vec![ClaimHeader { form, ..header("value", "x-value") }], ..client() };
    assert!(Identity::blank(&client).headers().iter().all(|(_, value)| value.is_empty()));
}

#[test]
fn more_than_the_bounds_is_denied_dropped_or_cut_between_values() {
    let groups = || json!(["one", "two", "three", "four"]);
    let over = |over, max_items, max_bytes| ValueForm { over, max_items, max_bytes, ..ValueForm::default() };
    let table = [
        (over(Over::Deny, Some(4), None), Ok(("one,two,three,four", false))),
        (over(Over::Deny, Some(3), None), Err("claim_unfit")),
        (over(Over::Deny, None, Some(17)), Err("claim_unfit")),
        (over(Over::Deny, None, Some(18)), Ok(("one,two,three,four", false))),
        (over(Over::Drop, Some(3), None), Ok(("", true))),
        (over(Over::Drop, None, Some(17)), Ok(("", true))),
        (over(Over::Truncate, Some(3), None), Ok(("one,two,three", true))),
        (over(Over::Truncate, None, Some(17)), Ok(("one,two,three", true))),
        (over(Over::Truncate, None, Some(12)), Ok(("one,two", true))),
        (over(Over::Truncate, None, Some(3)), Ok(("one", true))),
        (over(Over::Truncate, None, Some(2)), Ok(("", true))),
        (over(Over::Truncate, Some(2), Some(3)), Ok(("one", true))),
    ];
    for (form, expected) in table {
        let found = sent_or_cut(Some(groups()), form.clone());
        let found = found.as_ref().map(|(text, is_cut)| (text.as_str(), *is_cut)).map_err(|code| *code);
        assert_eq!(found, expected, "{form:?}");
    }
    let json = ValueForm { max_bytes: Some(14), over: Over::Truncate, ..json_list() };
    assert_eq!(sent_or_cut(Some(groups()), json).unwrap(), (r#"["one","two"]"#.to_owned(), true));
    // Half a name would be another one's.
    let one = over(Over::Truncate, None, Some(4));
    assert_eq!(sent_or_cut(Some(json!("admin-not")), one.clone()).unwrap(), (String::new(), true));
    let object = ValueForm { list: ListForm::Json, ..one };
    assert_eq!(sent_or_cut(Some(json!({ "a": "b" })), object).unwrap(), (String::new(), true));
}

/// A provider may send the only group of somebody as a text: what is in it must not become two.
#[test]
fn a_single_text_is_one_value_of_a_list() {
    let item = || ValueForm { single: Single::Item, ..ValueForm::default() };
    assert_eq!(sent(json!("shop-x,admin,root"), item()).unwrap(), "shop-x%2Cadmin%2Croot");
    assert_eq!(sent(json!("a b;c"), item()).unwrap(), "a%20b%3Bc");
    let folded = ValueForm { encoding: Encoding::AsciiFold, ..item() };
    assert_eq!(sent(json!("admin\u{ff0c}root"), folded).unwrap(), "admin%2Croot");
    let picked = ValueForm { strip_prefix: Some("shop-".to_owned()), ..item() };
    assert_eq!(sent(json!("shop-x,admin"), picked).unwrap(), "x%2Cadmin");
    let utf8 = ValueForm { encoding: Encoding::Utf8, ..item() };
    assert_eq!(sent(json!("x,admin"), utf8), Err("claim_unfit"));
    for (claim, single) in [
        ("groups", Single::Item),
        ("realm_access.roles", Single::Item),
        ("cognito:groups", Single::Item),
        ("name", Single::Text),
        ("email", Single::Text),
    ] {
        assert_eq!(Single::of(&ClaimPath::parse(claim).unwrap()), single, "{claim}");
    }
}

/// No letter outside ASCII becomes one inside, so that nobody's name becomes another one's.
#[test]
fn lower_case_keeps_names_apart() {
    let form =
        || ValueForm { letter_case: LetterCase::Lower, encoding: Encoding::Utf8, ..ValueForm::default() };
    assert_eq!(sent(json!("KATE \u{c9}"), form()).unwrap(), "kate \u{e9}");
    assert_eq!(sent(json!("\u{212a}ate"), form()).unwrap(), "\u{212a}ate");
    assert_eq!(sent(json!("\u{130}d"), form()).unwrap(), "\u{130}d");
    let allowed = ValueForm { allow: Some(Pattern::parse("[a-z]+").unwrap()), ..form() };
    assert_eq!(sent(json!("\u{212a}ing"), allowed).unwrap(), "");
}

#[test]
fn a_number_that_was_rounded_lets_nobody_in() {
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    for number in ["123456789012345678901", "-123456789012345678901", "1e300", "9007199254740993.0e1"] {
        assert_eq!(sent(value(number), ValueForm::default()), Err("claim_unfit"), "{number}");
        assert_eq!(sent(value(&format!("[{number}]")), json_list()), Err("claim_unfit"), "{number}");
    }
    for number in ["18446744073709551615", "-9223372036854775808", "1.5"] {
        assert_eq!(sent(value(number), ValueForm::default()).unwrap(), number);
    }
}

#[test]
fn a_default_stands_for_no_machine() {
    let form = ValueForm { default: Some("editor".to_owned()), ..ValueForm::default() };
    let mapping = || ClaimHeader { form: form.clone(), ..header("roles", "x-roles") };
    let mut own = super::token::issuer("main", "https://id.example.test");
    own.claim_headers = vec![mapping()];
    let client =
        Client { claim_headers: vec![mapping()], ..super::token::client_with(super::token::tokens()) };
    let sent = |extra: Value| {
        let token = super::token::access_token_of(&own, extra);
        let identity = Identity::from_token(&token, &client, &own).unwrap();
        let (_, value) = identity.headers().iter().find(|(name, _)| name == "x-roles").unwrap();
        value.to_str().unwrap().to_owned()
    };
    assert_eq!(sent(json!({})), "editor");
    assert_eq!(sent(json!({ "client_id": "user-1" })), "", "a machine");
    assert_eq!(sent(json!({ "client_id": "user-1", "roles": ["sync"] })), "sync");
}

fn any_encoding() -> impl Strategy<Value = Encoding> {
    prop_oneof![
        Just(Encoding::Percent),
        Just(Encoding::Utf8),
        Just(Encoding::Rfc2047),
        Just(Encoding::QuotedPrintable),
        Just(Encoding::Base64),
    ]
}

/// Reads one value back.
fn decoded(text: &str, encoding: Encoding) -> String {
    let bytes = match encoding {
        Encoding::Percent => percent_decode_str(text).collect(),
        Encoding::Utf8 | Encoding::AsciiFold => text.as_bytes().to_vec(),
        Encoding::Base64 => STANDARD.decode(text).unwrap(),
        Encoding::Rfc2047 if text.starts_with("=?") => text
            .split(' ')
            .flat_map(|word| {
                assert!(word.len() <= 75, "{word}");
                STANDARD.decode(&word["=?UTF-8?B?".len()..word.len() - 2]).unwrap()
            })
            .collect(),
        Encoding::Rfc2047 => text.as_bytes().to_vec(),
        Encoding::QuotedPrintable => {
            percent_decode_str(&text.replace('%', "%25").replace('=', "%")).collect()
        }
    };
    String::from_utf8(bytes).unwrap()
}

proptest! {
    /// R-14.1: what is encoded can be read back, and no value of a list can be taken for two.
    #[test]
    fn texts_come_back_by_every_encoding_that_keeps_them(
        items in prop::collection::vec("(\\PC|[ %,;=?]|=\\?){1,30}", 1..5),
        encoding in any_encoding(),
    ) {
        if let Ok(text) = sent(json!(items[0]), encoded(encoding)) {
            prop_assert_eq!(&decoded(&text, encoding), &items[0]);
            prop_assert!(!text.starts_with(' ') && !text.ends_with(' '));
        }
        match sent(json!(items), encoded(encoding)) {
            Ok(text) => {
                let text = if encoding == Encoding::Base64 { decoded(&text, encoding) } else { text };
                let each: Vec<String> = text
                    .split(',')
                    .map(|item| if encoding == Encoding::Base64 { item.to_owned() } else { decoded(item, encoding) })
                    .collect();
                prop_assert_eq!(each, items);
            }
            Err(code) => {
                let unfit = items.iter().any(|item| item.contains([',', ';']) || item.trim_matches(' ') != item);
                prop_assert!(unfit && matches!(encoding, Encoding::Utf8 | Encoding::Base64), "{}", code);
            }
        }
    }

    /// Whatever a directory holds: no control character, never more than the bound, and a cut that is told.
    #[test]
    fn no_value_breaks_out_of_its_header(
        items in prop::collection::vec("\\PC{0,20}", 0..12),
        encoding in prop_oneof![any_encoding(), Just(Encoding::AsciiFold)],
        list in prop_oneof![Just(ListForm::Joined), Just(ListForm::Json)],
        max_bytes in prop::option::of(1_usize..200),
        max_items in prop::option::of(1_usize..12),
        over in prop_oneof![Just(Over::Deny), Just(Over::Drop), Just(Over::Truncate)],
    ) {
        let form = ValueForm { encoding, list, max_bytes, max_items, over, ..ValueForm::default() };
        if let Ok((text, is_cut)) = sent_or_cut(Some(json!(items)), form) {
            prop_assert!(text.bytes().all(|byte| byte >= b' ' && byte != 0x7f));
            prop_assert!(max_bytes.is_none_or(|most| text.len() <= most));
            prop_assert!(encoding == Encoding::Utf8 || text.is_ascii());
            prop_assert!(!is_cut || over != Over::Deny);
            if list == ListForm::Json && encoding == Encoding::Utf8 && !text.is_empty() {
                let found: Vec<String> = serde_json::from_str(&text).unwrap();
                prop_assert!(items.starts_with(&found) && (is_cut || found == items));
            }
        }
    }
}
