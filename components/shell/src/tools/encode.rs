//! Bytes as text and back: `base64`, `od`, `hexdump`, `xxd`.

use super::Cx;
use crate::options::Options;
use crate::{Done, Stop};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) async fn base64(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "dDw:i", &[("decode", 'd'), ("wrap", 'w'), ("ignore-garbage", 'i')])?;
    let bytes = cx.read_all(options.rest.clone()).await?;
    if options.has('d') || options.has('D') {
        let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
        let (mut held, mut bits) = (0u32, 0);
        for byte in bytes.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'=') {
            let Some(value) = ALPHABET.iter().position(|own| own == byte) else {
                if options.has('i') {
                    continue;
                }
                cx.out.write(&out).await?;
                return Err(Stop::Error(1, "invalid input".to_owned()));
            };
            held = held << 6 | value as u32;
            bits += 6;
            if bits >= 8 {
                bits -= 8;
                out.push((held >> bits) as u8);
            }
        }
        cx.out.write(&out).await?;
        return Ok(cx.status);
    }
    let mut text = Vec::with_capacity(bytes.len() / 3 * 4 + 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            let digit = ALPHABET[(group >> (18 - 6 * index) & 63) as usize];
            text.push(if index <= chunk.len() { digit } else { b'=' });
        }
    }
    let width = options.number('w')?.unwrap_or(76);
    if width == 0 {
        cx.out.write(&text).await?;
    } else {
        for line in text.chunks(width) {
            cx.out.write(&[line, b"\n"].concat()).await?;
        }
    }
    Ok(cx.status)
}

pub(crate) async fn xxd(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "prul:c:", &[])?;
    let bytes = cx.read_all(options.rest.clone()).await?;
    if options.has('r') {
        let digits: Vec<u8> =
            bytes.iter().filter_map(|byte| char::from(*byte).to_digit(16)).map(|digit| digit as u8).collect();
        let out: Vec<u8> =
            digits.chunks(2).map(|pair| pair.iter().fold(0, |value, digit| value << 4 | digit)).collect();
        cx.out.write(&out).await?;
        return Ok(0);
    }
    let bytes = &bytes[..options.number('l')?.unwrap_or(bytes.len()).min(bytes.len())];
    if options.has('p') {
        for line in bytes.chunks(30) {
            let text: String = line.iter().map(|byte| format!("{byte:02x}")).collect();
            cx.out.write(format!("{text}\n").as_bytes()).await?;
        }
        return Ok(0);
    }
    let columns = options.number('c')?.unwrap_or(16).clamp(1, 256);
    let width = columns * 2 + columns.div_ceil(2) - 1;
    for (index, line) in bytes.chunks(columns).enumerate() {
        let pairs = line.chunks(2).map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        let hex = pairs.collect::<Vec<_>>().join(" ");
        let hex = if options.has('u') { hex.to_uppercase() } else { hex };
        cx.out.write(format!("{:08x}: {hex:<width$}  {}\n", index * columns, visible(line)).as_bytes()).await?;
    }
    Ok(0)
}

fn visible(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if (32..127).contains(byte) { char::from(*byte) } else { '.' }).collect()
}

pub(crate) async fn hexdump(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "Cn:v", &[])?;
    let bytes = cx.read_all(options.rest.clone()).await?;
    let bytes = &bytes[..options.number('n')?.unwrap_or(bytes.len()).min(bytes.len())];
    for (index, line) in bytes.chunks(16).enumerate() {
        let text = if options.has('C') {
            let half = |part: &[u8]| part.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
            let (left, right) = line.split_at(line.len().min(8));
            let hex = format!("{}  {}", half(left), half(right));
            format!("{:08x}  {:<49} |{}|\n", index * 16, hex.trim_end(), visible(line))
        } else {
            let words = line
                .chunks(2)
                .map(|pair| format!("{:04x}", u16::from_le_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])));
            format!("{:07x} {:<39}\n", index * 16, words.collect::<Vec<_>>().join(" "))
        };
        cx.out.write(text.as_bytes()).await?;
    }
    let end = if options.has('C') { format!("{:08x}\n", bytes.len()) } else { format!("{:07x}\n", bytes.len()) };
    if !bytes.is_empty() {
        cx.out.write(end.as_bytes()).await?;
    }
    Ok(0)
}

pub(crate) async fn od(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "A:t:N:j:cxbv", &[])?;
    let bytes = cx.read_all(options.rest.clone()).await?;
    let skipped = options.number('j')?.unwrap_or(0).min(bytes.len());
    let bytes = &bytes[skipped..];
    let bytes = &bytes[..options.number('N')?.unwrap_or(bytes.len()).min(bytes.len())];
    let kind = options.value('t').unwrap_or(if options.has('c') {
        "c"
    } else if options.has('x') {
        "x2"
    } else if options.has('b') {
        "o1"
    } else {
        "o2"
    });
    let address = |at: usize| match options.value('A').unwrap_or("o") {
        "n" => String::new(),
        "d" => format!("{at:07}"),
        "x" => format!("{at:06x}"),
        _ => format!("{at:07o}"),
    };
    for (index, line) in bytes.chunks(16).enumerate() {
        let pair = |pair: &[u8]| u16::from_le_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]);
        let cells: String = match kind {
            "c" | "a" => line.iter().map(|byte| format!("{:>4}", character(*byte))).collect(),
            "x1" => line.iter().map(|byte| format!(" {byte:02x}")).collect(),
            "o1" => line.iter().map(|byte| format!(" {byte:03o}")).collect(),
            "d1" => line.iter().map(|byte| format!(" {:>4}", *byte as i8)).collect(),
            "u1" => line.iter().map(|byte| format!(" {byte:>3}")).collect(),
            "x2" => line.chunks(2).map(|two| format!(" {:04x}", pair(two))).collect(),
            "o2" => line.chunks(2).map(|two| format!(" {:06o}", pair(two))).collect(),
            other => return Err(Stop::Error(1, format!("the type `{other}` does not exist here"))),
        };
        cx.out.write(format!("{}{cells}\n", address(skipped + index * 16)).as_bytes()).await?;
    }
    let end = address(skipped + bytes.len());
    if !end.is_empty() {
        cx.out.write(format!("{end}\n").as_bytes()).await?;
    }
    Ok(0)
}

fn character(byte: u8) -> String {
    match byte {
        0 => "\\0".to_owned(),
        7 => "\\a".to_owned(),
        8 => "\\b".to_owned(),
        9 => "\\t".to_owned(),
        10 => "\\n".to_owned(),
        11 => "\\v".to_owned(),
        12 => "\\f".to_owned(),
        13 => "\\r".to_owned(),
        32..=126 => char::from(byte).to_string(),
        _ => format!("{byte:03o}"),
    }
}
