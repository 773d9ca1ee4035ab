//! what browsers and programs really send, at each proxy's address, with the expected answer (`real_requests.txt`).

use url::Url;

use crate::jar::Context;
use crate::wire::Ask;
use crate::world::World;

const TABLE: &str = include_str!("real_requests.txt");

/// One request of the table.
struct Row {
    name: String,
    is_navigation: bool,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
}

fn rows() -> Vec<Row> {
    let blocks = TABLE.split("\n\n").map(|block| block.trim_matches('\n'));
    blocks
        .filter(|block| !block.starts_with('#'))
        .map(|block| {
            let mut lines = block.lines();
            let (answer, name) = lines.next().unwrap().split_once(' ').unwrap();
            let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
            let pair = |line: &str| {
                let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
                (name.to_owned(), value.to_owned())
            };
            Row {
                name: name.to_owned(),
                is_navigation: match answer {
                    "302" => true,
                    "401" => false,
                    other => panic!("{other}"),
                },
                method: method.to_owned(),
                url: format!("https://app.example.test{target}"),
                headers: lines.map(pair).collect(),
            }
        })
        .collect()
}

impl Row {
    /// The question that a proxy asks: its own lines, and all that the program sent.
    fn question(&self, world: &World) -> Vec<(&'static str, Ask)> {
        let url = Url::parse(&self.url).unwrap();
        let of_proxy = |name: &str| name.starts_with("X-") || name == "Host";
        let with_theirs = |mut ask: Ask| {
            ask.headers.retain(|(name, _)| of_proxy(name));
            self.headers.iter().fold(ask, |ask, (name, value)| ask.with(name, value))
        };
        let forwarded = world.browser().ask(&self.method, &url, Context::SameSite);
        let nginx = world.nginx(&self.url).having("X-Original-Method", &self.method);
        let mut envoy = world.envoy(&self.url);
        envoy.method.clone_from(&self.method);
        [("forwarded", forwarded), ("nginx", nginx), ("envoy", envoy)]
            .map(|(dialect, ask)| (dialect, with_theirs(ask)))
            .into()
    }
}

#[tokio::test]
async fn sixty_and_more_real_requests_are_answered_as_their_programs_can_use_it() {
    let world = World::new().start().await;
    let rows = rows();
    assert!(rows.len() >= 60, "{}", rows.len());
    for row in &rows {
        for (dialect, ask) in row.question(&world) {
            let case = format!("{} ({dialect})", row.name);
            let answer = world.send(&ask).await;
            let redirect = answer.header("Location");
            let expected = if row.is_navigation && dialect != "nginx" { 302 } else { 401 };
            assert_eq!(answer.status, expected, "{case}: {}", answer.show());
            assert_eq!(redirect.is_some(), row.is_navigation, "{case}: {}", answer.show());
            assert_eq!(answer.refusal(), "no_cookie", "{case}");
            // a program learns what is wanted and where: only a page is returned to.
            let login = match redirect {
                Some(login) => login,
                None => {
                    assert!(answer.header("WWW-Authenticate").is_some(), "{case}: {}", answer.show());
                    answer.header("Vestibule-Login").unwrap_or_else(|| panic!("{case}: {}", answer.show()))
                }
            };
            let page = crate::dialects::return_to(login);
            let own = row.headers.iter().find(|(name, _)| name == "Referer").map(|(_, page)| page.as_str());
            let wanted =
                if row.is_navigation { &row.url } else { own.unwrap_or("https://app.example.test/") };
            assert_eq!(page, wanted, "{case}");
        }
    }
}

/// With a session every one of them goes through, whatever it is.
#[tokio::test]
async fn with_a_session_they_all_go_through() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let cookie = world.session_cookie(&browser);
    for row in rows() {
        for (dialect, ask) in row.question(&world) {
            let answer = world.send(&ask.with("Cookie", &cookie)).await;
            answer.assert_allowed(&format!("{} ({dialect})", row.name));
        }
    }
}
