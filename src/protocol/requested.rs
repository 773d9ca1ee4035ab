//! What an authorization request asked about the authentication of the person, and whether the ID token shows it (OpenID
//! Connect Core 1.0 section 3.1.3.7, steps 12 and 13; section 5.5.1).

use std::time::Duration;

use serde_json::{Map, Value};

use super::claim_form;
use super::id_token_fault::IdTokenFault;
use super::json;
use super::timestamp::Timestamp;

/// What an ID token of a login must say of the authentication. It is read from the parameters that were sent, so that what is
/// checked is what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// When the login was begun.
    at: Timestamp,
    /// `max_age`.
    max_age: Option<Duration>,
    /// Whether `claims` has `auth_time` as essential.
    auth_time_is_essential: bool,
    /// `acr_values`, or what `claims` has for `acr` as essential. Empty: any will do.
    acr: Option<Vec<String>>,
}

impl Requested {
    /// What these parameters of an authorization request ask, of a login that was begun `at`.
    pub fn of<'a>(parameters: impl IntoIterator<Item = &'a (String, String)>, at: Timestamp) -> Self {
        let mut requested = Self { at, max_age: None, auth_time_is_essential: false, acr: None };
        for (name, value) in parameters {
            match name.as_str() {
                // Whoever let another text through asked for nothing that could be waited for, so nothing is recent enough.
                "max_age" => requested.max_age = Some(Duration::from_secs(value.parse().unwrap_or_default())),
                "acr_values" => {
                    let values: Vec<_> = value.split(' ').filter(|acr| !acr.is_empty()).collect();
                    requested.acr =
                        (!values.is_empty()).then(|| values.into_iter().map(str::to_owned).collect());
                }
                "claims" => {
                    let claims = json::object(value.as_bytes()).unwrap_or_default();
                    let essential = |name| essential(&claims, name);
                    requested.auth_time_is_essential |= essential("auth_time").is_some();
                    requested.acr = essential("acr").or(requested.acr);
                }
                _ => {}
            }
        }
        requested
    }

    /// Judges the claims of a verified ID token.
    ///
    /// # Errors
    /// [`IdTokenFault::Acr`], [`IdTokenFault::AuthenticationTime`], or the form of one of the claims.
    pub fn judge(
        &self,
        claims: &Map<String, Value>,
        now: Timestamp,
        leeway: Duration,
    ) -> Result<(), IdTokenFault> {
        // Step 12: `acr` is one that was asked for.
        if let Some(wanted) = &self.acr {
            let found = claim_form::optional_text(claims, "acr")?;
            let fits = found.is_some_and(|found| wanted.is_empty() || wanted.iter().any(|one| one == found));
            if !fits {
                return Err(IdTokenFault::Acr { expected: wanted.clone(), found: found.map(str::to_owned) });
            }
        }
        // Step 13: `auth_time` is there, not in the future, and no older than `max_age` when the login was begun. The time that
        // the person took since does not count: the provider could not know of it.
        if self.max_age.is_some() || self.auth_time_is_essential {
            let found = claim_form::time(claims, "auth_time")?;
            let max_age = self.max_age.unwrap_or(Duration::MAX);
            let fits = found.is_some_and(|found| {
                found <= now.after(leeway) && self.at.since(found) <= max_age.saturating_add(leeway)
            });
            if !fits {
                let (max_age, asked_at) = (self.max_age, self.at);
                return Err(IdTokenFault::AuthenticationTime { found, max_age, asked_at, now });
            }
        }
        Ok(())
    }
}

/// The values that are asked of an essential claim of the ID token (section 5.5.1), none if it is not essential; empty if any
/// value will do.
fn essential(claims: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let asked = claims.get("id_token")?.get(name)?;
    asked.get("essential").filter(|flag| **flag == Value::Bool(true))?;
    let values = match (asked.get("value"), asked.get("values").and_then(Value::as_array)) {
        (Some(value), _) => std::slice::from_ref(value),
        (None, Some(values)) => values,
        (None, None) => &[],
    };
    Some(values.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
