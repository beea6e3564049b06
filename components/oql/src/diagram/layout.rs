//! Places for the nodes of a graph, in layers: cycles are broken, ranks are longest paths, the order in a rank comes from
//! where the neighbours are. It thinks in `along` (from rank to rank) and `beside` (within a rank) and draws nothing.

use super::{Graph, Shape};
use crate::svg::width;

/// Long edges bend in every rank they pass; no picture needs more bends.
const MAX_BENDS: usize = 4000;
const SWEEPS: usize = 8;
const SPACE_BESIDE: f64 = 28.0;
const SPACE_ALONG: f64 = 44.0;

/// A box of a node, or a point where a long edge passes.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) rank: usize,
    /// The middle.
    pub(super) beside: f64,
    pub(super) along: f64,
    /// How large it is, in `x` and in `y`.
    pub(super) wide: f64,
    pub(super) high: f64,
    /// Neighbours in the rank before and in the rank behind.
    near: [Vec<usize>; 2],
}

#[derive(Debug)]
pub(super) struct Places {
    /// Nodes first, then bends.
    pub(super) all: Vec<Place>,
    /// For each edge the places it goes through, from its first rank on; whether that is against its direction.
    pub(super) routes: Vec<(Vec<usize>, bool)>,
    pub(super) beside: f64,
    pub(super) along: f64,
}

pub(super) fn layout(graph: &Graph) -> Option<Places> {
    let turned = turned(graph);
    let ranks = ranks(graph, &turned);
    let mut all: Vec<Place> = Vec::new();
    for (node, rank) in graph.nodes.iter().zip(&ranks) {
        let (wide, high) = size(&node.label, node.shape);
        all.push(Place { rank: *rank, wide, high, ..Place::default() });
    }
    let mut routes = Vec::new();
    for (edge, turned) in graph.edges.iter().zip(&turned) {
        let (from, to) = if *turned { (edge.to, edge.from) } else { (edge.from, edge.to) };
        let mut route = vec![from];
        if from != to {
            for rank in ranks.get(from)? + 1..*ranks.get(to)? {
                all.push(Place { rank, wide: 8.0, high: 8.0, ..Place::default() });
                route.push(all.len() - 1);
            }
            for (a, b) in route.clone().into_iter().zip(route.iter().copied().skip(1).chain([to])) {
                all.get_mut(a)?.near[1].push(b);
                all.get_mut(b)?.near[0].push(a);
            }
        }
        if all.len() > graph.nodes.len() + MAX_BENDS {
            return None;
        }
        route.push(to);
        routes.push((route, *turned));
    }
    let layers = ordered(&mut all);
    place(&mut all, &layers, graph);
    let far = |half: &dyn Fn(&Place) -> f64| all.iter().map(half).fold(0.0, f64::max);
    let across = graph.across;
    let beside = far(&|p| p.beside + if across { p.high } else { p.wide } / 2.0);
    let along = far(&|p| p.along + if across { p.wide } else { p.high } / 2.0);
    Some(Places { all, routes, beside, along })
}

/// How much room a label takes in a shape.
fn size(label: &str, shape: Shape) -> (f64, f64) {
    let wide = label.lines().map(|l| width(&crate::svg::short(l, 40))).fold(14.0, f64::max);
    let high = 16.0 * label.lines().count().clamp(1, 12) as f64;
    match shape {
        Shape::Box | Shape::Round => (wide + 24.0, high + 16.0),
        Shape::Ellipse => (wide * 1.25 + 24.0, high * 1.2 + 16.0),
        Shape::Diamond => (wide * 1.5 + 30.0, high * 1.6 + 24.0),
        Shape::Plain => (wide + 8.0, high + 8.0),
        Shape::Circle => {
            let side = wide.hypot(high) + 14.0;
            (side, side)
        }
    }
}

/// Which edges close a cycle on a walk into the depth; they are drawn the other way round.
fn turned(graph: &Graph) -> Vec<bool> {
    let mut out: Vec<Vec<(usize, usize)>> = vec![Vec::new(); graph.nodes.len()];
    for (i, edge) in graph.edges.iter().enumerate() {
        if let Some(of) = out.get_mut(edge.from) {
            of.push((i, edge.to));
        }
    }
    let mut turned = vec![false; graph.edges.len()];
    // 0 is new, 1 is on the way, 2 is done.
    let mut state = vec![0u8; graph.nodes.len()];
    for root in 0..graph.nodes.len() {
        let mut walk = vec![(root, 0)];
        if state.get(root) != Some(&0) {
            continue;
        }
        while let Some((node, next)) = walk.pop() {
            set(&mut state, node, 1);
            let Some((edge, to)) = out.get(node).and_then(|of| of.get(next)).copied() else {
                set(&mut state, node, 2);
                continue;
            };
            walk.push((node, next + 1));
            match state.get(to) {
                Some(0) => walk.push((to, 0)),
                Some(1) => set(&mut turned, edge, true),
                _ => {}
            }
        }
    }
    turned
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}

/// The longest path that leads to each node.
fn ranks(graph: &Graph, turned: &[bool]) -> Vec<usize> {
    let edges: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .zip(turned)
        .map(|(e, turned)| if *turned { (e.to, e.from) } else { (e.from, e.to) })
        .filter(|(from, to)| from != to)
        .collect();
    let mut ranks = vec![0usize; graph.nodes.len()];
    // Without cycles this settles after as many rounds as there are nodes, at the most.
    for _ in 0..graph.nodes.len() {
        let mut settled = true;
        for (from, to) in &edges {
            let least = ranks.get(*from).map_or(0, |r| r + 1);
            if ranks.get(*to).is_some_and(|r| *r < least) {
                set(&mut ranks, *to, least);
                settled = false;
            }
        }
        if settled {
            break;
        }
    }
    ranks
}

/// The places of each rank, in an order in which few edges cross.
fn ordered(all: &mut [Place]) -> Vec<Vec<usize>> {
    let count = all.iter().map(|p| p.rank + 1).max().unwrap_or(0);
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (i, place) in all.iter().enumerate() {
        if let Some(layer) = layers.get_mut(place.rank) {
            layer.push(i);
        }
    }
    let mut position = vec![0.0; all.len()];
    let number = |layer: &[usize], position: &mut Vec<f64>| {
        layer.iter().enumerate().for_each(|(n, i)| set(position, *i, n as f64));
    };
    layers.iter().for_each(|layer| number(layer, &mut position));
    for sweep in 0..SWEEPS {
        let side = sweep % 2;
        for n in 0..count {
            let Some(layer) = layers.get_mut(if side == 0 { n } else { count - 1 - n }) else { continue };
            let mut wanted: Vec<(f64, usize)> = layer.iter().map(|i| (mean(all, *i, &[side], &position), *i)).collect();
            wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
            *layer = wanted.into_iter().map(|(_, i)| i).collect();
            number(layer, &mut position);
        }
    }
    layers
}

/// Where the neighbours are on average; its own position where there are none.
fn mean(all: &[Place], i: usize, sides: &[usize], position: &[f64]) -> f64 {
    let near = || sides.iter().flat_map(|s| all.get(i).and_then(|p| p.near.get(*s)).into_iter().flatten());
    let count = near().count();
    if count == 0 {
        return position.get(i).copied().unwrap_or(0.0);
    }
    near().filter_map(|n| position.get(*n)).sum::<f64>() / count as f64
}

/// Gives every place its coordinates.
fn place(all: &mut [Place], layers: &[Vec<usize>], graph: &Graph) {
    let across = graph.across;
    let beside_size = |p: &Place| if across { p.high } else { p.wide };
    let along_size = |p: &Place| if across { p.wide } else { p.high };
    let label = graph.edges.iter().map(|e| width(&crate::svg::short(&e.label, 30))).fold(0.0, f64::max);
    let space = SPACE_ALONG + if across { label } else { 0.0 };
    let mut along = 0.0;
    for layer in layers {
        let deep = layer.iter().filter_map(|i| all.get(*i)).map(along_size).fold(0.0, f64::max);
        for i in layer {
            if let Some(p) = all.get_mut(*i) {
                p.along = along + deep / 2.0;
            }
        }
        along += deep + space;
    }
    let apart = |all: &[Place], a: usize, b: usize| {
        let half = |i: usize| all.get(i).map_or(0.0, |p| beside_size(p) / 2.0);
        half(a) + half(b) + SPACE_BESIDE
    };
    let mut at = vec![0.0; all.len()];
    for round in 0..12 {
        for layer in layers {
            let sides: &[usize] = if round == 0 { &[0] } else { &[0, 1] };
            let wanted: Vec<f64> = layer.iter().map(|i| mean(all, *i, sides, &at)).collect();
            // Two ways to keep the places apart; what is between them does so as well.
            let (mut pushed, mut pulled) = (wanted.clone(), wanted);
            for (n, pair) in layer.windows(2).enumerate() {
                let least = pushed.get(n).copied().unwrap_or(0.0) + pair_apart(pair, |a, b| apart(all, a, b));
                if pushed.get(n + 1).is_some_and(|p| *p < least) {
                    set(&mut pushed, n + 1, least);
                }
            }
            for (n, pair) in layer.windows(2).enumerate().rev() {
                let most = pulled.get(n + 1).copied().unwrap_or(0.0) - pair_apart(pair, |a, b| apart(all, a, b));
                if pulled.get(n).is_some_and(|p| *p > most) {
                    set(&mut pulled, n, most);
                }
            }
            for ((i, a), b) in layer.iter().zip(&pushed).zip(&pulled) {
                set(&mut at, *i, (a + b) / 2.0);
            }
        }
    }
    let first = all.iter().zip(&at).map(|(p, at)| at - beside_size(p) / 2.0).fold(f64::INFINITY, f64::min);
    for (p, at) in all.iter_mut().zip(&at) {
        p.beside = at - first;
    }
}

fn pair_apart(pair: &[usize], apart: impl Fn(usize, usize) -> f64) -> f64 {
    match pair {
        [a, b] => apart(*a, *b),
        _ => 0.0,
    }
}
