//! Expressions as pictures: boxes by depth, inputs above.

use crate::expr::explain::meta;
use crate::expr::{Expr, Key};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::HashMap;
use std::fmt::Write;

/// Width and height of a box, and the gaps between boxes.
const BOX: (usize, usize) = (250, 52);
const GAP: (usize, usize) = (24, 46);

fn layered(roots: &[Expr]) -> (DiGraph<Expr, ()>, Vec<Vec<NodeIndex>>) {
    let mut graph = DiGraph::new();
    let mut index: HashMap<Key, NodeIndex> = HashMap::new();
    let mut depth: Vec<usize> = Vec::new();
    let mut levels: Vec<Vec<NodeIndex>> = Vec::new();
    for e in Expr::topological(roots) {
        let d = e.inputs().iter().map(|i| depth[index[&i.key()].index()] + 1).max().unwrap_or(0);
        let n = graph.add_node(e.clone());
        for i in e.inputs() {
            graph.add_edge(index[&i.key()], n, ());
        }
        index.insert(e.key(), n);
        depth.push(d);
        if levels.len() <= d {
            levels.resize(d + 1, vec![]);
        }
        levels[d].push(n);
    }
    // One sweep of barycentres: a box goes to where its inputs are.
    let mut place: Vec<f64> = vec![0.0; graph.node_count()];
    for level in &mut levels {
        for n in level.iter() {
            let inputs: Vec<f64> = graph.neighbors_directed(*n, petgraph::Incoming).map(|i| place[i.index()]).collect();
            place[n.index()] = if inputs.is_empty() { n.index() as f64 } else { inputs.iter().sum::<f64>() / inputs.len() as f64 };
        }
        level.sort_by(|a, b| place[a.index()].total_cmp(&place[b.index()]));
        for (i, n) in level.iter().enumerate() {
            place[n.index()] = i as f64;
        }
    }
    (graph, levels)
}

fn escape(t: &str) -> String {
    t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn cut(t: &str, n: usize) -> String {
    if t.chars().count() <= n { t.to_string() } else { t.chars().take(n - 1).chain(['…']).collect() }
}

/// The picture in DOT.
pub fn dot(roots: &[Expr]) -> String {
    let (graph, _) = layered(roots);
    let named = graph.map(|_, e| format!("{} {}\n{}", e.kind_name(), e.label(), meta(e.meta())), |_, ()| "");
    format!("{}", petgraph::dot::Dot::with_config(&named, &[petgraph::dot::Config::EdgeNoLabel]))
}

/// The picture as SVG.
pub fn svg(roots: &[Expr]) -> String {
    let (graph, levels) = layered(roots);
    let widest = levels.iter().map(Vec::len).max().unwrap_or(1);
    let (width, height) = (widest * (BOX.0 + GAP.0) + GAP.0, levels.len() * (BOX.1 + GAP.1) + GAP.1);
    let mut at: HashMap<NodeIndex, (usize, usize)> = HashMap::new();
    for (d, level) in levels.iter().enumerate() {
        let left = (width - level.len() * (BOX.0 + GAP.0) + GAP.0) / 2;
        for (i, n) in level.iter().enumerate() {
            at.insert(*n, (left + i * (BOX.0 + GAP.0), GAP.1 / 2 + d * (BOX.1 + GAP.1)));
        }
    }
    // Writing to a String cannot fail.
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    );
    for e in graph.edge_indices() {
        let Some((a, b)) = graph.edge_endpoints(e) else { continue };
        let ((ax, ay), (bx, by)) = (at[&a], at[&b]);
        let (x0, y0, x1, y1) = (ax + BOX.0 / 2, ay + BOX.1, bx + BOX.0 / 2, by);
        let m = usize::midpoint(y0, y1);
        let _ = write!(out, "<path d=\"M{x0},{y0} C{x0},{m} {x1},{m} {x1},{y1}\" fill=\"none\" stroke=\"#8a94a6\"/>");
    }
    for n in graph.node_indices() {
        let (e, (x, y)) = (&graph[n], at[&n]);
        let colour = match e.kind_name() {
            "Source" => "#dcefe0",
            "Sink" => "#f3e3d3",
            "TreeReduce" | "Scan" => "#e6e0f3",
            "Rechunk" | "Select" | "Shuffle" => "#f6efce",
            _ => "#dfe9f7",
        };
        let _ = write!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"{colour}\" stroke=\"#5b6472\"/>\
             <text x=\"{}\" y=\"{}\" font-weight=\"bold\">{}</text><text x=\"{}\" y=\"{}\" fill=\"#444\">{}</text>",
            BOX.0,
            BOX.1,
            x + 8,
            y + 20,
            escape(&cut(&format!("{} {}", e.kind_name(), e.label()), 34)),
            x + 8,
            y + 39,
            escape(&cut(&meta(e.meta()), 40))
        );
    }
    out.push_str("</svg>\n");
    out
}
