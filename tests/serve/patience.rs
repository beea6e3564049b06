//! The plane of a workbook within this process, with bounds that a test can wait for.

#![allow(unreachable_pub)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use wb::engine::Engine;
use wb::plane::workbook::{self, About, Given, Outcome, Page, Refusal, Seat, Workbook};
use wb::plane::{self, Bounds, Handler, Open};

/// How long a client may take for anything.
const PATIENCE: Duration = Duration::from_millis(300);

/// A server for as long as it lives.
pub struct Impatient {
    address: SocketAddr,
    _ending: watch::Sender<bool>,
    _runtime: tokio::runtime::Runtime,
}

/// Starts a server of a workbook that has nothing.
pub fn server() -> Impatient {
    let engine = Engine::new().unwrap();
    let component = engine.component(wb_components::PLANE_WORKBOOK, None).unwrap().code;
    let (sender, ending) = watch::channel(false);
    let bounds = Bounds { head: PATIENCE, stall: PATIENCE, ..Bounds::default() };
    let seat = Seat::new(Arc::new(Nothing(watch::channel(String::new()).0)), true, 1, ending.clone());
    let teller: plane::Teller = Arc::new(|said: &plane::Said<'_>| assert_eq!(said.fault, None));
    let handler = Handler::new(&engine, &component, Open(seat), bounds.clone(), teller, workbook::link).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let bound = runtime.block_on(plane::bind("127.0.0.1:0".parse().unwrap())).unwrap();
    let address = bound.address();
    runtime.spawn(bound.serve(Arc::new(handler), bounds, ending));
    Impatient { address, _ending: sender, _runtime: runtime }
}

impl Impatient {
    /// Sends bytes and waits until the server closes; the status of what it answered, if it did.
    pub fn until_closed(&self, bytes: &[u8]) -> Option<u16> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "it was not closed"),
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        answer.split(' ').nth(1).map(|status| status.parse().unwrap())
    }
}

struct Nothing(watch::Sender<String>);

impl Workbook for Nothing {
    fn about(&self) -> About {
        let (inputs, outputs, problems) = Default::default();
        About { edition: String::new(), inputs, outputs, problems, watched: false }
    }

    fn run(
        &self,
        _: Vec<(String, Given)>,
        _: Option<&str>,
        _: bool,
        _: watch::Receiver<bool>,
    ) -> Result<Outcome, Refusal> {
        Ok(Outcome { run: String::new(), exports: Vec::new(), page: None })
    }

    fn page(&self) -> Result<Page, String> {
        Err("there is none".to_owned())
    }

    fn source(&self) -> String {
        String::new()
    }

    fn file(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn editions(&self) -> watch::Receiver<String> {
        self.0.subscribe()
    }
}
