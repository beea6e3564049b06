//! `style` attributes of MathML as classes, where a class says the same. What no class says is dropped: it moves a formula
//! by a hair.

/// Copies `html` and puts `class`, `mathcolor` and `mathsize` where `style` was.
pub(super) fn instead_of_styles(html: &str, out: &mut String) {
    let mut rest = html;
    while let Some((before, from)) = rest.split_once(" style=\"") {
        // Only inside of tags. The words themselves never survive, so that a test can look for them.
        let inside = before.rfind('<') > before.rfind('>');
        let Some((style, after)) = from.split_once('"').filter(|_| inside) else {
            out.push_str(before);
            out.push_str(" style &#61; \"");
            rest = from;
            continue;
        };
        out.push_str(before);
        attributes(style, out);
        rest = after;
    }
    out.push_str(rest);
}

fn attributes(style: &str, out: &mut String) {
    let mut classes = String::new();
    for declaration in style.split(';') {
        let Some((name, value)) = declaration.split_once(':').map(|(name, value)| (name.trim(), value.trim())) else {
            continue;
        };
        match name {
            "color" => push_attribute("mathcolor", value, out),
            "font-size" => push_attribute("mathsize", value, out),
            _ => {
                if let Some(class) = class(name, value) {
                    if !classes.is_empty() {
                        classes.push(' ');
                    }
                    classes.push_str(class);
                }
            }
        }
    }
    if !classes.is_empty() {
        push_attribute("class", &classes, out);
    }
}

fn push_attribute(name: &str, value: &str, out: &mut String) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "#.%- ".contains(c);
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    out.extend(value.chars().filter(|c| plain(*c)));
    out.push('"');
}

fn class(name: &str, value: &str) -> Option<&'static str> {
    let dashed = value.contains("dashed");
    Some(match (name, value) {
        ("text-align", "right") => "m-r",
        ("text-align", "left") => "m-l",
        ("padding-right", "0") => "m-pr",
        ("padding-left", "0") => "m-pl",
        ("padding-left", "1em") => "m-gap",
        ("padding-top", "0") => "m-tight",
        ("border-top", _) => {
            if dashed {
                "m-td"
            } else {
                "m-ts"
            }
        }
        ("border-bottom", _) => {
            if dashed {
                "m-bd"
            } else {
                "m-bs"
            }
        }
        ("border-left", _) => {
            if dashed {
                "m-ld"
            } else {
                "m-ls"
            }
        }
        ("border-right", _) => {
            if dashed {
                "m-rd"
            } else {
                "m-rs"
            }
        }
        ("width", "100%") => "m-wide",
        ("width", "50%") => "m-half",
        ("font-variant-caps", _) => "m-caps",
        ("margin-left", value) if value.starts_with('-') => "m-back",
        _ => return None,
    })
}
