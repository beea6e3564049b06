//! The binary. Verbs are in `cli/`, one file each; what they use:
//!
//! - `engine`, `cache`: compiled code and where it is kept
//! - `kernel`, `json`: what a workbook says, and how that looks as JSON
//! - `report`, `disk`, `env`: printing, files, the environment; nothing else does any of these
//! - `exit`: how a command can end

use wb::exit::Exit;

fn main() -> Exit {
    wb::cli::main()
}
