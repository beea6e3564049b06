//! An issuer of tokens on loopback: real keys, real signatures, and answers that can be made to fail.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{self as sig, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use serde_json::{Value, json};

/// An RSA key of 2048 bits that guards nothing.
const RSA: &str = include_str!("keys/rsa-2048.pk8.b64");

pub(crate) fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// A key with a name.
pub(crate) struct Signer {
    pub(crate) id: String,
    pub(crate) algorithm: &'static str,
    pair: Pair,
}

impl Signer {
    /// One for an algorithm. All of RSA are the same key.
    pub(crate) fn new(id: &str, algorithm: &'static str) -> Self {
        let random = SystemRandom::new();
        let ecdsa = |kind| {
            let made = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
            Pair::Ecdsa(EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).unwrap())
        };
        let pair = match algorithm {
            "EdDSA" => {
                let made = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap())
            }
            "ES256" => ecdsa(&sig::ECDSA_P256_SHA256_FIXED_SIGNING),
            "ES384" => ecdsa(&sig::ECDSA_P384_SHA384_FIXED_SIGNING),
            _ => {
                let der = STANDARD.decode(RSA.split_whitespace().collect::<String>()).unwrap();
                Pair::Rsa(RsaKeyPair::from_pkcs8(&der).unwrap())
            }
        };
        Self { id: id.to_owned(), algorithm, pair }
    }

    /// The public half, as issuers publish it.
    pub(crate) fn public(&self) -> Value {
        let mut key = match &self.pair {
            Pair::Ed25519(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key()) }),
            Pair::Ecdsa(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                json!({ "kty": "EC", "crv": if x.len() == 32 { "P-256" } else { "P-384" }, "x": text(x), "y": text(y) })
            }
            Pair::Rsa(pair) => {
                let public = pair.public();
                let number = |bytes: Vec<u8>| text(bytes);
                let n: sig::RsaPublicKeyComponents<Vec<u8>> = public.into();
                json!({ "kty": "RSA", "n": number(n.n), "e": number(n.e) })
            }
        };
        key["kid"] = json!(self.id);
        key["use"] = json!("sig");
        key["alg"] = json!(self.algorithm);
        key
    }

    /// The signature of a text.
    pub(crate) fn sign(&self, signed: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ed25519(pair) => pair.sign(signed).as_ref().to_vec(),
            Pair::Ecdsa(pair) => pair.sign(&random, signed).unwrap().as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let kind: &'static dyn sig::RsaEncoding = match self.algorithm {
                    "RS384" => &sig::RSA_PKCS1_SHA384,
                    "RS512" => &sig::RSA_PKCS1_SHA512,
                    "PS256" => &sig::RSA_PSS_SHA256,
                    "PS384" => &sig::RSA_PSS_SHA384,
                    "PS512" => &sig::RSA_PSS_SHA512,
                    _ => &sig::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(kind, &random, signed, &mut signature).unwrap();
                signature
            }
        }
    }

    /// A token of these texts, signed.
    pub(crate) fn token_of(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", text(header), text(claims));
        let signature = text(self.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// The header that its tokens have.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": self.algorithm, "kid": self.id, "typ": "JWT" })
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_of(&self.header().to_string(), &claims.to_string())
    }
}

/// How it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    Down,
    /// Sends who asks elsewhere.
    Elsewhere,
    /// Never comes to an end.
    Endless,
    /// Describes somebody else.
    Impostor,
    /// Takes its time.
    Slow,
}

struct Inner {
    keys: Mutex<Vec<Value>>,
    mood: Mutex<Mood>,
    /// How often somebody asked for keys.
    asked: AtomicUsize,
}

/// An issuer; it ends with the test's process.
#[derive(Clone)]
pub(crate) struct TestIssuer {
    address: SocketAddr,
    inner: Arc<Inner>,
}

impl TestIssuer {
    pub(crate) fn start(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let inner = Arc::new(Inner {
            keys: Mutex::new(signers.iter().map(|signer| signer.public()).collect()),
            mood: Mutex::new(Mood::Well),
            asked: AtomicUsize::new(0),
        });
        let issuer = Self { address: listener.local_addr().unwrap(), inner };
        let served = issuer.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = served.clone();
                std::thread::spawn(move || served.answer(stream));
            }
        });
        issuer
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn publish(&self, keys: Vec<Value>) {
        *self.inner.keys.lock().unwrap() = keys;
    }

    pub(crate) fn feel(&self, mood: Mood) {
        *self.inner.mood.lock().unwrap() = mood;
    }

    pub(crate) fn asked(&self) -> usize {
        self.inner.asked.load(Ordering::SeqCst)
    }

    /// Claims of a token that is good now.
    pub(crate) fn claims(&self) -> Value {
        json!({ "iss": self.url(), "aud": "wb", "sub": "ann", "iat": now(), "exp": now() + 300 })
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut head = Vec::new();
        let mut part = [0; 1024];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read(&mut part) {
                Ok(count @ 1..) => head.extend_from_slice(&part[..count]),
                _ => return,
            }
        }
        let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
        let mood = *self.inner.mood.lock().unwrap();
        let body = if path.ends_with("/openid-configuration") {
            let issuer = if mood == Mood::Impostor { "https://else.example".to_owned() } else { self.url() };
            json!({ "issuer": issuer, "jwks_uri": format!("{}/jwks", self.url()) })
        } else {
            self.inner.asked.fetch_add(1, Ordering::SeqCst);
            json!({ "keys": *self.inner.keys.lock().unwrap() })
        };
        if mood == Mood::Slow {
            std::thread::sleep(Duration::from_millis(500));
        }
        let body = body.to_string();
        let (status, more) = match mood {
            Mood::Down => ("500 Oh No", String::new()),
            Mood::Elsewhere => ("302 Found", format!("location: {}/moved\r\n", self.url())),
            _ => ("200 OK", String::new()),
        };
        let length = if mood == Mood::Endless { usize::MAX >> 2 } else { body.len() };
        let answer = format!("HTTP/1.1 {status}\r\n{more}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
        drop(stream.write_all(answer.as_bytes()));
        while mood == Mood::Endless && stream.write_all(&[b' '; 8192]).is_ok() {}
    }
}
