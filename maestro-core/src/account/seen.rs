//! What sessions come across, noted on their accounts.

use std::sync::Arc;

use crate::agent::{AgentEvent, AgentReport};
use crate::error::{ErrorInfo, ErrorKind};
use crate::model::{
    AccountInfo, AccountLimit, AgentRateLimited, EventData, LoginState, SessionInfo,
};
use crate::node::Core;
use crate::runtime::spawn;

/// What some reports say about the account behind them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Seen {
    limits: Vec<AgentRateLimited>,
    login: Option<LoginState>,
}

impl Seen {
    pub(crate) fn of(reports: &[AgentReport]) -> Self {
        let mut seen = Self::default();
        for event in reports.iter().flat_map(|report| &report.events) {
            match event {
                AgentEvent::Fact(EventData::AgentRateLimited(limited)) => {
                    seen.limits.push(limited.clone());
                }
                AgentEvent::TurnEnded(end) => match &end.error {
                    // A turn that cost something was answered.
                    None if end.usage.output_tokens > 0 => seen.login = Some(LoginState::Ok),
                    Some(error) if refused(error) => seen.login = Some(LoginState::Refused),
                    _ => {}
                },
                _ => {}
            }
        }
        seen
    }

    /// What the failure of a start says.
    pub(crate) fn of_error(error: &ErrorInfo) -> Self {
        let login = (error.kind == ErrorKind::PermissionDenied).then_some(LoginState::Refused);
        Self { limits: Vec::new(), login }
    }
}

fn refused(error: &ErrorInfo) -> bool {
    error.kind == ErrorKind::PermissionDenied
}

/// Notes it, beside everything else: it is advice for people, and no decision hangs on it.
pub(crate) fn note(core: &Arc<Core>, session: &SessionInfo, seen: Seen) {
    let Some(id) = session.account_id.filter(|_| seen != Seen::default()) else {
        return;
    };
    let (shared, tenant) = (Arc::clone(core), session.tenant_id.clone());
    let noting = async move {
        let now = shared.now();
        let noted = shared.store.change::<AccountInfo, ()>(&tenant, id, |read, draft| {
            let mut account = read.value.clone();
            let status = &mut account.status;
            for limited in &seen.limits {
                let window = limited.window.clone().unwrap_or_else(|| "unknown".to_owned());
                status.limits.insert(window, AccountLimit::seen(limited, now));
            }
            if let Some(login) = seen.login.filter(|login| *login != status.login) {
                status.login = login;
                status.login_at = Some(now);
            }
            if account == read.value {
                return Ok(None);
            }
            draft.update(read.version, &account)?;
            Ok(Some(()))
        });
        if let Err(error) = noted.await {
            tracing::warn!(%error, account = %id, "what was seen of an account is not noted");
        }
    };
    spawn(core.runtime(), "account", noting).detach();
}
