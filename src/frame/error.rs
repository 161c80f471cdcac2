//! Errors of queries, with the name that was probably meant.

use crate::base::Error;
use crate::base::near::suggestion;
use crate::chunk::dataframe::table_error;
use polars::prelude::PolarsError;

/// The error of a query on tables with these columns.
pub(super) fn query_error(e: PolarsError, columns: &[String]) -> Error {
    let text = e.to_string();
    let error = table_error(e);
    let missing = error.message().strip_prefix("there is no column '").and_then(|m| m.strip_suffix('\'')).map(str::to_string);
    match missing.or_else(|| sql_column(&text)) {
        Some(name) if columns.contains(&name) => Error::usage(format!(
            "there is no column '{name}' at this step: a table has it, but a step before leaves it out or renames it"
        )),
        Some(name) => Error::usage(format!("there is no column '{name}'{}", suggestion(&name, columns, columns.len()))),
        None => error,
    }
}

/// The column in a message of the SQL layer.
fn sql_column(text: &str) -> Option<String> {
    let at = text.find("unable to find column ")?;
    text[at..].split('"').nth(1).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::suggestion;

    #[test]
    fn near_names_are_suggested() {
        let known = ["origin".to_string(), "dep_delay".to_string()];
        assert!(suggestion("dep_dlay", &known, 2).contains("'dep_delay'"));
        assert!(suggestion("zzz", &known, 2).contains("origin, dep_delay"));
    }
}
