//! The program with its sessions in a file, killed again and again, and on a disk that is full (issue 6).

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use url::Url;
use vestibule::clock::Clock;

use crate::backchannel_logout::{names, posting};
use crate::browser::Browser;
use crate::command_line::Folder;
use crate::jar::Context;
use crate::provider::Provider;
use crate::serving::{PROGRAM, Serving};
use crate::wire::{Answer, send};
use crate::world::{Client, PAGE};

/// Kills in a row.
const KILLS: u32 = 200;
/// Logins that are under way when one comes.
const LOGINS: usize = 6;
/// A login takes some milliseconds: a kill comes at any moment of it.
const KILLED_WITHIN: u64 = 24_000;

/// Sessions before the disk is full.
const BEFORE: usize = 20;

/// A provider, and a folder in which the program signs people in there.
struct Ground {
    folder: Folder,
    clock: Clock,
    provider: Provider,
    cookies: Arc<Mutex<Vec<String>>>,
}

impl Ground {
    fn new(path: &str) -> Self {
        let (folder, clock) = (Folder::new(), Clock::system());
        let provider = Provider::start(&clock);
        let client = Client::named("app");
        provider.script().clients.insert("id-of-app".to_owned(), client.registered());
        folder.write("session.key", "the key of the tests that kill the program");
        folder.write(
            "clients.yaml",
            &format!(
                "clients:\n{}server:\n  listen: 127.0.0.1:0\n  admin_listen: 127.0.0.1:0\n  key_files: [session.key]\n  \
                 logins_per_minute_per_address: 1000000\nstore: {{ kind: file, path: {path} }}\n",
                client.yaml(&provider.issuer)
            ),
        );
        Self { folder, clock, provider, cookies: Arc::default() }
    }

    fn browser(&self, address: SocketAddr) -> Browser {
        Browser::new(address, &self.clock, "app", Arc::clone(&self.cookies))
    }
}

async fn asked(browser: &Browser) -> Answer {
    send(browser.vestibule, &browser.ask("GET", &Url::parse(PAGE).unwrap(), Context::SameSite)).await
}

/// Every session that was answered is there after the kill, and nothing else is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_that_a_browser_was_given_is_lost_by_a_kill() {
    let ground = Ground::new("sessions.redb");
    let mut given: Vec<Browser> = Vec::new();
    let (mut cut_off, mut looked_at) = (0, 0);
    for round in 0..=KILLS {
        let mut process = Serving::start(&ground.folder);
        let address = process.address();
        // Those of the last rounds each time, and at the end all.
        let newest = if round == KILLS { 0 } else { given.len().saturating_sub(3 * LOGINS) };
        for browser in &mut given[newest..] {
            browser.vestibule = address;
            asked(browser).await.assert_allowed(&format!("after kill {round}"));
            looked_at += 1;
        }
        if round == KILLS {
            break;
        }
        let mut under_way = JoinSet::new();
        for _ in 0..LOGINS {
            let mut browser = ground.browser(address);
            let callback = browser.open_until_callback(PAGE).await;
            under_way.spawn(async move {
                // Fails where the kill comes before the answer.
                browser.call_back(&callback).await;
                browser
            });
        }
        let [a, b] = ground.clock.entropy::<2>();
        let wait = u64::from(u16::from_be_bytes([a, b])) * KILLED_WITHIN / u64::from(u16::MAX);
        tokio::time::sleep(Duration::from_micros(wait)).await;
        process.kill();
        while let Some(ended) = under_way.join_next().await {
            match ended {
                Ok(browser) if browser.has_session() => given.push(browser),
                _ => cut_off += 1,
            }
        }
    }
    let told = format!(
        "{KILLS} kills: {} sessions given, all there afterwards ({looked_at} times looked at); {cut_off} logins cut off",
        given.len()
    );
    writeln!(std::io::stderr(), "{told}").unwrap();
    assert!(given.len() > 100 && cut_off > 100, "the kills must come at all moments: {told}");
}

/// A disk that is full takes no more logins, says so, and ends no session; ends of sessions still find room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_ends_no_session_and_keeps_none_from_ending() {
    let probe = ["-rm", "/bin/mount", "-t", "tmpfs", "none", "/mnt"];
    if !Command::new("unshare").args(probe).status().is_ok_and(|status| status.success()) {
        writeln!(std::io::stderr(), "skipped: a_full_disk_ends_no_session_and_keeps_none_from_ending: no mount of its own is allowed here").unwrap();
        return;
    }
    let ground = Ground::new("small/sessions.redb");
    std::fs::create_dir(ground.folder.path("small")).unwrap();
    let mut command = Command::new("unshare");
    let script = format!("/bin/mount -t tmpfs -o size=24m none small && exec {PROGRAM} serve clients.yaml");
    command.args(["-rm", "/bin/sh", "-c", &script]);
    let mut process = Serving::by(command, &ground.folder);
    let address = process.address();
    let inside = format!("/proc/{}/root{}", process.id(), ground.folder.path("small/ballast").display());
    let mut given = Vec::new();
    let refused = loop {
        if given.len() == BEFORE {
            fill(&inside);
        }
        assert!(given.len() < 5_000, "24 MB are full by now");
        // The second is refreshed soon.
        ground.provider.script().expires_in = Some(if given.len() == 1 { 2 } else { 3600 });
        ground.provider.script().sid = Some(format!("s{}", given.len()));
        let mut browser = ground.browser(address);
        let callback = browser.open_until_callback(PAGE).await;
        let answer = browser.call_back(&callback).await;
        if !browser.has_session() {
            break answer;
        }
        given.push(browser);
    };
    assert!(given.len() >= BEFORE);
    refused.assert_refused(503, "sessions_full", "a login on a full disk");
    process.until("store_disk_full");
    for browser in &given {
        asked(browser).await.assert_allowed("a session that there was");
    }
    // New tokens, which the provider gives once, are kept: each refresh begins with what the one before brought.
    ground.provider.script().expires_in = Some(2);
    for refreshes in 1..=3 {
        while ground.provider.refreshes() < refreshes {
            asked(&given[1]).await.assert_allowed("one that is refreshed");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    assert_eq!(ground.provider.reuses(), 0);
    // Half of them end, by the provider's word.
    for (number, browser) in given.iter().enumerate().step_by(2) {
        let token = ground
            .provider
            .logout_token("id-of-app", |draft| names(draft, None, Some(&format!("s{number}"))));
        let answer = send(address, &posting("app", format!("logout_token={token}"))).await;
        assert_eq!(answer.status, 200, "{number}: {}", answer.show());
        asked(browser).await.assert_refused(302, "session_unknown", "after its end");
    }
    for browser in given.iter().skip(1).step_by(2) {
        asked(browser).await.assert_allowed("one that was not ended");
    }
    // With room again, logins go on by themselves.
    std::fs::remove_file(&inside).unwrap();
    let mut browser = ground.browser(address);
    browser.open(PAGE).await.assert_at(PAGE);
    asked(&browser).await.assert_allowed("with room again");
}

/// Takes all room that there is left.
fn fill(path: &str) {
    let mut ballast = std::fs::File::create(path).unwrap();
    while ballast.write_all(&[0x5a; 4096]).is_ok() {}
}
