//! This host: its name among places, and how its processes are told apart.

use std::fs;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Place, ProcessRef, Timestamp};
use crate::transport::ProcessStatus;
use crate::transport::proc_table::{self, ProcessStamp};

/// The inode of the first pid namespace of every Linux kernel: any other one is a container or a
/// sandbox.
const FIRST_PID_NAMESPACE: u64 = 0xEFFF_FFFC;

/// Where this process runs.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) place: Place,
    boot: String,
    namespace: String,
}

impl Host {
    /// Looks at this host.
    ///
    /// # Errors
    /// `InvalidConfig` without `/proc`.
    pub(super) fn find(place: Option<Place>) -> Result<Self> {
        let no_proc = |error| {
            Error::new(ErrorKind::InvalidConfig, "`/proc` is needed and cannot be read")
                .caused_by(error)
        };
        let namespace = proc_table::pid_namespace().map_err(no_proc)?;
        Ok(Self {
            place: place.unwrap_or_else(|| default_place(namespace)),
            boot: proc_table::boot_id().map_err(no_proc)?,
            namespace: namespace.to_string(),
        })
    }

    pub(super) fn reference(
        &self,
        stamp: ProcessStamp,
        started_at: Option<Timestamp>,
    ) -> ProcessRef {
        ProcessRef {
            place: self.place.clone(),
            pid: stamp.pid,
            start: stamp.start,
            boot: Some(self.boot.clone()),
            namespace: Some(self.namespace.clone()),
            started_at,
        }
    }

    /// The process as this boot and namespace know it, or what is known of it without.
    pub(super) fn stamp(&self, process: &ProcessRef) -> Result<ProcessStamp, ProcessStatus> {
        let differs = |theirs: &Option<String>, ours: &String| {
            theirs.as_ref().is_some_and(|theirs| theirs != ours)
        };
        if process.place != self.place {
            return Err(ProcessStatus::Unknown);
        }
        if differs(&process.boot, &self.boot) {
            return Err(ProcessStatus::Dead);
        }
        if differs(&process.namespace, &self.namespace) {
            return Err(ProcessStatus::Unknown);
        }
        Ok(ProcessStamp { pid: process.pid, start: process.start })
    }
}

/// `host:` and a hash of the machine id, which is not to be shown to others as it is.
///
/// A machine id survives reboots and new host names. Containers are given that of their image, or
/// none: there the host name, which containers of one image do not share, is hashed along.
fn default_place(namespace: u64) -> Place {
    let machine = ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .map(|id| id.trim().to_owned())
        .find(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let mut digest = Sha256::new().chain_update("maestro place");
    if machine.is_none() || namespace != FIRST_PID_NAMESPACE {
        digest.update([0]);
        digest.update(rustix::system::uname().nodename().to_bytes());
    }
    digest.update([0]);
    digest.update(machine.unwrap_or_default());
    let hex = digest
        .finalize()
        .iter()
        .take(8)
        .fold(String::from("host:"), |hex, byte| format!("{hex}{byte:02x}"));
    Place::new(hex)
}
