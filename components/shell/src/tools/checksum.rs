//! `md5sum`, `sha1sum`, `sha256sum`: for telling texts apart, as these tools are used.

use super::Cx;
use crate::options::Options;
use crate::{Done, Stop};

pub(crate) async fn md5sum(cx: &mut Cx<'_>) -> Done {
    sum(cx, md5).await
}

pub(crate) async fn sha1sum(cx: &mut Cx<'_>) -> Done {
    sum(cx, sha1).await
}

pub(crate) async fn sha256sum(cx: &mut Cx<'_>) -> Done {
    sum(cx, sha256).await
}

async fn sum(cx: &mut Cx<'_>, digest: impl Fn(&[u8]) -> Vec<u8>) -> Done {
    let options = Options::parse(&cx.args, "btc\u{1}q", &[("check", 'c'), ("status", '\u{1}'), ("quiet", 'q')])?;
    if options.has('c') {
        return check(cx, &options, digest).await;
    }
    let mut names = Cx::inputs(options.rest.clone());
    while let Some((name, input)) = cx.next_input(&mut names).await {
        let hex = hex(digest(&input.all().await?));
        cx.out.write(format!("{hex}  {name}\n").as_bytes()).await?;
    }
    Ok(cx.status)
}

fn hex(bytes: Vec<u8>) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares files with lists of sums.
async fn check(cx: &mut Cx<'_>, options: &Options, digest: impl Fn(&[u8]) -> Vec<u8>) -> Done {
    let (silent, brief) = (options.has('\u{1}'), options.has('q'));
    let list = cx.read_all(options.rest.clone()).await?;
    let mut wrong = 0;
    for line in String::from_utf8_lossy(&list).lines() {
        let Some((sum, name)) = line.split_once("  ").or_else(|| line.split_once(" *")) else {
            cx.complain("a line is no checksum").await;
            continue;
        };
        let found = match cx.open(name) {
            Ok(input) => Some(hex(digest(&input.all().await?))),
            Err(Stop::Error(_, message)) => {
                cx.complain(&message).await;
                None
            }
            Err(other) => return Err(other),
        };
        let same = found.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(sum));
        wrong += u32::from(!same);
        let verdict = match (same, &found) {
            (true, _) if brief => continue,
            (true, _) => "OK",
            (false, Some(_)) => "FAILED",
            (false, None) => "FAILED open or read",
        };
        if !silent {
            cx.out.write(format!("{name}: {verdict}\n").as_bytes()).await?;
        }
    }
    if wrong > 0 && !silent {
        cx.complain(&format!("WARNING: {wrong} computed checksums did NOT match")).await;
    }
    Ok(if wrong > 0 { 1 } else { cx.status })
}

/// The message with its padding, in blocks.
fn padded(bytes: &[u8], big: bool) -> Vec<u8> {
    let mut all = bytes.to_vec();
    let bits = (bytes.len() as u64).wrapping_mul(8);
    all.push(0x80);
    while all.len() % 64 != 56 {
        all.push(0);
    }
    all.extend(if big { bits.to_be_bytes() } else { bits.to_le_bytes() });
    all
}

fn md5(bytes: &[u8]) -> Vec<u8> {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let constants: Vec<u32> = (1..=64).map(|i| (f64::from(i).sin().abs() * 4_294_967_296.0) as u32).collect();
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded(bytes, false).as_chunks::<64>().0 {
        let words: Vec<u32> = block.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64 {
            let (mixed, word) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), (7 * i) % 16),
            };
            let sum = a.wrapping_add(mixed).wrapping_add(constants[i]).wrapping_add(words[word]);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(SHIFTS[i / 16][i % 4]));
        }
        for (own, new) in state.iter_mut().zip([a, b, c, d]) {
            *own = own.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded(bytes, true).as_chunks::<64>().0 {
        let mut words: Vec<u32> = block.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word)).collect();
        for i in 16..80 {
            words.push((words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (i, word) in words.iter().enumerate() {
            let (mixed, constant) = match i / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999u32),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (own, new) in state.iter_mut().zip([a, b, c, d, e]) {
            *own = own.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// The first 32 bits of the fractional parts of roots of the first primes.
fn roots(count: usize, root: impl Fn(f64) -> f64) -> Vec<u32> {
    let prime = |n: &u32| (2..*n).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    (2..).filter(prime).take(count).map(|n| (root(f64::from(n)).fract() * 4_294_967_296.0) as u32).collect()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    let constants = roots(64, f64::cbrt);
    let mut state = roots(8, f64::sqrt);
    for block in padded(bytes, true).as_chunks::<64>().0 {
        let mut w: Vec<u32> = block.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word)).collect();
        for i in 16..64 {
            let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
            let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
            w.push(w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1));
        }
        let mut v = state.clone();
        for i in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let one = v[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(constants[i]).wrapping_add(w[i]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let two = s0.wrapping_add((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(one);
            v[0] = one.wrapping_add(two);
        }
        for (own, new) in state.iter_mut().zip(v) {
            *own = own.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn known_digests() {
        use super::hex;
        assert_eq!(hex(super::md5(b"abc")), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(hex(super::sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(super::sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
