//! What every repository promises, on every kind of store.

use std::collections::BTreeSet;

use wb::store::Error;
use wb::store::audit::Refusal;
use wb::store::database::Database;
use wb::store::idempotency::{Begun, Response};
use wb::store::queue::Outcome;
use wb::store::runs::{Finished, State};
use wb::store::workbooks::Condition;
use wb::store::{Digest, migrations};

use crate::harness::{Case, on_every_store};

on_every_store! {
    blobs workbooks history conditions_among_many runs runs_that_are_over fair_turns executors_take_each_run_once lost_leases keys
    idempotency audit leases_and_firings migrations_are_applied_once
}

fn conflict<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::Conflict(_))), "{outcome:?}");
}

fn missing<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::NotFound(_))), "{outcome:?}");
}

fn invalid<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::Invalid(_))), "{outcome:?}");
}

async fn blobs(case: Case) {
    let blobs = case.of("a").blobs();
    let mut kept = Vec::new();
    for bytes in [Vec::new(), b"x".to_vec(), (0..=255).collect(), vec![7; 3 << 20]] {
        let digest = blobs.put(bytes.clone()).await.unwrap();
        assert_eq!(digest, Digest::of(&bytes));
        assert_eq!(blobs.put(bytes.clone()).await.unwrap(), digest);
        assert_eq!(blobs.get(&digest).await.unwrap(), bytes);
        kept.push(digest);
    }
    kept.sort();
    // In pages.
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = blobs.list(after.as_ref(), 3).await.unwrap();
        seen.extend(page.iter().copied());
        after = page.last().copied();
        if page.len() < 3 {
            break;
        }
    }
    assert_eq!(seen, kept);
    blobs.delete(&kept[0]).await.unwrap();
    blobs.delete(&kept[0]).await.unwrap();
    missing(blobs.get(&kept[0]).await);
    assert!(!blobs.has(&kept[0]).await.unwrap() && blobs.has(&kept[1]).await.unwrap());
    case.store.ready().await.unwrap();
}

async fn workbooks(case: Case) {
    let books = case.of("a").workbooks();
    missing(books.head("one").await);
    let one = books.put("one", "* One\n", &Condition::Absent, "me").await.unwrap();
    assert_eq!((one.revision, one.size, one.digest), (1, 6, Digest::of(b"* One\n")));
    conflict(books.put("one", "* Two\n", &Condition::Absent, "me").await);
    conflict(books.put("one", "* Two\n", &Condition::Matches(vec![Digest::of(b"")]), "me").await);
    conflict(books.put("none", "", &Condition::Present, "me").await);
    case.pass(5);
    let two = books.put("one", "* Two\n", &Condition::Matches(vec![one.digest]), "me").await.unwrap();
    assert_eq!((two.revision, two.created, two.changed), (2, one.created, one.created + 5));
    // The same again is no change.
    assert_eq!(books.put("one", "* Two\n", &Condition::Always, "you").await.unwrap(), two);
    assert_eq!(books.get("one").await.unwrap(), (two.clone(), "* Two\n".into()));
    for id in ["Zz", "a.b", "b_c", "9"] {
        books.put(id, "", &Condition::Always, "me").await.unwrap();
    }
    for id in ["", "a/b", "../x", "-a", ".a", "ä", "a b", "a\0", &"a".repeat(129)] {
        invalid(books.put(id, "", &Condition::Always, "me").await);
        missing(books.head(id).await.map_err(|error| match error {
            // A NUL cannot even be asked for.
            Error::Invalid(_) => Error::NotFound(String::new()),
            other => other,
        }));
    }
    // In the order of bytes, on every database.
    let ids = |list: Vec<wb::store::workbooks::Workbook>| list.into_iter().map(|book| book.id).collect::<Vec<_>>();
    assert_eq!(ids(books.list("", 3).await.unwrap()), ["9", "Zz", "a.b"]);
    assert_eq!(ids(books.list("a.b", 3).await.unwrap()), ["b_c", "one"]);
    assert_eq!(case.again().await.of(case.of("a").tenant()).workbooks().head("one").await.unwrap(), two);
}

async fn history(case: Case) {
    let books = case.of("a").workbooks();
    for text in ["1", "2", "3"] {
        books.put("w", text, &Condition::Always, "me").await.unwrap();
    }
    conflict(books.delete("w", &Condition::Matches(vec![Digest::of(b"1")]), "me").await);
    books.delete("w", &Condition::Matches(vec![Digest::of(b"3")]), "you").await.unwrap();
    missing(books.get("w").await);
    missing(books.delete("w", &Condition::Always, "me").await);
    assert!(books.list("", 10).await.unwrap().is_empty());
    let all = books.history("w", None, 10).await.unwrap();
    let numbers: Vec<_> = all.iter().map(|one| (one.number, one.digest.is_some(), one.author.as_str())).collect();
    assert_eq!(numbers, [(4, false, "you"), (3, true, "me"), (2, true, "me"), (1, true, "me")]);
    assert_eq!(books.history("w", Some(3), 1).await.unwrap()[0].number, 2);
    assert_eq!(books.source("w", 2).await.unwrap(), "2");
    missing(books.source("w", 4).await);
    missing(books.restore("w", 9, &Condition::Always, "me").await);
    missing(books.history("other", None, 10).await);
    let back = books.restore("w", 2, &Condition::Absent, "me").await.unwrap();
    assert_eq!((back.revision, back.digest), (5, Digest::of(b"2")));
    assert_eq!(books.get("w").await.unwrap().1, "2");
}

/// Of many who change what they have read, one wins each round; nobody's change is lost unseen.
async fn conditions_among_many(case: Case) {
    let books = case.of("a").workbooks();
    books.put("w", "0", &Condition::Absent, "me").await.unwrap();
    let tasks = (0..8).map(|_| {
        let books = books.clone();
        tokio::spawn(async move {
            let mut won = 0;
            while won < 5 {
                let (head, text) = books.get("w").await.unwrap();
                let next: u32 = std::str::from_utf8(&text).unwrap().parse::<u32>().unwrap() + 1;
                match books.put("w", next.to_string(), &Condition::Matches(vec![head.digest]), "me").await {
                    Ok(_) => won += 1,
                    Err(Error::Conflict(_) | Error::Unavailable(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(books.get("w").await.unwrap().1, "40");
    assert_eq!(books.head("w").await.unwrap().revision, 41);
}

async fn runs(case: Case) {
    let (scope, global) = (case.of("a"), case.store.global());
    let (runs, source) = (scope.runs(), scope.blobs().put("* x").await.unwrap());
    missing(runs.enqueue("w", &Digest::of(b"not there"), None).await);
    assert_eq!(global.claim("e", 1000).await.unwrap(), None);
    let inputs = scope.blobs().put("{}").await.unwrap();
    let run = runs.enqueue("w", &source, Some(&inputs)).await.unwrap();
    assert_eq!((run.state, run.events, run.inputs), (State::Queued, 1, Some(inputs)));
    conflict(runs.resume(&run.id).await);
    let claim = global.claim("e", 1000).await.unwrap().unwrap();
    assert_eq!((claim.run.id.as_str(), claim.run.state, claim.run.attempt), (run.id.as_str(), State::Running, 1));
    assert!(!global.renew(&claim, 1000).await.unwrap());
    assert_eq!(global.tell(&claim, "step", b"{\"a\":1}").await.unwrap(), 3);
    assert_eq!(runs.cancel(&run.id).await.unwrap().state, State::Running);
    assert!(global.renew(&claim, 1000).await.unwrap());
    invalid(global.finish(&claim, State::Queued, &Outcome::default()).await);
    let outcome = Outcome { outputs: Some(inputs), record: Some(source), problem: None };
    global.finish(&claim, State::Done, &outcome).await.unwrap();
    conflict(global.finish(&claim, State::Done, &outcome).await);
    conflict(global.tell(&claim, "step", b"").await);
    conflict(runs.cancel(&run.id).await);
    let done = runs.get(&run.id).await.unwrap();
    assert_eq!((done.state, done.outputs, done.record, done.events), (State::Done, Some(inputs), Some(source), 4));
    // Who listened to the second event gets the rest.
    let rest = runs.events(&run.id, 2, 10).await.unwrap();
    let told: Vec<_> = rest.iter().map(|event| (event.number, event.kind.as_str(), event.body.as_slice())).collect();
    assert_eq!(told, [(3, "step", b"{\"a\":1}".as_slice()), (4, "state", b"done")]);
    assert!(runs.events(&run.id, 4, 10).await.unwrap().is_empty());
    missing(runs.events("none", 0, 10).await);
    // One that waits ends at once.
    case.pass(1);
    let waits = runs.enqueue("v", &source, None).await.unwrap();
    assert_eq!(runs.cancel(&waits.id).await.unwrap().state, State::Cancelled);
    assert_eq!(global.claim("e", 1000).await.unwrap(), None);
    let ids = |list: Vec<wb::store::runs::Run>| list.into_iter().map(|run| run.id).collect::<Vec<_>>();
    assert_eq!(ids(runs.list(None, None, 10).await.unwrap()), [waits.id.clone(), run.id.clone()]);
    assert_eq!(ids(runs.list(Some("w"), None, 10).await.unwrap()), std::slice::from_ref(&run.id));
    assert_eq!(ids(runs.list(None, Some(&waits.id), 10).await.unwrap()), [run.id]);
}

/// Runs that somebody waited for are kept together, all or none.
async fn runs_that_are_over(case: Case) {
    let (a, b, global) = (case.of("a"), case.of("b"), case.store.global());
    let source = a.blobs().put("* x").await.unwrap();
    let over = |tenant: &wb::store::Scope, state: State| Finished {
        tenant: tenant.tenant().clone(),
        workbook: "w".to_owned(),
        source,
        inputs: None,
        outputs: source,
        state,
        problem: (state == State::Failed).then(|| "it broke".to_owned()),
        begun: a.now(),
        events: vec![("step", "{\"a\":1}".to_owned())],
    };
    let kept = global.keep(&[over(&a, State::Done), over(&b, State::Failed)]).await.unwrap();
    assert_eq!(a.runs().get(&kept[0].id).await.unwrap(), kept[0]);
    assert_eq!(b.runs().get(&kept[1].id).await.unwrap().problem.as_deref(), Some("it broke"));
    missing(a.runs().get(&kept[1].id).await);
    let events = a.runs().events(&kept[0].id, 0, 10).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.number, event.kind.as_str(), event.body.as_slice())).collect();
    assert_eq!(told, [(1, "step", b"{\"a\":1}".as_slice()), (2, "state", b"done")]);
    invalid(global.keep(&[over(&a, State::Done), over(&a, State::Running)]).await);
    assert_eq!(a.runs().list(None, None, 10).await.unwrap().len(), 1);
    assert!(global.keep(&[]).await.unwrap().is_empty());
    assert_eq!(global.claim("e", 1000).await.unwrap(), None);
}

/// One tenant's many runs do not keep another's one waiting.
async fn fair_turns(case: Case) {
    for (tenant, count) in [("a", 6), ("b", 2), ("c", 1)] {
        let scope = case.of(tenant);
        let source = scope.blobs().put("* x").await.unwrap();
        for _ in 0..count {
            case.pass(1);
            scope.runs().enqueue("w", &source, None).await.unwrap();
        }
    }
    let global = case.store.global();
    let mut order = String::new();
    // Two executors that end what they have before they take the next.
    let mut held = Vec::new();
    while let Some(claim) = global.claim("e", 1000).await.unwrap() {
        order.push_str(claim.tenant.as_str());
        held.push(claim);
        if held.len() == 2 {
            global.finish(&held.remove(0), State::Done, &Outcome::default()).await.unwrap();
        }
    }
    assert_eq!(order, "abcabaaaa");
}

async fn executors_take_each_run_once(case: Case) {
    let scope = case.of("a");
    let source = scope.blobs().put("* x").await.unwrap();
    for _ in 0..24 {
        scope.runs().enqueue("w", &source, None).await.unwrap();
    }
    let tasks = (0..4).map(|number| {
        let global = case.store.global();
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                match global.claim(&format!("e{number}"), 1000).await {
                    Ok(Some(claim)) => taken.push(claim.run.id),
                    Ok(None) => return taken,
                    Err(Error::Unavailable(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    let mut all = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        all.extend(task.await.unwrap());
    }
    assert_eq!(all.len(), 24);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 24);
}

async fn lost_leases(case: Case) {
    let (scope, global) = (case.of("a"), case.store.global());
    let source = scope.blobs().put("* x").await.unwrap();
    let id = scope.runs().enqueue("w", &source, None).await.unwrap().id;
    let first = global.claim("one", 100).await.unwrap().unwrap();
    assert_eq!(global.interrupt(None).await.unwrap(), 0);
    case.pass(101);
    assert_eq!(global.interrupt(None).await.unwrap(), 1);
    assert_eq!(scope.runs().get(&id).await.unwrap().state, State::Interrupted);
    conflict(global.renew(&first, 100).await);
    scope.runs().resume(&id).await.unwrap();
    // The same executor, and yet another claim: what the first still says is not heard.
    let second = global.claim("one", 100).await.unwrap().unwrap();
    assert_eq!(second.run.attempt, 2);
    conflict(global.tell(&first, "step", b"").await);
    conflict(global.finish(&first, State::Done, &Outcome::default()).await);
    // A process that begins anew has none of the runs it had.
    assert_eq!(global.interrupt(Some("two")).await.unwrap(), 0);
    assert_eq!(global.interrupt(Some("one")).await.unwrap(), 1);
    conflict(global.renew(&second, 100).await);
    let states: Vec<_> = scope.runs().events(&id, 0, 10).await.unwrap().into_iter().map(|event| event.body).collect();
    let states: Vec<_> = states.iter().map(|body| std::str::from_utf8(body).unwrap()).collect();
    assert_eq!(states, ["queued", "running", "interrupted", "queued", "running", "interrupted"]);
}

async fn keys(case: Case) {
    let (keys, global) = (case.of("a").keys(), case.store.global());
    let until = case.options.clock.now() + 100;
    let (key, text) = keys.create("ci", &["workbooks:read", "runs:*"], Some(until)).await.unwrap();
    let (tenant, found) = global.authenticate(&text).await.unwrap();
    assert_eq!((tenant.as_str(), &found), ("a", &key));
    assert_eq!(found.scopes, ["workbooks:read", "runs:*"]);
    let changed = format!("{}{}", &text[..text.len() - 1], if text.ends_with('A') { 'B' } else { 'A' });
    let shortened = &text[..text.len() - 1];
    for wrong in
        ["", "wbk_", "wbk__", &changed, shortened, &text.to_uppercase(), &text.replace("wbk_", ""), &format!("{text} ")]
    {
        missing(global.authenticate(wrong).await);
    }
    assert!(!format!("{:?}", keys.list("", 10).await.unwrap()).contains(&text[text.len() - 43..]));
    case.pass(100);
    missing(global.authenticate(&text).await);
    let (other, text) = keys.create("for ever", &[], None).await.unwrap();
    global.authenticate(&text).await.unwrap();
    keys.revoke(&other.id).await.unwrap();
    keys.revoke(&other.id).await.unwrap();
    missing(global.authenticate(&text).await);
    missing(keys.revoke("none").await);
    invalid(keys.create("", &[], None).await);
    invalid(keys.create("x", &["two words"], None).await);
    assert_eq!(keys.list("", 10).await.unwrap().len(), 2);
}

async fn idempotency(case: Case) {
    let names = case.of("a").idempotency();
    let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
    let Begun::Fresh(ticket) = names.begin("k", &one, 50, 1000).await.unwrap() else { panic!() };
    conflict(names.begin("k", &one, 50, 1000).await);
    invalid(names.begin("k", &two, 50, 1000).await);
    invalid(names.begin("", &two, 50, 1000).await);
    let answer = Response { status: 201, headers: "etag: x".into(), body: b"made\0".to_vec() };
    names.finish("k", &ticket, &answer).await.unwrap();
    conflict(names.finish("k", &ticket, &answer).await);
    assert_eq!(names.begin("k", &one, 50, 1000).await.unwrap(), Begun::Replay(answer.clone()));
    // One whose process was killed can be made again, once.
    let Begun::Fresh(first) = names.begin("l", &one, 50, 1000).await.unwrap() else { panic!() };
    case.pass(51);
    let Begun::Fresh(second) = names.begin("l", &one, 50, 1000).await.unwrap() else { panic!() };
    conflict(names.finish("l", &first, &answer).await);
    names.abandon("l", &second).await.unwrap();
    let Begun::Fresh(_) = names.begin("l", &two, 50, 1000).await.unwrap() else { panic!() };
    case.pass(2000);
    assert_eq!(case.store.global().forget_requests().await.unwrap(), 2);
    let Begun::Fresh(_) = names.begin("k", &two, 50, 1000).await.unwrap() else { panic!() };
}

async fn audit(case: Case) {
    let (audit, global) = (case.of("a").audit(), case.store.global());
    let refusal =
        Refusal { client: "10.0.0.1".into(), path: "/\0".repeat(2000), rule: "scope".into(), ..Refusal::default() };
    audit.refuse(&refusal).await.unwrap();
    case.pass(1);
    audit.refuse(&Refusal { rule: "later".into(), ..refusal.clone() }).await.unwrap();
    global.refuse(&Refusal { rule: "nobody".into(), ..Refusal::default() }).await.unwrap();
    let rules = |list: Vec<Refusal>| list.into_iter().map(|one| one.rule).collect::<Vec<_>>();
    let list = audit.list(None, 10).await.unwrap();
    assert_eq!(list[0].path.chars().count(), 500);
    assert_eq!(rules(list.clone()), ["later", "scope"]);
    assert_eq!(rules(audit.list(Some(list[0].made), 10).await.unwrap()), ["scope"]);
    assert_eq!(rules(global.refusals(None, 10).await.unwrap()), ["nobody"]);
    assert_eq!(global.forget_refusals(list[0].made).await.unwrap(), 1);
    assert_eq!(rules(audit.list(None, 10).await.unwrap()), ["later"]);
}

async fn leases_and_firings(case: Case) {
    let global = case.store.global();
    let one = global.lease("scheduler", "one", 100).await.unwrap().unwrap();
    assert_eq!(global.lease("scheduler", "two", 100).await.unwrap(), None);
    case.pass(50);
    assert_eq!(global.lease("scheduler", "one", 100).await.unwrap().unwrap().fence, one.fence);
    case.pass(100);
    let two = global.lease("scheduler", "two", 100).await.unwrap().unwrap();
    assert!(two.fence > one.fence);
    conflict(global.release(&one).await);
    global.release(&two).await.unwrap();
    assert!(global.lease("scheduler", "one", 100).await.unwrap().unwrap().fence > two.fence);
    // One's own that ran out is a new one.
    let before = global.lease("other", "one", 10).await.unwrap().unwrap();
    case.pass(11);
    assert!(global.lease("other", "one", 10).await.unwrap().unwrap().fence > before.fence);
    let tasks = (0..8).map(|number| {
        let firings = case.of("a").firings();
        tokio::spawn(async move {
            loop {
                match firings.take("nightly", 7, &format!("r{number}")).await {
                    Err(Error::Unavailable(_)) => {}
                    taken => return taken.unwrap(),
                }
            }
        })
    });
    let mut taken = 0;
    for task in tasks.collect::<Vec<_>>() {
        taken += i32::from(task.await.unwrap());
    }
    assert_eq!(taken, 1);
    let firings = case.of("a").firings();
    assert!(!firings.take("nightly", 6, "r").await.unwrap() && firings.take("nightly", 8, "r").await.unwrap());
    assert_eq!((firings.last("nightly").await.unwrap(), firings.last("none").await.unwrap()), (Some(8), None));
    assert!(case.of("b").firings().take("nightly", 7, "r").await.unwrap());
}

async fn migrations_are_applied_once(case: Case) {
    let database = case.store.database();
    assert_eq!(migrations::pending(database).await.unwrap(), []);
    assert_eq!(migrations::apply(database, 0).await.unwrap(), []);
    // Many who come at once to a new database: one makes the schema, the others find it.
    let config = match &case.options.database {
        wb::store::database::Config::Sqlite(path) => wb::store::database::Config::Sqlite(path.with_extension("new")),
        wb::store::database::Config::Postgres(_) => {
            let url = crate::servers::postgres().unwrap().database().await;
            wb::store::database::Config::Postgres(wb::store::postgres::Config::parse(&url).unwrap())
        }
    };
    let first = Database::open(&config).await.unwrap();
    // A dry run changes nothing.
    for _ in 0..2 {
        let pending = migrations::pending(&first).await.unwrap();
        assert_eq!(pending, migrations::ALL);
    }
    let tasks = (0..4).map(|_| {
        let config = config.clone();
        tokio::spawn(async move {
            let database = Database::open(&config).await.unwrap();
            migrations::apply(&database, 0).await.unwrap().len()
        })
    });
    let mut applied = 0;
    for task in tasks.collect::<Vec<_>>() {
        applied += task.await.unwrap();
    }
    assert_eq!(applied, migrations::ALL.len());
}
