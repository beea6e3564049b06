//! The linear memory the conversions work on: the module's own in wasm, a plain vector in native tests.

/// A 32-bit address space with an allocator. Addresses handed in are trusted: adapters are generated, not written.
pub trait Memory {
    /// The bytes at `addr..addr + len`.
    fn read(&self, addr: u32, len: u32) -> &[u8];
    /// Overwrites the bytes at `addr`.
    fn write(&mut self, addr: u32, bytes: &[u8]);
    /// Fresh memory of `size` bytes; a dangling but aligned address when `size` is 0.
    fn alloc(&mut self, size: u32, align: u32) -> u32;

    /// A little-endian `u32`.
    fn u32(&self, addr: u32) -> u32 {
        let mut word = [0; 4];
        word.copy_from_slice(self.read(addr, 4));
        u32::from_le_bytes(word)
    }

    /// Stores a little-endian `u32`.
    fn set_u32(&mut self, addr: u32, value: u32) {
        self.write(addr, &value.to_le_bytes());
    }

    /// An unsigned integer of 1, 2 or 4 bytes (a discriminant, a set of flags).
    fn uint(&self, addr: u32, size: u32) -> u32 {
        let mut word = [0; 4];
        word[..size as usize].copy_from_slice(self.read(addr, size));
        u32::from_le_bytes(word)
    }

    /// Stores an unsigned integer of 1, 2 or 4 bytes.
    fn set_uint(&mut self, addr: u32, size: u32, value: u32) {
        self.write(addr, &value.to_le_bytes()[..size as usize]);
    }
}

/// Test memory: a vector that only grows.
#[derive(Default)]
pub struct Heap(pub Vec<u8>);

impl Memory for Heap {
    fn read(&self, addr: u32, len: u32) -> &[u8] {
        &self.0[addr as usize..(addr + len) as usize]
    }

    fn write(&mut self, addr: u32, bytes: &[u8]) {
        self.0[addr as usize..addr as usize + bytes.len()].copy_from_slice(bytes);
    }

    fn alloc(&mut self, size: u32, align: u32) -> u32 {
        let start = (self.0.len() as u32).next_multiple_of(align.max(1));
        self.0.resize((start + size) as usize, 0);
        start
    }
}
