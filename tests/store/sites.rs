//! Published sites and their hosts.

use bytes::Bytes;
use wb::store::Error;
use wb::store::published::File;

use crate::harness::{Case, on_every_store};

on_every_store! { publishing domains }

pub fn page(path: &str, body: &str) -> File {
    File {
        path: path.into(),
        media: "text/html; charset=utf-8".into(),
        coding: String::new(),
        styles: String::new(),
        bytes: Bytes::from(body.to_owned()),
    }
}

async fn publishing(case: Case) {
    let sites = case.of("a").published();
    assert!(matches!(sites.view("s").await, Err(Error::NotFound(_))));
    let coded = File { coding: "br".into(), ..page("/", "coded") };
    let one = sites.publish("s", &[page("/", "one"), coded, page("/b", "b")], "first").await.unwrap();
    assert_eq!((one.number, one.files, one.size, one.active), (1, 3, 9, true));
    let old = sites.view("s").await.unwrap();
    let two = sites.publish("s", &[page("/", "two")], "second").await.unwrap();
    assert_ne!(one.digest, two.digest);
    // Who reads has one snapshot, whatever is published meanwhile.
    let found = old.find("/").await.unwrap();
    let codings: Vec<_> = found.iter().map(|entry| entry.coding.as_str()).collect();
    assert_eq!(codings, ["", "br"]);
    assert_eq!(old.read(&found[0]).await.unwrap(), "one");
    let new = sites.view("s").await.unwrap();
    assert_eq!(new.read(&new.find("/").await.unwrap()[0]).await.unwrap(), "two");
    for path in ["/b", "/none", "", "/\0", "/' OR 1=1 --"] {
        assert!(new.find(path).await.unwrap().is_empty());
    }
    assert_eq!(old.list("", 10).await.unwrap().len(), 2);
    assert_eq!(sites.rollback("s", None).await.unwrap(), 1);
    assert!(matches!(sites.rollback("s", None).await, Err(Error::NotFound(_))));
    assert!(matches!(sites.rollback("s", Some(9)).await, Err(Error::NotFound(_))));
    let active: Vec<_> =
        sites.snapshots("s", None, 10).await.unwrap().iter().map(|one| (one.number, one.active)).collect();
    assert_eq!(active, [(2, false), (1, true)]);
    // After a roll-back the next snapshot has a new number.
    assert_eq!(sites.publish("s", &[page("/", "two")], "").await.unwrap().number, 3);
    sites.withdraw("s").await.unwrap();
    assert!(matches!(sites.view("s").await, Err(Error::NotFound(_))));
    assert_eq!(sites.rollback("s", Some(2)).await.unwrap(), 2);
    assert_eq!(sites.sites("", 10).await.unwrap()[0].active, Some(2));
    let wrong = [
        vec![page("/", "1"), page("/", "2")],
        vec![page("a", "")],
        vec![page("/../a", "")],
        vec![page("//a", "")],
        vec![page("/a\nb", "")],
        vec![File { coding: "zstd".into(), ..page("/", "") }],
        vec![File { media: "text/html\r\nset-cookie: a".into(), ..page("/", "") }],
        vec![File { styles: "'unsafe-inline'; script-src *".into(), ..page("/", "") }],
        vec![File { styles: "'sha256-a'\r\nset-cookie: a".into(), ..page("/", "") }],
    ];
    for files in wrong {
        assert!(matches!(sites.publish("s", &files, "").await, Err(Error::Invalid(_))));
    }
    assert_eq!(sites.sites("", 10).await.unwrap()[0].latest, 3);
}

async fn domains(case: Case) {
    let (a, b, global) = (case.of("a"), case.of("b"), case.store.global());
    a.published().publish("s", &[page("/", "a")], "").await.unwrap();
    let domain = a.domains().add("WWW.Example.org.", "s").await.unwrap();
    assert_eq!((domain.host.as_str(), domain.verified), ("www.example.org", None));
    let unknown = async |host: &str| assert!(matches!(global.resolve(host).await, Err(Error::NotFound(_))), "{host}");
    unknown("www.example.org").await;
    // Asking again keeps the token.
    assert_eq!(a.domains().add("www.example.org", "s").await.unwrap().token, domain.token);
    let other = b.domains().add("www.example.org", "t").await.unwrap();
    assert_ne!(other.token, domain.token);
    a.domains().verify("www.example.org").await.unwrap();
    assert!(matches!(b.domains().verify("www.example.org").await, Err(Error::Conflict(_))));
    for host in ["www.example.org", "WWW.EXAMPLE.ORG", "www.example.org.", "www.example.org:4001"] {
        let (tenant, site) = global.resolve(host).await.unwrap();
        assert_eq!((tenant.as_str(), site.as_str()), ("a", "s"));
    }
    let view = global.view("www.example.org").await.unwrap();
    assert_eq!(view.read(&view.find("/").await.unwrap()[0]).await.unwrap(), "a");
    for host in [
        "",
        "s",
        "example.org",
        "x.www.example.org",
        "www.example.org:x",
        "www.example.org@evil",
        "*.example.org",
        "a\0",
        "127.0.0.1",
    ] {
        unknown(host).await;
    }
    b.domains().add("*.example.org", "t").await.unwrap();
    b.domains().verify("*.example.org").await.unwrap();
    assert_eq!(global.resolve("blog.example.org").await.unwrap().1, "t");
    // Exact before wildcard; a wildcard is one label.
    assert_eq!(global.resolve("www.example.org").await.unwrap().1, "s");
    unknown("a.b.example.org").await;
    unknown("example.org").await;
    assert!(matches!(b.domains().remove("nothing.org").await, Err(Error::NotFound(_))));
    a.domains().remove("www.example.org").await.unwrap();
    assert_eq!(global.resolve("www.example.org").await.unwrap().1, "t");
    b.domains().verify("www.example.org").await.unwrap();
    let again = case.again().await;
    assert_eq!(again.global().resolve("www.example.org").await.unwrap().0.as_str(), "b");
    assert_eq!(b.domains().list("", 10).await.unwrap().len(), 2);
}
