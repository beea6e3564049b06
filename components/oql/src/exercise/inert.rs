//! What must hold for every page that keeps no raw HTML: it is well-formed, and nothing in it acts.
//!
//! Lists of what is allowed, not of what is known to be bad: an element or a scheme that nobody thought of is an error.
//! It judges a finished page and changes nothing.

use super::html::{Token, tokens};

const VOID: &[&str] = &["br", "hr", "img", "input", "wbr", "col"];

const ELEMENTS: &str = "\
    a abbr b br cite code del dfn em i img input ins kbd label mark output q s samp small span strong sub sup \
    time u var wbr address article aside blockquote caption col colgroup dd details div dl dt figcaption figure \
    footer h1 h2 h3 h4 h5 h6 header hgroup hr li main nav ol p pre section summary table tbody td tfoot th thead \
    tr ul annotation math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot \
    mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none semantics";

/// The elements of pictures and all their attributes: no ids, no references, nothing that moves.
const PICTURE: &str = "circle ellipse g line path polygon polyline rect svg text title";
const PICTURE_ATTRIBUTES: &str = "\
    viewbox width height class role aria-label x y x1 y1 x2 y2 cx cy r rx ry d points transform fill fill-opacity \
    stroke stroke-width stroke-opacity stroke-dasharray text-anchor font-size font-weight";

const SCHEMES: &str = "\
    http https mailto ftp ftps sftp file tel sms geo news nntp irc ircs doi gopher gemini git ssh xmpp matrix \
    urn attachment shell elisp help shortdoc docview bibtex bbdb w3m gnus mhe rmail eww info id message evernote \
    zotero notmuch mu4e";

const ADDRESSES: &[&str] = &["href", "src", "cite", "longdesc", "poster"];

/// Attributes that make a page act, load or look as it wants, beside all that begin with `on`.
const REFUSED: &str = "\
    style srcdoc srcset formaction action background ping http-equiv xlink:href is data codebase code archive \
    lowsrc dynsrc manifest form method autofocus contenteditable nonce usemap ismap profile classid accesskey \
    attributename";

fn listed(list: &str, word: &str) -> bool {
    list.split(' ').any(|w| w == word)
}

/// Whether a page is well-formed and inert.
///
/// # Errors
///
/// What is wrong with it, in one line.
pub fn inert(html: &str) -> Result<(), String> {
    let mut open: Vec<String> = Vec::new();
    for token in tokens(html) {
        match token {
            Token::Start { name, attributes, closed } => {
                element(&name, &attributes)?;
                if !VOID.contains(&name.as_str()) && !closed {
                    open.push(name);
                }
            }
            Token::End(name) => match open.pop() {
                Some(opened) if opened == name => {}
                opened => return Err(format!("`</{name}>` closes {opened:?}")),
            },
            Token::Text(text) if text.contains('<') => return Err(format!("a bare `<` in {text:?}")),
            Token::Text(_) => {}
            Token::Other(text) => return Err(format!("`<{text}` is no tag")),
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} never closed")) }
}

fn element(name: &str, attributes: &[(String, String)]) -> Result<(), String> {
    let tag = || format!("`<{name} {attributes:?}>`");
    let picture = listed(PICTURE, name);
    if !picture && !listed(ELEMENTS, name) {
        return Err(format!("{}: no element of a page", tag()));
    }
    let is = |key: &str, value: &str| attributes.iter().any(|(k, v)| k == key && v == value);
    if name == "input" && !(is("type", "checkbox") && attributes.iter().any(|(k, _)| k == "disabled")) {
        return Err(format!("{}: an input that can be used", tag()));
    }
    for (n, (key, value)) in attributes.iter().enumerate() {
        if attributes.iter().take(n).any(|(k, _)| k == key) {
            return Err(format!("{}: `{key}` twice", tag()));
        }
        let clean = key.starts_with(|c: char| c.is_ascii_alphabetic())
            && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'));
        // MathML's `form` of an operator is a word of its own, not a form to send.
        let operator = name == "mo" && key == "form" && matches!(value.as_str(), "prefix" | "infix" | "postfix");
        if !clean || key.starts_with("on") || (listed(REFUSED, key) && !operator) {
            return Err(format!("{}: the attribute `{key}`", tag()));
        }
        if ADDRESSES.contains(&key.as_str()) && !is_harmless(value, name == "img") {
            return Err(format!("{}: the address", tag()));
        }
        if picture && !listed(PICTURE_ATTRIBUTES, key) {
            return Err(format!("{}: the attribute `{key}` of a picture", tag()));
        }
        let blank = |c: char| c.is_ascii_whitespace() || c.is_control();
        if matches!(key.as_str(), "id" | "for" | "headers") && (value.is_empty() || value.contains(blank)) {
            return Err(format!("{}: the id", tag()));
        }
        if key == "class" && value.contains(|c: char| c.is_control() || matches!(c, '"' | '<' | '>' | '\'' | '`')) {
            return Err(format!("{}: the class", tag()));
        }
    }
    Ok(())
}

/// As a browser reads an address: blanks and control characters in front do not count, tabs and line breaks never do.
fn is_harmless(address: &str, image: bool) -> bool {
    let start = address.trim_start_matches(|c: char| c <= ' ');
    let read: String = start.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).take(80).collect();
    let Some(colon) = read.find(':') else { return true };
    let scheme = read[..colon].to_ascii_lowercase();
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let picture = ["data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp"];
    !named || listed(SCHEMES, &scheme) || (image && picture.iter().any(|p| read.to_ascii_lowercase().starts_with(p)))
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn harmless_pages_pass() {
        for html in [
            "<p>a &lt; b<br>c<br/></p>",
            "<a href=\"https://x.y/?a=1&amp;b\">x</a><img src=\"a.png\" alt=\"\">",
            "<a href=\"a/b:c\">x</a><input type=\"checkbox\" disabled checked>",
            "<svg viewBox=\"0 0 1 1\"><path d=\"M0 0\"/></svg>",
        ] {
            assert_eq!(inert(html), Ok(()), "{html}");
        }
    }

    #[test]
    fn what_acts_does_not() {
        for html in [
            "<p>",
            "<b><i></b></i>",
            "<script></script>",
            "<p onclick=\"x\"></p>",
            "<p style=\"x\"></p>",
            "<a href=\" \u{1}jAva\nscript:x\">x</a>",
            "<a href=\"javascript&colon;x\">x</a>",
            "<a href=\"&#x6A;avascript:x\">x</a>",
            "<img src=\"data:text/html,x\">",
            "<input>",
            "<p id=\"a b\"></p>",
            "<p a\"b></p>",
            "<!-- x -->",
            "a < b",
            "<p title=\"",
            "<custom-element></custom-element>",
            "<svg><a href=\"x\"></a><use href=\"#x\"/></svg>",
            "<svg><path id=\"x\"/></svg>",
            "<svg><path fill=\"none\" filter=\"url(https://x.y)\"/></svg>",
            "<svg><foreignObject></foreignObject></svg>",
            "<svg><animate attributeName=\"d\"/></svg>",
            "<svg xmlns:xlink=\"x\"></svg>",
        ] {
            assert!(inert(html).is_err(), "{html}");
        }
    }
}
