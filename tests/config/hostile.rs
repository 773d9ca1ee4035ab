//! Files that were made to hurt, and secrets that must not come out.

use proptest::prelude::*;

use super::Case;
use vestibule::config::load;

const CLIENT: &str = "clients:
  app:
    issuer: https://id.example.com
    client_id: app
    redirect_uri: https://app.example.com/oidc/app/callback
    hosts: app.example.com
";

#[test]
fn repetitions_of_repetitions_are_refused_before_they_grow() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (before, this) in ('a'..='y').zip('b'..='z') {
        let items = vec![format!("*{before}"); 10].join(", ");
        text += &format!("{this}: &{this} [{items}]\n");
    }
    assert!(Case::new(&text).refusal().contains("more than 30000 values"));
}

#[test]
fn a_value_that_holds_itself_is_refused() {
    assert!(Case::new("clients: &a\n  b: *a\n").refusal().contains("1 problem"));
}

#[test]
fn depth_is_limited() {
    let text = format!("clients: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Case::new(&text).refusal().contains("deep"));
    let text = format!("clients: {}1{}", "{a: ".repeat(100), "}".repeat(100));
    assert!(Case::new(&text).refusal().contains("deep"));
}

#[test]
fn values_from_the_environment_are_text_and_add_no_structure() {
    let evil = "x\"\n    danger_http_issuer: true\nadmin: [";
    let case = Case::new(CLIENT).with("VESTIBULE_CLIENTS_APP_CLIENT_ID", evil);
    assert!(case.refusal().starts_with("vestibule: clients.yaml has 1 problem"));
    let case = Case::new(CLIENT).with("VESTIBULE_CLIENTS_APP_CLIENT_ID", "{a: b} # [c]");
    assert_eq!(case.accepted().0.clients[0].registration.client_id, "{a: b} # [c]");
}

#[test]
fn no_message_holds_a_secret() {
    let secret = "hunter2-hunter2";
    let lines = [
        format!("    client_secret: [{secret}]"),
        format!("    client_secret: {{ {secret}: 1 }}"),
        format!("    client_secret: *{secret}"),
        format!("    client_secret: !{secret}"),
        format!("    client_secret: @{secret}"),
        format!("    client_secret: %{secret}"),
        format!("    client_secret: \"{secret}"),
        format!("    client_secret: \"{secret}\\n\""),
        format!("    client_secret: \" {secret}\""),
        format!("    client_secrett: {secret}"),
        format!("    client_secret: {secret}\n    client_secret: {secret}"),
        format!("    client_secret: {secret}\n    client_secret_env: {secret}"),
        format!("    client_secret_env: {secret}"),
        "    client_secret_env: hunter2hunter2".to_owned(),
        format!("    client_secret_file: {secret}"),
        format!("    cookie: {secret}"),
        format!("    issuer: https://me:{secret}@id.example.com"),
        format!("    post_logout_redirect_uri: https://me:{secret}@id.example.com"),
        format!("    token_endpoint_auth_method: none\n    client_secret: {secret}"),
    ];
    for line in lines {
        let shown = Case::new(&format!("{CLIENT}{line}\n")).refusal();
        let without_keys = shown.replace(&format!("client_secret.{secret}"), "");
        assert!(!without_keys.contains("hunter2"), "{line}\n{shown}");
    }
    let (config, notices) = Case::new(&format!("{CLIENT}    client_secret: {secret}\n")).accepted();
    assert!(!format!("{config:?}{notices:?}").contains("hunter2"));
}

#[test]
fn a_variable_that_is_no_setting_is_refused_unless_kubernetes_made_it() {
    for name in [
        "VESTIBULE_SERVICE_HOST",
        "VESTIBULE_SERVICE_PORT",
        "VESTIBULE_SERVICE_PORT_HTTP",
        "VESTIBULE_PORT",
        "VESTIBULE_PORT_8000_TCP",
        "VESTIBULE_PORT_8000_TCP_ADDR",
        "VESTIBULE_ADMIN_PORT_9100_TCP_PROTO",
    ] {
        Case::new(CLIENT).with(name, "tcp://10.0.0.1:8000").accepted();
    }
    let shown = Case::new(CLIENT).with("VESTIBULE_SERVER_LISTENN", "127.0.0.1:1").refusal();
    assert!(shown.contains(
        "VESTIBULE_SERVER_LISTENN: there is no such setting.\n    Did you mean VESTIBULE_SERVER_LISTEN?"
    ));
}

#[test]
fn files_that_cannot_be_read_are_one_problem() {
    let folder = std::env::temp_dir().join(format!("vestibule-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("clients.yaml");
    let name = path.display();
    let shown = || load(&path).unwrap_err().to_string();

    assert_eq!(
        shown(),
        format!(
            "vestibule: {name} has 1 problem, so nothing was started\n\n{name}: there is no such file.\n    \
             Write one, or name another: vestibule serve FILE"
        )
    );
    std::fs::write(&path, "clients:\n  a: \"\u{e9}\"\n".replace('\u{e9}', "x")).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[14] = 0xff;
    std::fs::write(&path, &bytes).unwrap();
    assert!(shown().contains(": line 2 is not UTF-8."), "{}", shown());
    std::fs::write(&path, vec![b'#'; 1024 * 1024 + 1]).unwrap();
    assert!(shown().contains("has more than 1048576 bytes"), "{}", shown());
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(load(&std::env::temp_dir()).unwrap_err().to_string().contains("is a folder"));
}

#[test]
fn a_file_that_lost_a_piece_is_read_or_refused_and_nothing_else() {
    let whole = include_str!("accepted/everything.yaml");
    for start in (0..whole.len()).step_by(3) {
        for length in [1, 7, 40] {
            let end = (start + length).min(whole.len());
            let _ = Case::new(&format!("{}{}", &whole[..start], &whole[end..])).check();
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_nothing_else(text in "[ -~\\n\t\u{80}-\u{ff}]{0,80}") {
        let _ = Case::new(&text).check();
        let _ = Case::new(&format!("{CLIENT}    {text}")).check();
    }

    /// A browser throws a cookie away whose domain is an address, has a port, or is a public suffix.
    #[test]
    fn the_domain_of_a_cookie_is_always_a_name_with_a_parent(domain in "[a-zA-Z0-9.:*/_-]{1,12}(\\.[a-z]{2,3}|:80)?") {
        let text = CLIENT.replace("app.example.com", &format!("app.{domain}"));
        if let Ok((config, _)) = Case::new(&format!("{text}    cookie: {{ domain: '{domain}' }}\n")).check() {
            let domain = config.clients[0].cookie.domain.as_deref().unwrap();
            prop_assert!(domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.'));
            prop_assert!(!domain.contains([':', '/', '*']));
            prop_assert!(domain.parse::<std::net::IpAddr>().is_err());
        }
    }
}
