//! SCRAM-SHA-256 (RFC 5802, RFC 7677), the client's side. The password is never sent, and the server has to show that it
//! knows it as well. Without channel binding, which TLS with a verified certificate makes unneeded.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac, pbkdf2};
use subtle::ConstantTimeEq as _;

use crate::store::error::{Error, Result};

/// Most rounds a server may ask for: a wrong one shall not keep us busy for hours.
const ROUNDS: u32 = 1_000_000;

/// A login under way.
pub(super) struct Login {
    nonce: String,
    first: String,
    expected: Option<Vec<u8>>,
}

impl Login {
    /// Begins, with a text nobody has used before.
    pub(super) fn new(nonce: &str) -> Self {
        // The server takes the name from the connection, not from here.
        Self { nonce: nonce.to_owned(), first: format!("n=,r={nonce}"), expected: None }
    }

    /// What is said first.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.first)
    }

    /// The answer to what the server said first.
    pub(super) fn second(&mut self, server: &str, password: &str) -> Result<String> {
        if !password.is_ascii() {
            let text = "the password of the database has other characters than ASCII, which this client cannot prepare";
            return Err(Error::Invalid(text.to_owned()));
        }
        let part = |name: &str| server.split(',').find_map(|part| part.strip_prefix(name)).ok_or_else(refused);
        let nonce = part("r=")?;
        let salt = STANDARD.decode(part("s=")?).map_err(|_| refused())?;
        let rounds: u32 = part("i=")?.parse().map_err(|_| refused())?;
        let rounds = NonZeroU32::new(rounds).filter(|rounds| rounds.get() <= ROUNDS).ok_or_else(refused)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(refused());
        }
        let mut salted = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, password.as_bytes(), &mut salted);
        let client = mac(&salted, b"Client Key");
        let stored = digest::digest(&digest::SHA256, &client);
        let bare = format!("c=biws,r={nonce}");
        let message = format!("{},{server},{bare}", self.first);
        let signature = mac(stored.as_ref(), message.as_bytes());
        let proof: Vec<u8> = client.iter().zip(&signature).map(|(one, other)| one ^ other).collect();
        self.expected = Some(mac(&mac(&salted, b"Server Key"), message.as_bytes()));
        Ok(format!("{bare},p={}", STANDARD.encode(proof)))
    }

    /// Whether the server knew the password.
    pub(super) fn verify(&self, server: &str) -> Result<()> {
        let given = server.strip_prefix("v=").and_then(|text| STANDARD.decode(text).ok()).ok_or_else(refused)?;
        let expected = self.expected.as_ref().ok_or_else(refused)?;
        if bool::from(expected.ct_eq(&given)) { Ok(()) } else { Err(refused()) }
    }
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

fn refused() -> Error {
    Error::Unavailable("the database's answer to the login is wrong".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677 §3, whose client gives a user name; the server's part is the same.
    #[test]
    fn the_published_exchange() {
        let mut login = Login::new("rOprNGfwEbeRWgbNEkqO");
        login.first = "n=user,r=rOprNGfwEbeRWgbNEkqO".to_owned();
        let server = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let answer = login.second(server, "pencil").unwrap();
        assert_eq!(
            answer,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        login.verify("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap();
        assert!(login.verify("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").is_err());
        assert!(login.second("r=other,s=W22Z,i=4096", "pencil").is_err());
        assert!(login.second(&server.replace("4096", "4096000000"), "pencil").is_err());
    }
}
