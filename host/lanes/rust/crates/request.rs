//! What a block's `:deps` asks for: `serde@1`, `serde@1+alloc+no-default-features`.
//!
//! Whether there is such a package is not known here.

/// A package that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// Its name.
    pub(super) name: String,
    /// The versions that will do, as Cargo writes them.
    requirement: String,
    /// Features to turn on.
    features: Vec<String>,
    /// Whether its default features are on.
    defaults: bool,
}

/// What turns the default features off, where a feature would stand; the name is Cargo's.
const NO_DEFAULTS: &str = "no-default-features";

/// How a word of `:deps` is written.
pub(super) const FORM: &str = "write `name@1.2`, and features behind it: `name@1.2+feature+no-default-features`";

impl Request {
    /// Reads a word of `:deps`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn parse(word: &str) -> Result<Self, String> {
        let mut parts = word.split('+');
        let head = parts.next().unwrap_or_default();
        let (name, requirement) = head.split_once('@').unwrap_or((head, "*"));
        let plain = |text: &str, more: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        if !plain(name, "-_") {
            return Err(format!("`{word}` names no package"));
        }
        if !plain(requirement, ".-*^~=<>") {
            return Err(format!("`{requirement}` is no version of `{name}`"));
        }
        let mut request =
            Self { name: name.to_owned(), requirement: requirement.to_owned(), features: Vec::new(), defaults: true };
        for feature in parts {
            match feature {
                NO_DEFAULTS => request.defaults = false,
                feature if plain(feature, "-_.") => request.features.push(feature.to_owned()),
                feature => return Err(format!("`{feature}` is no feature of `{name}`")),
            }
        }
        Ok(request)
    }

    /// Its line in a manifest. Nothing in it needs an escape.
    fn line(&self, alias: Option<usize>) -> String {
        let Self { name, requirement, features, defaults } = self;
        let (key, package) = match alias {
            Some(number) => (format!("p{number}"), format!("package = \"{name}\", ")),
            None => (name.clone(), String::new()),
        };
        let features: Vec<String> = features.iter().map(|feature| format!("\"{feature}\"")).collect();
        let features = features.join(", ");
        format!(
            "{key} = {{ {package}version = \"{requirement}\", default-features = {defaults}, features = [{features}] }}\n"
        )
    }
}

/// A Cargo manifest of a package that depends on what is asked for. With `aliases` a package can be asked for twice.
pub(super) fn manifest(requests: &[Request], aliases: bool) -> String {
    let line = |(number, request): (usize, &Request)| request.line(aliases.then_some(number));
    let lines: String = requests.iter().enumerate().map(line).collect();
    format!(
        "[package]\nname = \"the-block\"\nversion = \"0.0.0\"\nedition = \"2021\"\npublish = false\n\n[lib]\npath = \"lib.rs\"\n\n[workspace]\n\n[dependencies]\n{lines}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_names_a_package_versions_and_features() {
        let line = |word: &str| Request::parse(word).map(|request| request.line(None));
        let plain = "version = \"1\", default-features = true, features = []";
        assert_eq!(line("serde@1").unwrap(), format!("serde = {{ {plain} }}\n"));
        let all = line("time@>=0.3+no-default-features+std+large-dates").unwrap();
        let expect = "{ version = \">=0.3\", default-features = false, features = [\"std\", \"large-dates\"] }\n";
        assert_eq!(all, format!("time = {expect}"));
        let twice = [Request::parse("a@1").unwrap(), Request::parse("a@2").unwrap()];
        assert!(manifest(&twice, true).ends_with(&format!(
            "p0 = {{ package = \"a\", {plain} }}\np1 = {{ package = \"a\", {} }}\n",
            plain.replace('1', "2")
        )));
        assert!(line("itoa").unwrap().contains("version = \"*\""));
    }

    #[test]
    fn what_could_break_out_of_the_manifest_is_refused() {
        for word in ["", "@1", "a b", "a@", "a@1\"", "a=1", "a@1+", "a@1+x\"]", "../a@1", "a@1\n", "a.b@1", "é@1"] {
            assert!(Request::parse(word).is_err(), "{word}");
        }
    }
}
