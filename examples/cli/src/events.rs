//! `events`.

use maestro_core::Result;
use maestro_core::model::{Cursor, EventFilter, Position};

use crate::args::{Common, Events};
use crate::exit::Exit;
use crate::{list, node, out, progress};

pub(crate) async fn events(common: &Common, command: Events) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let mut filter = EventFilter::default();
    if let Some(task) = &command.task {
        filter.task_ids = vec![list::find(&maestro, task).await?.id];
    }
    let mut after =
        command.after.map_or(Position::Beginning, |text| Position::After(Cursor::from_text(text)));
    if command.follow {
        let mut events = maestro.events().subscribe(filter, after).await?;
        while let Some(event) = events.next().await {
            print(common, &event?)?;
        }
        return Ok(Exit::Ok);
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
