//! Letters of the mathematical alphabets. They have characters of their own; only upright letters need an attribute,
//! which is the reader's matter.

/// An alphabet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Font {
    Roman,
    Bold,
    Italic,
    BoldItalic,
    Sans,
    Mono,
    Double,
    Script,
    Fraktur,
}

impl Font {
    /// Whether letters that follow one another are a word in this alphabet.
    pub(super) fn makes_words(self) -> bool {
        matches!(self, Font::Roman | Font::Bold | Font::Italic | Font::Sans | Font::Mono)
    }

    /// The alphabet that `\mathbb{…}` and its like give their argument.
    pub(super) fn of_command(name: &str) -> Option<Font> {
        Some(match name {
            "mathrm" | "mathnormal" | "mathup" | "symup" => Font::Roman,
            "mathbf" | "bold" | "symbf" => Font::Bold,
            "mathit" => Font::Italic,
            "boldsymbol" | "bm" | "pmb" => Font::BoldItalic,
            "mathsf" => Font::Sans,
            "mathtt" => Font::Mono,
            "mathbb" | "Bbb" => Font::Double,
            "mathcal" | "mathscr" => Font::Script,
            "mathfrak" | "frak" => Font::Fraktur,
            _ => return None,
        })
    }

    /// The alphabet that `\rm` and its like give what follows.
    pub(super) fn of_switch(name: &str) -> Option<Font> {
        Some(match name {
            "rm" => Font::Roman,
            "bf" => Font::Bold,
            "it" => Font::Italic,
            "sf" => Font::Sans,
            "tt" => Font::Mono,
            "cal" => Font::Script,
            _ => return None,
        })
    }

    /// The alphabet of the text that `\text{…}` and its like take; None where the command is no such one.
    pub(super) fn of_text(name: &str) -> Option<Font> {
        Some(match name {
            "text" | "textrm" | "textup" | "textnormal" | "mbox" | "hbox" | "textmd" => Font::Roman,
            "textbf" => Font::Bold,
            "textit" | "emph" | "textsl" => Font::Italic,
            "textsf" => Font::Sans,
            "texttt" => Font::Mono,
            _ => return None,
        })
    }
}

/// A character in an alphabet; the character itself where the alphabet has none.
pub(super) fn letter(c: char, font: Font) -> char {
    let code = u32::from(c);
    let (upper, lower) = (code.wrapping_sub(0x41), code.wrapping_sub(0x61));
    let found = if let Some(special) = exception(c, font) {
        return special;
    } else if upper < 26 {
        latin(font).map(|base| base + upper)
    } else if lower < 26 {
        latin(font).map(|base| base + 26 + lower)
    } else if c.is_ascii_digit() {
        digits(font).map(|base| base + code - 0x30)
    } else {
        greek(code, font)
    };
    found.and_then(char::from_u32).unwrap_or(c)
}

fn latin(font: Font) -> Option<u32> {
    Some(match font {
        Font::Roman => return None,
        Font::Bold => 0x1D400,
        Font::Italic => 0x1D434,
        Font::BoldItalic => 0x1D468,
        Font::Script => 0x1D49C,
        Font::Fraktur => 0x1D504,
        Font::Double => 0x1D538,
        Font::Sans => 0x1D5A0,
        Font::Mono => 0x1D670,
    })
}

fn digits(font: Font) -> Option<u32> {
    Some(match font {
        Font::Bold | Font::BoldItalic => 0x1D7CE,
        Font::Double => 0x1D7D8,
        Font::Sans => 0x1D7E2,
        Font::Mono => 0x1D7F6,
        Font::Roman | Font::Italic | Font::Script | Font::Fraktur => return None,
    })
}

fn greek(code: u32, font: Font) -> Option<u32> {
    let base = match font {
        Font::Bold => 0x1D6A8,
        Font::Italic => 0x1D6E2,
        Font::BoldItalic => 0x1D71C,
        _ => return None,
    };
    let (upper, lower) = (code.wrapping_sub(0x391), code.wrapping_sub(0x3B1));
    // In place of the second capital sigma there is another theta.
    if upper < 25 && upper != 17 {
        Some(base + upper)
    } else if lower < 25 {
        Some(base + 26 + lower)
    } else {
        None
    }
}

/// Letters that had a character before the alphabets came.
fn exception(c: char, font: Font) -> Option<char> {
    let pairs = match font {
        Font::Italic => "hℎ",
        Font::Script => "BℬEℰFℱHℋIℐLℒMℳRℛeℯgℊoℴ",
        Font::Fraktur => "CℭHℌIℑRℜZℨ",
        Font::Double => "CℂHℍNℕPℙQℚRℝZℤ",
        _ => return None,
    };
    let mut chars = pairs.chars();
    while let (Some(from), Some(to)) = (chars.next(), chars.next()) {
        if from == c {
            return Some(to);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters() {
        for (c, font, expect) in [
            ('R', Font::Double, 'ℝ'),
            ('A', Font::Double, '𝔸'),
            ('L', Font::Script, 'ℒ'),
            ('g', Font::Fraktur, '𝔤'),
            ('x', Font::Bold, '𝐱'),
            ('7', Font::Bold, '𝟕'),
            ('α', Font::BoldItalic, '𝜶'),
            ('Σ', Font::Bold, '𝚺'),
            ('x', Font::Roman, 'x'),
            ('+', Font::Bold, '+'),
        ] {
            assert_eq!(letter(c, font), expect);
        }
    }
}
