//! Compiles the guardian, the one program that the library carries inside itself.
//!
//! It is plain `rustc` on files that use only `std`, so whoever can build this crate can build it,
//! and no package needs an install step. On targets without a guardian nothing is embedded and
//! `Guardian::available()` is false.

#![expect(
    clippy::disallowed_methods,
    reason = "the environment is how cargo speaks to a build script"
)]

use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Architectures that share the numbers of signals, flags and system calls in `guardian/sys.rs`.
const ARCHITECTURES: [&str; 8] =
    ["aarch64", "arm", "loongarch64", "powerpc64", "riscv64", "s390x", "x86", "x86_64"];

fn main() -> ExitCode {
    for path in ["build.rs", "guardian", "src/transport/proc_table/scan.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rustc-check-cfg=cfg(maestro_guardian)");
    if !wanted() {
        return ExitCode::SUCCESS;
    }
    match compile() {
        Ok(()) => {
            println!("cargo::rustc-cfg=maestro_guardian");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            println!(
                "cargo::error=the guardian of maestro-core did not compile for {}",
                var("TARGET")
            );
            for line in reason.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn var(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn wanted() -> bool {
    env::var_os("CARGO_FEATURE_PROCESS").is_some()
        && var("CARGO_CFG_TARGET_OS") == "linux"
        && ["gnu", "musl"].contains(&var("CARGO_CFG_TARGET_ENV").as_str())
        && ARCHITECTURES.contains(&var("CARGO_CFG_TARGET_ARCH").as_str())
}

fn compile() -> Result<(), String> {
    let target = var("TARGET");
    let mut rustc = Command::new(var("RUSTC"));
    rustc.args(["--crate-name=maestro_guardian", "--crate-type=bin", "--edition=2024"]);
    rustc.arg("guardian/main.rs").arg("-o");
    rustc.arg(PathBuf::from(var("OUT_DIR")).join("maestro-guardian"));
    // A user's flags may be what makes linking for this target work (a sysroot, link arguments).
    rustc.args(user_flags(&var("CARGO_ENCODED_RUSTFLAGS")));
    // Ours come last and win. Without LTO: it saves 60 KB of 440 and triples the compile time.
    for option in [
        "opt-level=s",
        "panic=abort",
        "strip=symbols",
        "codegen-units=1",
        "debuginfo=0",
        "prefer-dynamic=no",
    ] {
        rustc.args(["-C", option]);
    }
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut option = std::ffi::OsString::from("linker=");
        option.push(linker);
        rustc.arg("-C").arg(option);
    }
    if target != var("HOST") {
        rustc.args(["--target", &target]);
    }
    // Lints are for those who work on the guardian, not for those who build it with a newer
    // compiler.
    rustc.arg("--cap-lints=warn");

    let output = rustc.output().map_err(|error| format!("cannot run {rustc:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{rustc:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// The flags of `RUSTFLAGS` and the cargo configuration, without instrumentation: a guardian that
/// is instrumented writes profiles into the agent's directory, or does not link.
fn user_flags(encoded: &str) -> Vec<&str> {
    const INSTRUMENTATION: [&str; 5] = [
        "instrument-coverage",
        "profile-generate",
        "profile-use",
        "sanitizer",
        "instrument-mcount",
    ];
    let mut kept = Vec::new();
    let mut flags = encoded.split('\x1f').filter(|flag| !flag.is_empty());
    while let Some(flag) = flags.next() {
        let (switch, value) = match flag {
            "-C" | "-Z" | "--codegen" => (Some(flag), flags.next().unwrap_or_default()),
            _ => (None, flag),
        };
        let option = value.trim_start_matches("-C").trim_start_matches("-Z");
        if INSTRUMENTATION.iter().all(|name| !option.starts_with(name)) {
            kept.extend(switch);
            kept.push(value);
        }
    }
    kept
}
