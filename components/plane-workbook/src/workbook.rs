//! What the workbook can be asked, as `wit/plane/plane.wit` has it. A trait, so that answers are tested without a host.

use plane_http::answer::Source;

/// What a run takes from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its type, as WIT.
    pub ty: String,
    /// JSON that the file itself gives.
    pub value: Option<String>,
    /// Whether that is data of the file, which nobody is asked for.
    pub fixed: bool,
}

/// What a run gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its type, as WIT.
    pub ty: String,
    /// The component that makes it.
    pub component: String,
}

/// An error of the workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// Its code, as in `wb explain`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// What to do.
    pub help: Option<String>,
}

/// What the workbook is just now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Changes with the file and what it depends on.
    pub edition: String,
    /// Inputs.
    pub inputs: Vec<Input>,
    /// Outputs.
    pub outputs: Vec<Output>,
    /// Errors, for which nothing can be run.
    pub problems: Vec<Problem>,
    /// Whether there will be changes.
    pub watched: bool,
}

/// A page, cut below its main heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Up to the cut.
    pub before: String,
    /// From the cut.
    pub after: String,
    /// Digests of the styles in it, as sources of a content security policy.
    pub styles: String,
}

/// An export, and its value or why it has none: the component and what it says.
pub type Export = (String, Result<String, (String, String)>);

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The run's name.
    pub run: String,
    /// Exports as JSON.
    pub exports: Vec<Export>,
    /// The page with the results.
    pub page: Option<Page>,
}

/// A value from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// As somebody would type it.
    Text(String),
    /// JSON.
    Json(String),
}

/// Why nothing was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No such input or output.
    Unknown(String),
    /// Inputs without a value.
    Missing(Vec<String>),
    /// The workbook has errors.
    Invalid,
    /// Too many runs at a time.
    Busy,
    /// The server ends.
    Ending,
    /// It cannot be done here.
    Failed(String),
}

/// The workbook.
pub trait Workbook {
    /// What it is.
    fn about(&mut self) -> About;

    /// Runs it, or what one output needs.
    ///
    /// # Errors
    ///
    /// When nothing was run.
    fn run(&mut self, inputs: Vec<(String, Given)>, only: Option<&str>, page: bool) -> Result<Outcome, Refusal>;

    /// The page without results.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    fn page(&mut self) -> Result<Page, String>;

    /// The text of the file.
    fn source(&mut self) -> String;

    /// A file that the page refers to.
    fn file(&mut self, path: &str) -> Option<Vec<u8>>;

    /// Events, one whenever the edition becomes another one than this.
    fn changes(&mut self, edition: String) -> Source;
}
