//! What a person gets to see in place of an answer for programs.

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};

use super::respond::{self, Answer, RELOAD_AFTER, Use};
use super::same_site::{self, Site};
use super::service::Service;
use crate::config::{Client, own_path};
use crate::gate::dialect::Dialect;
use crate::gate::forwarded::Forwarded;
use crate::gate::language;
use crate::gate::navigation::{is_form, is_frame, is_navigation};
use crate::gate::refusal::{Fault, Kind, Refusal, Retry};
use crate::gate::return_to::{self, ReturnTo, Way};
use crate::pages::account;
use crate::pages::facts::Facts;
use crate::pages::language::Language;
use crate::pages::page::Page as Template;
use crate::pages::texts::Texts;
use crate::protocol::claims::Claims;

/// What the page of a refusal says beside the refusal itself.
#[derive(Clone, Copy, Default)]
pub(super) struct Page<'a> {
    /// The provider, where it is the one at fault.
    pub(super) provider: Option<&'a str>,
    /// Where trying again leads.
    pub(super) again: Option<&'a str>,
    /// Whether the same address may be asked again by the page itself, where the refusal is one that passes.
    pub(super) reload: Reload,
    /// The person, where a session is alive or the refusal is about their account.
    pub(super) person: Option<&'a Person>,
}

/// Whether asking the same address again can help.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reload {
    /// It can.
    #[default]
    Helps,
    /// It cannot: what the address carries is good once.
    Cannot,
}

/// Who somebody is to the provider, and how to be somebody else. It stands on a page that only they see, and in no log.
pub(super) struct Person {
    /// As [`account()`] has it; none where nobody said.
    pub(super) account: Option<String>,
    pub(super) another_account: String,
    /// None where there is nothing to end.
    pub(super) sign_out: Option<String>,
}

/// A subrequest that is answered, to a person or to a program.
pub(super) struct Asking<'a> {
    pub(super) service: &'a Service,
    pub(super) client: &'a Client,
    pub(super) dialect: Dialect,
    pub(super) forwarded: &'a Forwarded,
    /// How the pages lead to a sign-in.
    pub(super) way: Way,
    pub(super) request_id: &'a str,
}

/// A refusal: a page for a person, problem details (RFC 9457) for a program.
pub(super) fn refuse(
    service: &Service,
    headers: &HeaderMap,
    refusal: &Refusal,
    page: Page<'_>,
    request_id: &str,
) -> Answer {
    // A form that was sent by POST is a navigation too, so the method does not count here.
    if !is_navigation(headers, &Method::GET) {
        return respond::refuse_program(refusal, request_id);
    }
    let language = language::preferred(headers);
    let person = page.person.filter(|_| refusal.status() == StatusCode::FORBIDDEN);
    let template = template(refusal, person.is_some());
    let retry_seconds = (refusal.retry() == Retry::Automatically && page.reload == Reload::Helps)
        .then(|| wait(refusal).max(RELOAD_AFTER.into()));
    let facts = Facts {
        title: title(template, refusal.status(), language.texts()),
        sentence: Some(language.sentence(refusal.sentence())),
        code: Some(refusal.code()),
        request_id: Some(request_id),
        provider: page.provider,
        account: person.and_then(|person| person.account.as_deref()),
        again: page.again.filter(|_| refusal.retry().is_again()),
        retry_seconds,
        another_account: person.map(|person| person.another_account.as_str()),
        sign_out: person.and_then(|person| person.sign_out.as_deref()),
        ..Facts::default()
    };
    let mut answer = self::page(service, refusal.status(), template, language, &facts, &Use::Read);
    if let Some(seconds) = retry_seconds {
        // As the element of the same meaning, but also for a template of the operator's, which need not know of it.
        answer.headers_mut().insert(REFRESH, HeaderValue::from(seconds));
    }
    respond::refuse_person(answer, refusal, request_id)
}

/// A page by the templates of this installation.
pub(super) fn page(
    service: &Service,
    status: StatusCode,
    page: Template,
    language: Language,
    facts: &Facts<'_>,
    use_of_it: &Use,
) -> Answer {
    let pages = &service.config.server.pages;
    let rendered = pages.render(page, language, facts);
    if let Some(fault) = &rendered.fault {
        tracing::error!(code = "template_failed", fault = "operator", template = page.file(), why = %fault);
    }
    respond::html(status, rendered, language, use_of_it, !pages.replaced().is_empty())
}

impl Asking<'_> {
    /// A refusal in the words of the dialect, to somebody who may be signed in as `claims` say.
    pub(super) fn refuse(&self, headers: &HeaderMap, refusal: &Refusal, claims: Option<&Claims>) -> Answer {
        if self.dialect == Dialect::Nginx {
            return respond::refuse_for_nginx(refusal, self.request_id);
        }
        let person = claims.map(|claims| self.signed_in(claims));
        let provider = (refusal.fault() == Fault::Provider).then(|| self.client.issuer.as_str());
        // What asks again by itself asks with GET, and what was sent would be lost.
        let is_read = matches!(*self.forwarded.method(), Method::GET | Method::HEAD);
        let reload = if is_read { Reload::Helps } else { Reload::Cannot };
        let page = Page { provider, again: None, reload, person: person.as_ref() };
        refuse(self.service, headers, refusal, page, self.request_id)
    }

    /// A 401 that asks for a sign-in, with a page in place of its body where a person sees it: whoever sent a form, and whoever looks
    /// at a frame. Nobody is led away from either, so that nothing is lost and nothing loops. Only about a form of the application's own
    /// the page says how to send it again. When another site's is loaded again, a browser either keeps the session cookie back once more
    /// (RFC 6265bis section 8.8.5), or sends it, and the form does whatever that site wrote into it in the name of the person.
    pub(super) fn shown(
        &self,
        answer: Answer,
        headers: &HeaderMap,
        page_before: &ReturnTo,
        code: &'static str,
    ) -> Answer {
        let language = language::preferred(headers);
        let texts = language.texts();
        let method = self.forwarded.method();
        let before = page_before.clone();
        let (template, title, sentence, return_to, use_of_it) = match () {
            () if self.dialect == Dialect::Nginx => return answer,
            () if is_form(headers, method) => match same_site::of_form(headers, self.client) {
                Site::Own => (Template::UnsentForm, texts.unsent_form_heading, None, before, Use::Read),
                site => {
                    let why = if site == Site::Other { Kind::CrossSite } else { Kind::SignInNeeded };
                    let sentence = Some(language.sentence(why.sentence()));
                    (Template::Expired, texts.sign_in_needed, sentence, before, Use::Read)
                }
            },
            () if is_frame(headers, method) => {
                let itself = return_to::from_forwarded(self.forwarded, self.client);
                (Template::Frame, texts.frame_heading, None, itself, Use::Frame(framed_by(self.client)))
            }
            () => return answer,
        };
        let again = return_to::url(self.way, self.client, &return_to);
        let facts = Facts {
            title,
            sentence,
            code: Some(code),
            request_id: Some(self.request_id),
            again: Some(&again),
            ..Facts::default()
        };
        let page = page(self.service, answer.status(), template, language, &facts, &use_of_it);
        // Status, challenges and marks stay; what is about the body is the page's.
        let (mut head, _) = answer.into_parts();
        let (of_page, body) = page.into_parts();
        for (name, value) in &of_page.headers {
            head.headers.insert(name, value.clone());
        }
        Answer::from_parts(head, body)
    }

    fn signed_in(&self, claims: &Claims) -> Person {
        let return_to = return_to::from_forwarded(self.forwarded, self.client);
        Person {
            account: account(claims),
            another_account: return_to::another_account_url(self.way, self.client, &return_to),
            sign_out: Some(sign_out(self.client)),
        }
    }
}

/// What the person is called on a page that only they see.
pub(super) fn account(claims: &Claims) -> Option<String> {
    let claim = |name: &str| claims.as_json().get(name)?.as_str().and_then(account::shown);
    NAMES.iter().find_map(|name| claim(name))
}

/// Where somebody who has a session ends it.
pub(super) fn sign_out(client: &Client) -> String {
    format!("{}{}", client.origin, own_path(&client.name, "logout"))
}

/// Which page says it.
fn template(refusal: &Refusal, is_about_person: bool) -> Template {
    match (refusal.status(), refusal.kind()) {
        (StatusCode::FORBIDDEN, _) if is_about_person => Template::Forbidden,
        (StatusCode::TOO_MANY_REQUESTS, _) => Template::TooManyRequests,
        (StatusCode::SERVICE_UNAVAILABLE, _) if refusal.fault() == Fault::Provider => Template::ProviderDown,
        (_, Kind::CallbackStateExpired | Kind::NoSession | Kind::SignedOutMeanwhile) => Template::Expired,
        _ => Template::Error,
    }
}

const fn title(template: Template, status: StatusCode, texts: &Texts) -> &'static str {
    match (template, status.as_u16()) {
        (Template::Forbidden, _) => texts.forbidden_heading,
        (Template::Expired, _) => texts.expired_heading,
        (Template::TooManyRequests, _) => texts.too_many_heading,
        (_, 401) => texts.sign_in_needed,
        (_, 403) => texts.no_entry,
        (_, 404) => texts.nothing_here,
        (_, 503) => texts.not_available,
        (_, 500..=599) => texts.went_wrong,
        _ => texts.did_not_work,
    }
}

/// Seconds that somebody who came too often has to wait.
fn wait(refusal: &Refusal) -> u64 {
    match refusal {
        Refusal::TooManyLogins { wait } | Refusal::TooManyTokens { wait } => wait.as_secs(),
        _ => 0,
    }
}

/// Who may frame the page that stands in a frame: the pages that the client guards, and those of its own origin.
fn framed_by(client: &Client) -> String {
    let scheme = client.scheme.as_str();
    let hosts = client.hosts.iter().map(|host| format!(" {scheme}://{host}"));
    // What does not fit a head is not framed.
    hosts.fold("'self'".to_owned(), |sources, host| {
        if sources.len() + host.len() <= MAX_SOURCES { sources + &host } else { sources }
    })
}

/// Bytes of the sources that may frame a page.
const MAX_SOURCES: usize = 1024;
/// Claims by which people know an account, the best first.
const NAMES: [&str; 4] = ["preferred_username", "email", "name", "sub"];
const REFRESH: HeaderName = HeaderName::from_static("refresh");
