//! Whether a condition on claims holds (R-13.4, B-15, B-16), as it is written in clients.yaml.

use serde_json::{Value, json};
use vestibule::config::condition::Condition;
use vestibule::gate::condition::{Found, Judged, judge};

use super::policy::written;

/// The condition of a rule.
fn condition(require: &str) -> Condition {
    let client = written(&format!("[{{ require: {require} }}]"));
    client.rules[0].require.clone().unwrap()
}

/// `holds`, or what was found in place of it.
fn judged(require: &str, claims: &Value) -> String {
    let condition = condition(require);
    let members = claims.as_object().unwrap().clone();
    match judge(&condition, &|path| path.find(&members)) {
        Judged::Holds => "holds".to_owned(),
        Judged::Fails(why) => format!("fails: {} {}", why.claim, say(why.found)),
        Judged::Unknown(why) => format!("unknown: {} {}", why.claim, say(why.found)),
    }
}

fn say(found: Found) -> String {
    match found {
        Found::Nothing => "nothing".to_owned(),
        Found::OtherForm => "other form".to_owned(),
        Found::Others(count) => format!("{count} others"),
        Found::TooMuch => "too much".to_owned(),
    }
}

#[test]
fn each_test_compares_whole_values_of_the_right_kind() {
    let claims = json!({
        "groups": ["admins", "staff"], "one": "admins", "near": "sysadmins", "level": 3, "flag": true, "said": "true",
        "empty": [], "blank": "", "null": null, "object": { "role": "admins", "deep": { "list": ["a"] } },
        "nested": [["admins"]], "mixed": ["admins", { "a": 1 }], "comma": "admins,staff", "https://x.example/roles": ["r"],
        "numbers": [1, 2], "large": 9_007_199_254_740_993_u64,
    });
    for (require, expected) in [
        ("{ groups: { any: [admins] } }", "holds"),
        ("{ groups: { any: [ops, staff] } }", "holds"),
        ("{ groups: { any: [ops] } }", "fails: groups 2 others"),
        ("{ groups: { all: [admins, staff] } }", "holds"),
        ("{ groups: { all: [admins, ops] } }", "fails: groups 2 others"),
        ("{ groups: { none: [banned] } }", "holds"),
        ("{ groups: { none: [banned, staff] } }", "fails: groups too much"),
        ("{ groups: { contains: staff } }", "holds"),
        ("{ groups: { contains: staf } }", "fails: groups 2 others"),
        ("{ groups: { equals: admins } }", "unknown: groups other form"),
        ("{ groups: { any: [Admins] } }", "fails: groups 2 others"),
        ("{ groups: { any: [\"admins \"] } }", "fails: groups 2 others"),
        // One value counts as a list of one, and never as a text in which to look.
        ("{ one: { any: [admins] } }", "holds"),
        ("{ one: { contains: admins } }", "holds"),
        ("{ near: { contains: admins } }", "fails: near 1 others"),
        ("{ comma: { any: [admins] } }", "fails: comma 1 others"),
        ("{ one: { equals: admins } }", "holds"),
        ("{ one: { matches: adm.* } }", "holds"),
        ("{ near: { matches: admins } }", "fails: near 1 others"),
        ("{ near: { matches: sys|admins } }", "fails: near 1 others"),
        ("{ near: { matches: .*admins } }", "holds"),
        ("{ groups: { matches: st.* } }", "holds"),
        ("{ level: { equals: 3 } }", "holds"),
        ("{ level: { any: [1, 2] } }", "fails: level 1 others"),
        ("{ level: { equals: 3.0 } }", "fails: level 1 others"),
        ("{ numbers: { all: [1, 2] } }", "holds"),
        ("{ large: { equals: 9007199254740993 } }", "holds"),
        ("{ large: { equals: 9007199254740992 } }", "fails: large 1 others"),
        ("{ flag: { equals: true } }", "holds"),
        ("{ flag: { equals: false } }", "fails: flag 1 others"),
        ("{ said: { equals: true } }", "fails: said 1 others"),
        ("{ flag: { matches: true } }", "fails: flag 1 others"),
        ("{ object.role: { equals: admins } }", "holds"),
        ("{ object.deep.list: { any: [a] } }", "holds"),
        ("{ \"https://x.example/roles\": { any: [r] } }", "holds"),
        // What is not there, or not of a form that can be compared, is neither true nor false.
        ("{ missing: { any: [a] } }", "unknown: missing nothing"),
        ("{ missing: { none: [a] } }", "unknown: missing nothing"),
        ("{ empty: { none: [a] } }", "unknown: empty nothing"),
        ("{ blank: { none: [a] } }", "unknown: blank nothing"),
        ("{ null: { none: [a] } }", "unknown: null nothing"),
        ("{ object: { none: [a] } }", "unknown: object other form"),
        ("{ object: { contains: role } }", "unknown: object other form"),
        ("{ nested: { any: [admins] } }", "unknown: nested other form"),
        ("{ mixed: { any: [admins] } }", "unknown: mixed other form"),
        ("{ groups: { present: true } }", "holds"),
        ("{ groups: { present: false } }", "fails: groups too much"),
        ("{ missing: { present: true } }", "fails: missing nothing"),
        ("{ missing: { present: false } }", "holds"),
        ("{ null: { present: true } }", "fails: null nothing"),
        ("{ empty: { present: true } }", "fails: empty nothing"),
        ("{ flag: { present: true } }", "holds"),
        ("{ object: { present: true } }", "holds"),
    ] {
        assert_eq!(judged(require, &claims), expected, "{require}");
    }
}

#[test]
fn what_cannot_be_judged_lets_nobody_in_by_no_way_around() {
    let claims = json!({ "groups": ["staff"], "object": {} });
    let (yes, no, unknown) =
        ("{ groups: { any: [staff] } }", "{ groups: { any: [ops] } }", "{ missing: { any: [a] } }");
    for (require, expected) in [
        (format!("{{ not: {yes} }}"), "fails: groups too much"),
        (format!("{{ not: {no} }}"), "holds"),
        (format!("{{ not: {unknown} }}"), "unknown: missing nothing"),
        (format!("{{ not: {{ not: {unknown} }} }}"), "unknown: missing nothing"),
        (format!("{{ and: [{yes}, {yes}] }}"), "holds"),
        (format!("{{ and: [{yes}, {unknown}] }}"), "unknown: missing nothing"),
        (format!("{{ and: [{unknown}, {no}] }}"), "fails: groups 1 others"),
        (format!("{{ or: [{no}, {yes}] }}"), "holds"),
        (format!("{{ or: [{unknown}, {yes}] }}"), "holds"),
        (format!("{{ or: [{no}, {unknown}] }}"), "unknown: missing nothing"),
        (format!("{{ or: [{unknown}, {no}] }}"), "unknown: missing nothing"),
        (format!("{{ or: [{no}, {no}] }}"), "fails: groups 1 others"),
        (format!("{{ not: {{ or: [{no}, {unknown}] }} }}"), "unknown: missing nothing"),
        (format!("{{ not: {{ and: [{no}, {unknown}] }} }}"), "holds"),
        // All that stands in one table must hold.
        ("{ groups: { any: [staff], none: [banned] } }".to_owned(), "holds"),
        ("{ groups: { any: [staff], none: [staff] } }".to_owned(), "fails: groups too much"),
        ("{ groups: { any: [staff] }, missing: { present: true } }".to_owned(), "fails: missing nothing"),
        ("{ or: [{ missing: { present: false } }, { missing: { none: [a] } }] }".to_owned(), "holds"),
    ] {
        assert_eq!(judged(&require, &claims), expected, "{require}");
    }
}

/// B-16: one `@`, the domain behind it, and an address that was verified.
#[test]
fn an_address_counts_by_the_domain_behind_its_one_sign() {
    for (email, verified, expected) in [
        ("a@company.com", json!(true), true),
        ("a@COMPANY.com", json!(true), true),
        ("a@company.com", json!(false), false),
        ("a@company.com", json!("true"), false),
        ("a@company.com", json!(null), false),
        ("attacker@evil.com@company.com", json!(true), false),
        ("a@company.com.evil.test", json!(true), false),
        ("\"a@x\"@company.com", json!(true), false),
        ("a@company.com\n", json!(true), false),
        ("a @company.com", json!(true), false),
        ("@company.com", json!(true), false),
        ("company.com", json!(true), false),
        ("a@evilcompany.com", json!(true), false),
        ("a@sub.company.com", json!(true), false),
        ("a@company.com.", json!(true), false),
        ("a@\u{212a}ompany.com", json!(true), false),
    ] {
        let claims = json!({ "email": email, "email_verified": verified });
        let holds = judged("{ email: { domain: [company.com] } }", &claims) == "holds";
        assert_eq!(holds, expected, "{email:?} {verified}");
    }
    let claims = json!({ "email": ["a@company.com"], "upn": "a@company.com" });
    assert_ne!(judged("{ email: { domain: company.com } }", &claims), "holds", "nobody verified it");
    assert_eq!(
        judged("{ upn: { domain: Company.com } }", &claims),
        "holds",
        "no other claim is said to be verified"
    );
}
