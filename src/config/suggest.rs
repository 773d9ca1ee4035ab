//! What somebody may have meant who wrote a name that is not known.

/// The nearest of the known names, if it is near: a third of its letters may be wrong, missing, added or swapped with
/// their neighbour.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > MAX_NAME {
        return None;
    }
    let (wrong, name) = known
        .into_iter()
        .map(|name| (distance(&written.to_ascii_lowercase(), &name.to_ascii_lowercase()), name))
        .min_by_key(|(wrong, _)| *wrong)?;
    (wrong <= (name.len() / 3).max(1)).then_some(name)
}

/// How many steps turn one text into the other (Damerau-Levenshtein, optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut steps = change.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                steps = steps.min(before[j - 2] + 1);
            }
            row.push(steps);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// Bytes of a name for which a suggestion is looked for.
const MAX_NAME: usize = 128;
