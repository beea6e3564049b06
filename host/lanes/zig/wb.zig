//! What a Zig block finds as `wb`, and what stands between its function and the component model: values in memory and on
//! the stack as the Canonical ABI lays them out, put together and taken apart by their Zig types. The types of the
//! block's ports are appended below. It has no system: output goes to the step's log, all memory is the call's.

const std = @import("std");

extern "wb:engine/console@0.1.0" fn log(text: [*]const u8, length: usize) void;

/// Memory for the call under way. Nothing has to be freed; all of it is gone when the next call begins.
pub const allocator: std.mem.Allocator = arena.allocator();
var arena: std.heap.ArenaAllocator = .init(std.heap.wasm_allocator);
/// Whether the last call has returned: what it returned is read before anything else happens, so then memory is reused.
var over = false;

fn begin() void {
    if (!over) return;
    over = false;
    _ = arena.reset(.retain_capacity);
}

var failure: ?[]const u8 = null;

/// The error with which the call ends, with a message: `return wb.fail("no more than {d}", .{most})`.
pub fn fail(comptime format: []const u8, args: anytype) error{Failed} {
    failure = std.fmt.allocPrint(allocator, format, args) catch @panic("out of memory");
    return error.Failed;
}

/// Writes to the step's log. A line is shown when it ends, or when the call does.
pub fn print(comptime format: []const u8, args: anytype) void {
    write(std.fmt.allocPrint(allocator, format, args) catch @panic("out of memory"));
}

fn write(text: []const u8) void {
    for (text) |byte| {
        if (byte == '\n' or line_length == line.len) flush();
        if (byte == '\n') continue;
        line[line_length] = byte;
        line_length += 1;
    }
    pending = line_length > 0;
}
var line: [4096]u8 = undefined;
var line_length: usize = 0;
var pending = false;

fn flush() void {
    log(&line, line_length);
    line_length = 0;
    pending = false;
}

fn panicked(message: []const u8, _: ?usize) noreturn {
    if (pending) flush();
    write("panic: ");
    write(message);
    flush();
    @trap();
}
/// What a panic does: its message is logged, and the call is a trap.
pub const panic = std.debug.FullPanic(panicked);

/// `std.log` goes where `print` goes.
pub fn logged(comptime level: std.log.Level, comptime scope: @EnumLiteral(), comptime format: []const u8, args: anytype) void {
    const of = if (scope == .default) "" else "(" ++ @tagName(scope) ++ ")";
    print(level.asText() ++ of ++ ": " ++ format ++ "\n", args);
}

/// A `result<T, E>` where the block deals with it as a value.
pub fn Result(comptime T: type, comptime E: type) type {
    return union(enum) { ok: T, err: E };
}

fn isResult(comptime T: type) bool {
    if (@typeInfo(T) != .@"union") return false;
    const names = @typeInfo(T).@"union".field_names;
    return names.len == 2 and std.mem.eql(u8, names[0], "ok") and std.mem.eql(u8, names[1], "err");
}

/// The allocator through which a caller places what it passes.
pub fn reallocate(old: ?[*]u8, old_size: usize, alignment: usize, size: usize) callconv(.c) ?[*]u8 {
    begin();
    if (size == 0) return @ptrFromInt(@max(alignment, 1));
    const place = arena.allocator().rawAlloc(size, .@"16", 0) orelse @trap();
    if (old) |from| @memcpy(place[0..@min(old_size, size)], from[0..@min(old_size, size)]);
    return place;
}

// Sizes and alignments (Canonical ABI, "Alignment" and "Element Size").

fn forward(offset: usize, alignment: usize) usize {
    return (offset + alignment - 1) / alignment * alignment;
}

fn Tag(comptime cases: usize) type {
    return if (cases <= 0x100) u8 else if (cases <= 0x10000) u16 else u32;
}

fn alignOf(comptime T: type) usize {
    return switch (@typeInfo(T)) {
        .void => 1,
        .pointer => 4,
        .int => if (T == u21) 4 else @sizeOf(T),
        .optional => |optional| alignOf(optional.child),
        .@"enum" => |all| @sizeOf(Tag(all.field_names.len)),
        .@"union" => |all| most: {
            var most: usize = @sizeOf(Tag(all.field_names.len));
            inline for (all.field_types) |Field| most = @max(most, alignOf(Field));
            break :most most;
        },
        .@"struct" => |all| if (all.layout == .@"packed") @sizeOf(T) else most: {
            var most: usize = 1;
            inline for (all.field_types) |Field| most = @max(most, alignOf(Field));
            break :most most;
        },
        else => @sizeOf(T),
    };
}

fn sizeOf(comptime T: type) usize {
    return switch (@typeInfo(T)) {
        .void => 0,
        .pointer => 8,
        .int => if (T == u21) 4 else @sizeOf(T),
        .optional => |optional| forward(payload(T) + sizeOf(optional.child), alignOf(T)),
        .@"enum" => |all| @sizeOf(Tag(all.field_names.len)),
        .@"union" => |all| most: {
            var most: usize = 0;
            inline for (all.field_types) |Field| most = @max(most, sizeOf(Field));
            break :most forward(payload(T) + most, alignOf(T));
        },
        .@"struct" => |all| if (all.layout == .@"packed") @sizeOf(T) else end: {
            var end: usize = 0;
            inline for (all.field_types) |Field| end = forward(end, alignOf(Field)) + sizeOf(Field);
            break :end forward(end, alignOf(T));
        },
        else => @sizeOf(T),
    };
}

/// Where the payload of an optional or a union lies.
fn payload(comptime T: type) usize {
    return switch (@typeInfo(T)) {
        .optional => |optional| alignOf(optional.child),
        .@"union" => |all| most: {
            var most: usize = 1;
            inline for (all.field_types) |Field| most = @max(most, alignOf(Field));
            break :most forward(@sizeOf(Tag(all.field_names.len)), most);
        },
        else => 0,
    };
}

/// How many core values a value is passed as (Canonical ABI, "Flattening").
fn flatCount(comptime T: type) usize {
    return switch (@typeInfo(T)) {
        .void => 0,
        .pointer => 2,
        .optional => |optional| 1 + flatCount(optional.child),
        .@"union" => |all| most: {
            var most: usize = 0;
            inline for (all.field_types) |Field| most = @max(most, flatCount(Field));
            break :most 1 + most;
        },
        .@"struct" => |all| if (all.layout == .@"packed") 1 else sum: {
            var sum: usize = 0;
            inline for (all.field_types) |Field| sum += flatCount(Field);
            break :sum sum;
        },
        else => 1,
    };
}

/// Whether a list of these is in memory as Zig has it.
fn isPlain(comptime T: type) bool {
    return switch (@typeInfo(T)) {
        .int => T != u21,
        .float => true,
        else => false,
    };
}

fn at(comptime T: type, place: [*]const u8) T {
    return @as(*align(1) const T, @ptrCast(place)).*;
}

fn set(comptime T: type, place: [*]u8, value: T) void {
    @as(*align(1) T, @ptrCast(place)).* = value;
}

fn list(comptime Slice: type, address: usize, length: usize) Slice {
    const Item = @typeInfo(Slice).pointer.child;
    if (length == 0) return &.{};
    if (isPlain(Item)) return @as([*]Item, @ptrFromInt(address))[0..length];
    const items = allocator.alloc(Item, length) catch @panic("out of memory");
    const bytes: [*]const u8 = @ptrFromInt(address);
    for (items, 0..) |*item, index| item.* = load(Item, bytes + index * sizeOf(Item));
    return items;
}

/// Reads a value from memory.
fn load(comptime T: type, place: [*]const u8) T {
    switch (@typeInfo(T)) {
        .void => return {},
        .bool => return place[0] != 0,
        .int => return if (T == u21) @truncate(at(u32, place)) else at(T, place),
        .float => return at(T, place),
        .pointer => return list(T, at(u32, place), at(u32, place + 4)),
        .optional => |optional| return if (place[0] == 0) null else load(optional.child, place + payload(T)),
        .@"enum" => |all| return @enumFromInt(at(Tag(all.field_names.len), place)),
        .@"union" => |all| {
            const tag = at(Tag(all.field_names.len), place);
            inline for (all.field_names, all.field_types, 0..) |name, Field, index| {
                if (tag == index) return @unionInit(T, name, load(Field, place + payload(T)));
            }
            @trap();
        },
        .@"struct" => |all| {
            if (all.layout == .@"packed") return @bitCast(at(all.backing_integer.?, place));
            var value: T = undefined;
            comptime var offset = 0;
            inline for (all.field_names, all.field_types) |name, Field| {
                offset = comptime forward(offset, alignOf(Field));
                @field(value, name) = load(Field, place + offset);
                offset += comptime sizeOf(Field);
            }
            return value;
        },
        else => @compileError("wb: no port has the type " ++ @typeName(T)),
    }
}

/// Takes a value from core values, each as its bits.
fn take(comptime T: type, slots: []const u64) T {
    switch (@typeInfo(T)) {
        .void => return {},
        .bool => return slots[0] != 0,
        .int => |int| return if (T == u21) @truncate(slots[0]) else @bitCast(@as(@Int(.unsigned, int.bits), @truncate(slots[0]))),
        .float => |float| return @bitCast(@as(@Int(.unsigned, float.bits), @truncate(slots[0]))),
        .pointer => return list(T, @as(u32, @truncate(slots[0])), @as(u32, @truncate(slots[1]))),
        .optional => |optional| return if (slots[0] == 0) null else take(optional.child, slots[1..]),
        .@"enum" => return @enumFromInt(slots[0]),
        .@"union" => |all| {
            inline for (all.field_names, all.field_types, 0..) |name, Field, index| {
                if (slots[0] == index) return @unionInit(T, name, take(Field, slots[1..]));
            }
            @trap();
        },
        .@"struct" => |all| {
            if (all.layout == .@"packed") return @bitCast(@as(all.backing_integer.?, @truncate(slots[0])));
            var value: T = undefined;
            comptime var index = 0;
            inline for (all.field_names, all.field_types) |name, Field| {
                @field(value, name) = take(Field, slots[index..]);
                index += comptime flatCount(Field);
            }
            return value;
        },
        else => @compileError("wb: no port has the type " ++ @typeName(T)),
    }
}

/// Writes a value to memory.
fn store(comptime T: type, place: [*]u8, value: T) void {
    switch (@typeInfo(T)) {
        .void => {},
        .bool => place[0] = @intFromBool(value),
        .int => if (T == u21) set(u32, place, value) else set(T, place, value),
        .float => set(T, place, value),
        .pointer => |slice| {
            const Item = slice.child;
            set(u32, place + 4, @intCast(value.len));
            if (value.len == 0 or isPlain(Item)) return set(u32, place, @intFromPtr(value.ptr));
            const bytes = arena.allocator().rawAlloc(value.len * sizeOf(Item), .@"16", 0) orelse @panic("out of memory");
            for (value, 0..) |item, index| store(Item, bytes + index * sizeOf(Item), item);
            set(u32, place, @intFromPtr(bytes));
        },
        .optional => |optional| {
            place[0] = @intFromBool(value != null);
            if (value) |inner| store(optional.child, place + payload(T), inner);
        },
        .@"enum" => |all| set(Tag(all.field_names.len), place, @intCast(@intFromEnum(value))),
        .@"union" => |all| inline for (all.field_names, all.field_types, 0..) |name, Field, index| {
            if (std.meta.activeTag(value) == @field(all.tag_type.?, name)) {
                set(Tag(all.field_names.len), place, index);
                store(Field, place + payload(T), @field(value, name));
            }
        },
        .@"struct" => |all| {
            if (all.layout == .@"packed") return set(all.backing_integer.?, place, @bitCast(value));
            comptime var offset = 0;
            inline for (all.field_names, all.field_types) |name, Field| {
                offset = comptime forward(offset, alignOf(Field));
                store(Field, place + offset, @field(value, name));
                offset += comptime sizeOf(Field);
            }
        },
        else => @compileError("wb: no port has the type " ++ @typeName(T)),
    }
}

/// The one core value of a value that has no more.
fn single(comptime Core: type, comptime T: type, value: T) Core {
    switch (@typeInfo(T)) {
        .bool => return @intFromBool(value),
        .int => |int| return if (int.bits == 64 or int.signedness == .unsigned)
            @bitCast(@as(@Int(.unsigned, @bitSizeOf(Core)), @as(@Int(.unsigned, int.bits), @bitCast(value))))
        else
            value,
        .float => return value,
        .optional => return @intFromBool(value != null),
        .@"enum" => return @intCast(@intFromEnum(value)),
        .@"union" => |all| {
            inline for (all.field_names, 0..) |name, index| {
                if (std.meta.activeTag(value) == @field(all.tag_type.?, name)) return index;
            }
            @trap();
        },
        .@"struct" => |all| {
            if (all.layout == .@"packed") return @bitCast(@as(u32, @as(all.backing_integer.?, @bitCast(value))));
            inline for (all.field_names, all.field_types) |name, Field| {
                if (comptime flatCount(Field) == 1) return single(Core, Field, @field(value, name));
            }
            @trap();
        },
        else => @compileError("wb: no port has the type " ++ @typeName(T)),
    }
}

/// A core value as its bits.
pub fn bits(value: anytype) u64 {
    return switch (@TypeOf(value)) {
        i32, f32 => @as(u32, @bitCast(value)),
        else => @bitCast(value),
    };
}

/// What a block may have for a type of the workbook: the type, or for a list the same that can be changed.
fn fits(comptime Have: type, comptime Want: type) bool {
    if (Have == Want) return true;
    if (@typeInfo(Have) != .pointer or @typeInfo(Want) != .pointer) return false;
    const have = @typeInfo(Have).pointer;
    return have.size == .slice and have.sentinel_ptr == null and have.child == @typeInfo(Want).pointer.child;
}

fn mismatch(comptime what: []const u8, comptime Have: type, comptime Want: type) noreturn {
    @compileError("wb: " ++ what ++ " is `" ++ @typeName(Have) ++ "`, and must be `" ++ @typeName(Want) ++ "`");
}

/// Calls the block's function with core values, or with those in memory, and returns what it returns as the core does.
pub fn call(comptime Core: type, comptime R: type, comptime function: anytype, comptime wanted: []const type, slots: []const u64, comptime in_memory: bool) Core {
    begin();
    const info = @typeInfo(@TypeOf(function)).@"fn";
    var args: std.meta.ArgsTuple(@TypeOf(function)) = undefined;
    comptime var index = 0;
    inline for (wanted, info.param_types, 0..) |Want, Param, number| {
        const Have = Param orelse @compileError("wb: the function is generic, and cannot be called from outside");
        if (comptime !fits(Have, Want)) mismatch(std.fmt.comptimePrint("parameter {d}", .{number + 1}), Have, Want);
        if (in_memory) {
            index = comptime forward(index, alignOf(Want));
            args[number] = load(Have, @as([*]const u8, @ptrFromInt(@as(u32, @truncate(slots[0])))) + index);
            index += comptime sizeOf(Want);
        } else {
            args[number] = take(Have, slots[index..]);
            index += comptime flatCount(Want);
        }
    }
    const result = finish(R, @call(.auto, function, args));
    if (pending) flush();
    over = true;
    if (Core == void) return;
    if (comptime flatCount(R) == 1) return single(Core, R, result);
    const area = struct {
        var bytes: [sizeOf(R)]u8 align(8) = undefined;
    };
    store(R, &area.bytes, result);
    return @bitCast(@intFromPtr(&area.bytes));
}

/// What a function returned, as the workbook's type: an error becomes its text.
fn finish(comptime R: type, value: anytype) R {
    const Have = @TypeOf(value);
    if (comptime isResult(R) and Have != R) {
        const Ok = @FieldType(R, "ok");
        if (@typeInfo(Have) != .error_union) {
            if (comptime !fits(Have, Ok)) mismatch("what it returns", Have, Ok);
            return .{ .ok = value };
        }
        const Payload = @typeInfo(Have).error_union.payload;
        if (comptime !fits(Payload, Ok)) mismatch("what it returns", Payload, Ok);
        if (@FieldType(R, "err") != []const u8) mismatch("what it returns", Have, R);
        if (value) |ok| return .{ .ok = ok } else |reason| {
            defer failure = null;
            return .{ .err = if (reason == error.Failed) failure orelse "Failed" else @errorName(reason) };
        }
    }
    if (comptime !fits(Have, R)) mismatch("what it returns", Have, R);
    return value;
}
