//! The component. The only file that knows WIT.

use crate::finish::finish;

wit_bindgen::generate!({ path: "../../wit/site", world: "site" });

struct Site;

fn settings(settings: Settings) -> crate::Settings {
    crate::Settings {
        title: settings.title,
        base: settings.base,
        description: settings.description,
        author: settings.author,
        language: settings.language,
        listed: settings.listed,
    }
}

fn pages(pages: Vec<Page>) -> Vec<crate::Page> {
    let page = |page: Page| crate::Page {
        path: page.path,
        html: page.html,
        title: page.title,
        description: page.description,
        published: page.published,
        updated: page.updated,
        listed: page.listed,
    };
    pages.into_iter().map(page).collect()
}

fn files(files: Vec<crate::File>) -> Vec<File> {
    files.into_iter().map(|file| File { path: file.path, media: file.media, bytes: file.bytes }).collect()
}

impl Guest for Site {
    fn assemble(site: Settings, all: Vec<Page>, taken: Vec<String>) -> Result<Vec<File>, Vec<Problem>> {
        let problem = |it: crate::Problem| Problem { path: it.path, message: it.message, help: it.help };
        crate::assemble::assemble(&settings(site), pages(all), &taken)
            .map(files)
            .map_err(|problems| problems.into_iter().map(problem).collect())
    }

    fn arrange(site: Settings, chapters: Vec<Chapter>, all: Vec<Page>, script: bool) -> Arranged {
        let entry = |entry: Entry| crate::Entry { page: entry.page as usize, title: entry.title };
        let chapter = |chapter: Chapter| crate::Chapter {
            title: chapter.title,
            entries: chapter.entries.into_iter().map(entry).collect(),
        };
        let chapters: Vec<crate::Chapter> = chapters.into_iter().map(chapter).collect();
        let (arranged, made) = crate::frame::arrange(&settings(site), &chapters, pages(all), script);
        let page = |page: crate::Page| Page {
            path: page.path,
            html: page.html,
            title: page.title,
            description: page.description,
            published: page.published,
            updated: page.updated,
            listed: page.listed,
        };
        Arranged { pages: arranged.into_iter().map(page).collect(), files: files(made) }
    }

    fn check(site: Settings, all: Vec<Page>, taken: Vec<String>) -> Vec<Broken> {
        let why = |why: crate::check::Breach| match why {
            crate::check::Breach::Absent => Breach::Absent,
            crate::check::Breach::NoAnchor => Breach::NoAnchor,
            crate::check::Breach::Outside => Breach::Outside,
        };
        let found = crate::check::check(&settings(site), &pages(all), &taken);
        let index = |page: usize| u32::try_from(page).unwrap_or(u32::MAX);
        found.into_iter().map(|it| Broken { page: index(it.page), address: it.address, why: why(it.why) }).collect()
    }

    fn finish(media: String, bytes: Vec<u8>) -> Finished {
        let done = finish(&media, &bytes);
        let form = |(coding, bytes): (&str, Vec<u8>)| Form { coding: coding.to_owned(), bytes };
        Finished { styles: done.styles, forms: done.forms.into_iter().map(form).collect() }
    }
}

export!(Site);
