//! What the pages say by themselves. A language that lacks one of them does not compile.

/// One declaration gives the type, and the names for the check and the documentation.
macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// The texts of one language. Templates have them as `text.…`.
        #[derive(Clone, Copy, Debug)]
        pub struct Texts {
            $($(#[doc = $doc])+ pub $name: &'static str,)+
        }

        impl Texts {
            /// Their names, with what each is for.
            pub const NAMES: &'static [(&'static str, &'static [&'static str])] =
                &[$((stringify!($name), &[$($doc),+]),)+];

            /// Each name with its text.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
                [$((stringify!($name), self.$name)),+].into_iter()
            }
        }
    };
}

texts! {
    // Headings.
    /// Heading of an error for which somebody has to sign in (401).
    sign_in_needed,
    /// Heading of an error that forbids (403).
    no_entry,
    /// Heading where there is nothing (404).
    nothing_here,
    /// Heading where something is away that comes back (503).
    not_available,
    /// Heading where something went wrong on our side (5xx).
    went_wrong,
    /// Heading of everything else.
    did_not_work,
    /// Heading for somebody who is signed in and may not enter.
    forbidden_heading,
    /// Heading where a session or a login is over.
    expired_heading,
    /// Heading where more came than is taken (429).
    too_many_heading,
    /// Heading where a form was sent without a session.
    unsent_form_heading,
    /// Heading inside of another page.
    frame_heading,
    /// Heading of the question before a sign-out.
    confirm_heading,
    /// Heading after it.
    signed_out_heading,
    /// Heading of the list of providers.
    chooser_heading,
    /// Title of a page without a template of its own, which is on the screen for a moment.
    on_the_way,

    // What happened.
    /// Why a form was not handed on, and that nothing is lost.
    unsent_form_why,
    /// What to do first with it.
    unsent_form_first,
    /// What to do then.
    unsent_form_then,
    /// Why there is no sign-in inside of another page, and what to do.
    frame_why,
    /// Why it is asked before a sign-out.
    confirm_why,
    /// What a sign-out of this application ends.
    extent_app,
    /// What a sign-out of this browser ends.
    extent_session,
    /// What a sign-out everywhere ends.
    extent_everywhere,
    /// Nothing more than that somebody is signed out.
    signed_out_here,
    /// Of this application.
    signed_out_app,
    /// Of this browser.
    signed_out_session,
    /// Everywhere.
    signed_out_everywhere,
    /// What the list of providers is for.
    chooser_why,
    /// Beside the provider that was chosen last.
    last_used,
    /// Before the name of the account.
    signed_in_as,
    /// Before the provider that is at fault.
    provider,
    /// That the page asks again by itself.
    retries,

    // What one can do.
    /// A link to a login.
    sign_in,
    /// A link to a login after a sign-out.
    sign_in_again,
    /// A link that starts anew.
    try_again,
    /// A link to where a page without a template of its own, which is on the screen for a moment, leads by itself.
    go_on,
    /// A link to a login with another account.
    another_account,
    /// A link or button that signs out.
    sign_out,
    /// A link back to the application.
    stay_signed_in,
    /// A link to a page of its own.
    open_new_tab,
    /// After a link, for whoever does not see that it opens a new tab.
    opens_new_tab,

    // What help needs.
    /// Before the two.
    reference,
    /// Before the refusal code.
    code,
    /// Before the request id.
    request,
}
