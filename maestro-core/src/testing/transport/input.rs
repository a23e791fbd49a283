//! What a program is given.

use futures::future::{join, join_all};

use super::{Act, Stage, frames, line};
use crate::error::ErrorKind;
use crate::transport::{ExitStatus, Frame, OWNER_VARIABLE};

const GOOD_END: Frame = Frame::Exited(ExitStatus::SUCCESS);

pub(super) async fn echo(stage: &Stage) {
    let program = stage.start(Act::Echo).await;
    for text in ["hello", "{\"a\": \"ç…\"}", " "] {
        program.send(text.to_owned()).await.expect("it is sent");
        assert_eq!(line(&*program).await, text);
    }
}

pub(super) async fn not_mixed(stage: &Stage) {
    let program = stage.start(Act::Echo).await;
    let texts: Vec<_> =
        (b'a'..=b'z').map(|letter| char::from(letter).to_string().repeat(100_000)).collect();
    let sending = async {
        let sent = texts.iter().map(|text| program.send(text.clone()));
        for sent in join_all(sent).await {
            sent.expect("it is sent");
        }
        program.close_input().await.expect("input closes");
    };
    let ((), mut read) = join(sending, frames(&*program)).await;
    assert_eq!(read.pop(), Some(GOOD_END));
    let mut read: Vec<_> = read
        .into_iter()
        .filter_map(|frame| match frame {
            Frame::Line(line) => Some(line),
            _ => None,
        })
        .collect();
    read.sort();
    assert!(read == texts, "lines were mixed up or lost");
}

pub(super) async fn no_line_break(stage: &Stage) {
    let program = stage.start(Act::Echo).await;
    let refused = program.send("a\nb".to_owned()).await;
    let refused = refused.expect_err("a line break is refused");
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    program.send("c".to_owned()).await.expect("others are sent");
    assert_eq!(line(&*program).await, "c");
}

pub(super) async fn close(stage: &Stage) {
    let program = stage.start(Act::Echo).await;
    program.send("last".to_owned()).await.expect("it is sent");
    program.close_input().await.expect("input closes");
    program.close_input().await.expect("input closes once more");
    let expected = [Frame::Line("last".to_owned()), GOOD_END];
    assert_eq!(frames(&*program).await, expected);
}

pub(super) async fn send_after_close(stage: &Stage) {
    let program = stage.start(Act::Wait).await;
    program.close_input().await.expect("input closes");
    let refused = program.send("late".to_owned()).await;
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Closed));
}

pub(super) async fn send_after_end(stage: &Stage) {
    let program = stage.start(Act::Exit(0)).await;
    assert_eq!(frames(&*program).await, [GOOD_END]);
    let refused = program.send("late".to_owned()).await;
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Closed));
    let refused = program.interrupt().await;
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Closed));
}

pub(super) async fn both_ways(stage: &Stage) {
    // Neither side reads what the other writes until it has written everything.
    let program = stage.start(Act::Count(200_000)).await;
    let text = "x".repeat(99_999);
    let sending = async {
        for _ in 0..10 {
            program.send(text.clone()).await.expect("it is sent");
        }
        program.close_input().await.expect("input closes");
    };
    let ((), read) = join(sending, frames(&*program)).await;
    let count = Frame::Line("1000000".to_owned());
    assert_eq!(read.len(), 200_002);
    assert_eq!(read[200_000..], [count, GOOD_END]);
}

pub(super) async fn environment(stage: &Stage) {
    let variable = |name: &str| {
        let mut spec = stage.spec(Act::Variable(name.to_owned()));
        spec.env.set.insert("GIVEN".to_owned(), "a value".to_owned());
        spec.env.set.insert(OWNER_VARIABLE.to_owned(), "a lie".to_owned());
        spec
    };
    for (name, expected) in
        [("GIVEN", "a value"), ("HOME", "unset"), (OWNER_VARIABLE, &stage.node.to_string())]
    {
        let program = stage.start_spec(variable(name)).await;
        assert_eq!(line(&*program).await, expected, "{name}");
    }
}

pub(super) async fn directory(stage: &Stage) {
    let program = stage.start(Act::Directory).await;
    let directory = stage.fixture.directory();
    assert_eq!(line(&*program).await, directory.to_string());
}
