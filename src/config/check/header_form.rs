//! One of `headers`: which claim it takes, and in which form.

use super::{At as Table, Judge};
use crate::config::AskUserinfo;
use crate::config::claim_header::{Encoding, LetterCase, ListForm, Over, Single, ValueForm};
use crate::config::condition::Pattern;
use crate::config::file::{ClientAsWritten, HeaderAsWritten};
use crate::config::form::{At, Written};
use crate::config::kind::Choice;
use crate::config::problem::Finding;
use crate::protocol::claim_path::ClaimPath;
use crate::protocol::claim_source::ClaimSource;

/// Judges one table. `None` if something is wrong with it.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    client: &ClientAsWritten,
    at: &At<HeaderAsWritten>,
) -> Option<(ClaimPath, ClaimSource, ValueForm)> {
    let written = &at.value;
    let before = judge.problems.len();
    let claim = match &written.claim {
        Written::Given(claim) => match path(&claim.value) {
            Ok(path) => Some(path),
            Err(finding) => judge.refuse(claim.problem(finding)),
        },
        Written::Broken => None,
        Written::Absent => {
            judge.missing(&Table::of::<HeaderAsWritten>(&at.place, &at.path, "groups"), "claim")
        }
    };
    let source = written.from.or(Choice(ClaimSource::Any)).0;
    if let Some(from) = written.from.given()
        && source == ClaimSource::Userinfo
        && matches!(client.userinfo.or(Choice(AskUserinfo::On)).0, AskUserinfo::Off)
    {
        judge.problems.push(from.problem(Finding::Idle { needs: "userinfo: on or if_missing" }));
    }
    for text in [&written.strip_prefix, &written.default] {
        if let Some(text) = text.given()
            && !is_plain(&text.value)
        {
            judge.problems.push(text.problem(Finding::StrangeValue(text.value.clone())));
        }
    }
    let allow = written.allow.given().and_then(|at| match Pattern::parse(&at.value) {
        Ok(pattern) => Some(pattern),
        Err(fault) => {
            let found = at.value.clone();
            judge.refuse(at.problem(Finding::PatternUnfit { found, fault }))
        }
    });
    for (limit, most) in [(&written.max_items, MAX_ITEMS), (&written.max_bytes, MAX_BYTES)] {
        if let Some(limit) = limit.given()
            && !(1..=most).contains(&limit.value)
        {
            judge.problems.push(limit.problem(Finding::OutOfRange { found: limit.value, limit: most }));
        }
    }
    if let Some(over) = written.over.given()
        && written.max_items.is_absent()
        && written.max_bytes.is_absent()
    {
        judge.problems.push(over.problem(Finding::Idle { needs: "max_items or max_bytes" }));
    }
    let is_broken = matches!(written.claim, Written::Broken)
        || matches!(written.max_items, Written::Broken)
        || matches!(written.max_bytes, Written::Broken);
    if judge.problems.len() > before || is_broken {
        return None;
    }
    // Whoever writes any of these means a list, though a provider may send its only value as a text.
    let picks = !written.list.is_absent()
        || !written.strip_prefix.is_absent()
        || !written.allow.is_absent()
        || !written.max_items.is_absent();
    let text = |written: &Written<String>| written.given().map(|at| at.value.clone());
    let form = ValueForm {
        strip_prefix: text(&written.strip_prefix),
        letter_case: if written.lower_case.or(false) { LetterCase::Lower } else { LetterCase::AsIs },
        allow,
        default: text(&written.default),
        single: if picks { Single::Item } else { Single::of(claim.as_ref()?) },
        list: written.list.or(Choice(ListForm::Joined)).0,
        encoding: written.encoding.or(Choice(Encoding::Percent)).0,
        max_items: written.max_items.given().map(|at| at.value),
        max_bytes: written.max_bytes.given().map(|at| at.value),
        over: written.over.or(Choice(Over::Deny)).0,
    };
    Some((claim?, source, form))
}

/// The path of a claim.
pub(super) fn path(claim: &str) -> Result<ClaimPath, Finding> {
    let fits = claim.len() <= MAX_CLAIM && is_plain(claim);
    ClaimPath::parse(claim).filter(|_| fits).ok_or_else(|| Finding::StrangeClaim(claim.to_owned()))
}

/// Whether a text is one that a header can carry as it is, but for its letters.
pub(super) fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control) && text.trim() == text
}

/// Values of one header.
const MAX_ITEMS: usize = 1000;
/// Bytes of one header: those that all of them together may have.
const MAX_BYTES: usize = 3000;
/// Bytes of the path of a claim.
const MAX_CLAIM: usize = 255;
