//! What a run would do, as Python's values: numbers, texts, pictures.

use crate::error::Out;
use crate::lazy::Lazy;
use crate::session::{Session, exprs};
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, Python, wrap_pyfunction};
use pyo3::pyfunction;
use pyo3::types::{PyDict, PyDictMethods, PyList, PyListMethods};
use tilework::expr::Expr;
use tilework::session::{ChunkRow, ChunkWarning, WarningKind};

/// The plan of a run and what it would take, in numbers and in words.
#[pyfunction]
fn explain<'py>(py: Python<'py>, session: &Session, xs: Vec<Lazy>) -> Out<Bound<'py, PyDict>> {
    let roots = exprs(&xs);
    let e = session.plan(py, move |s| s.explain(&roots))?;
    let facts = PyDict::new(py);
    facts.set_item("text", e.to_string())?;
    facts.set_item("expression", e.expression)?;
    facts.set_item("passes", e.passes.into_iter().map(|p| (p.name, p.after)).collect::<Vec<_>>())?;
    facts.set_item("layers", e.layers)?;
    facts.set_item("n_tasks", e.n_tasks)?;
    facts.set_item("n_reruns", e.n_reruns)?;
    facts.set_item("read_bytes", e.read_bytes)?;
    facts.set_item("written_bytes", e.written_bytes)?;
    facts.set_item("spilled_bytes", e.spilled_bytes)?;
    facts.set_item("projected_bytes", e.projected_bytes)?;
    facts.set_item("budget_bytes", e.budget_bytes)?;
    facts.set_item("refusal", e.refusal)?;
    facts.set_item("warnings", warnings(py, &e.warnings)?)?;
    Ok(facts)
}

/// The chunks of a plan, node by node.
#[pyfunction]
fn chunk_report<'py>(py: Python<'py>, session: &Session, xs: Vec<Lazy>) -> Out<Bound<'py, PyDict>> {
    let roots = exprs(&xs);
    let r = session.plan(py, move |s| s.chunk_report(&roots))?;
    let facts = PyDict::new(py);
    facts.set_item("text", r.to_string())?;
    facts.set_item("moved_bytes", r.moved_bytes)?;
    facts.set_item("spilled_bytes", r.spilled_bytes)?;
    let rows = PyList::empty(py);
    r.rows.iter().try_for_each(|r| rows.append(row(py, r)?))?;
    facts.set_item("rows", rows)?;
    facts.set_item("warnings", warnings(py, &r.warnings)?)?;
    Ok(facts)
}

fn row<'py>(py: Python<'py>, r: &ChunkRow) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("kind", r.kind)?;
    row.set_item("label", &r.label)?;
    row.set_item("inputs", &r.inputs)?;
    row.set_item("dtype", r.dtype.map(|d| d.name()))?;
    row.set_item("shape", &r.shape)?;
    row.set_item("chunks", &r.chunks)?;
    row.set_item("n_chunks", r.n_chunks)?;
    row.set_item("largest_bytes", r.largest_bytes)?;
    row.set_item("size_growth", r.size_growth)?;
    row.set_item("count_growth", r.count_growth)?;
    row.set_item("moved_bytes", r.moved_bytes)?;
    row.set_item("spilled_bytes", r.spilled_bytes)?;
    Ok(row)
}

fn warnings<'py>(py: Python<'py>, all: &[ChunkWarning]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for w in all {
        let kind = match w.kind {
            WarningKind::AvoidableRechunk => "avoidable rechunk",
            WarningKind::SmallChunks => "small chunks",
            WarningKind::LargeChunks => "large chunks",
        };
        let warning = PyDict::new(py);
        warning.set_item("kind", kind)?;
        warning.set_item("node", w.node)?;
        warning.set_item("label", &w.label)?;
        warning.set_item("bytes", w.bytes)?;
        warning.set_item("chunks", &w.chunks)?;
        warning.set_item("message", w.to_string())?;
        list.append(warning)?;
    }
    Ok(list)
}

/// The optimized expression as a picture: SVG, or Graphviz' DOT language.
#[pyfunction]
fn picture(py: Python<'_>, session: &Session, xs: Vec<Lazy>, dot: bool) -> Out<String> {
    let roots = exprs(&xs);
    session.plan(py, move |s| if dot { s.dot(&roots) } else { s.svg(&roots) })
}

/// A size for people.
#[pyfunction]
fn format_bytes(n: u64) -> String {
    tilework::format_bytes(n)
}

/// About how many tasks a plan has at most: what it costs to plan.
#[pyfunction]
fn plan_size(x: &Lazy) -> usize {
    Expr::topological(std::slice::from_ref(x.0.expr())).iter().map(|e| e.meta().n_chunks()).fold(0, usize::saturating_add)
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(explain, m)?)?;
    m.add_function(wrap_pyfunction!(chunk_report, m)?)?;
    m.add_function(wrap_pyfunction!(picture, m)?)?;
    m.add_function(wrap_pyfunction!(plan_size, m)?)?;
    m.add_function(wrap_pyfunction!(format_bytes, m)?)
}
