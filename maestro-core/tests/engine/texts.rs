//! Texts while they are written: late and slow readers, other nodes, views.

use std::sync::Arc;
use std::time::Duration;

use maestro_core::event::EventStream;
use maestro_core::model::{Event, EventData, EventFilter, ItemBody, Position, SessionSpec};
use maestro_core::session::SessionHandle;
use maestro_core::storage::{ListQuery, RecordKind, Storage, StorageConfig as _};
use maestro_core::{Maestro, Running};
use serde_json::json;

use crate::quill::Quill;
use crate::support::{World, project, under_seeds};

const A_MOMENT: Duration = Duration::from_millis(20);

async fn node(world: &World, quill: &Quill) -> Maestro {
    world.builder().agent("quill", quill.clone()).build().await.unwrap()
}

/// A session whose agent is at work.
async fn at_work(maestro: &Maestro) -> SessionHandle {
    let project = project(maestro).await;
    let spec = SessionSpec::in_project(project.id().to_string()).agent("quill");
    let session = maestro.sessions().open(spec).await.unwrap();
    session.prompt("write").await.unwrap();
    session
}

/// What a reader was shown of a message, and that it was shown in order, once, without a hole.
#[derive(Debug, Default, PartialEq)]
struct Told {
    pieces: Vec<(u64, String)>,
    whole: bool,
}

impl Told {
    fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// Takes an event in. True when the message is whole.
    fn take(&mut self, event: &Event) -> bool {
        match &event.data {
            EventData::MessageDelta(delta) => {
                assert!(!self.whole, "a piece after the whole: {delta:?}");
                assert_eq!(delta.offset, self.text().len() as u64, "{self:?} {delta:?}");
                assert!(event.seq.is_none() && event.cursor.is_none());
                self.pieces.push((delta.offset, delta.text.clone()));
            }
            EventData::Message(_) => self.whole = true,
            _ => {}
        }
        self.whole
    }

    /// Reads until the message is whole.
    async fn until_whole(mut self, events: &mut EventStream) -> Self {
        while !self.take(&events.next().await.unwrap().unwrap()) {}
        self
    }

    /// Reads until this much was shown.
    async fn up_to(mut self, text: &str, events: &mut EventStream) -> Self {
        while self.text() != text {
            self.take(&events.next().await.unwrap().unwrap());
        }
        self
    }
}

fn pieces(pieces: &[(u64, &str)]) -> Vec<(u64, String)> {
    pieces.iter().map(|(offset, text)| (*offset, (*text).to_owned())).collect()
}

#[test]
fn a_late_reader_gets_what_is_written_already_and_then_the_rest() {
    under_seeds(|world| async move {
        let quill = Quill::default();
        let maestro = node(&world, &quill).await;
        let session = at_work(&maestro).await;
        let mut early = session.events();
        quill.delta("m", 0, "Grüße");
        quill.delta("m", 7, ", ");
        let told = Told::default().up_to("Grüße, ", &mut early).await;

        let mut from_start = session.events();
        let everything = EventFilter::default();
        let mut from_now = maestro.events().subscribe(everything, Position::Now).await.unwrap();
        let only = EventFilter::of_types(["message.delta", "message"]);
        let mut of_type = maestro.events().subscribe(only, Position::Now).await.unwrap();
        for late in [&mut from_start, &mut from_now, &mut of_type] {
            let told = Told::default().up_to("Grüße, ", late).await;
            assert_eq!(told.pieces, pieces(&[(0, "Grüße, ")]));
        }
        quill.delta("m", 9, "world");
        world.sleep(A_MOMENT).await;
        quill.message("m", "Grüße, world");
        assert_eq!(told.until_whole(&mut early).await.text(), "Grüße, world");
        for late in [&mut from_start, &mut from_now, &mut of_type] {
            let told = Told { pieces: pieces(&[(0, "Grüße, ")]), whole: false };
            assert_eq!(told.until_whole(late).await.text(), "Grüße, world");
        }
        // The text is whole: nobody is told of its pieces any more.
        let told = Told::default().until_whole(&mut session.events()).await;
        assert_eq!(told, Told { pieces: Vec::new(), whole: true });
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_slow_reader_gets_longer_pieces_and_all_durable_events() {
    under_seeds(|world| async move {
        let quill = Quill::default();
        let maestro = node(&world, &quill).await;
        let session = at_work(&maestro).await;
        let mut slow = session.events();
        let words: Vec<String> = (0..3000).map(|number| format!("{number} ")).collect();
        let mut offset = 0;
        for (index, word) in words.iter().enumerate() {
            quill.delta("m", offset, word);
            offset += word.len();
            if index % 300 == 0 {
                quill.fact("context.updated", json!({ "used": index }));
                world.sleep(A_MOMENT).await;
            }
        }
        world.sleep(A_MOMENT).await;
        let told = Told::default().up_to(&words.concat(), &mut slow).await;
        assert_eq!(told.pieces.len(), 1, "what was missed comes at once");
        quill.message("m", &words.concat());
        told.until_whole(&mut slow).await;
        quill.end_turn();
        session.close().await.unwrap();
        let mut seqs = Vec::new();
        let mut all = session.events();
        while let Some(event) = all.next().await {
            seqs.extend(event.unwrap().seq);
        }
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_text_that_is_begun_again_voids_the_one_before() {
    under_seeds(|world| async move {
        let quill = Quill::default();
        let maestro = node(&world, &quill).await;
        let session = at_work(&maestro).await;
        quill.delta("m-1", 0, "half a sent");
        world.sleep(A_MOMENT).await;
        quill.fact(
            "message.delta",
            json!({ "message_id": "m-2", "generation": 1, "offset": 0, "text": "a sentence" }),
        );
        world.sleep(A_MOMENT).await;
        let mut live = session.watch_view().await.unwrap();
        while live.view().partials.is_empty() {
            live.changed().await.unwrap().unwrap();
        }
        let texts = |view: &maestro_core::model::SessionView| {
            view.partials.iter().map(|partial| partial.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(texts(live.view()), ["a sentence"]);
        assert_eq!(texts(&session.view().await.unwrap()), ["a sentence"]);
        quill.fact("message.superseded", json!({ "message_id": "m-2", "generation": 1 }));
        while !live.view().partials.is_empty() {
            live.changed().await.unwrap().unwrap();
        }
        assert!(session.view().await.unwrap().partials.is_empty());
        maestro.close(Running::Park).await.unwrap();
    });
}

async fn records(store: &Arc<dyn Storage>) -> Vec<(u64, usize)> {
    let page = store.list(&ListQuery::new(None, RecordKind::PARTIAL)).await.unwrap();
    page.records.iter().map(|record| (record.version, record.body.bytes.len())).collect()
}

#[test]
fn another_node_sees_a_text_grow_at_most_four_times_a_second() {
    under_seeds(|world| async move {
        let quill = Quill::default();
        let owner = node(&world, &quill).await;
        let observer = world.builder().concurrency(0).build().await.unwrap();
        let store = world.memory.open(Arc::new(world.runtime.clone())).await.unwrap();
        let session = at_work(&owner).await;
        quill.delta("m", 0, "Nobody watches. ");
        world.sleep(Duration::from_secs(3)).await;
        assert!(records(&store).await.is_empty(), "nothing is written for nobody");

        let watched = observer.sessions().get(session.id()).await.unwrap();
        let mut events = watched.events();
        let mut text = "Nobody watches. ".to_owned();
        let told = Told::default().up_to(&text, &mut events).await;
        let seen = watched.view().await.unwrap();
        assert_eq!(seen.partials[0].text, text);
        let (before, _) = records(&store).await[0];
        for number in 0..100 {
            let word = format!("{number} ");
            quill.delta("m", text.len(), &word);
            text += &word;
            world.sleep(A_MOMENT).await;
        }
        let (after, _) = records(&store).await[0];
        let told = told.up_to(&text, &mut events).await;
        assert!((2..=10).contains(&(after - before)), "{} versions in 2 s", after - before);
        let late = Told::default().up_to(&text, &mut watched.events()).await;
        assert_eq!(late.pieces.len(), 1);
        quill.message("m", &text);
        assert_eq!(told.until_whole(&mut events).await.text(), text);
        assert!(records(&store).await.is_empty(), "it goes with the commit of the message");
        assert!(watched.view().await.unwrap().partials.is_empty());
        observer.close(Running::Park).await.unwrap();
        owner.close(Running::Park).await.unwrap();
    });
}

#[test]
fn what_a_dead_node_was_writing_is_cleared() {
    under_seeds(|world| async move {
        let quill = Quill::default();
        let owner = node(&world, &quill).await;
        let session = at_work(&owner).await;
        let id = session.id();
        let mut early = session.events();
        quill.delta("m", 0, "never whole");
        Told::default().up_to("never whole", &mut early).await;
        let observer = world.builder().concurrency(0).build().await.unwrap();
        let watched = observer.sessions().get(id).await.unwrap();
        Told::default().up_to("never whole", &mut watched.events()).await;
        drop((session, early, watched));

        world.runtime.drop_tasks();
        drop((owner, observer));
        let store = world.memory.open(Arc::new(world.runtime.clone())).await.unwrap();
        assert_eq!(records(&store).await.len(), 1);
        let next = node(&world, &quill).await;
        while !records(&store).await.is_empty() {
            world.sleep(Duration::from_secs(1)).await;
        }
        let view = next.sessions().get(id).await.unwrap().view().await.unwrap();
        assert!(view.partials.is_empty());
        next.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_live_view_ends_as_what_is_read_at_once() {
    under_seeds(|world| async move {
        let quill = Quill::default();
        let owner = node(&world, &quill).await;
        let observer = world.builder().concurrency(0).build().await.unwrap();
        let session = at_work(&owner).await;
        let watched = observer.sessions().get(session.id()).await.unwrap();
        let mut live = watched.watch_view().await.unwrap();
        quill.fact("tool.started", json!({ "tool_call_id": "t", "name": "Bash", "title": "ls" }));
        quill.delta("m", 0, "Hi");
        while live.view().partials.is_empty() {
            live.changed().await.unwrap().unwrap();
        }
        assert!(live.view().items.iter().any(|item| matches!(item.body, ItemBody::Tool(_))));
        quill.message("m", "Hi there");
        quill.end_turn();
        world.sleep(A_MOMENT).await;
        session.close().await.unwrap();
        while let Some(change) = live.changed().await {
            change.unwrap();
        }
        let mut live = live.into_view();
        let mut read = watched.view().await.unwrap();
        assert!(live.cursor.take().is_some() && read.cursor.take().is_some());
        assert_eq!(live, read);
        assert_eq!(live.session_id, Some(session.id()));
        assert!(watched.watch_view().await.unwrap().changed().await.is_none(), "it is over");
        observer.close(Running::Park).await.unwrap();
        owner.close(Running::Park).await.unwrap();
    });
}
