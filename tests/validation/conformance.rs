//! docs/conformance.md: what the modules of the OpenID Foundation's conformance suite for relying parties demand is done by a test of
//! ours, module by module, or the page says why it does not concern this program.

use std::fs;
use std::path::Path;

use crate::reader::{codes_of, pinned, tests_of};
use crate::write_or_compare;

/// The plans for a client of the code flow, with their modules; a row that gets lost is noticed.
const PLANS: &[(&str, &[&str])] = &[
    ("oidcc-client-basic-certification-test-plan", BASIC),
    ("oidcc-client-formpost-basic-certification-test-plan", BASIC),
    (
        "oidcc-client-config-certification-test-plan",
        &[
            "oidcc-client-test-discovery-openid-config",
            "oidcc-client-test-discovery-jwks-uri-keys",
            "oidcc-client-test-discovery-issuer-mismatch",
            "oidcc-client-test-idtoken-sig-none",
            "oidcc-client-test-signing-key-rotation-just-before-signing",
            "oidcc-client-test-signing-key-rotation",
        ],
    ),
    (
        "oidcc-client-dynamic-certification-test-plan",
        &[
            "oidcc-client-test-discovery-webfinger-acct",
            "oidcc-client-test-discovery-webfinger-url",
            "oidcc-client-test-discovery-openid-config",
            "oidcc-client-test-discovery-jwks-uri-keys",
            "oidcc-client-test-discovery-issuer-mismatch",
            "oidcc-client-test-dynamic-registration",
            "oidcc-client-test-request-uri-signed-rs256",
            "oidcc-client-test-request-uri-signed-none",
            "oidcc-client-test-idtoken-sig-none",
            "oidcc-client-test-signing-key-rotation-just-before-signing",
            "oidcc-client-test-signing-key-rotation",
            "oidcc-client-test-userinfo-signed",
        ],
    ),
    (
        "oidcc-client-refreshtoken-test-plan",
        &[
            "oidcc-client-test-refresh-token",
            "oidcc-client-test-refresh-token-invalid-issuer",
            "oidcc-client-test-refresh-token-invalid-sub",
            "oidcc-client-test-refresh-token-invalid-aud",
            "oidcc-client-test-refresh-token-invalid-azp",
        ],
    ),
    (
        "oidcc-client-rp-initiated-logout-rp-basic",
        &[
            "oidcc-client-test-rp-init-logout",
            "oidcc-client-test-rp-init-logout-other-state",
            "oidcc-client-test-rp-init-logout-no-state",
        ],
    ),
    (
        "oidcc-client-back-channel-logout-rp-basic",
        &[
            "oidcc-client-test-rp-backchannel-rpinitlogout",
            "oidcc-client-test-rp-backchannel-rpinitlogout-alg-none",
            "oidcc-client-test-rp-backchannel-rpinitlogout-no-event",
            "oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce",
            "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg",
            "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud",
            "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event",
            "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss",
        ],
    ),
    ("oidcc-client-front-channel-logout-rp-basic", &["oidcc-client-test-rp-frontchannel-rpinitlogout"]),
    (
        "oidcc-client-logout-test-plan",
        &["oidcc-client-test-rp-frontchannel-opinitlogout", "oidcc-client-test-session-management"],
    ),
    ("oidcc-client-test-3rd-party-init-login-test-plan", &["oidcc-client-test-3rd-party-init-login"]),
    (
        "oidcc-client-test-plan",
        &[
            "oidcc-client-test-missing-aud",
            "oidcc-client-test-ignores-unparseable-key-in-jwks",
            "oidcc-client-test-invalid-sig-hs256",
            "oidcc-client-test-invalid-sig-es256",
            "oidcc-client-test-userinfo-bearer-header",
            "oidcc-client-test-userinfo-bearer-body",
            "oidcc-client-test-form-post-error",
            "oidcc-client-test-mtls-endpoint-aliases",
            "oidcc-client-test-aggregated-claims",
            "oidcc-client-test-distributed-claims",
            "oidcc-client-test-nonce-unless-code-flow",
            "oidcc-client-test-missing-chash",
            "oidcc-client-test-invalid-chash",
            "oidcc-client-test-missing-athash",
            "oidcc-client-test-invalid-athash",
        ],
    ),
];

/// The modules of the basic profile; form post has the same.
const BASIC: &[&str] = &[
    "oidcc-client-test",
    "oidcc-client-test-invalid-iss",
    "oidcc-client-test-missing-sub",
    "oidcc-client-test-invalid-aud",
    "oidcc-client-test-missing-iat",
    "oidcc-client-test-kid-absent-single-jwks",
    "oidcc-client-test-kid-absent-multiple-jwks",
    "oidcc-client-test-idtoken-sig-rs256",
    "oidcc-client-test-idtoken-sig-none",
    "oidcc-client-test-invalid-sig-rs256",
    "oidcc-client-test-userinfo-invalid-sub",
    "oidcc-client-test-nonce-invalid",
    "oidcc-client-test-scope-userinfo-claims",
    "oidcc-client-test-client-secret-basic",
];

/// What stands in place of an answer where there is none.
const NOT_OURS: &str = "Does not apply: ";

#[test]
fn every_module_is_done_by_a_test_or_the_page_says_why_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("docs/conformance.md");
    let page = fs::read_to_string(&path).unwrap();
    let pinned = pinned(root, |word| PLANS.iter().any(|(_, modules)| modules.contains(&word)));
    let mut listed: Vec<(String, Vec<String>)> = Vec::new();
    let mut problems = Vec::new();
    let needed: String = page
        .lines()
        .map(|line| {
            if let Some(plan) = line.strip_prefix("## ").and_then(in_backticks) {
                listed.push((plan.to_owned(), Vec::new()));
            }
            let cells: Vec<&str> = line.split(" | ").collect();
            let Some(module) = cells[0].strip_prefix("| ").and_then(in_backticks) else {
                return format!("{line}\n");
            };
            listed.last_mut().expect("a plan has its heading first").1.push(module.to_owned());
            let (demands, answer, found) = (cells[1], cells[2], pinned.get(module));
            match (answer.starts_with(NOT_OURS), found) {
                (true, Some(_)) => problems.push(format!("{module} does not apply, and a test does it")),
                (false, None) => problems.push(format!("no test says that it does {module}")),
                _ => {}
            }
            let (tests, codes) = (tests_of(found), codes_of(found));
            format!("| `{module}` | {demands} | {answer} | {tests} | {codes} |\n")
        })
        .collect();
    let expected: Vec<(String, Vec<String>)> = PLANS
        .iter()
        .map(|(plan, modules)| {
            ((*plan).to_owned(), modules.iter().map(|module| (*module).to_owned()).collect())
        })
        .collect();
    assert_eq!(listed, expected, "the plans and rows of the page");
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    write_or_compare(&path, &needed);
}

/// What stands between the first two backticks.
fn in_backticks(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}
