//! `vestibule explain` and `vestibule test`, as an operator starts them: the same judgement as of a request.

use crate::command_line::Folder;

const CLIENTS: &str = "rule_groups:
  health:
    - { path: /health, policy: public }
    - { path: /metrics, policy: deny }
clients:
  app:
    issuer: https://id.example.test
    client_id: app
    redirect_uri: https://app.example.test/oidc/app/callback
    hosts: [app.example.test]
    extra_claim_headers: { groups: X-Auth-Groups }
    rules:
      - { group: health }
      - { path: /static/*, policy: public }
      - { path: /admin/*, require: { groups: { any: [admins] } } }
      - { path: /intern/*, networks: [192.0.2.0/24], policy: public }
      - { path: /money/*, acr_values: gold, on_forbidden: step_up }
";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("clients.yaml", CLIENTS);
    folder.write("alice.json", r#"{ "sub": "alice", "groups": ["admins"] }"#);
    folder
}

#[tokio::test]
async fn explain_names_the_rule_the_verdict_the_headers_and_why() {
    let folder = folder();
    let rows: [(&[&str], &[&str]); 12] = [
        (
            &["/health"],
            &[
                "rule 1 of health: /health fits",
                "verdict   allow (200, ok)",
                "x-auth-subject: \n",
                "nobody is looked at",
            ],
        ),
        (&["/metrics"], &["rule 2 of health: /metrics fits", "refuse (403, rule_denies)"]),
        (&["/admin/x"], &["rule 3: /admin/* fits", "login (302, no_cookie)", "/oidc/app/login?rd="]),
        (&["/admin/x", "--program"], &["login (401, no_cookie)"]),
        (
            &["/admin/x", "--claims", "alice.json"],
            &["allow (200, ok)", "x-auth-subject: alice", "x-auth-groups: admins"],
        ),
        (
            &["/admin/x", "--claim", "groups=[\"staff\",\"ops\"]"],
            &["refuse (403, not_member)", "rule 3 looks at the claim groups, which has 2 values"],
        ),
        (&["/admin/x", "--claim", "sub=bob"], &["refuse (403, no_such_claim)"]),
        (&["/static/a%2fb"], &["rule 2: /static/* is passed over", "login (302, no_cookie)"]),
        (&["/static/..%2fadmin"], &["refuse (400, path_ambiguous)"]),
        (&["/intern/x"], &["refuse (400, client_address_unknown)", "--from"]),
        (&["/intern/x", "--from", "192.0.2.9"], &["allow (200, ok)"]),
        (&["/money/x", "--claims", "alice.json"], &["login (302, step_up)", "step_up=6"]),
    ];
    for (arguments, says) in rows {
        let url = format!("https://app.example.test{}", arguments[0]);
        let arguments = [&["explain", &url], &arguments[1..]].concat();
        let ran = folder.run(&arguments).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}: {ran:?}");
        for says in says {
            assert!(ran.out.contains(says), "{arguments:?} does not say {says:?}: {}", ran.out);
        }
    }
    let ran = folder.run(&["explain", "https://other.example.test/"]).await;
    assert!(ran.out.contains("client    none of app") && ran.out.contains("host_not_guarded"), "{ran:?}");
}

/// What is known only of a real session has its name in its place.
#[tokio::test]
async fn explain_names_the_headers_beside_claims() {
    let folder = Folder::new();
    let key = include_str!("../keys/p256_pkcs8.pem");
    folder.write("assertion.pem", key);
    let further = "    assertion: { key_file: assertion.pem }
    session_expires_header: X-Expires
    access_token_header: Authorization
    id_token_header: X-ID-Token
    strip_cookie: true
    rules:
";
    folder.write("clients.yaml", &CLIENTS.replace("    rules:\n", further));
    folder.write("alice.json", r#"{ "sub": "alice", "groups": ["admins"] }"#);
    let url = "https://app.example.test/admin/x";
    let ran = folder.run(&["explain", url, "--claims", "alice.json"]).await;
    for says in [
        "x-auth-assertion: (assertion)\n",
        "x-expires: (end of the session)\n",
        "authorization: Bearer (access token)\n",
        "x-id-token: (ID token)\n",
        "cookie: (cookies without those of vestibule)\n",
    ] {
        assert!(ran.out.contains(says), "{says:?}: {ran:?}");
    }
    let ran = folder.run(&["explain", "https://app.example.test/health"]).await;
    for says in ["x-auth-assertion: \n", "x-expires: \n", "authorization: \n", "x-id-token: \n"] {
        assert!(ran.out.contains(says), "{says:?}: {ran:?}");
    }
}

#[tokio::test]
async fn explain_says_which_of_several_clients_decides() {
    let folder = Folder::new();
    let client = |name: &str, lines: &str| {
        format!(
            "  {name}:
    issuer: https://id.example.test
    client_id: {name}
    redirect_uri: https://app.example.test/oidc/{name}/callback
    hosts: [app.example.test]
    login_choice: As {name}
{lines}"
        )
    };
    let staff = client("staff", "    extra_claim_headers: { groups: X-Auth-Groups }\n");
    let guests = client("guests", "    rules: [{ path: /*, policy: deny }]\n");
    folder.write("clients.yaml", &format!("clients:\n{staff}{guests}"));
    let url = "https://app.example.test/";
    let rows: [(&[&str], &[&str]); 4] = [
        (&[], &["client    staff of staff and guests", "/oidc/staff/choose?rd="]),
        (&["--claim", "sub=ada"], &["client    staff of", "allow (200, ok)"]),
        (
            &["--claim", "sub=ada", "--client", "guests"],
            &["client    guests of", "refuse (403, rule_denies)"],
        ),
        (
            &["--client", "nobody"],
            &["\"nobody\" does not guard app.example.test as well as staff and guests."],
        ),
    ];
    for (arguments, says) in rows {
        let ran = folder.run(&[&["explain", url], arguments].concat()).await;
        for says in says {
            assert!(ran.out.contains(says) || ran.err.contains(says), "{arguments:?}: {says:?}: {ran:?}");
        }
    }
    folder.write(
        "cases.yaml",
        "cases: [{ url: https://app.example.test/, client: guests, claims: { sub: ada }, expect: { code: rule_denies } }]",
    );
    let ran = folder.run(&["test", "cases.yaml"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[tokio::test]
async fn explain_refuses_what_is_no_request() {
    let folder = folder();
    folder.write("list.json", "[1]");
    let page = "https://app.example.test/";
    let rows: [(&[&str], u8, &str); 9] = [
        (&[], 64, "explain needs a URL"),
        (&["app.example.test"], 64, "no address"),
        (&["ftp://app.example.test/"], 64, "neither http nor https"),
        (&[page, "--claims", "missing.json"], 64, "missing.json"),
        (&[page, "--claims", "list.json"], 64, "no JSON object"),
        (&[page, "--claim", "groups"], 64, "has no ="),
        (&[page, "--from", "here"], 64, "no address of a client"),
        (&[page, "--from", "127.0.0.1"], 64, "a trusted proxy"),
        (&[page, "--config", "missing.yaml"], 78, "missing.yaml"),
    ];
    for (arguments, code, says) in rows {
        let ran = folder.run(&[&["explain"], arguments].concat()).await;
        assert_eq!((ran.code, ran.out.as_str()), (i32::from(code), ""), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(says), "{arguments:?}: {ran:?}");
    }
}

#[tokio::test]
async fn test_holds_the_rules_against_the_operators_own_table() {
    let folder = folder();
    let case = |url: &str, rest: &str| format!("  - {{ url: https://app.example.test{url}, {rest} }}\n");
    let good = "cases:\n".to_owned()
        + &case(
            "/health",
            "expect: { verdict: allow, rule: rule 1 of health, headers: { X-Auth-Subject: \"\" } }",
        )
        + &case(
            "/admin/x",
            "name: nobody, expect: { verdict: login, status: 302, code: no_cookie, rule: rule 3 }",
        )
        + &case("/admin/x", "program: true, expect: { status: 401 }")
        + &case(
            "/admin/x",
            "claims: { sub: a, groups: [admins] }, expect: { verdict: allow, headers: { X-Auth-Groups: admins } }",
        )
        + &case("/intern/x", "from: 192.0.2.9, expect: { verdict: allow }")
        + &case(
            "/x",
            "method: POST, headers: { X-HTTP-Method-Override: DELETE }, expect: { verdict: login, rule: no rule }",
        );
    folder.write("rules.yaml", &good);
    let ran = folder.run(&["test", "rules.yaml"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.ends_with("6 passed, 0 failed\n") && ran.out.contains("ok      nobody\n"), "{ran:?}");

    folder.write("wrong.yaml", &(good + &case("/admin/x", "claims: { groups: [staff] }, expect: { verdict: allow, status: 200, code: ok, headers: { X-Auth-Groups: staff } }")));
    let ran = folder.run(&["test", "wrong.yaml", "--config", "clients.yaml"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    for says in [
        "verdict: expected allow, found refuse",
        "status: expected 200, found 403",
        "code: expected ok, found not_member",
        "X-Auth-Groups: expected staff, found no such header",
        "why: rule 3 looks at the claim groups",
        "6 passed, 1 failed",
    ] {
        assert!(ran.out.contains(says), "{says:?}: {ran:?}");
    }
    for (text, says) in [
        ("cases: []", "there are no cases"),
        ("cases: [{ url: \"https://app.example.test/\", expect: {} }]", "expects nothing"),
        ("cases: [{ url: x, expect: { verdict: allow } }]", "no address"),
        ("cases: [{ url: x, expekt: { verdict: allow } }]", "expekt"),
        ("cases: [{ url: x, expect: { verdikt: allow } }]", "verdikt"),
        ("cases: {", "bad.yaml"),
    ] {
        folder.write("bad.yaml", text);
        let ran = folder.run(&["test", "bad.yaml"]).await;
        assert_eq!((ran.code, ran.out.as_str()), (78, ""), "{text}: {ran:?}");
        assert!(ran.err.contains(says), "{text}: {ran:?}");
    }
    let ran = folder.run(&["test"]).await;
    assert_eq!(ran.code, 64, "{ran:?}");
}

/// Every header of every client once; an application gets none that a proxy was not told of.
#[tokio::test]
async fn snippet_prints_what_each_proxy_must_be_told() {
    let folder = Folder::new();
    folder.write(
        "clients.yaml",
        "clients:
  shop:
    issuer: https://id.example.com
    client_id: shop
    redirect_uri: https://shop.example.com/oidc/shop/callback
    hosts: shop.example.com
    extra_claim_headers: { email: X-User-Email }
    header_names: authelia
  wiki:
    issuer: https://id.example.com
    client_id: wiki
    redirect_uri: https://wiki.example.com/oidc/wiki/callback
    hosts: wiki.example.com
    headers: { X-User-Email: { claim: email, lower_case: true }, X-Team: { claim: team } }
",
    );
    let traefik = folder.run(&["snippet", "traefik"]).await;
    assert_eq!(traefik.code, 0, "{}", traefik.err);
    let all = "X-Auth-Subject, X-User-Email, Remote-User, Remote-Name, Remote-Email, Remote-Groups, X-Team";
    assert!(traefik.out.contains(&format!("authResponseHeaders: [{all}]\n")), "{}", traefik.out);
    assert!(
        traefik.out.contains(&format!("authresponseheaders: {}\n", all.replace(' ', ""))),
        "{}",
        traefik.out
    );
    let nginx = folder.run(&["snippet", "nginx", "--client", "wiki"]).await;
    assert_eq!(
        nginx.out,
        "# server.conf: in place of the lines about who it is
auth_request_set $vestibule_x_auth_subject $upstream_http_x_auth_subject;
auth_request_set $vestibule_x_user_email $upstream_http_x_user_email;
auth_request_set $vestibule_x_team $upstream_http_x_team;

# location.conf: in place of the lines about who it is
proxy_set_header X-Auth-Subject $vestibule_x_auth_subject;
proxy_set_header X-User-Email $vestibule_x_user_email;
proxy_set_header X-Team $vestibule_x_team;
"
    );
    let caddy = folder.run(&["snippet", "caddy", "--client", "wiki"]).await;
    assert!(caddy.out.contains("request_header -X-Team\n"), "{}", caddy.out);
    assert!(caddy.out.ends_with("copy_headers X-Auth-Subject X-User-Email X-Team\n"), "{}", caddy.out);
    let envoy = folder.run(&["snippet", "envoy"]).await;
    assert!(envoy.out.contains("  - { exact: Remote-User, ignore_case: true }\n"), "{}", envoy.out);

    let cases = [
        (&["snippet"][..], 64, "snippet needs a PROXY"),
        (
            &["snippet", "apache"],
            64,
            "\"apache\" is no proxy that snippet knows. They are traefik, nginx, caddy, envoy.",
        ),
        (
            &["snippet", "nginx", "--client", "blog"],
            64,
            "there is no client \"blog\". There are: shop, wiki.",
        ),
        (&["snippet", "nginx", "--config", "none.yaml"], 78, "none.yaml"),
        (&["check", "--client", "shop"], 64, "--client is an option of explain and snippet, not of check."),
    ];
    for (arguments, code, said) in cases {
        let ran = folder.run(arguments).await;
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(said) && ran.out.is_empty(), "{arguments:?}: {}", ran.err);
    }
}
