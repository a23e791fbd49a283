export { Accounts, Agents } from './agents.js';
export { Approvals, Policies } from './approvals.js';
export type { CallOptions } from './bridge.js';
export { AbortError } from './protocol/errors.js';
export { type EventPage, Events } from './events.js';
export { Feed } from './feed.js';
export type { BuiltInAgent, Implemented } from './foreign.js';
export { Maestro, type MaestroOptions, type Running, type Storage } from './maestro.js';
export {
  type Agent, type AgentAccount, type AgentPrompt, ClaudeCode, type ClaudeCodeOptions, type Conversation, type Evidence, type Hook,
  type HookCall, type HookReply, type Opening, type PermissionHandler, type Question as AgentQuestion, type Said, type TaskFunction, TaskResult,
  TaskRun, type Tool, type TurnEnd,
} from './plugins.js';
export { Projects } from './projects.js';
export * from './protocol/index.js';
export { type FeedOptions, type PromptWhen, Session, Sessions, Turn } from './sessions.js';
export { Task, type TaskOptions, Tasks, Workspace } from './tasks.js';
export type { After, ApprovalReference, PromptInput, Reference, SessionOptions } from './values.js';
