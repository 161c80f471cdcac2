//! Pictures of a graph in the DOT language: by layer (any size), or by task (small graphs).

use crate::base::{Error, Result};
use crate::graph::task_graph::TaskGraph;
use petgraph::dot::{Config, Dot};
use petgraph::graph::DiGraph;
use std::collections::BTreeSet;

/// Most tasks that [`TaskGraph::dot_tasks`] draws.
pub const MAX_DOT_TASKS: usize = 300;

impl TaskGraph {
    /// The layers and which reads which, as a graph; a node holds the layer's index.
    pub fn layer_graph(&self) -> DiGraph<u32, ()> {
        let mut out = DiGraph::new();
        let nodes: Vec<_> = (0..self.layers.len() as u32).map(|l| out.add_node(l)).collect();
        let mut edges = BTreeSet::new();
        let mut last = (u32::MAX, u32::MAX);
        for (l, layer) in self.layers.iter().enumerate() {
            for t in layer.first_task..layer.first_task + layer.n_tasks {
                for &d in self.inputs(t) {
                    let edge = (self.layer_of(self.producer(d)), l as u32);
                    if edge != last && edge.0 != edge.1 {
                        edges.insert(edge);
                    }
                    last = edge;
                }
            }
        }
        for (a, b) in edges {
            out.add_edge(nodes[a as usize], nodes[b as usize], ());
        }
        out
    }

    /// The layers in DOT.
    pub fn dot_layers(&self) -> String {
        let graph = self.layer_graph();
        let label = |_: &DiGraph<u32, ()>, (_, &l): (_, &u32)| {
            let layer = &self.layers[l as usize];
            format!("label=\"{}\\n{} tasks\" shape=box", escape(&layer.name), layer.n_tasks)
        };
        let config = [Config::EdgeNoLabel, Config::NodeNoLabel];
        format!("{:?}", Dot::with_attr_getters(&graph, &config, &|_, _| String::new(), &label))
    }

    /// The tasks in DOT, with their ranks.
    ///
    /// # Errors
    /// A graph of more than [`MAX_DOT_TASKS`] tasks: draw its layers.
    pub fn dot_tasks(&self) -> Result<String> {
        if self.n_tasks() > MAX_DOT_TASKS {
            return Err(Error::usage(format!(
                "a picture of {} tasks would not be readable (at most {MAX_DOT_TASKS}): draw the layers instead",
                self.n_tasks()
            )));
        }
        let mut graph = DiGraph::<u32, ()>::new();
        let nodes: Vec<_> = (0..self.n_tasks() as u32).map(|t| graph.add_node(t)).collect();
        for t in 0..self.n_tasks() as u32 {
            for &d in self.inputs(t) {
                graph.add_edge(nodes[self.producer(d) as usize], nodes[t as usize], ());
            }
        }
        let label = |_: &DiGraph<u32, ()>, (_, &t): (_, &u32)| {
            let name = self.spec(t).map(|s| s.to_string()).unwrap_or_default();
            let rank = self.rank(t);
            let rank = if rank == super::task_graph::NO_RANK { "not needed".to_string() } else { format!("#{rank}") };
            format!("label=\"{}\\n{rank}\" shape=box", escape(&name))
        };
        let config = [Config::EdgeNoLabel, Config::NodeNoLabel];
        Ok(format!("{:?}", Dot::with_attr_getters(&graph, &config, &|_, _| String::new(), &label)))
    }
}

fn escape(s: &str) -> String {
    s.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ")
}
