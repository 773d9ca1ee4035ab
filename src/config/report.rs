//! Problems with their places, collected and printed: the file, the line, the path, and the sentence of [`super::problem`].

use std::fmt;

use super::place::Place;
use super::problem::Finding;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    place: Place,
    path: String,
    finding: Finding,
}

impl Problem {
    pub(super) fn new(place: Place, path: &str, finding: Finding) -> Self {
        Self { place, path: path.to_owned(), finding }
    }

    /// Says that it is about something in the setting.
    pub(super) fn go_to(&mut self, key: &str) {
        self.path = format!("{}.{key}", self.path);
    }

    /// The line in the file, from 1, where there is one.
    pub const fn line(&self) -> Option<usize> {
        match self.place {
            Place::Line(line) => Some(line),
            Place::File | Place::Variable(_) => None,
        }
    }

    /// Problems of a file are in the order of their places.
    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// Whether it is about something in that table.
    pub(super) fn is_in(&self, table: &str) -> bool {
        self.path.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
    }

    /// As it is printed: where, what was found, and indented beneath what to do.
    fn text(&self, file: &str) -> String {
        let mut text = match &self.place {
            Place::File => format!("{file}: "),
            Place::Line(line) => format!("{file}:{line}: "),
            Place::Variable(name) => format!("{name}: "),
        };
        // A variable names the setting already.
        if !self.path.is_empty() && !matches!(self.place, Place::Variable(_)) {
            text += &visible(&self.path);
            text += ": ";
        }
        let lines: Vec<String> = self.finding.to_string().split('\n').map(visible).collect();
        text + &lines.join("\n    ")
    }
}

/// What was written, without control characters: a terminal would obey them.
fn visible(written: &str) -> String {
    written.chars().flat_map(|c| if c.is_control() { c.escape_debug().collect() } else { vec![c] }).collect()
}

/// Everything that is wrong with one file; at least one thing.
#[derive(Clone, Debug)]
pub struct Problems {
    file: String,
    problems: Vec<Problem>,
}

impl Problems {
    /// In the order of the file; what comes from the environment last.
    pub(super) fn new(file: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        // A setting that was misspelt is missing too; it is one mistake.
        let misspelt: Vec<String> = problems.iter().filter_map(Problem::meant).collect();
        problems.retain(|problem| !problem.is_missing() || !misspelt.contains(&problem.path));
        Self { file: file.to_owned(), problems }
    }

    /// One by one, in the order in which they are printed.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }
}

impl Problem {
    /// The path of the setting that was meant, where one was misspelt.
    fn meant(&self) -> Option<String> {
        let Finding::NoSuchSetting { help } = &self.finding else { return None };
        let name = help.strip_prefix("Did you mean ")?.strip_suffix('?')?;
        Some(match self.path.rsplit_once('.') {
            Some((table, _)) => format!("{table}.{name}"),
            None => name.to_owned(),
        })
    }

    const fn is_missing(&self) -> bool {
        matches!(self.finding, Finding::Missing { .. })
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        let s = if count == 1 { "" } else { "s" };
        writeln!(f, "vestibule: {} has {count} problem{s}, so nothing was started", self.file)?;
        for problem in &self.problems {
            write!(f, "\n{}", problem.text(&self.file))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Something that works, but that the operator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    file: String,
    problem: Problem,
}

impl Notice {
    pub(super) fn new(file: &str, problem: Problem) -> Self {
        Self { file: file.to_owned(), problem }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.text(&self.file))
    }
}
