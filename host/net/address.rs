//! Which addresses are public.
//!
//! A name that a component was granted may resolve to anything: to this machine, to the network it is in, to the service
//! that hands out a cloud machine's credentials. Addresses are judged after resolution, and what is not plainly public is
//! not reached unless the operator opens it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::policy::Addresses;

/// The addresses of `resolved` that requests may go to; else one that they may not, and why.
///
/// # Errors
///
/// When there is none.
pub(super) fn reachable(
    resolved: &[IpAddr],
    port: u16,
    opened: &[Addresses],
) -> Result<Vec<SocketAddr>, Option<(IpAddr, &'static str)>> {
    let allowed =
        |address: &&IpAddr| special(**address).is_none() || opened.iter().any(|range| range.contains(**address, port));
    let found: Vec<SocketAddr> =
        resolved.iter().filter(allowed).map(|address| SocketAddr::new(*address, port)).collect();
    if found.is_empty() {
        return Err(resolved.iter().find_map(|address| Some((*address, special(*address)?))));
    }
    Ok(found)
}

/// What kind of address it is, unless it is a public one.
pub(super) fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, d] = address.octets();
    match (a, b, c, d) {
        (0, ..) => Some("unspecified"),
        (10, ..) | (172, 16..=31, ..) | (192, 168, ..) => Some("private"),
        (127, ..) => Some("loopback"),
        (100, 64..=127, ..) => Some("carrier-grade NAT"),
        (169, 254, 169, 254) | (168, 63, 129, 16) => Some("cloud metadata"),
        (169, 254, ..) => Some("link-local"),
        (192, 0, 0, _) => Some("reserved"),
        (192, 0, 2, _) | (198, 51, 100, _) | (203, 0, 113, _) => Some("documentation"),
        (192, 88, 99, _) => Some("6to4 relay"),
        (198, 18..=19, ..) => Some("benchmarking"),
        (224..=239, ..) => Some("multicast"),
        (255, 255, 255, 255) => Some("broadcast"),
        (240.., ..) => Some("reserved"),
        _ => None,
    }
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    // The well-known prefix of NAT64: what is behind it is an IPv4 address, and that one counts.
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [a, b] = segments[6].to_be_bytes();
        let [c, d] = segments[7].to_be_bytes();
        return special_v4(Ipv4Addr::new(a, b, c, d)).map(|_| "NAT64 to an address that is not public");
    }
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback"),
        [0, 0, 0, 0, 0, 0xffff, ..] => Some("an IPv4 address in disguise"),
        [0xfc00..=0xfdff, ..] => Some("private"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        [0x2001, 0..=0x1ff, ..] => Some("reserved"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("documentation"),
        [0x2002, ..] => Some("6to4"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("reserved"),
    }
}

#[cfg(test)]
mod tests {
    use super::{reachable, special};
    use crate::policy::{Effect, Place, Policy, Rule};

    #[test]
    fn what_is_not_public_is_known() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.255",
            "168.63.129.16",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::808:808",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(special(address.parse().unwrap()).is_some(), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "64:ff9b::808:808",
        ] {
            assert_eq!(special(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn an_answer_with_a_private_address_is_used_without_it() {
        let answer = ["127.0.0.1".parse().unwrap(), "8.8.8.8".parse().unwrap()];
        let found = reachable(&answer, 443, &[]).unwrap();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["8.8.8.8:443"]);
        assert_eq!(reachable(&answer[..1], 443, &[]), Err(Some((answer[0], "loopback"))));
        assert_eq!(reachable(&[], 443, &[]), Err(None));
        let mut policy = Policy::default();
        policy.extend([Rule::parse(Effect::Allow, "address:127.0.0.0/8:8080", Place::Flag).unwrap()]);
        assert!(reachable(&answer[..1], 443, &policy.addresses()).is_err());
        assert!(reachable(&answer[..1], 8080, &policy.addresses()).is_ok());
    }
}
