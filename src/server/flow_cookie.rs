//! The cookie that binds logins to the browser that began them, on its way in and out.

use http::HeaderMap;

use crate::config::Cookie;
use crate::gate::credential;
use crate::session::transaction::FlowCookie;

/// The flow cookies of this browser that are ours: one, or some where tabs began a login at the same moment.
pub(super) fn sent(headers: &HeaderMap, cookie: &Cookie) -> Vec<FlowCookie> {
    let sent = credential::find_family(headers, &cookie.name).into_iter();
    sent.filter_map(|(suffix, value)| {
        let flow_cookie = FlowCookie::new(*value.bytes());
        (flow_cookie.suffix() == suffix).then_some(flow_cookie)
    })
    .collect()
}

/// The cookie under the name that belongs to its value.
pub(super) fn named(cookie: &Cookie, flow_cookie: &FlowCookie) -> Cookie {
    Cookie { name: format!("{}.{}", cookie.name, flow_cookie.suffix()), ..cookie.clone() }
}
