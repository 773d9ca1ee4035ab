//! A claim into the text of a header, in the form that the configuration asks for.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::encode;
use crate::config::claim_header::{
    ClaimHeader, Encoding, LetterCase, ListForm, Over, Rendering, Single, ValueForm,
};

/// The value of a header.
pub(super) struct Rendered {
    pub(super) text: String,
    /// Whether anything of it was left out because it was too long.
    pub(super) is_cut: bool,
}

/// Writes a claim, or `default` where nothing is left of it.
///
/// # Errors
/// Why nobody can be told of it.
pub(super) fn claim(
    value: Option<&Value>,
    mapping: &ClaimHeader,
    default: Option<&str>,
) -> Result<Rendered, &'static str> {
    let form = &mapping.form;
    let what = match value {
        Some(Value::Object(members)) => match (mapping.rendering, form.list) {
            (Rendering::Names, _) => {
                What::Several(members.keys().map(|name| Cow::Borrowed(name.as_str())).collect())
            }
            (Rendering::Value, ListForm::Json) if !form.picks() => What::Object(members),
            (Rendering::Value, _) => return Err("it is an object"),
        },
        Some(Value::Array(items)) if form.list == ListForm::Json && !form.picks() => What::Array(items),
        Some(Value::Array(items)) => What::Several(items.iter().map(scalar).collect::<Result<_, _>>()?),
        Some(value) => What::One(scalar(value)?),
        None => What::Nothing,
    };
    let what = match what {
        What::Several(items) => What::Several(items.into_iter().filter_map(|item| form.pick(item)).collect()),
        What::One(item) => form.pick(item).map_or(What::Nothing, What::One),
        other => other,
    };
    if what.count() == 0 {
        let default = default.map_or(Ok(String::new()), |text| encode::whole(text, form.encoding))?;
        return Ok(Rendered { text: default, is_cut: false });
    }
    fitting(&what, form)
}

/// What of a claim is sent.
enum What<'a> {
    Nothing,
    One(Cow<'a, str>),
    Several(Vec<Cow<'a, str>>),
    /// As JSON, with whatever is in it.
    Array(&'a [Value]),
    Object(&'a Map<String, Value>),
}

impl What<'_> {
    /// How many values it is. An empty text is none.
    fn count(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::One(text) => usize::from(!text.is_empty()),
            Self::Several(items) => items.len(),
            Self::Array(items) => items.len(),
            Self::Object(_) => 1,
        }
    }

    /// Whether a part of it means anything by itself.
    const fn is_list(&self) -> bool {
        matches!(self, Self::Several(_) | Self::Array(_))
    }

    /// The first `count` values of it.
    fn write(&self, count: usize, form: &ValueForm) -> Result<String, &'static str> {
        match (self, form.list) {
            (Self::Nothing, _) => Ok(String::new()),
            (Self::One(text), ListForm::Joined) if form.single == Single::Item => {
                encode::list(std::slice::from_ref(text), form.encoding)
            }
            (Self::One(text), ListForm::Joined) => encode::whole(text, form.encoding),
            (Self::Several(items), ListForm::Joined) => encode::list(&items[..count], form.encoding),
            (Self::One(text), ListForm::Json) => json(&[&**text].into_iter().collect(), form.encoding),
            (Self::Several(items), ListForm::Json) => {
                json(&items[..count].iter().map(|item| &**item).collect(), form.encoding)
            }
            (Self::Array(items), _) => json(&Value::Array(items[..count].to_vec()), form.encoding),
            (Self::Object(members), _) => json(&Value::Object((*members).clone()), form.encoding),
        }
    }
}

/// As much of it as may be sent.
fn fitting(what: &What<'_>, form: &ValueForm) -> Result<Rendered, &'static str> {
    let count = what.count();
    let most = form.max_items.unwrap_or(usize::MAX);
    let dropped = Rendered { text: String::new(), is_cut: true };
    if count > most && form.over != Over::Truncate {
        return if form.over == Over::Deny { Err("it has more values than max_items") } else { Ok(dropped) };
    }
    let fits = |text: &str| form.max_bytes.is_none_or(|most| text.len() <= most);
    let shown = count.min(most);
    let text = what.write(shown, form)?;
    if fits(&text) {
        return Ok(Rendered { text, is_cut: shown < count });
    }
    match form.over {
        Over::Deny => Err("it has more bytes than max_bytes"),
        Over::Truncate if what.is_list() => {
            // More values are never fewer bytes.
            let (mut fitting, mut too_many) = (0, shown);
            while fitting + 1 < too_many {
                let middle = fitting.midpoint(too_many);
                if fits(&what.write(middle, form)?) {
                    fitting = middle;
                } else {
                    too_many = middle;
                }
            }
            let text = if fitting == 0 { String::new() } else { what.write(fitting, form)? };
            Ok(Rendered { text, is_cut: true })
        }
        // Half a name would be another one's.
        Over::Truncate | Over::Drop => Ok(dropped),
    }
}

impl ValueForm {
    /// Whether it looks at each value by itself.
    const fn picks(&self) -> bool {
        self.strip_prefix.is_some() || matches!(self.letter_case, LetterCase::Lower) || self.allow.is_some()
    }

    /// The value as it is sent, if it is.
    fn pick<'a>(&self, value: Cow<'a, str>) -> Option<Cow<'a, str>> {
        if !self.picks() {
            return Some(value);
        }
        let value = match &self.strip_prefix {
            // What does not begin so must not be taken for what did: a group `admin` is not `app-admin`.
            Some(prefix) => {
                Cow::Owned(value.strip_prefix(prefix.as_str()).filter(|rest| !rest.is_empty())?.to_owned())
            }
            None => value,
        };
        let value = match self.letter_case {
            LetterCase::AsIs => value,
            LetterCase::Lower => Cow::Owned(value.chars().flat_map(lower).collect()),
        };
        self.allow.as_ref().is_none_or(|pattern| pattern.matches(&value)).then_some(value)
    }
}

/// A letter outside ASCII never becomes one inside: the Kelvin sign is no `k`, though Unicode writes it so in lower case, and a name with it
/// is another one's.
fn lower(letter: char) -> impl Iterator<Item = char> {
    let stays = !letter.is_ascii() && letter.to_lowercase().any(|lower| lower.is_ascii());
    let lower = (!stays).then(|| letter.to_lowercase()).into_iter().flatten();
    lower.chain(stays.then_some(letter))
}

fn scalar(value: &Value) -> Result<Cow<'_, str>, &'static str> {
    match value {
        Value::Null => Ok(Cow::Borrowed("")),
        Value::Bool(truth) => Ok(truth.to_string().into()),
        Value::Number(number) if is_inexact(number) => Err("it is a number that is too large to be exact"),
        Value::Number(number) => Ok(number.to_string().into()),
        Value::String(text) => Ok(Cow::Borrowed(text)),
        Value::Array(_) => Err("it is a list inside a list"),
        Value::Object(_) => Err("it is an object"),
    }
}

/// Whether a number was rounded when it was read, so that two that differ may look alike.
pub(super) fn is_inexact(number: &Number) -> bool {
    number.as_i64().is_none()
        && number.as_u64().is_none()
        && number.as_f64().is_none_or(|number| number.abs() > LARGEST_EXACT)
}

/// JSON in one line. What is folded is folded before: a quote that comes of it must not end a text.
fn json(value: &Value, encoding: Encoding) -> Result<String, &'static str> {
    let value = plain(value, encoding)?;
    encode::whole(
        &value.to_string(),
        if encoding == Encoding::AsciiFold { Encoding::Percent } else { encoding },
    )
}

fn plain(value: &Value, encoding: Encoding) -> Result<Value, &'static str> {
    let text = |text: &str| -> Result<String, &'static str> {
        encode::no_control(text)?;
        Ok(if encoding == Encoding::AsciiFold { encode::fold(text).into_owned() } else { text.to_owned() })
    };
    Ok(match value {
        Value::String(one) => Value::String(text(one)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| plain(item, encoding)).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| Ok((text(name)?, plain(member, encoding)?)))
                .collect::<Result<_, &'static str>>()?,
        ),
        Value::Number(number) if is_inexact(number) => {
            return Err("it has a number that is too large to be exact");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    })
}

/// Up to here a 64-bit floating-point number knows every whole number.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
