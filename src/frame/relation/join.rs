//! Joins. One side is computed first: if it is small, the other looks its rows up as they pass; else both are divided by the hash of their
//! keys and joined bucket by bucket. Rows come in order of the side that passes, and for each of its rows in order of the other.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{table, table_error};
use crate::chunk::table_bound::{Bound, n_varying, row_bytes};
use crate::expr::table::TableSource;
use crate::frame::pipe::{MOST_GROWTH, Pipe, names, numbered};
use crate::frame::relation::clustered::clustered;
use crate::frame::relation::grouped::NUMBER;
use crate::frame::relation::pairs::{buckets, counted, in_pieces, keys_once, look_up, whole_buckets};
use crate::frame::relation::sort::restored;
use crate::frame::relation::validate::validated;
use crate::frame::relation::whole;
use crate::frame::relation::whole::held;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree, unsupported};
use crate::kernel::table::dense::KeySet;
use crate::kernel::table::lookup::Lookup;
use crate::op::table::exchange::Exchange;
use crate::op::table::joining::{Counted, Counter};
use crate::op::table::key::{ByHash, keys};
use crate::op::table::mark::{Find, MATCHED, Marks};
use crate::op::table::measured::longest_row;
use crate::op::table::probe::{Match, Probe, Side};
use crate::op::table::step::plain;
use crate::op::table::wrap::Cut;
use crate::op::table::{RowOp, TableStep};
use crate::spill::pool::Share;
use polars::prelude::{
    DataFrame, Expr, IDX_DTYPE, IEJoinOptions, InequalityOperator, JoinArgs, JoinType, JoinValidation, MaintainOrderJoin,
    PlSmallStr, Schema, SchemaRef,
};
use polars_plan::dsl::JoinTypeOptionsIR;
use polars_plan::plans::IR;
use std::sync::Arc;

/// The part of the memory between stages that the side of a join that is looked up may take.
pub(super) const LOOKUP_SHARE: u64 = 3;
/// A side is taken to be the smaller one if it has so many times fewer rows.
const SMALLER: f64 = 2.0;

/// The column that says where rows of the right side come, beside [`NUMBER`] for the left.
pub(super) const RIGHT_NUMBER: &str = "\u{1}number of the right";

/// Two tables joined.
#[derive(Debug)]
pub(super) struct Join {
    pub left: Tree,
    pub right: Tree,
    pub left_on: Vec<Expr>,
    pub right_on: Vec<Expr>,
    pub args: JoinArgs,
    /// Which sides must have every key once.
    validation: JoinValidation,
    /// What pairs of rows must also fulfil, of a cross join.
    filter: Option<Expr>,
    pub schema: SchemaRef,
}

/// Reads a join.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader, schema: &SchemaRef) -> Result<Box<dyn Relation>> {
    let IR::Join { input_left, input_right, left_on, right_on, options, .. } = ir else {
        return Err(Error::bug("no join"));
    };
    let row_wise = r.row_wise(left_on) && r.row_wise(right_on);
    let order = in_order_of_left(&options.args);
    let other_order = order.is_some() && order != passes_left(&options.args);
    if options.args.slice.is_some() || !row_wise || other_order {
        return whole::read(ir, r, schema);
    }
    let mut join = Join {
        left_on: r.plain(left_on),
        right_on: r.plain(right_on),
        left: r.tree(*input_left)?,
        right: r.tree(*input_right)?,
        // Seen to before rows are joined.
        args: JoinArgs { validation: JoinValidation::ManyToMany, ..options.args.clone() },
        validation: options.args.validation,
        filter: None,
        schema: schema.clone(),
    };
    match &options.options {
        Some(JoinTypeOptionsIR::CrossAndFilter { predicate }) => join.filter = Some(predicate.to_expr(&r.exprs)),
        Some(JoinTypeOptionsIR::IEJoin(ie)) => join.compare(ie),
        None => {}
    }
    Ok(Box::new(join))
}

/// The side whose order is promised.
fn in_order_of_left(args: &JoinArgs) -> Option<bool> {
    match args.maintain_order {
        MaintainOrderJoin::None => None,
        MaintainOrderJoin::Left | MaintainOrderJoin::LeftRight => Some(true),
        MaintainOrderJoin::Right | MaintainOrderJoin::RightLeft => Some(false),
    }
}

/// The side whose rows pass and keep their order; None where either can.
fn passes_left(args: &JoinArgs) -> Option<bool> {
    match args.how {
        JoinType::Right => Some(false),
        JoinType::Inner | JoinType::Full => in_order_of_left(args),
        _ => Some(true),
    }
}

impl Join {
    /// Makes a join by comparisons the cross join and filter that it stands for; Polars makes a join of it again, partition by partition.
    fn compare(&mut self, ie: &IEJoinOptions) {
        let suffix = self.args.suffix().clone();
        let left = &self.left.schema;
        let named = |e: Expr| {
            e.map_expr(|e| match e {
                Expr::Column(n) if left.contains(&n) => Expr::Column(format!("{n}{suffix}").into()),
                e => e,
            })
        };
        let operators = [Some(ie.operator1), ie.operator2];
        let pairs = self.left_on.drain(..).zip(self.right_on.drain(..)).zip(operators.into_iter().flatten());
        let conditions = pairs.map(|((l, r), op)| match op {
            InequalityOperator::Lt => l.lt(named(r)),
            InequalityOperator::LtEq => l.lt_eq(named(r)),
            InequalityOperator::Gt => l.gt(named(r)),
            InequalityOperator::GtEq => l.gt_eq(named(r)),
        });
        self.filter = conditions.reduce(Expr::and);
        self.args.how = JoinType::Cross;
    }
}

/// The sides of a join by what they do.
pub(super) struct Sides<'a> {
    pub how: Match,
    /// Keys of the side whose rows pass.
    pub passing_on: &'a [Expr],
    /// Keys of the side that is looked up.
    pub built_on: &'a [Expr],
    pub built_is_right: bool,
}

/// What became of rows that pass.
enum Passed {
    Joined(Pipe),
    /// They are too many when they are joined.
    Again(Pipe),
}

impl Relation for Join {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        validated(run, self.validation, &self.args, (&self.left, &self.left_on), (&self.right, &self.right_on))?;
        let passes_left = passes_left(&self.args);
        match &self.args.how {
            JoinType::Inner => {
                let (left, right) = (self.left.pipe(run)?, self.right.pipe(run)?);
                let build_right = passes_left.unwrap_or(right.likely_rows <= left.likely_rows);
                self.looked_up(run, Match::Inner, build_right, left, right)
            }
            JoinType::Left => self.one_sided(run, Match::Left, true),
            JoinType::Right => self.one_sided(run, Match::Left, false),
            JoinType::Semi => self.filtering(run, Match::Semi),
            JoinType::Anti => self.filtering(run, Match::Anti),
            JoinType::Full => self.full(run, passes_left.unwrap_or(true)),
            JoinType::Cross => self.cross(run),
            JoinType::AsOf(options) => self.asof(run, options),
            #[allow(unreachable_patterns, reason = "further kinds of joins come with features of Polars")]
            other => Err(unsupported(&format!("a join of the kind '{other}'"))),
        }
    }
}

impl Join {
    fn one_sided(&self, run: &mut Run<'_>, how: Match, build_right: bool) -> Result<Pipe> {
        let (left, right) = (self.left.pipe(run)?, self.right.pipe(run)?);
        self.looked_up(run, how, build_right, left, right)
    }

    /// Rows of the left side that have a match, or none: the smaller side is what is looked up.
    fn filtering(&self, run: &mut Run<'_>, how: Match) -> Result<Pipe> {
        let (left, right) = (self.left.pipe(run)?, self.right.pipe(run)?);
        if left.likely_rows * SMALLER >= right.likely_rows {
            return self.looked_up(run, how, true, left, right);
        }
        let (likely, unfiltered) =
            (left.likely_rows * if how == Match::Semi { right.likely_share() } else { 1.0 }, left.unfiltered_rows);
        let rows = run.keep(&left, "join")?;
        drop(left);
        let Some(room) = room(run, &rows)? else {
            return Ok(self.looked_up(run, how, true, run.read(&rows), right)?.with_likely(likely, unfiltered));
        };
        run.note("join: the smaller side in memory, its rows marked by the other as it passes");
        let n_rows = rows.total().bound.rows;
        let table = run.table(&rows)?;
        let find = Find::new(self.right_on.clone(), &table, &self.left_on, self.args.nulls_equal, room)?;
        // Of rows without a match nothing is said, whichever are kept.
        let mut pipe =
            if run.is_dry() { right } else { wanted(right, &self.right_on, &self.left_on, self.args.nulls_equal, &table)? };
        drop(table);
        let schema = Arc::new(Schema::from_iter([(MATCHED.into(), IDX_DTYPE)]));
        let bound = Bound { rows: n_rows, var_bytes: 0 };
        let n = pipe.n_partitions() as u64;
        pipe.push_bounded(RowOp::Find(Arc::new(find)), schema, bound, bound.times(n));
        let found = run.keep(&pipe, "join")?;
        drop(pipe);
        let (mut pipe, sizes) = run.read_with_sizes(&rows);
        let marks = Marks::new(&sizes, &run.table(&found)?, how == Match::Semi)?;
        pipe.push(RowOp::Marked(Arc::new(marks)), self.schema.clone(), 1);
        Ok(pipe.with_likely(likely, unfiltered))
    }

    pub(super) fn sides(&self, how: Match, built_is_right: bool) -> Sides<'_> {
        let (left, right) = (&self.left_on[..], &self.right_on[..]);
        let (passing_on, built_on) = if built_is_right { (left, right) } else { (right, left) };
        Sides { how, passing_on, built_on, built_is_right }
    }

    /// Columns of the looked-up side under the names that they have in the result.
    fn payload(&self, sides: &Sides<'_>) -> Vec<(PlSmallStr, PlSmallStr)> {
        if matches!(sides.how, Match::Semi | Match::Anti) {
            return vec![];
        }
        let suffix = self.args.suffix();
        let (left, right) = (&self.left.schema, &self.right.schema);
        let coalesced = self.args.should_coalesce();
        let key_names = |on: &[Expr], of: &Schema| -> Vec<PlSmallStr> {
            on.iter().filter_map(|e| e.to_field(of).ok()).map(|f| f.name().clone()).collect()
        };
        if sides.built_is_right {
            let dropped = if coalesced { key_names(&self.right_on, right) } else { vec![] };
            let kept = right.iter_names().filter(|n| !dropped.contains(n));
            return kept.map(|n| (n.clone(), if left.contains(n) { format!("{n}{suffix}").into() } else { n.clone() })).collect();
        }
        // The left side is looked up: its names stay, and the passing right side gets suffixes (see `renamed`).
        let dropped = if coalesced && self.args.how == JoinType::Right { key_names(&self.left_on, left) } else { vec![] };
        left.iter_names().filter(|n| !dropped.contains(n)).map(|n| (n.clone(), n.clone())).collect()
    }

    /// Columns of the passing side that have another name in the result: those of the right that the left has too.
    fn renamed(&self, sides: &Sides<'_>, payload: &[(PlSmallStr, PlSmallStr)]) -> Vec<(PlSmallStr, PlSmallStr)> {
        if sides.built_is_right {
            return vec![];
        }
        let suffix = self.args.suffix();
        let taken = self.right.schema.iter_names().filter(|n| payload.iter().any(|p| p.1 == **n));
        taken.map(|n| (n.clone(), format!("{n}{suffix}").into())).collect()
    }

    /// Columns of the passing side that stand for keys of both, and what rows of the other side have in them.
    fn shared(&self, sides: &Sides<'_>) -> Vec<(PlSmallStr, Expr)> {
        let of = if sides.built_is_right { &self.left.schema } else { &self.right.schema };
        let keys = sides.passing_on.iter().zip(sides.built_on).filter(|_| self.args.should_coalesce());
        keys.filter_map(|(p, b)| Some((p.to_field(of).ok()?.name().clone(), b.clone()))).collect()
    }

    fn looked_up(&self, run: &mut Run<'_>, how: Match, built_is_right: bool, left: Pipe, right: Pipe) -> Result<Pipe> {
        let sides = self.sides(how, built_is_right);
        let (passing, built) = if built_is_right { (left, right) } else { (right, left) };
        // As many rows find a match as filters have left on the other side.
        let share = if matches!(how, Match::Inner | Match::Semi) { built.likely_share() } else { 1.0 };
        let (likely, unfiltered) = (passing.likely_rows * share, passing.unfiltered_rows);
        Ok(self.by_size(run, &sides, passing, built)?.with_likely(likely, unfiltered))
    }

    /// The rows of one side with their matches in the other, by what there is room for.
    fn by_size(&self, run: &mut Run<'_>, sides: &Sides<'_>, passing: Pipe, built: Pipe) -> Result<Pipe> {
        let how = sides.how;
        // Of rows that only have to be there, a set of keys may be enough.
        let set_of = match sides.built_on {
            [of] if matches!(how, Match::Semi | Match::Anti) && !self.args.nulls_equal => Some(of),
            _ => None,
        };
        if set_of.is_none()
            && room_for(run, built.likely_bytes(), built.likely_rows as u64).is_none()
            && let Some(pipe) = self.merged(run, sides, &passing, &built)?
        {
            return Ok(pipe);
        }
        let rows = run.keep(&built, "join")?;
        drop(built);
        if let Some(of) = set_of
            && let Some((keys, room)) = key_set(run, &rows, of)?
        {
            run.note("join: a set of the keys of one side in memory, looked up by the other as it passes");
            let asked = plain(&sides.passing_on[0]).filter(|_| how == Match::Semi);
            let passing = asked.and_then(|name| passing.with_keys(name, &keys)).unwrap_or(passing);
            let probe = Arc::new(Probe::of_set(&self.side(sides), keys, room));
            return match self.pass(run, passing, probe, 1)? {
                Passed::Joined(pipe) => Ok(pipe),
                Passed::Again(_) => Err(Error::bug("rows that become one at most are too many")),
            };
        }
        match room(run, &rows)? {
            Some(room) => {
                let side = self.side(sides);
                let table = run.table(&rows)?;
                let passing = match side.how {
                    Match::Inner | Match::Semi if !run.is_dry() => {
                        wanted(passing, &side.passing_on, &side.built_on, side.nulls_equal, &table)?
                    }
                    _ => passing,
                };
                let probe = Arc::new(Probe::new(&side, &table, room)?);
                let most = probe.most_matches(&table)?;
                drop(table);
                match self.pass(run, passing, probe, most)? {
                    Passed::Joined(pipe) => {
                        run.note("join: the smaller side in memory, looked up by the other as it passes");
                        Ok(pipe)
                    }
                    Passed::Again(passing) => self.in_buckets(run, sides, passing, &rows),
                }
            }
            None => self.in_buckets(run, sides, passing, &rows),
        }
    }

    pub(super) fn side(&self, sides: &Sides<'_>) -> Side {
        let payload = self.payload(sides);
        Side {
            how: sides.how,
            passing_on: sides.passing_on.to_vec(),
            built_on: sides.built_on.to_vec(),
            nulls_equal: self.args.nulls_equal,
            renamed: self.renamed(sides, &payload),
            shared: self.shared(sides),
            payload,
            columns: names(&self.schema),
        }
    }

    /// Rows pass and look up. Where one becomes several (at most `most`), it is counted how many all become, so that partitions are cut where
    /// there is room for that. The rows that pass are given back if that makes too many, or too large ones.
    fn pass(&self, run: &mut Run<'_>, mut passing: Pipe, probe: Arc<Probe>, most: u64) -> Result<Passed> {
        let width = row_bytes(&self.schema);
        let piece_bytes = run.partition_bytes.saturating_mul(MOST_GROWTH).min(run.task_bytes()).max(passing.partition_bytes());
        let n_columns = n_varying(&self.schema).saturating_sub(n_varying(&passing.schema));
        let is_large = passing.bound.rows.saturating_mul(most).saturating_mul(width) > piece_bytes
            || passing.bound.var_bytes.saturating_mul(most) > run.task_bytes();
        if most == 1 || !is_large {
            let longest = longest_row(probe.payload())?;
            let var_bytes = probe.payload_bytes().min(passing.bound.rows.saturating_mul(most).saturating_mul(longest));
            passing.widen(n_columns, var_bytes / most.max(1));
            passing.push(RowOp::Probe(probe), self.schema.clone(), most);
            return Ok(Passed::Joined(passing));
        }
        let (passing, sizes) = run.computed(&passing, "join")?;
        let Some(counted) = counted(run, &passing, Counter::new(probe.clone(), width, piece_bytes)?)? else {
            return Ok(Passed::Again(passing));
        };
        let bound = |c: &Counted| Bound { rows: c.rows, var_bytes: c.var_bytes };
        let most = counted.iter().map(bound).fold(Bound::default(), Bound::most);
        if most.bytes(&self.schema) > piece_bytes.max(run.task_bytes()).saturating_mul(2) {
            return Ok(Passed::Again(passing));
        }
        let ends = counted.iter().skip(1).map(|c| (c.partition, c.first)).chain([(usize::MAX, 0)]);
        let cut = |(c, (partition, next)): (&Counted, (usize, usize))| {
            let n = sizes.get(c.partition).copied().unwrap_or(0) as usize;
            let len = if partition == c.partition { next - c.first } else { n - c.first };
            Cut { partition: c.partition, rows: (len < n).then_some((c.first, len)) }
        };
        let total = counted.iter().map(bound).fold(Bound::default(), Bound::plus);
        let mut pipe = passing.cut(counted.iter().zip(ends).map(cut).collect())?;
        pipe.widen(n_columns, 0);
        pipe.push_bounded(RowOp::Probe(probe), self.schema.clone(), most, total);
        Ok(Passed::Joined(pipe))
    }

    /// The join of two sides that are both stored in order of the key: they are cut at the same keys, and joined partition by partition.
    fn merged(&self, run: &mut Run<'_>, sides: &Sides<'_>, passing: &Pipe, built: &Pipe) -> Result<Option<Pipe>> {
        let ([passing_on], [built_on]) = (sides.passing_on, sides.built_on) else { return Ok(None) };
        // The side with more partitions says where to cut, so that none has many of its rows.
        let by_passing = passing.n_partitions() >= built.n_partitions();
        let (first, second) =
            if by_passing { ((passing, passing_on), (built, built_on)) } else { ((built, built_on), (passing, passing_on)) };
        let Some(by) = clustered(run, first.0, std::slice::from_ref(first.1))? else { return Ok(None) };
        let Some(alike) = by.cut_alike(run, second.0, second.1)? else { return Ok(None) };
        run.note("join: partition by partition, since both sides are stored in order of the key");
        let (alike, is_distinct) = alike;
        let both = if by_passing { [&by.pipe, &alike] } else { [&alike, &by.pipe] };
        // A row of either side for each of the other at most.
        if by.is_distinct || is_distinct || sides.how == Match::Semi || sides.how == Match::Anti {
            return Ok(Some(whole_buckets(look_up(self.side(sides), &self.schema), both, &self.schema)));
        }
        let pipe = buckets(run, self.side(sides), both, &self.schema);
        Ok(Some(run.computed(&pipe, "join")?.0))
    }

    fn in_buckets(&self, run: &mut Run<'_>, sides: &Sides<'_>, mut passing: Pipe, rows: &Arc<Exchange>) -> Result<Pipe> {
        let mut rooms = Vec::new();
        if matches!(sides.how, Match::Inner | Match::Semi) && !self.args.nulls_equal {
            for (on, of) in sides.passing_on.iter().zip(sides.built_on) {
                if let Some(name) = plain(on).filter(|name| passing.takes_keys(name))
                    && let Some((keys, room)) = key_set(run, rows, of)?
                {
                    passing = passing.with_keys(name, &keys).unwrap_or(passing);
                    rooms.push(room);
                }
            }
        }
        let weight = rows.total().weight();
        let bytes = weight.saturating_add(passing.total_measured().weight().min(weight.saturating_mul(64)));
        let n_buckets = run.n_buckets(bytes);
        run.note(format!("join: both sides in {n_buckets} buckets by the hash of their keys, each joined by itself"));
        passing.number(NUMBER);
        let by = |on: &[Expr]| ByHash { of: on.to_vec(), n_buckets };
        let passed = run.divide(&passing, "join", by(sides.passing_on))?;
        drop((passing, rooms));
        let mut side = self.side(sides);
        let mut built = run.read(rows);
        if side.filters() {
            (built, side.built_on) = keys_once(built, sides.built_on)?;
        }
        let built = run.divide(&built, "join", by(&side.built_on))?;
        side.columns.push(NUMBER.into());
        let schema = numbered(&self.schema, NUMBER);
        if sides.how == Match::Left && !run.has_room_for_buckets(&built) {
            let pipe = self.in_parts(run, sides, [&passed, &built], (n_buckets, &schema), false)?;
            return restored(run, pipe, &[NUMBER], self.schema.clone());
        }
        let both = in_pieces(run, sides.how, &passed, &built)?;
        let pipe = match side.filters() {
            true => whole_buckets(look_up(side, &schema), [&both[0], &both[1]], &schema),
            false => buckets(run, side, [&both[0], &both[1]], &schema),
        };
        restored(run, pipe, &[NUMBER], self.schema.clone())
    }

    /// Every pair of rows: the smaller side whole beside every partition of the left.
    fn cross(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let mut left = self.left.pipe(run)?;
        let right = self.right.pipe(run)?;
        let (right, all) = held(run, &right, "cross join")?;
        let n = all.rows.max(1);
        let width = row_bytes(&self.schema);
        let allowed = run.partition_bytes.saturating_mul(MOST_GROWTH).min(run.task_bytes()).max(width * n);
        if left.bound.rows.saturating_mul(n).saturating_mul(width) > allowed {
            left = cut_small(run, left, (allowed / width / n).max(1))?;
        }
        run.note("join: every pair of rows, partition by partition of the left side");
        let beside = TableStep::Beside {
            right,
            on: (self.left_on.clone(), self.right_on.clone()),
            args: Box::new(self.args.clone()),
            filter: self.filter.clone(),
        };
        left.push(RowOp::Step(beside), self.schema.clone(), n);
        let rows = all.rows as f64;
        let (likely, unfiltered) = (left.likely_rows * rows, left.unfiltered_rows * rows);
        Ok(left.with_likely(likely, unfiltered))
    }
}

/// The set of the keys in a column of an exchange's rows, and its room, if it can be had.
fn key_set(run: &Run<'_>, rows: &Arc<Exchange>, of: &Expr) -> Result<Option<(Arc<KeySet>, Share)>> {
    let Some(of) = plain(of).filter(|_| !run.is_dry()) else { return Ok(None) };
    let parts = rows.as_written();
    let part = |i| Ok(table(&parts.read(i)?)?.column(of).map_err(table_error)?.clone());
    let found = KeySet::of_parts(parts.n_partitions(), part, |bytes| run.pool.take_or_move(bytes))?;
    Ok(found.map(|(keys, room)| (Arc::new(keys), room)))
}

/// The side that passes, read without rows whose keys `on` are not among the keys `built_on` of `table`, where that can be.
fn wanted(passing: Pipe, on: &[Expr], built_on: &[Expr], nulls_equal: bool, table: &DataFrame) -> Result<Pipe> {
    let built = keys(table, built_on)?;
    Ok(on.iter().zip(built.columns()).fold(passing, |pipe, (on, key)| {
        let nulls_match = nulls_equal && key.null_count() > 0;
        let asked = plain(on).filter(|name| !nulls_match && pipe.takes_keys(name));
        asked.and_then(|name| pipe.with_keys(name, &Arc::new(KeySet::new(key)?))).unwrap_or(pipe)
    }))
}

/// Room for rows to be looked up in, if there is any: the rows, a copy while they are made ready, hash tables and a set of their keys.
pub(super) fn room(run: &Run<'_>, rows: &Exchange) -> Result<Option<Share>> {
    let m = rows.total();
    room_for(run, m.bytes, m.bound.rows).map_or(Ok(None), |bytes| run.pool.take_or_move(bytes))
}

/// Bytes of that room, if rows are not too many for it.
fn room_for(run: &Run<'_>, bytes: u64, n_rows: u64) -> Option<u64> {
    let need = bytes.saturating_mul(2).saturating_add(Lookup::bytes(n_rows, 0)).saturating_add(KeySet::bytes(n_rows));
    (need <= run.pool.limit_bytes() / LOOKUP_SHARE).then_some(need)
}

/// Partitions of at most `rows` rows.
fn cut_small(run: &mut Run<'_>, pipe: Pipe, rows: u64) -> Result<Pipe> {
    let (mut pipe, sizes) = run.computed(&pipe, "join")?;
    let mut cuts = Vec::new();
    for (partition, &n) in sizes.iter().enumerate() {
        let mut first = 0;
        while first < n || (n == 0 && first == 0) {
            let len = rows.min(n - first);
            cuts.push(Cut { partition, rows: (len < n).then_some((first as usize, len as usize)) });
            first += len.max(1);
        }
    }
    pipe = pipe.cut(cuts)?;
    pipe.bound.rows = pipe.bound.rows.min(rows);
    Ok(pipe)
}
