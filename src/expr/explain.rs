//! Expressions as text: one line for a node, inputs by number.

use crate::base::{Axis, Grid};
use crate::expr::node::{Blockwise, Select, SourceNode, TreeReduce};
use crate::expr::{AxisMap, Expr, IndexMap, Kind, Meta};
use crate::kernel::program::{Instr, Line, Program, Value};
use std::collections::HashMap;
use std::fmt::Write;

/// All nodes, inputs first.
pub fn tree(roots: &[Expr]) -> String {
    let nodes = Expr::topological(roots);
    let numbers: HashMap<_, _> = nodes.iter().enumerate().map(|(i, e)| (e.key(), i)).collect();
    let mut out = String::new();
    for (i, e) in nodes.iter().enumerate() {
        let inputs: Vec<String> = e.inputs().iter().map(|x| format!("#{}", numbers[&x.key()])).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "#{i:<3} {:<10} {}  {}", e.kind_name(), detail(e, &inputs), meta(e.meta()));
    }
    out
}

/// What is known of a value: `float32 (16384, 16384) in 8 x 8 chunks of (2048, 2048)`.
pub fn meta(m: &Meta) -> String {
    match m {
        Meta::Unit => String::new(),
        Meta::Table(t) => format!("table of {} columns in {} partitions", t.columns.len(), t.n_partitions),
        Meta::Array { dtype, grid } => format!("{dtype} {}", shape(grid)),
    }
}

/// Shape and chunks of a grid, in words.
pub fn shape(grid: &Grid) -> String {
    let list = |v: Vec<String>| format!("({}{})", v.join(", "), if v.len() == 1 { "," } else { "" });
    let len = |a: &Axis| if a.is_unknown() { format!("?<={}", a.len()) } else { a.len().to_string() };
    let shape = list(grid.axes().iter().map(len).collect());
    if grid.n_chunks() == 1 {
        return format!("{shape} whole");
    }
    let counts: Vec<String> = grid.counts().iter().map(ToString::to_string).collect();
    let sizes = grid.axes().iter().map(|a| match a {
        Axis::Regular { .. } => a.max_size().to_string(),
        Axis::Irregular(_) | Axis::Unknown(_) => format!("<={}", a.max_size()),
    });
    format!("{shape} in {} chunks of {}", counts.join(" x "), list(sizes.collect()))
}

fn detail(e: &Expr, inputs: &[String]) -> String {
    match e.kind() {
        Kind::Source(SourceNode::Array { origin, .. }) if origin.iter().any(|&o| o > 0) => format!("{} from {origin:?}", e.label()),
        Kind::Source(_) => e.label().to_string(),
        Kind::Blockwise(b) => blockwise(b, inputs),
        Kind::TreeReduce(TreeReduce::Array(r)) => format!("{}[axes {:?}] of {}", r.op.name, r.axes, blockwise(&r.map, inputs)),
        Kind::Scan(s) => format!("{}[axis {}]({})", s.op.name, s.axis, inputs.join(", ")),
        Kind::Select(Select::Slice(s)) => {
            let s: Vec<String> = s.iter().map(|s| format!("{}+{}*{}", s.start, s.step, s.len)).collect();
            format!("slice({})[{}]", inputs.join(", "), s.join(", "))
        }
        Kind::Select(Select::Concat(axis)) => format!("concatenate[axis {axis}]({})", inputs.join(", ")),
        Kind::Select(Select::Halo { depth, boundary }) => format!("halo[{depth:?}, {boundary:?}]({})", inputs.join(", ")),
        Kind::Select(Select::Take { axes, index }) => format!("take[{} along {axes:?}]({})", index.len(), inputs.join(", ")),
        Kind::Select(Select::Put { axes, index }) => format!("put[{} along {axes:?}]({})", index.len(), inputs.join(", ")),
        _ => format!("{}({})", e.label(), inputs.join(", ")),
    }
}

fn blockwise(b: &Blockwise, inputs: &[String]) -> String {
    let names: Vec<String> = b.maps.iter().zip(inputs).map(|(m, i)| format!("{i}{}", map(m))).collect();
    text(&b.program, &names)
}

fn map(m: &IndexMap) -> String {
    if m.is_identity(m.0.len()) {
        return String::new();
    }
    let axes: Vec<String> =
        m.0.iter()
            .map(|a| match a {
                AxisMap::Out(o) => format!("a{o}"),
                AxisMap::Fixed(i) => i.to_string(),
            })
            .collect();
    format!("[{}]", axes.join(","))
}

/// A number as what it grows by: `index1`, `100*index0+index1`.
fn number(line: &Line) -> String {
    let along = line.axes().map(|a| match line.steps[a] {
        1 => format!("index{a}"),
        s => format!("{s}*index{a}"),
    });
    let start = Some(line.start.to_string()).filter(|_| line.start != 0 || line.axes().next().is_none());
    along.chain(start).collect::<Vec<_>>().join("+")
}

/// A program as nested calls; values used more than once are named once and for all.
pub fn text(program: &Program, inputs: &[String]) -> String {
    let mut uses = vec![0usize; program.values.len()];
    for (instr, _) in &program.values {
        match instr {
            Instr::Cast(v) => uses[*v as usize] += 1,
            Instr::Apply(_, args) => args.iter().for_each(|&a| uses[a as usize] += 1),
            _ => {}
        }
    }
    let mut texts: Vec<String> = Vec::with_capacity(program.values.len());
    let mut lets = Vec::new();
    for (i, (instr, dtype)) in program.values.iter().enumerate() {
        let at = |v: &Value| texts[*v as usize].clone();
        let t = match instr {
            Instr::Input(s) => inputs.get(*s as usize).cloned().unwrap_or_else(|| format!("in{s}")),
            Instr::Const(s) => s.to_string(),
            Instr::Number(line) => number(line),
            Instr::Cast(v) => format!("{dtype}({})", at(v)),
            Instr::Apply(op, args) => format!("{}({})", op.name, args.iter().map(at).collect::<Vec<_>>().join(", ")),
        };
        let composite = matches!(instr, Instr::Cast(_) | Instr::Apply(..));
        if composite && uses[i] > 1 && i != program.result as usize {
            let name = format!("t{}", lets.len());
            lets.push(format!("{name} = {t}"));
            texts.push(name);
        } else {
            texts.push(t);
        }
    }
    let result = &texts[program.result as usize];
    if lets.is_empty() { result.clone() } else { format!("{} where {}", result, lets.join("; ")) }
}
