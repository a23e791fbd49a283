//! `events`.

use maestro_core::model::{Cursor, EventFilter, Position};
use maestro_core::{Maestro, Result};

use crate::args::{Common, Events};
use crate::exit::Exit;
use crate::{follow, list, out, progress};

pub(crate) async fn events(maestro: &Maestro, common: &Common, command: Events) -> Result<Exit> {
    let mut filter = EventFilter::default();
    if let Some(task) = &command.task {
        filter.task_ids = vec![list::find(maestro, task).await?.id];
    }
    let mut after =
        command.after.map_or(Position::Beginning, |text| Position::After(Cursor::from_text(text)));
    if command.follow {
        let mut events = maestro.events().subscribe(filter, after).await?;
        let mut stopped = std::pin::pin!(follow::stopped());
        loop {
            tokio::select! {
                event = events.next() => match event.transpose()? {
                    // Pieces of a text under way: one cannot go on after them, and the text comes.
                    Some(event) if event.cursor.is_none() => {}
                    Some(event) => print(common, &event)?,
                    None => return Ok(Exit::Ok),
                },
                stopped = &mut stopped => return stopped.map(|()| Exit::Interrupted),
            }
        }
    }
    loop {
        let (page, next) = maestro.events().read(filter.clone(), after, 500).await?;
        if page.is_empty() {
            return Ok(Exit::Ok);
        }
        for event in &page {
            print(common, event)?;
        }
        after = Position::After(next);
    }
}

fn print(common: &Common, event: &maestro_core::model::Event) -> Result<()> {
    if common.json {
        return out::json(event);
    }
    let Some(text) = progress::text(event) else {
        return Ok(());
    };
    let about = event.refs.task_id.map_or_else(|| "-".repeat(8), |id| list::short(&id));
    out::line(format_args!("{} {about} {text}", event.at))
}
