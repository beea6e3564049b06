//! The walk: what of each construct is a type, and what of TypeScript cannot be taken out.

use std::collections::HashSet;

use oxc_allocator::Allocator;
use oxc_ast::ast::*;
use oxc_ast_visit::Visit;
use oxc_ast_visit::walk;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{GetSpan, SourceType, Span};
use oxc_syntax::scope::ScopeFlags;

use crate::text::Text;

/// One thing that is wrong with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// The cure.
    pub help: Option<&'static str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// What would not be JavaScript without its types, with the cure.
const ENUM: (&str, &str) = (
    "an `enum` is more than a type, and types are only taken out",
    "write `const Name = { A: 0, B: 1 } as const`, or `declare enum` where there is one elsewhere",
);
const NAMESPACE: (&str, &str) =
    ("a `namespace` with code in it is more than a type, and types are only taken out", "write a module or an object");
const PARAMETER_PROPERTY: (&str, &str) = (
    "a parameter property makes a field, and types are only taken out",
    "declare the field, and assign it in the constructor",
);
const ASSERTION: (&str, &str) = ("an assertion in angle brackets cannot be taken out", "write `value as Type`");
const DECORATOR: (&str, &str) =
    ("a decorator is not JavaScript that the engine knows", "call the function where it is needed");
const IMPORT_EQUALS: (&str, &str) =
    ("`import … =` is more than a type, and types are only taken out", "write `import … from \"…\"`");
const EXPORT_EQUALS: (&str, &str) =
    ("`export =` is more than a type, and types are only taken out", "write `export default …`");

/// Takes the types out of a module. A `return` outside functions is let through: a block that reads stdin becomes a
/// function's body.
///
/// # Errors
///
/// What does not parse, or what there is that types cannot simply be taken out of, in the order of the source.
pub fn erase(source: &str) -> Result<String, Vec<Problem>> {
    let allocator = Allocator::default();
    let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, source, SourceType::ts()).with_options(options).parse();
    let mut eraser = Eraser { text: Text::new(source), ends: HashSet::new(), problems: Vec::new() };
    for error in parsed.diagnostics.errors() {
        let at = error.labels.iter().next().map_or(0, |label| label.offset() as usize);
        eraser.problems.push((at, format!("SyntaxError: {}", lower(&error.message)), None));
    }
    if eraser.problems.is_empty() {
        eraser.visit_program(&parsed.program);
    }
    if eraser.problems.is_empty() {
        return Ok(eraser.text.finish());
    }
    eraser.problems.sort_by_key(|(at, ..)| *at);
    let text = &eraser.text;
    let place = |(at, message, help)| {
        let (line, column) = text.place(at);
        Problem { message, help, line, column }
    };
    Err(eraser.problems.into_iter().map(place).collect())
}

/// Messages begin in lower case.
fn lower(message: &str) -> String {
    let mut chars = message.chars();
    let second = chars.clone().nth(1);
    match chars.next() {
        Some(first) if second.is_none_or(|c| !c.is_uppercase()) => first.to_lowercase().chain(chars).collect(),
        _ => message.to_owned(),
    }
}

pub(crate) struct Eraser<'s> {
    pub(crate) text: Text<'s>,
    /// Where statements end without a semicolon.
    ends: HashSet<usize>,
    problems: Vec<(usize, String, Option<&'static str>)>,
}

pub(crate) fn from(span: Span) -> usize {
    span.start as usize
}

pub(crate) fn to(span: Span) -> usize {
    span.end as usize
}

impl Eraser<'_> {
    fn span(&mut self, span: Span) {
        self.text.blank(from(span), to(span));
    }

    pub(crate) fn statement(&mut self, span: Span) {
        self.text.statement(from(span), to(span));
    }

    fn refuse(&mut self, span: Span, (message, help): (&'static str, &'static str)) {
        self.problems.push((from(span), message.to_owned(), Some(help)));
    }

    /// Remembers a statement or a member that ends without a semicolon.
    pub(crate) fn ends(&mut self, span: Span) {
        if !self.text.slice(from(span), to(span)).ends_with(';') {
            self.ends.insert(to(span));
        }
    }

    /// Blanks ` as T`. At the end of a statement a semicolon stays: `a as T` and `(b)` on the next line are two statements,
    /// `a` and `(b)` would be one.
    fn tail(&mut self, expression: Span, whole: Span) {
        self.text.blank(to(expression), to(whole));
        if self.ends.contains(&to(whole)) {
            self.text.put(to(expression), ';');
        }
    }

    /// An element of a braced list, with its comma.
    fn element(&mut self, span: Span) {
        let end = self.text.with_comma(to(span));
        self.text.blank(from(span), end);
    }

    /// Blanks a mark such as `?` between two places.
    pub(crate) fn mark(&mut self, mark: u8, from: usize, to: usize) {
        if let Some(at) = self.text.find(mark, from, to) {
            self.text.blank(at, at + 1);
        }
    }

    /// Whether nothing of a declaration is left.
    fn is_type(declaration: &Declaration<'_>) -> bool {
        match declaration {
            Declaration::TSTypeAliasDeclaration(_)
            | Declaration::TSInterfaceDeclaration(_)
            | Declaration::TSExternalModuleDeclaration(_)
            | Declaration::TSGlobalDeclaration(_) => true,
            Declaration::VariableDeclaration(it) => it.declare,
            Declaration::FunctionDeclaration(it) => it.declare || it.body.is_none(),
            Declaration::ClassDeclaration(it) => it.declare,
            Declaration::TSEnumDeclaration(it) => it.declare,
            Declaration::TSNamespaceDeclaration(it) => it.declare || Self::only_types(&it.body),
            Declaration::TSImportEqualsDeclaration(it) => it.import_kind.is_type(),
        }
    }

    fn only_types(body: &TSNamespaceDeclarationBody<'_>) -> bool {
        let block = match body {
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => return Self::only_types(&inner.body),
            TSNamespaceDeclarationBody::TSModuleBlock(block) => block,
        };
        block.body.iter().all(|statement| match statement {
            Statement::ExportDeclaration(export) => Self::is_type(&export.declaration),
            statement => statement.as_declaration().is_some_and(Self::is_type),
        })
    }

    /// Whether types that go span lines between places where there must be no line end: then the parenthesis that belongs
    /// on the other side of them moves.
    fn arrow(&mut self, it: &ArrowFunctionExpression<'_>) {
        let params = it.params.span;
        if let Some(types) = &it.type_parameters
            && self.text.has_line_end(from(types.span), from(params))
        {
            self.text.put(from(types.span), '(');
            self.text.blank(from(params), from(params) + 1);
        }
        if let Some(types) = &it.return_type
            && self.text.has_line_end(to(params), to(types.span))
        {
            self.text.blank(to(params) - 1, to(params));
            let last = self.text.last(to(types.span));
            self.text.put(last, ')');
        }
    }
}

impl<'a> Visit<'a> for Eraser<'_> {
    fn visit_statement(&mut self, it: &Statement<'a>) {
        self.ends(it.span());
        match it.as_declaration() {
            Some(declaration) if Self::is_type(declaration) => self.statement(it.span()),
            _ => walk::walk_statement(self, it),
        }
    }

    fn visit_export_declaration(&mut self, it: &ExportDeclaration<'a>) {
        if Self::is_type(&it.declaration) {
            self.statement(it.span);
        } else {
            walk::walk_export_declaration(self, it);
        }
    }

    fn visit_export_default_declaration(&mut self, it: &ExportDefaultDeclaration<'a>) {
        match &it.declaration {
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => self.statement(it.span),
            ExportDefaultDeclarationKind::FunctionDeclaration(function) if function.body.is_none() => {
                self.statement(it.span);
            }
            _ => walk::walk_export_default_declaration(self, it),
        }
    }

    fn visit_export_named_declaration(&mut self, it: &ExportNamedDeclaration<'a>) {
        if it.export_kind.is_type() {
            self.statement(it.span);
        } else {
            walk::walk_export_named_declaration(self, it);
        }
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        if it.export_kind.is_type() {
            self.statement(it.span);
        } else {
            walk::walk_export_from_declaration(self, it);
        }
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        if it.export_kind.is_type() {
            self.statement(it.span);
        }
    }

    fn visit_export_specifier(&mut self, it: &ExportSpecifier<'a>) {
        if it.export_kind.is_type() {
            self.element(it.span);
        }
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        if it.import_kind.is_type() {
            self.statement(it.span);
            return;
        }
        for specifier in it.specifiers.iter().flatten() {
            if let ImportDeclarationSpecifier::ImportSpecifier(named) = specifier
                && named.import_kind.is_type()
            {
                self.element(named.span);
            }
        }
    }

    fn visit_ts_import_equals_declaration(&mut self, it: &TSImportEqualsDeclaration<'a>) {
        self.refuse(it.span, IMPORT_EQUALS);
    }

    fn visit_ts_export_assignment(&mut self, it: &TSExportAssignment<'a>) {
        self.refuse(it.span, EXPORT_EQUALS);
    }

    fn visit_ts_namespace_export_declaration(&mut self, it: &TSNamespaceExportDeclaration<'a>) {
        self.statement(it.span);
    }

    fn visit_ts_enum_declaration(&mut self, it: &TSEnumDeclaration<'a>) {
        self.refuse(it.span, ENUM);
    }

    fn visit_ts_namespace_declaration(&mut self, it: &TSNamespaceDeclaration<'a>) {
        self.refuse(it.span, NAMESPACE);
    }

    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.refuse(it.span, DECORATOR);
    }

    fn visit_ts_type_annotation(&mut self, it: &TSTypeAnnotation<'a>) {
        self.span(it.span);
    }

    fn visit_ts_type_parameter_declaration(&mut self, it: &TSTypeParameterDeclaration<'a>) {
        self.span(it.span);
    }

    fn visit_ts_type_parameter_instantiation(&mut self, it: &TSTypeParameterInstantiation<'a>) {
        self.span(it.span);
    }

    fn visit_ts_this_parameter(&mut self, it: &TSThisParameter<'a>) {
        self.element(it.span);
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        if it.accessibility.is_some() || it.readonly || it.r#override {
            self.refuse(it.span, PARAMETER_PROPERTY);
        }
        if it.optional {
            let end = it.type_annotation.as_ref().map_or(to(it.span), |types| from(types.span));
            self.mark(b'?', to(it.pattern.span()), end);
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if it.definite {
            self.mark(b'!', to(it.id.span()), to(it.span));
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        walk::walk_function(self, it, flags);
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.arrow(it);
        walk::walk_arrow_function_expression(self, it);
    }

    fn visit_ts_as_expression(&mut self, it: &TSAsExpression<'a>) {
        self.tail(it.expression.span(), it.span);
        self.visit_expression(&it.expression);
    }

    fn visit_ts_satisfies_expression(&mut self, it: &TSSatisfiesExpression<'a>) {
        self.tail(it.expression.span(), it.span);
        self.visit_expression(&it.expression);
    }

    fn visit_ts_non_null_expression(&mut self, it: &TSNonNullExpression<'a>) {
        self.mark(b'!', to(it.expression.span()), to(it.span));
        self.visit_expression(&it.expression);
    }

    fn visit_ts_type_assertion(&mut self, it: &TSTypeAssertion<'a>) {
        self.refuse(it.span, ASSERTION);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        self.class(it);
        walk::walk_class(self, it);
    }

    fn visit_method_definition(&mut self, it: &MethodDefinition<'a>) {
        if self.method(it) {
            walk::walk_method_definition(self, it);
        }
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        if self.property(it) {
            walk::walk_property_definition(self, it);
        }
    }

    fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
        if self.accessor(it) {
            walk::walk_accessor_property(self, it);
        }
    }

    fn visit_ts_index_signature(&mut self, it: &TSIndexSignature<'a>) {
        self.statement(it.span);
    }

    fn visit_ts_class_implements_list(&mut self, _: &oxc_allocator::Vec<'a, TSClassImplements<'a>>) {}
}
