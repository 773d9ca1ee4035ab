//! `danger_testing_profile` lets everybody in who comes: no configuration that has one can be reached from another machine.

use std::net::IpAddr;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use vestibule::config::{Client, Config};

use super::Case;

#[test]
fn the_claims_are_as_written() {
    let text = include_str!("accepted/testing_profile.yaml");
    let (config, _) = Case::new(text).accepted();
    let profile = config.clients[0].testing_profile.as_ref().unwrap();
    let needed = serde_json::json!({
        "sub": "alice", "email": "alice@example.com", "groups": ["admins", "readers"],
        "realm_access": { "roles": ["editor"] },
    });
    assert_eq!(serde_json::Value::Object(profile.claims().clone()), needed);
}

/// Each setting that could be reached from elsewhere is enough to be refused; without the profile the same file is taken.
#[test]
fn one_setting_that_leads_elsewhere_is_enough_to_be_refused() {
    let here = Picked {
        listen: "127.0.0.1:8000",
        admin_listen: "127.0.0.1:9100",
        proxies: vec![],
        origin: "http://localhost",
        hosts: vec!["localhost"],
        from_environment: false,
        flags: false,
    };
    assert!(here.case("{ sub: alice }").check().is_ok());
    let elsewhere = [
        Picked { listen: "0.0.0.0:8000", ..here.clone() },
        Picked { listen: "192.168.1.4:8000", ..here.clone() },
        Picked { listen: "[::]:8000", ..here.clone() },
        Picked { admin_listen: "10.0.0.1:9100", ..here.clone() },
        Picked { proxies: vec!["10.0.0.0/8"], ..here.clone() },
        Picked { proxies: vec!["127.0.0.0/8", "0.0.0.0/0"], flags: true, ..here.clone() },
        Picked { proxies: vec!["126.0.0.0/7"], flags: true, ..here.clone() },
        Picked { proxies: vec!["::/64"], ..here.clone() },
        Picked { origin: "https://app.example.com", hosts: vec!["app.example.com"], ..here.clone() },
        Picked { origin: "https://10.0.0.1", hosts: vec!["10.0.0.1"], ..here.clone() },
    ];
    for picked in elsewhere {
        for from_environment in [false, true] {
            let picked = Picked { from_environment, ..picked.clone() };
            let shown = picked.case("{ sub: alice }").refusal();
            assert!(shown.contains("there nobody would have to sign in"), "{picked:?}\n{shown}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Over listeners, proxies, origins, hosts, danger flags, in the file or laid over it by the environment.
    #[test]
    fn whatever_is_accepted_with_a_profile_is_on_this_machine_alone(picked in picked(), profile in any::<bool>()) {
        let case = picked.case(if profile { "{ sub: alice }" } else { "" });
        match case.check() {
            Ok((config, notices)) => {
                prop_assert_eq!(config.with_testing_profile().count(), usize::from(profile));
                if profile {
                    is_here(&config, &config.clients[0])?;
                    prop_assert!(notices.iter().any(|notice| notice.to_string().contains("nobody has to sign in")));
                }
            }
            // The wall stands only where it has to: what is all here is not refused for the profile.
            Err(problems) => prop_assert!(
                !picked.is_all_here() || !problems.to_string().contains("nobody would have to sign in"), "{problems}"
            ),
        }
    }

    /// The environment alone makes no profile, and changes none.
    #[test]
    fn no_variable_makes_a_profile(tail in "(_SUB|_EMAIL|_GROUPS|_[A-Z]{1,8})?", value in "[ -~]{1,20}", there in any::<bool>()) {
        let here = Picked {
            listen: "127.0.0.1:8000", admin_listen: "127.0.0.1:9100", proxies: vec![], origin: "http://localhost",
            hosts: vec!["localhost"], from_environment: false, flags: false,
        };
        let name = format!("VESTIBULE_CLIENTS_APP_DANGER_TESTING_PROFILE{tail}");
        let case = here.case(if there { "{ sub: alice, email: alice@example.com }" } else { "" }).with(&name, &value);
        let needed = format!("{name}: there is no such setting");
        prop_assert!(case.refusal().contains(&needed), "{}", case.refusal());
    }
}

/// What a configuration was put together from.
#[derive(Clone, Debug)]
struct Picked {
    listen: &'static str,
    admin_listen: &'static str,
    /// None: the setting is left out.
    proxies: Vec<&'static str>,
    origin: &'static str,
    hosts: Vec<&'static str>,
    from_environment: bool,
    flags: bool,
}

const LISTEN: &[&str] = &[
    "127.0.0.1:8000",
    "127.200.0.1:8000",
    "[::1]:8000",
    "0.0.0.0:8000",
    "[::]:8000",
    "10.0.0.1:8000",
    "128.0.0.1:8000",
    "[::ffff:127.0.0.1]:8000",
    "[::ffff:10.0.0.1]:8000",
    "[fe80::1]:8000",
    "[::127.0.0.1]:8000",
];
const PROXIES: &[&str] = &[
    "127.0.0.1",
    "127.0.0.0/8",
    "127.1.0.0/16",
    "::1",
    "::1/128",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "::/0",
    "::/64",
    "126.0.0.0/7",
    "::ffff:127.0.0.1",
    "192.168.0.1",
    "fc00::/7",
];
const ORIGINS: &[&str] = &[
    "http://localhost",
    "https://localhost:8443",
    "http://app.localhost:8480",
    "http://127.0.0.1:8480",
    "http://[::1]:8480",
    "https://app.example.com",
    "http://app.example.com",
    "https://localhost.example.com",
    "https://10.0.0.1",
    "https://notlocalhost",
    "https://127.0.0.1.example.com",
];
const HOSTS: &[&str] = &[
    "localhost",
    "localhost:8480",
    "app.localhost",
    "*.localhost",
    "*.app.localhost:8480",
    "127.0.0.1:8480",
    "[::1]",
    "LocalHost.",
    "app.example.com",
    "*.example.com",
    "localhost.example.com",
    "notlocalhost",
    "*.notlocalhost",
    "10.0.0.1",
    "[fe80::1]",
    "127.0.0.1.example.com",
];

fn picked() -> impl Strategy<Value = Picked> {
    // Loopback more often than not, else hardly any configuration would be accepted.
    let listen = || prop_oneof![2 => select(&LISTEN[..3]), 1 => select(LISTEN)];
    let proxies = prop_oneof![1 => Just(vec![]), 2 => subsequence(&PROXIES[..5], 1..3), 1 => subsequence(PROXIES, 1..3)];
    let origin = prop_oneof![2 => select(&ORIGINS[..5]), 1 => select(ORIGINS)];
    let hosts = prop_oneof![2 => subsequence(&HOSTS[..7], 1..3), 1 => subsequence(HOSTS, 1..3)];
    (listen(), listen(), proxies, origin, option::of(hosts), any::<bool>(), any::<bool>()).prop_map(
        |(listen, admin_listen, proxies, origin, hosts, from_environment, flags)| Picked {
            listen,
            admin_listen,
            proxies,
            origin,
            // Others than the origin's own are mostly refused because of the cookie.
            hosts: hosts.unwrap_or_else(|| vec![origin.split_once("://").unwrap().1]),
            from_environment,
            flags,
        },
    )
}

impl Picked {
    /// The file with that profile, all of it in the file, or everything else from the environment over a harmless one.
    fn case(&self, profile: &str) -> Case {
        let Self { listen, admin_listen, proxies, origin, hosts, flags, .. } = self;
        let admin_listen = admin_listen.replace(":8000", ":9100");
        let list =
            |items: &[&str]| items.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", ");
        let profile = if profile.is_empty() {
            String::new()
        } else {
            format!("    danger_testing_profile: {profile}\n")
        };
        let text = |origin: &str, hosts: &str, server: &str| {
            format!(
                "clients:\n  app:\n    issuer: https://id.example.com\n    client_id: app\n    hosts: [{hosts}]\n{origin}{profile}\
                 server:\n{server}"
            )
        };
        let flag = |to| if *flags { format!("    danger_http_issuer: true\n{to}") } else { to };
        if !self.from_environment {
            let mut server = format!(
                "  listen: \"{listen}\"\n  admin_listen: \"{admin_listen}\"\n  danger_trust_every_peer: {flags}\n"
            );
            if !proxies.is_empty() {
                server += &format!("  trusted_proxies: [{}]\n", list(proxies));
            }
            let redirect_uri = flag(format!("    redirect_uri: \"{origin}/oidc/app/callback\"\n"));
            return Case::new(&text(&redirect_uri, &list(hosts), &server));
        }
        let case = Case::new(&text("", "localhost", "  max_sessions: 10\n"))
            .with("AUTH_DOMAIN", origin)
            .with("VESTIBULE_CLIENTS_APP_HOSTS", &hosts.join(","))
            .with("VESTIBULE_CLIENTS_APP_DANGER_HTTP_ISSUER", &flags.to_string())
            .with("VESTIBULE_SERVER_DANGER_TRUST_EVERY_PEER", &flags.to_string())
            .with("VESTIBULE_SERVER_LISTEN", listen)
            .with("VESTIBULE_SERVER_ADMIN_LISTEN", &admin_listen);
        if proxies.is_empty() {
            case
        } else {
            case.with("VESTIBULE_SERVER_TRUSTED_PROXIES", &proxies.join(","))
        }
    }

    /// Whether everything is from the lists' loopback part.
    fn is_all_here(&self) -> bool {
        LISTEN[..3].contains(&self.listen)
            && LISTEN[..3].contains(&self.admin_listen)
            && self.proxies.iter().all(|block| PROXIES[..5].contains(block))
            && ORIGINS[..5].contains(&self.origin)
            && self.hosts.iter().all(|host| HOSTS[..7].contains(host))
    }
}

/// In other words than those of the program.
fn is_here(config: &Config, client: &Client) -> Result<(), TestCaseError> {
    let server = &config.server;
    for address in [server.listen, server.admin_listen] {
        let text = address.ip().to_string();
        prop_assert!(text == "::1" || text.starts_with("127."), "{address}");
    }
    for block in &server.trusted_proxies {
        for end in [block.network(), block.broadcast()] {
            prop_assert!(end.is_loopback(), "{block}");
        }
        prop_assert!(!matches!(block.network(), IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()));
    }
    let name_is_here = |name: &str| {
        let name = name
            .rsplit_once(':')
            .filter(|(_, port)| port.parse::<u16>().is_ok())
            .map_or(name, |(name, _)| name);
        name == "localhost"
            || name.ends_with(".localhost")
            || name == "[::1]"
            || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.octets()[0] == 127)
    };
    prop_assert!(name_is_here(client.origin.split_once("://").unwrap().1), "{}", client.origin);
    for host in &client.hosts {
        prop_assert!(name_is_here(host.host()), "{host}");
    }
    Ok(())
}
