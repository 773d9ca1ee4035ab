//! Access tokens that another implementation made, good ones and one for each way to be wrong: `vectors/joserfc.json`.

use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use vestibule::gate::presented::{self, Presented};
use vestibule::protocol::access_token::{AccessToken, AccessTokenFault, Binding, Form, Profile, form};
use vestibule::protocol::issuer::{HttpIssuer, Issuer};
use vestibule::protocol::jwks::{self, Keys};
use vestibule::protocol::registration::SigningAlgorithm;

use crate::access_tokens::Held;

struct Vectors {
    file: Value,
    keys: Keys,
}

impl Vectors {
    fn read() -> Self {
        let file: Value = serde_json::from_str(include_str!("vectors/joserfc.json")).unwrap();
        let keys = jwks::judge_file(file["keys"].to_string().as_bytes()).unwrap();
        assert!(keys.skipped().is_empty());
        Self { file, keys }
    }

    fn rows(&self, list: &str) -> &[Value] {
        let rows = self.file[list].as_array().unwrap();
        assert!(!rows.is_empty());
        rows
    }

    /// The steps of a request in their order, as far as they need no runtime: the form of the header is judged by the gate, what is no
    /// JWT is left to whoever asks issuers about such (nobody here), and the rest is a token's.
    fn judge(&self, row: &Value) -> Result<AccessToken, &'static str> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(format!("Bearer {}", text(row, "token")).as_bytes()).unwrap();
        headers.insert("authorization", value);
        let token = match presented::read(&headers) {
            Ok(Presented::Token(token)) => token.expose(),
            Ok(Presented::Nothing | Presented::Other) => panic!("it is presented"),
            Err(refusal) => return Err(refusal.code()),
        };
        if form(token) == Form::Opaque {
            return Err("bearer_opaque");
        }
        self.held(row).verify_by(&self.keys, token).map_err(|fault: AccessTokenFault| fault.code())
    }

    fn held(&self, row: &Value) -> Held {
        Held {
            issuer: Issuer::parse(text(&self.file, "issuer"), HttpIssuer::OnlyLoopback).unwrap(),
            audiences: vec![text(&self.file, "audience").to_owned()],
            algorithms: SigningAlgorithm::ASYMMETRIC.to_vec(),
            now: self.file["now"].as_u64().unwrap(),
            leeway: std::time::Duration::from_secs(self.file["leeway"].as_u64().unwrap()),
            ..Held::to(match text(row, "profile") {
                "rfc9068" => Profile::Rfc9068,
                "jwt" => Profile::Jwt,
                "workload" => Profile::Workload,
                other => panic!("{other}"),
            })
        }
    }
}

fn text<'a>(row: &'a Value, member: &str) -> &'a str {
    row[member].as_str().unwrap_or_else(|| panic!("{member} of {row}"))
}

/// V-BT-4, V-BT-5, V-BT-7, V-BT-8, V-BT-9
#[test]
fn the_good_tokens_of_another_implementation_are_taken_as_they_were_meant() {
    let vectors = Vectors::read();
    for row in vectors.rows("good") {
        let name = text(row, "name");
        let token = vectors.judge(row).unwrap_or_else(|code| panic!("{name}: {code}"));
        assert_eq!(token.claims.sub(), text(row, "sub"), "{name}");
        assert_eq!(token.client_id.as_deref(), row["client_id"].as_str(), "{name}");
        assert_eq!(token.scopes.join(" "), row["scope"].as_str().unwrap_or_default(), "{name}");
        assert_eq!(token.binding, Binding::default(), "{name}");
    }
}

/// V-BT-11
#[test]
fn the_bound_tokens_of_another_implementation_are_bound() {
    let vectors = Vectors::read();
    for row in vectors.rows("bound") {
        let token = vectors.judge(row).unwrap();
        assert_ne!(token.binding, Binding::default(), "{}", text(row, "name"));
        assert!(!token.binding.unknown);
    }
}

/// V-BT-1, V-BT-4, V-BT-5, V-BT-6, V-BT-7, V-BT-8, V-BT-9, V-BT-10, F-01 to F-14, F-25
#[test]
fn each_wrong_token_of_another_implementation_is_refused_for_what_is_wrong_with_it() {
    let vectors = Vectors::read();
    let wrong: Vec<String> = vectors
        .rows("refused")
        .iter()
        .filter_map(|row| {
            let code = vectors.judge(row).err();
            let name = format!("{}, {}", text(row, "profile"), text(row, "name"));
            (code != Some(text(row, "refused"))).then(|| format!("{name}: {code:?}, not {}", row["refused"]))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
