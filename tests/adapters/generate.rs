//! Types and values made from a seed, and what their JSON form must be.
//!
//! The JSON writer here is written from the documented form, not from the codec's code: the two check each other.

use std::sync::Arc;

use wasmtime::component::Val;
use wb_composer::types::{Named, Shape, Type};

/// xorshift64*: the same sequence on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Less than `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 11) as usize % bound
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

pub const PRIMITIVES: [Type; 14] = [
    Type::Bool,
    Type::S8,
    Type::U8,
    Type::S16,
    Type::U16,
    Type::S32,
    Type::U32,
    Type::S64,
    Type::U64,
    Type::F32,
    Type::F64,
    Type::Char,
    Type::String,
    Type::Json,
];

pub fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

pub fn option(ty: Type) -> Type {
    Type::Option(Box::new(ty))
}

pub fn result(ok: Option<Type>, err: Option<Type>) -> Type {
    Type::Result(ok.map(Box::new), err.map(Box::new))
}

/// Declared types get names of their own from a counter, as declarations of one workbook would.
#[derive(Default)]
pub struct Names(usize);

impl Names {
    fn named(&mut self, shape: Shape) -> Type {
        self.0 += 1;
        Type::Named(Arc::new(Named { name: format!("t{}", self.0), shape }))
    }

    pub fn record(&mut self, types: Vec<Type>) -> Type {
        let fields = types.into_iter().enumerate().map(|(i, ty)| (format!("field-{}", letters(i)), ty));
        self.named(Shape::Record(fields.collect()))
    }

    pub fn variant(&mut self, types: Vec<Option<Type>>) -> Type {
        let cases = types.into_iter().enumerate().map(|(i, ty)| (format!("case-{}", letters(i)), ty));
        self.named(Shape::Variant(cases.collect()))
    }

    pub fn cases(&mut self, count: usize) -> Type {
        self.named(Shape::Enum((0..count).map(|i| format!("e-{}", letters(i))).collect()))
    }

    pub fn flags(&mut self, count: usize) -> Type {
        self.named(Shape::Flags((0..count).map(|i| format!("f-{}", letters(i))).collect()))
    }

    /// A type at most `depth` levels deep.
    pub fn any(&mut self, random: &mut Random, depth: usize) -> Type {
        let leaf = depth == 0 || random.below(5) == 0;
        let inner = |this: &mut Self, random: &mut Random| this.any(random, depth.saturating_sub(1));
        match if leaf { 8 + random.below(10) } else { random.below(8) } {
            0 => list(inner(self, random)),
            1 => option(inner(self, random)),
            2 => {
                let mut side = |this: &mut Self| (random.below(4) > 0).then(|| inner(this, random));
                let (ok, err) = (side(self), side(self));
                result(ok, err)
            }
            3 => {
                let count = 1 + random.below(4);
                Type::Tuple((0..count).map(|_| inner(self, random)).collect())
            }
            4 | 5 => {
                let count = 1 + random.below(5);
                let fields = (0..count).map(|_| inner(self, random)).collect();
                self.record(fields)
            }
            6 | 7 => {
                let count = 1 + random.below(5);
                let cases = (0..count).map(|_| (random.below(4) > 0).then(|| inner(self, random))).collect();
                self.variant(cases)
            }
            8 => {
                let count = random.pick(&[1, 2, 3, 17]);
                self.cases(count)
            }
            9 => {
                let count = random.pick(&[1, 3, 8, 9, 16, 17, 32]);
                self.flags(count)
            }
            _ => random.pick(&PRIMITIVES),
        }
    }
}

/// `0` is `a`, `26` is `ba`: words of a kebab-case name must not begin with a digit.
fn letters(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return text;
        }
    }
}

/// A value of the type: often one at an edge of its range.
pub fn value(random: &mut Random, ty: &Type) -> Val {
    let bits = random.next();
    let edge = random.below(4);
    macro_rules! integer {
        ($variant:ident, $type:ty) => {
            Val::$variant(match edge {
                0 => <$type>::MIN,
                1 => <$type>::MAX,
                2 => 1,
                _ => bits as $type,
            })
        };
    }
    match ty {
        Type::Bool => Val::Bool(bits >> 63 == 1),
        Type::S8 => integer!(S8, i8),
        Type::U8 => integer!(U8, u8),
        Type::S16 => integer!(S16, i16),
        Type::U16 => integer!(U16, u16),
        Type::S32 => integer!(S32, i32),
        Type::U32 => integer!(U32, u32),
        Type::S64 => integer!(S64, i64),
        Type::U64 => integer!(U64, u64),
        Type::F32 => Val::Float32(match edge {
            0 => random.pick(&[0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
            1 => random.pick(&[f32::MAX, f32::MIN_POSITIVE, f32::from_bits(1), 16_777_216.0, 0.1]),
            2 => bits as i16 as f32,
            _ => finite(f64::from(f32::from_bits(bits as u32))) as f32,
        }),
        Type::F64 => Val::Float64(match edge {
            0 => random.pick(&[0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
            1 => random.pick(&[f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), 9_007_199_254_740_992.0, 0.1]),
            2 => f64::from(bits as i32),
            _ => finite(f64::from_bits(bits)),
        }),
        Type::Char => {
            Val::Char(random.pick(&['a', '"', '\\', '\0', 'é', '\u{7f}', '\u{d7ff}', '\u{e000}', '\u{10ffff}']))
        }
        Type::String => {
            Val::String(random.pick(&["", "plain", "a\"\\\n\r\t\u{8}\u{1}/", "grün 日本 🦀", "null"]).to_owned())
        }
        Type::Json => {
            let texts = ["{\"k\":[1,null]}", "\"text\"", "-0.5e-3", "true", "[]", "[ 1 , { } ]"];
            Val::String(random.pick(&texts).to_owned())
        }
        Type::List(inner) => {
            let count = random.pick(&[0, 1, 2, 5]);
            Val::List((0..count).map(|_| value(random, inner)).collect())
        }
        Type::Option(inner) => Val::Option((edge > 0).then(|| Box::new(value(random, inner)))),
        Type::Result(ok, err) => {
            let mut side = |ty: &Option<Box<Type>>| ty.as_ref().map(|ty| Box::new(value(random, ty)));
            Val::Result(if bits >> 63 == 1 { Ok(side(ok)) } else { Err(side(err)) })
        }
        Type::Tuple(items) => Val::Tuple(items.iter().map(|ty| value(random, ty)).collect()),
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => {
                Val::Record(fields.iter().map(|(name, ty)| (name.clone(), value(random, ty))).collect())
            }
            Shape::Variant(cases) => {
                let (name, ty) = &cases[random.below(cases.len())];
                Val::Variant(name.clone(), ty.as_ref().map(|ty| Box::new(value(random, ty))))
            }
            Shape::Enum(names) => Val::Enum(random.pick(names)),
            Shape::Flags(names) => {
                let set = match edge {
                    0 => 0,
                    1 => u64::MAX,
                    _ => bits,
                };
                let named = names.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1);
                Val::Flags(named.map(|(_, name)| name.clone()).collect())
            }
        },
    }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.25 }
}

/// The value as the codec must write it.
pub fn json(ty: &Type, value: &Val) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap().replace("\\b", "\\u0008").replace("\\f", "\\u000c");
    let tagged = |name: &str, ty: Option<&Type>, value: &Option<Box<Val>>| match (ty, value) {
        (Some(ty), Some(value)) => format!("{{{}:{}}}", quoted(name), json(ty, value)),
        _ => format!("{{{}:null}}", quoted(name)),
    };
    match (ty, value) {
        (_, Val::Bool(v)) => v.to_string(),
        (_, Val::S8(v)) => v.to_string(),
        (_, Val::U8(v)) => v.to_string(),
        (_, Val::S16(v)) => v.to_string(),
        (_, Val::U16(v)) => v.to_string(),
        (_, Val::S32(v)) => v.to_string(),
        (_, Val::U32(v)) => v.to_string(),
        (_, Val::S64(v)) => v.to_string(),
        (_, Val::U64(v)) => v.to_string(),
        (_, Val::Float32(v)) => number(f64::from(*v), f64::from(*v).abs() < 16_777_216.0, format!("{v:?}")),
        (_, Val::Float64(v)) => number(*v, v.abs() < 9_007_199_254_740_992.0, format!("{v:?}")),
        (_, Val::Char(v)) => quoted(&v.to_string()),
        (Type::Json, Val::String(v)) => v.clone(),
        (_, Val::String(v)) => quoted(v),
        (Type::List(inner), Val::List(items)) => {
            let items: Vec<String> = items.iter().map(|item| json(inner, item)).collect();
            format!("[{}]", items.join(","))
        }
        (_, Val::Option(None)) => "null".to_owned(),
        (Type::Option(inner), Val::Option(Some(value))) => json(inner, value),
        (Type::Result(ok, _), Val::Result(Ok(value))) => tagged("ok", ok.as_deref(), value),
        (Type::Result(_, err), Val::Result(Err(value))) => tagged("err", err.as_deref(), value),
        (Type::Tuple(types), Val::Tuple(items)) => {
            let items: Vec<String> = types.iter().zip(items).map(|(ty, item)| json(ty, item)).collect();
            format!("[{}]", items.join(","))
        }
        (Type::Named(named), value) => match (&named.shape, value) {
            (Shape::Record(types), Val::Record(fields)) => {
                let both = types.iter().zip(fields);
                let fields: Vec<String> =
                    both.map(|((name, ty), (_, value))| format!("{}:{}", quoted(name), json(ty, value))).collect();
                format!("{{{}}}", fields.join(","))
            }
            (Shape::Variant(cases), Val::Variant(name, payload)) => {
                match cases.iter().find(|(case, _)| case == name).unwrap() {
                    (_, None) => quoted(name),
                    (_, some) => tagged(name, some.as_ref(), payload),
                }
            }
            (Shape::Enum(_), Val::Enum(name)) => quoted(name),
            (Shape::Flags(_), Val::Flags(names)) => {
                format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(","))
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn number(value: f64, exact: bool, shortest: String) -> String {
    if value.is_nan() {
        "\"NaN\"".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" }.to_owned()
    } else if exact && value.fract() == 0.0 && (value != 0.0 || value.is_sign_positive()) {
        format!("{value:.0}")
    } else {
        shortest
    }
}

/// The value that is read back from its JSON: `some(null)` and `none` are the same text.
pub fn through_json(ty: &Type, value: &Val) -> Val {
    let boxed = |ty: Option<&Type>, value: &Option<Box<Val>>| match (ty, value) {
        (Some(ty), Some(value)) => Some(Box::new(through_json(ty, value))),
        _ => None,
    };
    match (ty, value) {
        (Type::Option(inner), Val::Option(Some(value))) => {
            let inside = through_json(inner, value);
            Val::Option((json(inner, &inside) != "null").then(|| Box::new(inside)))
        }
        (Type::List(inner), Val::List(items)) => {
            Val::List(items.iter().map(|item| through_json(inner, item)).collect())
        }
        (Type::Result(ok, _), Val::Result(Ok(value))) => Val::Result(Ok(boxed(ok.as_deref(), value))),
        (Type::Result(_, err), Val::Result(Err(value))) => Val::Result(Err(boxed(err.as_deref(), value))),
        (Type::Tuple(types), Val::Tuple(items)) => {
            Val::Tuple(types.iter().zip(items).map(|(ty, item)| through_json(ty, item)).collect())
        }
        (Type::Named(named), value) => match (&named.shape, value) {
            (Shape::Record(types), Val::Record(fields)) => {
                let both = types.iter().zip(fields);
                Val::Record(both.map(|((_, ty), (name, value))| (name.clone(), through_json(ty, value))).collect())
            }
            (Shape::Variant(cases), Val::Variant(name, payload)) => {
                let (_, ty) = cases.iter().find(|(case, _)| case == name).unwrap();
                Val::Variant(name.clone(), boxed(ty.as_ref(), payload))
            }
            (_, other) => other.clone(),
        },
        (_, other) => other.clone(),
    }
}
