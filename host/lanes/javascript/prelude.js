// What a JavaScript block finds around it. Evaluated once per version of wb: every instance begins with the memory that this
// leaves behind (`engine.rs`), and is then given its block.
//
// There is no clock, no randomness and no I/O here: what the language's own library would take from a host is either
// given as a value (`grants`) or refused with a sentence that says what to do.
import { log as write } from "wb:engine/console@0.1.0";
import { define } from "wb:engine/modules@0.1.0";

// A call comes in two halves, and between them everything that is ready runs. The engine asks for these functions to begin
// with; there is nothing for them to do.
globalThis.__cqjs = { ...globalThis.__cqjs, asyncExports: { wbInvoke() {}, wbLoad() {} } };

// What this block was granted: `now`, `seed`.
let grants = {};

const show = (value) => {
  if (typeof value === "string") return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return JSON.stringify(value, plain) ?? String(value);
  } catch {
    return String(value);
  }
};

// Values JSON has no form for, in the forms the codec reads back.
const plain = (_key, value) => {
  if (typeof value === "bigint") return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
};

// In a program (a block that reads stdin and writes stdout) console.log and print write to stdout.
let stdout = null;
let stdin = new Uint8Array(0);
let read = 0;
const line = (...values) => values.map(show).join(" ");
const say = (...values) => (stdout === null ? write(line(...values)) : void (stdout += line(...values) + "\n"));
const note = (...values) => write(line(...values));
globalThis.console = { log: say, info: say, debug: note, warn: note, error: note, trace: note };
globalThis.print = say;

globalThis.TextEncoder = class TextEncoder {
  encode(text = "") {
    const bytes = [];
    for (const char of String(text)) {
      let code = char.codePointAt(0);
      if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
      else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
    return new Uint8Array(bytes);
  }
};

globalThis.TextDecoder = class TextDecoder {
  decode(view = new Uint8Array(0)) {
    const bytes = view instanceof ArrayBuffer ? new Uint8Array(view) : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    let text = "";
    for (let i = 0; i < bytes.length; ) {
      const lead = bytes[i++];
      const more = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : -1;
      let code = more < 0 ? -1 : more === 0 ? lead : lead & (0x3f >> more);
      for (let k = 0; k < more && code >= 0; k++) {
        if (i < bytes.length && (bytes[i] & 0xc0) === 0x80) code = (code << 6) | (bytes[i++] & 63);
        else code = -1;
      }
      const least = [0, 0x80, 0x800, 0x10000][Math.max(more, 0)];
      text += code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? "\ufffd" : String.fromCodePoint(code);
    }
    return text;
  }
};

// The names older stdin/stdout blocks were written against.
globalThis.Javy = {
  IO: {
    readSync(_fd, buffer) {
      const count = Math.min(buffer.length, stdin.length - read);
      buffer.set(stdin.subarray(read, read + count));
      read += count;
      return count;
    },
    writeSync(fd, buffer) {
      const text = new TextDecoder().decode(buffer);
      if (fd === 2 || stdout === null) write(text);
      else stdout += text;
      return buffer.length;
    },
  },
};

const refuse = (what, cap) => {
  throw new Error(`${what} was not granted to this block; add \`:caps: ${cap}\` to its drawer, or take the value as an input`);
};
const HostDate = Date;
globalThis.Date = class Date extends HostDate {
  constructor(...args) {
    if (args.length === 0) super(grants.now ?? refuse("the clock", "clock"));
    else super(...args);
  }
  static now() {
    return grants.now ?? refuse("the clock", "clock");
  }
};
Math.random = () => {
  if (grants.seed === undefined) refuse("randomness", "random");
  // mulberry32: small, and the same numbers everywhere for one seed.
  const seed = (grants.seed = (grants.seed + 0x6d2b79f5) | 0);
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const letters = (name) => name.replace(/[^\p{L}\p{N}$]/gu, "").toLowerCase();
const same = (a, b) => letters(a) === letters(b);

const choose = (exports, heading) => {
  const names = Object.keys(exports).filter((name) => name !== "wbInvoke" && typeof exports[name] === "function");
  if (names.length === 0) throw new Error(`the block exports no function; write \`export function run(...) { ... }\``);
  const name =
    names.length === 1 ? names[0] : names.find((name) => same(name, heading)) ?? ["default", "run"].find((name) => names.includes(name));
  if (name === undefined) {
    throw new Error(`the block exports ${names.map((name) => `\`${name}\``).join(", ")} and none is named like its heading, \`default\` or \`run\``);
  }
  return exports[name];
};

// Parameter names, where they are plain identifiers; undefined otherwise.
const parameters = (fn) => {
  const head = Function.prototype.toString.call(fn).match(/^(?:async\s+)?(?:function\s*\*?\s*[\w$]*\s*|[\w$]+\s*)?\(([^()]*)\)|^(?:async\s+)?([\w$]+)\s*=>/);
  if (head === null) return undefined;
  const list = (head[2] ?? head[1]).split(",").map((part) => part.trim()).filter(Boolean);
  return list.every((name) => /^[\p{L}_$][\p{L}\p{N}_$]*(\s*=.*)?$/u.test(name)) ? list.map((name) => name.split("=")[0].trim()) : undefined;
};

const bind = (fn, ins, args) => {
  const names = parameters(fn);
  const matched = names?.map((name) => ins.find((port) => same(port, name)));
  if (matched && ins.length > 0 && ins.every((port) => matched.includes(port))) return matched.map((port) => (port === undefined ? undefined : args[port]));
  return ins.map((port) => args[port]);
};

const spread = (value, outs) => {
  const object = value !== null && typeof value === "object" && !Array.isArray(value) && !ArrayBuffer.isView(value);
  const key = (port) => (object ? Object.keys(value).find((name) => same(name, port)) : undefined);
  if (outs.length === 0) return {};
  if (outs.length === 1) {
    const only = object && Object.keys(value).length === 1 ? key(outs[0]) : undefined;
    const result = only === undefined ? value : value[only];
    if (result === undefined) throw new Error(`the function returned nothing, but must give \`${outs[0]}\``);
    return { [outs[0]]: result };
  }
  const missing = outs.filter((port) => key(port) === undefined || value[key(port)] === undefined);
  if (missing.length > 0) {
    throw new Error(`the function must return an object with ${outs.map((port) => `\`${port}\``).join(", ")}; missing: ${missing.map((port) => `\`${port}\``).join(", ")}`);
  }
  return Object.fromEntries(outs.map((port) => [port, value[key(port)]]));
};

// Integers of 64 bits are numbers where a number holds them, and BigInt beyond.
const exact = (n) => (n >= -9007199254740991n && n <= 9007199254740991n ? Number(n) : n);
// `wide` says where in a value they are; other long numbers are what JSON.parse makes of them.
const settle = (value, wide) => {
  const [kind, inner] = Array.isArray(wide) ? wide : [wide];
  if (kind === "option") return settle(value, inner);
  if (typeof value === "bigint") return kind === "wide" ? exact(value) : Number(value);
  if (value !== null && typeof value === "object") {
    for (const key of Object.keys(value)) value[key] = settle(value[key], kind === "list" ? inner : inner?.[key]);
  }
  return value;
};
const parse = (text, wide) => {
  if (!/\d{16}/.test(text) || Object.keys(wide).length === 0) return JSON.parse(text);
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|(?<![\d.])-?\d{16,}(?![\d.eE])/g, (token) => (token[0] === '"' ? token : `{"\\u0000":"${token}"}`));
  const values = JSON.parse(marked, (_key, value) => (/^-?\d+$/.test(value?.["\0"]) ? BigInt(value["\0"]) : value));
  return settle(values, ["fields", wide]);
};

// Lists of numbers, typed arrays here: a view of the engine's own memory, so nothing is converted; but for 64-bit integers,
// which are what they are everywhere.
const arrays = {
  u8: Uint8Array, s8: Int8Array, u16: Uint16Array, s16: Int16Array, u32: Uint32Array, s32: Int32Array,
  f32: Float32Array, f64: Float64Array, u64: BigUint64Array, s64: BigInt64Array,
};
// People print values with JSON; a list should look like one.
Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), "toJSON", { value() { return Array.from(this); } });
const wide = (kind) => kind === "u64" || kind === "s64";
const view = (kind, bytes) => {
  const width = arrays[kind].BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  const list = new arrays[kind](aligned.buffer, aligned.byteOffset, aligned.byteLength / width);
  return wide(kind) ? Array.from(list, exact) : list;
};
const received = (args, wide, bulkIns, bulk) => {
  const values = parse(args, wide);
  bulkIns.forEach(([port, kind], index) => (values[port] = view(kind, bulk[index])));
  return values;
};
// In bulk only if every one can: the answer is one form or the other. Arrays go as JSON, where each element is checked.
const given = (values, bulkOuts) => {
  const fits = ([port, kind]) => !wide(kind) && values[port] instanceof arrays[kind];
  if (bulkOuts.length === 0 || !bulkOuts.every(fits)) return [JSON.stringify(values, plain), []];
  const bytes = bulkOuts.map(([port]) => new Uint8Array(values[port].buffer, values[port].byteOffset, values[port].byteLength));
  const rest = Object.fromEntries(Object.entries(values).filter(([port]) => !bulkOuts.some(([name]) => name === port)));
  return [JSON.stringify(rest, plain), bytes];
};

const told = (error) => (error instanceof Error ? `${error.name}: ${error.message}${error.stack ? `\n${error.stack.trimEnd()}` : ""}` : `threw ${show(error)}`);
// With its causes, as far as they go in a chain that anyone would read.
const explain = (error) => {
  const all = [error];
  for (let i = 0; i < all.length && all.length < 8; i++) {
    const each = all[i] instanceof Error ? all[i] : {};
    for (const cause of [each.cause, ...(Array.isArray(each.errors) ? each.errors : [])]) {
      if (cause !== undefined && !all.includes(cause)) all.push(cause);
    }
  }
  return all.map(told).join("\ncaused by: ");
};

// The outcome of the call that is under way: `{ answer }` or `{ error }`, or nothing while a promise is pending.
let outcome;
const begin = (start, finish) => {
  outcome = undefined;
  try {
    const value = start();
    if (typeof value?.then !== "function") outcome = { answer: finish(value) };
    else Promise.resolve(value).then((value) => (outcome = { answer: finish(value) })).catch((error) => (outcome = { error }));
  } catch (error) {
    outcome = { error };
  }
};
const end = () => {
  if (outcome === undefined) throw "the promise never settles: nothing is left to run";
  if ("error" in outcome) throw explain(outcome.error);
  return outcome.answer;
};
// The first half has the arguments as text.
const second = (args) => typeof args !== "string";

// The block's function, once it is there.
let invoke;
// A block may export `then`, and would be taken for a promise by whoever imports it as a promise.
const start = `export { wbInvoke } from "wb:block.js";`;

globalThis.__wb = {
  // `given` is a JSON object: what was granted, the modules that can be imported, variables as they are written.
  load(given, script) {
    // Once; what remains is the second half.
    globalThis.__wb.load = end;
    const evaluate = () => {
      const { grants: granted, modules, variables } = JSON.parse(given || "{}");
      grants = granted ?? {};
      for (const [key, value] of modules ?? []) define(key, value);
      for (const [name, value] of variables ?? []) globalThis[name] = (0, eval)(`(${value})`);
      define("wb:block.js", script);
      define("wb:start.js", start);
      return import("wb:start.js");
    };
    begin(evaluate, (module) => void (invoke = module.wbInvoke));
  },
  call: (args, bulk) => invoke(args, bulk),
  // A block that exports functions.
  invoke(exports, { heading, ins, outs, bulkIns, bulkOuts, wide }, args, bulk) {
    if (second(args)) return end();
    const call = () => choose(exports, heading)(...bind(choose(exports, heading), ins, received(args, wide, bulkIns, bulk)));
    begin(call, (value) => given(spread(value, outs), bulkOuts));
  },
  // A block without exports: stdin in; out is what it returns, else stdout.
  program({ ins, outs, text, bulkIns, wide }, args, bulk, body) {
    if (second(args)) {
      const out = stdout.trim();
      stdout = null;
      const value = end();
      // `return` outside of functions, as Babel has it: what was written is talk then.
      if (value !== undefined) {
        if (out !== "") console.log(out);
        return given(spread(value, outs), []);
      }
      if (outs.length === 0) return ["{}", []];
      let result = out;
      if (!text) {
        try {
          result = JSON.parse(out);
        } catch {
          // Not JSON: the text is the value.
        }
      }
      return [JSON.stringify({ [outs[0]]: result }), []];
    }
    const start = () => {
      const value = ins.length === 0 ? "" : received(args, wide, bulkIns, bulk)[ins[0]];
      stdin = new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value, plain));
      stdout = "";
      return body();
    };
    begin(start, (value) => value);
  },
};
