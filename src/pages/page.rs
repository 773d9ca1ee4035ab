//! Which pages there are.

use super::facts::{Choice, Facts};

/// A page, and the template of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Page {
    /// Asks by which provider somebody wants to sign in.
    Chooser,
    /// Asks whether a sign-out that another site could have asked for is wanted.
    ConfirmSignOut,
    /// Says why somebody got no further.
    Error,
    /// Says that a session or a login is over, and leads to a new one.
    Expired,
    /// Says to somebody that they may not enter with their account, which that is, and how to be somebody else.
    Forbidden,
    /// Stands in a frame of another page in place of what needs a sign-in.
    Frame,
    /// Says that the provider cannot be reached, and tries again by itself.
    ProviderDown,
    /// Says that somebody is signed out.
    SignedOut,
    /// Says that more came than is taken, and tries again by itself.
    TooManyRequests,
    /// Says that a form was not handed on for want of a session, and how to send it without typing it again.
    UnsentForm,
}

impl Page {
    /// All of them, in the order of the alphabet.
    pub const ALL: [Self; 10] = [
        Self::Chooser,
        Self::ConfirmSignOut,
        Self::Error,
        Self::Expired,
        Self::Forbidden,
        Self::Frame,
        Self::ProviderDown,
        Self::SignedOut,
        Self::TooManyRequests,
        Self::UnsentForm,
    ];

    /// The name of its template.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Chooser => "chooser.html",
            Self::ConfirmSignOut => "confirm_sign_out.html",
            Self::Error => "error.html",
            Self::Expired => "expired.html",
            Self::Forbidden => "forbidden.html",
            Self::Frame => "frame.html",
            Self::ProviderDown => "provider_down.html",
            Self::SignedOut => "signed_out.html",
            Self::TooManyRequests => "too_many_requests.html",
            Self::UnsentForm => "unsent_form.html",
        }
    }

    /// What it says, for the documentation.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Chooser => "asks by which provider somebody wants to sign in",
            Self::ConfirmSignOut => {
                "asks whether a sign-out that another site could have asked for is wanted"
            }
            Self::Error => "says why somebody got no further",
            Self::Expired => "says that a session or a login is over, and leads to a new one",
            Self::Forbidden => {
                "says to somebody that they may not enter with their account, and which that is (403)"
            }
            Self::Frame => "stands in a frame of another page in place of what needs a sign-in (401)",
            Self::ProviderDown => "says that the provider cannot be reached, and tries again by itself (503)",
            Self::SignedOut => "says that somebody is signed out",
            Self::TooManyRequests => "says that more came than is taken, and tries again by itself (429)",
            Self::UnsentForm => {
                "says that a form was not handed on for want of a session, and that nothing is lost (401)"
            }
        }
    }

    /// The variables that somebody could not do without: its template must show them wherever they are given.
    pub const fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Chooser => &["title", "choices"],
            Self::ConfirmSignOut => &["title", "sentence", "sign_out", "return_to", "scope", "home"],
            Self::Error | Self::Expired | Self::ProviderDown | Self::TooManyRequests => {
                &["title", "sentence", "again", "code", "request_id"]
            }
            Self::Forbidden => &[
                "title",
                "sentence",
                "account",
                "again",
                "another_account",
                "sign_out",
                "code",
                "request_id",
            ],
            Self::Frame | Self::UnsentForm => &["title", "again", "code", "request_id"],
            Self::SignedOut => &["title", "sentence", "home"],
        }
    }

    /// All that it can be told, with texts that would do harm if they were not escaped, and that can be told apart.
    pub(super) fn sample(self) -> Facts<'static> {
        let has = |name: &str| self.needs().contains(&name);
        let given = |name: &str, value: &'static str| has(name).then_some(value);
        Facts {
            title: sample::TITLE,
            sentence: given("sentence", sample::SENTENCE),
            code: given("code", sample::CODE),
            request_id: given("request_id", sample::REQUEST_ID),
            provider: matches!(self, Self::Error | Self::ProviderDown).then_some(sample::PROVIDER),
            account: given("account", sample::ACCOUNT),
            again: given("again", sample::AGAIN),
            retry_seconds: matches!(self, Self::ProviderDown | Self::TooManyRequests).then_some(5),
            another_account: given("another_account", sample::ANOTHER_ACCOUNT),
            sign_out: given("sign_out", sample::SIGN_OUT),
            home: given("home", sample::HOME),
            return_to: given("return_to", sample::RETURN_TO),
            scope: given("scope", sample::SCOPE),
            choices: if has("choices") { sample::CHOICES } else { &[] },
        }
    }

    /// As little as it is ever told.
    pub(super) const fn bare_sample(self) -> Facts<'static> {
        let none = Facts {
            title: sample::TITLE,
            sentence: None,
            code: None,
            request_id: None,
            provider: None,
            account: None,
            again: None,
            retry_seconds: None,
            another_account: None,
            sign_out: None,
            home: None,
            return_to: None,
            scope: None,
            choices: &[],
        };
        match self {
            Self::ConfirmSignOut => {
                Facts { sign_out: Some(sample::SIGN_OUT), scope: Some(sample::SCOPE), ..none }
            }
            _ => none,
        }
    }

    /// What of the sample must be found in the page, as it is escaped there, with the name of the variable.
    pub(super) fn traces(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let all = [
            ("title", sample::TITLE),
            ("sentence", sample::SENTENCE),
            ("code", sample::CODE),
            ("request_id", sample::REQUEST_ID),
            ("account", sample::ACCOUNT),
            ("again", sample::AGAIN),
            ("another_account", sample::ANOTHER_ACCOUNT),
            ("sign_out", sample::SIGN_OUT),
            ("home", sample::HOME),
            ("return_to", sample::RETURN_TO),
            ("scope", sample::SCOPE),
            ("choices", sample::CHOICE),
        ];
        // The harmless part of each: what comes before the first character that is escaped.
        let trace = |text: &'static str| text.split(['<', '/', ':']).next().unwrap_or_default();
        all.into_iter()
            .filter(move |(name, _)| self.needs().contains(name))
            .map(move |(name, text)| (name, trace(text)))
    }
}

/// Values that no page has by itself.
pub(super) mod sample {
    use super::Choice;

    /// What is in each text, and in no template.
    pub(in crate::pages) const MARK: &str = "7f3a";
    /// What is in each text, and in no page.
    pub(in crate::pages) const HARM: &str = "<harm x='\"&";
    pub(super) const TITLE: &str = "title7f3a<harm x='\"&";
    pub(super) const SENTENCE: &str = "sentence7f3a<harm x='\"&";
    pub(super) const CODE: &str = "code7f3a<harm x='\"&";
    pub(super) const REQUEST_ID: &str = "request7f3a<harm x='\"&";
    pub(super) const PROVIDER: &str = "provider7f3a<harm x='\"&";
    pub(super) const ACCOUNT: &str = "account7f3a<harm x='\"&";
    pub(super) const AGAIN: &str = "again7f3a<harm x='\"&";
    pub(super) const ANOTHER_ACCOUNT: &str = "another7f3a<harm x='\"&";
    pub(super) const SIGN_OUT: &str = "signout7f3a<harm x='\"&";
    pub(super) const HOME: &str = "home7f3a<harm x='\"&";
    pub(super) const RETURN_TO: &str = "returnto7f3a<harm x='\"&";
    pub(super) const SCOPE: &str = "scope7f3a<harm x='\"&";
    pub(super) const CHOICE: &str = "choice7f3a<harm x='\"&";
    pub(super) const CHOICES: &[Choice<'static>] = &[
        Choice { name: "name7f3a<harm x='\"&", address: CHOICE, last: true },
        Choice { name: "name7f3a<harm x='\"&", address: CHOICE, last: false },
    ];
}
