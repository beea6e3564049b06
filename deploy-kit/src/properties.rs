//! The properties a `deployment.org` may hold: the five axes and the open strings they read. There is nothing else.

use crate::axes::{Auth, Axis, Database, Place, Storage, Tenancy};

macro_rules! properties {
    ($( $(#[$doc:meta])* $name:ident = $key:expr ),+ $(,)?) => {
        /// A property the reader knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $( $(#[$doc])* $name, )+
        }

        impl Property {
            /// Every property, axes first.
            pub const ALL: &'static [Property] = &[$( Property::$name ),+];

            /// The name in the drawer, in upper case.
            pub const fn key(self) -> &'static str {
                match self {
                    $( Property::$name => $key, )+
                }
            }
        }
    };
}

properties! {
    /// The axis [`Place`].
    EnginePlace = Place::KEY,
    /// The axis [`Tenancy`].
    TenancyMode = Tenancy::KEY,
    /// The axis [`Storage`].
    Storage = Storage::KEY,
    /// The axis [`Database`].
    Database = Database::KEY,
    /// The axis [`Auth`].
    Auth = Auth::KEY,
    /// Org's own identifier of the heading.
    Id = "ID",
    /// Name of the app and of its container.
    App = "APP",
    /// Directory name of the recipe.
    Provider = "PROVIDER",
    /// The provider's region.
    Region = "REGION",
    /// Address of the S3-compatible store.
    StorageEndpoint = "STORAGE_ENDPOINT",
    /// Bucket in that store.
    StorageBucket = "STORAGE_BUCKET",
    /// Region of that store.
    StorageRegion = "STORAGE_REGION",
    /// Origin that issues tokens.
    Issuer = "ISSUER",
    /// Address of the issuer's keys.
    JwksUrl = "JWKS_URL",
}

impl Property {
    /// The property of this name; case does not matter, as everywhere in Org.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|property| property.key().eq_ignore_ascii_case(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_case() {
        assert_eq!(Property::from_key("jwks_url"), Some(Property::JwksUrl));
        assert_eq!(Property::from_key("JWKS"), None);
    }
}
