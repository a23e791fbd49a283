//! Rules about hosts.

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
        Ok(Self { name: name.trim_end_matches('.').to_ascii_lowercase(), below })
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

    /// Whether the address may lie there, however it is read.
    pub(super) fn touches(&self, address: &str) -> bool {
        loose_hosts(address).iter().any(|host| self.fits(host))
    }
}

/// The host of an address that every program reads in the same way.
pub(super) fn strict_host(address: &str) -> Option<String> {
    let rest = without_scheme(address)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let (host, port) = authority.split_once(':').unwrap_or((authority, "0"));
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let fits = !host.is_empty()
        && host.chars().all(plain)
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && !address.contains('\\')
        && !address.chars().any(char::is_control);
    fits.then(|| host.trim_end_matches('.').to_ascii_lowercase())
}

fn without_scheme(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")).then_some(rest)
}

/// What the host may be, for programs that read carelessly.
fn loose_hosts(address: &str) -> Vec<String> {
    let address = address.trim();
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority
        .split('@')
        .map(|part| part.split(':').next().unwrap_or_default())
        .map(|host| host.trim_matches('.').to_ascii_lowercase())
        .filter(|host| !host.is_empty())
        .collect()
}
