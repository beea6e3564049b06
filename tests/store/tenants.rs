//! Tenant B tries everything with the ids of tenant A: nothing is found, nothing is changed.

use wb::store::queue::Outcome;
use wb::store::runs::State;
use wb::store::variables::Kind;
use wb::store::workbooks::Condition;
use wb::store::{Digest, Error, backup};

use crate::harness::{Case, on_every_store};
use crate::sites::page;

on_every_store! { another_tenants_ids_are_unknown }

macro_rules! unknown {
    ($($call:expr),* $(,)?) => {
        $(match $call.await {
            Err(Error::NotFound(_)) => {}
            other => panic!("{} gave {other:?}", stringify!($call)),
        })*
    };
}

macro_rules! empty {
    ($($call:expr),* $(,)?) => { $(assert!($call.await.unwrap().is_empty(), "{}", stringify!($call));)* };
}

async fn another_tenants_ids_are_unknown(case: Case) {
    let (a, b, global) = (case.of("a"), case.of("b"), case.store.global());
    let always = Condition::Always;
    // Everything there is, of A.
    let book = a.workbooks().put("w", "* secret plan", &always, "a").await.unwrap();
    let run = a.runs().enqueue("w", &book.digest, None).await.unwrap();
    a.published().publish("s", &[page("/", "hidden")], "").await.unwrap();
    a.domains().add("a.example.org", "s").await.unwrap();
    a.domains().verify("a.example.org").await.unwrap();
    a.variables().set("plain", b"value", Kind::Plain, &[]).await.unwrap();
    a.variables().set("token", b"hush", Kind::Secret, &["api.example.org"]).await.unwrap();
    let (key, _) = a.keys().create("k", &[], None).await.unwrap();
    a.idempotency().begin("i", &Digest::of(b"1"), 1000, 1000).await.unwrap();
    a.audit().refuse(&wb::store::audit::Refusal::default()).await.unwrap();
    a.firings().take("nightly", 1, "x").await.unwrap();
    let before = backup::content(&case.store).await.unwrap();

    // The digest is known, the bytes are not.
    unknown!(b.blobs().get(&book.digest));
    assert!(!b.blobs().has(&book.digest).await.unwrap());
    b.blobs().delete(&book.digest).await.unwrap();
    unknown!(
        b.workbooks().head("w"),
        b.workbooks().get("w"),
        b.workbooks().source("w", 1),
        b.workbooks().restore("w", 1, &always, "b"),
        b.workbooks().history("w", None, 10),
        b.workbooks().delete("w", &always, "b"),
        b.runs().get(&run.id),
        b.runs().events(&run.id, 0, 10),
        b.runs().cancel(&run.id),
        b.runs().resume(&run.id),
        b.runs().enqueue("w", &book.digest, None),
        b.published().view("s"),
        b.published().rollback("s", Some(1)),
        b.published().withdraw("s"),
        b.domains().verify("a.example.org"),
        b.domains().remove("a.example.org"),
        b.variables().get("plain"),
        b.variables().value("plain"),
        b.variables().for_egress("token", "api.example.org"),
        b.variables().unset("token"),
        b.keys().revoke(&key.id),
    );
    empty!(
        b.blobs().list(None, 10),
        b.workbooks().list("", 10),
        b.runs().list(None, None, 10),
        b.published().sites("", 10),
        b.published().snapshots("s", None, 10),
        b.domains().list("", 10),
        b.variables().list("", 10),
        b.keys().list("", 10),
        b.audit().list(None, 10),
    );
    assert_eq!(b.firings().last("nightly").await.unwrap(), None);
    assert!(matches!(b.idempotency().finish("i", "ticket", &answer()).await, Err(Error::Conflict(_))));
    assert!(matches!(b.idempotency().abandon("i", "ticket").await, Err(Error::Conflict(_))));
    // A claim that says it is B's does not reach A's run.
    let claim = global.claim("e", 1000).await.unwrap().unwrap();
    let forged = wb::store::queue::Claim { tenant: b.tenant().clone(), ..claim.clone() };
    assert!(matches!(global.renew(&forged, 1000).await, Err(Error::Conflict(_))));
    assert!(matches!(global.tell(&forged, "x", b"").await, Err(Error::Conflict(_))));
    assert!(matches!(global.finish(&forged, State::Done, &Outcome::default()).await, Err(Error::Conflict(_))));

    let mut after = backup::content(&case.store).await.unwrap();
    for changed_by_the_claim in ["runs", "run_events", "turns"] {
        after.insert(changed_by_the_claim.to_owned(), before[changed_by_the_claim].clone());
    }
    assert_eq!(before, after);
    assert_eq!(a.blobs().get(&book.digest).await.unwrap(), "* secret plan");

    // The same names of B's own are other things.
    b.workbooks().put("w", "* mine", &Condition::Absent, "b").await.unwrap();
    b.variables().set("plain", b"other", Kind::Plain, &[]).await.unwrap();
    b.published().publish("s", &[page("/", "b")], "").await.unwrap();
    b.idempotency().begin("i", &Digest::of(b"2"), 1000, 1000).await.unwrap();
    assert_eq!(a.workbooks().get("w").await.unwrap().1, "* secret plan");
    assert_eq!(a.variables().value("plain").await.unwrap(), b"value");
}

fn answer() -> wb::store::idempotency::Response {
    wb::store::idempotency::Response { status: 200, headers: String::new(), body: Vec::new() }
}
