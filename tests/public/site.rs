//! From Org sources to the files of a snapshot.

use std::sync::OnceLock;

use bytes::Bytes;
use wb::engine::Engine;
use wb::kernel::Kernel;
use wb::publish::{Asset, Builder, Page, PublishError, Settings, page_of};
use wb::store::published::File;

pub struct Tools {
    pub engine: Engine,
    pub kernel: Kernel,
    pub builder: Builder,
}

pub fn tools() -> &'static Tools {
    static TOOLS: OnceLock<Tools> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let engine = Engine::pooling().unwrap();
        let kernel = Kernel::new(&engine, None).unwrap();
        let builder = Builder::new(&engine, None).unwrap();
        Tools { engine, kernel, builder }
    })
}

pub fn settings() -> Settings {
    Settings {
        title: "A <site>".into(),
        base: Some("https://www.example.org".into()),
        description: None,
        author: Some("Ada".into()),
        language: "en".into(),
        listed: true,
    }
}

pub fn page(path: &str, org: &str) -> Page {
    page_of(&tools().kernel, org, path, "page", Vec::new()).unwrap()
}

pub fn asset(path: &str, bytes: impl Into<Bytes>) -> Asset {
    Asset { path: path.into(), media: None, bytes: bytes.into() }
}

pub fn build(pages: Vec<Page>, assets: Vec<Asset>) -> Result<Vec<File>, PublishError> {
    tools().builder.build(&settings(), pages, assets)
}

fn file<'a>(files: &'a [File], path: &str, coding: &str) -> &'a File {
    let found = files.iter().find(|file| file.path == path && file.coding == coding);
    found.unwrap_or_else(|| panic!("no `{path}` in `{coding}`"))
}

fn text(file: &File) -> &str {
    std::str::from_utf8(&file.bytes).unwrap()
}

fn example() -> Vec<Page> {
    let org = "#+TITLE: Sales & more\n#+DATE: <2026-11-01 Sun>\n#+DESCRIPTION: What was sold\n\n* Numbers\n\n\
        [[https://elsewhere.example/x.png]] and [[file:b.org][the other]] <script>alert(1)</script>\n\n\
        #+begin_export html\n<script>alert(2)</script>\n#+end_export\n";
    vec![page("/", "#+TITLE: Start\n\nWelcome.\n"), page("/posts/sales", org)]
}

#[test]
fn sources_become_a_site() {
    let files =
        build(example(), vec![asset("/x.png", vec![0; 5000]), asset("/data.csv", "a,b\n".repeat(500))]).unwrap();
    let plain: Vec<&str> = files.iter().filter(|file| file.coding.is_empty()).map(|file| file.path.as_str()).collect();
    let paths = [
        "/404.html",
        "/data.csv",
        "/feed.xml",
        "/index.html",
        "/posts/sales.html",
        "/robots.txt",
        "/sitemap.xml",
        "/x.png",
    ];
    assert_eq!(plain, paths);
    let sales = file(&files, "/posts/sales.html", "");
    assert_eq!(sales.media, "text/html; charset=utf-8");
    assert!(text(sales).contains("<link rel=\"canonical\" href=\"https://www.example.org/posts/sales\">"));
    assert!(text(file(&files, "/feed.xml", "")).contains("<updated>2026-11-01T00:00:00Z</updated>"));
    assert!(text(file(&files, "/sitemap.xml", "")).contains("<loc>https://www.example.org/posts/sales</loc>"));
    assert_eq!(file(&files, "/data.csv", "br").media, "text/csv; charset=utf-8");
    assert!(!files.iter().any(|file| file.path == "/x.png" && !file.coding.is_empty()));
    // A form is never larger than what it is a form of.
    for form in files.iter().filter(|file| !file.coding.is_empty()) {
        assert!(form.bytes.len() < file(&files, &form.path, "").bytes.len(), "{}", form.path);
    }
    let mut gunzipped = String::new();
    let gzip = &file(&files, "/posts/sales.html", "gzip").bytes;
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&gzip[..]), &mut gunzipped).unwrap();
    assert_eq!(gunzipped, text(sales));
}

#[test]
fn a_page_is_whole_in_itself() {
    let files = build(example(), Vec::new()).unwrap();
    let sales = file(&files, "/posts/sales.html", "");
    // The digest that the page's own policy allows is that of the style that is in it.
    assert_eq!(sales.styles, wb::page::styles());
    assert_eq!(file(&files, "/posts/sales.html", "br").styles, sales.styles);
    let html = text(sales);
    // What the source takes from elsewhere stands there, and the page's own policy keeps it from being asked for.
    let policy = html.find("content=\"default-src 'none'; ").unwrap();
    assert!(policy < html.find("https://elsewhere.example/x.png").unwrap() && html.contains("img-src 'self' data:;"));
    assert!(!html.contains("<script") && !html.contains("url("), "{html}");
}

#[test]
fn the_same_pages_give_the_same_files() {
    assert_eq!(build(example(), Vec::new()).unwrap(), build(example(), Vec::new()).unwrap());
}

#[test]
fn what_cannot_be_published_is_all_told() {
    let pages = vec![page("/a", "a"), page("/a", "b"), page("b", "c"), page("/../c", "d")];
    let Err(PublishError::Invalid(problems)) = build(pages, Vec::new()) else { panic!("published") };
    assert_eq!(problems.len(), 3);
    let Err(error) = build(vec![page("/a.html", "a")], Vec::new()) else { panic!("published") };
    assert_eq!(
        error.to_string(),
        "`/a.html`: the address of a page has no ending; leave out `.html`; the page of a folder ends with `/`"
    );
    let media = Some("text/html\r\nset-cookie: a=b".to_owned());
    assert!(build(Vec::new(), vec![Asset { media, ..asset("/a", "a") }]).unwrap_err().is_callers());
    let many = (0..7000).map(|number| asset(&format!("/{number}"), "")).collect();
    assert!(build(Vec::new(), many).unwrap_err().to_string().contains("at most"));
}
