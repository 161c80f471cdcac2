//! Texts that have some pieces one after the other, as SQL's `LIKE '%special%requests%'` asks for: found without the automaton of a
//! pattern.

use memchr::memmem::Finder;
use polars::prelude::{BooleanChunked, Column, DataType, Field, IntoColumn, PolarsResult, Schema};
use polars_arrow::array::{Array, BooleanArray};
use polars_arrow::datatypes::ArrowDataType;
use polars_plan::dsl::{BaseColumnUdf, new_column_udf};
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{AExpr, IRFunctionExpr, IRStringFunction, LiteralValue};
use polars_plan::prelude::{Arena, FunctionOptions, Node};

/// The pieces of a pattern between those places where anything may be.
#[derive(Clone, Debug)]
struct Pieces {
    /// What texts begin with.
    first: String,
    /// What comes after it, in this order.
    inner: Vec<Finder<'static>>,
    /// What they end with.
    last: String,
}

impl Pieces {
    /// The pieces of a regular expression as Polars' SQL makes them of `LIKE`; None for others, also where `_` stands for one character.
    fn of(pattern: &str) -> Option<Pieces> {
        let inner = pattern.strip_prefix("^(?s)")?.strip_suffix('$')?;
        let mut pieces = vec![String::new()];
        let mut rest = inner.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\\' => pieces.last_mut()?.push(rest.next().filter(|c| !c.is_alphanumeric())?),
                '.' => {
                    rest.next().filter(|c| *c == '*')?;
                    pieces.push(String::new());
                }
                '^' | '$' | '|' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '{' | '}' => return None,
                c => pieces.last_mut()?.push(c),
            }
        }
        // Without a place for anything it is equality.
        let last = pieces.pop().filter(|_| !pieces.is_empty())?;
        let first = pieces.remove(0);
        let inner = pieces.iter().filter(|p| !p.is_empty()).map(|p| Finder::new(p).into_owned()).collect();
        Some(Pieces { first, inner, last })
    }

    fn are_in(&self, text: &[u8]) -> bool {
        let mut rest = text;
        // To compare nothing with nothing takes some processors longer than the search.
        if !self.first.is_empty() {
            let Some(after) = rest.strip_prefix(self.first.as_bytes()) else { return false };
            rest = after;
        }
        if !self.last.is_empty() {
            let Some(before) = rest.strip_suffix(self.last.as_bytes()) else { return false };
            rest = before;
        }
        self.inner.iter().all(|piece| {
            let found = piece.find(rest).map(|at| at + piece.needle().len());
            found.map(|end| rest = &rest[end..]).is_some()
        })
    }

    fn mask(&self, texts: &Column) -> PolarsResult<Column> {
        let texts = texts.str()?;
        let chunks = texts.downcast_iter().map(|array| {
            let found = array.values_iter().map(|text| self.are_in(text.as_bytes())).collect();
            BooleanArray::new(ArrowDataType::Boolean, found, array.validity().cloned())
        });
        Ok(BooleanChunked::from_chunk_iter(texts.name().clone(), chunks).into_column())
    }
}

/// The expression with searches for pieces in place of patterns that are no more than that.
pub(super) fn by_pieces(node: Node, arena: &mut Arena<AExpr>) -> Node {
    let e = arena.get(node).clone();
    let mut children: Vec<Node> = Vec::new();
    e.children_rev(&mut children);
    children.reverse();
    let searched = children.iter().map(|c| by_pieces(*c, arena)).collect::<Vec<_>>();
    if let AExpr::Function {
        function: IRFunctionExpr::StringExpr(IRStringFunction::Contains { literal: false, .. }), input, ..
    } = &e
        && let [_, pattern] = input.as_slice()
        && let AExpr::Literal(LiteralValue::Scalar(pattern)) = arena.get(pattern.node())
        && let Some(pieces) = pattern.as_any_value().get_str().and_then(Pieces::of)
    {
        let mask = move |columns: &mut [Column]| pieces.mask(&columns[0]);
        let field = |_: &Schema, fields: &[Field]| Ok(fields[0].clone().with_dtype(DataType::Boolean));
        let function = new_column_udf(BaseColumnUdf::new(mask, field));
        let input = vec![ExprIR::from_node(searched[0], arena)];
        let options = FunctionOptions::elementwise();
        return arena.add(AExpr::AnonymousFunction { input, function, options, fmt_str: Box::new("like".into()) });
    }
    if searched == children { node } else { arena.add(e.replace_children(&searched)) }
}

#[cfg(test)]
mod tests {
    use super::Pieces;
    use crate::kernel::table::evaluate::Evaluator;
    use polars::prelude::{DataFrame, Expr, col, df, lit};
    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

    #[test]
    fn patterns_that_are_more_than_pieces_are_left_alone() {
        for pattern in ["special.*requests", "^(?s)a.b$", "^(?s)a$", "^(?s)a.*[bc]$", "^(?is)a.*$", "^(?s)a.*\\d$", "^(?s).*a"] {
            assert!(Pieces::of(pattern).is_none(), "{pattern}");
        }
    }

    fn of(texts: &[Option<String>], condition: Expr) -> (Vec<Option<bool>>, Vec<Option<bool>>) {
        let rows: DataFrame = df!("s" => texts).unwrap();
        let ours = Evaluator::new(std::slice::from_ref(&condition), rows.schema()).unwrap().mask(&rows).unwrap();
        let theirs = polars::prelude::IntoLazy::lazy(rows).select([condition]).collect().unwrap();
        (ours.iter().collect(), theirs.columns()[0].bool().unwrap().iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn texts_are_found_as_by_the_pattern(
            texts in proptest::collection::vec(proptest::option::of("[ab.é\n]{0,9}"), 0..30),
            pattern in "[ab.é%]{0,3}%[ab.é%]{0,4}",
        ) {
            let escaped = pattern.replace('.', "\\.").replace('%', ".*");
            let condition = col("s").str().contains(lit(format!("^(?s){escaped}$")), true);
            proptest::prop_assume!(Pieces::of(&format!("^(?s){escaped}$")).is_some());
            let (ours, theirs) = of(&texts, condition.clone());
            prop_assert_eq!(ours, theirs);
            let (ours, theirs) = of(&texts, condition.not().or(col("s").is_null()));
            prop_assert_eq!(ours, theirs);
        }
    }
}
