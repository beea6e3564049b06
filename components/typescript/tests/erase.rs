//! What is left of TypeScript. Each result is JavaScript by the parser's own judgement, and as long as its source.

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;
use typescript::erase;

/// Pairs of a source and what is left, where `·` is a blank in the place of something else.
const LEFT: &[(&str, &str)] = &[
    ("let a: number = 1;", "let a· ······ = 1;"),
    ("let a!: number;", "let a·· ······;"),
    ("function f(a?: string, ...b: T[]): void {}", "function f(a·· ······, ...b· ···)· ···· {}"),
    ("function f(this: Foo, a: T) {}", "function f(····· ···· a· ·) {}"),
    (
        "function f<T extends string>(a: T): asserts a is string {}",
        "function f·· ······· ·······(a· ·)· ······· · ·· ······ {}",
    ),
    ("const f = async <T,>(a: T): Promise<T> => a;", "const f = async ····(a· ·)· ·········· => a;"),
    ("const f = (\n  a: T,\n): {\n  b: T\n} => a;", "const f = (\n  a· ·,\n·· ·\n  ·· ·\n) => a;"),
    ("const f = async <\n  T\n>(a: T) => a;", "const f = async (\n  ·\n··a· ·) => a;"),
    ("f<string>(a!, b as any, c satisfies D)!.e", "f········(a·, b ·· ···, c ········· ·)·.e"),
    ("new Map<string, number[]>()", "new Map········ ·········()"),
    ("tag<T>`x`", "tag···`x`"),
    ("const f = g<string>;", "const f = g········;"),
    ("let a = b as T\n(c)", "let a = b;·· ·\n(c)"),
    ("return a as T\n", "return a;·· ·\n"),
    ("for (const x of y as T[]) z();", "for (const x of y ·· ···) z();"),
    ("try {} catch (e: unknown) {}", "try {} catch (e· ·······) {}"),
    ("let a = 1\ntype T = {\n  b: 1\n}\n(c)", "let a = 1\n;··· · · ·\n  ·· ·\n·\n(c)"),
    ("interface A { b: C }", ";········ · · ·· · ·"),
    ("export interface A {}\nexport type B = A;", ";····· ········· · ··\n;····· ···· · · ··"),
    ("import type { A } from './a.ts';", ";····· ···· · · · ···· ·········"),
    ("import { a, type B, c } from './a.ts';", "import { a, ···· ·· c } from './a.ts';"),
    ("import a, { type B } from './a.ts';", "import a, { ···· · } from './a.ts';"),
    ("export { a, type B };", "export { a, ···· · };"),
    ("export type { A } from './a.ts';", ";····· ···· · · · ···· ·········"),
    ("declare const a: number;\ndeclare function f(): void;", ";······ ····· ·· ·······\n;······ ········ ···· ·····"),
    (
        "declare enum E { A }\ndeclare module 'm' {}\ndeclare global {}",
        ";······ ···· · · · ·\n;······ ······ ··· ··\n;······ ······ ··",
    ),
    ("namespace N { export type A = 1; interface B {} }", ";········ · · ······ ···· · · ·· ········· · ·· ·"),
    (
        "function f(a: 1): 1;\nfunction f(a: 2): 2;\nfunction f(a) { return a }",
        ";······· ···· ··· ··\n;······· ···· ··· ··\nfunction f(a) { return a }",
    ),
    ("export function f(): 1;\nexport function f() {}", ";····· ········ ···· ··\nexport function f() {}"),
    (
        "export default function f(): 1;\nexport default function f() {}",
        ";····· ······· ········ ···· ··\nexport default function f() {}",
    ),
    (
        "export abstract class A<T> extends B<T> implements C, D<T> {}",
        "export ········ class A··· extends B··· ·········· ·· ···· {}",
    ),
    (
        "class A {\n  private readonly a: T = 1;\n  static b?: T\n  declare c: T;\n  d!: T;\n}",
        "class A {\n  ;······ ········ a· · = 1;\n  static b·; ·\n  ;······ ·· ··\n  d·; ·;\n}",
    ),
    (
        "class A {\n  a = 1\n  public [b] = 2\n  private *c() {}\n}",
        "class A {\n  a = 1\n  ;····· [b] = 2\n  ;······ *c() {}\n}",
    ),
    (
        "abstract class A { abstract a(): T; abstract b: T; [k: string]: T; c(): T; c() {} }",
        "········ class A { ;······· ···· ·· ;······· ·· ·· ;·· ········ ·· ;··· ·· c() {} }",
    ),
    ("class A { get: T; override async m?<T>(): void {} }", "class A { get; ·; ;······· async m····()· ···· {} }"),
    ("let x = /* : T */ a /* ? */ as /* ! */ T;", "let x = /* : T */ a ·· · ·· ·· ·· · ·· ·;"),
    ("const é: 'ü' = 1; // ñ", "const é· ··· = 1; // ñ"),
];

#[test]
fn types_become_blanks() {
    for (source, left) in LEFT {
        let erased = erase(source).unwrap_or_else(|problems| panic!("{source}\n{problems:?}"));
        // A blank in the place of something is shown as a dot.
        let shown: String = source
            .chars()
            .zip(wide(source, &erased))
            .map(|(was, is)| if was != is && is == ' ' { '·' } else { is })
            .collect();
        assert_eq!(shown, *left, "\n{source}");
        assert_eq!(erased.len(), source.len());
        parses(&erased);
    }
}

/// The first character in the place of each character of the source.
fn wide<'a>(source: &'a str, erased: &'a str) -> impl Iterator<Item = char> + 'a {
    source.char_indices().filter_map(|(at, _)| erased[at..].chars().next())
}

fn parses(script: &str) {
    let allocator = Allocator::default();
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, script, SourceType::mjs()).with_options(options).parse();
    assert!(!parsed.diagnostics.has_errors(), "{script}\n{:?}", parsed.diagnostics);
}

#[test]
fn javascript_stays_as_it_is() {
    let script = "import { a } from './a.js';\nexport default class extends a { #b = 1; static { this.c = b ? c : d; } }\nlabel: for (;;) break label;\nawait a?.b[`${c}`];\n";
    assert_eq!(erase(script).as_deref(), Ok(script));
}

#[test]
fn what_is_more_than_a_type_is_refused_where_it_stands() {
    let source = "let a = 1;\nenum E { A }\n  export const enum F { A }\nnamespace N { export const a = 1 }\nclass C { constructor(private a: T) {} }\nlet b = <T>a;\nimport c = require('c');\n@d class D {}\n";
    let problems = erase(source).expect_err("it has an enum");
    let places: Vec<(u32, u32, &str)> =
        problems.iter().map(|problem| (problem.line, problem.column, problem.message.as_str())).collect();
    let starts = [
        (2, 1, "an `enum`"),
        (3, 10, "an `enum`"),
        (4, 1, "a `namespace`"),
        (5, 23, "a parameter"),
        (6, 9, "an assertion"),
        (7, 1, "`import"),
        (8, 1, "a decorator"),
    ];
    assert_eq!(places.len(), starts.len(), "{problems:#?}");
    for ((line, column, message), (at, column_at, start)) in places.iter().zip(starts) {
        assert_eq!((*line, *column), (at, column_at), "{message}");
        assert!(message.starts_with(start), "{message}");
    }
    assert!(problems.iter().all(|problem| problem.help.is_some()));
}

#[test]
fn what_does_not_parse_is_told_where() {
    let problems = erase("const ä = 1;\nconst b: = 2;\n").expect_err("there is no type");
    assert_eq!((problems[0].line, problems[0].column), (2, 10), "{problems:?}");
    assert!(problems[0].message.starts_with("SyntaxError: "), "{problems:?}");
}

/// Whatever is thrown at it, it answers.
#[test]
fn pieces_of_sources_do_no_harm() {
    for (source, _) in LEFT {
        for (at, _) in source.char_indices() {
            drop(erase(&source[..at]));
            drop(erase(&source[at..]));
        }
    }
}
