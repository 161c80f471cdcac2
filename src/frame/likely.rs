//! How many rows a condition is likely to leave, told by its kind alone: what sides of joins are chosen by.

use polars::prelude::{BooleanFunction, Expr, FunctionExpr, Operator, StringFunction};

/// A condition of an unknown kind, or a comparison.
const SOME: f64 = 0.3;
/// Rows that have one value of many.
const FEW: f64 = 0.1;
/// Rows that have one of several values.
const SEVERAL: f64 = 0.2;
/// No condition is taken to leave less.
const LEAST: f64 = 0.001;

/// The part of the rows that a condition is likely to leave.
pub(super) fn share(condition: &Expr) -> f64 {
    let share = match condition {
        Expr::BinaryExpr { left, op, right } => match op {
            Operator::And | Operator::LogicalAnd => share(left) * share(right),
            Operator::Or | Operator::LogicalOr => share(left) + share(right),
            Operator::Eq | Operator::EqValidity => FEW,
            Operator::NotEq | Operator::NotEqValidity => 1.0 - FEW,
            _ => SOME,
        },
        Expr::Function { input, function } => match function {
            FunctionExpr::Boolean(BooleanFunction::IsIn { .. }) => SEVERAL,
            FunctionExpr::Boolean(BooleanFunction::Not) => 1.0 - input.first().map_or(SOME, share),
            FunctionExpr::Boolean(BooleanFunction::IsNotNull) => 1.0 - FEW,
            FunctionExpr::StringExpr(StringFunction::Contains { .. } | StringFunction::StartsWith | StringFunction::EndsWith) => {
                FEW
            }
            _ => SOME,
        },
        Expr::Alias(e, _) => share(e),
        _ => SOME,
    };
    share.clamp(LEAST, 1.0)
}

#[cfg(test)]
mod tests {
    use super::share;
    use polars::prelude::{col, lit};

    #[test]
    fn conditions_leave_what_each_of_them_leaves() {
        let (eq, less) = (col("a").eq(lit(1)), col("b").lt(lit(2)));
        assert!(share(&eq.clone().and(less.clone())) < share(&eq));
        assert!(share(&eq.clone().or(less.clone())) > share(&less));
        assert!(share(&eq.clone().not()) > 0.8);
        let many = (0..20).fold(eq.clone(), |all, _| all.and(eq.clone()));
        assert!(share(&many) > 0.0 && share(&(0..20).fold(less.clone(), |all, _| all.or(less.clone()))) == 1.0);
    }
}
