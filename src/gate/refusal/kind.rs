//! The table of refusals. A code never changes its meaning; a row that is gone is not used again.

use http::StatusCode;

/// Who has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The browser or script that sent the request, or the person in front of it.
    Caller,
    /// The proxy in front, or its configuration.
    Proxy,
    /// The OpenID provider.
    Provider,
    /// What is written in clients.yaml, or at the provider about this client.
    Operator,
    /// The session store.
    Store,
    /// This program.
    Us,
}

/// What the page offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Nothing: it would be the same again.
    Never,
    /// A link that starts the login anew.
    TryAgain,
    /// The same link, and the page follows it by itself after some seconds: this passes.
    Automatically,
}

macro_rules! refusals {
    ($($kind:ident $code:literal $fault:ident $status:ident $retry:ident $sentence:ident $remedy:literal)*) => {
        /// A row of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind {
            $(#[doc = $remedy] $kind,)*
        }

        impl Kind {
            /// Every row, in the order of docs/refusals.md.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The stable name.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code,)* }
            }

            /// Whose fault it is.
            pub const fn fault(self) -> Fault {
                match self { $(Self::$kind => Fault::$fault,)* }
            }

            /// The HTTP status, 400 to 599.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)* }
            }

            /// Whether the person is offered to try again.
            pub const fn retry(self) -> Retry {
                match self { $(Self::$kind => Retry::$retry,)* }
            }

            /// What the person reads.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$kind => $sentence,)* }
            }

            /// What the operator can do.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$kind => $remedy,)* }
            }
        }
    };
}

refusals! {
    // The subrequest.
    PeerNotTrusted "peer_not_trusted" Proxy FORBIDDEN Never GATEWAY
        "If the address is your proxy's, add it to server.trusted_proxies."
    ForwardedMethodMissing "forwarded_method_missing" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy send X-Forwarded-Method (nginx: X-Original-Method) with the method of the original request."
    ForwardedMethodEmpty "forwarded_method_empty" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy fill X-Forwarded-Method (nginx: X-Original-Method); the variable that it is set from is empty."
    ForwardedMethodTwice "forwarded_method_twice" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy replace X-Forwarded-Method (nginx: X-Original-Method) instead of adding to the client's."
    ForwardedMethodMalformed "forwarded_method_malformed" Caller BAD_REQUEST Never UNREADABLE
        "The method is none of the IANA registry. If an application of yours needs it, open an issue."
    ForwardedProtoMissing "forwarded_proto_missing" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy send X-Forwarded-Proto: http or https."
    ForwardedProtoEmpty "forwarded_proto_empty" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy fill X-Forwarded-Proto: http or https."
    ForwardedProtoTwice "forwarded_proto_twice" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy replace X-Forwarded-Proto instead of adding to the client's."
    ForwardedProtoMalformed "forwarded_proto_malformed" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy send exactly http, https, ws or wss. With two proxies in a row, let the outer one decide."
    ForwardedHostMissing "forwarded_host_missing" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy send X-Forwarded-Host (Envoy: pass Host) with the host of the original request."
    ForwardedHostEmpty "forwarded_host_empty" Caller BAD_REQUEST Never UNREADABLE
        "The client named no host, or the variable that the proxy sets X-Forwarded-Host from is empty."
    ForwardedHostTwice "forwarded_host_twice" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy replace X-Forwarded-Host instead of adding to the client's."
    ForwardedHostMalformed "forwarded_host_malformed" Caller BAD_REQUEST Never UNREADABLE
        "The host is no name or address. If every request is refused so, see what the proxy puts into X-Forwarded-Host."
    ForwardedUriMissing "forwarded_uri_missing" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy send X-Forwarded-Uri with path and query of the original request."
    ForwardedUriEmpty "forwarded_uri_empty" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy fill X-Forwarded-Uri with path and query of the original request."
    ForwardedUriTwice "forwarded_uri_twice" Proxy BAD_REQUEST Never GATEWAY
        "Let the proxy replace X-Forwarded-Uri instead of adding to the client's."
    ForwardedUriMalformed "forwarded_uri_malformed" Caller BAD_REQUEST Never UNREADABLE
        "Proxy and application may read this path in two ways, so it is not judged. If every request is refused so, let the proxy send path and query only, as the client wrote them."
    ForwardedUrlMissing "forwarded_url_missing" Proxy BAD_REQUEST Never GATEWAY
        "Let nginx send: proxy_set_header X-Original-URL $scheme://$http_host$request_uri;"
    ForwardedUrlEmpty "forwarded_url_empty" Proxy BAD_REQUEST Never GATEWAY
        "Let nginx send: proxy_set_header X-Original-URL $scheme://$http_host$request_uri;"
    ForwardedUrlTwice "forwarded_url_twice" Proxy BAD_REQUEST Never GATEWAY
        "Let nginx set X-Original-URL in one place; another module adds it too."
    ForwardedUrlMalformed "forwarded_url_malformed" Caller BAD_REQUEST Never UNREADABLE
        "nginx and the application may read this address in two ways, so it is not judged. If every request is refused so, let nginx send: proxy_set_header X-Original-URL $scheme://$http_host$request_uri;"
    ForwardedHeaderAlias "forwarded_header_alias" Caller BAD_REQUEST Never UNREADABLE
        "A client tried to describe the request itself, past the proxy. Let the proxy drop headers with _ or . in their names."
    HostNotGuarded "host_not_guarded" Operator FORBIDDEN Never NOT_HERE
        "If a client guards this host, add it to the client's hosts in clients.yaml."
    IdentityHeaderSent "identity_header_sent" Caller BAD_REQUEST Never UNREADABLE
        "A client tried to name its user itself. If another proxy in front of yours sets the header, let yours remove it before it asks."
    IdentityHeaderInConnection "identity_header_in_connection" Caller BAD_REQUEST Never UNREADABLE
        "A client tried to have an identity header removed on its way to the application. Nothing needs to be done."
    WebsocketOrigin "websocket_origin" Caller FORBIDDEN Never OTHER_SITE
        "If the page belongs to you, add its host to the client's hosts in clients.yaml."

    // The login.
    ReturnToMalformed "return_to_malformed" Caller BAD_REQUEST Never BAD_LINK
        "The rd parameter is no address that a browser reads in one way. Write a path, or a complete address that is percent-encoded."
    ReturnToHost "return_to_host" Caller BAD_REQUEST Never BAD_LINK
        "The rd parameter leads away from the client's hosts. If it should not, add the host to hosts in clients.yaml."
    FlowReplayed "flow_replayed" Caller BAD_REQUEST TryAgain USED_UP
        "The person went back to the provider's answer, or somebody else got hold of it. If it happens at every login, see whether something on the way repeats requests."
    ClaimUnfit "claim_unfit" Provider FORBIDDEN Never ACCOUNT
        "Map another claim under extra_claim_headers, or let the provider send text, a number, true or false, or a list of these, without control characters."
    IdentityTooLarge "identity_too_large" Provider FORBIDDEN Never ACCOUNT
        "Let the provider send fewer values (for most of them: only the groups that this application needs), or map fewer claims."
    LoopCookieNotReturned "cookie_not_returned" Caller LOOP_DETECTED TryAgain NO_COOKIE
        "The browser blocks cookies, or something on the way removes Set-Cookie or Cookie. See whether the proxy passes both on."
    LoopCookieDomain "cookie_domain_mismatch" Operator LOOP_DETECTED Never LOOP
        "Write under the client: cookie: { domain: … }, a domain that covers both the login host and the application's."
    LoopHttpWithSecureCookie "scheme_http_with_secure_cookie" Proxy LOOP_DETECTED Never LOOP
        "The application is opened over http. Redirect http to https in the proxy; behind another proxy that ends TLS, pass on its X-Forwarded-Proto."
    LoopSessionNotFound "session_not_found" Operator LOOP_DETECTED TryAgain LOOP
        "The process that finished the login is not the one that is asked, or it was restarted. With the memory store run one replica."
    LoopStore "store_unreachable" Store LOOP_DETECTED TryAgain LOOP
        "See whether the session store keeps what it is given: memory limit, eviction, replication."
    LoopClock "clock_skew" Operator LOOP_DETECTED Never LOOP
        "Set the clocks of this machine and of the provider's by NTP."

    // The provider.
    ProviderUnreachable "provider_unreachable" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "See whether this machine reaches the provider: name, route, port, firewall."
    ProviderTls "provider_tls" Provider SERVICE_UNAVAILABLE Never PROVIDER_AWAY
        "See whether the provider's certificate is valid for its name, and whether its issuer is known to this machine."
    ProviderTimeout "provider_timeout" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "See whether the provider is overloaded, or a firewall drops packets to it."
    ProviderTooLarge "provider_too_large" Provider SERVICE_UNAVAILABLE Never PROVIDER_AWAY
        "See what answers at the provider's address; it may be another service."
    ProviderRedirect "provider_redirect" Operator SERVICE_UNAVAILABLE Never PROVIDER_AWAY
        "Write the issuer exactly as the provider calls itself; a redirect mostly means that http, a slash or the path differs."
    ProviderStatus "provider_status" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "See the provider's own log."

    // Sessions.
    NoSession "no_session" Caller UNAUTHORIZED TryAgain SIGNED_OUT
        "Nothing needs to be done."
    SessionKeyMismatch "session_key_mismatch" Caller FORBIDDEN Never OTHER_SESSION
        "The page was made for another session of the same browser. Nothing needs to be done; it may be loaded again."
    CrossSite "cross_site" Caller FORBIDDEN Never OTHER_SITE
        "A page of another site sent the request. If it is yours, let its link lead to your own page first."
    NotRefreshable "not_refreshable" Operator CONFLICT Never CANNOT_REFRESH
        "Add offline_access to the client's scopes, or allow refresh tokens for it at the provider."
    RefreshUnavailable "refresh_unavailable" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "The line before tells what the provider answered. The session goes on until session.refresh_grace is over."
    SessionsFull "sessions_full" Operator SERVICE_UNAVAILABLE TryAgain BUSY
        "Raise server.max_sessions, or shorten session.idle."
    StoreFull "store_full" Store SERVICE_UNAVAILABLE TryAgain BUSY
        "Give the session store more room."
    StoreUnavailable "store_unavailable" Store SERVICE_UNAVAILABLE Automatically BUSY
        "See whether the session store runs and this machine reaches it. Nobody is let in or sent to a login until it does."

    // HTTP.
    ClientUnknown "client_unknown" Caller NOT_FOUND Never NOT_HERE
        "The second part of the path names a client of clients.yaml, letter for letter."
    PathUnknown "path_unknown" Caller NOT_FOUND Never NOT_HERE
        "Nothing needs to be done, unless the proxy asks: then its address for the subrequest is mistyped."
    MethodNotAllowed "method_not_allowed" Caller METHOD_NOT_ALLOWED Never UNREADABLE
        "The answer's Allow header lists what the path takes."
    BodyTooLarge "body_too_large" Caller PAYLOAD_TOO_LARGE Never UNREADABLE
        "Nothing needs to be done, unless the provider sent it: then its answer is unusually long."
    BodyTimeout "body_timeout" Caller REQUEST_TIMEOUT TryAgain UNREADABLE
        "Something on the way announced a body and did not send it. In nginx: proxy_pass_request_body off; and Content-Length \"\"."
    BodyMalformed "body_malformed" Caller BAD_REQUEST Never UNREADABLE
        "Nothing needs to be done, unless the provider sent it: it should be application/x-www-form-urlencoded."
    InternalFault "internal_fault" Us INTERNAL_SERVER_ERROR TryAgain OUR_FAULT
        "This is a mistake in vestibule. Please report it with the log lines of this request."
}

const GATEWAY: &str = "The login gateway is not set up correctly. Tell the operator.";
const UNREADABLE: &str = "The login gateway cannot read this request.";
const NOT_HERE: &str = "There is nothing at this address.";
const OTHER_SITE: &str = "Another site sent this request, so it was refused.";
const BAD_LINK: &str =
    "This login link leads to an address that is not allowed. Open the page that you wanted instead.";
const USED_UP: &str = "This login is already finished. If you are not signed in, try again.";
const ACCOUNT: &str = "You are signed in, but the details of your account cannot be passed on to this application. Tell the operator.";
const NO_COOKIE: &str =
    "Your browser does not send back the cookie of this login. Allow cookies for this site, then try again.";
const LOOP: &str =
    "You signed in several times, but the sign-in does not reach this application. Tell the operator.";
const PROVIDER_AWAY: &str = "The login provider cannot be reached at the moment. Try again in a minute.";
const SIGNED_OUT: &str = "You are not signed in.";
const OTHER_SESSION: &str = "This page belongs to another sign-in. Load it again.";
const CANNOT_REFRESH: &str = "This sign-in cannot be renewed. Sign in again when it ends.";
const BUSY: &str = "The login gateway cannot sign in anybody at the moment. Try again in a minute.";
const OUR_FAULT: &str = "Something went wrong in the login gateway. Tell the operator.";
