// Reads one turn of the stand-in for Claude Code with the Claude Agent SDK, and prints what that took.
import { query } from '@anthropic-ai/claude-agent-sdk';
import { Meter, Tally } from './tally.mjs';

const [claude, lines] = process.argv.slice(2);
const tally = new Tally();
let begin;
const begun = new Promise((resolve) => { begin = resolve; });
let done;
const over = new Promise((resolve) => { done = resolve; });
async function* prompts() {
  await begun;
  yield { type: 'user', message: { role: 'user', content: 'Go.' }, parent_tool_use_id: null, session_id: '' };
  await over;
}
const messages = query({
  prompt: prompts(),
  options: {
    pathToClaudeCodeExecutable: claude, includePartialMessages: true, env: { ...process.env, BENCH_LINES: lines },
  },
});
await messages.initializationResult();
const meter = new Meter();
begin();
for await (const message of messages) {
  tally.events += 1;
  if (message.type === 'stream_event') {
    const { event } = message;
    if (event.type === 'content_block_delta') {
      if (event.delta.type === 'text_delta') {
        tally.deltas += 1;
        tally.delta_chars += event.delta.text.length;
      } else if (event.delta.type === 'thinking_delta') tally.deltas += 1;
    }
  } else if (message.type === 'assistant') {
    for (const block of message.message.content) {
      if (block.type === 'text') tally.text_chars += block.text.length;
      else if (block.type === 'thinking') tally.thought_chars += block.thinking.length;
      else if (block.type === 'tool_use') tally.calls += 1;
    }
  } else if (message.type === 'user') {
    for (const block of message.message.content) {
      if (block.type === 'tool_result') {
        tally.results += 1;
        tally.result_chars += block.content.length;
      }
    }
  } else if (message.type === 'result') break;
}
meter.stop();
done();
tally.print(meter);
process.exit(0);
