//! `wb sign` and `wb verify`: who made a page, and that nothing of it was changed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::store::block;
use super::{Context, Failure, bundle};
use crate::disk;
use crate::env;
use crate::exit::Exit;
use crate::net;
use crate::policy::Addresses;
use crate::sign::{self, Did, SignError, Signer, Unsigned, Verdict, WebDid};
use crate::store::Digest;

/// The name of the file in the data folder.
const KEY_FILE: &str = "signing.key";

/// What is fetched of a host that vouches for keys.
const DOCUMENT: net::Bounds =
    net::Bounds { size: 64 << 10, time: Duration::from_secs(10), accept: "application/did+json, application/json" };

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        Self::new(Exit::Failed, error.to_string())
    }
}

/// Whose signature it is to be.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Who {
    /// The key to sign with: a file with 32 bytes in base64; made where there is none
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
}

impl Who {
    /// The signer: of `--key`, of `WB_SIGNING_KEY`, or of the data folder.
    ///
    /// # Errors
    ///
    /// When there is a key that cannot be used, or no place for one.
    pub(super) fn signer(&self, context: &Context) -> Result<Signer, Failure> {
        if self.key.is_none()
            && let Some(signer) = of_environment()?
        {
            return Ok(signer);
        }
        let place = self.key.clone().or_else(|| Some(env::data_directory()?.join(KEY_FILE)));
        let nowhere =
            || Failure::new(Exit::Usage, "there is no place for the signing key").hint("name one with `--key FILE`");
        let place = place.ok_or_else(nowhere)?;
        if let Some(folder) = place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let failed = |error| Failure::new(Exit::Failed, format!("cannot make `{}`: {error}", folder.display()));
            disk::make_durable(folder).map_err(failed)?;
        }
        let (signer, is_new) = Signer::open(&place)?;
        if is_new {
            context.report.say(&format!("made a new key in `{}`: {}", place.display(), signer.did()));
        }
        Ok(signer)
    }
}

/// The signer of a server whose data is in this folder.
///
/// # Errors
///
/// When there is a key that cannot be used, or none can be made.
pub(super) fn of_data(folder: &Path) -> Result<Signer, Failure> {
    match of_environment()? {
        Some(signer) => Ok(signer),
        None => Ok(Signer::open(&folder.join(KEY_FILE))?.0),
    }
}

fn of_environment() -> Result<Option<Signer>, Failure> {
    let wrong = |error| Failure::new(Exit::Usage, format!("`{}`: {error}", env::WB_SIGNING_KEY));
    env::get(env::WB_SIGNING_KEY).map(|text| Signer::parse(&text).map_err(wrong)).transpose()
}

/// What to sign.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// HTML page; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Write the signed page here, in place of the file itself; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<String>,
    /// The workbook that the page was made of: its digest is signed as well
    #[arg(long, value_name = "FILE")]
    pub source: Option<String>,
    #[command(flatten)]
    who: Who,
}

/// What to verify.
#[derive(Debug, clap::Args)]
pub struct VerifyArguments {
    /// Signed page or bundle; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Who has to have signed it: `did:key:…`, or `did:web:HOST`, which is asked for its keys
    #[arg(long, value_name = "DID")]
    pub issuer: Option<String>,
}

/// Signs.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let page = context.read(&arguments.file)?;
    let lower = page.text.to_ascii_lowercase();
    if !lower.contains("</body") && !lower.contains("<html") {
        let failure = Failure::new(Exit::Usage, format!("{} is no HTML page", page.name));
        return Err(failure
            .hint("`wb render FILE.org -o page.html` makes one; `wb bundle --sign` signs a workbook")
            .into());
    }
    let assertions = match &arguments.source {
        Some(file) => {
            let source = context.read(file)?;
            let digest = Digest::of(source.text.as_bytes()).to_string();
            vec![json!({ "label": "wb.source", "data": { "name": base_name(&source.name), "sha256": digest } })]
        }
        None => Vec::new(),
    };
    let signer = arguments.who.signer(context)?;
    let signed = sign::attach(&page.text, &signer, &env::utc_time(), assertions)
        .map_err(|error| Failure::new(Exit::Conflict, format!("{}: {error}", page.name)))?;
    let report = context.report;
    let target = arguments.output.as_deref().unwrap_or(&arguments.file);
    if target == "-" {
        report.out(&signed)?;
    } else {
        disk::write_atomic(target.as_ref(), signed.as_bytes()).with_context(|| format!("cannot write `{target}`"))?;
        report.say(&format!("{target}: signed by {}", signer.did()));
        if report.is_json() {
            report.value(&json!({ "ok": true, "file": target, "issuer_did": signer.did().to_string() }))?;
        }
    }
    Ok(Exit::Ok)
}

/// A path's last part: the folders of who signs are nobody's business.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Verifies.
pub(super) fn verify(arguments: &VerifyArguments, context: &Context) -> anyhow::Result<Exit> {
    let verdict = if bundle::is_bundle(&arguments.file)? {
        bundle::verdict(&arguments.file)?
    } else {
        let page = context.read(&arguments.file)?;
        sign::verify(&page.text).map_err(|unsigned| unverified(&page.name, &unsigned))?
    };
    let trusted = match &arguments.issuer {
        Some(wanted) => Some(is_by(&verdict, wanted, context)?),
        None => None,
    };
    told(&verdict, trusted, context)?;
    let report = context.report;
    if let (Some(wanted), Some(false)) = (&arguments.issuer, trusted) {
        report.say(&format!("it was not signed by `{wanted}`"));
    } else if verdict.is_valid() && trusted.is_none() {
        report.say("whoever has this key signed it; who that is, `--issuer` can tell");
    }
    Ok(if verdict.is_valid() && trusted != Some(false) { Exit::Ok } else { Exit::Unverified })
}

fn unverified(name: &str, unsigned: &Unsigned) -> Failure {
    let failure = Failure::new(Exit::Unverified, format!("{name}: {unsigned}"));
    match unsigned {
        Unsigned::None => failure.hint("`wb sign FILE` signs a page"),
        Unsigned::Unreadable(_) => failure,
    }
}

fn told(verdict: &Verdict, trusted: Option<bool>, context: &Context) -> anyhow::Result<()> {
    let issuer = verdict.issuer.map(|issuer| issuer.to_string());
    let valid = verdict.is_valid() && trusted != Some(false);
    if context.report.is_json() {
        let mut value = json!({
            "valid": valid,
            "signature": verdict.signature,
            "asset_integrity": verdict.integrity,
            "issuer_did": issuer,
            "issued_at": verdict.issued_at,
            "assertions": verdict.assertions,
        });
        if let Some(trusted) = trusted {
            value["is_issuer"] = Value::Bool(trusted);
        }
        context.report.value(&value)?;
    } else {
        let line = format!(
            "valid={valid} signature={} asset_integrity={} issuer={}\n",
            verdict.signature,
            verdict.integrity,
            issuer.as_deref().unwrap_or("unknown"),
        );
        context.report.out(&line)?;
    }
    Ok(())
}

/// Whether the one who signed is the one that is named.
fn is_by(verdict: &Verdict, wanted: &str, context: &Context) -> Result<bool, Failure> {
    let usage = |error: SignError| {
        Failure::new(Exit::Usage, error.to_string()).hint("name the signer as `did:key:z6Mk…` or `did:web:example.org`")
    };
    if !wanted.starts_with("did:web:") {
        return Ok(verdict.issuer == Some(Did::parse(wanted).map_err(usage)?));
    }
    let web = WebDid::parse(wanted).map_err(usage)?;
    if context.offline() {
        let failure = Failure::new(Exit::Unreachable, format!("`{wanted}` cannot be asked with `--offline`"));
        return Err(failure.hint("name the key itself, `did:key:…`"));
    }
    // A host that is this machine is asked without a rule, and no other private one.
    let here = if web.is_local() { Addresses::loopback() } else { Vec::new() };
    let keys = block(async {
        let found = net::fetch(&web.url(), &here, DOCUMENT).await;
        let found = found.map_err(|what| Failure::new(Exit::Unreachable, what))?;
        let keys = sign::keys_of(&found, &web.to_string());
        Ok(keys.map_err(|error| Failure::new(Exit::Unverified, format!("`{}`: {error}", web.url())))?)
    })
    .map_err(|error| match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(other) => Failure::new(Exit::Failed, other.to_string()),
    })?;
    Ok(verdict.issuer.is_some_and(|issuer| keys.contains(&issuer)))
}
