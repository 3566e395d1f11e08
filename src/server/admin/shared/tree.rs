//! Groups in the order of their tree.

use crate::store::Group;

/// Sorts parents before their children, and each child below its own parent.
pub(crate) fn sort_as_tree<T>(rows: &mut [T], group: impl Fn(&T) -> &Group) {
    let groups: Vec<Group> = rows.iter().map(|row| group(row).clone()).collect();
    let key = |one: &Group| {
        let mut path = vec![(one.name.to_lowercase(), one.id.clone())];
        let mut next = one.parent.as_deref();
        while let Some(parent) = next.and_then(|id| groups.iter().find(|it| it.id == id)) {
            path.push((parent.name.to_lowercase(), parent.id.clone()));
            next = parent.parent.as_deref().filter(|_| path.len() < 20);
        }
        path.reverse();
        path
    };
    rows.sort_by_cached_key(|row| key(group(row)));
}

/// The number of groups above a group.
pub(crate) fn depth(groups: &[Group], group: &Group) -> usize {
    let mut depth = 0;
    let mut next = group.parent.as_deref();
    while let Some(parent) = next.and_then(|id| groups.iter().find(|it| it.id == id)) {
        depth += 1;
        next = parent.parent.as_deref().filter(|_| depth < 20);
    }
    depth
}
