//! Claims as they are kept with a session, sealed, until somebody comes with its cookie.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Apart, Claims};
use crate::protocol::timestamp::Timestamp;

/// What [`Claims`] hold, for a record that is sealed. Whoever opens the seal may believe it as it was believed before.
#[derive(Serialize, Deserialize)]
pub struct KeptClaims {
    members: Map<String, Value>,
    #[serde(default, skip_serializing_if = "HashSet::is_empty")]
    beside: HashSet<String>,
    #[serde(default, skip_serializing_if = "HashSet::is_empty")]
    of_access_token: HashSet<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_one: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    userinfo: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token: Option<Map<String, Value>>,
    expires_at: u64,
}

impl Claims {
    /// What is to be kept of them.
    pub fn kept(&self) -> KeptClaims {
        let Self { members, beside, of_access_token, apart, expires_at } = self.clone();
        let Apart { is_one, id_token, userinfo, access_token } = apart;
        let expires_at = expires_at.seconds();
        KeptClaims { members, beside, of_access_token, is_one, id_token, userinfo, access_token, expires_at }
    }

    /// The claims that were kept. They have been verified before they were sealed; whoever did not open a seal has none to give.
    pub fn of_kept(kept: KeptClaims) -> Self {
        let KeptClaims { members, beside, of_access_token, .. } = kept;
        let KeptClaims { is_one, id_token, userinfo, access_token, expires_at, .. } = kept;
        let apart = Apart { is_one, id_token, userinfo, access_token };
        Self { members, beside, of_access_token, apart, expires_at: Timestamp::from_seconds(expires_at) }
    }
}
