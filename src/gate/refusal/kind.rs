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

impl Fault {
    /// For the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Proxy => "proxy",
            Self::Provider => "provider",
            Self::Operator => "operator",
            Self::Store => "store",
            Self::Us => "us",
        }
    }
}

/// What the page offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Nothing: it would be the same again.
    Never,
    /// A link that starts the login anew.
    TryAgain,
    /// A link to a login with another account: with this one it would be the same again.
    AnotherAccount,
    /// Both: something can be done about this account, or another one taken.
    AgainOrAnother,
    /// The same link, and the page follows it by itself after some seconds: this passes.
    Automatically,
}

impl Retry {
    /// Whether the same login once more can help.
    pub const fn is_again(self) -> bool {
        match self {
            Self::TryAgain | Self::AgainOrAnother | Self::Automatically => true,
            Self::Never | Self::AnotherAccount => false,
        }
    }

    /// Whether a login with another account can help.
    pub const fn is_another_account(self) -> bool {
        match self {
            Self::AnotherAccount | Self::AgainOrAnother => true,
            Self::Never | Self::TryAgain | Self::Automatically => false,
        }
    }
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
    LoginParameter "login_parameter" Caller BAD_REQUEST Never BAD_LOGIN_LINK
        "A parameter that authorization.from_login_url names is there twice, too long, or has characters that it cannot have. Correct the link."
    InitiateLoginForm "initiate_login_form" Caller BAD_REQUEST Never BAD_LOGIN_LINK
        "Let whoever starts the login send iss, target_link_uri and login_hint at most once each, as OpenID Connect Core section 4 says."
    InitiateLoginIssuer "initiate_login_issuer" Caller BAD_REQUEST Never BAD_LOGIN_LINK
        "Let whoever starts the login send the issuer of this client in iss, to the letter. Otherwise somebody tried to choose the provider."
    TooManyLogins "too_many_logins" Caller TOO_MANY_REQUESTS Automatically TOO_MANY
        "If these are people: raise server.logins_per_minute_per_address for many behind one address, or server.logins_per_minute."
    FlowReplayed "flow_replayed" Caller BAD_REQUEST TryAgain USED_UP
        "The person went back to the provider's answer, or somebody else got hold of it. If it happens at every login, see whether something on the way repeats requests."
    HostedDomain "hosted_domain" Caller FORBIDDEN AnotherAccount OTHER_ORGANISATION
        "The person chose an account of another organisation. If it should get in, add its domain to hosted_domain of this client."
    EmailNotVerified "email_not_verified" Caller FORBIDDEN AgainOrAnother VERIFY_EMAIL
        "Let the person verify the address at the provider, or mark it there as verified. If nobody can choose an address there that belongs to somebody else, write under the client: email_verified: ignore. For authentik see docs/providers.md."
    ClaimUnfit "claim_unfit" Provider FORBIDDEN AnotherAccount ACCOUNT
        "Map another claim, pick or bound its values under headers (docs/headers.md), or let the provider send text, a number, true or false, or a list of these, without control characters."
    IdentityTooLarge "identity_too_large" Provider FORBIDDEN AnotherAccount ACCOUNT
        "Let the provider send fewer values (for most of them: only the groups that this application needs), or map fewer claims."
    LoopCookieNotReturned "cookie_not_returned" Caller LOOP_DETECTED TryAgain NO_COOKIE
        "The browser blocks cookies, or something on the way removes Set-Cookie or Cookie. See whether the proxy passes both on."
    LoopCookieDomain "cookie_domain_mismatch" Operator LOOP_DETECTED Never LOOP
        "Browsers take no cookie for cookie.domain if strangers have names under it, as under duckdns.org (publicsuffix.org): write a longer one, or leave it out and give each host a client of its own. Otherwise something on the way removes the Set-Cookie of the callback."
    LoopCookieNotPassedOn "cookie_not_passed_on" Proxy LOOP_DETECTED Never LOOP
        "The browser has the cookie and sends it. Let the proxy pass Cookie on when it asks about a page (Traefik: authRequestHeaders is empty or lists Cookie; nginx: nothing sets or clears Cookie in the location of auth_request), and see that the page itself is opened over https."
    LoopCookieChanged "cookie_changed" Proxy LOOP_DETECTED TryAgain LOOP
        "Another program sets a cookie of that name for a domain above: give the client another cookie.name. Or something on the way cuts, encrypts or quotes cookies: except this one from it."
    LoopSessionNotFound "session_not_found" Operator LOOP_DETECTED TryAgain LOOP
        "The process that finished the login is not the one that is asked, or it was restarted. With the memory store run one replica, and see that the proxy sends its questions and the login to the same one."
    LoopSessionEnded "session_ended_at_once" Operator LOOP_DETECTED TryAgain LOOP
        "The line before says why it ended. If it is a lifetime, raise session.idle or session.absolute; else the provider ends it: see its own log."
    LoopClocks "clock_skew" Operator LOOP_DETECTED TryAgain CLOCKS
        "Set the clocks of the provider and of this machine by a time server, or raise clock_leeway."
    LoopStoreUnreachable "store_unreachable" Store LOOP_DETECTED TryAgain STORE_AWAY
        "The session store did not answer when the session was looked up: see the lines before, and whether the store of clients.yaml is up."
    SecureCookieOverHttp "scheme_http_with_secure_cookie" Proxy BAD_REQUEST Never OVER_HTTP
        "If people use https, the proxy says http all the same: let it believe X-Forwarded-Proto of the one in front of it (Traefik: forwardedHeaders.trustedIPs; Caddy: trusted_proxies; nginx: map $http_x_forwarded_proto), or speak TLS itself. If they do not, let the proxy redirect http to https."

    // Rules.
    PathAmbiguous "path_ambiguous" Caller BAD_REQUEST Never UNREADABLE
        "The path falls under a rule of this client in one way to read it and not in another (letter case, dot segments, encoded signs). If such paths are usual here, let the rule name the path above them, so that it is for all of them in each way to read them."
    OverrideAmbiguous "override_ambiguous" Caller BAD_REQUEST Never UNREADABLE
        "A header of the request (X-HTTP-Method-Override, X-HTTP-Method, X-Method-Override, X-Original-URL, X-Rewrite-URL) names a method or path for which another rule of this client holds, and some applications go by that. If callers need it, write rules that do not tell the two apart; if a proxy in front sets it, let it stop."
    ClientAddressUnknown "client_address_unknown" Proxy BAD_REQUEST Never GATEWAY
        "A rule has networks. Let the proxy send X-Forwarded-For with the address of the client (nginx: $remote_addr), in place of what the client sent; with Envoy, add it to the headers that ext_authz passes."
    RuleDenies "rule_denies" Caller FORBIDDEN Never NO_ENTRY
        "The log names the rule, which has policy: deny. See what it is for with: vestibule explain."
    SignInNeeded "sign_in_needed" Caller FORBIDDEN Never SIGNED_OUT
        "A rule with on_unauthenticated: 403 fits, so nobody is led to the login from there. Let the person sign in at another page first."
    NoSuchClaim "no_such_claim" Provider FORBIDDEN Never NOT_ADMITTED
        "The log names the rule and the claim that its require looks at; the provider did not send it, or sent it empty. Ask for the scope that brings it, let the provider put it into the ID token or userinfo, or write its place as the client's userinfo page has it."
    ClaimOtherForm "claim_other_form" Provider FORBIDDEN Never NOT_ADMITTED
        "The log names the rule and the claim. Its require compares texts, numbers, true and false, and lists of these: name the place inside of an object, or let the provider send a list."
    NotMember "not_member" Caller FORBIDDEN Never NOT_ADMITTED
        "The log names the rule, the claim and how many values it has. If this person should get in, give them the group or role at the provider, or change require of the rule. vestibule explain tells which of its parts fails."
    StepUpNeeded "step_up_needed" Caller FORBIDDEN Never STEP_UP
        "A rule asks for acr_values or max_age that the sign-in of this session does not meet. Let the person sign out and in again; to have the provider ask for it, set authorization.acr_values or authorization.max_age."

    // Access tokens.
    BearerTwice "bearer_twice" Caller BAD_REQUEST Never BEARER_TWICE
        "Let the program send one Authorization header. If the proxy adds one of its own, let it replace the caller's."
    BearerWithCookie "bearer_with_cookie" Caller BAD_REQUEST Never BEARER_WITH_COOKIE
        "A page that is signed in by its cookie sent an access token too. Send one of them, or let the token decide: bearer_options: { with_session: token }. If the token is the application's own affair: bearer: ignored in a rule."
    BearerNeeded "bearer_needed" Caller UNAUTHORIZED Never BEARER_NEEDED
        "Only access tokens are taken here: by bearer: required in a rule, or by bearer_only. Let the program send Authorization: Bearer. If a session is to do as well, write bearer: accepted in that rule."
    BearerMalformed "bearer_malformed" Caller UNAUTHORIZED Never BEARER_MALFORMED
        "Let the program send Authorization: Bearer, one blank, the token, and nothing else."
    BearerTooLong "bearer_too_long" Caller UNAUTHORIZED Never BEARER_MALFORMED
        "Tokens of at most 16 KiB are read. Let the issuer put less into them."
    BearerOpaque "bearer_opaque" Caller UNAUTHORIZED Never BEARER_MALFORMED
        "The token is no JWT. If the issuer gives such, let it be asked about them: introspection: opaque in its table under bearer. Otherwise let it give JWTs for this API."
    BearerEncrypted "bearer_encrypted" Caller UNAUTHORIZED Never BEARER_MALFORMED
        "Encrypted access tokens are not opened here. Let the issuer only sign them, or be asked about them: introspection: opaque in its table under bearer."
    BearerUnreadable "bearer_unreadable" Caller UNAUTHORIZED Never BEARER_MALFORMED
        "The token was cut off or changed on its way, or is none. Nothing needs to be done."
    BearerAlgorithm "bearer_algorithm" Caller UNAUTHORIZED Never BEARER_INVALID
        "The log names the algorithm. If the issuer signs by it, add it to algorithms in its table under bearer; none and those that sign with a secret (HS256) are never taken."
    BearerCritical "bearer_critical" Caller UNAUTHORIZED Never BEARER_INVALID
        "The token asks for an extension that is not known here (crit). Let the issuer leave it out."
    BearerType "bearer_type" Caller UNAUTHORIZED Never BEARER_KIND
        "The token's typ is not at+jwt (RFC 9068). Let the issuer write that, or, if it cannot, write profile: jwt in its table under bearer; then it needs a claim that only access tokens have, such as scope. An ID token is never taken: let the program send its access token."
    BearerForeign "bearer_other_kind" Caller UNAUTHORIZED Never BEARER_KIND
        "This is an ID token, a logout token, a refresh token or a proof. Let the program send its access token."
    BearerKeyName "bearer_key_name" Caller UNAUTHORIZED Never BEARER_INVALID
        "The token's kid is no text of at most 256 bytes. Nothing needs to be done, unless the issuer makes such."
    BearerUnknownKey "bearer_unknown_key" Caller UNAUTHORIZED Never BEARER_INVALID
        "The issuer has no such key. If it changed its keys just now, this passes within half a minute. Otherwise somebody made the token up, or it is of another issuer of the same name."
    BearerSignature "bearer_signature" Caller UNAUTHORIZED Never BEARER_INVALID
        "The token was changed, or is not by the issuer that it names. Nothing needs to be done."
    BearerClaimMissing "bearer_claim_missing" Caller UNAUTHORIZED Never BEARER_INVALID
        "The log names the claim. iss, aud and exp are always needed: let the issuer send them. What only RFC 9068 asks for (sub, client_id, jti, iat) is not needed with profile: jwt in the issuer's table under bearer."
    BearerClaimForm "bearer_claim_form" Caller UNAUTHORIZED Never BEARER_INVALID
        "The log names the claim and what it should be. Report it to the issuer."
    BearerIssuer "bearer_issuer" Caller UNAUTHORIZED Never BEARER_ISSUER
        "The log names the issuer. If its tokens are to be taken, give it a table under bearer, its name written to the letter, and a place in bearer_issuers of the rule."
    BearerAudience "bearer_audience" Caller UNAUTHORIZED Never BEARER_AUDIENCE
        "The log names the audiences. Let the program ask for a token for this API (resource or audience), let the issuer put it in, or add it to audiences in the issuer's table under bearer. At Keycloak: a client scope with an audience mapper."
    BearerClient "bearer_client" Caller UNAUTHORIZED Never BEARER_INVALID
        "The log names the client that the token was issued to. If it may come in, add it to client_ids in the issuer's table under bearer."
    BearerExpired "bearer_expired" Caller UNAUTHORIZED Never BEARER_EXPIRED
        "Let the program fetch a new token. If it happens with new ones, set the clocks."
    BearerIssuedInFuture "bearer_issued_in_future" Caller UNAUTHORIZED Never BEARER_NOT_YET
        "Set the clocks of the issuer and of this machine by a time server, or raise clock_leeway."
    BearerNotYetValid "bearer_not_yet_valid" Caller UNAUTHORIZED Never BEARER_NOT_YET
        "Set the clocks of the issuer and of this machine by a time server, or raise clock_leeway."
    BearerInactive "bearer_inactive" Caller UNAUTHORIZED Never BEARER_INACTIVE
        "The issuer was asked and says no: the token is over, revoked, not its own, or not for the client that asks. Its log tells which."
    BearerBinding "bearer_binding" Caller UNAUTHORIZED Never BEARER_BOUND
        "The token is bound to a certificate, and bearer_options.certificate_header names no header, or to something else that cannot be checked here (cnf)."
    BearerCertificateMissing "bearer_certificate_missing" Caller UNAUTHORIZED Never BEARER_BOUND
        "The caller showed no certificate, or the proxy does not pass it in the header of bearer_options.certificate_header."
    BearerCertificateTwice "bearer_certificate_twice" Proxy UNAUTHORIZED Never BEARER_BOUND
        "Let the proxy replace the header with the certificate instead of adding to the caller's."
    BearerCertificateUnreadable "bearer_certificate_unreadable" Proxy UNAUTHORIZED Never BEARER_BOUND
        "Let the proxy pass the certificate as docs/bearer.md shows for it, and replace what the caller sent under that name."
    BearerCertificateOther "bearer_certificate_other" Caller UNAUTHORIZED Never BEARER_BOUND
        "Somebody uses a token that is bound to another certificate, or the program changed its certificate: then it needs a new token."
    BearerScope "bearer_scope" Caller FORBIDDEN Never BEARER_SCOPE
        "The log and the challenge name the scopes. Let the program ask for them, and the issuer grant them."
    BearerAuthentication "bearer_authentication" Caller UNAUTHORIZED Never BEARER_AUTHENTICATION
        "A rule asks for acr_values or max_age that the token does not meet. The challenge names them, so that the program can have the person sign in again (RFC 9470)."
    DpopOff "dpop_off" Caller UNAUTHORIZED Never DPOP_NOT_TAKEN
        "Tokens bound to a key are not taken here. If they are to be: bearer_options: { dpop: accepted }."
    DpopNeeded "dpop_needed" Caller UNAUTHORIZED Never DPOP_NEEDED
        "Only tokens bound to a key are taken here. Let the program use DPoP, or write bearer_options: { dpop: accepted }."
    DpopAsBearer "dpop_as_bearer" Caller UNAUTHORIZED Never DPOP_NEEDED
        "Somebody uses a token bound to a key without that key, or the program sends it in the wrong scheme: it must be Authorization: DPoP."
    DpopUnbound "dpop_unbound" Caller UNAUTHORIZED Never DPOP_UNBOUND
        "Let the program send a token that is bound to no key as Authorization: Bearer."
    DpopProofMissing "dpop_proof_missing" Caller UNAUTHORIZED Never DPOP_PROOF
        "Let the program send a proof in the header DPoP, and the proxy pass that header on to vestibule."
    DpopProofTwice "dpop_proof_twice" Caller UNAUTHORIZED Never DPOP_PROOF
        "Let the program send one header DPoP."
    DpopProofTooLong "dpop_proof_too_long" Caller UNAUTHORIZED Never DPOP_PROOF
        "A proof of more than 4 KiB is none. Nothing needs to be done."
    DpopProofUnreadable "dpop_proof_unreadable" Caller UNAUTHORIZED Never DPOP_PROOF
        "The log says what is wrong with the proof. Report it to the program's authors."
    DpopProofType "dpop_proof_type" Caller UNAUTHORIZED Never DPOP_PROOF
        "The proof's typ must be dpop+jwt. Report it to the program's authors."
    DpopProofAlgorithm "dpop_proof_algorithm" Caller UNAUTHORIZED Never DPOP_PROOF
        "The challenge lists the algorithms (algs). Report it to the program's authors."
    DpopProofKey "dpop_proof_key" Caller UNAUTHORIZED Never DPOP_PROOF
        "The proof must have the public key in jwk, of a kind and strength that is taken, and nothing private. Report it to the program's authors."
    DpopProofSignature "dpop_proof_signature" Caller UNAUTHORIZED Never DPOP_PROOF
        "The proof is not signed by the key in it. Nothing needs to be done."
    DpopProofClaim "dpop_proof_claim" Caller UNAUTHORIZED Never DPOP_PROOF
        "The log names the claim. Report it to the program's authors."
    DpopProofMethod "dpop_proof_method" Caller UNAUTHORIZED Never DPOP_PROOF
        "The proof is for another method. Somebody tries it elsewhere, or something on the way changes methods."
    DpopProofUrl "dpop_proof_url" Caller UNAUTHORIZED Never DPOP_PROOF
        "The log says which part differs. If it happens to every request, the proxy describes another address than the program sees: scheme, host or port."
    DpopProofTime "dpop_proof_time" Caller UNAUTHORIZED Never DPOP_PROOF
        "A proof is good for a minute. If it happens to every request, set the clocks, or demand a nonce: bearer_options: { dpop_nonce: true }."
    DpopProofToken "dpop_proof_token" Caller UNAUTHORIZED Never DPOP_PROOF
        "The proof is for another access token (ath). Nothing needs to be done."
    DpopProofOtherKey "dpop_proof_other_key" Caller UNAUTHORIZED Never DPOP_PROOF
        "Somebody uses a token with a key that it is not bound to. Nothing needs to be done."
    DpopNonce "dpop_nonce" Caller UNAUTHORIZED Never DPOP_NONCE
        "The program is to send the nonce of the answer in its next proof. Through nginx the header DPoP-Nonce must be passed on, as deploy/nginx/server.conf does."
    DpopReplayed "dpop_replayed" Caller UNAUTHORIZED Never DPOP_PROOF
        "The same proof came twice. If it happens often, something on the way repeats requests, or the proxy asks twice for one request."
    DpopFull "dpop_full" Us SERVICE_UNAVAILABLE Automatically TOKENS_BUSY
        "A million proofs came within minutes. See who sends them, and limit them at the proxy."
    TooManyTokens "too_many_tokens" Caller TOO_MANY_REQUESTS Automatically TOO_MANY_REQUESTS
        "One address sends many tokens that the issuer has to be asked about. If it is a gateway of many programs, let the issuer give JWTs and leave introspection at opaque, or raise introspection_cache."
    AuthorizationTooLarge "authorization_too_large" Operator FORBIDDEN Never GATEWAY
        "With token: remove every 200 says what Authorization the application gets, and this one does not fit. Let the proxy remove Authorization itself, and leave token: remove out, in bearer_options and in every rule."
    PassedTooLarge "passed_too_large" Operator FORBIDDEN Never GATEWAY
        "The log says which header takes most of the room. An assertion: list fewer claims under assertion. A token: let the provider put less into it (mostly groups and roles), or leave access_token_header or id_token_header out; the application can do with the assertion."
    CookiesTooLarge "cookies_too_large" Caller REQUEST_HEADER_FIELDS_TOO_LARGE Never COOKIES
        "With strip_cookie every 200 says which cookies the application gets, and those of this browser do not fit. If it happens to many: let the application set fewer or shorter ones, or let the proxy take vestibule's own out, and leave strip_cookie out."

    // The provider.
    ProviderUnreachable "provider_unreachable" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "See whether this machine reaches the provider: name, route, port, firewall."
    ProviderTls "provider_tls" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "See whether the provider's port speaks https, and its certificate is valid for its name. A private authority: name its file in ca_file."
    ProviderPrivateAddress "provider_private_address" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "See which endpoint of the discovery document leads into your own network. If it is meant to: danger_private_endpoints: true, or write endpoints."
    ProviderTimeout "provider_timeout" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "See whether the provider is overloaded, or a firewall drops packets to it."
    ProviderTooLarge "provider_too_large" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "See what answers at the provider's address; it may be another service."
    ProviderStatus "provider_status" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "The provider answers a question about an access token with a 5xx or 429: see its own log."
    ProviderFile "provider_file" Operator SERVICE_UNAVAILABLE Never GATEWAY
        "See whether the file is there, holds what the setting says, and vestibule may read it."

    // The provider's answer that the browser brings back.
    CallbackTooLong "callback_too_long" Caller BAD_REQUEST TryAgain LOGIN_ANSWER
        "Nothing needs to be done, unless it happens at every login: then the provider's answer is unusually long."
    CallbackParameterTwice "callback_parameter_twice" Caller BAD_REQUEST TryAgain LOGIN_ANSWER
        "Nothing needs to be done, unless it happens at every login: then something on the way changes addresses."
    CallbackParameterTooLong "callback_parameter_too_long" Caller BAD_REQUEST TryAgain LOGIN_ANSWER
        "Nothing needs to be done, unless it happens at every login: then the provider's answer is unusually long."
    CallbackParameterForm "callback_parameter_form" Caller BAD_REQUEST TryAgain LOGIN_ANSWER
        "Nothing needs to be done, unless it happens at every login: then something on the way changes addresses."
    CallbackOtherResponseType "callback_other_response_type" Caller BAD_REQUEST TryAgain LOGIN_ANSWER
        "Allow this client the authorization code flow only; at the provider, implicit and hybrid flow should be off."
    CallbackIssuerMissing "callback_issuer_missing" Caller BAD_REQUEST TryAgain LOGIN_ANSWER
        "If it happens at every login: the provider announces authorization_response_iss_parameter_supported and does not send iss. Report it to the provider."
    CallbackIssuer "callback_issuer" Caller BAD_REQUEST TryAgain LOGIN_ANSWER
        "If it happens at every login: write the issuer exactly as the provider calls itself. Otherwise somebody tried to mix up two providers."
    CallbackStateMissing "callback_state_missing" Caller BAD_REQUEST TryAgain NOT_FROM_HERE
        "Nothing needs to be done; crawlers and bookmarks do this."
    CallbackStateUnreadable "callback_state_unreadable" Caller BAD_REQUEST TryAgain NOT_FROM_HERE
        "If it happens after each restart or on some replicas: give all of them the same server.key_files."
    CallbackStateOtherClient "callback_state_other_client" Caller BAD_REQUEST TryAgain NOT_FROM_HERE
        "If it happens at every login: register at the provider exactly the redirect_uri of this client."
    CallbackStateExpired "callback_state_expired" Caller BAD_REQUEST TryAgain TOO_LATE
        "The person took longer than ten minutes to sign in. Nothing needs to be done."
    CallbackNoFlowCookie "callback_no_flow_cookie" Caller BAD_REQUEST TryAgain NO_FLOW_COOKIE
        "The browser blocks cookies, or the login ended in another browser than it began in. If it happens at every login, see whether the proxy passes on Set-Cookie and Cookie under /oidc/."
    CallbackOtherBrowser "callback_other_browser" Caller BAD_REQUEST TryAgain NO_FLOW_COOKIE
        "Somebody gave another person a login link that was half used. Nothing needs to be done."
    CallbackAccessDenied "callback_access_denied" Caller FORBIDDEN AgainOrAnother DENIED
        "The person said no, or the provider does not let this person use this client. The provider's log tells which."
    CallbackProviderUnavailable "callback_provider_unavailable" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "See the provider's own log."
    CallbackInteractionRequired "callback_interaction_required" Caller FORBIDDEN TryAgain DENIED
        "The provider wanted to ask the person something and was not allowed to. Nothing needs to be done."
    CallbackRegistration "callback_registration" Operator BAD_GATEWAY Never NOT_SET_UP
        "Compare client_id, redirect_uri, scopes and response_mode in clients.yaml with what is registered at the provider."
    CallbackProviderError "callback_provider_error" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "The provider answered with an error that no specification names; its own log tells more."
    CallbackCodeWithError "callback_code_with_error" Caller BAD_REQUEST TryAgain LOGIN_ANSWER
        "Nothing needs to be done, unless it happens at every login: then report it to the provider."
    CallbackCodeMissing "callback_code_missing" Caller BAD_REQUEST TryAgain LOGIN_ANSWER
        "Nothing needs to be done, unless it happens at every login: then response_mode in clients.yaml differs from what the provider uses."

    // The provider's metadata.
    DiscoveryRedirect "discovery_redirect" Operator SERVICE_UNAVAILABLE Never GATEWAY
        "Write the issuer exactly as the provider calls itself; a redirect mostly means that http, a slash or the path differs."
    DiscoveryStatus "discovery_status" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "Open the issuer with /.well-known/openid-configuration behind it. If there is nothing, the issuer in clients.yaml is mistyped."
    DiscoveryTooLarge "discovery_too_large" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "See what answers at the issuer's address; it may be another service."
    DiscoveryContentType "discovery_content_type" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "A page came instead of metadata, often of a proxy or of a provider that is starting. Open the address from this machine."
    DiscoveryUnreadable "discovery_unreadable" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "What came is no JSON object. Open the address from this machine."
    DiscoveryIssuer "discovery_issuer" Operator SERVICE_UNAVAILABLE Never GATEWAY
        "The issuer in clients.yaml and the one that the provider gives must be equal to the letter: copy the provider's."
    DiscoveryMemberMissing "discovery_member_missing" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "The provider does not announce what a login needs. See whether OpenID Connect is switched on there."
    DiscoveryMemberForm "discovery_member_form" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "The provider's metadata breaks OpenID Connect Discovery. Report it to the provider."
    DiscoveryEndpoint "discovery_endpoint" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "The provider announces an address that is not https. Tell the provider its public address."

    // The provider's keys.
    JwksRedirect "jwks_redirect" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "The provider announces a jwks_uri that has moved. Tell the provider its public address."
    JwksStatus "jwks_status" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "See the provider's own log."
    JwksTooLarge "jwks_too_large" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "Remove old keys at the provider."
    JwksContentType "jwks_content_type" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "A page came instead of keys. Open the provider's jwks_uri from this machine."
    JwksUnreadable "jwks_unreadable" Provider SERVICE_UNAVAILABLE Automatically PROVIDER_AWAY
        "What came is no JSON object. Open the provider's jwks_uri from this machine."
    JwksKeysMissing "jwks_keys_missing" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "Open the provider's jwks_uri: it has no list of keys."
    JwksTooManyKeys "jwks_too_many_keys" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "Remove old keys at the provider."
    JwksNoUsableKey "jwks_no_usable_key" Provider SERVICE_UNAVAILABLE Never PROVIDER_UNFIT
        "The log tells for each key why it is not used. Mostly: make an RSA key of 2048 bits or more at the provider."

    // The answer to a pushed authorization request.
    PushedNoEndpoint "pushed_no_endpoint" Operator BAD_GATEWAY Never NOT_SET_UP
        "The provider announces no endpoint for pushed authorization requests. Switch them on there, or leave authorization.pushed out."
    PushedRedirect "pushed_redirect" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "The provider announces a pushed_authorization_request_endpoint that has moved. Tell the provider its public address."
    PushedStatus "pushed_status" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "See the provider's own log."
    PushedTooLarge "pushed_too_large" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "See what answers at the provider's pushed_authorization_request_endpoint; it may be another service."
    PushedContentType "pushed_content_type" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "A page came instead of a request_uri. See the provider's own log, and whether something stands between."
    PushedUnreadable "pushed_unreadable" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "What came is no JSON object. See the provider's own log, and whether something stands between."
    PushedInvalidClient "pushed_invalid_client" Operator BAD_GATEWAY Never NOT_SET_UP
        "The provider does not know the client_id or does not take its proof. Copy client_id and secret or key from there."
    PushedRefused "pushed_refused" Operator BAD_GATEWAY Never NOT_SET_UP
        "The log names the provider's error. Compare redirect_uri, scopes and what stands under authorization with what is registered at the provider."
    PushedMemberMissing "pushed_member_missing" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "The provider breaks RFC 9126 section 2.2. Report it to the provider."
    PushedMemberForm "pushed_member_form" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "The provider breaks RFC 9126 section 2.2. Report it to the provider."

    // The tokens for a code, or for a refresh token.
    TokenClientAuthentication "token_client_authentication" Operator BAD_GATEWAY Never NOT_SET_UP
        "Allow client_secret_basic or client_secret_post for this client at the provider, or name in clients.yaml what it takes: token_endpoint_auth_method."
    TokenAssertionFile "token_assertion_file" Operator BAD_GATEWAY TryAgain GATEWAY
        "See whether the platform still writes a token into client_assertion_file, and whether vestibule may read it."
    TokenNotOverTls "token_not_over_tls" Operator BAD_GATEWAY Never GATEWAY
        "Let the provider announce https endpoints, or mtls_endpoint_aliases, or use another token_endpoint_auth_method."
    TokenRedirect "token_redirect" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "The provider announces a token_endpoint that has moved. Tell the provider its public address."
    TokenStatus "token_status" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "See the provider's own log."
    TokenTooLarge "token_too_large" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "Let the provider put less into the tokens, mostly fewer groups."
    TokenContentType "token_content_type" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "A page came instead of tokens. See the provider's own log, and whether something stands between."
    TokenUnreadable "token_unreadable" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "What came is no JSON object. See the provider's own log, and whether something stands between."
    TokenInvalidGrant "token_invalid_grant" Caller BAD_REQUEST TryAgain USED_UP
        "The code or refresh token was used before, is too old, or was revoked. If it happens at every login, compare redirect_uri with what is registered."
    TokenInvalidClient "token_invalid_client" Operator BAD_GATEWAY Never NOT_SET_UP
        "The provider does not know the client_id, or does not take the client's proof: compare secret, key or certificate with what is registered there. An assertion is also refused when the clocks differ by more than a minute."
    TokenRefused "token_refused" Operator BAD_GATEWAY Never NOT_SET_UP
        "The log names the provider's error. Compare scopes and allowed grant types with what is registered at the provider."
    TokenErrorWithSuccess "token_error_with_success" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "The provider breaks RFC 6749 section 5.2. Report it to the provider."
    TokenMemberMissing "token_member_missing" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "If id_token is missing, the client is not allowed OpenID Connect at the provider, or the scope openid."
    TokenMemberForm "token_member_form" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "The provider breaks RFC 6749 section 5.1. Report it to the provider."
    TokenType "token_type" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "Let the provider issue bearer tokens to this client; sender-constrained ones are not offered."

    // The ID token.
    IdTokenTooLong "id_token_too_long" Provider BAD_GATEWAY Never NOT_BELIEVED
        "Let the provider put less into the ID token, mostly fewer groups, or into userinfo."
    IdTokenEncrypted "id_token_encrypted" Operator BAD_GATEWAY Never NOT_BELIEVED
        "Set id_token_encrypted_response_alg and what belongs to it, or switch off the encryption of ID tokens for this client at the provider."
    IdTokenNotEncrypted "id_token_not_encrypted" Operator BAD_GATEWAY Never NOT_BELIEVED
        "Let the provider encrypt this client's ID tokens, or remove id_token_encrypted_response_alg."
    IdTokenEncryptionAlgorithm "id_token_encryption_algorithm" Operator BAD_GATEWAY Never NOT_BELIEVED
        "id_token_encrypted_response_alg and _enc must be the same in clients.yaml and at the provider."
    IdTokenEncryptionHeader "id_token_encryption_header" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider breaks RFC 7516 section 4, or compresses. Switch compression off for this client at the provider."
    IdTokenDecryption "id_token_decryption" Operator BAD_GATEWAY Never NOT_BELIEVED
        "The provider must encrypt to the public half of a key of decryption_key_files. After a change keep the old key for a while."
    IdTokenParts "id_token_parts" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider breaks RFC 7515 section 7.1. Report it to the provider."
    IdTokenEncoding "id_token_encoding" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider breaks RFC 7515 section 2. Report it to the provider."
    IdTokenUnreadable "id_token_unreadable" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider breaks RFC 7519 section 4. Report it to the provider."
    IdTokenAlgorithm "id_token_algorithm" Operator BAD_GATEWAY Never NOT_BELIEVED
        "The algorithm in clients.yaml and the one that the provider signs this client's ID tokens with must be the same."
    IdTokenCritical "id_token_critical" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider uses an extension that is not offered. Switch it off for this client."
    IdTokenType "id_token_type" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider sent a token of another kind in the place of the ID token. Report it to the provider."
    IdTokenKeyName "id_token_key_name" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider breaks RFC 7515 section 4.1.4. Report it to the provider."
    IdTokenKeyUnknown "id_token_key_unknown" Provider BAD_GATEWAY TryAgain NOT_BELIEVED
        "The key was fetched anew and is still not there. See whether all nodes of the provider publish the same keys."
    IdTokenKeysAmbiguous "id_token_keys_ambiguous" Provider BAD_GATEWAY Never NOT_BELIEVED
        "Let the provider name its keys (kid)."
    IdTokenSignature "id_token_signature" Provider BAD_GATEWAY TryAgain NOT_BELIEVED
        "The keys were fetched anew and the signature is still wrong. See whether all nodes of the provider sign with the published keys."
    IdTokenForeign "id_token_other_kind" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider sent a logout or event token in the place of the ID token. Report it to the provider."
    IdTokenClaimMissing "id_token_claim_missing" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider breaks OpenID Connect Core section 2. If nonce is missing, see whether it supports OpenID Connect for this client."
    IdTokenClaimForm "id_token_claim_form" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider breaks OpenID Connect Core section 2. Remove mappers that replace a standard claim."
    IdTokenIssuer "id_token_issuer" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider calls itself otherwise in its tokens than in its metadata. Tell the provider its public address."
    IdTokenAudience "id_token_audience" Provider BAD_GATEWAY Never OTHER_APPLICATION
        "The ID token is meant for another client. Compare client_id with what is registered, and remove audience mappers (in Keycloak: the mapper of type Audience, Add to ID token off)."
    IdTokenAuthorizedParty "id_token_authorized_party" Provider BAD_GATEWAY Never OTHER_APPLICATION
        "The ID token was issued to another client. Compare client_id with what is registered, and remove audience mappers."
    IdTokenExpired "id_token_expired" Provider BAD_GATEWAY TryAgain CLOCKS
        "Set the clocks of this machine and of the provider's by NTP."
    IdTokenIssuedInFuture "id_token_issued_in_future" Provider BAD_GATEWAY TryAgain CLOCKS
        "Set the clocks of this machine and of the provider's by NTP."
    IdTokenTooOld "id_token_too_old" Provider BAD_GATEWAY TryAgain CLOCKS
        "Set the clocks of this machine and of the provider's by NTP."
    IdTokenNotYetValid "id_token_not_yet_valid" Provider BAD_GATEWAY TryAgain CLOCKS
        "Set the clocks of this machine and of the provider's by NTP."
    IdTokenAcr "id_token_acr" Provider FORBIDDEN AgainOrAnother OTHER_WAY
        "The provider did not authenticate the person as acr_values or claims ask. See whether it offers that to this client and this person, and puts acr into the ID token."
    IdTokenAuthenticationTime "id_token_authentication_time" Provider FORBIDDEN TryAgain TOO_LONG_AGO
        "The provider did not ask the person to sign in anew as max_age says, or puts no auth_time into the ID token. See its settings for this client, and the clocks."
    IdTokenNonce "id_token_nonce" Caller BAD_REQUEST TryAgain LOGIN_ANSWER
        "Somebody put the code of one login into another. If it happens at every login, the provider does not return the nonce."
    IdTokenAccessTokenHash "id_token_access_token_hash" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider breaks OpenID Connect Core section 3.1.3.6. Report it to the provider."
    IdTokenChanged "id_token_changed" Provider BAD_GATEWAY TryAgain NOT_BELIEVED
        "A refresh brought the identity of somebody else, so the session was ended. Report it to the provider."

    // More about the person.
    UserinfoRedirect "userinfo_redirect" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "The provider announces a userinfo_endpoint that has moved. Tell the provider its public address."
    UserinfoNoEndpoint "userinfo_no_endpoint" Operator BAD_GATEWAY Never PROVIDER_UNFIT
        "With userinfo: true the claims of a token's person are asked for, and the issuer announces no userinfo_endpoint: leave it out, or write endpoints.userinfo at the client."
    UserinfoStatus "userinfo_status" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "See the provider's own log."
    UserinfoTooLarge "userinfo_too_large" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "Let the provider put less into userinfo, mostly fewer groups."
    UserinfoContentType "userinfo_content_type" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "A page came instead of claims. See the provider's own log, and whether something stands between."
    UserinfoUnreadable "userinfo_unreadable" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "What came is no JSON object. See the provider's own log, and whether something stands between."
    UserinfoSigned "userinfo_signed" Operator BAD_GATEWAY Never PROVIDER_FAULT
        "Set userinfo_signed_response_alg, or switch off signed or encrypted userinfo for this client at the provider."
    UserinfoNotSigned "userinfo_not_signed" Operator BAD_GATEWAY Never PROVIDER_FAULT
        "Let the provider sign this client's userinfo, or remove userinfo_signed_response_alg."
    UserinfoEncryption "userinfo_encryption" Operator BAD_GATEWAY Never PROVIDER_FAULT
        "userinfo_encrypted_response_alg and _enc must be the same in clients.yaml and at the provider, or be in neither."
    UserinfoDecryption "userinfo_decryption" Operator BAD_GATEWAY Never NOT_BELIEVED
        "The provider must encrypt to the public half of a key of decryption_key_files. After a change keep the old key for a while."
    UserinfoToken "userinfo_token" Provider BAD_GATEWAY Never NOT_BELIEVED
        "What came as signed userinfo is none. The line in the log says why. Report it to the provider."
    UserinfoAlgorithm "userinfo_algorithm" Operator BAD_GATEWAY Never NOT_BELIEVED
        "userinfo_signed_response_alg must be what the provider signs this client's userinfo with."
    UserinfoSignature "userinfo_signature" Provider BAD_GATEWAY TryAgain NOT_BELIEVED
        "The keys were fetched anew and none fits. See whether all nodes of the provider sign with the published keys."
    UserinfoIssuer "userinfo_issuer" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider leaves iss out of signed userinfo, or calls itself otherwise there. Report it to the provider."
    UserinfoAudience "userinfo_audience" Provider BAD_GATEWAY Never OTHER_APPLICATION
        "Signed userinfo is for another client, or for nobody. Compare client_id with what is registered."
    UserinfoTime "userinfo_time" Provider BAD_GATEWAY TryAgain CLOCKS
        "Set the clocks of this machine and of the provider's by NTP."
    UserinfoSubjectMissing "userinfo_subject_missing" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "The provider breaks OpenID Connect Core section 5.3.2. Report it to the provider."
    UserinfoSubject "userinfo_subject" Provider BAD_GATEWAY Never NOT_BELIEVED
        "The provider answered about another person. Report it to the provider."

    // What the provider says about an access token.
    IntrospectionNoEndpoint "introspection_no_endpoint" Operator BAD_GATEWAY Never PROVIDER_UNFIT
        "The provider announces no endpoint that could be asked about tokens. Switch it on there, write introspection_endpoint in its table under bearer, or leave introspection out."
    IntrospectionTokenFile "introspection_token_file" Operator BAD_GATEWAY TryAgain GATEWAY
        "See whether a bearer token still lies in the file that introspection_client.bearer_token_file names, and whether vestibule may read it."
    IntrospectionRedirect "introspection_redirect" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "The provider announces an introspection_endpoint that has moved. Tell the provider its public address."
    IntrospectionStatus "introspection_status" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "See the provider's own log."
    IntrospectionTooLarge "introspection_too_large" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "Let the provider say less about a token, mostly fewer groups."
    IntrospectionContentType "introspection_content_type" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "What came is neither JSON nor a signed answer of RFC 9701 that was asked for. See the provider's own log, and whether something stands between."
    IntrospectionUnreadable "introspection_unreadable" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "What came is no JSON object. See the provider's own log, and whether something stands between."
    IntrospectionRefused "introspection_refused" Operator BAD_GATEWAY Never NOT_SET_UP
        "The provider does not know who asks about tokens, or does not take the proof, or lets others ask only: compare id and secret, key, certificate or token with what is registered there, and what that client is allowed."
    IntrospectionNotSigned "introspection_not_signed" Operator BAD_GATEWAY Never PROVIDER_FAULT
        "Let the provider sign what it says about tokens to this client (introspection_signed_response_alg of its registration there), or leave that setting out here."
    IntrospectionToken "introspection_token" Provider BAD_GATEWAY TryAgain PROVIDER_FAULT
        "What came as a signed answer about a token is not believed. The line in the log says why: keys and algorithm, issuer, client_id, or the clocks."
    IntrospectionMemberForm "introspection_member_form" Provider BAD_GATEWAY Never PROVIDER_FAULT
        "The provider breaks RFC 7662 section 2.2, or RFC 9701 section 5. Report it to the provider."

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
        "Raise server.max_sessions, or shorten session.idle. Where sessions are kept in a file, see whether its disk is full."
    StoreUnavailable "store_unavailable" Store SERVICE_UNAVAILABLE Automatically STORE_AWAY
        "See whether the store of clients.yaml is up and answers within a quarter of a second. No session is lost by this: as soon as it answers, requests go through again."
    StoreFull "store_full" Store SERVICE_UNAVAILABLE TryAgain BUSY
        "A million logins were finished within ten minutes: somebody sends them by a program. Limit requests to /oidc/ at the proxy."
    LogoutScope "logout_scope" Caller BAD_REQUEST Never SIGN_OUT_LINK
        "Let the link to sign out say scope=app, scope=session or scope=everywhere, once, or nothing of it."
    SignedOutMeanwhile "signed_out_meanwhile" Caller CONFLICT TryAgain MEANWHILE
        "The provider ended the session, or the person signed out everywhere, after this login was begun. Nothing needs to be done."

    // Logouts that the provider tells of.
    LogoutTokenMissing "logout_token_missing" Caller BAD_REQUEST Never UNREADABLE
        "Nothing needs to be done, unless the provider sent it: a back-channel logout is a form with one logout_token."
    LogoutTokenUnreadable "logout_token_unreadable" Caller BAD_REQUEST Never UNREADABLE
        "Nothing needs to be done, unless the provider sent it: a logout token is a signed JWT that is not encrypted."
    LogoutTokenAlgorithm "logout_token_algorithm" Caller BAD_REQUEST Never UNREADABLE
        "If the provider sent it, it signs logout tokens otherwise than ID tokens: let it sign both by id_token_signed_response_alg."
    LogoutTokenKey "logout_token_key" Caller BAD_REQUEST Never UNREADABLE
        "If the provider sent it, see whether all nodes of the provider publish the same keys."
    LogoutTokenSignature "logout_token_signature" Caller BAD_REQUEST Never UNREADABLE
        "If the provider sent it, see whether all nodes of the provider sign with the published keys. Otherwise somebody tried to sign people out."
    LogoutTokenType "logout_token_type" Provider BAD_REQUEST Never UNREADABLE
        "The token says that it is of another kind, or under logout.require_typ nothing at all. If it is a logout token, let the provider say typ: logout+jwt."
    LogoutTokenIssuer "logout_token_issuer" Provider BAD_REQUEST Never UNREADABLE
        "The provider calls itself otherwise in its logout tokens than in its metadata. Tell the provider its public address."
    LogoutTokenAudience "logout_token_audience" Provider BAD_REQUEST Never UNREADABLE
        "The logout token is meant for another client. Register for each client the backchannel_logout_uri with its own name in it."
    LogoutTokenTime "logout_token_time" Provider BAD_REQUEST Never UNREADABLE
        "The logout token came too late or too early. Set the clocks of this machine and of the provider's by NTP."
    LogoutTokenClaim "logout_token_claim" Provider BAD_REQUEST Never UNREADABLE
        "The provider breaks OpenID Connect Back-Channel Logout section 2.4: iss, aud, iat, exp and jti are needed. Report it to the provider."
    LogoutTokenSubject "logout_token_subject" Provider BAD_REQUEST Never UNREADABLE
        "The provider does not say whose session ended. Let it send sid (backchannel_logout_session_required) or sub."
    LogoutTokenEvent "logout_token_event" Provider BAD_REQUEST Never UNREADABLE
        "The token is no logout token: events has not the member that makes it one. Report it to the provider."
    LogoutTokenNonce "logout_token_nonce" Provider BAD_REQUEST Never UNREADABLE
        "The token has a nonce, so it may be an ID token. Report it to the provider."
    LogoutTokenReplayed "logout_token_replayed" Caller BAD_REQUEST Never UNREADABLE
        "A logout token came twice: the provider sent it again although it was answered, or somebody got hold of it. Nothing needs to be done."
    LogoutsFull "logouts_full" Store SERVICE_UNAVAILABLE TryAgain BUSY
        "A million logouts came within a quarter of an hour. The sessions ended all the same; only a login under way at that moment may go on."
    TooManyLogouts "too_many_logouts" Caller TOO_MANY_REQUESTS Never UNREADABLE
        "Somebody makes logout tokens up. If it is the provider: see the refusals before this one, and what it encrypts to."
    FrontchannelLogout "frontchannel_logout" Caller BAD_REQUEST Never UNREADABLE
        "Nothing needs to be done, unless the provider sent it: let it send iss and sid (frontchannel_logout_session_required)."

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
    TestingProfileRemote "testing_profile_remote" Operator FORBIDDEN Never ONLY_HERE
        "Remove danger_testing_profile from the client: other machines reach it through the proxy, or it is asked for under a name of another machine. On this one use localhost, or let the proxy hand on Host."
    InternalFault "internal_fault" Us INTERNAL_SERVER_ERROR TryAgain OUR_FAULT
        "This is a mistake in vestibule. Report it with the log lines of this request."
}

const GATEWAY: &str = "The login gateway is not set up correctly. Tell the operator.";
const UNREADABLE: &str = "The login gateway cannot read this request.";
const NOT_HERE: &str = "There is nothing at this address.";
const OTHER_SITE: &str = "Another site sent this request, so it was refused.";
const BAD_LINK: &str =
    "This login link leads to an address that is not allowed. Open the page that you wanted instead.";
const BAD_LOGIN_LINK: &str = "This login link cannot be used. Open the page that you wanted instead.";
const TOO_MANY: &str = "Too many people sign in from your network at the moment. Try again in a minute.";
const OTHER_WAY: &str = "This application needs another way of signing in than the one that you used. Try again, and use the way that it asks for.";
const TOO_LONG_AGO: &str = "You signed in at the login provider too long ago for this application. Try again, and sign in there anew.";
const USED_UP: &str = "This login is already finished. If you are not signed in, try again.";
const ACCOUNT: &str = "You are signed in, but the details of your account cannot be passed on to this application. Tell the operator.";
const OTHER_ORGANISATION: &str = "This account does not belong to an organisation that may use this application. Try again with another account.";
const VERIFY_EMAIL: &str = "The login provider has not verified your e-mail address. Verify it there, mostly by a link in a message that it sends you, then try again.";
const NO_COOKIE: &str =
    "Your browser does not send back the cookie of this login. Allow cookies for this site, then try again.";
const LOOP: &str =
    "You signed in several times, but the sign-in does not reach this application. Tell the operator.";
const COOKIES: &str =
    "Your browser sends more cookies than fit. Delete the cookies of this site, and load the page again.";
const OVER_HTTP: &str = "Signing in works over https only, and this page was opened over http. Open it with https:// in front. If it was, tell the operator.";
const LOGIN_ANSWER: &str = "The answer of the login provider cannot be used. Try again.";
const NOT_FROM_HERE: &str = "This address belongs to a login that was not started here. Try again.";
const TOO_LATE: &str = "This login was started more than ten minutes ago and is no longer valid. Try again.";
const NO_FLOW_COOKIE: &str = "Cookies are blocked, or this login was started in another browser. Allow cookies for this site, then try again.";
const DENIED: &str = "The login provider did not let you in. If that was not your choice, tell the operator.";
const NOT_SET_UP: &str = "The login provider refused this application. Tell the operator.";
const PROVIDER_FAULT: &str =
    "The login provider sent an answer that cannot be used. Tell the operator if trying again does not help.";
const NOT_BELIEVED: &str =
    "The login provider sent a proof of identity that cannot be believed. Tell the operator.";
const OTHER_APPLICATION: &str =
    "The login provider sent an answer meant for another application. Tell the operator.";
const CLOCKS: &str =
    "The clocks of the login provider and of this gateway differ too much. Tell the operator.";
const PROVIDER_AWAY: &str = "The login provider cannot be reached at the moment. Try again in a minute.";
const PROVIDER_UNFIT: &str = "The login provider cannot be used as it is set up. Tell the operator.";
const SIGNED_OUT: &str = "You are not signed in.";
const OTHER_SESSION: &str = "This page belongs to another sign-in. Load it again.";
const SIGN_OUT_LINK: &str = "This link to sign out does not say what it should end. You are not signed out.";
const MEANWHILE: &str = "You were signed out while this login was under way. Try again.";
const CANNOT_REFRESH: &str = "This sign-in cannot be renewed. Sign in again when it ends.";
const BUSY: &str = "The login gateway cannot sign in anybody at the moment. Try again in a minute.";
const STORE_AWAY: &str =
    "The login gateway cannot look up sign-ins at the moment. You are not signed out. Try again in a minute.";
const TOKENS_BUSY: &str = "The gateway cannot check access tokens at the moment. Try again in a minute.";
const ONLY_HERE: &str = "This application is being tried out and is not for other machines.";
const OUR_FAULT: &str = "Something went wrong in the login gateway. Tell the operator.";
const TOO_MANY_REQUESTS: &str =
    "Too many requests come from your network at the moment. Try again in a minute.";
const NO_ENTRY: &str = "There is no entry at this address.";
const NOT_ADMITTED: &str = "Your account may not use this page. If it should, tell the operator.";
const STEP_UP: &str = "This page needs a newer or stronger sign-in than yours. Sign out, and sign in again.";
const BEARER_TWICE: &str = "The request has more than one Authorization header.";
const BEARER_WITH_COOKIE: &str = "The request has both an access token and a session cookie.";
const BEARER_NEEDED: &str = "An access token is needed.";
const BEARER_MALFORMED: &str = "The credential is not an access token.";
const BEARER_INVALID: &str = "The access token is not valid.";
const BEARER_KIND: &str = "The token is not an access token.";
const BEARER_ISSUER: &str = "The access token is by an issuer that is not trusted here.";
const BEARER_AUDIENCE: &str = "The access token is for another audience.";
const BEARER_EXPIRED: &str = "The access token has expired.";
const BEARER_NOT_YET: &str = "The access token is not valid yet.";
const BEARER_INACTIVE: &str = "The access token is not active.";
const BEARER_BOUND: &str = "The access token is bound to something that was not shown.";
const BEARER_SCOPE: &str = "The access token lacks a scope.";
const BEARER_AUTHENTICATION: &str = "A newer or stronger authentication of the person is needed.";
const DPOP_NOT_TAKEN: &str = "The scheme DPoP is not taken here.";
const DPOP_NEEDED: &str = "The access token must come with a DPoP proof.";
const DPOP_UNBOUND: &str = "The access token is not bound to a key.";
const DPOP_PROOF: &str = "The DPoP proof is not valid.";
const DPOP_NONCE: &str = "The DPoP proof needs the nonce of this answer.";
