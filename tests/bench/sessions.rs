//! What a million sessions cost in each store: `cargo bench --bench sessions`, or with another number behind `--`. Memory, the time until
//! a process that was started after `kill -9` has them, the size of the file, and what reading one costs. No test; nothing fails by a time.
#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]
#![allow(clippy::disallowed_methods, reason = "it measures time")]
#![allow(missing_docs, reason = "a program of one file")]

#[allow(dead_code, reason = "the tests of sessions use the rest of it")]
#[path = "../session/made.rs"]
mod made;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use serde_json::json;
use vestibule::clock::Clock;
use vestibule::config::Client;
use vestibule::gate::credential::SessionCookie;
use vestibule::gate::identity::Identity;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::secret::Secret;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::session::key::{Handle, SessionKey};
use vestibule::session::record::{Session, SessionTokens};
use vestibule::session::sealing::{KeyRing, RingInForce};
use vestibule::session::store::Store;
use vestibule::session::store::file::FileKeeper;

const SESSIONS: u64 = 1_000_000;
/// Bytes of the tokens of a session: an ID token and a refresh token.
const TOKENS: [usize; 2] = [1_000, 200];
/// Logins at once.
const AT_ONCE: usize = 256;
/// Sessions that are read after the start.
const READ: u64 = 20_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--child") {
        let (what, count, path) =
            (&arguments[at + 1], arguments[at + 2].parse().unwrap(), Path::new(&arguments[at + 3]));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(child(what, count, path));
    }
    let count = arguments.first().map_or(SESSIONS, |count| count.parse().unwrap());
    println!(
        "{count} sessions, each with {} bytes of tokens; {AT_ONCE} logins at once\n",
        TOKENS.iter().sum::<usize>()
    );
    let folder = std::env::temp_dir().join(format!("vestibule-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("sessions.redb");
    for (what, title) in [
        ("memory", "memory"),
        ("fill", "file, as they are made"),
        ("open", "file, after kill -9 and a new start"),
    ] {
        println!("{title}");
        let mut child = start(what, count, &file);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        lines.take_while(|line| line != "done").for_each(|line| println!("    {line}"));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    fs::remove_dir_all(&folder).unwrap();
}

fn start(what: &str, count: u64, file: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--child", what, &count.to_string()])
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Does its part, says `done`, and waits to be killed.
async fn child(what: &str, count: u64, path: &Path) {
    let client = made::client();
    let limit = usize::try_from(count).unwrap();
    let began = Instant::now();
    let before = resident();
    let clock = Clock::system();
    if what == "memory" {
        let store = Store::in_memory(limit, clock.clone());
        fill(&store, &client, count, &clock).await;
        say(&format!("made in {:.1} s", began.elapsed().as_secs_f64()));
        say(&format!("{} bytes of memory each", (resident() - before) / count));
        return done(store).await;
    }
    let keeper = FileKeeper::open(path, limit).unwrap();
    let opened = began.elapsed();
    let ring = Arc::new(RingInForce::new(KeyRing::new(&[Secret::new("the key of this benchmark")], [0; 32])));
    let store = Store::kept(limit, Arc::new(keeper), ring, clock.clone());
    if what == "fill" {
        fill(&store, &client, count, &clock).await;
        let seconds = began.elapsed().as_secs_f64();
        say(&format!(
            "made in {seconds:.1} s, each on the disk before it was answered: {:.0} a second",
            count as f64 / seconds
        ));
        say(&format!("{} bytes of memory each, all of them at hand", (resident() - before) / count));
        say(&format!("{} bytes of the file each, {} MiB in all", size(path) / count, size(path) >> 20));
        return done(store).await;
    }
    say(&format!("{} sessions after {:.1} ms", store.len(), opened.as_secs_f64() * 1e3));
    let read = READ.min(count);
    say(&format!("{} MiB of memory before anybody came", resident() >> 20));
    let began = Instant::now();
    for number in 0..read {
        // Scattered over all of them.
        let number = number * 7_919 % count;
        let (cookie, key) = cookie(number);
        let found = store.get(&client, &key, &cookie).await.unwrap().unwrap();
        assert_eq!(found.claims.sub(), sub(number));
    }
    say(&format!(
        "{:.0} µs to read and open one that is not at hand",
        began.elapsed().as_secs_f64() * 1e6 / read as f64
    ));
    say(&format!("{} MiB of memory with {read} at hand", resident() >> 20));
    done(store).await;
}

async fn fill(store: &Store, client: &Client, count: u64, clock: &Clock) {
    futures_util::stream::iter(0..count)
        .for_each_concurrent(AT_ONCE, async |number| {
            store.insert(client, &cookie(number).0, session(client, number, clock.steady())).await.unwrap();
        })
        .await;
}

fn session(client: &Client, number: u64, now: Timestamp) -> Session {
    let kept = json!({
        "members": {
            "iss": client.issuer.as_str(), "sub": sub(number), "aud": "app", "sid": format!("sid-{number:020}"),
            "email": format!("person-{number}@example.com"), "name": format!("Person {number}"),
            "groups": ["staff", "engineering", "oncall"],
        },
        "expires_at": now.seconds() + 300,
    });
    let claims = Claims::of_kept(serde_json::from_value(kept).unwrap());
    let identity = Identity::from_claims(&claims, client).unwrap();
    // Of letters that do not compress and differ from session to session.
    let token =
        |bytes: usize| Secret::new(format!("{number:020}-").repeat(bytes / 21 + 1)[..bytes].to_owned());
    let tokens = SessionTokens {
        id_token: token(TOKENS[0]),
        access_token: None,
        refresh_token: Some(token(TOKENS[1])),
        fetched: now,
        expires: Timestamp::from_seconds(now.seconds() + 300),
        failures: None,
    };
    let mut handle = [0; 16];
    handle[..8].copy_from_slice(&number.to_be_bytes());
    Session::new(Handle::new(handle), client.name.clone(), identity, claims, tokens, now)
}

fn sub(number: u64) -> String {
    format!("sub-of-{number:016x}")
}

fn cookie(number: u64) -> (SessionCookie, SessionKey) {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    (SessionCookie::new(bytes), SessionKey::of_cookie(&bytes))
}

/// Bytes of memory that this process takes.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

fn size(path: &Path) -> u64 {
    fs::metadata(PathBuf::from(path)).unwrap().len()
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}

async fn done(store: Store) {
    say("done");
    std::future::pending::<()>().await;
    drop(store);
}
