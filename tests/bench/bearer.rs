//! What an access token costs, measured side by side in one run: `cargo bench --bench bearer`. No test; nothing fails by a time.
//!
//! 1. A token that is seen for the first time against the raw check of its signature by the crypto library, in processor time: the two
//!    in turn, several rounds, ratios within a round.
//! 2. The same in instructions, counted by stepping through the thread that does it (`steps.c`): what this processor really executes, its
//!    own instructions for SHA-256 included.
//! 3. A request with a token that was seen before against one with a session cookie, in instructions of the thread that answers, counted
//!    in the same way. Stepping is slow, some 30,000 instructions a second: both parts take minutes. `-- --requests-only` does the third alone.
#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]
#![allow(clippy::disallowed_methods, reason = "it measures time, and reads files of its own")]
#![allow(missing_docs, reason = "a program of one file")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vestibule::clock::Clock;
use vestibule::config::source::{Disk, Environment};
use vestibule::config::{Client, check};
use vestibule::idp::bearer::{Bearers, Question};
use vestibule::idp::providers::Providers;

/// Tokens that are verified in one round.
const TOKENS: usize = 400;
const ROUNDS: usize = 15;
/// Requests and tokens that are stepped through: the difference of two runs, so that nothing else counts.
const REQUESTS: [u64; 2] = [5, 15];
const STEPPED_TOKENS: [u64; 2] = [2, 6];
/// Tokens before those.
const WARM: usize = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--child") {
        Some(at) => child(&arguments[at + 1], arguments[at + 2].parse().unwrap()),
        None => measure(),
    }
}

fn measure() {
    let stage = Stage::set_up();
    if std::env::args().any(|argument| argument == "--requests-only") {
        return requests(&stage);
    }
    println!(
        "{} bytes of an RS256 token, key of 2048 bits, {TOKENS} tokens in each of {ROUNDS} rounds\n",
        stage.tokens[0].len()
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut rounds: Vec<[f64; 3]> = Vec::new();
    for _ in 0..ROUNDS {
        let raw = timed(|| stage.tokens.iter().for_each(|token| stage.check_signature(token)));
        let bearers = stage.bearers();
        let first = timed(|| runtime.block_on(stage.judge_all(&bearers)));
        let again = timed(|| runtime.block_on(stage.judge_all(&bearers)));
        rounds.push([raw, first, again]);
    }
    let per_token = |at: usize| median(rounds.iter().map(|round| round[at] / TOKENS as f64 * 1e6));
    let ratios = || rounds.iter().map(|round| round[1] / round[0]);
    println!(
        "{:<58} {:>9} µs",
        "raw signature check (aws-lc, key parsed beforehand)",
        format!("{:.2}", per_token(0))
    );
    println!("{:<58} {:>9} µs", "a token seen for the first time, whole", format!("{:.2}", per_token(1)));
    println!("{:<58} {:>9} µs", "the same token again", format!("{:.2}", per_token(2)));
    println!(
        "first against raw: {:.3} (median; {:.3} to {:.3})\n",
        median(ratios()),
        ratios().fold(f64::MAX, f64::min),
        ratios().fold(0.0, f64::max)
    );
    instructions(&stage);
    requests(&stage);
}

/// The second part.
fn instructions(stage: &Stage) {
    let stepper = stage.build_stepper();
    let counted = |what: &str| {
        let [few, many] = STEPPED_TOKENS.map(|tokens| steps_of_child(what, tokens, &stepper));
        (many - few) / (STEPPED_TOKENS[1] - STEPPED_TOKENS[0])
    };
    let (raw, first) = (counted("raw"), counted("first"));
    println!("{:<58} {raw:>9} instructions", "raw signature check");
    println!("{:<58} {first:>9} instructions", "a token seen for the first time, whole");
    println!("first against raw: {:.3}\n", first as f64 / raw as f64);
}

/// The third part.
fn requests(stage: &Stage) {
    let stepper = stage.build_stepper();
    let (session, token) = (stage.steps("session", &stepper), stage.steps("token", &stepper));
    println!("{:<58} {session:>9} instructions", "a request with a session cookie, the thread that answers");
    println!("{:<58} {token:>9} instructions", "a request with a token that was seen before");
    println!("token against session: {:.3}", token as f64 / session as f64);
}

/// What is measured, alone in a process, between two lines of its standard input.
fn child(what: &str, count: usize) {
    let stage = Stage::set_up();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bearers = stage.bearers();
    if what == "again and again" {
        // For a profiler: the same as "first", for as long as it takes to see something.
        for _ in 0..count {
            runtime.block_on(stage.judge_all(&stage.bearers()));
        }
        return;
    }
    let work = |tokens: &[String]| {
        for token in tokens {
            match what {
                "raw" => stage.check_signature(token),
                _ => runtime.block_on(stage.judge(&bearers, token)),
            }
        }
    };
    // What is done once in a process does not count.
    work(&stage.tokens[..WARM]);
    let mut line = String::new();
    println!("ready");
    std::io::stdin().read_line(&mut line).unwrap();
    work(&stage.tokens[WARM..][..count]);
    println!("done");
    std::io::stdin().read_line(&mut line).unwrap();
}

struct Stage {
    folder: PathBuf,
    config: vestibule::config::Config,
    tokens: Vec<String>,
    key: ParsedPublicKey,
}

impl Stage {
    fn set_up() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("target/bench-bearer");
        std::fs::create_dir_all(&folder).unwrap();
        let pem = std::fs::read_to_string(root.join("tests/keys/rsa_pkcs8.pem")).unwrap();
        let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = base64::engine::general_purpose::STANDARD.decode(der).unwrap();
        let pair = RsaKeyPair::from_pkcs8(&der).unwrap();
        let public = aws_lc_rs::signature::KeyPair::public_key(&pair);
        let (n, e) = (
            public.modulus().big_endian_without_leading_zero(),
            public.exponent().big_endian_without_leading_zero(),
        );
        let key = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).unwrap();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwks = json!({ "keys": [{ "kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "n": encode(n), "e": encode(e) }] });
        std::fs::write(folder.join("keys.json"), jwks.to_string()).unwrap();
        let clients = clients_yaml(8000, 9100);
        std::fs::write(folder.join("clients.yaml"), &clients).unwrap();
        let disk = Disk::beside(&folder.join("clients.yaml"));
        let (config, _) = check("clients.yaml", &clients, &Environment::default(), &disk)
            .unwrap_or_else(|problems| panic!("{problems}"));
        let tokens = (0..TOKENS).map(|number| token(&pair, number)).collect();
        Self { folder, config, tokens, key }
    }

    fn client(&self) -> &Arc<Client> {
        &self.config.clients[0]
    }

    /// Nothing is known of any token, but the keys are.
    fn bearers(&self) -> Bearers {
        let clock = Clock::system();
        let providers = Arc::new(Providers::new(&self.config, &clock).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(providers.of_tokens(self.client())[0].keys()).unwrap();
        Bearers::new(providers, clock, Arc::default())
    }

    async fn judge_all(&self, bearers: &Bearers) {
        for token in &self.tokens {
            self.judge(bearers, token).await;
        }
    }

    async fn judge(&self, bearers: &Bearers, token: &str) {
        let client = self.client();
        let (tokens, rule) = (client.bearer.as_ref().unwrap(), client.rules.last().unwrap());
        let question = Question { client, tokens, rule, token, may_ask: &|| Ok(()) };
        assert_eq!(bearers.judge(question).await.unwrap().identity().headers().len(), 5);
    }

    /// Nothing but the signature: its part is even decoded.
    fn check_signature(&self, token: &str) {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        self.key.verify_sig(message.as_bytes(), &signature).unwrap();
    }

    /// The program beside this one, which counts what a thread executes.
    fn build_stepper(&self) -> PathBuf {
        let stepper = self.folder.join("steps");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/steps.c");
        assert!(Command::new("cc").args(["-O2", "-o"]).arg(&stepper).arg(source).status().unwrap().success());
        stepper
    }

    /// Instructions of the one thread that answers, for one request. Each count has a server of its own: the last step may cost the thread
    /// its life.
    fn steps(&self, credential: &str, stepper: &Path) -> u64 {
        let [few, many] = REQUESTS.map(|requests| self.steps_for(requests, credential, stepper));
        (many - few) / (REQUESTS[1] - REQUESTS[0])
    }

    fn steps_for(&self, requests: u64, credential: &str, stepper: &Path) -> u64 {
        let (port, admin) = (free_port(), free_port());
        let clients = self.folder.join(format!("{credential}.yaml"));
        std::fs::write(&clients, clients_yaml(port, admin)).unwrap();
        let server = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .arg("serve")
            .arg(&clients)
            .env("TOKIO_WORKER_THREADS", "1")
            .stdout(std::fs::File::create(self.folder.join(format!("{credential}.log"))).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Ended(server);
        let mut connection = connect(port);
        let header = match credential {
            "token" => format!("Authorization: Bearer {}", self.tokens[0]),
            _ => format!("Cookie: {}", session(&mut connection, port)),
        };
        let question = question(&header);
        let mut ask_often = |times: u64| {
            for _ in 0..times {
                assert_eq!(ask(&mut connection, &question).0, 200, "{credential}");
            }
        };
        ask_often(200);
        let counting = Counting::of(worker(server.0.id()), stepper);
        ask_often(requests);
        counting.end()
    }
}

/// The thread of a vestibule that answers requests: it was told to have one, and made it first; those that read files came later.
fn worker(process: u32) -> u32 {
    let threads =
        std::fs::read_dir(format!("/proc/{process}/task")).unwrap().map(|thread| thread.unwrap().path());
    let of_tokio = threads.filter(|path| {
        std::fs::read_to_string(path.join("comm")).is_ok_and(|name| name.starts_with("tokio-"))
    });
    of_tokio.map(|path| path.file_name().unwrap().to_str().unwrap().parse().unwrap()).min().unwrap()
}

/// A child that does not outlive the benchmark.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Instructions of a process of this program that does one thing so often.
fn steps_of_child(what: &str, count: u64, stepper: &Path) -> u64 {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--child", what, &count.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Ended(child);
    let mut output = BufReader::new(child.0.stdout.take().unwrap());
    let mut input = child.0.stdin.take().unwrap();
    let mut wait_for = |needed: &str| {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, needed);
    };
    wait_for("ready\n");
    let counting = Counting::of(child.0.id(), stepper);
    input.write_all(b"go\n").unwrap();
    wait_for("done\n");
    counting.end()
}

/// Counts from the beginning on.
struct Counting {
    stepper: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Counting {
    fn of(thread: u32, stepper: &Path) -> Self {
        let mut stepper =
            Command::new(stepper).arg(thread.to_string()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(stepper.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "stepping\n");
        Self { stepper, output }
    }

    fn end(mut self) -> u64 {
        // The thread has to have come to rest: it tells that it is done before it waits for more.
        std::thread::sleep(Duration::from_millis(200));
        let kill = Command::new("kill").args(["-TERM", &self.stepper.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(self.stepper.wait().unwrap().success());
        line.trim().parse().unwrap()
    }
}

fn clients_yaml(port: u16, admin: u16) -> String {
    let mut text = String::new();
    write!(
        text,
        "clients:
  app:
    issuer: http://localhost:1
    client_id: app
    redirect_uri: http://app.localhost:{port}/oidc/app/callback
    hosts: [\"app.localhost:{port}\", app.localhost]
    extra_claim_headers: {{ email: X-User-Email, groups: X-User-Groups }}
    danger_testing_profile: {{ sub: alice, email: alice@example.com, groups: [staff, admins] }}
    bearer:
      main: {{ issuer: \"http://localhost:1/tokens\", jwks_file: keys.json, audiences: [\"https://api.example.com\"] }}
server:
  listen: 127.0.0.1:{port}
  admin_listen: 127.0.0.1:{admin}
"
    )
    .unwrap();
    text
}

/// A token as providers make them.
fn token(pair: &RsaKeyPair, number: usize) -> String {
    let now = Clock::system().wall().seconds();
    let header = json!({ "alg": "RS256", "kid": "one", "typ": "at+jwt" });
    let claims = json!({
        "iss": "http://localhost:1/tokens", "sub": "alice", "aud": ["https://api.example.com", "account"], "exp": now + 3600,
        "iat": now, "jti": format!("5f3c2a10-77aa-4a06-9d0e-{number:012}"), "client_id": "mobile-app", "scope": "read write openid email",
        "email": "alice@example.com", "email_verified": true, "name": "Alice Example", "groups": ["staff", "admins"],
        "sid": "0d9f3fb2-9f77-4a0a-8a3c-5a8d0b6d3f2e",
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&claims));
    let mut signature = vec![0; pair.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    pair.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn question(header: &str) -> String {
    format!(
        "GET /oidc/app/auth HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: \
         app.localhost\r\nX-Forwarded-Uri: /a/b?c=d\r\nX-Forwarded-For: 127.0.0.1\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n{header}\r\n\r\n"
    )
}

/// Status and head of the answer.
fn ask(connection: &mut BufReader<TcpStream>, question: &str) -> (u16, String) {
    connection.get_mut().write_all(question.as_bytes()).unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(connection.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    connection.read_exact(&mut body).unwrap();
    (head[9..12].parse().unwrap(), head)
}

/// The cookie of somebody who signed in.
fn session(connection: &mut BufReader<TcpStream>, port: u16) -> String {
    let login = format!("GET /oidc/app/login?rd=/ HTTP/1.1\r\nHost: app.localhost:{port}\r\n\r\n");
    let (status, head) = ask(connection, &login);
    assert_eq!(status, 303, "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

fn connect(port: u16) -> BufReader<TcpStream> {
    for _ in 0..600 {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            return BufReader::new(stream);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("vestibule does not answer");
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn timed(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
