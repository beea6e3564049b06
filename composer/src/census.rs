//! How many instances a component becomes, counted before anything makes them.
//!
//! A component may hold components and instantiate each several times. Engines write that out when they compile: thirty
//! levels of "twice the one below" are a file of two kilobytes and more code than any machine holds. The count is an
//! upper bound, from one pass over the sections. Whether the component is valid is not asked here.

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, ComponentTypeRef, Instance,
    Parser, Payload,
};

/// Most instances of one component, modules and components together: several times what the largest composition has.
pub const MOST: u64 = 20_000;

/// Why a component cannot be counted, or counts for too much.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CensusError {
    /// Not readable as a component.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// More than [`MOST`].
    #[error("makes more than {MOST} instances of its modules and components")]
    TooMany,
    /// A component inside takes a component as an argument, so what it makes depends on who uses it.
    #[error("holds a component that imports a component, which cannot be counted")]
    Open,
}

/// A component that is being read.
#[derive(Default)]
struct Frame {
    /// For each of its components, how many instances one of it makes.
    components: Vec<u64>,
    /// How many this one makes.
    made: u64,
}

/// Counts the instances that one instance of `component` makes, itself included. A core module counts as none.
///
/// # Errors
///
/// When there are too many, or it cannot be told.
pub fn instances(component: &[u8]) -> Result<u64, CensusError> {
    let unreadable = |error: wasmparser::BinaryReaderError| CensusError::Unreadable(error.to_string());
    let mut frames: Vec<Frame> = Vec::new();
    // How many of the open binaries are modules: those are skipped whole.
    let mut module = false;
    // The largest component so far, for those that come out of an instance and could be any.
    let mut largest = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(unreadable)?;
        match payload {
            Payload::Version { encoding, .. } => {
                module = encoding == wasmparser::Encoding::Module;
                if !module {
                    frames.push(Frame { components: Vec::new(), made: 1 });
                }
            }
            Payload::End(_) if module => module = false,
            Payload::End(_) => {
                let Some(done) = frames.pop() else { return Ok(0) };
                largest = done.made.max(largest);
                match frames.last_mut() {
                    Some(outer) => outer.components.push(done.made),
                    None => return Ok(done.made),
                }
            }
            payload if !module => sections(payload, &mut frames, largest)?,
            _ => {}
        }
        if frames.last().is_some_and(|frame| frame.made > MOST) {
            return Err(CensusError::TooMany);
        }
    }
    Ok(frames.first().map_or(0, |frame| frame.made))
}

fn sections(payload: Payload<'_>, frames: &mut [Frame], largest: u64) -> Result<(), CensusError> {
    let unreadable = |error: wasmparser::BinaryReaderError| CensusError::Unreadable(error.to_string());
    let depth = frames.len();
    let outer = |frames: &[Frame], count: u32, index: u32| {
        let frame = depth.checked_sub(1)?.checked_sub(count as usize)?;
        frames.get(frame)?.components.get(index as usize).copied()
    };
    let Some(last) = depth.checked_sub(1) else { return Ok(()) };
    match payload {
        Payload::InstanceSection(section) => {
            for instance in section {
                if let Instance::Instantiate { .. } = instance.map_err(unreadable)? {
                    frames[last].made = frames[last].made.saturating_add(1);
                }
            }
        }
        Payload::ComponentInstanceSection(section) => {
            for instance in section {
                if let ComponentInstance::Instantiate { component_index, .. } = instance.map_err(unreadable)? {
                    let size = outer(frames, 0, component_index).unwrap_or(largest);
                    frames[last].made = frames[last].made.saturating_add(size);
                }
            }
        }
        Payload::ComponentImportSection(section) => {
            for import in section {
                if let ComponentTypeRef::Component(_) = import.map_err(unreadable)?.ty {
                    return Err(CensusError::Open);
                }
            }
        }
        Payload::ComponentAliasSection(section) => {
            for alias in section {
                match alias.map_err(unreadable)? {
                    ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                        let size = outer(frames, count, index).unwrap_or(largest);
                        frames[last].components.push(size);
                    }
                    ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
                        frames[last].components.push(largest);
                    }
                    _ => {}
                }
            }
        }
        Payload::ComponentExportSection(section) => {
            for export in section {
                let export = export.map_err(unreadable)?;
                if export.kind == ComponentExternalKind::Component {
                    let size = outer(frames, 0, export.index).unwrap_or(largest);
                    frames[last].components.push(size);
                }
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{CensusError, instances};

    fn count(text: &str) -> Result<u64, CensusError> {
        instances(&wat::parse_str(text).unwrap())
    }

    /// `depth` components, each with two instances of the one inside it.
    fn doubling(depth: usize) -> String {
        let one = "(component $c0 (core module $m (memory 1)) (core instance (instantiate $m)))".to_owned();
        let twice = |inner: String, level: usize| {
            let of = level - 1;
            format!("(component $c{level} {inner} (instance (instantiate $c{of})) (instance (instantiate $c{of})))")
        };
        format!("(component {} (instance (instantiate $c{depth})))", (1..=depth).fold(one, twice))
    }

    #[test]
    fn instances_are_counted_through_nesting() {
        assert_eq!(count("(component)"), Ok(1));
        assert_eq!(
            count("(component (core module $m) (core instance (instantiate $m)) (core instance (instantiate $m)))"),
            Ok(3)
        );
        assert_eq!(count(&doubling(0)), Ok(3));
        assert_eq!(count(&doubling(2)), Ok(1 + 1 + 2 * (1 + 2 * 2)));
        assert_eq!(count(&doubling(30)), Err(CensusError::TooMany));
        assert_eq!(count(&doubling(60)), Err(CensusError::TooMany));
    }

    #[test]
    fn no_way_of_naming_a_component_hides_it() {
        let body = "(core module $m) (core instance (instantiate $m)) (core instance (instantiate $m))";
        let alias = format!(
            "(component (component $c {body}) (component (alias outer 1 $c (component $d)) (instance (instantiate $d))) (instance (instantiate 1)))"
        );
        assert_eq!(count(&alias), Ok(1 + 1 + 3));
        let exported =
            format!("(component (component $c {body}) (export $d \"c\" (component $c)) (instance (instantiate $d)))");
        assert_eq!(count(&exported), Ok(4));
        let inside = format!(
            "(component (component $o (component $c {body}) (export \"c\" (component $c))) (instance $i (instantiate $o)) \
             (alias export $i \"c\" (component $d)) (instance (instantiate $d)))"
        );
        assert!(count(&inside).unwrap() >= 1 + 1 + 3);
        let taken = "(component (component $o (import \"c\" (component $c)) (instance (instantiate $c))))";
        assert_eq!(count(taken), Err(CensusError::Open));
        assert!(instances(b"\0asm").is_err());
    }
}
