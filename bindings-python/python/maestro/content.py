"""What is said and asked."""

from __future__ import annotations

from collections.abc import Iterable

from ._types import ContentBlock, TextBlock


def join_text(blocks: Iterable[ContentBlock]) -> str:
    """The text of all text blocks, joined by line breaks."""
    return "\n".join(block.text for block in blocks if isinstance(block, TextBlock))


__all__ = ["join_text"]
