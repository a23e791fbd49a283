// A board: what is there, and then what happens, with nothing missed between; and a session as a person sees it.
import { emptyView, fold, type Maestro, type SessionView, type TaskInfo } from '@maestro/core';

/** Follows all tasks until `enough` says so. The map is what a page would show. */
export async function board(maestro: Maestro, enough: (tasks: Map<string, TaskInfo>) => boolean, signal: AbortSignal): Promise<Map<string, TaskInfo>> {
  const { tasks, asOf } = await maestro.tasks.list();
  const shown = new Map(tasks.map((task) => [task.id, task]));
  for await (const event of maestro.events.subscribe({ types: ['task.*'] }, { after: { cursor: asOf }, signal })) {
    if (event.taskId !== undefined) shown.set(event.taskId, await maestro.tasks.get(event.taskId));
    if (enough(shown)) break;
  }
  return shown;
}

/** The fold of a session's events, as a browser would make it from what a server sends. */
export async function conversation(maestro: Maestro, sessionId: string): Promise<SessionView> {
  let view = emptyView();
  for await (const event of maestro.sessions.handle(sessionId).events()) {
    view = fold(view, event);
    if (event.type === 'session.idle') break;
  }
  return view;
}
