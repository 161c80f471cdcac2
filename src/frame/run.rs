//! Runs a query in stages. A stage takes partitions as far as they go by themselves; where rows have to meet, they are left in an
//! exchange, and the next stage is planned by what is found there. Every stage is a plan of the engine, with its bounds known before it runs.
//!
//! What comes out, and in which order, depends on the data alone. The budget decides how it is made: in one task or in buckets, and what is
//! kept in memory meanwhile.

use crate::base::bytes::format_bytes;
use crate::base::event::Event;
use crate::base::{Error, Kind as ErrorKind, Result};
use crate::chunk::dataframe::{apart, stack, table};
use crate::chunk::table_bound::{Bound, n_varying};
use crate::expr::node::SinkNode;
use crate::expr::table::{TableSink, TableSource};
use crate::expr::{Expr, Kind, Meta};
use crate::frame::pipe::{MOST_GROWTH, Pipe, call};
use crate::op::table::TableStep;
use crate::op::table::bucket::{Bucket, BucketOp};
use crate::op::table::exchange::{Divide, Exchange, ExchangeSource, Sample};
use crate::op::table::measured::Measured;
use crate::op::table::wrap::Cut;
use crate::session::Session;
use crate::spill::Pool;
use crate::spill::pool::Share;
use polars::prelude::{DataFrame, SchemaRef};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// The part of the budget that rows between stages may take; the other half is what stages run in.
const POOL_SHARE: u64 = 2;
/// The part of a stage's budget that the rows of one task may take: beside them are copies, hash tables and results.
const TASK_SHARE: u64 = 12;

/// The size that partitions of large tables aim at, in bytes, and the part of a small budget that they may take.
const MOST_PARTITION_BYTES: u64 = 16 << 20;
const PARTITION_SHARE: u64 = 48;
/// The size of partitions where fewer are better, and what their number is a multiple of.
const LARGE_PARTITION_BYTES: u64 = 48 << 20;
const FEW_LARGE_PARTITIONS: u64 = 4;
/// Partitions of so many bytes are worth a task: what is stored in pieces as large is not put together, which would take copies.
const ENOUGH_BYTES: u64 = 4 << 20;
/// Small tables are cut into so many partitions, so that all threads have some, unless they would be smaller than this.
const FEW_PARTITIONS: u64 = 16;
const LEAST_PARTITION_BYTES: u64 = 1 << 20;

/// A query being run, or (dry) being explained.
pub(super) struct Run<'a> {
    session: &'a Session,
    stages: Session,
    pub pool: Arc<Pool>,
    /// No partition is meant to be larger.
    pub partition_bytes: u64,
    /// Whether partitions of small tables are smaller.
    automatic: bool,
    /// How steps run that are not simply row-wise.
    pub notes: Vec<String>,
    /// Rows of parts that the query has several times.
    pub shared: HashMap<u128, Arc<Exchange>>,
    /// Whether stages have been run, or would have.
    pub has_stages: bool,
    dry: bool,
}

impl<'a> Run<'a> {
    /// A run in a session. A dry one reads no rows: what stages would find is taken to be the most there can be.
    pub fn new(session: &'a Session, partition_bytes: Option<u64>, dry: bool) -> Run<'a> {
        let config = session.config();
        if !dry {
            session.begin_within_budget();
        }
        let pool_bytes = config.budget_bytes / POOL_SHARE;
        let most_partition_bytes = (config.budget_bytes / PARTITION_SHARE).clamp(LEAST_PARTITION_BYTES, MOST_PARTITION_BYTES);
        Run {
            session,
            stages: session.with_part_of_budget(POOL_SHARE),
            pool: Arc::new(Pool::new(pool_bytes, config)),
            partition_bytes: partition_bytes.unwrap_or(most_partition_bytes),
            automatic: partition_bytes.is_none(),
            notes: vec![],
            shared: HashMap::new(),
            has_stages: false,
            dry,
        }
    }

    /// The size up to which what is stored of a table of `total_bytes` is put together.
    pub fn target_bytes(&self, total_bytes: u64) -> u64 {
        if !self.automatic {
            return self.partition_bytes;
        }
        (total_bytes / FEW_PARTITIONS).clamp(LEAST_PARTITION_BYTES, self.partition_bytes.min(ENOUGH_BYTES))
    }

    /// Most bytes of rows that one task takes.
    pub fn task_bytes(&self) -> u64 {
        self.stages.config().budget_bytes / TASK_SHARE
    }

    /// The budget that leaves a task so many bytes of rows, for people; a little more, since it is rounded.
    pub fn budget_for(task_bytes: u64) -> String {
        let enough = task_bytes.saturating_mul(TASK_SHARE * POOL_SHARE);
        format_bytes(enough.saturating_add(enough / 16))
    }

    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The session that stages run in: with what the rows between stages leave of the budget, if there are any.
    pub fn last_session(&self) -> &Session {
        if self.pool.is_used() { &self.stages } else { self.session }
    }

    /// Runs partitions to where rows have to meet, and keeps their rows in order.
    pub fn keep(&mut self, pipe: &Pipe, name: &str) -> Result<Arc<Exchange>> {
        self.exchange(pipe, name, None, None)
    }

    /// The same, with a sample of their keys.
    pub fn keep_and_sample(&mut self, pipe: &Pipe, name: &str, sampler: impl Sample + 'static) -> Result<Arc<Exchange>> {
        self.exchange(pipe, name, None, Some(Arc::new(sampler)))
    }

    /// Runs partitions to where rows have to meet, in the buckets that a rule divides them into.
    pub fn divide(&mut self, pipe: &Pipe, name: &str, by: impl Divide + 'static) -> Result<Arc<Exchange>> {
        self.exchange(pipe, name, Some(Arc::new(by)), None)
    }

    fn exchange(
        &mut self,
        pipe: &Pipe,
        name: &str,
        divide: Option<Arc<dyn Divide>>,
        sampler: Option<Arc<dyn Sample>>,
    ) -> Result<Arc<Exchange>> {
        let divide = divide.map(|by| (by, self.task_bytes()));
        let exchange = Exchange::new(pipe.schema.clone(), name.to_string(), self.pool.clone(), divide, sampler);
        let exchange = Arc::new(exchange);
        self.has_stages = true;
        if self.dry {
            exchange.pretend(Measured { bound: pipe.total, bytes: pipe.total_bytes() }, pipe.n_partitions());
            return Ok(exchange);
        }
        self.pool.begin_use();
        let began = Instant::now();
        let stored = self.stages.store(&[sink(pipe.expr(), exchange.clone())]);
        let moved_bytes = self.pool.take_moved_bytes();
        if moved_bytes > 0 {
            self.stages.tell(|| Event::Spilled { at_ns: began.elapsed().as_nanos() as u64, bytes: moved_bytes });
        }
        stored.map(|()| exchange)
    }

    /// Partitions of an exchange, about as large as those of the sources.
    pub fn read(&self, exchange: &Arc<Exchange>) -> Pipe {
        self.of_source(exchange, exchange.source(self.target_bytes(exchange.total().bytes)))
    }

    /// Partitions of an exchange as they were written.
    pub fn read_as_written(&self, exchange: &Arc<Exchange>) -> Pipe {
        self.of_source(exchange, exchange.as_written())
    }

    /// The buckets of an exchange, and the bucket of each partition: one that a task has no room for is in several.
    pub fn read_in_pieces(&self, exchange: &Arc<Exchange>) -> (Pipe, Vec<usize>) {
        let (source, buckets) = exchange.in_pieces(self.task_bytes());
        (self.of_source(exchange, source), buckets)
    }

    /// Whether a task has room for every bucket of an exchange, so that none comes in pieces.
    pub fn has_room_for_buckets(&self, exchange: &Arc<Exchange>) -> bool {
        self.read_in_pieces(exchange).1.is_sorted_by(|a, b| a < b)
    }

    fn of_source(&self, exchange: &Arc<Exchange>, source: ExchangeSource) -> Pipe {
        let bound = source.measured().fold(Default::default(), most);
        let total = exchange.total().bound;
        Pipe::of(Arc::new(source), exchange.schema().clone(), bound, total)
    }

    /// The same partitions, computed, and how many rows each has.
    pub fn computed(&mut self, pipe: &Pipe, name: &str) -> Result<(Pipe, Vec<u64>)> {
        let exchange = self.keep(pipe, name)?;
        let (read, sizes) = self.read_with_sizes(&exchange);
        Ok((read.with_likely(pipe.likely_rows, pipe.unfiltered_rows), sizes))
    }

    /// The pipe, computed unless its partitions can be read as often as need be.
    pub fn readable(&mut self, pipe: Pipe, name: &str) -> Result<Pipe> {
        if pipe.is_source() { Ok(pipe) } else { Ok(self.computed(&pipe, name)?.0) }
    }

    /// The pipe, computed if something in it may have made many rows of few: what comes next is then planned by what is found, rather than by
    /// the most there could be.
    pub fn measured(&mut self, pipe: Pipe, name: &str) -> Result<Pipe> {
        if self.dry || pipe.growth() < MOST_GROWTH { Ok(pipe) } else { Ok(self.computed(&pipe, name)?.0) }
    }

    /// The same rows in fewer partitions that are larger, where the budget has room for them and the user has not said how large they are.
    ///
    /// # Errors
    /// A bug.
    pub fn in_large_partitions(&self, pipe: Pipe) -> Result<Pipe> {
        let Some(source) = pipe.source().filter(|_| self.automatic) else { return Ok(pipe) };
        let n = source.n_partitions() as u64;
        let bytes = (0..source.n_partitions()).fold(0u64, |all, i| all.saturating_add(source.bytes(i).0));
        let most_bytes = LARGE_PARTITION_BYTES.min(self.stages.config().budget_bytes / PARTITION_SHARE);
        // As many for every thread, however many there are, if they are a power of two.
        let n_large = bytes.div_ceil(most_bytes).next_multiple_of(FEW_LARGE_PARTITIONS);
        if n_large == 0 || n_large * 2 > n {
            return Ok(pipe);
        }
        let whole = |i| Cut { partition: i as usize, rows: None };
        pipe.joined((0..n_large).map(|i| (n * i / n_large..n * (i + 1) / n_large).map(whole).collect()).collect())
    }

    /// Partitions of an exchange as they were written, and how many rows each has.
    pub fn read_with_sizes(&self, exchange: &Arc<Exchange>) -> (Pipe, Vec<u64>) {
        let sizes = exchange.as_written().measured().map(|m| m.bound.rows).collect();
        (self.read_as_written(exchange), sizes)
    }

    /// The rows in one partition, if one task can take them.
    ///
    /// # Errors
    /// More rows than that, with the numbers.
    pub fn whole(&mut self, pipe: &Pipe, what: &str) -> Result<Pipe> {
        if pipe.n_partitions() == 1 {
            return Ok(pipe.clone());
        }
        let exchange = self.keep(pipe, what)?;
        self.gathered(&exchange, what)
    }

    /// The rows of an exchange in one partition.
    ///
    /// # Errors
    /// More rows than one task can take.
    pub fn gathered(&self, exchange: &Arc<Exchange>, what: &str) -> Result<Pipe> {
        let (bytes, limit) = (exchange.total().bytes, self.task_bytes());
        if bytes > limit {
            let enough = Run::budget_for(bytes);
            let (bytes, limit) = (format_bytes(bytes), format_bytes(limit));
            return Err(Error::new(
                ErrorKind::Budget,
                format!(
                    "{what} cannot be taken apart and needs {bytes} of rows in one task, of which the memory budget leaves {limit}: \
                     raise the budget to at least {enough}, or filter and select before"
                ),
            ));
        }
        Ok(self.of_source(exchange, exchange.source(u64::MAX)))
    }

    /// Room between the stages for `bytes` of rows that are held in memory.
    ///
    /// # Errors
    /// More than there is.
    pub fn room(&self, bytes: u64, what: &str) -> Result<Share> {
        if self.dry {
            return Ok(Share::default());
        }
        self.pool.take_or_move(bytes)?.ok_or_else(|| {
            let (bytes, limit) = (format_bytes(bytes), format_bytes(self.pool.limit_bytes()));
            Error::new(
                ErrorKind::Budget,
                format!("{what} holds {bytes} of rows in memory, and of the {limit} that there are for it too little is left: raise the memory budget"),
            )
        })
    }

    /// All rows in memory; none where nothing is read.
    ///
    /// # Errors
    /// A source's own.
    pub fn table(&self, exchange: &Arc<Exchange>) -> Result<DataFrame> {
        if self.dry {
            return Ok(DataFrame::empty_with_schema(exchange.schema()));
        }
        let source = exchange.source(u64::MAX);
        let parts = (0..source.n_partitions()).map(|i| source.read(i)).collect::<Result<Vec<_>>>()?;
        let mut df = stack(parts.iter().map(table).collect::<Result<Vec<_>>>()?)?;
        apart(|| df.rechunk_mut_par());
        Ok(df)
    }

    /// Whether nothing is read.
    pub fn is_dry(&self) -> bool {
        self.dry
    }

    /// Steps on every bucket of an exchange. They make at most `growth` times the rows and bytes of a bucket, with the columns `between` on
    /// the way and `schema` in the end.
    ///
    /// # Errors
    /// A bucket that is larger than one task can take.
    pub fn on_buckets(
        &self,
        exchange: &Arc<Exchange>,
        steps: Vec<TableStep>,
        growth: u64,
        name: &'static str,
        between: &[SchemaRef],
        schema: SchemaRef,
    ) -> Result<Pipe> {
        let buckets = exchange.source(0);
        if let Some(largest) = self.too_large(exchange) {
            let enough = Run::budget_for(largest.div_ceil(4));
            let (bytes, limit) = (format_bytes(largest), format_bytes(self.task_bytes()));
            return Err(Error::new(
                ErrorKind::Budget,
                format!(
                    "{name}: rows that have to be together take {bytes} (many have the same keys, or some have very long texts), of which one \
                     task has {limit}: raise the memory budget to at least {enough}"
                ),
            ));
        }
        let largest = largest(exchange);
        let read_bound = buckets.measured().fold(Default::default(), most);
        let bound = read_bound.times(growth);
        let n = buckets.n_partitions();
        let as_columns = |schema: &SchemaRef| bound.bytes_from(schema, n_varying(exchange.schema()));
        let out_bytes = as_columns(&schema).max(largest.saturating_mul(growth));
        let widest = between.iter().map(as_columns).max().unwrap_or(0);
        let total = exchange.total().bound;
        let read = Pipe::of(Arc::new(buckets), exchange.schema().clone(), read_bound, total);
        // Row numbers of groups, a hash table and copied keys, or an order of rows and the rows in it.
        let scratch = read_bound.rows.saturating_mul(64).saturating_add(largest.max(widest));
        let op = Bucket::new(BucketOp::Steps(steps), name, out_bytes, scratch);
        let expr = call(Arc::new(op), vec![read.expr()], &schema, n, out_bytes);
        Ok(Pipe::made(expr, schema, bound, total.times(growth)))
    }

    /// The bytes of the largest bucket, if no task could take them.
    pub fn too_large(&self, exchange: &Exchange) -> Option<u64> {
        let largest = largest(exchange);
        (largest > self.task_bytes().saturating_mul(4) && !self.dry).then_some(largest)
    }

    /// Number of buckets for so many bytes of rows, so that one is about as large as a partition.
    pub fn n_buckets(&self, bytes: u64) -> usize {
        bytes.div_ceil(BUCKET_BYTES.min(self.task_bytes()).max(1)).clamp(2, MOST_BUCKETS) as usize
    }
}

/// The size that buckets aim at.
const BUCKET_BYTES: u64 = 32 << 20;
const MOST_BUCKETS: u64 = 512;

/// Bytes of the largest bucket.
fn largest(exchange: &Exchange) -> u64 {
    exchange.measured().iter().map(|m| m.bytes).max().unwrap_or(0)
}

fn most(a: Bound, m: Measured) -> Bound {
    a.most(m.bound)
}

/// An output of a table.
pub(super) fn sink(expr: Expr, to: Arc<dyn TableSink>) -> Expr {
    let label = to.label();
    Expr::new(Kind::Sink(SinkNode::Table(to)), vec![expr], Meta::Unit, label)
}
