//! Cutting a graph into pieces that are composed, compiled and run on their own.
//!
//! Weakly connected nodes form an island; islands are independent and can run in parallel. An island larger than the
//! bound is cut along its topological order, near the bound, where the fewest edges cross. Pieces therefore only ever
//! depend on earlier pieces of the same island.

/// How many nodes a piece may have in a default run.
pub const ISLAND: usize = 64;

/// Partitions nodes `0..count`.
///
/// `order` is a topological order of all nodes, `edges` are (producer, consumer). Every piece lists its nodes in
/// topological order; pieces are ordered by their first node in `order`, which is also an order of dependency.
pub fn partition(count: usize, order: &[usize], edges: &[(usize, usize)], most: usize) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..count).collect();
    for (a, b) in edges {
        let (a, b) = (find(&mut parent, *a), find(&mut parent, *b));
        parent[a.max(b)] = a.min(b);
    }
    let mut islands: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut place = vec![usize::MAX; count];
    for node in order {
        let root = find(&mut parent, *node);
        if place[root] == usize::MAX {
            place[root] = islands.len();
            islands.push((root, Vec::new()));
        }
        islands[place[root]].1.push(*node);
    }
    islands.into_iter().flat_map(|(_, nodes)| cut(nodes, edges, most.max(1))).collect()
}

fn find(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

/// Cuts one island's ordered nodes into pieces of at most `most`.
fn cut(nodes: Vec<usize>, edges: &[(usize, usize)], most: usize) -> Vec<Vec<usize>> {
    if nodes.len() <= most {
        return vec![nodes];
    }
    let position: std::collections::HashMap<usize, usize> = nodes.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    // crossing[i]: edges from before position i to i or later, from the difference of their ends.
    let mut change = vec![0i64; nodes.len() + 1];
    for (from, to) in edges {
        if let (Some(from), Some(to)) = (position.get(from), position.get(to)) {
            change[from + 1] += 1;
            change[to + 1] -= 1;
        }
    }
    let mut crossing = vec![0i64; nodes.len() + 1];
    for i in 0..nodes.len() {
        crossing[i + 1] = crossing[i] + change[i + 1];
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < nodes.len() {
        let end = if nodes.len() - start <= most {
            nodes.len()
        } else {
            // The last quarter of the window is searched, so that pieces do not become needlessly small.
            let low = start + (most - most / 4).max(1);
            (low..=start + most).rev().min_by_key(|end| crossing[*end]).unwrap_or(start + most)
        };
        pieces.push(nodes[start..end].to_vec());
        start = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::partition;

    #[test]
    fn islands_are_separate_and_ordered() {
        let pieces = partition(5, &[3, 0, 1, 4, 2], &[(0, 1), (1, 2), (3, 4)], 64);
        assert_eq!(pieces, vec![vec![3, 4], vec![0, 1, 2]]);
    }

    #[test]
    fn a_large_island_is_cut_where_least_crosses() {
        // A chain of ten; between 5 and 6 there is one edge, elsewhere two.
        let mut edges: Vec<_> = (0..9).map(|i| (i, i + 1)).collect();
        edges.extend((0..8).filter(|i| *i != 5 && *i != 4).map(|i| (i, i + 2)));
        let order: Vec<_> = (0..10).collect();
        let pieces = partition(10, &order, &edges, 7);
        assert_eq!(pieces[0], vec![0, 1, 2, 3, 4, 5]);
        assert_eq!(pieces.concat(), order);
    }

    #[test]
    fn every_edge_points_forward_and_no_piece_is_too_large() {
        let edges: Vec<_> = (0..999).map(|i| (i / 2, i + 1)).collect();
        let order: Vec<_> = (0..1000).collect();
        for most in [1, 2, 7, 64] {
            let pieces = partition(1000, &order, &edges, most);
            let mut piece_of = vec![0; 1000];
            for (index, piece) in pieces.iter().enumerate() {
                assert!(!piece.is_empty() && piece.len() <= most);
                piece.iter().for_each(|node| piece_of[*node] = index);
            }
            assert!(edges.iter().all(|(from, to)| piece_of[*from] <= piece_of[*to]));
        }
    }
}
