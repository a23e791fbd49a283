//! What a program writes.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join;

use super::{Act, Stage, frames};
use crate::transport::{Connection, ExitStatus, Frame, Garbled, GarbledReason};

const GOOD_END: Frame = Frame::Exited(ExitStatus::SUCCESS);

fn garbled(reason: GarbledReason, text: &str, bytes: u64) -> Frame {
    Frame::Garbled(Garbled { reason, text: text.to_owned(), bytes })
}

fn lines(lines: &[&str]) -> Vec<Frame> {
    let lines = lines.iter().map(|line| Frame::Line((*line).to_owned()));
    lines.chain([GOOD_END]).collect()
}

async fn written(stage: &Stage, bytes: &[u8]) -> Vec<Frame> {
    frames(&*stage.start(Act::Write(bytes.to_owned())).await).await
}

pub(super) async fn in_order(stage: &Stage) {
    let program = stage.start(Act::Write(b"one\ntwo\nthree\n".to_vec())).await;
    assert_eq!(frames(&*program).await, lines(&["one", "two", "three"]));
    assert_eq!(program.next().await, None);
}

pub(super) async fn line_breaks(stage: &Stage) {
    let text = "a\r\n\n\r\n b \nç\n";
    assert_eq!(written(stage, text.as_bytes()).await, lines(&["a", " b ", "ç"]));
}

pub(super) async fn long_line(stage: &Stage) {
    let length = 5 * 1024 * 1024;
    let program = stage.start(Act::LongLine(length)).await;
    let read = frames(&*program).await;
    assert!(read == lines(&["x".repeat(length).as_str()]), "it is changed");
}

pub(super) async fn too_long(stage: &Stage) {
    let length: u32 = 300_000;
    let mut spec = stage.spec(Act::LongLine(300_000));
    spec.max_line_bytes = 299_999;
    let read = frames(&*stage.start_spec(spec).await).await;
    let head = "x".repeat(Garbled::HEAD_BYTES);
    let expected = garbled(GarbledReason::TooLong, &head, length.into());
    assert!(read == [expected, GOOD_END], "it is not as it should be");

    let mut spec = stage.spec(Act::LongLine(300_000));
    spec.max_line_bytes = 300_000;
    let read = frames(&*stage.start_spec(spec).await).await;
    assert!(matches!(read[..], [Frame::Line(_), GOOD_END]), "the limit itself passes");
}

pub(super) async fn not_utf8(stage: &Stage) {
    let expected =
        [garbled(GarbledReason::NotUtf8, "a\u{fffd}b", 3), Frame::Line("c".to_owned()), GOOD_END];
    assert_eq!(written(stage, b"a\xffb\nc\n").await, expected);
}

pub(super) async fn cut(stage: &Stage) {
    let expected = [
        Frame::Line("whole".to_owned()),
        garbled(GarbledReason::Cut, "{\"whole\":1}", 11),
        GOOD_END,
    ];
    assert_eq!(written(stage, b"whole\n{\"whole\":1}").await, expected);
}

/// What came on the standard error, and what else.
fn split(frames: Vec<Frame>) -> (Vec<String>, Vec<Frame>) {
    let mut errors = Vec::new();
    let mut others = Vec::new();
    for frame in frames {
        match frame {
            Frame::Stderr(text) => errors.push(text),
            other => others.push(other),
        }
    }
    (errors, others)
}

pub(super) async fn errors(stage: &Stage) {
    let program = stage.start(Act::Complain(100_000)).await;
    let (errors, others) = split(frames(&*program).await);
    assert!(errors.iter().all(|piece| piece.len() <= 8 * 1024), "a large piece");
    assert!(errors.concat() == "e".repeat(100_000), "something is missing");
    assert_eq!(others, lines(&["done"]));
}

pub(super) async fn flood_of_errors(stage: &Stage) {
    let length = 3 * Frame::MAX_STDERR_BYTES;
    let program = stage.start(Act::Complain(length)).await;
    // The program ends without anybody reading, and then everything was written.
    let stopped = program.stop(crate::transport::StopGrace {
        after_eof: Duration::from_mins(10),
        after_term: Duration::ZERO,
    });
    assert_eq!(stopped.await.ok(), Some(ExitStatus::SUCCESS));
    let (errors, others) = split(frames(&*program).await);
    assert_eq!(others, lines(&["done"]));
    let (note, kept) = errors.split_first().expect("there is a note");
    let kept: usize = kept.iter().map(String::len).sum();
    assert!(kept <= Frame::MAX_STDERR_BYTES, "{kept} bytes were kept");
    assert_eq!(note.trim(), format!("… {} bytes dropped", length - kept));
}

pub(super) async fn slow_reader(stage: &Stage) {
    let program = stage.start(Act::Count(200_000)).await;
    program.close_input().await.expect("input closes");
    for number in 1..=200_000_u32 {
        if number % 50_000 == 0 {
            stage.runtime.sleep(Duration::from_millis(5)).await;
        }
        let line = Frame::Line(number.to_string());
        assert_eq!(program.next().await, Some(line));
    }
    assert_eq!(frames(&*program).await, lines(&["0"]));
}

pub(super) async fn impatient_reader(stage: &Stage) {
    let program = stage.start(Act::Echo).await;
    let reading = async {
        let mut read = Vec::new();
        loop {
            match program.next().now_or_never() {
                Some(Some(frame)) => read.push(frame),
                Some(None) => return read,
                None => stage.runtime.sleep(Duration::from_micros(100)).await,
            }
        }
    };
    let sending = async {
        for number in 0..100 {
            let sent = program.send(number.to_string()).await;
            sent.expect("the program reads");
        }
        program.close_input().await.expect("input closes");
    };
    let (read, ()) = join(reading, sending).await;
    let expected: Vec<_> = (0..100).map(|number| Frame::Line(number.to_string())).collect();
    assert_eq!(read.split_last(), Some((&GOOD_END, &expected[..])));
}

pub(super) async fn two_readers(stage: &Stage) {
    let program = stage.start(Act::Count(10_000)).await;
    program.close_input().await.expect("input closes");
    let program: &dyn Connection = &*program;
    let (mut one, two) = join(frames(program), frames(program)).await;
    one.extend(two);
    assert_eq!(one.len(), 10_002);
    assert_eq!(one.iter().filter(|frame| **frame == GOOD_END).count(), 1);
}
