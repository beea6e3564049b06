//! From what a workbook asks for to what it gets: rules, `wb.lock`, and the person at the terminal.
//!
//! Every verb that runs blocks settles their rights here, before anything is made. A right that a rule refuses costs
//! its component; a right that nobody decided about is asked for on a terminal, and stops the command elsewhere.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use wb_composer::right::Right;

use super::book::{self, Book};
use super::{Context, Failure};
use crate::disk::{self, Folder};
use crate::env;
use crate::exit::Exit;
use crate::grants;
use crate::kernel::types::Diagnostic;
use crate::lock::{self, Lock};
use crate::policy::{self, Addresses, Effect, Place, Policy, PolicyError, Rule, Verdict};
use crate::report::{count, printable};

/// The policy file beside a workbook.
pub(super) const POLICY: &str = "wb.policy";

/// The largest policy or lock file that is read.
const LARGEST: u64 = 1 << 20;

/// Rules for one command.
#[derive(Clone, Debug, Default, clap::Args)]
pub(in crate::cli) struct Rules {
    /// Grant a right the workbook asks for, such as `net:api.example.com`; repeatable
    #[arg(long, value_name = "RIGHT")]
    pub allow: Vec<String>,
    /// Refuse a right, whatever allows it; repeatable
    #[arg(long, value_name = "RIGHT")]
    pub deny: Vec<String>,
    /// Grant every right the workbook asks for
    #[arg(long)]
    pub allow_all: bool,
    /// Nobody is asked, and what nobody decided about costs its component alone: how a server has it.
    #[arg(skip)]
    pub unattended: bool,
}

impl Rules {
    /// Addresses beyond the public ones that the command line opens.
    pub(in crate::cli) fn addresses(&self) -> Result<Vec<Addresses>, Failure> {
        let mut policy = Policy::default();
        for word in &self.allow {
            policy.extend([
                Rule::parse(Effect::Allow, word, Place::Flag).map_err(|error| bad_rule(Exit::Usage, &error))?
            ]);
        }
        Ok(policy.addresses())
    }
}

/// What is known about a right a component asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing<'a> {
    /// A rule refuses it.
    Refused(&'a Rule),
    /// A rule grants it.
    Allowed(&'a Rule),
    /// `wb.lock` has it.
    Accepted,
    /// Nobody has to accept it.
    Harmless,
    /// Nobody decided about it yet.
    New,
}

/// Rules and lock of one workbook.
pub(super) struct Rights {
    policy: Policy,
    pub(super) lock: Lock,
    /// The workbook's name in the lock; none for standard input.
    pub(super) name: Option<String>,
}

impl Rights {
    /// Reads the rules of the command line, of the user and of the workbook's folder, in this order, and the lock.
    pub(super) fn read(arguments: &Rules, book: &Book) -> anyhow::Result<Self> {
        let mut policy = Policy::default();
        let flags = arguments.deny.iter().map(|word| (Effect::Deny, word.as_str()));
        let flags = flags.chain(arguments.allow.iter().map(|word| (Effect::Allow, word.as_str())));
        for (effect, word) in flags.chain(arguments.allow_all.then_some((Effect::Allow, "*"))) {
            policy.extend([Rule::parse(effect, word, Place::Flag).map_err(|error| bad_rule(Exit::Usage, &error))?]);
        }
        let invalid = |error| bad_rule(Exit::Invalid, &error);
        if let Some(path) = env::config_directory().map(|directory| directory.join("policy")) {
            match disk::read(&path) {
                Ok(bytes) => {
                    let name = path.display().to_string();
                    policy.extend(policy::parse(&name, &String::from_utf8_lossy(&bytes)).map_err(invalid)?);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    // Rules that cannot be read may be the ones that refuse.
                    let message = format!("cannot read your policy `{}`: {error}", path.display());
                    return Err(Failure::new(Exit::Denied, message).into());
                }
            }
        }
        let Some(name) = book.source.path.as_deref().and_then(|path| path.file_name()) else {
            return Ok(Self { policy, lock: Lock::default(), name: None });
        };
        if let Some(text) = beside(book, POLICY)? {
            let rules = policy::parse(&book.root.join(POLICY).display().to_string(), &text).map_err(invalid)?;
            if let Some(rule) = rules.iter().find(|rule| rule.opens_addresses()) {
                return Err(invalid(rule.misplaced()).into());
            }
            policy.extend(rules);
        }
        let lock = beside(book, lock::NAME)?.map_or_else(|| Ok(Lock::default()), |text| Lock::parse(&text));
        let lock = lock.map_err(|error| {
            Failure::new(Exit::Invalid, error.to_string())
                .hint("repair it, or remove it and accept anew with `wb caps FILE --accept`")
        })?;
        // A name over two lines could say anything.
        let name = Some(name.to_string_lossy().into_owned()).filter(|name| !name.chars().any(char::is_control));
        Ok(Self { policy, lock, name })
    }

    /// What is known about a right that a component asks for.
    pub(super) fn standing(&self, node: &str, right: &Right) -> Standing<'_> {
        match self.policy.verdict(right) {
            Verdict::Refused(rule) => Standing::Refused(rule),
            Verdict::Allowed(rule) => Standing::Allowed(rule),
            Verdict::Open if self.name.as_ref().is_some_and(|name| self.lock.accepts(name, node, right)) => {
                Standing::Accepted
            }
            Verdict::Open if right.is_harmless() => Standing::Harmless,
            Verdict::Open => Standing::New,
        }
    }

    /// Writes the lock beside the workbook.
    pub(super) fn write(&self, book: &Book) -> Result<(), Failure> {
        let path = book.root.join(lock::NAME);
        if disk::is_link(&path) {
            let message = format!("`{}` is a link, and what it leads to is not overwritten", path.display());
            return Err(Failure::new(Exit::Denied, message).hint("put a plain file in its place"));
        }
        disk::write_atomic(&path, self.lock.text().as_bytes()).map_err(|error| {
            Failure::new(Exit::Denied, format!("cannot write `{}`: {error}", path.display()))
                .hint("`--allow RIGHT` grants for one run and writes nothing")
        })
    }
}

fn bad_rule(exit: Exit, error: &PolicyError) -> Failure {
    Failure::new(exit, error.to_string()).hint(error.cure.clone())
}

/// A small text file in the workbook's folder; `None` when there is none.
fn beside(book: &Book, name: &str) -> anyhow::Result<Option<String>> {
    let refuse = |error: std::io::Error| {
        Failure::new(Exit::Denied, format!("cannot read `{}`: {error}", book.root.join(name).display()))
    };
    let folder = Folder::of(&book.source).map_err(refuse)?;
    match folder.read(name, LARGEST) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refuse(error).into()),
    }
}

/// One word of `:caps:` that nobody decided about.
struct Undecided {
    node: usize,
    word: usize,
    right: Right,
}

/// Settles the rights of the components of a workbook that are about to run. `Some(exit)` when they may not.
pub(super) fn settle(
    arguments: &Rules,
    book: &mut Book,
    wanted: &dyn Fn(usize) -> bool,
    context: &Context,
) -> anyhow::Result<Option<Exit>> {
    let mut rights = Rights::read(arguments, book)?;
    let mut open: Vec<Undecided> = Vec::new();
    let mut denied: BTreeMap<usize, Vec<Diagnostic>> = BTreeMap::new();
    for (index, node) in book.graph.nodes.iter().enumerate().filter(|(index, node)| node.eval && wanted(*index)) {
        for (word, right) in grants::rights(&node.caps).unwrap_or_default().into_iter().enumerate() {
            match rights.standing(&node.id, &right) {
                Standing::Refused(rule) => {
                    let message = format!("asks for `{}`, which {rule} refuses", node.caps[word]);
                    let help = "take it out of `:caps:`, or change the rule".to_owned();
                    denied.entry(index).or_default().push(book.at_word(index, word, message, Some(help)));
                }
                Standing::New => open.push(Undecided { node: index, word, right }),
                Standing::Allowed(_) | Standing::Accepted | Standing::Harmless => {}
            }
        }
    }
    open.retain(|undecided| !denied.contains_key(&undecided.node));
    if arguments.unattended {
        // A secret is its tenant's own, who says where it may go; the vault looks at that.
        open.retain(|of| !matches!(of.right, Right::Secret { .. }));
        for of in open.drain(..) {
            let message = format!("asks for `{}`, which this server does not grant", printable(&of.right.to_string()));
            let help = format!("its operator can: `wb serve --allow {}`", printable(&of.right.to_string()));
            denied.entry(of.node).or_default().push(book.at_word(of.node, of.word, message, Some(help)));
        }
    }
    if !open.is_empty() && !env::can_ask() {
        return refuse(book, &rights, &open, context).map(Some);
    }
    let accepted = ask(book, &open, context, &mut denied);
    if let (false, Some(name)) = (accepted.is_empty(), rights.name.clone()) {
        for (node, new) in accepted {
            let id = &book.graph.nodes[node].id;
            let all = rights.lock.accepted(&name, id).cloned().chain(new).collect::<Vec<_>>();
            rights.lock.accept(&name, id, all);
        }
        match rights.write(book) {
            Ok(()) => context.report.say(&format!("wrote `{}`", book.root.join(lock::NAME).display())),
            Err(failure) => context.report.warn(&format!("{failure}; this will be asked again")),
        }
    }
    book.addresses = rights.policy.addresses();
    book.denied.extend(denied);
    Ok(None)
}

/// Asks about each component; those that are answered with no are denied.
fn ask(
    book: &Book,
    open: &[Undecided],
    context: &Context,
    denied: &mut BTreeMap<usize, Vec<Diagnostic>>,
) -> BTreeMap<usize, Vec<Right>> {
    let mut accepted: BTreeMap<usize, Vec<Right>> = BTreeMap::new();
    for of in open.chunk_by(|one, next| one.node == next.node) {
        let (node, id) = (of[0].node, &book.graph.nodes[of[0].node].id);
        let lines: String = of.iter().map(|each| format!("  + {}\n", printable(&each.right.to_string()))).collect();
        if context.report.ask(&format!("`{id}` asks for rights that `{}` does not have:\n{lines}Accept?", lock::NAME)) {
            accepted.entry(node).or_default().extend(of.iter().map(|each| each.right.clone()));
        } else {
            let at =
                |each: &Undecided| book.at_word(node, each.word, format!("`{}` was not accepted", each.right), None);
            denied.entry(node).or_default().extend(of.iter().map(at));
        }
    }
    accepted
}

/// Nobody can be asked: says what is missing, and how to accept it.
fn refuse(book: &Book, rights: &Rights, open: &[Undecided], context: &Context) -> anyhow::Result<Exit> {
    let lacks = if rights.name.is_some() { "which `wb.lock` does not have" } else { "which was not accepted" };
    let at = |each: &Undecided| {
        book.at_word(each.node, each.word, format!("asks for `{}`, {lacks}", printable(&each.right.to_string())), None)
    };
    let mut found: Vec<Diagnostic> = open.iter().map(at).collect();
    let file = &book.source.name;
    let quoted = |right: &Right| {
        let text = printable(&right.to_string());
        if text.contains(['*', '[', ' ', ';', '&', '$', '`', '|', '<', '>', '(']) { format!("'{text}'") } else { text }
    };
    let mut words: Vec<String> = open.iter().map(|each| format!("--allow {}", quoted(&each.right))).collect();
    words.dedup();
    let flags = words.join(" ");
    let help = match rights.name {
        Some(_) => {
            format!("read `wb caps {file}`, then accept with `wb caps {file} --accept`; or for one run: {flags}")
        }
        None => format!("for one run: {flags}"),
    };
    if let Some(last) = found.last_mut() {
        last.help = Some(help);
    }
    book::complain(context, &book.source, &found)?;
    if !context.report.is_json() {
        let message = format!("{} not accepted; nothing was run", count(open.len(), "right"));
        context.report.failure(Exit::Denied, &message, None);
    }
    Ok(Exit::Denied)
}
