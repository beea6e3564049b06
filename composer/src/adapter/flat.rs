//! Code that moves a value between canonical-ABI memory and flat core values.

use wasm_encoder::{BlockType, Instruction as I, MemArg, ValType};

use crate::abi;
use crate::types::{Shape, Type};

/// Code being generated for one function body.
#[derive(Default)]
pub(super) struct Code {
    /// The instructions so far, without the final `end`.
    pub(super) body: Vec<I<'static>>,
    /// Function types that blocks with several results need, and how to name them: `types_from` + position.
    pub(super) block_types: Vec<Vec<ValType>>,
    /// Index of the first block type in the module's type section.
    pub(super) types_from: u32,
}

/// Where a value lies: a local that holds an address, and an offset from it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) local: u32,
    pub(super) offset: u32,
}

impl Place {
    pub(super) fn plus(self, bytes: u32) -> Self {
        Self { offset: self.offset + bytes, ..self }
    }
}

fn arg(place: Place, align: u32) -> MemArg {
    MemArg { offset: u64::from(place.offset), align, memory_index: 0 }
}

impl Code {
    pub(super) fn push(&mut self, instructions: impl IntoIterator<Item = I<'static>>) {
        self.body.extend(instructions);
    }

    /// Pushes the address itself.
    pub(super) fn address(&mut self, place: Place) {
        self.push([I::LocalGet(place.local), I::I32Const(place.offset as i32), I::I32Add]);
    }

    /// Pushes an unsigned integer of 1, 2 or 4 bytes.
    pub(super) fn load_uint(&mut self, place: Place, bytes: u32) {
        self.push([I::LocalGet(place.local)]);
        self.push([match bytes {
            1 => I::I32Load8U(arg(place, 0)),
            2 => I::I32Load16U(arg(place, 1)),
            _ => I::I32Load(arg(place, 2)),
        }]);
    }

    /// Pushes the flat form of the value at `place`.
    pub(super) fn load(&mut self, ty: &Type, place: Place) {
        self.load_as(ty, place, &abi::flat(ty));
    }

    /// Pushes the flat form of the value at `place`, each core value widened to the type of its slot: a payload shares
    /// its slots with the payloads of the other cases. `slots` may go on behind those of this value.
    fn load_as(&mut self, ty: &Type, place: Place, slots: &[ValType]) {
        match ty {
            Type::String | Type::Json | Type::List(_) => {
                self.load_uint(place, 4);
                self.widen(ValType::I32, slots[0]);
                self.load_uint(place.plus(4), 4);
                self.widen(ValType::I32, slots[1]);
            }
            Type::Tuple(items) => self.load_fields(items.iter(), place, slots),
            Type::Option(_) | Type::Result(..) => self.load_cases(ty, place, slots),
            Type::Named(named) => match &named.shape {
                Shape::Record(fields) => self.load_fields(fields.iter().map(|(_, ty)| ty), place, slots),
                Shape::Variant(_) => self.load_cases(ty, place, slots),
                Shape::Enum(_) | Shape::Flags(_) => {
                    self.load_uint(place, abi::size(ty));
                    self.widen(ValType::I32, slots[0]);
                }
            },
            scalar => {
                let own = self.load_scalar(scalar, place);
                self.widen(own, slots[0]);
            }
        }
    }

    fn load_scalar(&mut self, ty: &Type, place: Place) -> ValType {
        let load = match ty {
            Type::Bool | Type::U8 => I::I32Load8U(arg(place, 0)),
            Type::S8 => I::I32Load8S(arg(place, 0)),
            Type::U16 => I::I32Load16U(arg(place, 1)),
            Type::S16 => I::I32Load16S(arg(place, 1)),
            Type::S64 | Type::U64 => I::I64Load(arg(place, 3)),
            Type::F32 => I::F32Load(arg(place, 2)),
            Type::F64 => I::F64Load(arg(place, 3)),
            _ => I::I32Load(arg(place, 2)),
        };
        self.push([I::LocalGet(place.local), load]);
        match ty {
            Type::S64 | Type::U64 => ValType::I64,
            Type::F32 => ValType::F32,
            Type::F64 => ValType::F64,
            _ => ValType::I32,
        }
    }

    fn load_fields<'a>(&mut self, types: impl Iterator<Item = &'a Type> + Clone, place: Place, slots: &[ValType]) {
        let fields = abi::Fields::of(types.clone());
        let mut from = 0;
        for (ty, offset) in types.zip(fields.offsets) {
            self.load_as(ty, place.plus(offset), &slots[from..]);
            from += abi::flat(ty).len();
        }
    }

    /// The discriminant, then a chain of `if`s of which each arm pushes all joined slots.
    fn load_cases(&mut self, ty: &Type, place: Place, slots: &[ValType]) {
        let cases = abi::sides(ty);
        let width = abi::discriminant(cases.len());
        self.load_uint(place, width);
        self.widen(ValType::I32, slots[0]);
        let slots = &slots[1..abi::flat(ty).len()];
        if slots.is_empty() {
            return;
        }
        let block = self.block(slots);
        let payload = place.plus(abi::payload_offset(&cases));
        for (index, case) in cases.iter().enumerate() {
            let last = index + 1 == cases.len();
            if !last {
                self.load_uint(place, width);
                self.push([I::I32Const(index as i32), I::I32Eq, I::If(block)]);
            }
            let own = case.map_or(0, |ty| {
                self.load_as(ty, payload, slots);
                abi::flat(ty).len()
            });
            for slot in &slots[own..] {
                self.push([zero(*slot)]);
            }
            if !last {
                self.push([I::Else]);
            }
        }
        self.push(std::iter::repeat_n(I::End, cases.len() - 1));
    }

    fn widen(&mut self, from: ValType, to: ValType) {
        match (from, to) {
            (ValType::F32, ValType::I32) => self.push([I::I32ReinterpretF32]),
            (ValType::F32, ValType::I64) => self.push([I::I32ReinterpretF32, I::I64ExtendI32U]),
            (ValType::I32, ValType::I64) => self.push([I::I64ExtendI32U]),
            (ValType::F64, ValType::I64) => self.push([I::I64ReinterpretF64]),
            _ => {}
        }
    }

    fn block(&mut self, results: &[ValType]) -> BlockType {
        if let [only] = results {
            return BlockType::Result(*only);
        }
        let position = self.block_types.iter().position(|known| known == results).unwrap_or_else(|| {
            self.block_types.push(results.to_vec());
            self.block_types.len() - 1
        });
        BlockType::FunctionType(self.types_from + position as u32)
    }

    /// Stores the one flat value on the stack as the value at `place`. The address must already lie below it.
    pub(super) fn store_single(&mut self, ty: &Type, place: Place) {
        let store = match ty {
            Type::S64 | Type::U64 => I::I64Store(arg(place, 3)),
            Type::F32 => I::F32Store(arg(place, 2)),
            Type::F64 => I::F64Store(arg(place, 3)),
            Type::Tuple(items) if items.len() == 1 => return self.store_single(&items[0], place),
            Type::Named(named) => match &named.shape {
                Shape::Record(fields) if fields.len() == 1 => return self.store_single(&fields[0].1, place),
                _ => store_uint(place, abi::size(ty).min(4)),
            },
            // Options and results without payloads are their discriminant.
            _ => store_uint(place, abi::size(ty).min(4)),
        };
        self.push([store]);
    }
}

fn store_uint(place: Place, bytes: u32) -> I<'static> {
    match bytes {
        1 => I::I32Store8(arg(place, 0)),
        2 => I::I32Store16(arg(place, 1)),
        _ => I::I32Store(arg(place, 2)),
    }
}

fn zero(ty: ValType) -> I<'static> {
    match ty {
        ValType::I64 => I::I64Const(0),
        ValType::F32 => I::F32Const(0.0f32.into()),
        ValType::F64 => I::F64Const(0.0f64.into()),
        _ => I::I32Const(0),
    }
}
