//! Fits a line to samples.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::Result;

/// What a program printed as `sample SESSIONS BYTES RESIDENT_KIB`.
#[derive(Debug, Clone, Copy)]
struct Sample {
    sessions: f64,
    bytes: f64,
    resident: f64,
}

/// Runs a program and says how much memory each of its sessions left behind; false for too much.
pub(crate) fn judge(name: &str, most: u32, command: &[String]) -> Result<bool> {
    let (program, arguments) = command.split_first().ok_or("no program is given")?;
    let mut child = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn()?;
    let out = child.stdout.take().ok_or("nothing can be read from the program")?;
    let mut samples = Vec::new();
    for line in BufReader::new(out).lines() {
        let line = line?;
        match line.strip_prefix("sample ") {
            Some(numbers) => {
                samples.push(sample(numbers).ok_or_else(|| format!("is no sample: {line}"))?);
            }
            None => println!("{line}"),
        }
    }
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("{name}: the program failed with {status}").into());
    }
    let sessions = samples.last().map_or(0.0, |last| last.sessions);
    samples.retain(|sample| sample.sessions > sessions / 5.0);
    let (Some(first), Some(last)) = (samples.first().copied(), samples.last().copied()) else {
        return Err(format!("{name}: it printed no samples").into());
    };
    if samples.len() < 10 {
        return Err(format!("{name}: too few samples for a line: {}", samples.len()).into());
    }
    let bytes = slope(&samples, |sample| sample.bytes);
    let resident = slope(&samples, |sample| sample.resident * 1024.0);
    println!(
        "{name}: slope {bytes:.0} B/session over sessions {:.0} to {:.0}; {:.1} MB in use at first, {:.1} MB \
         at last; resident {:.1} and {:.1} MB, slope {resident:.0} B/session",
        first.sessions,
        last.sessions,
        first.bytes / 1e6,
        last.bytes / 1e6,
        first.resident / 1e3,
        last.resident / 1e3,
    );
    let is_steep = bytes > f64::from(most);
    if is_steep {
        println!("{name}: more than {most} B/session");
    }
    Ok(!is_steep)
}

fn sample(numbers: &str) -> Option<Sample> {
    let mut numbers = numbers.split_whitespace().map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some(Sample { sessions: next()?, bytes: next()?, resident: next()? })
}

/// Least squares.
#[expect(clippy::cast_precision_loss, reason = "some hundred samples")]
fn slope(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let count = samples.len() as f64;
    let mean_x = samples.iter().map(|sample| sample.sessions).sum::<f64>() / count;
    let mean_y = samples.iter().map(&of).sum::<f64>() / count;
    let covariance = samples
        .iter()
        .map(|sample| (sample.sessions - mean_x) * (of(sample) - mean_y))
        .sum::<f64>();
    let variance = samples.iter().map(|sample| (sample.sessions - mean_x).powi(2)).sum::<f64>();
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_own_slope() {
        let at = |sessions: f64, noise: f64| Sample {
            sessions,
            bytes: 5e6 + 300.0 * sessions + noise,
            resident: 9.0,
        };
        let samples = [at(100.0, 8.0), at(200.0, -8.0), at(300.0, -8.0), at(400.0, 8.0)];
        assert!((slope(&samples, |sample| sample.bytes) - 300.0).abs() < 1e-9);
        assert!(slope(&samples, |sample| sample.resident).abs() < 1e-9);
    }
}
