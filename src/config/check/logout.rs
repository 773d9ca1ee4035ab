//! How sessions are ended.

use http::HeaderValue;

use super::Judge;
use crate::config::Logout;
use crate::config::file::LogoutAsWritten;
use crate::config::form::Written;
use crate::config::problem::Finding;
use crate::protocol::logout_token::TypRule;

/// Judges `logout`.
pub(super) fn judge(judge: &mut Judge<'_>, written: &Written<LogoutAsWritten>) -> Logout {
    let written = written.or(LogoutAsWritten::default());
    Logout {
        typ: if written.require_typ.or(false) { TypRule::Required } else { TypRule::IfPresent },
        frontchannel: written.frontchannel.or(false),
        revoke: written.revoke.or(true),
        clear_site_data: clear_site_data(judge, &written),
    }
}

/// Clear Site Data section 3.1. `cookies` is not offered: it would take those of every host of the domain, and the session
/// cookie is removed by itself.
fn clear_site_data(judge: &mut Judge<'_>, written: &LogoutAsWritten) -> Option<HeaderValue> {
    let asked = &written.clear_site_data.given()?.value.0;
    for item in asked {
        if !["cache", "storage"].contains(&item.value.as_str()) {
            let (found, write) = (item.value.clone(), "cache or storage".to_owned());
            judge.problems.push(item.problem(Finding::NotKnown { found, near: None, write }));
        }
    }
    let asks = |name: &str| asked.iter().any(|item| item.value == name);
    match (asks("cache"), asks("storage")) {
        (true, true) => Some(HeaderValue::from_static(r#""cache", "storage""#)),
        (true, false) => Some(HeaderValue::from_static(r#""cache""#)),
        (false, true) => Some(HeaderValue::from_static(r#""storage""#)),
        (false, false) => None,
    }
}
