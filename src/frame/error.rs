//! Errors of queries, with the name that was probably meant.

use crate::base::Error;
use crate::chunk::dataframe::table_error;
use polars::prelude::PolarsError;

/// The error of a query on tables with these columns.
pub(super) fn query_error(e: PolarsError, columns: &[String]) -> Error {
    let text = e.to_string();
    let error = table_error(e);
    let missing = error.message().strip_prefix("there is no column '").and_then(|m| m.strip_suffix('\'')).map(str::to_string);
    match missing.or_else(|| sql_column(&text)) {
        Some(name) => Error::usage(format!("there is no column '{name}'{}", suggestion(&name, columns))),
        None => error,
    }
}

/// The column in a message of the SQL layer.
fn sql_column(text: &str) -> Option<String> {
    let at = text.find("unable to find column ")?;
    text[at..].split('"').nth(1).map(str::to_string)
}

/// `; did you mean 'x'?`, or all names there are.
pub(super) fn suggestion(name: &str, known: &[String]) -> String {
    let near = known.iter().map(|k| (distance(&name.to_lowercase(), &k.to_lowercase()), k)).min();
    match near {
        Some((d, k)) if d <= 1 + name.chars().count() / 4 => format!("; did you mean '{k}'?"),
        _ if known.is_empty() => String::new(),
        _ => format!("; there are {}", known.join(", ")),
    }
}

/// Edits between two words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            let best = cost.min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, suggestion};

    #[test]
    fn near_names_are_suggested() {
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("a", "a")), (3, 3, 0));
        let known = ["origin".to_string(), "dep_delay".to_string()];
        assert!(suggestion("dep_dlay", &known).contains("'dep_delay'"));
        assert!(suggestion("zzz", &known).contains("origin, dep_delay"));
    }
}
