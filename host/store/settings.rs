//! Where everything is, as an operator says it in variables of the environment. Reading those is the caller's; here is
//! what they mean, and that nothing of them is half understood.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::error::{Error, Result};
use super::s3::{Addressing, Config, Credentials};
use super::{Clock, Master, Options, database, objects, postgres};

/// The variables, each with one line about it.
pub const VARIABLES: &[(&str, &str)] = &[
    ("WB_DATABASE_URL", "a PostgreSQL database, `postgres://…`, in place of `registry.db` in the data folder"),
    (
        "WB_MASTER_KEY",
        "the key that seals variables, in place of `master.key` in the data folder; with commas, old keys after it",
    ),
    (
        "WB_S3_ENDPOINT",
        "a server that speaks S3, in place of `blobs` in the data folder; the others with S3 belong to it",
    ),
    ("WB_S3_REGION", "the region to sign for; `us-east-1` without it"),
    ("WB_S3_BUCKET", "the bucket"),
    ("WB_S3_PREFIX", "what every name in the bucket begins with"),
    ("WB_S3_ACCESS_KEY_ID", "the id of the access key"),
    ("WB_S3_SECRET_ACCESS_KEY", "the secret access key"),
    ("WB_S3_SESSION_TOKEN", "the session token of temporary credentials"),
    ("WB_S3_ADDRESSING", "`path` (default) or `virtual`: where the bucket's name goes"),
    ("WB_S3_CA_FILE", "certificates of the authorities to trust, in place of the system's"),
];

impl Options {
    /// The options that [`VARIABLES`] say, with `data` for what they do not. `get` gives the value of a variable that is
    /// set and not empty.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when a value cannot be used or one that belongs to another is missing. No secret is in it.
    pub fn from_variables(data: &Path, get: impl Fn(&'static str) -> Option<String>) -> Result<Self> {
        let mut options = Self::folder(data);
        options.clock = Clock::system();
        options.restore = true;
        if let Some(url) = get("WB_DATABASE_URL") {
            options.database = database::Config::Postgres(postgres::Config::parse(&url)?);
        }
        if let Some(keys) = get("WB_MASTER_KEY") {
            options.master = Master::Text(keys);
        }
        if let Some(config) = bucket(get)? {
            options.objects = objects::Config::S3(Box::new(config));
        }
        Ok(options)
    }
}

fn bucket(get: impl Fn(&'static str) -> Option<String>) -> Result<Option<Config>> {
    let Some(endpoint) = get("WB_S3_ENDPOINT") else {
        let stray = VARIABLES.iter().find(|(name, _)| name.starts_with("WB_S3_") && get(name).is_some());
        return match stray {
            Some((name, _)) => Err(Error::Invalid(format!("`{name}` is set and `WB_S3_ENDPOINT` is not"))),
            None => Ok(None),
        };
    };
    let needed = |name: &'static str| get(name).ok_or_else(|| Error::Invalid(format!("`{name}` is not set")));
    let credentials = Credentials {
        id: needed("WB_S3_ACCESS_KEY_ID")?,
        secret: needed("WB_S3_SECRET_ACCESS_KEY")?,
        token: get("WB_S3_SESSION_TOKEN"),
    };
    let region = get("WB_S3_REGION").unwrap_or_else(|| "us-east-1".to_owned());
    let mut config = Config::new(endpoint.trim_end_matches('/'), &region, &needed("WB_S3_BUCKET")?, credentials);
    config.prefix = get("WB_S3_PREFIX").unwrap_or_default();
    if !config.prefix.is_empty() && !config.prefix.ends_with('/') {
        config.prefix.push('/');
    }
    config.roots = get("WB_S3_CA_FILE").map(PathBuf::from);
    config.addressing = match get("WB_S3_ADDRESSING").as_deref() {
        None | Some("path") => Addressing::Path,
        Some("virtual") => Addressing::Virtual,
        Some(_) => return Err(Error::Invalid("`WB_S3_ADDRESSING` is `path` or `virtual`".to_owned())),
    };
    config.check()?;
    let (has_tls, host, _) = config.place()?;
    let is_here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    if !has_tls && !is_here {
        return Err(Error::Invalid("`WB_S3_ENDPOINT` begins with `https://`, unless it is on this machine".to_owned()));
    }
    Ok(Some(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Options> {
        let get = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Options::from_variables(Path::new("/data"), get)
    }

    #[test]
    fn variables_say_it_all_or_are_refused() {
        let options = read(&[]).unwrap();
        assert!(matches!(options.database, database::Config::Sqlite(path) if path == Path::new("/data/registry.db")));
        let s3 = [("WB_S3_ACCESS_KEY_ID", "id"), ("WB_S3_SECRET_ACCESS_KEY", "hush"), ("WB_S3_BUCKET", "books")];
        let with = |more: &[(&'static str, &'static str)]| read(&[&s3, more].concat());
        let options = with(&[("WB_S3_ENDPOINT", "https://s3.example.org/"), ("WB_S3_PREFIX", "wb")]).unwrap();
        let objects::Config::S3(config) = &options.objects else { panic!() };
        assert_eq!((config.prefix.as_str(), config.endpoint.as_str()), ("wb/", "https://s3.example.org"));
        assert!(!format!("{options:?}").contains("hush"));
        assert!(with(&[("WB_S3_ENDPOINT", "http://127.0.0.1:9000")]).is_ok());
        let refused = [
            with(&[]),
            with(&[("WB_S3_ENDPOINT", "http://s3.example.org")]),
            with(&[("WB_S3_ENDPOINT", "s3.example.org")]),
            with(&[("WB_S3_ENDPOINT", "https://a@s3.example.org")]),
            with(&[("WB_S3_ENDPOINT", "https://s3.example.org"), ("WB_S3_ADDRESSING", "both")]),
            read(&[("WB_S3_ENDPOINT", "https://s3.example.org")]),
            read(&[("WB_DATABASE_URL", "sqlite://x")]),
        ];
        for outcome in refused {
            let error = outcome.unwrap_err();
            assert!(matches!(error, Error::Invalid(_)) && !error.to_string().contains("hush"), "{error}");
        }
    }
}
