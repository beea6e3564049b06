//! Round trips over every type, and the messages for what does not fit.

use crate::descriptor::{Type, read};
use crate::memory::{Heap, Memory};
use crate::{from_json, layout, pack, to_json};

fn every() -> Type {
    let field = |name: &str, ty| (name.to_owned(), ty);
    Type::Record(vec![
        field("b", Type::Bool),
        field("i", Type::Signed(1)),
        field("u", Type::Unsigned(8)),
        field("f", Type::Float(4)),
        field("d", Type::Float(8)),
        field("c", Type::Char),
        field("s", Type::String),
        field("j", Type::Json),
        field("l", Type::List(Box::new(Type::List(Box::new(Type::Float(8)))))),
        field("o", Type::Option(Box::new(Type::Signed(8)))),
        field("r", Type::Result(Some(Box::new(Type::String)), None)),
        field("t", Type::Tuple(vec![Type::Unsigned(1), Type::String])),
        field("v", Type::Variant(vec![("none".into(), None), ("some-thing".into(), Some(Type::Float(8)))])),
        field("e", Type::Enum(vec!["red".into(), "dark-blue".into()])),
        field("g", Type::Flags(vec!["x".into(), "y".into(), "z".into()])),
    ])
}

fn convert(ty: &Type, text: &str) -> Result<String, String> {
    let mut heap = Heap::default();
    let addr = heap.alloc(layout::size(ty), layout::align(ty));
    from_json::from_json(&mut heap, ty, text.as_bytes(), addr)?;
    let mut packed = Vec::new();
    pack::pack(&heap, ty, addr, &mut packed);
    let mut other = Heap(vec![0xff; 8]);
    let copy = other.alloc(layout::size(ty), layout::align(ty));
    pack::unpack(&mut other, ty, &packed, copy).ok_or("unpack")?;
    for cut in 0..packed.len() {
        assert!(pack::unpack(&mut Heap(vec![0; 1024]), ty, &packed[..cut], 0).is_none(), "cut at {cut}");
    }
    let mut out = Vec::new();
    to_json::to_json(&other, ty, copy, &mut out);
    String::from_utf8(out).map_err(|e| e.to_string())
}

#[test]
fn every_type_survives_json_and_packing() {
    let text = r#"{"b":true,"i":-128,"u":18446744073709551615,"f":0.5,"d":-0.1,"c":"é","s":"a\"\\\n\u0001","j":{"k":[1,null]},"l":[[1,2.5],[]],"o":null,"r":{"ok":"x"},"t":[7,"z"],"v":{"some-thing":1e300},"e":"dark-blue","g":["x","z"]}"#;
    assert_eq!(convert(&every(), text).as_deref(), Ok(text));
}

#[test]
fn numbers_json_has_no_form_for_are_strings() {
    let list = Type::List(Box::new(Type::Float(8)));
    let text = r#"["NaN","Infinity","-Infinity",-0.0,1,1e20]"#;
    assert_eq!(convert(&list, text).as_deref(), Ok(text));
}

#[test]
fn names_may_be_spelt_the_way_a_table_or_a_language_spells_them() {
    let row = Type::Record(vec![
        ("unit-price".into(), Type::Float(8)),
        ("note".into(), Type::Option(Box::new(Type::String))),
    ]);
    for key in ["unit-price", "unit_price", "unitPrice", "Unit price"] {
        assert_eq!(
            convert(&row, &format!("{{\"extra\":[1],\"{key}\":2}}")).as_deref(),
            Ok(r#"{"unit-price":2,"note":null}"#)
        );
    }
}

#[test]
fn an_empty_cell_is_an_option_without_a_value() {
    let optional = |inner| Type::Option(Box::new(inner));
    assert_eq!(convert(&optional(Type::Signed(4)), r#""""#).unwrap(), "null");
    assert_eq!(convert(&optional(optional(Type::Float(8))), r#""""#).unwrap(), "null");
    assert_eq!(convert(&optional(Type::Enum(vec!["a".into()])), r#""""#).unwrap(), "null");
    // Where it can be a value, it is one; and what is not empty still has to fit.
    assert_eq!(convert(&optional(Type::String), r#""""#).unwrap(), r#""""#);
    assert_eq!(convert(&optional(Type::Json), r#""""#).unwrap(), r#""""#);
    assert!(convert(&optional(Type::Signed(4)), r#"" ""#).is_err());
}

#[test]
fn a_misfit_names_path_expectation_and_finding() {
    let rows =
        Type::List(Box::new(Type::Record(vec![("price".into(), Type::Float(8)), ("n".into(), Type::Unsigned(1))])));
    let check = |text: &str, message: &str| assert_eq!(convert(&rows, text), Err(message.to_owned()), "{text}");
    check(r#"[{"price":1,"n":1},{"price":"abc"}]"#, "[1].price: expected f64, found the string \"abc\"");
    check(r#"[{"price":1,"n":256}]"#, "[0].n: expected u8, found the number 256");
    check(r#"[{"price":1}]"#, "[0]: expected a field `n`, which is missing");
    check(r#"{"price":1}"#, "expected a list, found an object");
    check("[1,", "not JSON: expected a value at byte 3");
    check("[] x", "not JSON: expected the end of the text at byte 3");
    check("[,]", "not JSON: expected a value at byte 1");
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let deep = "[".repeat(100_000);
    assert!(convert(&Type::Json, &deep).is_err_and(|m| m.contains("less nesting")));
}

#[test]
fn a_damaged_descriptor_is_no_type() {
    assert_eq!(read(&[14, 10]), Some(Type::List(Box::new(Type::Float(8)))));
    assert_eq!(read(&[14]), None);
    assert_eq!(read(&[99]), None);
    assert_eq!(read(&[10, 10]), None);
}

#[test]
fn of_names_that_are_spelt_alike_the_exact_one_is_meant() {
    let names = || vec!["a-b".to_owned(), "ab".to_owned()];
    assert_eq!(convert(&Type::Enum(names()), "\"ab\"").as_deref(), Ok("\"ab\""));
    assert_eq!(convert(&Type::Flags(names()), "[\"ab\"]").as_deref(), Ok("[\"ab\"]"));
    let cases = names().into_iter().map(|name| (name, None)).collect();
    assert_eq!(convert(&Type::Variant(cases), "\"ab\"").as_deref(), Ok("\"ab\""));
}

#[test]
fn integers_may_have_a_fraction_or_an_exponent_and_stay_exact() {
    let check = |text: &str, value: &str| assert_eq!(convert(&Type::Unsigned(8), text).as_deref(), Ok(value), "{text}");
    check("3.0", "3");
    check("1e3", "1000");
    check("12.50E1", "125");
    check("9007199254740993.0", "9007199254740993");
    check("1.8446744073709551615e19", "18446744073709551615");
    check("0e999999999", "0");
    check("\"18446744073709551615\"", "18446744073709551615");
    for text in ["1.5", "1e-1", "1e20", "-1.0", "1e99999999999999", "\"inf\"", "\"1.e\""] {
        assert!(convert(&Type::Unsigned(8), text).is_err(), "{text}");
    }
}

#[test]
fn numbers_beyond_the_range_of_a_float_do_not_become_infinite() {
    assert!(convert(&Type::Float(4), "3.5e38").is_err());
    assert!(convert(&Type::Float(8), "1e309").is_err());
    // Halfway between two neighbours in `f32` after rounding to `f64`, and above half before.
    assert_eq!(convert(&Type::Float(4), "1.00000005960464477540").as_deref(), Ok("1.0000001"));
}
