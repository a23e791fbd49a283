import type { ContentBlock } from './model.js';

/** The text of all text blocks, joined by line breaks. */
export function joinText(blocks: readonly ContentBlock[]): string {
  return blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}
