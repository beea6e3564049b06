//! The component.

wit_bindgen::generate!({ path: "../../wit/typescript", world: "typescript" });

struct Eraser;

impl Guest for Eraser {
    fn erase(source: String) -> Result<String, Vec<Problem>> {
        crate::erase(&source).map_err(|problems| {
            let problem = |p: crate::Problem| Problem {
                message: p.message,
                help: p.help.map(str::to_owned),
                line: p.line,
                column: p.column,
            };
            problems.into_iter().map(problem).collect()
        })
    }
}

export!(Eraser);
