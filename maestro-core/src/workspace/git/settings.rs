//! Which settings of a repository count for our own git.
//!
//! A repository's configuration can be written by whoever can write files there, and many of its
//! keys name programs. So git never reads it: it reads a file with those keys alone that are known
//! to name none. A key that some later release adds is left out until it is listed here.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::repo::path_of;

/// Sections of which every key counts.
const SECTIONS: &[&str] = &["author", "committer", "i18n", "user"];

/// Keys that count, as `section.key`. The name between them, as in `remote.origin.url`, is free.
const KEYS: &[&str] = &[
    "checkout.workers",
    "core.abbrev",
    "core.attributesfile",
    "core.autocrlf",
    "core.bare",
    "core.bigfilethreshold",
    "core.checkroundtripencoding",
    "core.checkstat",
    "core.compression",
    "core.eol",
    "core.excludesfile",
    "core.filemode",
    "core.filesreflocktimeout",
    "core.fsync",
    "core.fsyncmethod",
    "core.ignorecase",
    "core.logallrefupdates",
    "core.longpaths",
    "core.loosecompression",
    "core.multipackindex",
    "core.packedrefstimeout",
    "core.precomposeunicode",
    "core.protecthfs",
    "core.protectntfs",
    "core.repositoryformatversion",
    "core.safecrlf",
    "core.sharedrepository",
    "core.sparsecheckout",
    "core.sparsecheckoutcone",
    "core.symlinks",
    "core.trustctime",
    "core.whitespace",
    "diff.algorithm",
    "diff.renamelimit",
    "diff.renames",
    "index.sparse",
    "index.version",
    "lfs.fetchexclude",
    "lfs.fetchinclude",
    "lfs.pushurl",
    "lfs.storage",
    "lfs.url",
    "merge.conflictstyle",
    "merge.directoryrenames",
    "merge.renamelimit",
    "merge.renames",
    "merge.renormalize",
    "remote.fetch",
    "remote.lfsurl",
    "remote.url",
];

/// One setting as `git config --list` gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    section: String,
    /// The name between section and key; bytes, since a branch or a path can be in it.
    name: Option<Vec<u8>>,
    key: String,
    /// None for a key without a value, which means true.
    value: Option<Vec<u8>>,
}

/// The settings of a repository that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// The text of a configuration file with them.
    pub(super) text: Vec<u8>,
    /// The names of the filters that the repository defines and that are left out.
    pub(super) withheld: BTreeSet<Vec<u8>>,
}

impl Settings {
    /// Chooses from the output of `git config --list -z`: of the repository's file, then of the
    /// worktree's own one, which counts only where the repository says so.
    pub(super) fn choose(
        repository: &[u8],
        worktree: &[u8],
        common: &Path,
        filters_too: bool,
    ) -> Self {
        let mut all = read(repository);
        let own =
            |setting: &&Setting| setting.section == "extensions" && setting.key == "worktreeconfig";
        if all.iter().rfind(own).is_some_and(Setting::is_true) {
            all.extend(read(worktree));
        }
        let mut chosen = Self::default();
        let mut storage = None;
        for setting in all {
            match (setting.section.as_str(), setting.key.as_str()) {
                ("filter", "clean" | "smudge" | "process") if !filters_too => {
                    chosen.withheld.extend(setting.name);
                }
                ("lfs", "storage") if setting.name.is_none() => {
                    storage = setting.value.as_deref().map(path_of);
                }
                _ if setting.counts(filters_too) => setting.write(&mut chosen.text),
                _ => {}
            }
        }
        // The directory that git takes for the shared one holds nothing of its own.
        let storage = common.join(storage.unwrap_or_else(|| PathBuf::from("lfs")));
        Setting::plain("lfs", "storage", storage.as_os_str()).write(&mut chosen.text);
        chosen
    }
}

impl Setting {
    fn plain(section: &str, key: &str, value: &OsStr) -> Self {
        Self {
            section: section.to_owned(),
            name: None,
            key: key.to_owned(),
            value: Some(value.as_encoded_bytes().to_vec()),
        }
    }

    fn is_true(&self) -> bool {
        let value = self.value.as_deref().unwrap_or(b"true");
        [&b"false"[..], b"no", b"off", b"0", b""].iter().all(|no| !value.eq_ignore_ascii_case(no))
    }

    fn counts(&self, filters_too: bool) -> bool {
        match self.section.as_str() {
            // They say how the repository is to be read. Two lead to other files and to remotes.
            "extensions" => !matches!(self.key.as_str(), "worktreeconfig" | "partialclone"),
            "filter" => filters_too,
            // A name makes it a setting of one driver or of one address, which may be a program.
            "core" | "diff" | "merge" | "lfs" if self.name.is_some() => false,
            section if SECTIONS.contains(&section) => true,
            section => KEYS.iter().any(|known| {
                known.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'))
                    == Some(&self.key)
            }),
        }
    }

    /// Writes it as a section of its own, with everything quoted.
    fn write(&self, text: &mut Vec<u8>) {
        text.push(b'[');
        text.extend(self.section.as_bytes());
        if let Some(name) = &self.name {
            text.extend(b" \"");
            quote(name, text);
            text.push(b'"');
        }
        text.extend(b"]\n\t");
        text.extend(self.key.as_bytes());
        if let Some(value) = &self.value {
            text.extend(b" = \"");
            quote(value, text);
            text.push(b'"');
        }
        text.push(b'\n');
    }
}

fn quote(bytes: &[u8], text: &mut Vec<u8>) {
    for &byte in bytes {
        match byte {
            b'\n' => text.extend(b"\\n"),
            b'\t' => text.extend(b"\\t"),
            b'"' | b'\\' => text.extend([b'\\', byte]),
            _ => text.push(byte),
        }
    }
}

/// Reads `section[.name].key[\nvalue]` parts that end with NUL.
fn read(list: &[u8]) -> Vec<Setting> {
    list.split(|byte| *byte == 0).filter(|part| !part.is_empty()).filter_map(setting).collect()
}

fn setting(part: &[u8]) -> Option<Setting> {
    // A name may have a line break in it only as git writes none, so the first ends the key.
    let end = part.iter().position(|byte| *byte == b'\n');
    let (full, value) = match end {
        Some(end) => (&part[..end], Some(part[end + 1..].to_vec())),
        None => (part, None),
    };
    let first = full.iter().position(|byte| *byte == b'.')?;
    let last = full.iter().rposition(|byte| *byte == b'.')?;
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_ascii_lowercase);
    Some(Setting {
        section: text(&full[..first])?,
        name: (first < last).then(|| full[first + 1..last].to_vec()),
        key: text(&full[last + 1..])?,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(list: &[&str], filters_too: bool) -> Settings {
        let list: Vec<u8> =
            list.iter().flat_map(|part| [part.as_bytes(), b"\0"].concat()).collect();
        Settings::choose(&list, b"core.sparsecheckout\ntrue\0", Path::new("/c"), filters_too)
    }

    fn text(settings: &Settings) -> String {
        String::from_utf8_lossy(&settings.text).into_owned()
    }

    #[test]
    fn only_known_keys_pass_and_values_are_quoted() {
        let given = ["user.name\nA \"b\" \\ c\nd", "core.bare", "core.fsmonitor\nevil", "x.y\nz"];
        let settings = chosen(&given, false);
        assert_eq!(
            text(&settings),
            "[user]\n\tname = \"A \\\"b\\\" \\\\ c\\nd\"\n[core]\n\tbare\n[lfs]\n\tstorage = \"/c/lfs\"\n"
        );
    }

    #[test]
    fn a_name_between_makes_another_key() {
        for (given, passes) in [
            ("remote.origin.url\nx", true),
            ("remote.origin.uploadpack\nx", false),
            ("remote.origin.promisor\ntrue", false),
            ("lfs.customtransfer.url.path\nx", false),
            ("lfs.extension.url\nx", false),
            ("diff.algorithm.command\nx", false),
            ("merge.renames.driver\nx", false),
            ("extensions.objectformat\nsha256", true),
            ("extensions.worktreeconfig\nfalse", false),
            ("extensions.partialclone\norigin", false),
            ("include.path\nx", false),
            ("alias.status\n!x", false),
        ] {
            let storage = text(&chosen(&[], false));
            assert_eq!(text(&chosen(&[given], false)) != storage, passes, "{given}");
        }
    }

    #[test]
    fn filters_are_withheld_or_pass_as_asked() {
        let given = ["filter.a.b.clean\nx", "filter.a.b.required\ntrue"];
        let settings = chosen(&given, false);
        assert!(settings.withheld.contains(b"a.b".as_slice()));
        assert!(!text(&settings).contains("filter"));
        let settings = chosen(&given, true);
        assert!(settings.withheld.is_empty());
        assert!(text(&settings).contains("[filter \"a.b\"]\n\tclean = \"x\"\n"));
    }
}
