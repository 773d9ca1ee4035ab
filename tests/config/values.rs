//! What the settings become.

use std::path::Path;
use std::time::Duration;

use super::Case;
use http::HeaderName;
use vestibule::config::host::{Authority, Scheme};
use vestibule::config::{AskUserinfo, SameSite};
use vestibule::protocol::logout_token::TypRule;
use vestibule::protocol::registration::{
    ClientAuthentication, ContentEncryption, KeyManagement, ResponseMode, SigningAlgorithm,
};

const MINIMUM: &str = "clients:
  my_app:
    issuer: https://id.example.com/realms/main/
    client_id: my-app
    redirect_uri: https://app.example.com/oidc/my_app/callback
    hosts: app.example.com
";

#[test]
fn what_is_left_out_has_safe_values() {
    let (config, notices) = Case::new(MINIMUM).accepted();
    assert_eq!(notices, [""; 0]);
    let server = &config.server;
    assert_eq!(server.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(server.admin_listen.to_string(), "127.0.0.1:9100");
    assert_eq!(
        server.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["127.0.0.0/8", "::1/128"]
    );
    assert!(server.keys.is_empty());
    assert_eq!(server.new_token_path, "new-token");
    assert_eq!((server.max_connections, server.max_sessions), (10_000, 1_000_000));

    let client = &config.clients[0];
    assert_eq!(client.issuer.as_str(), "https://id.example.com/realms/main/");
    assert_eq!(client.origin, "https://app.example.com");
    assert_eq!(client.home.as_str(), "https://app.example.com/");
    assert_eq!(client.registration.scopes, ["openid", "profile", "email"]);
    assert_eq!(client.registration.response_mode, ResponseMode::Query);
    assert_eq!(client.registration.id_token_algorithm, SigningAlgorithm::Rs256);
    assert!(matches!(client.registration.authentication, ClientAuthentication::None));
    assert_eq!(
        client.registration.post_logout_redirect_uri.as_deref(),
        Some("https://app.example.com/oidc/my_app/signed-out")
    );
    assert_eq!(client.cookie.line("v"), "__Host-vestibule_my_app=v; Path=/; HttpOnly; Secure; SameSite=Lax");
    assert_eq!(
        client.flow_cookie.line("v"),
        "__Host-vestibule_flow=v; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"
    );
    assert_eq!(client.logout.typ, TypRule::IfPresent);
    assert!(!client.logout.frontchannel && client.logout.revoke && client.logout.clear_site_data.is_none());
    assert_eq!(client.userinfo, AskUserinfo::On);
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    assert_eq!((client.lifetimes.idle, client.lifetimes.absolute), (hours(8), hours(7 * 24)));
}

#[test]
fn what_is_cleared_is_quoted_as_the_browser_wants_it() {
    for (written, header) in [
        ("[storage, cache]", Some("\"cache\", \"storage\"")),
        ("cache", Some("\"cache\"")),
        ("[storage, storage]", Some("\"storage\"")),
        ("[]", None),
    ] {
        let text = format!("{MINIMUM}    logout: {{ clear_site_data: {written}, require_typ: true }}\n");
        let (config, _) = Case::new(&text).accepted();
        let logout = &config.clients[0].logout;
        let found = logout.clear_site_data.as_ref().map(|value| value.to_str().unwrap());
        assert_eq!((found, logout.typ), (header, TypRule::Required), "{written}");
    }
}

#[test]
fn what_is_agreed_about_encryption_is_the_same_for_id_tokens_and_userinfo_only_if_written_so() {
    let (config, _) = Case::new(MINIMUM).accepted();
    let registration = &config.clients[0].registration;
    assert!(registration.id_token_encryption.is_none() && registration.userinfo_encryption.is_none());
    assert_eq!(registration.userinfo_algorithm, None);

    let everything = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/accepted/everything.yaml");
    let (config, _) = Case::read(&everything).accepted();
    let registration = &config.clients[0].registration;
    let id_token = registration.id_token_encryption.as_ref().unwrap();
    let userinfo = registration.userinfo_encryption.as_ref().unwrap();
    assert_eq!((id_token.algorithm, userinfo.algorithm), (KeyManagement::EcdhEs, KeyManagement::EcdhEs));
    assert_eq!(
        (id_token.content, userinfo.content),
        (ContentEncryption::A256Gcm, ContentEncryption::A128Gcm)
    );
    assert_eq!((id_token.keys.len(), userinfo.keys.len()), (2, 2));
    assert_eq!(registration.userinfo_algorithm, Some(SigningAlgorithm::Es256));
    assert!(!format!("{config:?}").contains("\"d\""), "no private half in a dump");
}

#[test]
fn a_cookie_with_a_domain_has_the_prefix_that_allows_one() {
    let text = MINIMUM
        .replace("hosts: app.example.com", "hosts: ['*.apps.example.com', www.example.com:8443]")
        + "    cookie: { domain: Example.com, persistent: true }\n    session: { absolute: 1h }\n";
    let (config, _) = Case::new(&text).accepted();
    let client = &config.clients[0];
    assert_eq!(
        client.cookie.line("v"),
        "__Secure-vestibule_my_app=v; Path=/; Domain=example.com; Max-Age=3600; HttpOnly; Secure; SameSite=Lax"
    );
    assert_eq!(client.home.as_str(), "https://www.example.com:8443/");
    // Nobody wrote the idle time, so it gives way to the absolute one.
    assert_eq!(client.lifetimes.idle, Duration::from_secs(3600));
}

#[test]
fn on_http_there_is_no_prefix_and_nothing_secure() {
    let text = MINIMUM
        .replace("https://app.example.com", "http://app.localhost:8480")
        .replace("hosts: app.example.com", "hosts: app.localhost:8480");
    let (config, _) = Case::new(&text).accepted();
    let client = &config.clients[0];
    assert_eq!(client.cookie.line("v"), "vestibule_my_app=v; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(client.flow_cookie.name, "vestibule_flow");
    assert_eq!(client.origin, "http://app.localhost:8480");
    assert_eq!(client.home.as_str(), "http://app.localhost:8480/");
}

#[test]
fn a_form_post_comes_from_another_site_so_all_flow_cookies_of_its_origin_are_sent_there() {
    let second = "  other:
    issuer: https://id.example.com
    client_id: other
    redirect_uri: https://app.example.com/oidc/other/callback
    hosts: app.example.com:8443
    response_mode: form_post
";
    let (config, _) = Case::new(&format!("{MINIMUM}{second}")).accepted();
    for client in &config.clients {
        assert_eq!((client.flow_cookie.same_site, client.flow_cookie.secure), (SameSite::None, true));
        assert_eq!(client.cookie.same_site, SameSite::Lax);
    }
}

#[test]
fn auth_domain_gives_the_origin() {
    let text = MINIMUM.replace("    redirect_uri: https://app.example.com/oidc/my_app/callback\n", "");
    for (domain, redirect) in [
        ("https://app.example.com", "https://app.example.com/oidc/my_app/callback"),
        ("https://app.example.com/", "https://app.example.com/oidc/my_app/callback"),
        ("APP.example.com", "https://app.example.com/oidc/my_app/callback"),
        ("app.example.com:8443", "https://app.example.com:8443/oidc/my_app/callback"),
        ("https://app.example.com:443", "https://app.example.com/oidc/my_app/callback"),
    ] {
        let (config, _) = Case::new(&text).with("AUTH_DOMAIN", domain).accepted();
        assert_eq!(config.clients[0].registration.redirect_uri, redirect, "{domain}");
    }
    for domain in [
        "",
        "http://app.example.com",
        "https://app.example.com/auth",
        "https://a@app.example.com",
        "ftp://a",
        "a b",
        "https://app.example.com?x",
    ] {
        let shown = Case::new(&text).with("AUTH_DOMAIN", domain).refusal();
        assert!(shown.contains("\nAUTH_DOMAIN: "), "{domain}: {shown}");
        assert!(shown.contains("1 problem,"), "{domain}: {shown}");
    }
}

#[test]
fn the_environment_lies_over_the_file() {
    let text = format!("{MINIMUM}    extra_claim_headers: {{ realm_access.roles: X-Roles }}\n");
    let (config, _) = Case::new(&text)
        .with("VESTIBULE_CLIENTS_MY_APP_ISSUER", "https://other.example.com")
        .with("VESTIBULE_CLIENTS_MY_APP_HOSTS", "www.example.com, *.example.com")
        .with("VESTIBULE_CLIENTS_MY_APP_COOKIE_DOMAIN", "example.com")
        .with("VESTIBULE_CLIENTS_MY_APP_SCOPES", "openid groups")
        .with("VESTIBULE_CLIENTS_MY_APP_EXTRA_CLAIM_HEADERS_REALM_ACCESS_ROLES", "X-Groups")
        .with("VESTIBULE_SERVER_LISTEN", "[::]:8000")
        .with("VESTIBULE_SERVER_TRUSTED_PROXIES", "10.0.0.0/8,192.168.1.7")
        .with("VESTIBULE_SERVER_LOG_LEVEL", "debug")
        .with("AUTH_NEW_TOKEN_PATH", "renew")
        .accepted();
    let client = &config.clients[0];
    assert_eq!(client.issuer.as_str(), "https://other.example.com");
    assert_eq!(client.hosts.len(), 2);
    assert_eq!(client.cookie.domain.as_deref(), Some("example.com"));
    assert_eq!(client.registration.scopes, ["openid", "groups"]);
    assert_eq!(client.claim_headers[0].header, "x-groups");
    assert_eq!(config.server.listen.to_string(), "[::]:8000");
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.server.new_token_path, "renew");
}

#[test]
fn a_secret_is_the_same_wherever_it_is_kept() {
    for (line, method) in [
        ("client_secret: s3cret-s3cret", ""),
        ("client_secret_file: secret.txt", "client_secret_basic"),
        ("client_secret_env: APP_SECRET", "client_secret_post"),
    ] {
        let method_line = if method.is_empty() {
            String::new()
        } else {
            format!("    token_endpoint_auth_method: {method}\n")
        };
        let mut case =
            Case::new(&format!("{MINIMUM}    {line}\n{method_line}")).with("APP_SECRET", "s3cret-s3cret");
        case.files.0.insert("secret.txt".into(), (b"s3cret-s3cret\n".to_vec(), false));
        let (config, _) = case.accepted();
        let secret = match (&config.clients[0].registration.authentication, method) {
            (ClientAuthentication::AsAnnounced(secret), "")
            | (ClientAuthentication::Basic(secret), "client_secret_basic")
            | (ClientAuthentication::Post(secret), "client_secret_post") => secret.expose().to_owned(),
            (other, _) => panic!("{line}: {other:?}"),
        };
        assert_eq!(secret, "s3cret-s3cret");
    }
}

/// V-TK-1: client authentication is as configured, and one proof is good for its own methods only.
#[test]
fn each_proof_gives_its_way_of_authentication() {
    let name = |authentication: &ClientAuthentication| match authentication {
        ClientAuthentication::None => "none",
        ClientAuthentication::Basic(_) => "client_secret_basic",
        ClientAuthentication::Post(_) => "client_secret_post",
        ClientAuthentication::SecretJwt(_) => "client_secret_jwt",
        ClientAuthentication::PrivateKeyJwt(_) => "private_key_jwt",
        ClientAuthentication::AssertionFile(_) => "assertion",
        ClientAuthentication::BearerFile(_) => "bearer",
        ClientAuthentication::MutualTls(_) => "tls_client_auth",
        ClientAuthentication::AsAnnounced(_) => "announced",
    };
    let secret = "client_secret: 0123456789abcdef0123456789abcdef";
    let certificate = "client_certificate_file: client.pem\n    client_certificate_key_file: client.key";
    let rows = [
        ("", "announced none", &["none"][..], "none"),
        (secret, "", &["client_secret_basic", "client_secret_post", "client_secret_jwt"], "announced"),
        ("client_key_file: client.key", "", &["private_key_jwt"], "private_key_jwt"),
        ("client_assertion_file: token", "assertion", &["private_key_jwt"], "assertion"),
        (
            certificate,
            "tls_client_auth",
            &["tls_client_auth", "self_signed_tls_client_auth"],
            "tls_client_auth",
        ),
    ];
    let all = [
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "private_key_jwt",
        "tls_client_auth",
        "self_signed_tls_client_auth",
        "none",
    ];
    for (proof, shown, methods, without) in rows {
        let case = |method: &str| {
            let mut case = Case::new(&format!("{MINIMUM}    {proof}\n{method}"));
            for (name, bytes) in [
                ("client.pem", &include_bytes!("../keys/client.pem")[..]),
                ("client.key", include_bytes!("../keys/p256_pkcs8.pem")),
                ("token", b"e30.e30.AAAA\n"),
            ] {
                case.files.0.insert(name.into(), (bytes.to_vec(), false));
            }
            case.check().map(|(config, _)| config.clients[0].registration.authentication.clone())
        };
        assert_eq!(name(&case("").unwrap()), without, "{proof}");
        for method in all {
            let judged = case(&format!("    token_endpoint_auth_method: {method}\n"));
            match judged {
                Ok(authentication) => {
                    assert!(methods.contains(&method), "{proof} with {method}");
                    assert!([method, shown].contains(&name(&authentication)), "{proof} with {method}");
                }
                Err(problems) => assert!(!methods.contains(&method), "{proof} with {method}: {problems}"),
            }
        }
    }
}

/// Nobody's certificate is shown with somebody else's key.
#[test]
fn a_certificate_and_a_key_that_do_not_belong_together_are_refused() {
    let mut case = Case::new(&format!(
        "{MINIMUM}    client_certificate_file: client.pem\n    client_certificate_key_file: other.key\n"
    ));
    let (certificate, key) = (include_bytes!("../keys/client.pem"), include_bytes!("../keys/p384_sec1.pem"));
    case.files.0.insert("client.pem".into(), (certificate.to_vec(), false));
    case.files.0.insert("other.key".into(), (key.to_vec(), true));
    let shown = case.refusal();
    assert!(
        shown.contains("client_certificate_file: \"client.pem\": the first certificate does not belong"),
        "{shown}"
    );
}

/// YAML 1.1 would read these as false, as octal and as minutes.
#[test]
fn values_are_what_was_written() {
    let text = MINIMUM.replace("client_id: my-app", "client_id: no");
    assert_eq!(Case::new(&text).accepted().0.clients[0].registration.client_id, "no");
    let text = MINIMUM.replace("client_id: my-app", "client_id: 0017");
    assert_eq!(Case::new(&text).accepted().0.clients[0].registration.client_id, "0017");
    for time in [
        "300x",
        "-1",
        "-1s",
        "99999999999999999999s",
        "8:30",
        "1h30m",
        "8 h",
        "1e3s",
        "s",
        "0s",
        "0.5h",
        "401d",
    ] {
        let shown = Case::new(&format!("{MINIMUM}    session: {{ access_token: {time} }}\n")).refusal();
        assert!(shown.contains("clients.yaml:7: clients.my_app.session.access_token: "), "{time}: {shown}");
    }
    for number in ["300x", "-1", "0", "1e3", "0x10", "010", "99999999999999999999999", "1_000", "1.0"] {
        let shown = Case::new(&format!("{MINIMUM}server: {{ max_sessions: {number} }}\n")).refusal();
        assert!(shown.contains("clients.yaml:7: server.max_sessions: "), "{number}: {shown}");
    }
}

/// RFC 9110 sections 5.1 and 7.6.1; CGI folds `_` and `-` to one (RFC 3875 section 4.1.18).
#[test]
fn headers_with_a_meaning_on_the_way_are_refused() {
    for header in [
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Host",
        "Content-Length",
        "Content-Type",
        "Set-Cookie",
        "Cookie",
        "Location",
        "Authorization",
        "X-Forwarded-Host",
        "X-Forwarded-For",
        "X-Forwarded-Uri",
        "X-Original-URL",
        "Vestibule-Refusal",
        "X-Auth-Subject",
        "x-auth-subject",
        "X_Auth_User",
        "X.Auth.User",
        "X Auth",
        "X-Auth:",
        "X-Ä",
        "\"\"",
        "X-User-Email",
    ] {
        let text =
            format!("{MINIMUM}    extra_claim_headers:\n      email: X-User-Email\n      name: {header}\n");
        let shown = Case::new(&text).refusal();
        assert!(shown.contains("clients.yaml:9: "), "{header}: {shown}");
        assert!(shown.contains("1 problem,"), "{header}: {shown}");
    }
    for header in ["X-User", "Remote-User", "X-Forwarded-User", "x-webauth-user"] {
        Case::new(&format!("{MINIMUM}    extra_claim_headers:\n      name: {header}\n")).accepted();
    }
}

#[test]
fn clients_that_share_a_host_know_of_each_other() {
    let text = std::fs::read_to_string("tests/config/accepted/login_choice.yaml").unwrap();
    let (config, notices) = Case::new(&text).accepted();
    assert_eq!(notices.len(), 1, "of the rules that only one of them has: {notices:?}");
    let [staff, guests] = config.clients.as_slice() else { panic!("{:?}", config.clients.len()) };
    let choice = staff.login_choice.as_ref().unwrap();
    assert_eq!(choice.text, "Company account");
    assert_eq!(
        choice.cookie.line("guests"),
        "__Host-vestibule_choice=guests; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax"
    );
    let texts = |items: &[HeaderName]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts(&choice.headers), ["x-auth-client", "x-guest-name"]);
    assert_eq!(texts(&guests.login_choice.as_ref().unwrap().headers), ["x-staff-groups"]);
    assert!(staff.tells_authorization() && guests.tells_authorization());

    let at = |host: &str| {
        let authority = Authority::parse(host).unwrap();
        let first = config.client_for_host(&authority, Scheme::Https).unwrap();
        let beside = config.clients_beside(first, &authority, Scheme::Https);
        let names: Vec<_> = beside.map(|client| client.name.as_str()).collect();
        assert_eq!(first.has_choice(&authority), names.len() > 1, "{host}");
        names.join(" ")
    };
    assert_eq!(at("app.example.com"), "staff guests");
    assert_eq!(at("app.example.com:443"), "staff guests");
    assert_eq!(at("a.apps.example.com"), "staff guests");
    assert_eq!(at("wiki.example.com"), "staff");
}

#[test]
fn a_login_choice_that_nobody_shares_is_worth_a_notice() {
    let (config, notices) = Case::new(&format!("{MINIMUM}    login_choice: Company account\n")).accepted();
    assert!(config.clients[0].login_choice.is_none());
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains("login_choice: no other client"), "{notices:?}");
}
