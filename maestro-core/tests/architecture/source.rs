//! Reads a source file as text: its words, without comments, strings and test items.

pub(crate) type Names = Vec<String>;

pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

pub(crate) struct File<'a> {
    pub(crate) name: &'a str,
    pub(crate) module: Names,
    pub(crate) tokens: Vec<Token>,
    pub(crate) lines: usize,
}

pub(crate) fn module_of(name: &str) -> Names {
    let mut parts: Names = name.trim_end_matches(".rs").split('/').map(String::from).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// Splits a source into identifiers, `::` and single marks, without comments, strings and lifetimes.
pub(crate) fn tokenize(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut tokens, mut i, mut line) = (Vec::new(), 0, 1);
    while i < chars.len() {
        let start = i;
        match at(i) {
            '/' if at(i + 1) == '/' => {
                while i < chars.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                let mut depth = 0;
                while i < chars.len() {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            '"' => {
                i += 1;
                while i < chars.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
            }
            '\'' if at(i + 1) == '\\' => {
                i += 3;
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            '\'' if at(i + 2) == '\'' => i += 3,
            '\'' => i += 1 + chars[i + 1..].iter().take_while(|c| is_word(**c)).count(),
            c if is_word(c) => {
                while is_word(at(i)) {
                    i += 1;
                }
                let text: String = chars[start..i].iter().collect();
                let hashes = chars[i..].iter().take_while(|c| **c == '#').count();
                if matches!(text.as_str(), "r" | "br" | "cr") && at(i + hashes) == '"' {
                    let close: String = format!("\"{}", "#".repeat(hashes));
                    i += hashes + 1;
                    let ends = |i: usize| close.chars().enumerate().all(|(n, c)| at(i + n) == c);
                    while i < chars.len() && !ends(i) {
                        i += 1;
                    }
                    i += close.len();
                } else if text == "r" && hashes == 1 {
                    i += 1;
                } else {
                    tokens.push(Token { text, line });
                }
            }
            ':' if at(i + 1) == ':' => {
                i += 2;
                tokens.push(Token { text: "::".into(), line });
            }
            c => {
                i += 1;
                if !c.is_whitespace() {
                    tokens.push(Token { text: c.into(), line });
                }
            }
        }
        line += chars[start..i.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

pub(crate) fn starts(tokens: &[Token], words: &str) -> bool {
    words.split(' ').enumerate().all(|(n, word)| tokens.get(n).is_some_and(|t| t.text == word))
}

/// The index after the bracketed group or the item that starts at `i`; an item ends at `;`, `,` or its block.
pub(crate) fn skip(tokens: &[Token], mut i: usize, group: bool) -> usize {
    let mut depth = 0;
    while i < tokens.len() {
        match tokens[i].text.as_str() {
            "(" | "[" | "{" => depth += 1,
            "}" | "]" | ")" => {
                depth -= 1;
                if depth < 0 {
                    return i;
                }
                if depth == 0 && (group || tokens[i].text == "}") {
                    return i + 1;
                }
            }
            ";" | "," if depth == 0 => return i + 1,
            _ => {}
        }
        i += 1;
    }
    i
}

/// Drops `#[cfg(test)]` items; the second answer names the test modules that live in files of their own.
pub(crate) fn without_tests(tokens: Vec<Token>) -> (Vec<Token>, Names) {
    let is_test = |t: &[Token]| starts(t, "cfg ( test )") || starts(t, "cfg ( all ( test");
    let mut dropped = vec![false; tokens.len()];
    let mut files = Names::new();
    let mut i = 0;
    while i < tokens.len() {
        let rest = &tokens[i..];
        if starts(rest, "# ! [") && is_test(&rest[3..]) {
            return (Vec::new(), files);
        }
        if !(starts(rest, "# [") && is_test(&rest[2..])) {
            i += 1;
            continue;
        }
        let mut item = i;
        while starts(&tokens[item..], "# [") {
            item = skip(&tokens, item + 1, true);
        }
        let end = skip(&tokens, item, false);
        if let Some(n) = (item..end).find(|n| starts(&tokens[*n..], "mod"))
            && tokens.get(n + 2).is_some_and(|t| t.text == ";")
        {
            files.push(tokens[n + 1].text.clone());
        }
        dropped[i..end].fill(true);
        i = end;
    }
    let kept = tokens.into_iter().zip(dropped).filter(|(_, dropped)| !dropped);
    (kept.map(|(token, _)| token).collect(), files)
}
