//! Bytes of a program to lines.

use maestro_core::transport::Frame;
use maestro_core::transport::framing::Framer;

use super::chosen;

fn frames<'a>(most: usize, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frame> {
    let mut framer = Framer::new(most);
    let mut frames = Vec::new();
    for piece in pieces {
        framer.push(piece, &mut frames);
    }
    frames.extend(framer.finish());
    frames
}

/// However the bytes arrive, the frames are the same, and no line is longer than allowed.
pub fn target(data: &[u8]) {
    let (size, data) = chosen(data);
    let most = 1 + size % 64;
    let whole = frames(most, [data]);
    assert_eq!(frames(most, data.chunks(1 + size % 7)), whole);
    assert_eq!(frames(most, data.chunks(1)), whole);
    for frame in &whole {
        if let Frame::Line(line) = frame {
            assert!(line.len() <= most && !line.contains('\n') && !line.is_empty(), "{line:?}");
        }
    }
}
