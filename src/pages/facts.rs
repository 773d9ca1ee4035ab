//! What a page is told.

use minijinja::value::Value;

/// One declaration gives the type, and the names for the check and the documentation.
macro_rules! facts {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty,)+) => {
        /// The variables of a template. Every page has all of them; those that it has nothing to say about are empty, which counts as
        /// false in an `if`. All are in the person's language where they are texts.
        #[derive(Clone, Copy, Debug, Default)]
        pub struct Facts<'a> {
            $($(#[doc = $doc])+ pub $name: $kind,)+
        }

        impl Facts<'_> {
            /// Their names, with what each is.
            pub const NAMES: &'static [(&'static str, &'static [&'static str])] =
                &[$((stringify!($name), &[$($doc),+]),)+];

            /// Each name with its value.
            pub(super) fn each(&self) -> impl Iterator<Item = (&'static str, Value)> + use<> {
                [$((stringify!($name), Fact::value(self.$name))),+].into_iter()
            }
        }
    };
}

facts! {
    /// The heading.
    title: &'a str,
    /// What happened, or what is asked, in a sentence or two.
    sentence: Option<&'a str>,
    /// The refusal code.
    code: Option<&'a str>,
    /// What the operator finds the log line by.
    request_id: Option<&'a str>,
    /// The issuer of the provider, where it is the one at fault.
    provider: Option<&'a str>,
    /// Who the person is signed in as, as the provider calls them.
    account: Option<&'a str>,
    /// Where trying or signing in again leads, if it can help.
    again: Option<&'a str>,
    /// Seconds until the page asks again by itself, which the header `Refresh` does.
    retry_seconds: Option<u64>,
    /// Where a login with another account begins.
    another_account: Option<&'a str>,
    /// Where a sign-out begins; on `confirm_sign_out` where its form goes, by POST.
    sign_out: Option<&'a str>,
    /// The application.
    home: Option<&'a str>,
    /// What the form of `confirm_sign_out` sends as `rd`: where to go afterwards.
    return_to: Option<&'a str>,
    /// What it sends as `scope`: how much ends.
    scope: Option<&'a str>,
    /// The providers to choose from, each with `name`, `address` (where the login begins) and `last` (whether it was chosen last).
    choices: &'a [Choice<'a>],
}

/// A provider to choose.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Where the login begins.
    pub address: &'a str,
    /// Whether this browser chose it last.
    pub last: bool,
}

/// What can be a variable.
trait Fact {
    fn value(self) -> Value;
}

impl Fact for &str {
    fn value(self) -> Value {
        Value::from(self)
    }
}

impl Fact for u64 {
    fn value(self) -> Value {
        Value::from(self)
    }
}

impl<F: Fact> Fact for Option<F> {
    fn value(self) -> Value {
        self.map_or(Value::from(()), F::value)
    }
}

impl Fact for &[Choice<'_>] {
    fn value(self) -> Value {
        let choice = |choice: &Choice<'_>| {
            Value::from_pairs([
                ("name", Value::from(choice.name)),
                ("address", Value::from(choice.address)),
                ("last", Value::from(choice.last)),
            ])
        };
        Value::from(self.iter().map(choice).collect::<Vec<_>>())
    }
}
