//! One redactor for all processes with the same secrets.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Redactor;
use crate::model::Secret;

/// The redactors of processes that run: one takes some 10 KiB, and most sessions of an agent have the
/// same secrets. None is kept longer than its last process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Redactors(Arc<Mutex<Vec<Weak<Redactor>>>>);

impl Redactors {
    /// The redactor of these named secrets.
    pub(crate) fn of(&self, secrets: &[(String, Secret)]) -> Arc<Redactor> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|redactor| redactor.strong_count() > 0);
        let mut there = known.iter().filter_map(Weak::upgrade);
        there.find(|redactor| redactor.is_of(secrets)).unwrap_or_else(|| {
            let named = secrets.iter().map(|(name, secret)| (name.as_str(), secret));
            let made = Arc::new(Redactor::new(named));
            known.push(Arc::downgrade(&made));
            made
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_secrets_share_one_redactor_for_as_long_as_somebody_has_it() {
        let secrets = |value: &str| vec![("KEY".to_owned(), Secret::new(value))];
        let redactors = Redactors::default();
        let first = redactors.of(&secrets("sk-first-1234567"));
        assert!(Arc::ptr_eq(&first, &redactors.of(&secrets("sk-first-1234567"))));
        let other = redactors.of(&secrets("sk-other-1234567"));
        assert_eq!(other.redact("sk-first-1234567"), "sk-first-1234567");
        let first_is_gone = Arc::downgrade(&first);
        drop(first);
        assert!(first_is_gone.upgrade().is_none());
        assert_eq!(
            redactors.of(&secrets("sk-first-1234567")).redact("sk-first-1234567"),
            "[redacted:KEY]"
        );
    }
}
