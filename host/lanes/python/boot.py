# What is around a Python block. Runs once, when the engine is made: what is imported here is there at once in every
# block. Afterwards `init` gets one block's text and `invoke` runs it; both are called by glue.wat.
#
# There is no clock, no randomness and no I/O here: what the language's own library would take from a host is either given
# as a value (`shim`) or refused with a sentence that says what to do. `log` and `clock` come from glue.wat.
import sys


class Log:
    """Lines for the step's log; also what `sys.stderr` is."""

    encoding, errors, closed, softspace = "utf-8", "replace", False, 0

    def __init__(self):
        self.rest = ""

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            log(line)
        if len(self.rest) > 65536:
            self.flush()
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        if self.rest:
            rest, self.rest = self.rest, ""
            log(rest)

    def isatty(self):
        return False

    readable = seekable = isatty

    def writable(self):
        return True


stdlog = Log()
sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = stdlog
sys.stdin = sys.__stdin__ = None

import os

given = {}  # What the block may have: "now" and "seed".


def refuse(what, cap):
    raise OSError(f"{what} was not granted to this block; add `:caps: {cap}` to its drawer, or take the value as an input")


def urandom(size):
    if "seed" not in given:
        refuse("randomness", "random")
    return given["generator"].randbytes(size)


os.urandom = urandom

import abc, array, ast, base64, bisect, builtins, calendar, collections.abc, contextlib, copy, csv, dataclasses, datetime  # noqa
import decimal, enum, fractions, functools, gc, hashlib, heapq, html, inspect, io, itertools, json, keyword, linecache  # noqa
import math, numbers, operator, pathlib, pprint, random, re, statistics, string, struct, textwrap, time, traceback, types  # noqa
import typing, unicodedata, uuid, zlib  # noqa
import importlib.util
import encodings.ascii, encodings.latin_1, encodings.idna  # noqa

FILE = "block.py"
REFUSED = (1001, 1002)  # What glue.wat answers where there is no clock and no randomness.


# --- What the library would take from a host ---------------------------------------------------------------------------


def no_files(file, *arguments, **options):
    raise PermissionError(f"cannot open {file!r}: a Python block has no files; take the text as an input")


builtins.open = io.open = no_files


def sleep(seconds):
    raise OSError("a block cannot wait; leave out `time.sleep`")


time.sleep = sleep


class Missing:
    """The last place where a module is looked for: says why it is not there."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is not None or name.startswith("_"):
            return None
        if name in sys.stdlib_module_names:
            why = "a block has no network, processes, threads or files, and this module is about them"
        else:
            why = "a block has Python's standard library and no other packages"
        raise ModuleNotFoundError(f"there is no module `{name}`: {why}", name=name)


sys.meta_path.append(Missing)

plain_seed = random.Random.seed


def seed(self, a=None, version=2):
    if a is None:
        if "seed" not in given:
            refuse("randomness", "random")
        a = given["generator"].getrandbits(64)
    plain_seed(self, a, version)


random.Random.seed = seed


class Shared(random.Random):
    """The generator behind `random.random()`: refuses until it is seeded."""

    ready = True

    def seed(self, a=None, version=2):
        super().seed(a, version)
        self.ready = True
        # From here on there is nothing to check.
        self.__class__ = random.Random
        offer(self)

    def random(self):
        if not self.ready:
            refuse("randomness", "random")
        return plain.random(self)

    def getrandbits(self, k):
        if not self.ready:
            refuse("randomness", "random")
        return plain.getrandbits(self, k)


plain = random.Random.__mro__[1]


def offer(generator):
    """Makes a generator the one that `random.random()` and its like use."""
    for name, value in list(vars(random).items()):
        if isinstance(getattr(value, "__self__", None), random.Random):
            setattr(random, name, getattr(generator, name))
    random._inst = generator


shared = Shared.__new__(Shared)
shared.gauss_next = None
shared.ready = False
offer(shared)


# --- Values ------------------------------------------------------------------------------------------------------------


class Record(dict):
    """A record: its fields are keys, and attributes as well (`unit-price` is `unit_price`)."""

    __slots__ = ()

    def __getattr__(self, name):
        found = name if name in self else name.replace("_", "-")
        try:
            return self[found]
        except KeyError:
            raise AttributeError(f"there is no field `{name}`; there are {listed(self)}", name=name, obj=self) from None


def listed(names):
    return ", ".join(f"`{name}`" for name in names) or "none"


def letters(name):
    return "".join(c for c in name if c.isalnum()).lower()


def identifier(name):
    name = re.sub(r"\W", "_", name)
    return name + "_" if keyword.iskeyword(name) else name


def shaped(shape, value):
    """A value from JSON as its type has it: floats that look like integers, bytes that look like lists."""
    if shape is None or value is None:
        return value
    if shape == "float":
        return float(value)
    if shape == "bytes":
        return bytes(value)
    kind, inner = shape
    if kind == "list":
        return [shaped(inner, item) for item in value]
    if kind == "tuple":
        return [shaped(*pair) for pair in zip(inner, value)]
    if kind == "record":
        for name, shape in inner.items():
            value[name] = shaped(shape, value[name])
        return value
    return shaped(inner, value)


CODES = {"u8": "B", "s8": "b", "u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "f32": "f", "f64": "d"}


def unpacked(kind, data):
    """A list of numbers. Bytes stay bytes."""
    return data if kind == "u8" else array.array(CODES[kind], data).tolist()


def packed(kind, value):
    """The bytes of a list of numbers, or nothing where an element is none."""
    if isinstance(value, (bytes, bytearray)) and kind == "u8":
        return bytes(value)
    if isinstance(value, array.array) and value.typecode == CODES[kind]:
        return value.tobytes()
    if not isinstance(value, (list, tuple, range, array.array, collections.deque)):
        return None
    try:
        return array.array(CODES[kind], value).tobytes()
    except (TypeError, OverflowError, ValueError):
        return None


SIMPLE = (str, int, bool, types.NoneType)


def jsonable(value):
    """A value in the forms JSON has."""
    kind = type(value)
    if kind in SIMPLE:
        return value
    if isinstance(value, enum.Enum):
        return jsonable(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, SIMPLE):
        return value
    if isinstance(value, collections.abc.Mapping):
        return {key if isinstance(key, str) else json.dumps(jsonable(key)): jsonable(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: jsonable(item) for name, item in zip(value._fields, value)}
    if isinstance(value, (bytes, bytearray, memoryview, array.array)):
        return list(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (decimal.Decimal, fractions.Fraction)):
        number = float(value)
        return int(value) if math.isfinite(number) and value == int(value) else jsonable(number)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (uuid.UUID, pathlib.PurePath)):
        return str(value)
    if isinstance(value, complex) or callable(value) or isinstance(value, types.ModuleType):
        raise TypeError(f"a value of type `{kind.__name__}` cannot leave a block")
    if isinstance(value, collections.abc.Iterable):
        return [jsonable(item) for item in value]
    raise TypeError(f"a value of type `{kind.__name__}` cannot leave a block; return numbers, strings, lists, dicts, tuples or dataclasses")


def written(values):
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def fields(value, ports):
    """A value for each of several ports, or for one: by name, by position, or the value itself."""
    if not ports:
        return {}
    named = None
    if isinstance(value, collections.abc.Mapping):
        named = value
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        named = value._asdict()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    alike = {letters(key): key for key in named if isinstance(key, str)} if named is not None else {}
    if len(ports) == 1:
        port = ports[0]
        # A dict with only the port's name in it means the port, unless that is what the port is.
        if named is not None and len(named) == 1 and letters(port["name"]) in alike and not port["deep"]:
            value = named[alike[letters(port["name"])]]
        if value is None and not port["optional"]:
            raise TypeError(f"the block returned nothing, but must give `{port['name']}`")
        return {port["name"]: value}
    if named is not None:
        missing = [port["name"] for port in ports if letters(port["name"]) not in alike]
        if missing:
            raise TypeError(f"the block must return {listed(port['name'] for port in ports)}; missing: {listed(missing)}")
        return {port["name"]: named[alike[letters(port["name"])]] for port in ports}
    if isinstance(value, (tuple, list)) and len(value) == len(ports):
        return {port["name"]: item for port, item in zip(ports, value)}
    raise TypeError(f"the block must return a dict or a tuple with {listed(port['name'] for port in ports)}, not {type(value).__name__}")


# --- The block ---------------------------------------------------------------------------------------------------------


class Unusable(Exception):
    """The block as a whole cannot be called; the message says why."""


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Lambda)


def statements(body):
    """Everything that is executed at the top level, without what is inside of functions and classes."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, SCOPES):
            waiting.extend(ast.iter_child_nodes(node))


class Block:
    """A block, compiled, and how it is called: `function`, `return` or `script`."""

    def __init__(self, job):
        self.heading, self.ins, self.outs = job["heading"], job["ins"], job["outs"]
        source = job["source"]
        linecache.cache[FILE] = (len(source), None, source.splitlines(True), FILE)
        tree = compile(source, FILE, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        self.names = [node.name for node in tree.body if isinstance(node, FUNCTIONS) and not node.name.startswith("_")]
        self.names = list(dict.fromkeys(self.names))
        top = list(statements(tree.body))
        self.assigned = {node.id for node in top if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self.last = None
        self.kind = self.choose(tree, top)
        if self.kind == "return":
            tree.body = [self.wrapped(tree.body)]
        elif self.kind == "script" and tree.body:
            self.expression(tree)
        self.code = compile(ast.fix_missing_locations(tree), FILE, "exec")

    def choose(self, tree, top):
        if any(isinstance(node, ast.Return) for node in top):
            return "return"
        guard = any(isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) for node in tree.body)
        if guard or not self.names:
            return "script"
        if self.named() is not None:
            return "function"
        if self.outs and all(self.variable(port) is not None for port in self.outs):
            return "script"
        if len(self.names) == 1:
            return "function"
        raise Unusable(
            f"the block defines {listed(self.names)}, and none is named like its heading or `run`; "
            "rename one, or let the names of helpers begin with `_`"
        )

    def named(self):
        """The function that is named like the heading, or `run`, or `main`."""
        alike = next((name for name in self.names if letters(name) == letters(self.heading)), None)
        return alike or next((name for name in ("run", "main") if name in self.names), None)

    def variable(self, port):
        return next((name for name in self.assigned if letters(name) == letters(port["name"])), None)

    def wrapped(self, body):
        """The statements as the body of a function whose parameters are the inputs."""
        arguments = [ast.arg(arg=identifier(port["name"])) for port in self.ins]
        future = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
        parameters = ast.arguments(posonlyargs=[], args=arguments, kwonlyargs=[], kw_defaults=[], defaults=[])
        body = [node for node in body if node not in future]
        return ast.FunctionDef(name="__block__", args=parameters, body=body, decorator_list=[], type_params=[])

    def expression(self, tree):
        """Keeps the value of a last line that is an expression."""
        last = tree.body[-1]
        if not isinstance(last, ast.Expr) or len(self.outs) != 1 or self.variable(self.outs[0]) is not None:
            return
        call = last.value
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("print", "sys.stdout.write", "pprint", "pprint.pprint"):
            return
        self.last = "__last__"
        store = ast.Assign(targets=[ast.Name(id=self.last, ctx=ast.Store())], value=last.value)
        tree.body[-1] = ast.copy_location(store, last)

    def run(self, values):
        """Runs the block and answers its outputs by port name."""
        module = types.ModuleType("__main__")
        module.__file__ = FILE
        sys.modules["__main__"] = module
        names = vars(module)
        if self.kind == "script":
            return self.script(names, values)
        exec(self.code, names)
        if self.kind == "return":
            result = names["__block__"](**{identifier(name): value for name, value in values.items()})
        else:
            name = self.named() or self.names[0]
            result = self.call(names[name], name, values)
        return fields(finished(result), self.outs)

    def script(self, names, values):
        names.update((identifier(name), value) for name, value in values.items())
        says = self.last is None and len(self.outs) == 1 and self.variable(self.outs[0]) is None
        sys.stdin = io.StringIO(text_of(values))
        out = sys.stdout = io.StringIO() if says else stdlog
        try:
            exec(self.code, names)
        except SystemExit as end:
            if end.code not in (None, 0):
                raise
        finally:
            sys.stdout = stdlog
        if says:
            return {self.outs[0]["name"]: read_back(out.getvalue(), self.outs[0])}
        if self.last is not None:
            return fields(names.get(self.last), self.outs)
        found = {port["name"]: self.variable(port) for port in self.outs}
        missing = [port for port, name in found.items() if name not in names]
        if missing:
            raise Unusable(f"the block gives no value to {listed(missing)}; assign it, or define a function that returns it")
        return {port: names[name] for port, name in found.items()}

    def call(self, function, name, values):
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            return function(*values.values())
        if not values:
            return function()
        by_letters = {letters(port): port for port in values}
        positional, named, used = [], {}, set()
        for parameter in parameters:
            port = by_letters.get(letters(parameter.name))
            if port is None or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            used.add(port)
            if parameter.kind is parameter.POSITIONAL_ONLY:
                positional.append(values[port])
            else:
                named[parameter.name] = values[port]
        rest = {identifier(port): value for port, value in values.items() if port not in used}
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            return function(*positional, **named, **rest)
        needed = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        if not rest and len(positional) + len(named) >= len(needed) and all(p.name in named or p.kind is p.POSITIONAL_ONLY for p in needed):
            return function(*positional, **named)
        room = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
        many = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        if len(needed) <= len(values) and (many or len(values) <= room) and not named:
            return function(*values.values())
        takes = listed(parameter.name for parameter in parameters)
        raise Unusable(f"`{name}` takes {takes}, but the heading's inputs are {listed(values)}")


def finished(result):
    """The value of a coroutine that waits for nothing."""
    if not inspect.iscoroutine(result):
        return result
    try:
        result.send(None)
    except StopIteration as end:
        return end.value
    result.close()
    raise TypeError("the function awaits something that is not ready, and a block has nothing to wait for")


def text_of(values):
    """Standard input: the one input as text."""
    if not values:
        return ""
    value = next(iter(values.values())) if len(values) == 1 else values
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else written(jsonable(value))


def read_back(out, port):
    text = out.removesuffix("\n")
    if port["text"]:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


# --- Failing -----------------------------------------------------------------------------------------------------------


def frames(error):
    """Where in the block an error comes from, the innermost place first."""
    if isinstance(error, SyntaxError) and error.filename == FILE:
        yield f"    at <block> ({FILE}:{error.lineno or 1}:{error.offset or 1})"
    found = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == FILE:
            found.append((code, trace.tb_lasti, trace.tb_lineno))
        trace = trace.tb_next
    for code, last, line in found[:-9:-1]:
        place = next(itertools.islice(code.co_positions(), last // 2, None), (None,) * 4)
        text = linecache.getline(FILE, line).encode()
        column = len(text[: place[2]].decode("utf-8", "ignore")) + 1 if place[0] == line and place[2] is not None else 1
        name = "<block>" if code.co_name in ("<module>", "__block__") else code.co_qualname.removeprefix("__block__.<locals>.")
        yield f"    at {name} ({FILE}:{line}:{column})"


def sentence(error):
    if isinstance(error, Unusable):
        return str(error)
    if isinstance(error, SystemExit):
        return f"the block ended itself with `sys.exit({error.code!r})`"
    if isinstance(error, OSError) and error.errno in REFUSED:
        return f"{type(error).__name__}: {error.strerror}"
    if isinstance(error, SyntaxError) and error.filename == FILE:
        return f"{type(error).__name__}: {error.msg}"
    said = traceback.TracebackException(type(error), error, error.__traceback__, lookup_lines=False, compact=True)
    return "".join(said.format_exception_only()).rstrip()


def failure(error):
    try:
        lines = [sentence(error)]
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None and not isinstance(error, Unusable):
            lines.append(f"caused by {sentence(cause)}")
        return ("\n".join([*lines, *frames(error)]),)
    except BaseException as another:
        return (f"{type(error).__name__}, and it cannot be shown: {type(another).__name__}",)


block = None


def init(shim, script):
    global block
    try:
        given.update(json.loads(shim))
        clock(given["now"] / 1000 if "now" in given else -1.0)
        if "seed" in given:
            given["generator"] = random.Random(given["seed"])
            random.seed(given["generator"].getrandbits(64))
        block = Block(json.loads(script))
        return ()
    except BaseException as error:
        return failure(error)


def invoke(args, bulk):
    try:
        values = json.loads(args, object_hook=Record)
        parts = iter(bulk)
        # In the order of the ports.
        values = {
            p["name"]: unpacked(p["bulk"], next(parts)) if p["bulk"] else shaped(p["shape"], values[p["name"]])
            for p in block.ins
        }
        outputs = block.run(values)
        stdlog.flush()
        ports = [port for port in block.outs if port["bulk"]]
        data = [packed(port["bulk"], outputs[port["name"]]) for port in ports]
        # In bulk only if every one can: the answer is one form or the other. As JSON each element is checked.
        if None in data:
            data, ports = [], []
        names = {port["name"] for port in ports}
        rest = {name: jsonable(value) for name, value in outputs.items() if name not in names}
        return (written(rest), *data, b"")
    except BaseException as error:
        try:
            stdlog.flush()
        except BaseException:
            pass
        return failure(error)


sys.argv = [FILE]
sys.path.clear()
gc.collect()
gc.freeze()
