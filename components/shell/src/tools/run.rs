//! Tools that run others: `xargs`, `env`, `timeout`, `time`; and `sleep`, `printenv`, `which`.

use super::Cx;
use crate::options::Options;
use crate::{Done, Stop, usage};

pub(crate) async fn xargs(cx: &mut Cx<'_>) -> Done {
    let options = Options::leading(
        &cx.args,
        "n:I:0rd:L:tP:",
        &[("null", '0'), ("max-args", 'n'), ("no-run-if-empty", 'r'), ("delimiter", 'd'), ("replace", 'I')],
    )?;
    let bytes = cx.input.all().await?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let delimiter = if options.has('0') {
        Some('\0')
    } else {
        options.value('d').map(|text| if text == "\\n" { '\n' } else { text.chars().next().unwrap_or('\n') })
    };
    let items: Vec<String> = match (delimiter, options.value('I')) {
        (Some(delimiter), _) => text
            .strip_suffix(delimiter)
            .unwrap_or(&text)
            .split(delimiter)
            .filter(|_| !text.is_empty())
            .map(str::to_owned)
            .collect(),
        (None, Some(_)) => {
            text.lines().map(|line| line.trim_start().to_owned()).filter(|line| !line.is_empty()).collect()
        }
        (None, None) if options.has('L') => text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        (None, None) => words(&text)?,
    };
    let command = if options.rest.is_empty() { vec!["echo".to_owned()] } else { options.rest.clone() };
    let mut calls: Vec<Vec<String>> = Vec::new();
    if let Some(mark) = options.value('I') {
        calls.extend(items.iter().map(|item| command.iter().map(|word| word.replace(mark, item)).collect()));
    } else {
        let most = options.number('n')?.or(options.number('L')?).unwrap_or(usize::MAX).max(1);
        let split = |item: &String| {
            if options.has('L') { item.split_whitespace().map(str::to_owned).collect() } else { vec![item.clone()] }
        };
        calls.extend(
            items.chunks(most).map(|chunk| command.iter().cloned().chain(chunk.iter().flat_map(split)).collect()),
        );
        if calls.is_empty() && !options.has('r') {
            calls.push(command);
        }
    }
    let mut status = 0;
    for call in calls {
        let name = call[0].clone();
        let stdin = crate::run::Fd::In(crate::io::In::bytes(Vec::new()));
        let saved = cx.shell.fds.clone();
        cx.shell.set_fd(0, Some(stdin));
        let result = cx.shell.invoke(&name, call).await;
        cx.shell.fds = saved;
        match result? {
            0 => {}
            127 => return Ok(127),
            _ => status = 123,
        }
    }
    Ok(status)
}

/// Words with quotes and backslashes.
fn words(text: &str) -> Result<Vec<String>, Stop> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\\' => word.get_or_insert_default().extend(chars.next()),
            quote @ ('\'' | '"') => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some(c) if c == quote => break,
                        Some(c) => word.push(c),
                        None => {
                            return Err(Stop::Error(
                                1,
                                format!("`{quote}` is not closed; `-0` takes every character as it is"),
                            ));
                        }
                    }
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

pub(crate) async fn env(cx: &mut Cx<'_>) -> Done {
    let options = Options::leading(&cx.args, "iu:", &[("ignore-environment", 'i'), ("unset", 'u')])?;
    let saved = cx.shell.variables.clone();
    if options.has('i') {
        cx.shell.variables.values_mut().for_each(|variable| variable.exported = false);
    }
    for name in options.values('u') {
        cx.shell.variables.remove(name);
    }
    let assignments = options.rest.iter().take_while(|word| word.contains('=')).count();
    for word in &options.rest[..assignments] {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        cx.shell.set(name, value)?;
        if let Some(variable) = cx.shell.variables.get_mut(name) {
            variable.exported = true;
        }
    }
    let result = match options.rest.get(assignments) {
        Some(name) => cx.shell.invoke(name, options.rest[assignments..].to_vec()).await,
        None => {
            let lines = cx.shell.environment().into_iter().map(|(name, value)| format!("{name}={value}\n"));
            let text: String = lines.collect();
            cx.out.write(text.as_bytes()).await.map(|()| 0)
        }
    };
    cx.shell.variables = saved;
    result
}

pub(crate) async fn printenv(cx: &mut Cx<'_>) -> Done {
    let all = cx.shell.environment();
    let Some(wanted) = cx.args.first() else {
        let text: String = all.into_iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        cx.out.write(text.as_bytes()).await?;
        return Ok(0);
    };
    let Some((_, value)) = all.iter().find(|(name, _)| name == wanted) else { return Ok(1) };
    cx.out.write(format!("{value}\n").as_bytes()).await?;
    Ok(0)
}

pub(crate) async fn sleep(cx: &mut Cx<'_>) -> Done {
    let mut seconds = 0.0;
    for text in &cx.args {
        let (value, length) = crate::numbers::leading_number(text);
        let factor = match &text[length..] {
            "" | "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return usage(format!("`{text}` is no time")),
        };
        seconds += value.max(0.0) * factor;
    }
    (cx.shell.common.sleep)(seconds);
    Ok(0)
}

pub(crate) async fn timeout(cx: &mut Cx<'_>) -> Done {
    let options = Options::leading(&cx.args, "s:k:", &[])?;
    // The step's own deadline is what holds; nothing here can interrupt a command.
    let Some((_, command)) = options.rest.split_first().filter(|(_, command)| !command.is_empty()) else {
        return usage("needs a time and a command");
    };
    cx.shell.invoke(&command[0], command.to_vec()).await
}

pub(crate) async fn time(cx: &mut Cx<'_>) -> Done {
    let command: Vec<String> = cx.args.iter().skip_while(|arg| *arg == "-p").cloned().collect();
    let Some(name) = command.first().cloned() else { return Ok(0) };
    cx.shell.invoke(&name, command).await
}

pub(crate) async fn which(cx: &mut Cx<'_>) -> Done {
    let mut status = 0;
    for name in cx.args.clone() {
        if super::find(&name).is_some() {
            cx.out.write(format!("/bin/{name}\n").as_bytes()).await?;
        } else {
            status = 1;
        }
    }
    Ok(status)
}
