//! Every guest of the binary, as bytes. `build.rs` makes them; nothing here decides anything.

/// The kernel: a component of world `wb:oql/oql` that imports nothing.
pub const OQL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/oql.wasm"));

/// The codec between canonical-ABI memory, JSON and the packed form: a core module that port adapters share.
pub const CODEC: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/codec.wasm"));

/// Where the inputs of a workbook composed into a program come from: a component of world `wb:artifact/args`.
pub const ARTIFACT_ARGS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/artifact-args.wasm"));

/// The entry point of a workbook composed into a program: a component of world `wb:artifact/main`.
pub const ARTIFACT_MAIN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/artifact-main.wasm"));

/// Where the inputs of a workbook composed into an HTTP handler come from: a component of world `wb:artifact/inputs`.
pub const ARTIFACT_INPUTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/artifact-inputs.wasm"));

/// The entry point of a workbook composed into an HTTP handler: a component of world `wb:artifact/front`.
pub const ARTIFACT_FRONT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/artifact-front.wasm"));

/// The shell: a component of world `wb:shell/shell`, which is an engine of world `wb:engine/interpreter`.
pub const SHELL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shell.wasm"));

/// QuickJS as a dynamic library (a core module with a `dylink.0` section), from which the script engine is linked.
pub const QUICKJS_RUNTIME: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/quickjs-runtime.wasm"));

/// What takes the types out of TypeScript: a component of world `wb:typescript/typescript` that imports nothing.
pub const TYPESCRIPT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/typescript.wasm"));

/// SQLite as a shared engine: a component of world `wb:engine/interpreter` that imports nothing.
pub const SQL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sql.wasm"));

/// What a component without rights gets of WASI in an artifact: a component of world `wb:attenuator/system` that imports nothing.
pub const ATTENUATOR_SYSTEM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/attenuator-system.wasm"));

/// The same with the monotonic clock.
pub const ATTENUATOR_TIME: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/attenuator-time.wasm"));

/// The same with the folders that were granted.
pub const ATTENUATOR_FILES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/attenuator-files.wasm"));

/// Lets some variables of the environment through: a component of world `wb:attenuator/variables`.
pub const ATTENUATOR_VARIABLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/attenuator-variables.wasm"));

/// Lets requests to some hosts through: a component of world `wb:attenuator/requests`.
pub const ATTENUATOR_REQUESTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/attenuator-requests.wasm"));

/// What a component that sends or answers requests gets of WASI without rights: a component of world `wb:attenuator/passive`.
pub const ATTENUATOR_PASSIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/attenuator-passive.wasm"));

/// Sends requests below a path to a component of the workbook: a component of world `wb:artifact/route`.
pub const ARTIFACT_ROUTE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/artifact-route.wasm"));

/// Answers requests for the workbook of `wb serve FILE`: a component of world `wb:plane/workbook-plane`.
pub const PLANE_WORKBOOK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plane-workbook.wasm"));

/// Answers requests on the control plane of `wb serve`: a component of world `wb:plane/control-plane`.
pub const PLANE_CONTROL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plane-control.wasm"));

/// Answers requests for what is published: a component of world `wb:plane/public-plane`.
pub const PLANE_PUBLIC: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/plane-public.wasm"));

/// Makes the files of a site from its pages: a component of world `wb:site/site` that imports nothing.
pub const SITE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/site.wasm"));
