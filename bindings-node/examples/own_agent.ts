// An agent of one's own: it counts the words of each prompt, and asks before it shouts:
// node build/examples/own_agent.js PROJECT PROMPT, where PROJECT is any directory.
import { resolve } from 'node:path';
import { type Agent, type AgentPrompt, type Conversation, joinText, Maestro, type Said } from '@maestro/core';
import { yes } from './terminal.js';

const [project = '.', prompt = ''] = process.argv.slice(2);
// snippet: own_agent
class Counting implements Conversation {
  async *prompt({ text, ask }: AgentPrompt): AsyncGenerator<Said> {
    const words = text.split(/\s+/).filter(Boolean).length;
    if (text.endsWith('!')) {
      const answer = await ask({ tool: 'Shout', title: 'Shout?', input: { words } });
      if (answer.decision === 'allow') {
        yield `${words} WORDS`;
        return;
      }
    }
    yield `${words} words`;
  }
}

const counter: Agent = { open: () => new Counting() };
await using maestro = await Maestro.open({ agents: { counter } });
// end
await maestro.projects.ensure('words', { path: resolve(project) });
const session = await maestro.sessions.open({ project: 'words' });
await session.prompt(prompt);
for await (const event of session.events()) {
  if (event.type === 'approval.requested') {
    if (await yes(event.data.title)) await maestro.approvals.allow(event.data);
    else await maestro.approvals.deny(event.data, 'Quiet, please.');
  } else if (event.type === 'message' && event.data.role === 'assistant') {
    console.log(joinText(event.data.blocks));
  } else if (event.type === 'turn.ended') {
    break;
  }
}
