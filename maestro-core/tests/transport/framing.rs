//! Bytes to frames: the same for any way in which they arrive.

use maestro_core::transport::framing::Framer;
use maestro_core::transport::{Frame, Garbled, GarbledReason};

fn frames<'a>(max: usize, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frame> {
    let mut framer = Framer::new(max);
    let mut frames = Vec::new();
    for piece in pieces {
        framer.push(piece, &mut frames);
    }
    frames.extend(framer.finish());
    assert_eq!(framer.finish(), None, "the end comes once");
    frames
}

/// What the documentation says, on all bytes at once.
fn expected(max: usize, bytes: &[u8]) -> Vec<Frame> {
    let mut lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    let last = lines.pop().unwrap_or_default();
    let lines = lines.into_iter().map(|line| (line.strip_suffix(b"\r").unwrap_or(line), false));
    lines
        .chain([(last, true)])
        .filter(|(line, _)| !line.is_empty())
        .map(|(line, cut)| {
            let garbled = |reason, text: String| {
                Frame::Garbled(Garbled::new(reason, text, line.len() as u64))
            };
            let lossy = String::from_utf8_lossy(line).into_owned();
            if line.len() > max {
                garbled(GarbledReason::TooLong, head(line))
            } else if cut {
                garbled(GarbledReason::Cut, lossy)
            } else if let Ok(line) = str::from_utf8(line) {
                Frame::Line(line.to_owned())
            } else {
                garbled(GarbledReason::NotUtf8, lossy)
            }
        })
        .collect()
}

/// The first 64 KiB, without a character that they cut.
fn head(line: &[u8]) -> String {
    let head = &line[..line.len().min(Garbled::HEAD_BYTES)];
    let text = String::from_utf8_lossy(head);
    match head.utf8_chunks().last() {
        Some(chunk) if str::from_utf8(head).is_err_and(|_| is_beginning(chunk.invalid())) => {
            text.strip_suffix('\u{fffd}').unwrap_or(&text).to_owned()
        }
        _ => text.into_owned(),
    }
}

/// Whether bytes begin a character that needs more.
fn is_beginning(bytes: &[u8]) -> bool {
    matches!(str::from_utf8(bytes), Err(error) if error.error_len().is_none())
}

fn random_bytes(random: &mut fastrand::Rng, length: usize) -> Vec<u8> {
    let words: [&[u8]; 10] = [
        b"a",
        b"{\"b\":1}",
        b"\r",
        b"\n",
        b"\r\n",
        "é".as_bytes(),
        "…".as_bytes(),
        "🦀".as_bytes(),
        b"\xff",
        b"\xe2\x80",
    ];
    let mut bytes = Vec::new();
    while bytes.len() < length {
        bytes.extend_from_slice(words[random.usize(..words.len())]);
    }
    bytes
}

fn random_pieces<'a>(
    random: &mut fastrand::Rng,
    mut bytes: &'a [u8],
    most: usize,
) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(random.usize(0..=most.min(bytes.len())));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

#[test]
fn any_pieces_give_the_frames_of_the_whole() {
    for seed in 0..3000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let length = random.usize(..300);
        let bytes = random_bytes(&mut random, length);
        let max = random.usize(1..40);
        let most = random.usize(1..20);
        let pieces = random_pieces(&mut random, &bytes, most);
        assert_eq!(
            frames(max, pieces),
            expected(max, &bytes),
            "seed {seed}, max {max}, bytes {:?}",
            bytes.escape_ascii().to_string()
        );
    }
}

#[test]
fn heads_of_long_lines_do_not_depend_on_pieces() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let around = Garbled::HEAD_BYTES;
        let mut bytes = Vec::new();
        for _ in 0..random.usize(1..4) {
            let length = random.usize(around - 5..around + 9);
            let line = random_bytes(&mut random, length);
            bytes.extend(line.into_iter().filter(|byte| *byte != b'\n'));
            bytes.extend(random.choice([&b"\n"[..], b"\r\n", b""]).unwrap_or_default());
        }
        let max = random.usize(around - 9..around + 9);
        let pieces = random_pieces(&mut random, &bytes, 9000);
        assert!(
            frames(max, pieces) == expected(max, &bytes),
            "seed {seed}, max {max}, {} bytes",
            bytes.len()
        );
    }
}

#[test]
fn a_line_that_is_too_long_is_counted_to_its_end() {
    let piece = vec![b'x'; 100_000];
    let mut framer = Framer::new(1_000_000);
    let mut read = Vec::new();
    for _ in 0..500 {
        framer.push(&piece, &mut read);
    }
    framer.push(b"\nnext\n", &mut read);
    let garbled = Garbled::new(GarbledReason::TooLong, "x".repeat(Garbled::HEAD_BYTES), 50_000_000);
    assert!(read == [Frame::Garbled(garbled), Frame::Line("next".to_owned())]);
}
