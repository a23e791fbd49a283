// An agent of one's own: it counts the words of what it is asked, and asks before it shouts.
import { type Agent, type AgentPrompt, type Conversation, Maestro, type Said } from '@maestro/core';

class Counting implements Conversation {
  #heard = 0;

  async *prompt({ text, ask }: AgentPrompt): AsyncGenerator<Said> {
    const words = text.split(/\s+/).filter(Boolean);
    this.#heard += words.length;
    yield { type: 'thought', data: { messageId: 'counting', text: `${words.length} words` } };
    if (text.endsWith('!')) {
      const decision = await ask({ tool: 'Shout', title: 'Shout the answer?', input: { words: words.length } });
      if (decision.decision === 'allow') {
        yield `${this.#heard} WORDS SO FAR!`;
        return;
      }
    }
    yield `${this.#heard} words so far`;
  }
}

export const counter: Agent = { open: () => new Counting() };

if (import.meta.filename === process.argv[1]) {
  await using maestro = await Maestro.open({ agents: { counter } });
  await maestro.projects.ensure('words', { path: '.' });
  const session = await maestro.sessions.open({ project: 'words' });
  for (const prompt of process.argv.slice(2)) console.log((await (await session.prompt(prompt)).wait()).result);
}
