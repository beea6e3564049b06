//! Topological order and cycles, without recursion.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// The order of `n` nodes and the rings that prevent a complete one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    /// Ties in index order; members of rings left out.
    pub(crate) order: Vec<usize>,
    /// Per ring its members in the order of the edges, beginning with the smallest.
    pub(crate) rings: Vec<Vec<usize>>,
}

/// Orders the nodes of a graph given as successor lists.
pub(crate) fn order(next: &[Vec<usize>]) -> Order {
    let component = components(next);
    let mut size = vec![0usize; next.len()];
    for c in &component {
        size[*c] += 1;
    }
    let in_ring = |n: usize| size[component[n]] > 1 || next[n].contains(&n);
    let ring_member: Vec<bool> = (0..next.len()).map(in_ring).collect();
    let mut rings = Vec::new();
    let mut seen = vec![false; next.len()];
    for n in 0..next.len() {
        if ring_member[n] && !seen[component[n]] {
            seen[component[n]] = true;
            rings.push(ring(next, &component, n));
        }
    }
    let mut waiting = vec![0usize; next.len()];
    for (_, targets) in next.iter().enumerate().filter(|(n, _)| !ring_member[*n]) {
        targets.iter().for_each(|t| waiting[*t] += 1);
    }
    let free = (0..next.len()).filter(|n| !ring_member[*n] && waiting[*n] == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(next.len());
    while let Some(Reverse(n)) = ready.pop() {
        order.push(n);
        for t in &next[n] {
            waiting[*t] -= 1;
            if waiting[*t] == 0 && !ring_member[*t] {
                ready.push(Reverse(*t));
            }
        }
    }
    Order { order, rings }
}

/// The strongly connected component of each node (Tarjan's algorithm with an explicit stack).
fn components(next: &[Vec<usize>]) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    let n = next.len();
    let (mut index, mut low, mut component) = (vec![NEW; n], vec![0; n], vec![NEW; n]);
    let (mut counter, mut found) = (0, 0);
    let mut stack: Vec<usize> = Vec::new();
    for start in 0..n {
        if index[start] != NEW {
            continue;
        }
        let mut calls = vec![(start, 0usize)];
        while let Some((node, edge)) = calls.pop() {
            if edge == 0 {
                index[node] = counter;
                low[node] = counter;
                counter += 1;
                stack.push(node);
            }
            if let Some(target) = next[node].get(edge).copied() {
                calls.push((node, edge + 1));
                if index[target] == NEW {
                    calls.push((target, 0));
                } else if component[target] == NEW {
                    low[node] = low[node].min(index[target]);
                }
                continue;
            }
            if low[node] == index[node] {
                while let Some(member) = stack.pop() {
                    component[member] = found;
                    if member == node {
                        break;
                    }
                }
                found += 1;
            }
            if let Some((parent, _)) = calls.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
        }
    }
    component
}

/// A shortest way from `start` back to itself inside its component.
fn ring(next: &[Vec<usize>], component: &[usize], start: usize) -> Vec<usize> {
    let mut from: std::collections::HashMap<usize, usize> = std::collections::HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(n) = queue.pop_front() {
        for t in next[n].iter().filter(|t| component[**t] == component[start]) {
            if *t == start {
                let mut path = vec![n];
                let mut at = n;
                while at != start {
                    let Some(before) = from.get(&at) else { break };
                    at = *before;
                    path.push(at);
                }
                path.reverse();
                return path;
            }
            if !from.contains_key(t) {
                from.insert(*t, n);
                queue.push_back(*t);
            }
        }
    }
    vec![start]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        assert_eq!(order(&[vec![2], vec![2], vec![], vec![0]]).order, [1, 3, 0, 2]);
        let cyclic = order(&[vec![1], vec![2, 3], vec![0], vec![], vec![4]]);
        assert_eq!(cyclic.order, [3]);
        assert_eq!(cyclic.rings, [vec![0, 1, 2], vec![4]]);
    }

    #[test]
    fn long_chains_do_not_recurse() {
        let n = 200_000;
        let next: Vec<Vec<usize>> = (0..n).map(|i| if i + 1 < n { vec![i + 1] } else { vec![] }).collect();
        assert_eq!(order(&next).order.len(), n);
    }
}
