//! With a real browser: Chromium through Traefik, as most people will meet it. The scenarios are in `chromium.mjs`.

use std::process::Command;

use crate::registration::Registration;
use crate::stage::{Proxy, Setup, Stage, missing, root, skip, tool};

fn plays(scenario: &str) {
    plays_with(scenario, Registration::SecretBasic);
}

fn plays_with(scenario: &str, registration: Registration) {
    let Some(stage) = stage(registration) else { return };
    play(&stage, scenario, scenario, &[]);
}

/// A stage for a browser behind Traefik, if everything is there.
pub(crate) fn stage(registration: Registration) -> Option<Stage> {
    if let Some(why) = missing(&["chromium"]) {
        skip(&why);
        return None;
    }
    let access_token_seconds = if registration == Registration::LateClock { 1 } else { 600 };
    Setup { registration, access_token_seconds, ..Setup::behind(Proxy::Traefik) }.start()
}

/// Plays a scenario; `name` is that of the file for what no log may hold, `further` are further arguments.
pub(crate) fn play(stage: &Stage, scenario: &str, name: &str, further: &[&str]) {
    let seeds = root().join("target/seeds");
    std::fs::create_dir_all(&seeds).unwrap();
    let test = stage.folder.file_name().unwrap().to_string_lossy();
    let output = Command::new(tool("node"))
        .arg(root().join("tests/proxies/chromium.mjs"))
        .arg(scenario)
        .arg("--chromium")
        .arg(tool("chromium"))
        .arg("--profile")
        .arg(stage.folder.join("chromium"))
        .args(["--origin", &stage.origin, "--issuer", &stage.issuer])
        .arg("--seeds")
        .arg(seeds.join(format!("chromium-{test}-{name}.txt")))
        .args(further)
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

/// Every address of the provider is https, by an authority that only `ca_file` names.
#[test]
fn somebody_signs_in_at_a_provider_of_a_private_authority() {
    plays_with("login", Registration::Https);
}

/// V-RS-1: the provider's page is of another site, and posts here: only a cookie that says so comes along.
#[test]
fn somebody_signs_in_by_form_post() {
    plays_with("login", Registration::FormPost);
}

/// V-RS-3
#[test]
fn twenty_tabs_restored_at_once_all_land_where_they_wanted() {
    plays("tabs");
}

#[test]
fn the_back_button_after_a_login_breaks_nothing() {
    plays("back");
}

#[test]
fn twenty_tabs_restored_at_once_all_land_by_form_post_too() {
    plays_with("tabs", Registration::FormPost);
}

/// The browser keeps the session cookie from a post of another site, so that vestibule has to ask for it in a second step.
#[test]
fn a_form_post_that_is_of_no_use_leads_whoever_is_signed_in_on() {
    plays_with("stray", Registration::FormPost);
}

/// V-LO-3
#[test]
fn somebody_signs_out_and_another_site_cannot_do_it_for_them() {
    plays("logout");
}

/// V-FC-1, V-FC-2: a browser sends no cookie with a frame of another site, and shows it to pages of the issuer's origin only.
#[test]
fn a_frame_of_the_provider_ends_the_session_and_no_other_page_shows_it() {
    plays_with("frame", Registration::FrontchannelLogout);
}

#[test]
fn a_flow_that_expired_says_so_and_waits_for_the_person() {
    plays("expired");
}

///
#[test]
fn the_fragment_of_a_page_is_kept_over_the_login_and_the_provider_never_sees_it() {
    plays_with("fragment", Registration::With("    preserve_fragment: true\n"));
}

/// a page of another origin reads a 401 through the proxy, and a page of a third one nothing.
#[test]
fn a_page_of_another_origin_reads_why_it_got_a_401_if_it_is_named() {
    plays_with("cors", Registration::With("    cors: { origins: [\"ISSUER\"] }\n"));
}

///
#[test]
fn a_form_without_a_session_is_sent_again_by_the_person_only_and_another_sites_not_at_all() {
    plays("unsent");
}

///
#[test]
fn a_frame_leads_out_of_the_page_around_it_and_goes_nowhere_by_itself() {
    plays("inside");
}

/// what a page asks for in the background gets a 401, and only the page itself a login.
#[test]
fn what_a_page_loads_without_a_session_gets_401_and_the_page_a_login() {
    plays("background");
}

/// The proxy names no client, so that the host has a choice; the provider knows both clients.
#[test]
fn somebody_chooses_by_keyboard_and_finds_the_choice_of_last_time_marked() {
    let Some(mut stage) = stage(Registration::Choice) else { return };
    stage.change_proxy("dynamic.yml", "/oidc/quickstart/auth", "/auth");
    play(&stage, "choice", "choice", &[]);
}
