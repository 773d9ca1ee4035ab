//! With a real browser: Chromium through Traefik, as most people will meet it. The scenarios are in `chromium.mjs`.

use std::process::Command;

use crate::stage::{Proxy, Setup, missing, root, skip, tool};

fn plays(scenario: &str) {
    if let Some(why) = missing(&["chromium"]) {
        return skip(&why);
    }
    let Some(stage) = Setup::behind(Proxy::Traefik).start() else { return };
    let seeds = root().join("target/seeds");
    std::fs::create_dir_all(&seeds).unwrap();
    let output = Command::new(tool("node"))
        .arg(root().join("tests/proxies/chromium.mjs"))
        .arg(scenario)
        .arg("--chromium")
        .arg(tool("chromium"))
        .arg("--profile")
        .arg(stage.folder.join("chromium"))
        .args(["--origin", &stage.origin])
        .arg("--seeds")
        .arg(seeds.join(format!("chromium-{scenario}.txt")))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let vestibule = stage.vestibule.as_ref().unwrap().log_text();
    assert!(
        output.status.success(),
        "{said}{}\nvestibule:\n{vestibule}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn somebody_signs_in_and_lands_on_the_page_they_wanted() {
    plays("login");
}

#[test]
fn twenty_tabs_restored_at_once_all_land_where_they_wanted() {
    plays("tabs");
}

#[test]
fn the_back_button_after_a_login_breaks_nothing() {
    plays("back");
}

#[test]
fn somebody_signs_out_and_another_site_cannot_do_it_for_them() {
    plays("logout");
}

#[test]
fn a_flow_that_expired_says_so_and_waits_for_the_person() {
    plays("expired");
}
