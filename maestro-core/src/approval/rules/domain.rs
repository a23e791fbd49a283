//! Rules about hosts.

use url::{Host, Url};

use super::Touch;
use super::meter::{MAX_JUDGED_BYTES, Meter};

/// A host by its name, or all below one: `example.com`, `*.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Domain {
    name: String,
    /// Only what is below the name.
    below: bool,
}

impl Domain {
    /// # Errors
    /// Where in the text it is wrong, counted in characters from 0, and why.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let (name, below, skipped) = match text.strip_prefix("*.") {
            Some(name) => (name, true, 2),
            None => (text, false, 0),
        };
        if name.is_empty() {
            return Err((skipped, "a domain is missing"));
        }
        let wrong = name.chars().position(|c| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
        if let Some(at) = wrong {
            return Err((
                skipped + at,
                "a domain is letters, digits, `-` and `.`, after `*.` at most",
            ));
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        // A number in another notation is the address that programs make of it.
        let name = match Host::parse(&name) {
            Ok(Host::Ipv4(address)) => address.to_string(),
            _ => name,
        };
        Ok(Self { name, below })
    }

    fn fits(&self, host: &str) -> bool {
        if self.below {
            host.strip_suffix(&self.name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.name
        }
    }

    /// Whether all of the address is known to lie there.
    pub(super) fn covers(&self, address: &str) -> bool {
        strict_host(address).is_some_and(|host| self.fits(&host))
    }

    /// Whether the address may lie there, however it is read. One that nobody can read may.
    pub(super) fn touches(&self, address: &str, meter: &Meter) -> Touch {
        if address.len() > MAX_JUDGED_BYTES {
            return Touch::Perhaps;
        }
        meter.add(address.len());
        match loose_hosts(address) {
            hosts if hosts.iter().any(|host| self.fits(host)) => Touch::Yes,
            hosts if hosts.is_empty() => Touch::Perhaps,
            _ => Touch::No,
        }
    }
}

/// The host of an address that every program reads in the same way.
pub(super) fn strict_host(address: &str) -> Option<String> {
    if address.len() > MAX_JUDGED_BYTES {
        return None;
    }
    let (scheme, rest) = address.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let (host, port) = authority.split_once(':').unwrap_or((authority, "0"));
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let fits = !host.is_empty()
        && host.chars().all(plain)
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && !address.contains('\\')
        && !address.chars().any(|c| c.is_control() || c.is_whitespace());
    // The same as a browser reads, which makes an address of a number.
    let read = Url::parse(address).ok()?;
    (fits && read.host_str().is_some_and(|read| read.trim_end_matches('.') == host)).then_some(host)
}

/// Schemes after which a host follows, however many slashes there are.
const WEB_SCHEMES: &[&str] = &["file", "ftp", "http", "https", "ws", "wss"];

/// What the host may be, for programs that read carelessly.
fn loose_hosts(address: &str) -> Vec<String> {
    let address = address.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let mut hosts = Vec::new();
    let (scheme, rest) = match address.split_once(':') {
        Some((scheme, rest)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => (scheme, rest),
        _ => ("", address),
    };
    let rest = rest.trim_start_matches(['/', '\\']);
    // As it is, with the scheme of the web, and as one without any: `localhost:80`.
    let mut texts = vec![address.to_owned(), format!("https://{rest}")];
    if !WEB_SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) {
        texts.push(format!("https://{address}"));
    }
    for text in texts {
        hosts.extend(Url::parse(&text).ok().and_then(|url| url.host().and_then(|h| name(&h))));
    }
    // Each part around `@` and `\`, which programs disagree about.
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    for part in authority.split(['@', '\\']) {
        let host = part.split(':').next().unwrap_or_default();
        hosts.extend(Host::parse(host).ok().and_then(|host| name(&host)));
    }
    hosts
}

fn name(host: &Host<impl AsRef<str>>) -> Option<String> {
    let name = match host {
        Host::Domain(name) => name.as_ref().trim_matches('.').to_ascii_lowercase(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => match address.to_ipv4() {
            Some(address) => address.to_string(),
            None => address.to_string(),
        },
    };
    (!name.is_empty()).then_some(name)
}
