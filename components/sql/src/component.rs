//! The component.

use std::cell::RefCell;

use codec::json::{Kind, Reader};

use crate::block::Block;
use crate::text::Problem;
use crate::{guard, run, system};

wit_bindgen::generate!({ path: "../../wit/engine", world: "interpreter" });

thread_local! {
    static BLOCK: RefCell<Block> = RefCell::default();
}

struct Engine;

impl Guest for Engine {
    /// `shim` is what is granted: `{"now": milliseconds, "seed": number}`, both optional.
    fn init(shim: String, script: String, _: Option<String>, _: bool) -> Result<(), String> {
        let block = Block::read(&script).map_err(|error| Problem::new(error.to_string()).to_json(""))?;
        let (now, seed) = granted(&shim).unwrap_or_default();
        system::grant(now, seed);
        guard::grant_random(seed.is_some());
        BLOCK.replace(block);
        Ok(())
    }

    fn wb_invoke(args: String, bulk: Vec<Vec<u8>>) -> Result<(String, Vec<Vec<u8>>), String> {
        BLOCK.with_borrow(|block| run::run(block, &args, &bulk).map_err(|problem| problem.to_json(&block.sql)))
    }
}

fn granted(shim: &str) -> Option<(Option<i64>, Option<u32>)> {
    let mut json = Reader::new(shim.as_bytes());
    let (mut now, mut seed, mut first) = (None, None, true);
    json.open(b'{').ok()?;
    while json.more(&mut first, b'}').ok()? {
        let key = json.key().ok()?;
        if json.kind().ok()? != Kind::Number {
            json.skip().ok()?;
            continue;
        }
        let number = json.number().ok()?;
        match key.as_str() {
            "now" => now = number.parse().ok(),
            _ => seed = number.parse().ok(),
        }
    }
    Some((now, seed))
}

export!(Engine);
