//! The ways in which proxies ask.

/// Which headers describe the forwarded request, and which answers the proxy can pass on. Chosen by the path that the
/// operator configured, never by what a request carries: a client can send every header of every dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `/auth`: Traefik, Caddy, HAProxy, Apache. `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri`, `-For`.
    Forwarded,
    /// `/auth/nginx`: nginx and ingress-nginx. `X-Original-URL`, `X-Original-Method`. Answers are 200, 401 or 403 only.
    Nginx,
    /// `/auth/envoy/*`: Envoy `ext_authz`, Gateway API. Its own method, `Host`, and the path after the prefix.
    Envoy,
}
