//! Runs a script natively, for trying the shell: `cargo run -p shell --example sh -- script.sh < input`.

use std::io::{Read as _, Write as _};
use std::rc::Rc;

use shell::{NoDisk, Session, World};

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let script = std::fs::read_to_string(path).unwrap_or_default();
    let mut stdin = Vec::new();
    drop(std::io::stdin().read_to_end(&mut stdin));
    let world = World {
        disk: Rc::new(NoDisk),
        log: Rc::new(|line| drop(writeln!(std::io::stderr(), "{line}"))),
        now: None,
        seed: Some(1),
        sleep: Rc::new(|_| {}),
    };
    let mut session = Session::new(world);
    session.enter("/tmp/x");
    match session.run(&script, stdin) {
        Ok(ended) => {
            drop(std::io::stdout().write_all(&ended.stdout));
            if let Some(limit) = &ended.limit {
                drop(writeln!(std::io::stderr(), "limit: {limit}"));
            }
            std::process::exit(ended.status);
        }
        Err(error) => {
            drop(writeln!(std::io::stderr(), "{}:{}: {}", error.line, error.column, error.message));
            std::process::exit(2);
        }
    }
}
