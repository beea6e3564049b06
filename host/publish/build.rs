//! Calls the component that makes sites: once for all pages, then once for each file, on as many threads as there are cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use wasmtime::component::Linker;
use wasmtime::{ResourceLimiter, Store, Trap};

use super::bindings::{Arranged, Broken, Chapter, File as Made, Site, SitePre};
use super::{Asset, Page, Problem, PublishError, Seal, Settings, media_of, missing};
use crate::cache::Cache;
use crate::engine::Engine;
use crate::store::published::{FILES, File};

/// Linear memory of one call.
const MEMORY: usize = 1 << 30;

/// An instance that grew beyond this is not used again: memory of an instance never shrinks.
const KEPT_MEMORY: usize = 64 << 20;

/// What a call may take, plus one second for every [`BYTES_A_SECOND`]. Compressing does several times as much.
const DEADLINE: Duration = Duration::from_secs(20);
const BYTES_A_SECOND: usize = 64 << 10;

/// What all files of a site may hold together, before they are compressed. They are held in memory.
const SITE: usize = 512 << 20;

/// Makes sites: compiled once, instantiated per thread and call of [`Builder::build`].
pub struct Builder {
    engine: Engine,
    linked: SitePre<Limits>,
}

/// The memory cap of one instance, and whether it was hit.
#[derive(Default)]
struct Limits {
    memory: usize,
    refused: bool,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // The component has one memory, so the desired size is all of it.
        let granted = desired <= MEMORY;
        if granted {
            self.memory = desired;
        }
        self.refused |= !granted;
        Ok(granted)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= 100_000)
    }
}

/// An instance, for as long as it is not too large.
#[derive(Default)]
struct Worker(Option<(Store<Limits>, Site)>);

impl Builder {
    /// Loads the component that is built into the binary.
    ///
    /// # Errors
    ///
    /// When it does not compile or does not fit its contract, both of which the tests rule out.
    pub fn new(engine: &Engine, cache: Option<&Cache>) -> Result<Self, PublishError> {
        let component = engine.component(wb_components::SITE, cache)?.code;
        // Empty: it can ask nobody for anything.
        let linker = Linker::new(engine.wasmtime());
        let linked = linker.instantiate_pre(&component).and_then(SitePre::new).map_err(PublishError::Start)?;
        Ok(Self { engine: engine.clone(), linked })
    }

    /// The files of a site, as a store takes them: pages, assets, sitemap, feed, `robots.txt`, a page for what is not
    /// there, and what of it is smaller when it is compressed. It blocks for as long as that takes.
    ///
    /// # Errors
    ///
    /// [`PublishError::Invalid`] with all that is wrong with the pages and assets; when something is too large.
    pub fn build(&self, settings: &Settings, pages: Vec<Page>, assets: Vec<Asset>) -> Result<Vec<File>, PublishError> {
        self.build_sealed(settings, pages, assets, None)
    }

    /// The same, with a signature in every page where there is a seal.
    ///
    /// # Errors
    ///
    /// The same; when a page has a signature already that cannot be told from the rest.
    pub fn build_sealed(
        &self,
        settings: &Settings,
        mut pages: Vec<Page>,
        assets: Vec<Asset>,
        seal: Option<&Seal>,
    ) -> Result<Vec<File>, PublishError> {
        check_sizes(&pages, &assets)?;
        let taken: Vec<String> = assets.iter().map(|asset| asset.path.clone()).collect();
        if !pages.iter().any(|page| page.path == "/404") && !taken.iter().any(|path| path == "/404.html") {
            pages.push(missing(settings));
        }
        let made = self.assemble(settings, &pages, &taken)?;
        let plain = |path, media, bytes| File { path, media, coding: String::new(), styles: String::new(), bytes };
        let mut files: Vec<File> = made
            .map_err(PublishError::Invalid)?
            .into_iter()
            .map(|Made { path, media, bytes }| plain(path, media, Bytes::from(bytes)))
            .collect();
        if let Some(seal) = seal {
            let problems: Vec<Problem> = files.iter_mut().filter_map(|file| seal.put(file).err()).collect();
            if !problems.is_empty() {
                return Err(PublishError::Invalid(problems));
            }
        }
        files.extend(assets.into_iter().map(|Asset { path, media, bytes }| {
            let media = media.unwrap_or_else(|| media_of(&path).to_owned());
            plain(path, media, bytes)
        }));
        self.finish(files)
    }

    /// Pages that belong together, each with a sidebar, a breadcrumb and its neighbours, and the files that searching needs. A page
    /// `/search` gets what is to be read there.
    ///
    /// # Errors
    ///
    /// When something is too large.
    pub fn arrange(
        &self,
        settings: &Settings,
        chapters: &[Chapter],
        pages: &[Page],
        script: bool,
    ) -> Result<(Vec<Page>, Vec<Made>), PublishError> {
        let size = weight(pages);
        let arranged = Worker::default()
            .call(self, "the pages", size, |site, store| site.call_arrange(store, settings, chapters, pages, script));
        arranged.map(|Arranged { pages, files }| (pages, files))
    }

    /// Links and images of pages that lead nowhere in the site. `taken` are the paths of its files that are no pages.
    ///
    /// # Errors
    ///
    /// When something is too large.
    pub fn check(&self, settings: &Settings, pages: &[Page], taken: &[String]) -> Result<Vec<Broken>, PublishError> {
        let call = |site: &Site, store: &mut Store<Limits>| site.call_check(store, settings, pages, taken);
        Worker::default().call(self, "the pages", weight(pages), call)
    }

    /// Pages as files, with sitemap, feed and `robots.txt`: what a folder needs. For a store there is [`Builder::build`].
    ///
    /// # Errors
    ///
    /// When something is too large; inside, all that is wrong with the pages.
    pub fn assemble(
        &self,
        settings: &Settings,
        pages: &[Page],
        taken: &[String],
    ) -> Result<Result<Vec<Made>, Vec<Problem>>, PublishError> {
        let call = |site: &Site, store: &mut Store<Limits>| site.call_assemble(store, settings, pages, taken);
        Worker::default().call(self, "the pages", weight(pages), call)
    }

    /// Adds what is made of each file.
    fn finish(&self, files: Vec<File>) -> Result<Vec<File>, PublishError> {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(files.len()).max(1);
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Ok(Vec::with_capacity(files.len() * 3))));
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut worker = Worker::default();
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let finished = self.finished(&mut worker, file);
                        let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        match (&mut *done, finished) {
                            (Ok(done), Ok(forms)) => done.extend(forms),
                            (Ok(_), Err(error)) => *done = Err(error),
                            (Err(_), _) => return,
                        }
                    }
                });
            }
        });
        let mut files = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)?;
        files.sort_by(|one, other| (&one.path, &one.coding).cmp(&(&other.path, &other.coding)));
        Ok(files)
    }

    fn finished(&self, worker: &mut Worker, file: &File) -> Result<Vec<File>, PublishError> {
        let (media, bytes) = (&file.media, &file.bytes);
        let finished =
            worker.call(self, &file.path, bytes.len(), |site, store| site.call_finish(store, media, bytes))?;
        let plain = File { styles: finished.styles, ..file.clone() };
        let mut forms = Vec::with_capacity(3);
        for form in finished.forms {
            forms.push(File { coding: form.coding, bytes: Bytes::from(form.bytes), ..plain.clone() });
        }
        forms.push(plain);
        Ok(forms)
    }
}

impl Worker {
    /// Calls the component. `what` is the file, for messages, and `input` how many bytes go in.
    fn call<T>(
        &mut self,
        builder: &Builder,
        what: &str,
        input: usize,
        call: impl FnOnce(&Site, &mut Store<Limits>) -> wasmtime::Result<T>,
    ) -> Result<T, PublishError> {
        let deadline = DEADLINE + Duration::from_secs((input / BYTES_A_SECOND) as u64);
        let ticks = Engine::ticks(deadline);
        let _ticking = builder.engine.ticking();
        let (mut store, site) = match self.0.take() {
            Some(kept) => kept,
            None => {
                let mut store = Store::new(builder.engine.wasmtime(), Limits::default());
                store.limiter(|limits| limits);
                store.set_epoch_deadline(ticks);
                let site = builder.linked.instantiate(&mut store).map_err(PublishError::Start)?;
                (store, site)
            }
        };
        store.set_epoch_deadline(ticks);
        let path = || what.to_owned();
        match call(&site, &mut store) {
            Ok(answer) => {
                if store.data().memory <= KEPT_MEMORY {
                    self.0 = Some((store, site));
                }
                Ok(answer)
            }
            Err(_) if store.data().refused => Err(PublishError::Memory { path: path(), mib: MEMORY >> 20 }),
            Err(error) if error.downcast_ref() == Some(&Trap::Interrupt) => {
                Err(PublishError::Deadline { path: path(), seconds: deadline.as_secs() })
            }
            Err(error) => Err(PublishError::Broke { path: path(), reason: error.root_cause().to_string() }),
        }
    }
}

fn weight(pages: &[Page]) -> usize {
    pages.iter().map(|page| page.html.len()).sum()
}

/// What is refused before anything is held twice.
fn check_sizes(pages: &[Page], assets: &[Asset]) -> Result<(), PublishError> {
    let refuse = |path: &str, message: String| {
        Err(PublishError::Invalid(vec![Problem { path: path.to_owned(), message, help: None }]))
    };
    // Each file may become three, and some are made of all.
    let count = pages.len() + assets.len();
    if count > FILES / 3 - 4 {
        return refuse("", format!("a site has at most {} pages and files, and this one has {count}", FILES / 3 - 4));
    }
    let size =
        pages.iter().map(|page| page.html.len()).chain(assets.iter().map(|asset| asset.bytes.len())).sum::<usize>();
    if size > SITE {
        return refuse("", format!("the files of a site have at most {} MiB together", SITE >> 20));
    }
    let is_media =
        |media: &str| media.contains('/') && media.len() <= 200 && media.chars().all(|c| matches!(c, ' '..='~'));
    match assets.iter().find(|asset| asset.media.as_deref().is_some_and(|media| !is_media(media))) {
        Some(asset) => refuse(&asset.path, "this is no media type".to_owned()),
        None => Ok(()),
    }
}
