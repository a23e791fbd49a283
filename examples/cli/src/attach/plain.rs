//! A session as plain lines, for pipes and files.

use std::collections::HashMap;

use maestro_core::Result;
use maestro_core::model::{ItemBody, SessionView, ViewItem};
use maestro_core::session::SessionHandle;

use super::layout::Page;
use crate::{follow, out};

/// Nothing is wrapped: whoever reads lines wants them whole.
const COLUMNS: usize = 10_000;

/// Prints what there is and what comes, until the session is closed or the program is ended.
pub(super) async fn print(session: &SessionHandle) -> Result<()> {
    let mut live = session.watch_view().await?;
    let mut printed = Printed::default();
    loop {
        printed.news(live.view()).into_iter().try_for_each(out::line)?;
        tokio::select! {
            changed = live.changed() => if changed.transpose()?.is_none() { return Ok(()) },
            stopped = follow::stopped() => return stopped,
        }
    }
}

/// What was printed of each item that may still change: its lines.
#[derive(Debug, Default)]
pub(super) struct Printed {
    revision: u64,
    lines: HashMap<u64, Vec<String>>,
}

impl Printed {
    /// The lines that were not printed yet: of an item that has grown those at its end, of a tool
    /// that has changed all.
    pub(super) fn news(&mut self, view: &SessionView) -> Vec<String> {
        let mut news = Vec::new();
        for item in view.changed_since(self.revision) {
            let lines = lines(view, item);
            let before = self.lines.remove(&item.id).unwrap_or_default();
            let new = lines.strip_prefix(before.as_slice()).unwrap_or(&lines);
            news.extend_from_slice(new);
            let may_change = match &item.body {
                ItemBody::Tool(tool) => !tool.is_over(),
                ItemBody::Message(_) => true,
                _ => false,
            };
            if may_change {
                self.lines.insert(item.id, lines);
            }
        }
        self.revision = view.revision;
        news
    }
}

fn lines(view: &SessionView, item: &ViewItem) -> Vec<String> {
    let depth = item.agent_id.as_deref().map_or(0, |id| {
        let agent = view.subagents.iter().find(|agent| agent.agent_id == id);
        agent.map_or(1, |agent| agent.depth.max(1) as usize)
    });
    let mut page = Page::new(COLUMNS);
    // Alone, so that a subagent's items are not printed below its call again.
    page.item(&SessionView::default(), item, depth);
    page.rows.into_iter().map(|row| row.text).collect()
}
