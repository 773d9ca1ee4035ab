//! What may not be in the tree of dependencies, checked where cargo-deny is not at hand.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

const MANIFEST: &str = include_str!("../Cargo.toml");
const DENY: &str = include_str!("../.deny.toml");

/// The lock file also names what optional features would bring (rustls could use ring), so what is built is asked for.
/// F-16: no `rsa`, no second crypto backend.
#[test]
fn nothing_that_deny_toml_bans_is_built() {
    let banned: Vec<_> =
        DENY.lines().filter_map(|line| line.trim().strip_prefix("{ crate = \"")?.split('"').next()).collect();
    assert!(banned.contains(&"ring") && banned.contains(&"rsa"), "{banned:?}");
    let tree = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "-e",
            "normal,build,dev",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let built: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(built.contains(&"aws-lc-rs"), "{tree}");
    let found: Vec<_> = banned.iter().filter(|name| built.contains(name)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn every_dependency_has_a_reason_and_no_default_features() {
    let (_, tables) = MANIFEST.split_once("[dependencies]").unwrap();
    let (tables, _) = tables.split_once("\n[profile").unwrap();
    let lines: Vec<_> = tables.lines().collect();
    let mut count = 0;
    for (at, line) in lines.iter().enumerate() {
        if line.is_empty() || line.starts_with('#') || line.starts_with('[') {
            continue;
        }
        count += 1;
        assert!(at > 0 && lines[at - 1].starts_with("# "), "no reason above: {line}");
        assert!(line.contains("default-features = false"), "{line}");
    }
    assert!(count > 20, "{count}");
}
