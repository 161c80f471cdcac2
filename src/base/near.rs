//! Hints of the name that was meant.

/// `; did you mean 'x'?`, or the names there are, `most` of them.
pub fn suggestion(name: &str, known: &[String], most: usize) -> String {
    let near = known.iter().map(|k| (distance(&name.to_lowercase(), &k.to_lowercase()), k)).min();
    let more = if known.len() > most { ", …" } else { "" };
    match near {
        // Not a word of which nothing is left.
        Some((d, k)) if d <= 1 + name.chars().count() / 4 && d < name.chars().count() => format!("; did you mean '{k}'?"),
        _ if known.is_empty() => String::new(),
        _ => format!("; there are {}{more}", known[..known.len().min(most)].join(", ")),
    }
}

/// Edits between two words (Levenshtein).
pub fn distance(a: &str, b: &str) -> usize {
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
        let known = ["temperature".to_string(), "depth".to_string()];
        assert!(suggestion("temprature", &known, 12).contains("'temperature'"));
        assert!(suggestion("zzz", &known, 12).contains("temperature, depth"));
        assert_eq!(suggestion("zzz", &[], 12), "");
        assert_eq!(suggestion("x", &["a".to_string(), "b".to_string()], 12), "; there are a, b");
    }
}
