//! Full joins, and joins whose frequent keys are on the side that is looked up: rows with a match and rows without any.

use crate::base::Result;
use crate::frame::pipe::{Pipe, names, numbered};
use crate::frame::relation::grouped::NUMBER;
use crate::frame::relation::join::{Join, RIGHT_NUMBER, Sides};
use crate::frame::relation::pairs::{buckets, in_pieces, keys_once, look_up, whole_buckets};
use crate::frame::relation::sort::restored;
use crate::frame::relation::union::below;
use crate::frame::run::Run;
use crate::op::table::exchange::Exchange;
use crate::op::table::key::ByHash;
use crate::op::table::probe::{Match, Side};
use crate::op::table::{RowOp, TableStep};
use polars::prelude::{DataType, Expr, LiteralValue, PlSmallStr, Scalar, SchemaRef, col};
use std::sync::Arc;

impl Join {
    /// Rows of both sides, also those without a match: always by keys brought together, since it takes all rows that pass to know which
    /// rows of the other side have none.
    pub(super) fn full(&self, run: &mut Run<'_>, passes_left: bool) -> Result<Pipe> {
        let (left, right) = (self.left.pipe(run)?, self.right.pipe(run)?);
        let (left, right) = (run.keep(&left, "join")?, run.keep(&right, "join")?);
        let bytes = left.total().bytes + right.total().bytes;
        let rows = (left.total().bound.rows + right.total().bound.rows) as f64;
        let sides = self.sides(Match::Full, true);
        if passes_left && bytes <= run.task_bytes() {
            run.note("join: in one task over all rows");
            let (left, right) = (run.gathered(&left, "join")?, run.gathered(&right, "join")?);
            let pipe = buckets(run, self.side(&sides), [&left, &right], &self.schema);
            // What comes next is planned by what is found, rather than by the most there could be.
            return Ok(run.computed(&pipe, "join")?.0.with_likely(rows, rows));
        }
        let n_buckets = run.n_buckets(bytes);
        run.note(format!("join: both sides in {n_buckets} buckets by the hash of their keys, each joined by itself"));
        let mut divided = |rows: Arc<Exchange>, on: &[Expr], number: &str| {
            let mut pipe = run.read_as_written(&rows);
            drop(rows);
            pipe.number(number);
            run.divide(&pipe, "join", ByHash { of: on.to_vec(), n_buckets })
        };
        let (left, right) = (divided(left, &self.left_on, NUMBER)?, divided(right, &self.right_on, RIGHT_NUMBER)?);
        let schema = numbered(&numbered(&self.schema, NUMBER), RIGHT_NUMBER);
        let pipe = if run.has_room_for_buckets(&left) && run.has_room_for_buckets(&right) {
            let mut side = self.side(&sides);
            side.payload.push((RIGHT_NUMBER.into(), RIGHT_NUMBER.into()));
            side.columns = names(&schema);
            buckets(run, side, [&run.read(&left), &run.read(&right)], &schema)
        } else {
            self.in_parts(run, &sides, [&left, &right], (n_buckets, &schema), true)?
        };
        let order = if passes_left { [NUMBER, RIGHT_NUMBER] } else { [RIGHT_NUMBER, NUMBER] };
        Ok(restored(run, pipe, &order, self.schema.clone())?.with_likely(rows, rows))
    }

    /// The join of two sides in `n_buckets` buckets of which some are too large for a task: the pairs of rows, in pieces, and below them the rows
    /// that pass and have no match; with `both`, then those of the other side.
    pub(super) fn in_parts(
        &self,
        run: &mut Run<'_>,
        sides: &Sides<'_>,
        [passed, built]: [&Arc<Exchange>; 2],
        (n_buckets, schema): (usize, &SchemaRef),
        both: bool,
    ) -> Result<Pipe> {
        let mut side = self.side(&Sides { how: Match::Inner, ..*sides });
        if built.schema().contains(RIGHT_NUMBER) {
            side.payload.push((RIGHT_NUMBER.into(), RIGHT_NUMBER.into()));
        }
        side.columns = names(schema);
        let new_name = |n: &PlSmallStr| side.renamed.iter().find(|r| r.0 == *n).map_or_else(|| n.clone(), |r| r.1.clone());
        let of_passing = passed.schema().iter_names().map(|n| (new_name(n), col(n.clone()))).collect();
        let of_built = side.payload.iter().map(|(old, new)| (new.clone(), col(old.clone())));
        let of_built = of_built.chain(side.shared.iter().cloned()).collect();
        let pieces = in_pieces(run, Match::Inner, passed, built)?;
        let mut parts = vec![buckets(run, side, [&pieces[0], &pieces[1]], schema)];
        let (a, b) = ((passed, sides.passing_on), (built, sides.built_on));
        parts.push(self.unmatched(run, a, b, n_buckets, (of_passing, schema))?);
        if both {
            parts.push(self.unmatched(run, b, a, n_buckets, (of_built, schema))?);
        }
        below(run, parts)
    }

    /// The rows of one side whose keys the other side does not have, as rows of `schema`: these columns, and nulls.
    fn unmatched(
        &self,
        run: &mut Run<'_>,
        (rows, on): (&Arc<Exchange>, &[Expr]),
        (others, others_on): (&Arc<Exchange>, &[Expr]),
        n_buckets: usize,
        (columns, schema): (Vec<(PlSmallStr, Expr)>, &SchemaRef),
    ) -> Result<Pipe> {
        let (keys, built_on) = keys_once(run.read_in_pieces(others).0, others_on)?;
        let keys = run.divide(&keys, "join", ByHash { of: built_on.clone(), n_buckets })?;
        let side = Side {
            how: Match::Anti,
            passing_on: on.to_vec(),
            built_on,
            nulls_equal: self.args.nulls_equal,
            payload: vec![],
            renamed: vec![],
            shared: vec![],
            columns: names(rows.schema()),
        };
        let both = in_pieces(run, Match::Anti, rows, &keys)?;
        let mut pipe = whole_buckets(look_up(side, rows.schema()), [&both[0], &both[1]], rows.schema());
        let column = |(name, dtype): (&PlSmallStr, DataType)| match columns.iter().find(|c| c.0 == *name) {
            Some((_, e)) => e.clone().alias(name.clone()),
            None => Expr::Literal(LiteralValue::Scalar(Scalar::null(dtype))).alias(name.clone()),
        };
        let select = schema.iter().map(|(name, dtype)| (name, dtype.clone())).map(column).collect();
        pipe.push(RowOp::Step(TableStep::Select(select)), schema.clone(), 1);
        Ok(pipe)
    }
}
