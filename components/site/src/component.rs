//! The component. The only file that knows WIT.

use crate::finish::finish;

wit_bindgen::generate!({ path: "../../wit/site", world: "site" });

struct Site;

impl Guest for Site {
    fn assemble(settings: Settings, pages: Vec<Page>, taken: Vec<String>) -> Result<Vec<File>, Vec<Problem>> {
        let settings = crate::Settings {
            title: settings.title,
            base: settings.base,
            description: settings.description,
            author: settings.author,
            language: settings.language,
            listed: settings.listed,
        };
        let page = |page: Page| crate::Page {
            path: page.path,
            html: page.html,
            title: page.title,
            description: page.description,
            published: page.published,
            updated: page.updated,
            listed: page.listed,
        };
        let file = |file: crate::File| File { path: file.path, media: file.media, bytes: file.bytes };
        let problem = |it: crate::Problem| Problem { path: it.path, message: it.message, help: it.help };
        crate::assemble::assemble(&settings, pages.into_iter().map(page).collect(), &taken)
            .map(|files| files.into_iter().map(file).collect())
            .map_err(|problems| problems.into_iter().map(problem).collect())
    }

    fn finish(media: String, bytes: Vec<u8>) -> Finished {
        let done = finish(&media, &bytes);
        let form = |(coding, bytes): (&str, Vec<u8>)| Form { coding: coding.to_owned(), bytes };
        Finished { styles: done.styles, forms: done.forms.into_iter().map(form).collect() }
    }
}

export!(Site);
