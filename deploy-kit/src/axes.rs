//! The five closed axes of a deployment. Each has a fixed set of values; nothing else can vary.
//!
//! Names, values and defaults are those of the deployments lesson ("five axes, one screen").

use std::fmt;

/// What the five axes have in common: a property name and a closed list of values.
pub trait Axis: Copy + Eq + fmt::Display + 'static {
    /// The property that sets the axis.
    const KEY: &'static str;
    /// Every legal value, in the order messages list them.
    const VALUES: &'static [Self];
    /// The value an absent property stands for; `None` where the property is required.
    const DEFAULT: Option<Self>;
    /// The value as it is written in the file.
    fn as_str(self) -> &'static str;

    /// The value written as `text`. Case matters: the file is read by other tools too.
    fn from_text(text: &str) -> Option<Self> {
        Self::VALUES.iter().copied().find(|value| value.as_str() == text)
    }
}

macro_rules! axis {
    (
        $(#[$doc:meta])* $name:ident = $key:literal, default $default:expr;
        $( $(#[$value_doc:meta])* $variant:ident = $text:literal ),+ $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $( $(#[$value_doc])* $variant, )+
        }

        impl Axis for $name {
            const KEY: &'static str = $key;
            const VALUES: &'static [Self] = &[$( Self::$variant ),+];
            const DEFAULT: Option<Self> = $default;

            fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $text, )+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

axis! {
    /// Where the engine runs. The only axis without a default.
    Place = "ENGINE_PLACE", default None;
    /// A container or microVM on this machine.
    Local = "local",
    /// A provider's machine, through that provider's recipe.
    Cloud = "cloud",
}

axis! {
    /// Whom the engine serves.
    Tenancy = "TENANCY_MODE", default Some(Tenancy::Single);
    /// One user.
    Single = "single",
    /// Tenants, which need an identity to be told apart by and a database with more than one writer.
    Multi = "multi",
}

axis! {
    /// Where blobs live.
    Storage = "STORAGE", default Some(Storage::LocalFs);
    /// The working directory is the store.
    LocalFs = "local-fs",
    /// An S3-compatible bucket.
    S3 = "s3",
}

axis! {
    /// Where rows live.
    Database = "DATABASE", default Some(Database::Sqlite);
    /// One file, one writer.
    Sqlite = "sqlite",
    /// Many writers; its address is a secret and comes from the environment (`WB_DATABASE_URL`).
    Postgres = "postgres",
}

axis! {
    /// Who vouches for a caller.
    Auth = "AUTH", default Some(Auth::Trusted);
    /// Nobody: there is no identity.
    Trusted = "trusted",
    /// Better Auth tokens.
    BetterAuth = "betterauth",
    /// Clerk tokens.
    Clerk = "clerk",
    /// Any OpenID Connect issuer.
    Oidc = "oidc",
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<A: Axis + fmt::Debug>(values: &[&str], default: Option<&str>) {
        let written: Vec<&str> = A::VALUES.iter().map(|value| value.as_str()).collect();
        assert_eq!(written, values, "{}", A::KEY);
        assert_eq!(A::DEFAULT.map(A::as_str), default, "{}", A::KEY);
        for value in A::VALUES {
            assert_eq!(A::from_text(value.as_str()), Some(*value));
        }
    }

    #[test]
    fn the_axes_are_the_lessons_table() {
        round_trip::<Place>(&["local", "cloud"], None);
        round_trip::<Tenancy>(&["single", "multi"], Some("single"));
        round_trip::<Storage>(&["local-fs", "s3"], Some("local-fs"));
        round_trip::<Database>(&["sqlite", "postgres"], Some("sqlite"));
        round_trip::<Auth>(&["trusted", "betterauth", "clerk", "oidc"], Some("trusted"));
    }

    #[test]
    fn values_are_case_sensitive() {
        assert_eq!(Place::from_text("Local"), None);
    }
}
