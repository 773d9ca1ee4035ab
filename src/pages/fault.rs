//! What is wrong with a template of the operator's.

/// With the facts; the sentences are those of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// The file.
    pub file: String,
    /// The line in it, from 1, if it is about one.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: Mistake,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The folder has a file that no page is made of.
    NoSuchPage,
    /// The engine cannot read it.
    Syntax(String),
    /// It has a variable that there is not.
    NoSuchVariable {
        /// Its name.
        name: String,
    },
    /// It cannot be rendered: another template, a filter or a function that there is not, or something that does not end.
    Unrenderable(String),
    /// It has something that the policy of every page forbids.
    Forbidden(&'static str),
    /// It does not show something that a person needs there.
    NotShown(&'static str),
    /// It shows something without escaping it.
    NotEscaped,
    /// It shows something in a place where escaping does not help: which.
    Misplaced(String),
    /// The style sheet has what ends it.
    EndsStyle,
}
