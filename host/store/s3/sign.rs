//! AWS Signature Version 4, in headers. The steps and their names are those of Amazon's "Authenticating Requests (AWS
//! Signature Version 4)"; the vectors in the tests are Amazon's.

use ring::hmac;

use super::config::Credentials;
use crate::store::digest::{hex, sha256};

/// A request to be signed.
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a str,
    /// The path as it is sent.
    pub(super) path: &'a str,
    /// Names and values of the query, not encoded.
    pub(super) query: &'a [(&'a str, String)],
    /// Every header that is signed, with `host`; names in lower case.
    pub(super) headers: &'a [(&'a str, String)],
    /// The hexadecimal SHA-256 of the body.
    pub(super) payload: &'a str,
}

/// The value of `Authorization`. `time` is `YYYYMMDDTHHMMSSZ`.
pub(super) fn authorization(
    request: &Unsigned<'_>,
    credentials: &Credentials,
    region: &str,
    service: &str,
    time: &str,
) -> String {
    let (canonical, signed) = canonical(request);
    let date = time.get(..8).unwrap_or(time);
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&sha256(canonical.as_bytes())));
    let secret = format!("AWS4{}", credentials.secret);
    let parts = [date, region, service, "aws4_request"];
    let key = parts.iter().fold(secret.into_bytes(), |key, part| mac(&key, part.as_bytes()));
    let signature = hex(&mac(&key, to_sign.as_bytes()));
    let id = &credentials.id;
    format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}")
}

fn canonical(request: &Unsigned<'_>) -> (String, String) {
    let mut headers: Vec<(&str, String)> = request.headers.to_vec();
    headers.sort();
    let words = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", words(value))).collect();
    let signed = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let Unsigned { method, path, payload, .. } = request;
    (format!("{method}\n{path}\n{}\n{lines}\n{signed}\n{payload}", query(request.query)), signed)
}

/// The query in the order and the encoding that is signed, which is also how it is sent.
pub(super) fn query(pairs: &[(&str, String)]) -> String {
    let mut pairs: Vec<_> = pairs.iter().map(|(name, value)| (encode(name, false), encode(value, false))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Percent-encoding of all but letters, digits and `-._~`; a path keeps its `/`.
pub(super) fn encode(text: &str, is_path: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (is_path && byte == b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

/// Seconds since 1970 as `YYYYMMDDTHHMMSSZ`.
pub(super) fn time(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days from the first of March of the year 0, in eras of 400 years.
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn sign(
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&'static str, &str)],
        payload: &str,
    ) -> String {
        let credentials = Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            token: None,
        };
        let query: Vec<_> = query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        headers.push(("host", "examplebucket.s3.amazonaws.com".to_owned()));
        headers.push(("x-amz-date", "20130524T000000Z".to_owned()));
        headers.push(("x-amz-content-sha256", payload.to_owned()));
        let request = Unsigned { method, path, query: &query, headers: &headers, payload };
        let value = authorization(&request, &credentials, "us-east-1", "s3", "20130524T000000Z");
        value.rsplit('=').next().unwrap().to_owned()
    }

    /// The examples of "Signature Calculations for the Authorization Header", Amazon S3 API Reference.
    #[test]
    fn the_published_examples_for_s3() {
        assert_eq!(
            sign("GET", "/test.txt", &[], &[("range", "bytes=0-9")], EMPTY),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let body = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
        let headers = [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
        assert_eq!(
            sign("PUT", "/test%24file.text", &[], &headers, body),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        assert_eq!(
            sign("GET", "/", &[("lifecycle", "")], &[], EMPTY),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(
            sign("GET", "/", &[("max-keys", "2"), ("prefix", "J")], &[], EMPTY),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    /// Of the SigV4 test suite: `get-vanilla`, `get-vanilla-query-order-key-case`, `get-header-value-trim`.
    #[test]
    fn the_published_test_suite() {
        let credentials = Credentials {
            id: "AKIDEXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            token: None,
        };
        let sign = |query: &[(&str, String)], more: &[(&'static str, &str)]| {
            let mut headers: Vec<_> = more.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            headers.push(("host", "example.amazonaws.com".to_owned()));
            headers.push(("x-amz-date", "20150830T123600Z".to_owned()));
            let request = Unsigned { method: "GET", path: "/", query, headers: &headers, payload: EMPTY };
            authorization(&request, &credentials, "us-east-1", "service", "20150830T123600Z")
        };
        let start = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
        assert_eq!(
            sign(&[], &[]),
            format!(
                "{start}host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
            )
        );
        let query = [("Param2", "value2".to_owned()), ("Param1", "value1".to_owned())];
        assert_eq!(
            sign(&query, &[]),
            format!(
                "{start}host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
            )
        );
        assert_eq!(
            sign(&[], &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")]),
            format!(
                "{start}host;my-header1;my-header2;x-amz-date, Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
            )
        );
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(time(1_440_938_160), "20150830T123600Z");
        assert_eq!(time(0), "19700101T000000Z");
        assert_eq!(time(1_709_164_799), "20240228T235959Z");
        assert_eq!(encode("a b/ü~", true), "a%20b/%C3%BC~");
    }
}
