//! Sessions in a file (issue 6): what a restart leaves, what it does not bring back, and what becomes of a damaged file.

use crate::backchannel_logout::{log_out, names, signed_in};
use crate::browser::Browser;
use crate::command_line::Folder;
use crate::logs;
use crate::provider::Endpoint;
use crate::refresh::{TOKEN, allowed, settled};
use crate::testing_profile::{PROFILE, cookie, on_this_machine, own, subrequest};
use crate::world::{PAGE, Setup, World};

/// An installation whose sessions are in `sessions.redb` of that folder.
fn kept_in(folder: &Folder) -> Setup {
    folder.write("session.key", "the key of the tests of the session file");
    folder.write("next.key", "the next key of the tests of the session file");
    World::new()
        .server(&format!("key_files: [\"{}\"]", folder.path("session.key").display()))
        .top(&format!("store: {{ kind: file, path: \"{}\" }}", folder.path("sessions.redb").display()))
}

async fn restart(world: &mut World, browsers: &mut [&mut Browser]) {
    world.restart().await;
    for browser in browsers {
        browser.vestibule = world.address;
    }
}

#[tokio::test]
async fn a_session_goes_on_after_a_restart_and_is_refreshed() {
    let folder = Folder::new();
    let mut world = kept_in(&folder).start().await;
    let mut browser = world.signed_in().await;
    let before = world.send(&world.base_of(&browser)).await;
    restart(&mut world, &mut [&mut browser]).await;
    let after = world.send(&world.base_of(&browser)).await;
    after.assert_allowed("after the restart");
    for header in ["X-User-Email", "X-User-Name", "X-User-Groups"] {
        assert!(before.header(header).is_some(), "{header}");
        assert_eq!(before.header(header), after.header(header), "{header}");
    }
    assert_eq!(world.provider.count(Endpoint::Token), 1, "no login that was not due");

    // The refresh token came along, and the one that took its place does too.
    for refreshes in [1, 2] {
        world.clock.shift(TOKEN);
        assert!(allowed(&world, &browser).await);
        settled(&world, 1).await;
        assert_eq!(world.provider.refreshes(), refreshes);
        restart(&mut world, &mut [&mut browser]).await;
        assert!(allowed(&world, &browser).await);
    }
    assert_eq!(world.provider.reuses(), 0, "no refresh token was used twice");
    let ready = world.admin("/ready").await.json();
    assert_eq!((&ready["store"], &ready["sessions"]), (&"file".into(), &1.into()), "{ready}");
}

/// A use is kept once a minute, so a restart takes at most that much from the idle lifetime.
#[tokio::test]
async fn the_idle_lifetime_goes_on_where_it_was() {
    let folder = Folder::new();
    let mut world = kept_in(&folder).line("session: { idle: 10m }").start().await;
    let mut browser = world.signed_in().await;
    world.clock.shift(9 * 60);
    assert!(allowed(&world, &browser).await);
    restart(&mut world, &mut [&mut browser]).await;
    world.clock.shift(9 * 60);
    assert!(allowed(&world, &browser).await);
    restart(&mut world, &mut [&mut browser]).await;
    world.clock.shift(10 * 60);
    world.send(&world.base_of(&browser)).await.assert_refused(302, "session_idle", "unused for ten minutes");
}

#[tokio::test]
async fn what_was_ended_is_not_brought_back() {
    let folder = Folder::new();
    let mut world = kept_in(&folder).start().await;
    let mut gone = signed_in(&world, "alice", "s1").await;
    let mut unopened = signed_in(&world, "alice", "s2").await;
    let mut other = signed_in(&world, "bob", "s3").await;
    assert_eq!(log_out(&world, |draft| names(draft, None, Some("s1"))).await.status, 200);
    restart(&mut world, &mut [&mut gone, &mut unopened, &mut other]).await;
    world.send(&world.base_of(&gone)).await.assert_refused(
        302,
        "session_unknown",
        "ended before the restart",
    );

    // Nobody has opened it here since the restart: it is found by its names all the same.
    assert_eq!(log_out(&world, |draft| names(draft, Some("alice"), None)).await.status, 200);
    world.send(&world.base_of(&unopened)).await.assert_refused(302, "session_unknown", "never opened here");
    assert!(allowed(&world, &other).await);
    restart(&mut world, &mut [&mut unopened, &mut other]).await;
    world.send(&world.base_of(&unopened)).await.assert_refused(302, "session_unknown", "once more");
    assert!(allowed(&world, &other).await);
}

/// H-08, over a restart.
#[tokio::test]
async fn a_login_that_a_logout_overtook_before_a_restart_makes_no_session() {
    let folder = Folder::new();
    let mut world = kept_in(&folder).start().await;
    world.provider.script().subject = "alice".to_owned();
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    world.clock.shift(2);
    assert_eq!(log_out(&world, |draft| names(draft, Some("alice"), None)).await.status, 200);
    restart(&mut world, &mut [&mut browser]).await;
    let answer = browser.call_back(&callback).await;
    assert!(!browser.has_session(), "{}", answer.show());
    assert_eq!(world.admin("/ready").await.json()["sessions"], 0);
}

#[tokio::test]
async fn a_session_opens_with_each_key_of_the_ring_and_with_no_other() {
    let folder = Folder::new();
    let mut world = kept_in(&folder).start().await;
    let mut browser = world.signed_in().await;
    let read = |name: &str| {
        vestibule::protocol::secret::Secret::new(std::fs::read_to_string(folder.path(name)).unwrap())
    };
    // What the configuration makes of a key file: its bytes in base64.
    let old = world.config.server.keys[0].clone();
    world.config.server.keys = vec![read("next.key"), old];
    restart(&mut world, &mut [&mut browser]).await;
    assert!(allowed(&world, &browser).await);
    world.config.server.keys = vec![read("next.key")];
    restart(&mut world, &mut [&mut browser]).await;
    world.send(&world.base_of(&browser)).await.assert_refused(302, "session_unknown", "its key is gone");
    assert!(!logs::lines_with(&["record_not_opened"]).is_empty());
}

/// Nobody who has the file has a session, or learns who has one.
#[tokio::test]
async fn the_file_shows_no_token_no_cookie_and_nobody() {
    let folder = Folder::new();
    let mut world = kept_in(&folder).start().await;
    let browser = signed_in(&world, "the-subject-of-this-test", "the-sid-of-this-test").await;
    let answer = world.send(&world.base_of(&browser)).await;
    let mut shown: Vec<String> = world.secrets().into_iter().map(|(_, secret)| secret).collect();
    shown.extend(["the-subject-of-this-test".to_owned(), "the-sid-of-this-test".to_owned()]);
    shown.extend(["X-User-Email", "X-User-Name"].map(|header| answer.header(header).unwrap().to_owned()));
    world.stop().await;
    let bytes = std::fs::read(folder.path("sessions.redb")).unwrap();
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("sessions") && has("names"), "the names of the tables are found, so the looking works");
    for secret in shown.iter().filter(|secret| secret.len() > 3) {
        assert!(!has(secret), "the file shows a secret of {} bytes", secret.len());
    }
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(folder.path("sessions.redb")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

type Damage = fn(&mut Vec<u8>);

/// Each kind of damage: everybody signs in anew, the operator is told, and what there was is left to look at.
#[tokio::test]
async fn a_damaged_file_is_set_aside_and_said() {
    let damages: [(&str, Damage); 3] = [
        ("cut off", |bytes| bytes.truncate(bytes.len() / 3)),
        ("overwritten", |bytes| bytes.iter_mut().skip(200).for_each(|b| *b = 0x5a)),
        ("its head is gone", |bytes| bytes[..64].fill(0)),
    ];
    for (damage, does) in damages {
        let folder = Folder::new();
        let mut world = kept_in(&folder).start().await;
        let mut browser = world.signed_in().await;
        world.stop().await;
        let path = folder.path("sessions.redb");
        // The one before lets go of it once its last task has ended.
        let mut bytes = Vec::new();
        for _ in 0..500 {
            bytes = std::fs::read(&path).unwrap();
            if std::fs::File::open(&path).unwrap().try_lock().is_ok() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        does(&mut bytes);
        std::fs::write(&path, &bytes).unwrap();
        world.start_again().await;
        browser.vestibule = world.address;
        assert!(folder.path("sessions.redb.damaged").exists(), "{damage}");
        let line = logs::lines_with(&["store_damaged", &path.display().to_string()]);
        assert!(line.last().is_some_and(|line| line.contains("remedy")), "{damage}: {line:?}");
        world.send(&world.base_of(&browser)).await.assert_refused(302, "session_unknown", damage);
        let again = world.signed_in().await;
        assert!(allowed(&world, &again).await, "{damage}");
    }
}

#[tokio::test]
async fn two_processes_do_not_share_a_file() {
    let folder = Folder::new();
    let world = kept_in(&folder).start().await;
    let refused =
        vestibule::server::start(world.config.clone(), world.clock.clone()).await.unwrap_err().to_string();
    assert!(
        refused.contains("sessions.redb") && refused.contains("another process has it open"),
        "{refused}"
    );
    let browser = world.signed_in().await;
    assert!(allowed(&world, &browser).await, "the first goes on");
}

#[tokio::test]
async fn a_file_in_no_folder_is_refused_at_the_start() {
    let folder = Folder::new();
    let world = kept_in(&folder).start().await;
    let mut config = world.config.clone();
    config.store = vestibule::config::StoreConfig::File(folder.path("no/such/folder.redb"));
    let refused = vestibule::server::start(config, world.clock.clone()).await.unwrap_err().to_string();
    assert!(refused.contains("store.path ") && refused.contains("no/such/folder.redb"), "{refused}");
}

/// `path` names something by mistake: it is not moved, not changed, and said.
#[tokio::test]
async fn a_file_that_is_something_else_is_left_alone() {
    let folder = Folder::new();
    let world = kept_in(&folder).start().await;
    let mut config = world.config.clone();
    config.store = vestibule::config::StoreConfig::File(folder.path("notes.txt"));
    for content in ["clients: {}\n", "redb, they said", "x"] {
        folder.write("notes.txt", content);
        let refused =
            vestibule::server::start(config.clone(), world.clock.clone()).await.unwrap_err().to_string();
        assert!(refused.contains("notes.txt: it is no session file, and is left alone"), "{refused}");
        assert_eq!(std::fs::read_to_string(folder.path("notes.txt")).unwrap(), content);
        assert!(!folder.path("notes.txt.reserve").exists() && !folder.path("notes.txt.damaged").exists());
    }
    // That is how far one may have come with a file of its own.
    for begun in [&b""[..], b"red", &[0; 4096]] {
        std::fs::write(folder.path("notes.txt"), begun).unwrap();
        drop(vestibule::server::start(config.clone(), world.clock.clone()).await.unwrap());
    }
}

/// What a name in clients.yaml stood for when somebody signed in there is not what it stands for now.
#[tokio::test]
async fn a_session_of_another_registration_is_none() {
    let folder = Folder::new();
    let mut world = kept_in(&folder).start().await;
    let mut browser = world.signed_in().await;
    let mut app = vestibule::config::Client::clone(&world.config.clients[0]);
    app.registration.client_id = "id-of-another".to_owned();
    world.config.clients[0] = std::sync::Arc::new(app);
    restart(&mut world, &mut [&mut browser]).await;
    world.send(&world.base_of(&browser)).await.assert_refused(302, "session_unknown", "another client_id");
    assert!(!logs::lines_with(&["record_not_opened", "OtherRegistration"]).is_empty());
}

/// With `danger_testing_profile` anybody is anybody; what was tried out is over when it is taken out.
#[tokio::test]
async fn a_session_of_the_testing_profile_is_none_where_people_sign_in() {
    let folder = Folder::new();
    let client = on_this_machine("app").line(PROFILE);
    let mut world = kept_in(&folder).provider_down().app(|_| client).start().await;
    let session = cookie(&world.send(&own("login?rd=/")).await);
    let question = || subrequest().with("Cookie", &session);
    world.send(&question()).await.assert_allowed("while it is tried out");

    let mut app = vestibule::config::Client::clone(&world.config.clients[0]);
    app.testing_profile = None;
    world.config.clients[0] = std::sync::Arc::new(app);
    world.restart().await;
    world.send(&question()).await.assert_refused(302, "session_unknown", "the profile is gone");
    assert!(!logs::lines_with(&["record_not_opened", "OtherIssuer"]).is_empty());
}
