//! What was acknowledged over HTTP is there after the power is cut.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::client::Client;

/// Times the server is killed.
const ROUNDS: usize = 4;

/// Writers at a time.
const WRITERS: usize = 4;

#[test]
fn no_acknowledged_write_is_lost_when_the_server_is_killed() {
    let mut server = Client::start();
    // The last source that was acknowledged for each workbook, and one that may or may not have arrived after it.
    let kept: Mutex<BTreeMap<String, (String, Option<String>)>> = Mutex::default();
    for round in 0..ROUNDS {
        let over = AtomicBool::new(false);
        let acknowledged = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (server, kept, over) = (&server, &kept, &over);
                    scope.spawn(move || {
                        let mut count = 0;
                        while !over.load(Ordering::Relaxed) && count < 60 {
                            let id = format!("w{writer}-{}", count % 5);
                            let source = format!("* round {round}, writer {writer}, write {count}\n");
                            let change = |done: bool| {
                                let mut kept = kept.lock().unwrap();
                                let entry = kept.entry(id.clone()).or_default();
                                if done { *entry = (source.clone(), None) } else { entry.1 = Some(source.clone()) }
                            };
                            change(false);
                            match server.try_org("PUT", &format!("/api/workbooks/{id}"), &source) {
                                Some(answer) => {
                                    assert!(matches!(answer.status, 200 | 201), "{answer:?}");
                                    change(true);
                                    count += 1;
                                }
                                None => break,
                            }
                        }
                        count
                    })
                })
                .collect();
            std::thread::sleep(std::time::Duration::from_millis(150 + 70 * round as u64));
            server.signal(libc::SIGKILL);
            over.store(true, Ordering::Relaxed);
            writers.into_iter().map(|writer| writer.join().unwrap()).sum::<usize>()
        });
        assert!(acknowledged > 0, "nothing was written before the server was killed");
        server.reap();
        server.restart();
        for (id, (sure, maybe)) in kept.lock().unwrap().iter_mut() {
            let answer = server.get(&format!("/api/workbooks/{id}/org"));
            let now = if answer.status == 404 { String::new() } else { answer.body };
            assert!(now == *sure || Some(&now) == maybe.as_ref(), "{id} is `{now}` and not `{sure}` or {maybe:?}");
            (*sure, *maybe) = (now, None);
        }
        assert_eq!(server.value("/ready")["ready"], json!(true));
    }
}
