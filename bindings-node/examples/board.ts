// A board for the browser: tasks and questions as they are, buttons to allow, deny, cancel and merge.
// node build/examples/board.js PROJECT [PORT]
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express, { type NextFunction, type Request, type Response } from 'express';
import { WebSocketServer } from 'ws';
import { type ApprovalInfo, ClaudeCode, Maestro, MaestroError, type TaskInfo } from '@maestro/core';

const page = fileURLToPath(new URL('../../examples/page.html', import.meta.url));

/** What is on the board: listed once, then kept current by what happens. */
class Board {
  readonly #tasks = new Map<string, TaskInfo>();
  readonly #approvals = new Map<string, ApprovalInfo>();
  readonly #merged = new Map<string, string>();

  async follow(maestro: Maestro, changed: () => void, signal: AbortSignal): Promise<void> {
    const { tasks, asOf } = await maestro.tasks.list();
    for (const task of tasks) this.#tasks.set(task.id, task);
    const { approvals } = await maestro.approvals.list({ states: ['pending'] });
    for (const approval of approvals) this.#approvals.set(approval.id, approval);
    changed();
    const types = ['task.*', 'approval.*', 'workspace.merged'];
    for await (const event of maestro.events.subscribe({ types }, { after: { cursor: asOf }, signal })) {
      if (event.taskId !== undefined) this.#tasks.set(event.taskId, await maestro.tasks.get(event.taskId));
      if (event.type === 'approval.requested' && event.data.approvalId !== undefined) {
        const approval = await maestro.approvals.get(event.data.approvalId);
        if (approval.state === 'pending') this.#approvals.set(approval.id, approval);
      } else if (event.type === 'approval.resolved' || event.type === 'approval.withdrawn' || event.type === 'approval.expired') {
        this.#approvals.delete(event.data.approvalId ?? '');
      } else if (event.type === 'workspace.merged') {
        this.#merged.set(event.taskId ?? '', `merged into ${event.data.into}`);
      }
      changed();
    }
  }

  shown(): string {
    const tasks = [...this.#tasks.values()].map(({ id, state, spec, outcome }) => {
      const failed = outcome?.outcome === 'failed' ? outcome.error.message : '';
      return { id, state, title: spec.title || spec.prompt.split('\n')[0], detail: this.#merged.get(id) ?? failed };
    });
    const approvals = [...this.#approvals.values()].map(({ id, title, tool, input }) => ({ id, title, tool, input }));
    return JSON.stringify({ tasks, approvals });
  }
}

/** Serves the board of one project on loopback. */
export async function serve(maestro: Maestro, project: string, port = 0): Promise<{ url: string; close(): Promise<void> }> {
  const app = express().use(express.json());
  app.get('/', (_, response) => response.sendFile(page));
  const verb = (path: string, act: (id: string, body: { prompt?: string }) => Promise<unknown>): void => {
    app.post(path, (request: Request, response: Response, next: NextFunction) => {
      act(String(request.params['id']), request.body).then(() => response.json({}), next);
    });
  };
  verb('/tasks', (_, { prompt = '' }) => maestro.tasks.submit(prompt, { project }));
  verb('/tasks/:id/cancel', (id) => maestro.tasks.handle(id).cancel('from the board'));
  verb('/tasks/:id/merge', (id) => maestro.tasks.handle(id).workspace.merge('main'));
  verb('/approvals/:id/allow', (id) => maestro.approvals.allow(id));
  verb('/approvals/:id/deny', (id) => maestro.approvals.deny(id, 'Denied on the board'));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const known = error instanceof MaestroError;
    response.status(known ? 409 : 500).json({ message: known ? error.message : 'something broke' });
  });

  const server: Server = createServer(app);
  const sockets = new WebSocketServer({ server });
  const board = new Board();
  const controller = new AbortController();
  const following = board.follow(maestro, () => sockets.clients.forEach((socket) => socket.send(board.shown())), controller.signal);
  following.catch((error: unknown) => { if (!controller.signal.aborted) console.error(error); });
  sockets.on('connection', (socket) => socket.send(board.shown()));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      controller.abort();
      sockets.clients.forEach((socket) => socket.terminate());
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}

if (import.meta.filename === process.argv[1]) {
  const path = process.argv[2] ?? '.';
  const maestro = await Maestro.open({ storage: `${path}/.maestro.db`, agents: { claude: ClaudeCode.discover() }, concurrency: 4 });
  await maestro.projects.ensure('board', { path });
  const { url, close } = await serve(maestro, 'board', Number(process.argv[3] ?? 8000));
  console.log(`The board is at ${url}`);
  process.once('SIGINT', () => void close().then(() => maestro.close()));
}
