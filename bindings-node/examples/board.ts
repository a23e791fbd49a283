// A board for the browser: tasks and questions as they are, text as it is written, buttons to answer, cancel and merge.
// node build/examples/board.js PROJECT [PORT], where PROJECT is a git repository; it needs express and ws.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { type WebSocket, WebSocketServer } from 'ws';
import { ClaudeCode, encode, joinText, Maestro, MaestroError, type TaskInfo } from '@maestro/core';

const PAGE = fileURLToPath(new URL('../../../examples/board/page.html', import.meta.url));
const TYPES = ['task.*', 'approval.*', 'workspace.merged', 'message', 'message.delta'];

/** A task, where its work was merged, and what its agent said last, if that still goes on. */
async function shown(maestro: Maestro, task: TaskInfo): Promise<object> {
  const workspace = task.workspaceId === undefined ? undefined : await maestro.tasks.handle(task.id).workspace.info();
  let said = '';
  if (task.sessionId !== undefined && task.outcome === undefined) {
    for (const item of (await maestro.sessions.handle(task.sessionId).view()).items) {
      if (item.item === 'message' && item.role === 'assistant') said = joinText(item.blocks);
    }
  }
  return { ...(encode('TaskInfo', task) as object), merged_into: workspace?.mergedInto ?? null, said };
}

// snippet: board_follow
/** Sends what there is, and then whatever happens after it. */
async function follow(maestro: Maestro, send: (message: object) => void, signal: AbortSignal): Promise<void> {
  let page = await maestro.tasks.list();
  const [tasks, { asOf }] = [[...page.tasks], page];
  while (page.next !== undefined) {
    page = await maestro.tasks.list({ pageToken: page.next });
    tasks.push(...page.tasks);
  }
  const { approvals } = await maestro.approvals.list({ states: ['pending'] });
  send({ tasks: await Promise.all(tasks.map((task) => shown(maestro, task))), approvals: approvals.map((asked) => encode('ApprovalInfo', asked)) });
  for await (const event of maestro.events.subscribe({ types: TYPES }, { after: { cursor: asOf }, signal })) {
    const about = /^(task|workspace)\./.test(event.type) ? event.taskId : undefined;
    send({ event: encode('Event', event), ...(about && { task: await shown(maestro, await maestro.tasks.get(about)) }) });
  }
}
// end
// snippet: board_act
/** What somebody clicked. */
type Asked = { do: string; prompt?: string; task?: string; approval?: string; answers?: unknown };

async function act(maestro: Maestro, project: string, { do: verb, prompt = '', task = '', approval = '', answers }: Asked): Promise<unknown> {
  switch (verb) {
    case 'submit': return maestro.tasks.submit(prompt, { project });
    case 'cancel': return maestro.tasks.handle(task).cancel('from the board');
    case 'merge': return maestro.tasks.handle(task).workspace.merge('main');
    case 'allow': return maestro.approvals.allow(approval);
    case 'deny': return maestro.approvals.deny(approval, 'Denied on the board');
    case 'answer': return maestro.approvals.answer(approval, answers);
    default: throw new MaestroError('invalid_argument', `the board cannot do ${verb}`);
  }
}
// end

/** Serves the board of one project on loopback. */
export async function serve(maestro: Maestro, project: string, port = 0): Promise<{ port: number; close(): Promise<void> }> {
  const app = express();
  app.get('/', (_, response) => response.sendFile(PAGE));
  const server = createServer(app);
  // A name of another site that leads here is not answered, nor is a socket that a page of another site opens.
  const verifyClient = ({ req: { headers: { host = '', origin } } }: { req: IncomingMessage }): boolean =>
    /^(127\.0\.0\.1|localhost):/.test(host) && origin === `http://${host}`;
  const sockets = new WebSocketServer({ server, path: '/feed', verifyClient });
  sockets.on('connection', (socket: WebSocket) => {
    const controller = new AbortController();
    const send = (message: object): void => socket.send(JSON.stringify(message));
    const broken = (error: unknown): void => {
      if (!controller.signal.aborted) console.error(error);
      socket.terminate(); // the page begins anew
    };
    follow(maestro, send, controller.signal).catch(broken);
    socket.on('close', () => controller.abort());
    socket.on('message', (text) => {
      const acted = (async () => act(maestro, project, JSON.parse(String(text))))();
      acted.catch((error: unknown) => (error instanceof MaestroError ? send({ error: error.message }) : broken(error)));
    });
  });
  await new Promise<void>((listening) => { server.listen(port, '127.0.0.1', listening); });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      sockets.clients.forEach((socket) => socket.terminate());
      server.closeAllConnections();
      await new Promise((closed) => { server.close(closed); });
    },
  };
}

if (import.meta.filename === process.argv[1]) {
  const path = resolve(process.argv[2] ?? '.');
  const maestro = await Maestro.open({ storage: `${path}.db`, agents: { claude: ClaudeCode.discover() }, worktrees: `${path}.worktrees` });
  await maestro.projects.ensure('board', { path });
  const { port, close } = await serve(maestro, 'board', Number(process.argv[3] ?? 8000));
  console.log(`The board is at http://127.0.0.1:${port}`);
  process.once('SIGINT', () => void close().then(() => maestro.close()));
}
