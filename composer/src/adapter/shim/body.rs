//! The body of a shim's `run`: receive the inputs, compute, fill the outputs.

use wasm_encoder::{BlockType, Instruction as I, MemArg};

use super::super::flat::{Code, Place};
use super::super::{Body, Source, Spec, bulk_width};
use super::places::{
    Layout, Order, Plan, Text, Texts, passed_through_memory, payload, received_type, returned_through_memory,
};
use super::{B, BASE, FIRST_INPUT, FROM_JSON, LOADED, PREFIX, REALLOC, STATE, TO_JSON, UNPACK};
use crate::abi::{self, Fields};
use crate::types::{Shape, Type};

/// Generates the body of `run`.
pub(super) struct Run<'a> {
    pub(super) spec: &'a Spec,
    pub(super) plan: &'a Plan,
    pub(super) texts: &'a Texts,
    pub(super) layout: &'a Layout,
    pub(super) code: Code,
}

impl Run<'_> {
    /// Makes the block of memory, the first time.
    fn prepare(&mut self) {
        let size = self.plan.size as i32;
        self.code.push([I::GlobalGet(BASE), I::LocalTee(B), I::I32Eqz, I::If(BlockType::Empty)]);
        self.code.push([I::I32Const(0), I::I32Const(0), I::I32Const(16), I::I32Const(size), I::Call(REALLOC)]);
        self.code.push([I::LocalTee(B), I::GlobalSet(BASE)]);
        self.address(self.plan.data_at);
        self.code.push([
            I::I32Const(0),
            I::I32Const(self.plan.data.len() as i32),
            I::MemoryInit { mem: 0, data_index: 0 },
            I::End,
        ]);
    }

    /// Pulls one input of a selection; its text is left where the answer is taken from.
    pub(super) fn only(&mut self, input: usize) {
        self.prepare();
        self.receive(input);
        self.copy(self.plan.ret, self.plan.args_at + self.plan.args.offsets[input], 8);
        self.code.push([I::I32Const(1), I::GlobalSet(STATE)]);
    }

    pub(super) fn everything(&mut self) {
        self.code.push([I::GlobalGet(STATE), I::If(BlockType::Empty), I::Return, I::End]);
        self.prepare();
        (0..self.spec.inputs.len()).for_each(|index| self.receive(index));
        match &self.spec.body {
            Body::Function { result, fallible, fields } => self.call(result.as_ref(), *fallible, fields),
            Body::Script { .. } => self.script(),
            Body::Constant { .. } => self.constant(),
            Body::Collect => self.collect(),
            // It has a body for each input.
            Body::Select => {}
            Body::Identity => {
                for index in 0..self.spec.outputs.len() {
                    self.output(index, self.plan.args_at + self.plan.args.offsets[index]);
                }
            }
        }
        self.code.push([I::I32Const(1), I::GlobalSet(STATE)]);
    }

    fn place(offset: u32) -> Place {
        Place { local: B, offset }
    }

    fn address(&mut self, offset: u32) {
        self.code.address(Self::place(offset));
    }

    /// Pushes address and length of a constant.
    fn text(&mut self, text: Text) {
        self.address(self.plan.data_at + text.at);
        self.code.push([I::I32Const(text.len as i32)]);
    }

    /// Pushes the (address, length) stored at `offset`.
    fn pair(&mut self, offset: u32) {
        self.code.load_uint(Self::place(offset), 4);
        self.code.load_uint(Self::place(offset + 4), 4);
    }

    fn copy(&mut self, to: u32, from: u32, bytes: u32) {
        self.address(to);
        self.address(from);
        self.code.push([I::I32Const(bytes as i32), I::MemoryCopy { src_mem: 0, dst_mem: 0 }]);
    }

    fn store(&mut self, offset: u32, value: impl FnOnce(&mut Self)) {
        self.code.push([I::LocalGet(B)]);
        value(self);
        self.code.push([I::I32Store(MemArg { offset: u64::from(offset), align: 2, memory_index: 0 })]);
    }

    fn stop(&mut self) {
        self.code.push([I::I32Const(2), I::GlobalSet(STATE), I::Return]);
    }

    /// Fails with the message whose (address, length) lies at `from`.
    fn fail_with(&mut self, from: u32) {
        let id = self.texts.id;
        self.store(self.plan.error, |run| run.address(run.plan.data_at + id.at));
        self.store(self.plan.error + 4, |run| run.code.push([I::I32Const(id.len as i32)]));
        self.copy(self.plan.error + 8, from, 8);
        self.stop();
    }

    /// With a status on the stack: fails with `words` and the message at `ret` when it is not 0.
    fn fail_unless_converted(&mut self, words: Text) {
        self.code.push([I::If(BlockType::Empty)]);
        self.text(words);
        self.address(self.plan.ret);
        self.code.push([I::Call(PREFIX)]);
        self.fail_with(self.plan.ret);
        self.code.push([I::End]);
    }

    /// Pulls one input and puts it into the argument record in the form the node takes.
    fn receive(&mut self, index: usize) {
        let input = &self.spec.inputs[index];
        let arriving = received_type(&input.source);
        let at = self.plan.received;
        self.address(at);
        self.code.push([I::Call(FIRST_INPUT + index as u32)]);
        let value = at + payload(&arriving);
        self.code.load_uint(Self::place(at), 1);
        self.code.push([I::If(BlockType::Empty)]);
        self.copy(self.plan.error, value, 16);
        self.stop();
        self.code.push([I::End]);

        let to = self.plan.args_at + self.plan.args.offsets[index];
        let (source, own, words) = self.texts.inputs[index];
        let value = match &input.source {
            Source::Typed(_) => value,
            Source::Packed(_) => {
                self.text(source);
                self.pair(value);
                self.address(self.plan.unpacked);
                self.address(self.plan.ret);
                self.code.push([I::Call(UNPACK)]);
                self.fail_unless_converted(words);
                self.plan.unpacked
            }
        };
        match (input.source.ty(), &input.ty) {
            (Type::Json, to_ty) if *to_ty != Type::Json => {
                self.text(own);
                self.pair(value);
                self.address(to);
                self.address(self.plan.ret);
                self.code.push([I::Call(FROM_JSON)]);
                self.fail_unless_converted(words);
            }
            (from_ty, Type::Json) if *from_ty != Type::Json => {
                self.text(source);
                self.address(value);
                self.address(to);
                self.code.push([I::Call(TO_JSON)]);
            }
            (from_ty, _) => self.copy(to, value, abi::size(from_ty)),
        }
    }

    /// Calls the node's function and fills the outputs from its result.
    fn call(&mut self, result: Option<&Type>, fallible: bool, fields: &[usize]) {
        let through_memory = returned_through_memory(result);
        if !through_memory && result.is_some() {
            // The address a single flat result is stored to lies below it on the stack.
            self.code.push([I::LocalGet(B)]);
        }
        if passed_through_memory(self.spec) {
            self.address(self.plan.args_at);
        } else {
            for (index, input) in self.spec.inputs.iter().enumerate() {
                self.code.load(&input.ty, Self::place(self.plan.args_at + self.plan.args.offsets[index]));
            }
        }
        if through_memory {
            self.address(self.plan.result_at);
        }
        self.code.push([I::Call(self.layout.body)]);
        let Some(result) = result else { return };
        if !through_memory {
            self.code.store_single(result, Self::place(self.plan.result_at));
        }
        let mut from = self.plan.result_at;
        let mut value = Some(result);
        if let (true, Type::Result(ok, err)) = (fallible, result) {
            let payload = from + abi::payload_offset(&abi::sides(result));
            self.fail_if_error(from, payload, err.as_deref());
            (from, value) = (payload, ok.as_deref());
        }
        if fields.is_empty() {
            // `check` made sure that there is a value for the output, if there is one.
            if value.is_some() && !self.spec.outputs.is_empty() {
                self.output(0, from);
            }
            return;
        }
        let offsets = match value {
            Some(Type::Tuple(items)) => Fields::of(items.iter()).offsets,
            Some(Type::Named(named)) => match &named.shape {
                Shape::Record(fields) => Fields::of(fields.iter().map(|(_, ty)| ty)).offsets,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        for (index, field) in fields.iter().enumerate() {
            if let Some(offset) = offsets.get(*field) {
                self.output(index, from + offset);
            }
        }
    }

    fn fail_if_error(&mut self, discriminant: u32, payload: u32, err: Option<&Type>) {
        self.code.load_uint(Self::place(discriminant), 1);
        self.code.push([I::If(BlockType::Empty)]);
        match err {
            Some(Type::String) => self.fail_with(payload),
            Some(_) => {
                self.text(self.texts.error_type);
                self.address(payload);
                self.address(self.plan.ret);
                self.code.push([I::Call(TO_JSON)]);
                self.fail_with(self.plan.ret);
            }
            None => self.fail_saying(self.texts.failed),
        }
        self.code.push([I::End]);
    }

    /// Fails with a constant.
    fn fail_saying(&mut self, words: Text) {
        self.store(self.plan.ret, |run| run.address(run.plan.data_at + words.at));
        self.store(self.plan.ret + 4, |run| run.code.push([I::I32Const(words.len as i32)]));
        self.fail_with(self.plan.ret);
    }

    /// Loads the source into the engine, calls it with the arguments and reads the outputs back.
    fn script(&mut self) {
        let answer = self.plan.received;
        self.code.push([I::GlobalGet(LOADED), I::I32Eqz, I::If(BlockType::Empty)]);
        self.text(self.texts.prelude);
        self.text(self.texts.script);
        // No entry path, and the engine's own collector stays on.
        self.code.push([I::I32Const(0), I::I32Const(0), I::I32Const(0), I::I32Const(0)]);
        self.address(answer);
        self.code.push([I::Call(self.layout.body)]);
        self.fail_if_error(answer, answer + 4, Some(&Type::String));
        self.code.push([I::I32Const(1), I::GlobalSet(LOADED), I::End]);

        self.text(self.texts.args);
        self.address(self.plan.args_at);
        self.address(self.plan.ret);
        self.code.push([I::Call(TO_JSON)]);
        let bulk = self.bulk_inputs();
        self.pair(self.plan.ret);
        self.address(self.plan.bulk_at);
        self.code.push([I::I32Const(bulk)]);
        self.address(answer);
        self.code.push([I::Call(self.layout.body + 1)]);
        self.fail_if_error(answer, answer + 4, Some(&Type::String));

        let order = Order::outputs(self.spec);
        if order.bulk().is_empty() {
            self.text(self.texts.outs);
            self.pair(answer + 4);
            self.read_outputs();
        } else {
            self.code.load_uint(Self::place(answer + 16), 4);
            self.code.push([I::If(BlockType::Empty)]);
            self.bulk_outputs(&order, answer + 12);
            self.text(self.texts.outs_plain);
            self.pair(answer + 4);
            self.read_outputs();
            self.code.push([I::Else]);
            self.text(self.texts.outs);
            self.pair(answer + 4);
            self.read_outputs();
            self.code.push([I::End]);
        }
    }

    /// Puts down where the bytes of each input in bulk are; answers how many there are.
    fn bulk_inputs(&mut self) -> i32 {
        let order = Order::inputs(self.spec);
        let mut count = 0;
        for port in order.bulk() {
            let from = self.plan.args_at + self.plan.args.offsets[*port];
            let width = bulk_width(&self.spec.inputs[*port].ty).unwrap_or(1);
            let to = self.plan.bulk_at + 8 * count;
            self.store(to, |run| run.code.load_uint(Self::place(from), 4));
            self.store(to + 4, |run| {
                run.code.load_uint(Self::place(from + 4), 4);
                run.code.push([I::I32Const(width as i32), I::I32Mul]);
            });
            count += 1;
        }
        count as i32
    }

    /// Takes the outputs that an engine gave in bulk: the (address, length) of the list is at `list`.
    fn bulk_outputs(&mut self, order: &Order, list: u32) {
        let bulk = order.bulk();
        self.code.load_uint(Self::place(list + 4), 4);
        self.code.push([I::I32Const(bulk.len() as i32), I::I32Ne, I::If(BlockType::Empty)]);
        self.fail_saying(self.texts.unfit);
        self.code.push([I::End]);
        for (index, port) in bulk.iter().enumerate() {
            let width = bulk_width(&self.spec.outputs[*port].ty).unwrap_or(1);
            let to = self.plan.outs_at + self.plan.outs.offsets[*port];
            let item =
                |offset: usize| I::I32Load(MemArg { offset: (8 * index + offset) as u64, align: 2, memory_index: 0 });
            // Whole elements, and at an address that an element may have.
            self.code.load_uint(Self::place(list), 4);
            self.code.push([item(0)]);
            self.code.load_uint(Self::place(list), 4);
            self.code.push([item(4), I::I32Or, I::I32Const(width as i32 - 1), I::I32And, I::If(BlockType::Empty)]);
            self.fail_saying(self.texts.unfit);
            self.code.push([I::End]);
            self.store(to, |run| {
                run.code.load_uint(Self::place(list), 4);
                run.code.push([item(0)]);
            });
            self.store(to + 4, |run| {
                run.code.load_uint(Self::place(list), 4);
                run.code.push([item(4), I::I32Const(width.trailing_zeros() as i32), I::I32ShrU]);
            });
        }
    }

    /// Reads the outputs from the text that is among the constants.
    fn constant(&mut self) {
        self.text(self.texts.outs);
        self.text(self.texts.script);
        self.read_outputs();
    }

    /// With the outputs' descriptor and their JSON text on the stack: reads them and fills the outputs.
    fn read_outputs(&mut self) {
        self.address(self.plan.outs_at);
        self.address(self.plan.ret);
        self.code.push([I::Call(FROM_JSON)]);
        self.fail_unless_converted(self.texts.outs_words);
        for index in 0..self.spec.outputs.len() {
            self.output(index, self.plan.outs_at + self.plan.outs.offsets[index]);
        }
    }

    /// Turns the argument record into JSON, which is the output.
    fn collect(&mut self) {
        self.text(self.texts.args);
        self.address(self.plan.args_at);
        self.address(self.plan.ret);
        self.code.push([I::Call(TO_JSON)]);
        self.output(0, self.plan.ret);
    }

    /// Copies the value at `from` into an output's slot.
    fn output(&mut self, index: usize, from: u32) {
        let (ty, slot) = (&self.spec.outputs[index].ty, self.plan.slots[index]);
        self.copy(slot + payload(ty), from, abi::size(ty));
        self.code.push([I::LocalGet(B), I::I32Const(0)]);
        self.code.push([I::I32Store8(MemArg { offset: u64::from(slot), align: 0, memory_index: 0 })]);
    }
}
