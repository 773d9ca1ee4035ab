//! `bearer_only`: a client at which nobody signs in, and what means nothing there.

use super::Judge;
use crate::config::file::ClientAsWritten;
use crate::config::form::Written;
use crate::config::problem::Finding;
use crate::config::report::Problem;

/// Whether every table of access tokens names an issuer.
pub(super) fn has_issuers_of_its_own(written: &ClientAsWritten) -> bool {
    let tables = written.bearer.given().map(|at| at.value.0.as_slice()).unwrap_or_default();
    !tables.is_empty() && tables.iter().all(|(_, at)| !at.value.issuer.is_absent())
}

/// Whether a table of access tokens names the client's own issuer.
pub(super) fn names_again(written: &ClientAsWritten, issuer: &str) -> bool {
    let tables = written.bearer.given().map(|at| at.value.0.as_slice()).unwrap_or_default();
    tables.iter().any(|(_, at)| at.value.issuer.given().is_some_and(|at| at.value == issuer))
}

/// Settings about the client's own issuer where it has none.
pub(super) fn needs_an_issuer(judge: &mut Judge<'_>, written: &ClientAsWritten) {
    fn at<T>(written: &Written<T>) -> Option<Problem> {
        written.given().map(|at| at.problem(Finding::Idle { needs: "issuer" }))
    }
    let settings = [
        at(&written.tenants),
        at(&written.backchannel_url),
        at(&written.ca_file),
        at(&written.endpoints),
        at(&written.keys_refresh),
        at(&written.hosted_domain),
        at(&written.danger_http_issuer),
        at(&written.danger_private_endpoints),
    ];
    judge.problems.extend(settings.into_iter().flatten());
}

/// Settings of a sign-in where there is none.
pub(super) fn no_sign_in(judge: &mut Judge<'_>, written: &ClientAsWritten) {
    fn at<T>(written: &Written<T>) -> Option<Problem> {
        written.given().map(|at| at.problem(Finding::NoSignIn))
    }
    fn of_tokens<T>(written: &Written<T>, key: &'static str) -> Option<Problem> {
        written.given().map(|at| at.problem(Finding::NoSignInForTokens { key }))
    }
    let settings = [
        at(&written.redirect_uri),
        at(&written.login_choice),
        of_tokens(&written.scopes, "scopes"),
        at(&written.authorization),
        at(&written.response_mode),
        at(&written.token_parameters),
        at(&written.initiate_login),
        at(&written.id_token_signed_response_alg),
        at(&written.id_token_encrypted_response_alg),
        at(&written.id_token_encrypted_response_enc),
        at(&written.decryption_key_files),
        of_tokens(&written.audiences, "audiences"),
        at(&written.userinfo),
        at(&written.userinfo_signed_response_alg),
        at(&written.userinfo_encrypted_response_alg),
        at(&written.userinfo_encrypted_response_enc),
        at(&written.cookie),
        at(&written.session),
        at(&written.logout),
        at(&written.post_logout_redirect_uri),
        at(&written.danger_testing_profile),
        at(&written.access_token_header),
        at(&written.id_token_header),
    ];
    judge.problems.extend(settings.into_iter().flatten());
}
