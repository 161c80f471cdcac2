//! What a run would do, before it is made: the expression before and after each rewrite, tasks, bytes, projected memory.

use crate::base::bytes::format_bytes;
use crate::base::{Error, Kind, Result};
use crate::expr::Expr;
use crate::expr::explain::tree;
use crate::optimize::{Pass, optimize};
use crate::plan::lower;
use crate::plan::lower::Layer;
use crate::session::Session;
use crate::session::play::Played;
use crate::session::warning::{ChunkWarning, warnings};
use std::fmt;

/// What a run would do.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// The expression as it was written.
    pub expression: String,
    /// The expression after each rewrite that changed it.
    pub passes: Vec<Pass>,
    /// Layers of tasks: name and count.
    pub layers: Vec<(String, usize)>,
    /// Tasks in all.
    pub n_tasks: usize,
    /// About how many bytes are read from storage, those read again included.
    pub read_bytes: u64,
    /// Runs of tasks whose results were dropped, since making them again is cheaper than keeping or spilling them.
    pub n_reruns: u64,
    /// About how many bytes are written to spill files.
    pub spilled_bytes: u64,
    /// About how many bytes are written to storage (an upper bound where they are compressed).
    pub written_bytes: u64,
    /// Upper bound of the run's memory.
    pub projected_bytes: u64,
    /// The memory budget.
    pub budget_bytes: u64,
    /// Why the plan would be refused, if it would.
    pub refusal: Option<String>,
    /// Chunks of a bad size, and rechunks that could be saved. Their nodes are those of the expression after the last rewrite.
    pub warnings: Vec<ChunkWarning>,
}

impl Session {
    /// What a run of the roots would do. Nothing is read but metadata; the schedule is played through without running a task.
    ///
    /// # Errors
    /// When the expression cannot be planned. A plan that does not fit the budget is explained, with the reason.
    pub fn explain(&self, roots: &[Expr]) -> Result<Explanation> {
        let mut passes = Vec::new();
        let optimized = if self.config().optimize { optimize(roots, Some(&mut passes))? } else { roots.to_vec() };
        let plan = match lower(&optimized, self.config()) {
            Err(e) if e.kind() == Kind::Budget => return Ok(self.not_planned(tree(roots), passes, &e)),
            plan => plan?,
        };
        let budget = self.chunk_budget(&plan);
        let Played { runs, stats, .. } = Played::new(&plan, self.config(), budget.as_ref().ok().copied());
        let read = |(l, runs): (&Layer, &u64)| (l.read_bytes as f64 / f64::from(l.n_tasks.max(1)) * *runs as f64) as u64;
        Ok(Explanation {
            expression: tree(roots),
            passes,
            layers: plan.layers.iter().map(|l| (l.name.clone(), l.n_tasks as usize)).collect(),
            n_tasks: plan.graph.n_tasks(),
            read_bytes: plan.layers.iter().zip(&runs).map(read).sum(),
            n_reruns: stats.n_reruns,
            spilled_bytes: stats.spilled_bytes,
            written_bytes: plan.written_bytes,
            projected_bytes: plan.projected_bytes(self.config()),
            budget_bytes: self.config().budget_bytes,
            refusal: budget.err().map(|e| e.to_string()),
            warnings: warnings(&optimized, self.config())?,
        })
    }

    /// What is known of a plan that is too large to be made.
    fn not_planned(&self, expression: String, passes: Vec<Pass>, refusal: &Error) -> Explanation {
        let budget_bytes = self.config().budget_bytes;
        let refusal = Some(refusal.to_string());
        Explanation { expression, passes, projected_bytes: budget_bytes, budget_bytes, refusal, ..Explanation::default() }
    }

    /// The optimized expression as a picture, in Graphviz' DOT language.
    ///
    /// # Errors
    /// When the expression cannot be rewritten (a bug).
    pub fn dot(&self, roots: &[Expr]) -> Result<String> {
        Ok(crate::session::svg::dot(&self.optimized(roots)?))
    }

    /// The optimized expression as a picture (SVG).
    ///
    /// # Errors
    /// When the expression cannot be rewritten (a bug).
    pub fn svg(&self, roots: &[Expr]) -> Result<String> {
        Ok(crate::session::svg::svg(&self.optimized(roots)?))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "expression\n{}", indent(&self.expression))?;
        for p in &self.passes {
            writeln!(f, "after: {}\n{}", p.name, indent(&p.after))?;
        }
        if self.n_tasks > 0 {
            writeln!(f, "tasks: {}", self.n_tasks)?;
        }
        for (name, n) in &self.layers {
            writeln!(f, "  {n:>8}  {name}")?;
        }
        writeln!(f, "bytes read:       about {}", format_bytes(self.read_bytes))?;
        if self.n_reruns > 0 {
            writeln!(f, "made again:       {} chunks, which is cheaper than keeping or spilling them", self.n_reruns)?;
        }
        if self.spilled_bytes > 0 {
            writeln!(f, "bytes spilled:    about {}", format_bytes(self.spilled_bytes))?;
        }
        writeln!(f, "bytes written:    at most {}", format_bytes(self.written_bytes))?;
        writeln!(f, "projected memory: {} of a budget of {}", format_bytes(self.projected_bytes), format_bytes(self.budget_bytes))?;
        if let Some(r) = &self.refusal {
            writeln!(f, "this plan would be refused: {r}")?;
        }
        self.warnings.iter().try_for_each(|w| writeln!(f, "warning: {w}"))
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|l| format!("  {l}\n")).collect::<String>()
}
