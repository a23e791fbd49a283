// Generated from docs/wire/schema.json by generate.mjs; do not edit.

import { readEventData, writeEventData } from './event.js';
import { extra, filled, filledMap, type Json, list, map, notGiven, only, unknownVariant } from './helpers.js';
import type * as m from './model.js';

const fieldsOfAccountInfo = new Set(['id', 'tenant_id', 'name', 'agent', 'credentials', 'config_dir', 'labels', 'state', 'status', 'created_at']);

export function readAccountInfo(w: Json): m.AccountInfo {
  return {
    id: w.id,
    tenantId: w.tenant_id,
    name: w.name,
    agent: w.agent ?? '',
    credentials: w.credentials ?? {},
    configDir: w.config_dir == null ? undefined : readPlacePath(w.config_dir),
    labels: w.labels ?? {},
    state: w.state ?? 'active',
    status: readAccountStatus(w.status ?? {}),
    createdAt: w.created_at,
    ...extra(w, fieldsOfAccountInfo),
  };
}

export function writeAccountInfo(v: m.AccountInfoInput): Json {
  return {
    id: v.id,
    tenant_id: v.tenantId,
    name: v.name,
    agent: v.agent || undefined,
    credentials: filledMap(v.credentials),
    config_dir: v.configDir == null ? undefined : writePlacePath(v.configDir),
    labels: filledMap(v.labels),
    state: v.state,
    status: v.status && writeAccountStatus(v.status),
    created_at: v.createdAt,
    ...v.extra,
  };
}

export function readAccountLimit(w: Json): m.AccountLimit {
  return {
    status: w.status,
    utilization: w.utilization ?? undefined,
    resetsAt: w.resets_at ?? undefined,
    seenAt: w.seen_at,
  };
}

export function writeAccountLimit(v: m.AccountLimit): Json {
  return {
    status: v.status,
    utilization: v.utilization ?? undefined,
    resets_at: v.resetsAt ?? undefined,
    seen_at: v.seenAt,
  };
}

export function readAccountSpec(w: Json): m.AccountSpec {
  return {
    name: w.name ?? '',
    agent: w.agent ?? '',
    credentials: w.credentials ?? {},
    configDir: w.config_dir ?? undefined,
    labels: w.labels ?? {},
  };
}

const givenAccountSpec = new Set(['name', 'agent', 'credentials', 'configDir', 'labels']);

export function writeAccountSpec(v: m.AccountSpecInput): Json {
  only('AccountSpec', v, givenAccountSpec);
  return {
    name: v.name,
    agent: v.agent || undefined,
    credentials: filledMap(v.credentials),
    config_dir: v.configDir ?? undefined,
    labels: filledMap(v.labels),
  };
}

export function readAccountStatus(w: Json): m.AccountStatus {
  return {
    login: w.login ?? 'unknown',
    loginAt: w.login_at ?? undefined,
    limits: map(w.limits, readAccountLimit),
  };
}

export function writeAccountStatus(v: m.AccountStatusInput): Json {
  return {
    login: v.login,
    login_at: v.loginAt ?? undefined,
    limits: filledMap(v.limits && map(v.limits, writeAccountLimit)),
  };
}

export function readActor(w: Json): m.Actor {
  return {
    kind: w.kind,
    id: w.id,
  };
}

export function writeActor(v: m.Actor): Json {
  return {
    kind: v.kind,
    id: v.id,
  };
}

export function readAgentCommand(w: Json): m.AgentCommand {
  return {
    name: w.name ?? '',
    about: w.about ?? '',
  };
}

export function writeAgentCommand(v: m.AgentCommandInput): Json {
  return {
    name: v.name,
    about: v.about,
  };
}

export function readAgentFrame(w: Json): m.AgentFrame {
  return {
    frameType: w.frame_type ?? '',
  };
}

export function writeAgentFrame(v: m.AgentFrameInput): Json {
  return {
    frame_type: v.frameType,
  };
}

export function readAgentInfo(w: Json): m.AgentInfo {
  return {
    name: w.name,
    kind: w.kind,
  };
}

export function writeAgentInfo(v: m.AgentInfo): Json {
  return {
    name: v.name,
    kind: v.kind,
  };
}

export function readAgentModel(w: Json): m.AgentModel {
  return {
    id: w.id ?? '',
    name: w.name ?? '',
    about: w.about ?? '',
  };
}

export function writeAgentModel(v: m.AgentModelInput): Json {
  return {
    id: v.id,
    name: v.name,
    about: v.about,
  };
}

export function readAgentOutput(w: Json): m.AgentOutput {
  return {
    reason: w.reason ?? '',
    text: w.text ?? '',
    bytes: w.bytes ?? 0,
  };
}

export function writeAgentOutput(v: m.AgentOutputInput): Json {
  return {
    reason: v.reason,
    text: v.text,
    bytes: v.bytes,
  };
}

export function readAgentPointer(w: Json): m.AgentPointer {
  return {
    agentSessionId: w.agent_session_id ?? undefined,
    lastPrompt: w.last_prompt ?? undefined,
    lastMessage: w.last_message ?? undefined,
    configDir: w.config_dir ?? undefined,
  };
}

export function writeAgentPointer(v: m.AgentPointer): Json {
  return {
    agent_session_id: v.agentSessionId ?? undefined,
    last_prompt: v.lastPrompt ?? undefined,
    last_message: v.lastMessage ?? undefined,
    config_dir: v.configDir ?? undefined,
  };
}

export function readAgentRateLimited(w: Json): m.AgentRateLimited {
  return {
    status: w.status ?? '',
    utilization: w.utilization ?? undefined,
    resetsAt: w.resets_at ?? undefined,
    window: w.window ?? undefined,
    account: w.account ?? undefined,
  };
}

export function writeAgentRateLimited(v: m.AgentRateLimitedInput): Json {
  return {
    status: v.status,
    utilization: v.utilization ?? undefined,
    resets_at: v.resetsAt ?? undefined,
    window: v.window ?? undefined,
    account: v.account ?? undefined,
  };
}

export function readAgentRetrying(w: Json): m.AgentRetrying {
  return {
    attempt: w.attempt ?? 0,
    maxAttempts: w.max_attempts ?? undefined,
    delayMs: w.delay_ms ?? undefined,
    status: w.status ?? undefined,
    reason: w.reason ?? undefined,
  };
}

export function writeAgentRetrying(v: m.AgentRetryingInput): Json {
  return {
    attempt: v.attempt,
    max_attempts: v.maxAttempts ?? undefined,
    delay_ms: v.delayMs ?? undefined,
    status: v.status ?? undefined,
    reason: v.reason ?? undefined,
  };
}

export function readAgentStatus(w: Json): m.AgentStatus {
  return {
    installed: w.installed ?? false,
    program: w.program ?? undefined,
    version: w.version ?? undefined,
    tested: w.tested ?? undefined,
    login: w.login ?? '',
    configDir: w.config_dir ?? undefined,
    models: list(w.models, readAgentModel),
    modes: w.modes ?? [],
    commands: list(w.commands, readAgentCommand),
    problem: w.problem == null ? undefined : readErrorInfo(w.problem),
  };
}

export function writeAgentStatus(v: m.AgentStatusInput): Json {
  return {
    installed: v.installed,
    program: v.program ?? undefined,
    version: v.version ?? undefined,
    tested: v.tested ?? undefined,
    login: v.login,
    config_dir: v.configDir ?? undefined,
    models: v.models?.map(writeAgentModel),
    modes: v.modes,
    commands: v.commands?.map(writeAgentCommand),
    problem: v.problem == null ? undefined : writeErrorInfo(v.problem),
  };
}

export function readAgentStderr(w: Json): m.AgentStderr {
  return {
    text: w.text ?? '',
  };
}

export function writeAgentStderr(v: m.AgentStderrInput): Json {
  return {
    text: v.text,
  };
}

export function readAgentWarning(w: Json): m.AgentWarning {
  return {
    code: w.code ?? '',
    message: w.message ?? '',
  };
}

export function writeAgentWarning(v: m.AgentWarningInput): Json {
  return {
    code: v.code,
    message: v.message,
  };
}

export function readApprovalExpired(w: Json): m.ApprovalExpired {
  return {
    approvalId: w.approval_id ?? undefined,
  };
}

export function writeApprovalExpired(v: m.ApprovalExpired): Json {
  return {
    approval_id: v.approvalId ?? undefined,
  };
}

export function readApprovalFilter(w: Json): m.ApprovalFilter {
  return {
    states: w.states ?? [],
    projectIds: w.project_ids ?? [],
    sessionId: w.session_id ?? undefined,
    taskId: w.task_id ?? undefined,
    kind: w.kind ?? undefined,
    assignee: w.assignee ?? undefined,
    limit: w.limit ?? undefined,
    pageToken: w.page_token ?? undefined,
  };
}

const givenApprovalFilter = new Set(['states', 'projectIds', 'sessionId', 'taskId', 'kind', 'assignee', 'limit', 'pageToken']);

export function writeApprovalFilter(v: m.ApprovalFilterInput): Json {
  only('ApprovalFilter', v, givenApprovalFilter);
  return {
    states: v.states,
    project_ids: v.projectIds,
    session_id: v.sessionId ?? null,
    task_id: v.taskId ?? null,
    kind: v.kind ?? null,
    assignee: v.assignee ?? null,
    limit: v.limit ?? null,
    page_token: v.pageToken ?? null,
  };
}

export function readApprovalGranted(w: Json): m.ApprovalGranted {
  return {
    approvalId: w.approval_id ?? undefined,
    decision: readDecision(w.decision ?? {'decision':'deny','message':'','interrupt':false}),
    by: readActor(w.by ?? {}),
    inputHash: w.input_hash ?? '',
    expiresAt: w.expires_at ?? undefined,
  };
}

export function writeApprovalGranted(v: m.ApprovalGrantedInput): Json {
  return {
    approval_id: v.approvalId ?? undefined,
    decision: v.decision && writeDecision(v.decision),
    by: v.by && writeActor(v.by),
    input_hash: v.inputHash,
    expires_at: v.expiresAt ?? undefined,
  };
}

const fieldsOfApprovalInfo = new Set(['id', 'tenant_id', 'project_id', 'session_id', 'turn_id', 'task_id', 'state', 'kind', 'tool', 'tool_call_id', 'title', 'input', 'agent_request_id', 'key', 'round', 'questions', 'options', 'suggestions', 'remembered_rules', 'blocked_path', 'agent_id', 'assignee', 'handler_error', 'decision', 'decided_by', 'decided_at', 'rule', 'granted_by', 'delivered_at', 'deliver_at', 'grant', 'created_at', 'expires_at']);

export function readApprovalInfo(w: Json): m.ApprovalInfo {
  return {
    id: w.id,
    tenantId: w.tenant_id,
    projectId: w.project_id ?? undefined,
    sessionId: w.session_id ?? undefined,
    turnId: w.turn_id ?? undefined,
    taskId: w.task_id ?? undefined,
    state: w.state,
    kind: w.kind,
    tool: w.tool ?? undefined,
    toolCallId: w.tool_call_id ?? undefined,
    title: w.title ?? '',
    input: w.input ?? null,
    agentRequestId: w.agent_request_id ?? '',
    key: w.key ?? undefined,
    round: w.round ?? undefined,
    questions: list(w.questions, readQuestion),
    options: list(w.options, readApprovalOption),
    suggestions: w.suggestions ?? [],
    rememberedRules: w.remembered_rules ?? [],
    blockedPath: w.blocked_path ?? undefined,
    agentId: w.agent_id ?? undefined,
    assignee: w.assignee ?? undefined,
    handlerError: w.handler_error == null ? undefined : readErrorInfo(w.handler_error),
    decision: w.decision == null ? undefined : readDecision(w.decision),
    decidedBy: w.decided_by == null ? undefined : readActor(w.decided_by),
    decidedAt: w.decided_at ?? undefined,
    rule: w.rule ?? undefined,
    grantedBy: w.granted_by ?? undefined,
    deliveredAt: w.delivered_at ?? undefined,
    deliverAt: w.deliver_at ?? undefined,
    grant: w.grant == null ? undefined : readGrant(w.grant),
    createdAt: w.created_at,
    expiresAt: w.expires_at ?? undefined,
    ...extra(w, fieldsOfApprovalInfo),
  };
}

export function writeApprovalInfo(v: m.ApprovalInfoInput): Json {
  return {
    id: v.id,
    tenant_id: v.tenantId,
    project_id: v.projectId ?? undefined,
    session_id: v.sessionId ?? undefined,
    turn_id: v.turnId ?? undefined,
    task_id: v.taskId ?? undefined,
    state: v.state,
    kind: v.kind,
    tool: v.tool ?? undefined,
    tool_call_id: v.toolCallId ?? undefined,
    title: v.title,
    input: v.input,
    agent_request_id: v.agentRequestId || undefined,
    key: v.key ?? undefined,
    round: v.round ?? undefined,
    questions: filled(v.questions?.map(writeQuestion)),
    options: filled(v.options?.map(writeApprovalOption)),
    suggestions: filled(v.suggestions),
    remembered_rules: filled(v.rememberedRules),
    blocked_path: v.blockedPath ?? undefined,
    agent_id: v.agentId ?? undefined,
    assignee: v.assignee ?? undefined,
    handler_error: v.handlerError == null ? undefined : writeErrorInfo(v.handlerError),
    decision: v.decision == null ? undefined : writeDecision(v.decision),
    decided_by: v.decidedBy == null ? undefined : writeActor(v.decidedBy),
    decided_at: v.decidedAt ?? undefined,
    rule: v.rule ?? undefined,
    granted_by: v.grantedBy ?? undefined,
    delivered_at: v.deliveredAt ?? undefined,
    deliver_at: v.deliverAt ?? undefined,
    grant: v.grant == null ? undefined : writeGrant(v.grant),
    created_at: v.createdAt,
    expires_at: v.expiresAt ?? undefined,
    ...v.extra,
  };
}

export function readApprovalOption(w: Json): m.ApprovalOption {
  return {
    id: w.id,
    kind: w.kind,
    title: w.title,
  };
}

export function writeApprovalOption(v: m.ApprovalOption): Json {
  return {
    id: v.id,
    kind: v.kind,
    title: v.title,
  };
}

export function readApprovalPage(w: Json): m.ApprovalPage {
  return {
    approvals: list(w.approvals, readApprovalInfo),
    next: w.next ?? undefined,
    asOf: w.as_of,
  };
}

export function writeApprovalPage(v: m.ApprovalPageInput): Json {
  return {
    approvals: v.approvals?.map(writeApprovalInfo),
    next: v.next ?? null,
    as_of: v.asOf,
  };
}

export function readApprovalRequested(w: Json): m.ApprovalRequested {
  return {
    approvalId: w.approval_id ?? undefined,
    kind: w.kind ?? 'tool',
    tool: w.tool ?? undefined,
    toolCallId: w.tool_call_id ?? undefined,
    title: w.title ?? '',
    input: w.input ?? null,
    questions: list(w.questions, readQuestion),
    options: list(w.options, readApprovalOption),
    suggestions: w.suggestions ?? [],
    rememberedRules: w.remembered_rules ?? [],
    blockedPath: w.blocked_path ?? undefined,
    agentId: w.agent_id ?? undefined,
    assignee: w.assignee ?? undefined,
    rule: w.rule ?? undefined,
    answered: w.answered ?? false,
    expiresAt: w.expires_at ?? undefined,
  };
}

export function writeApprovalRequested(v: m.ApprovalRequestedInput): Json {
  return {
    approval_id: v.approvalId ?? undefined,
    kind: v.kind,
    tool: v.tool ?? undefined,
    tool_call_id: v.toolCallId ?? undefined,
    title: v.title,
    input: v.input,
    questions: filled(v.questions?.map(writeQuestion)),
    options: filled(v.options?.map(writeApprovalOption)),
    suggestions: filled(v.suggestions),
    remembered_rules: filled(v.rememberedRules),
    blocked_path: v.blockedPath ?? undefined,
    agent_id: v.agentId ?? undefined,
    assignee: v.assignee ?? undefined,
    rule: v.rule ?? undefined,
    answered: v.answered || undefined,
    expires_at: v.expiresAt ?? undefined,
  };
}

export function readApprovalResolved(w: Json): m.ApprovalResolved {
  return {
    approvalId: w.approval_id ?? undefined,
    decision: readDecision(w.decision ?? {'decision':'deny','message':'','interrupt':false}),
    by: readActor(w.by ?? {}),
    rule: w.rule ?? undefined,
    reason: w.reason ?? undefined,
    input: w.input ?? undefined,
    grantedBy: w.granted_by ?? undefined,
  };
}

export function writeApprovalResolved(v: m.ApprovalResolvedInput): Json {
  return {
    approval_id: v.approvalId ?? undefined,
    decision: v.decision && writeDecision(v.decision),
    by: v.by && writeActor(v.by),
    rule: v.rule ?? undefined,
    reason: v.reason ?? undefined,
    input: v.input ?? undefined,
    granted_by: v.grantedBy ?? undefined,
  };
}

export function readApprovalUpdated(w: Json): m.ApprovalUpdated {
  return {
    approvalId: w.approval_id ?? undefined,
    expiresAt: w.expires_at ?? undefined,
    assignee: w.assignee ?? undefined,
    handlerError: w.handler_error == null ? undefined : readErrorInfo(w.handler_error),
  };
}

export function writeApprovalUpdated(v: m.ApprovalUpdatedInput): Json {
  return {
    approval_id: v.approvalId ?? undefined,
    expires_at: v.expiresAt ?? undefined,
    assignee: v.assignee ?? undefined,
    handler_error: v.handlerError == null ? undefined : writeErrorInfo(v.handlerError),
  };
}

export function readApprovalWithdrawn(w: Json): m.ApprovalWithdrawn {
  return {
    approvalId: w.approval_id ?? undefined,
    reason: w.reason ?? '',
  };
}

export function writeApprovalWithdrawn(v: m.ApprovalWithdrawnInput): Json {
  return {
    approval_id: v.approvalId ?? undefined,
    reason: v.reason,
  };
}

export function readAttemptInfo(w: Json): m.AttemptInfo {
  return {
    number: w.number,
    state: w.state,
    token: w.token,
    nodeId: w.node_id,
    startedAt: w.started_at,
    endedAt: w.ended_at ?? undefined,
    error: w.error == null ? undefined : readErrorInfo(w.error),
  };
}

export function writeAttemptInfo(v: m.AttemptInfoInput): Json {
  return {
    number: v.number,
    state: v.state,
    token: v.token,
    node_id: v.nodeId,
    started_at: v.startedAt,
    ended_at: v.endedAt ?? undefined,
    error: v.error == null ? undefined : writeErrorInfo(v.error),
  };
}

export function readAttemptLost(w: Json): m.AttemptLost {
  return {
    attempt: w.attempt ?? 0,
    nodeId: w.node_id ?? undefined,
    evidence: w.evidence ?? '',
  };
}

export function writeAttemptLost(v: m.AttemptLostInput): Json {
  return {
    attempt: v.attempt,
    node_id: v.nodeId ?? undefined,
    evidence: v.evidence,
  };
}

export function readAttemptRecovered(w: Json): m.AttemptRecovered {
  return {
    attempt: w.attempt ?? 0,
    processesEnded: w.processes_ended ?? 0,
    action: w.action ?? '',
    detail: w.detail ?? '',
  };
}

export function writeAttemptRecovered(v: m.AttemptRecoveredInput): Json {
  return {
    attempt: v.attempt,
    processes_ended: v.processesEnded,
    action: v.action,
    detail: v.detail,
  };
}

export function readBlobRef(w: Json): m.BlobRef {
  return {
    address: w.address ?? '',
    size: w.size ?? 0,
    mediaType: w.media_type ?? '',
    head: w.head ?? '',
  };
}

export function writeBlobRef(v: m.BlobRefInput): Json {
  return {
    address: v.address,
    size: v.size,
    media_type: v.mediaType,
    head: v.head || undefined,
  };
}

export function readCancelRequest(w: Json): m.CancelRequest {
  return {
    by: readActor(w.by),
    at: w.at,
    reason: w.reason ?? '',
    forceAt: w.force_at,
  };
}

export function writeCancelRequest(v: m.CancelRequestInput): Json {
  return {
    by: v.by && writeActor(v.by),
    at: v.at,
    reason: v.reason,
    force_at: v.forceAt,
  };
}

export function readChanges(w: Json): m.Changes {
  return {
    files: list(w.files, readFileChange),
    uncommitted: w.uncommitted,
    untracked: w.untracked,
    ignored: w.ignored ?? false,
    stashed: w.stashed ?? false,
    unmerged: w.unmerged,
    head: w.head ?? undefined,
  };
}

export function writeChanges(v: m.ChangesInput): Json {
  return {
    files: v.files?.map(writeFileChange),
    uncommitted: v.uncommitted,
    untracked: v.untracked,
    ignored: v.ignored,
    stashed: v.stashed,
    unmerged: v.unmerged,
    head: v.head ?? undefined,
  };
}

export function readChoice(w: Json): m.Choice {
  return {
    label: w.label ?? '',
    description: w.description ?? '',
  };
}

export function writeChoice(v: m.ChoiceInput): Json {
  return {
    label: v.label,
    description: v.description || undefined,
  };
}

export function readContentBlock(w: Json): m.ContentBlock {
  switch (w.type) {
    case 'text': return { type: 'text', text: w.text };
    case 'image': return { type: 'image', mediaType: w.media_type, data: w.data };
    case 'file': return { type: 'file', name: w.name ?? undefined, mediaType: w.media_type, data: w.data };
    case 'other': return { type: 'other', block: w.block ?? null };
    default: return { type: 'unknown', wire: unknownVariant('ContentBlock', w, w.type) };
  }
}

export function writeContentBlock(v: m.ContentBlock): Json {
  switch (v.type) {
    case 'text': return { type: 'text', text: v.text };
    case 'image': return { type: 'image', media_type: v.mediaType, data: v.data };
    case 'file': return { type: 'file', name: v.name ?? undefined, media_type: v.mediaType, data: v.data };
    case 'other': return { type: 'other', block: v.block };
    case 'unknown': return v.wire;
    default: return notGiven('ContentBlock', (v as Json)?.type);
  }
}

export function readContextCompacted(w: Json): m.ContextCompacted {
  return {
    trigger: w.trigger ?? '',
    before: w.before ?? undefined,
    after: w.after ?? undefined,
  };
}

export function writeContextCompacted(v: m.ContextCompactedInput): Json {
  return {
    trigger: v.trigger,
    before: v.before ?? undefined,
    after: v.after ?? undefined,
  };
}

export function readContextUpdated(w: Json): m.ContextUpdated {
  return {
    used: w.used ?? 0,
    size: w.size ?? undefined,
  };
}

export function writeContextUpdated(v: m.ContextUpdatedInput): Json {
  return {
    used: v.used,
    size: v.size ?? undefined,
  };
}

export function readDecision(w: Json): m.Decision {
  switch (w.decision) {
    case 'allow': return { decision: 'allow', input: w.input ?? undefined, remember: w.remember ?? 'once' };
    case 'deny': return { decision: 'deny', message: w.message ?? '', interrupt: w.interrupt ?? false };
    case 'answer': return { decision: 'answer', answers: w.answers ?? null };
    default: return { decision: 'unknown', wire: unknownVariant('Decision', w, w.decision) };
  }
}

export function writeDecision(v: m.DecisionInput): Json {
  switch (v.decision) {
    case 'allow': return { decision: 'allow', input: v.input ?? undefined, remember: v.remember };
    case 'deny': return { decision: 'deny', message: v.message, interrupt: v.interrupt };
    case 'answer': return { decision: 'answer', answers: v.answers };
    case 'unknown': return v.wire;
    default: return notGiven('Decision', (v as Json)?.decision);
  }
}

export function readErrorInfo(w: Json): m.ErrorInfo {
  return {
    kind: w.kind,
    message: w.message,
    operation: w.operation ?? '',
    context: w.context ?? [],
    limit: w.limit == null ? undefined : readLimitHit(w.limit),
    retryable: w.retryable ?? false,
    unknownOutcome: w.unknown_outcome ?? false,
    exceptionId: w.exception_id ?? undefined,
  };
}

export function writeErrorInfo(v: m.ErrorInfoInput): Json {
  return {
    kind: v.kind,
    message: v.message,
    operation: v.operation || undefined,
    context: filled(v.context),
    limit: v.limit == null ? undefined : writeLimitHit(v.limit),
    retryable: v.retryable,
    unknown_outcome: v.unknownOutcome,
    exception_id: v.exceptionId ?? undefined,
  };
}

export function readEventFilter(w: Json): m.EventFilter {
  return {
    tenantId: w.tenant_id ?? undefined,
    projectIds: w.project_ids ?? [],
    sessionIds: w.session_ids ?? [],
    taskIds: w.task_ids ?? [],
    types: w.types ?? [],
  };
}

const givenEventFilter = new Set(['tenantId', 'projectIds', 'sessionIds', 'taskIds', 'types']);

export function writeEventFilter(v: m.EventFilterInput): Json {
  only('EventFilter', v, givenEventFilter);
  return {
    tenant_id: v.tenantId ?? null,
    project_ids: v.projectIds,
    session_ids: v.sessionIds,
    task_ids: v.taskIds,
    types: v.types,
  };
}

export function readFileChange(w: Json): m.FileChange {
  return {
    path: w.path,
    status: w.status,
    added: w.added ?? undefined,
    removed: w.removed ?? undefined,
  };
}

export function writeFileChange(v: m.FileChange): Json {
  return {
    path: v.path,
    status: v.status,
    added: v.added ?? undefined,
    removed: v.removed ?? undefined,
  };
}

export function readFileChanged(w: Json): m.FileChanged {
  return {
    toolCallId: w.tool_call_id ?? '',
    path: w.path ?? '',
    added: w.added ?? undefined,
    removed: w.removed ?? undefined,
  };
}

export function writeFileChanged(v: m.FileChangedInput): Json {
  return {
    tool_call_id: v.toolCallId,
    path: v.path,
    added: v.added ?? undefined,
    removed: v.removed ?? undefined,
  };
}

export function readFileView(w: Json): m.FileView {
  return {
    path: w.path ?? '',
    changes: w.changes ?? 0,
    added: w.added ?? undefined,
    removed: w.removed ?? undefined,
    uncounted: w.uncounted ?? 0,
  };
}

export function writeFileView(v: m.FileViewInput): Json {
  return {
    path: v.path,
    changes: v.changes,
    added: v.added ?? undefined,
    removed: v.removed ?? undefined,
    uncounted: v.uncounted,
  };
}

export function readGap(w: Json): m.Gap {
  return {
    reason: w.reason ?? '',
    missing: w.missing ?? undefined,
  };
}

export function writeGap(v: m.GapInput): Json {
  return {
    reason: v.reason,
    missing: v.missing ?? undefined,
  };
}

export function readGrant(w: Json): m.Grant {
  return {
    state: w.state ?? 'open',
    inputHash: w.input_hash ?? '',
    createdAt: w.created_at ?? '',
    expiresAt: w.expires_at ?? '',
    usedBy: w.used_by ?? undefined,
  };
}

export function writeGrant(v: m.GrantInput): Json {
  return {
    state: v.state,
    input_hash: v.inputHash,
    created_at: v.createdAt,
    expires_at: v.expiresAt,
    used_by: v.usedBy ?? undefined,
  };
}

export function readItemBody(w: Json): m.ItemBody {
  switch (w.item) {
    case 'prompt': return { item: 'prompt', origin: readOrigin(w.origin ?? {'kind':'prompt'}), blocks: list(w.blocks, readContentBlock), by: w.by == null ? undefined : readActor(w.by), foldedInto: w.folded_into ?? undefined };
    case 'message': return { item: 'message', messageId: w.message_id ?? '', role: w.role ?? '', blocks: list(w.blocks, readContentBlock) };
    case 'thought': return { item: 'thought', messageId: w.message_id ?? '', text: w.text ?? '', redacted: w.redacted ?? false };
    case 'tool': return { item: 'tool', toolCallId: w.tool_call_id ?? '', parentToolCallId: w.parent_tool_call_id ?? undefined, name: w.name ?? '', kind: w.kind ?? '', title: w.title ?? '', locations: w.locations ?? [], input: w.input ?? null, effectiveInput: w.effective_input ?? undefined, status: w.status ?? 'pending', content: list(w.content, readToolContent), result: w.result ?? undefined, truncated: w.truncated ?? false, full: w.full == null ? undefined : readBlobRef(w.full), background: w.background ?? false, approval: w.approval == null ? undefined : readToolApproval(w.approval), endedAt: w.ended_at ?? undefined };
    case 'turn_ended': return { item: 'turn_ended', stopReason: w.stop_reason ?? '', isError: w.is_error ?? false, error: w.error == null ? undefined : readErrorInfo(w.error), result: w.result ?? undefined, structuredOutput: w.structured_output ?? undefined, usage: readUsage(w.usage ?? {}), costMicroUsd: w.cost_micro_usd ?? undefined, durationMs: w.duration_ms ?? undefined };
    case 'notice': return { item: 'notice', event: readEventData(w.event) };
    default: return { item: 'unknown', wire: unknownVariant('ItemBody', w, w.item) };
  }
}

export function writeItemBody(v: m.ItemBodyInput): Json {
  switch (v.item) {
    case 'prompt': return { item: 'prompt', origin: v.origin && writeOrigin(v.origin), blocks: filled(v.blocks?.map(writeContentBlock)), by: v.by == null ? undefined : writeActor(v.by), folded_into: v.foldedInto ?? undefined };
    case 'message': return { item: 'message', message_id: v.messageId, role: v.role, blocks: v.blocks?.map(writeContentBlock) };
    case 'thought': return { item: 'thought', message_id: v.messageId, text: v.text, redacted: v.redacted };
    case 'tool': return { item: 'tool', tool_call_id: v.toolCallId, parent_tool_call_id: v.parentToolCallId ?? undefined, name: v.name, kind: v.kind, title: v.title, locations: filled(v.locations), input: v.input, effective_input: v.effectiveInput ?? undefined, status: v.status, content: filled(v.content?.map(writeToolContent)), result: v.result ?? undefined, truncated: v.truncated, full: v.full == null ? undefined : writeBlobRef(v.full), background: v.background, approval: v.approval == null ? undefined : writeToolApproval(v.approval), ended_at: v.endedAt ?? undefined };
    case 'turn_ended': return { item: 'turn_ended', stop_reason: v.stopReason, is_error: v.isError, error: v.error == null ? undefined : writeErrorInfo(v.error), result: v.result ?? undefined, structured_output: v.structuredOutput ?? undefined, usage: v.usage && writeUsage(v.usage), cost_micro_usd: v.costMicroUsd ?? undefined, duration_ms: v.durationMs ?? undefined };
    case 'notice': return { item: 'notice', event: v.event && writeEventData(v.event) };
    case 'unknown': return v.wire;
    default: return notGiven('ItemBody', (v as Json)?.item);
  }
}

export function readLimitHit(w: Json): m.LimitHit {
  return {
    limit: w.limit,
    scope: w.scope,
    used: w.used,
    max: w.max,
    resetsAt: w.resets_at ?? undefined,
  };
}

export function writeLimitHit(v: m.LimitHit): Json {
  return {
    limit: v.limit,
    scope: v.scope,
    used: v.used,
    max: v.max,
    resets_at: v.resetsAt ?? undefined,
  };
}

export function readLimitReached(w: Json): m.LimitReached {
  return {
    limit: readLimitHit(w.limit ?? {}),
    action: w.action ?? '',
  };
}

export function writeLimitReached(v: m.LimitReachedInput): Json {
  return {
    limit: v.limit && writeLimitHit(v.limit),
    action: v.action,
  };
}

export function readMcpServerStatus(w: Json): m.McpServerStatus {
  return {
    name: w.name ?? '',
    status: w.status ?? '',
  };
}

export function writeMcpServerStatus(v: m.McpServerStatusInput): Json {
  return {
    name: v.name,
    status: v.status,
  };
}

export function readMessage(w: Json): m.Message {
  return {
    messageId: w.message_id ?? '',
    role: w.role ?? '',
    block: w.block ?? undefined,
    blocks: list(w.blocks, readContentBlock),
    agentId: w.agent_id ?? undefined,
  };
}

export function writeMessage(v: m.MessageInput): Json {
  return {
    message_id: v.messageId,
    role: v.role,
    block: v.block ?? undefined,
    blocks: filled(v.blocks?.map(writeContentBlock)),
    agent_id: v.agentId ?? undefined,
  };
}

export function readMessageDelta(w: Json): m.MessageDelta {
  return {
    messageId: w.message_id ?? '',
    block: w.block ?? 0,
    generation: w.generation ?? 0,
    offset: w.offset ?? 0,
    text: w.text ?? '',
    agentId: w.agent_id ?? undefined,
  };
}

export function writeMessageDelta(v: m.MessageDeltaInput): Json {
  return {
    message_id: v.messageId,
    block: v.block,
    generation: v.generation,
    offset: v.offset,
    text: v.text,
    agent_id: v.agentId ?? undefined,
  };
}

export function readMessageItem(w: Json): m.MessageItem {
  return {
    messageId: w.message_id ?? '',
    role: w.role ?? '',
    blocks: list(w.blocks, readContentBlock),
  };
}

export function writeMessageItem(v: m.MessageItemInput): Json {
  return {
    message_id: v.messageId,
    role: v.role,
    blocks: v.blocks?.map(writeContentBlock),
  };
}

export function readMessageSuperseded(w: Json): m.MessageSuperseded {
  return {
    messageId: w.message_id ?? '',
    generation: w.generation ?? 0,
    agentId: w.agent_id ?? undefined,
  };
}

export function writeMessageSuperseded(v: m.MessageSupersededInput): Json {
  return {
    message_id: v.messageId,
    generation: v.generation,
    agent_id: v.agentId ?? undefined,
  };
}

export function readNodeJoined(w: Json): m.NodeJoined {
  return {
    version: w.version ?? '',
    concurrency: w.concurrency ?? 0,
  };
}

export function writeNodeJoined(v: m.NodeJoinedInput): Json {
  return {
    version: v.version,
    concurrency: v.concurrency,
  };
}

export function readNodeLost(w: Json): m.NodeLost {
  return {
    evidence: w.evidence ?? '',
  };
}

export function writeNodeLost(v: m.NodeLostInput): Json {
  return {
    evidence: v.evidence,
  };
}

export function readNoticeItem(w: Json): m.NoticeItem {
  return {
    event: readEventData(w.event),
  };
}

export function writeNoticeItem(v: m.NoticeItemInput): Json {
  return {
    event: v.event && writeEventData(v.event),
  };
}

export function readOpenTurn(w: Json): m.OpenTurn {
  return {
    id: w.id ?? undefined,
    origin: readOrigin(w.origin),
    startedAt: w.started_at,
  };
}

export function writeOpenTurn(v: m.OpenTurn): Json {
  return {
    id: v.id ?? undefined,
    origin: v.origin && writeOrigin(v.origin),
    started_at: v.startedAt,
  };
}

export function readOrigin(w: Json): m.Origin {
  switch (w.kind) {
    case 'prompt': return { kind: 'prompt' };
    case 'agent': return { kind: 'agent', reason: w.reason };
    case 'recovery': return { kind: 'recovery' };
    default: return { kind: 'unknown', wire: unknownVariant('Origin', w, w.kind) };
  }
}

export function writeOrigin(v: m.Origin): Json {
  switch (v.kind) {
    case 'prompt': return { kind: 'prompt' };
    case 'agent': return { kind: 'agent', reason: v.reason };
    case 'recovery': return { kind: 'recovery' };
    case 'unknown': return v.wire;
    default: return notGiven('Origin', (v as Json)?.kind);
  }
}

export function readOutcome(w: Json): m.Outcome {
  switch (w.outcome) {
    case 'succeeded': return { outcome: 'succeeded', summary: w.summary ?? '', output: w.output ?? null, workElsewhere: list(w.work_elsewhere, readWorkElsewhere) };
    case 'failed': return { outcome: 'failed', error: readErrorInfo(w.error), retryable: w.retryable ?? false };
    case 'cancelled': return { outcome: 'cancelled', reason: w.reason ?? '' };
    case 'input_required': return { outcome: 'input_required', reason: w.reason, detail: w.detail ?? null };
    default: return { outcome: 'unknown', wire: unknownVariant('Outcome', w, w.outcome) };
  }
}

export function writeOutcome(v: m.OutcomeInput): Json {
  switch (v.outcome) {
    case 'succeeded': return { outcome: 'succeeded', summary: v.summary, output: v.output ?? undefined, work_elsewhere: filled(v.workElsewhere?.map(writeWorkElsewhere)) };
    case 'failed': return { outcome: 'failed', error: v.error && writeErrorInfo(v.error), retryable: v.retryable };
    case 'cancelled': return { outcome: 'cancelled', reason: v.reason };
    case 'input_required': return { outcome: 'input_required', reason: v.reason, detail: v.detail ?? undefined };
    case 'unknown': return v.wire;
    default: return notGiven('Outcome', (v as Json)?.outcome);
  }
}

export function readPartial(w: Json): m.Partial {
  return {
    messageId: w.message_id ?? '',
    block: w.block ?? 0,
    thought: w.thought ?? false,
    generation: w.generation ?? 0,
    offset: w.offset ?? 0,
    text: w.text ?? '',
    agentId: w.agent_id ?? undefined,
    turnId: w.turn_id ?? undefined,
    at: w.at ?? undefined,
  };
}

export function writePartial(v: m.PartialInput): Json {
  return {
    message_id: v.messageId,
    block: v.block,
    thought: v.thought || undefined,
    generation: v.generation,
    offset: v.offset || undefined,
    text: v.text,
    agent_id: v.agentId ?? undefined,
    turn_id: v.turnId ?? undefined,
    at: v.at ?? undefined,
  };
}

export function readPendingApproval(w: Json): m.PendingApproval {
  return {
    approvalId: w.approval_id ?? undefined,
    kind: w.kind ?? 'tool',
    tool: w.tool ?? undefined,
    toolCallId: w.tool_call_id ?? undefined,
    title: w.title ?? '',
    input: w.input ?? null,
    questions: list(w.questions, readQuestion),
    options: list(w.options, readApprovalOption),
    suggestions: w.suggestions ?? [],
    rememberedRules: w.remembered_rules ?? [],
    blockedPath: w.blocked_path ?? undefined,
    agentId: w.agent_id ?? undefined,
    assignee: w.assignee ?? undefined,
    rule: w.rule ?? undefined,
    answered: w.answered ?? false,
    expiresAt: w.expires_at ?? undefined,
    requestedAt: w.requested_at,
    turnId: w.turn_id ?? undefined,
  };
}

export function writePendingApproval(v: m.PendingApprovalInput): Json {
  return {
    approval_id: v.approvalId ?? undefined,
    kind: v.kind,
    tool: v.tool ?? undefined,
    tool_call_id: v.toolCallId ?? undefined,
    title: v.title,
    input: v.input,
    questions: filled(v.questions?.map(writeQuestion)),
    options: filled(v.options?.map(writeApprovalOption)),
    suggestions: filled(v.suggestions),
    remembered_rules: filled(v.rememberedRules),
    blocked_path: v.blockedPath ?? undefined,
    agent_id: v.agentId ?? undefined,
    assignee: v.assignee ?? undefined,
    rule: v.rule ?? undefined,
    answered: v.answered || undefined,
    expires_at: v.expiresAt ?? undefined,
    requested_at: v.requestedAt,
    turn_id: v.turnId ?? undefined,
  };
}

export function readPlacePath(w: Json): m.PlacePath {
  return {
    place: w.place,
    path: w.path,
  };
}

export function writePlacePath(v: m.PlacePath): Json {
  return {
    place: v.place,
    path: v.path,
  };
}

export function readPlanEntry(w: Json): m.PlanEntry {
  return {
    id: w.id ?? undefined,
    content: w.content ?? '',
    status: w.status ?? 'pending',
    active: w.active ?? undefined,
  };
}

export function writePlanEntry(v: m.PlanEntryInput): Json {
  return {
    id: v.id ?? undefined,
    content: v.content,
    status: v.status,
    active: v.active ?? undefined,
  };
}

export function readPlanUpdated(w: Json): m.PlanUpdated {
  return {
    entries: list(w.entries, readPlanEntry),
    agentId: w.agent_id ?? undefined,
  };
}

export function writePlanUpdated(v: m.PlanUpdatedInput): Json {
  return {
    entries: v.entries?.map(writePlanEntry),
    agent_id: v.agentId ?? undefined,
  };
}

export function readPolicyRemoved(w: Json): m.PolicyRemoved {
  return {
    ruleId: w.rule_id ?? undefined,
    rule: w.rule ?? '',
    effect: w.effect ?? undefined,
  };
}

export function writePolicyRemoved(v: m.PolicyRemovedInput): Json {
  return {
    rule_id: v.ruleId ?? undefined,
    rule: v.rule,
    effect: v.effect ?? undefined,
  };
}

export function readPolicyUpdated(w: Json): m.PolicyUpdated {
  return {
    rule: w.rule == null ? undefined : readRuleInfo(w.rule),
  };
}

export function writePolicyUpdated(v: m.PolicyUpdatedInput): Json {
  return {
    rule: v.rule == null ? undefined : writeRuleInfo(v.rule),
  };
}

export function readProcessRef(w: Json): m.ProcessRef {
  return {
    place: w.place,
    pid: w.pid,
    start: w.start,
    boot: w.boot ?? undefined,
    namespace: w.namespace ?? undefined,
    startedAt: w.started_at ?? undefined,
  };
}

export function writeProcessRef(v: m.ProcessRef): Json {
  return {
    place: v.place,
    pid: v.pid,
    start: v.start,
    boot: v.boot ?? undefined,
    namespace: v.namespace ?? undefined,
    started_at: v.startedAt ?? undefined,
  };
}

export function readProjectCreated(w: Json): m.ProjectCreated {
  return {
    name: w.name ?? '',
    path: w.path ?? '',
  };
}

export function writeProjectCreated(v: m.ProjectCreatedInput): Json {
  return {
    name: v.name,
    path: v.path,
  };
}

const fieldsOfProjectInfo = new Set(['id', 'tenant_id', 'name', 'path', 'state', 'agent', 'account', 'base', 'max_running', 'created_at']);

export function readProjectInfo(w: Json): m.ProjectInfo {
  return {
    id: w.id,
    tenantId: w.tenant_id,
    name: w.name,
    path: readPlacePath(w.path),
    state: w.state,
    agent: w.agent ?? undefined,
    account: w.account ?? undefined,
    base: w.base ?? undefined,
    maxRunning: w.max_running ?? undefined,
    createdAt: w.created_at,
    ...extra(w, fieldsOfProjectInfo),
  };
}

export function writeProjectInfo(v: m.ProjectInfo): Json {
  return {
    id: v.id,
    tenant_id: v.tenantId,
    name: v.name,
    path: v.path && writePlacePath(v.path),
    state: v.state,
    agent: v.agent ?? undefined,
    account: v.account ?? undefined,
    base: v.base ?? undefined,
    max_running: v.maxRunning ?? undefined,
    created_at: v.createdAt,
    ...v.extra,
  };
}

export function readProjectSpec(w: Json): m.ProjectSpec {
  return {
    name: w.name ?? '',
    path: w.path ?? '',
    agent: w.agent ?? undefined,
    account: w.account ?? undefined,
    base: w.base ?? undefined,
    maxRunning: w.max_running ?? undefined,
  };
}

const givenProjectSpec = new Set(['name', 'path', 'agent', 'account', 'base', 'maxRunning']);

export function writeProjectSpec(v: m.ProjectSpecInput): Json {
  only('ProjectSpec', v, givenProjectSpec);
  return {
    name: v.name,
    path: v.path,
    agent: v.agent ?? undefined,
    account: v.account ?? undefined,
    base: v.base ?? undefined,
    max_running: v.maxRunning ?? undefined,
  };
}

export function readProjectUpdated(w: Json): m.ProjectUpdated {
  return {
    name: w.name ?? '',
  };
}

export function writeProjectUpdated(v: m.ProjectUpdatedInput): Json {
  return {
    name: v.name,
  };
}

export function readPromptCancelled(w: Json): m.PromptCancelled {
  return {
    reason: w.reason ?? '',
  };
}

export function writePromptCancelled(v: m.PromptCancelledInput): Json {
  return {
    reason: v.reason,
  };
}

export function readPromptFolded(w: Json): m.PromptFolded {
  return {
    prompt: list(w.prompt, readContentBlock),
    intoTurnId: w.into_turn_id ?? undefined,
  };
}

export function writePromptFolded(v: m.PromptFoldedInput): Json {
  return {
    prompt: filled(v.prompt?.map(writeContentBlock)),
    into_turn_id: v.intoTurnId ?? undefined,
  };
}

export function readPromptItem(w: Json): m.PromptItem {
  return {
    origin: readOrigin(w.origin ?? {'kind':'prompt'}),
    blocks: list(w.blocks, readContentBlock),
    by: w.by == null ? undefined : readActor(w.by),
    foldedInto: w.folded_into ?? undefined,
  };
}

export function writePromptItem(v: m.PromptItemInput): Json {
  return {
    origin: v.origin && writeOrigin(v.origin),
    blocks: filled(v.blocks?.map(writeContentBlock)),
    by: v.by == null ? undefined : writeActor(v.by),
    folded_into: v.foldedInto ?? undefined,
  };
}

export function readPromptQueued(w: Json): m.PromptQueued {
  return {
    prompt: list(w.prompt, readContentBlock),
    position: w.position ?? 0,
  };
}

export function writePromptQueued(v: m.PromptQueuedInput): Json {
  return {
    prompt: filled(v.prompt?.map(writeContentBlock)),
    position: v.position,
  };
}

export function readQuestion(w: Json): m.Question {
  return {
    question: w.question ?? '',
    header: w.header ?? '',
    choices: list(w.choices, readChoice),
    multiple: w.multiple ?? false,
  };
}

export function writeQuestion(v: m.QuestionInput): Json {
  return {
    question: v.question,
    header: v.header || undefined,
    choices: filled(v.choices?.map(writeChoice)),
    multiple: v.multiple,
  };
}

export function readQueuedPrompt(w: Json): m.QueuedPrompt {
  return {
    turnId: w.turn_id,
    prompt: list(w.prompt, readContentBlock),
    by: readActor(w.by),
    origin: readOrigin(w.origin ?? {'kind':'prompt'}),
    key: w.key ?? undefined,
    firstPrompt: list(w.first_prompt, readContentBlock),
  };
}

export function writeQueuedPrompt(v: m.QueuedPromptInput): Json {
  return {
    turn_id: v.turnId,
    prompt: v.prompt?.map(writeContentBlock),
    by: v.by && writeActor(v.by),
    origin: v.origin && writeOrigin(v.origin),
    key: v.key ?? undefined,
    first_prompt: filled(v.firstPrompt?.map(writeContentBlock)),
  };
}

export function readQueuedView(w: Json): m.QueuedView {
  return {
    turnId: w.turn_id ?? undefined,
    blocks: list(w.blocks, readContentBlock),
    by: readActor(w.by),
    at: w.at,
  };
}

export function writeQueuedView(v: m.QueuedViewInput): Json {
  return {
    turn_id: v.turnId ?? undefined,
    blocks: v.blocks?.map(writeContentBlock),
    by: v.by && writeActor(v.by),
    at: v.at,
  };
}

export function readReplyInfo(w: Json): m.ReplyInfo {
  return {
    number: w.number,
    prompt: list(w.prompt, readContentBlock),
    by: readActor(w.by),
    at: w.at,
    idempotencyKey: w.idempotency_key ?? undefined,
  };
}

export function writeReplyInfo(v: m.ReplyInfoInput): Json {
  return {
    number: v.number,
    prompt: filled(v.prompt?.map(writeContentBlock)),
    by: v.by && writeActor(v.by),
    at: v.at,
    idempotency_key: v.idempotencyKey ?? undefined,
  };
}

export function readReplySpec(w: Json): m.ReplySpec {
  return {
    prompt: list(w.prompt, readContentBlock),
    idempotencyKey: w.idempotency_key ?? undefined,
  };
}

const givenReplySpec = new Set(['prompt', 'idempotencyKey']);

export function writeReplySpec(v: m.ReplySpecInput): Json {
  only('ReplySpec', v, givenReplySpec);
  return {
    prompt: v.prompt?.map(writeContentBlock),
    idempotency_key: v.idempotencyKey ?? undefined,
  };
}

export function readRetryPolicy(w: Json): m.RetryPolicy {
  return {
    maxAttempts: w.max_attempts ?? 1,
    maxCrashes: w.max_crashes ?? 5,
    backoffMs: w.backoff_ms ?? 1000,
    maxBackoffMs: w.max_backoff_ms ?? 300000,
  };
}

const givenRetryPolicy = new Set(['maxAttempts', 'maxCrashes', 'backoffMs', 'maxBackoffMs']);

export function writeRetryPolicy(v: m.RetryPolicyInput): Json {
  only('RetryPolicy', v, givenRetryPolicy);
  return {
    max_attempts: v.maxAttempts,
    max_crashes: v.maxCrashes,
    backoff_ms: v.backoffMs,
    max_backoff_ms: v.maxBackoffMs,
  };
}

export function readRuleFilter(w: Json): m.RuleFilter {
  return {
    level: w.level == null ? undefined : readRuleLevel(w.level),
    limit: w.limit ?? undefined,
    pageToken: w.page_token ?? undefined,
  };
}

const givenRuleFilter = new Set(['level', 'limit', 'pageToken']);

export function writeRuleFilter(v: m.RuleFilter): Json {
  only('RuleFilter', v, givenRuleFilter);
  return {
    level: v.level == null ? null : writeRuleLevel(v.level),
    limit: v.limit ?? null,
    page_token: v.pageToken ?? null,
  };
}

const fieldsOfRuleInfo = new Set(['id', 'tenant_id', 'level', 'rule', 'effect', 'reason', 'approval_id', 'created_by', 'created_at']);

export function readRuleInfo(w: Json): m.RuleInfo {
  return {
    id: w.id,
    tenantId: w.tenant_id,
    level: readRuleLevel(w.level),
    rule: w.rule,
    effect: w.effect,
    reason: w.reason ?? '',
    approvalId: w.approval_id ?? undefined,
    createdBy: readActor(w.created_by),
    createdAt: w.created_at,
    ...extra(w, fieldsOfRuleInfo),
  };
}

export function writeRuleInfo(v: m.RuleInfoInput): Json {
  return {
    id: v.id,
    tenant_id: v.tenantId,
    level: v.level && writeRuleLevel(v.level),
    rule: v.rule,
    effect: v.effect,
    reason: v.reason || undefined,
    approval_id: v.approvalId ?? undefined,
    created_by: v.createdBy && writeActor(v.createdBy),
    created_at: v.createdAt,
    ...v.extra,
  };
}

export function readRuleLevel(w: Json): m.RuleLevel {
  switch (w.kind) {
    case 'session': return { kind: 'session', sessionId: w.session_id };
    case 'project': return { kind: 'project', projectId: w.project_id };
    case 'tenant': return { kind: 'tenant' };
    default: return { kind: 'unknown', wire: unknownVariant('RuleLevel', w, w.kind) };
  }
}

export function writeRuleLevel(v: m.RuleLevel): Json {
  switch (v.kind) {
    case 'session': return { kind: 'session', session_id: v.sessionId };
    case 'project': return { kind: 'project', project_id: v.projectId };
    case 'tenant': return { kind: 'tenant' };
    case 'unknown': return v.wire;
    default: return notGiven('RuleLevel', (v as Json)?.kind);
  }
}

export function readRulePage(w: Json): m.RulePage {
  return {
    rules: list(w.rules, readRuleInfo),
    next: w.next ?? undefined,
    asOf: w.as_of,
  };
}

export function writeRulePage(v: m.RulePageInput): Json {
  return {
    rules: v.rules?.map(writeRuleInfo),
    next: v.next ?? null,
    as_of: v.asOf,
  };
}

export function readRuleSpec(w: Json): m.RuleSpec {
  return {
    rule: w.rule,
    effect: w.effect,
    sessionId: w.session_id ?? undefined,
    project: w.project ?? undefined,
    reason: w.reason ?? '',
  };
}

const givenRuleSpec = new Set(['rule', 'effect', 'sessionId', 'project', 'reason']);

export function writeRuleSpec(v: m.RuleSpecInput): Json {
  only('RuleSpec', v, givenRuleSpec);
  return {
    rule: v.rule,
    effect: v.effect,
    session_id: v.sessionId ?? undefined,
    project: v.project ?? undefined,
    reason: v.reason || undefined,
  };
}

export function readRuling(w: Json): m.Ruling {
  return {
    effect: w.effect ?? undefined,
    rules: list(w.rules, readRuleInfo),
    followedLinks: w.followed_links,
  };
}

export function writeRuling(v: m.RulingInput): Json {
  return {
    effect: v.effect ?? null,
    rules: v.rules?.map(writeRuleInfo),
    followed_links: v.followedLinks,
  };
}

export function readSessionClosed(w: Json): m.SessionClosed {
  return {
    reason: w.reason ?? '',
  };
}

export function writeSessionClosed(v: m.SessionClosedInput): Json {
  return {
    reason: v.reason,
  };
}

export function readSessionFailed(w: Json): m.SessionFailed {
  return {
    error: w.error == null ? undefined : readErrorInfo(w.error),
    exit: w.exit ?? undefined,
  };
}

export function writeSessionFailed(v: m.SessionFailedInput): Json {
  return {
    error: v.error == null ? undefined : writeErrorInfo(v.error),
    exit: v.exit ?? undefined,
  };
}

export function readSessionFilter(w: Json): m.SessionFilter {
  return {
    states: w.states ?? [],
    projectIds: w.project_ids ?? [],
    taskId: w.task_id ?? undefined,
    limit: w.limit ?? undefined,
    pageToken: w.page_token ?? undefined,
  };
}

const givenSessionFilter = new Set(['states', 'projectIds', 'taskId', 'limit', 'pageToken']);

export function writeSessionFilter(v: m.SessionFilterInput): Json {
  only('SessionFilter', v, givenSessionFilter);
  return {
    states: v.states,
    project_ids: v.projectIds,
    task_id: v.taskId ?? null,
    limit: v.limit ?? null,
    page_token: v.pageToken ?? null,
  };
}

export function readSessionForked(w: Json): m.SessionForked {
  return {
    fromSessionId: w.from_session_id ?? undefined,
    fromAgentSessionId: w.from_agent_session_id ?? undefined,
  };
}

export function writeSessionForked(v: m.SessionForked): Json {
  return {
    from_session_id: v.fromSessionId ?? undefined,
    from_agent_session_id: v.fromAgentSessionId ?? undefined,
  };
}

export function readSessionIdle(_w: Json): m.SessionIdle {
  return {
  };
}

export function writeSessionIdle(_v: m.SessionIdle): Json {
  return {
  };
}

const fieldsOfSessionInfo = new Set(['id', 'tenant_id', 'created_by', 'project_id', 'account_id', 'account_name', 'task_id', 'spec', 'state', 'cwd', 'pointer', 'process', 'node_id', 'processes', 'losses', 'failed_starts', 'wake_at', 'remembers_from', 'model', 'mode', 'queue', 'turn', 'keyed_turn', 'turns', 'usage', 'created_at', 'closed_at']);

export function readSessionInfo(w: Json): m.SessionInfo {
  return {
    id: w.id,
    tenantId: w.tenant_id,
    createdBy: readActor(w.created_by),
    projectId: w.project_id ?? undefined,
    accountId: w.account_id ?? undefined,
    accountName: w.account_name ?? undefined,
    taskId: w.task_id ?? undefined,
    spec: readSessionSpec(w.spec),
    state: w.state,
    cwd: readPlacePath(w.cwd),
    pointer: readAgentPointer(w.pointer ?? {}),
    process: w.process == null ? undefined : readProcessRef(w.process),
    nodeId: w.node_id ?? undefined,
    processes: w.processes ?? 0,
    losses: w.losses ?? 0,
    failedStarts: w.failed_starts ?? 0,
    wakeAt: w.wake_at ?? undefined,
    remembersFrom: w.remembers_from ?? 0,
    model: w.model ?? undefined,
    mode: w.mode ?? undefined,
    queue: list(w.queue, readQueuedPrompt),
    turn: w.turn == null ? undefined : readTurnInfo(w.turn),
    keyedTurn: w.keyed_turn == null ? undefined : readTurnInfo(w.keyed_turn),
    turns: w.turns ?? 0,
    usage: readUsage(w.usage ?? {}),
    createdAt: w.created_at,
    closedAt: w.closed_at ?? undefined,
    ...extra(w, fieldsOfSessionInfo),
  };
}

export function writeSessionInfo(v: m.SessionInfoInput): Json {
  return {
    id: v.id,
    tenant_id: v.tenantId,
    created_by: v.createdBy && writeActor(v.createdBy),
    project_id: v.projectId ?? undefined,
    account_id: v.accountId ?? undefined,
    account_name: v.accountName ?? undefined,
    task_id: v.taskId ?? undefined,
    spec: v.spec && writeSessionSpec(v.spec),
    state: v.state,
    cwd: v.cwd && writePlacePath(v.cwd),
    pointer: v.pointer && writeAgentPointer(v.pointer),
    process: v.process == null ? undefined : writeProcessRef(v.process),
    node_id: v.nodeId ?? undefined,
    processes: v.processes,
    losses: v.losses,
    failed_starts: v.failedStarts,
    wake_at: v.wakeAt ?? undefined,
    remembers_from: v.remembersFrom,
    model: v.model ?? undefined,
    mode: v.mode ?? undefined,
    queue: filled(v.queue?.map(writeQueuedPrompt)),
    turn: v.turn == null ? undefined : writeTurnInfo(v.turn),
    keyed_turn: v.keyedTurn == null ? undefined : writeTurnInfo(v.keyedTurn),
    turns: v.turns,
    usage: v.usage && writeUsage(v.usage),
    created_at: v.createdAt,
    closed_at: v.closedAt ?? undefined,
    ...v.extra,
  };
}

export function readSessionOpened(w: Json): m.SessionOpened {
  return {
    agent: w.agent ?? '',
    cwd: w.cwd ?? '',
    agentSessionId: w.agent_session_id ?? undefined,
    agentVersion: w.agent_version ?? undefined,
    model: w.model ?? undefined,
    mode: w.mode ?? undefined,
  };
}

export function writeSessionOpened(v: m.SessionOpenedInput): Json {
  return {
    agent: v.agent,
    cwd: v.cwd,
    agent_session_id: v.agentSessionId ?? undefined,
    agent_version: v.agentVersion ?? undefined,
    model: v.model ?? undefined,
    mode: v.mode ?? undefined,
  };
}

export function readSessionPage(w: Json): m.SessionPage {
  return {
    sessions: list(w.sessions, readSessionInfo),
    next: w.next ?? undefined,
    asOf: w.as_of,
  };
}

export function writeSessionPage(v: m.SessionPageInput): Json {
  return {
    sessions: v.sessions?.map(writeSessionInfo),
    next: v.next ?? null,
    as_of: v.asOf,
  };
}

export function readSessionRequiresAction(_w: Json): m.SessionRequiresAction {
  return {
  };
}

export function writeSessionRequiresAction(_v: m.SessionRequiresAction): Json {
  return {
  };
}

export function readSessionResumed(w: Json): m.SessionResumed {
  return {
    agentSessionId: w.agent_session_id ?? undefined,
    evidence: w.evidence ?? '',
    fresh: w.fresh ?? false,
  };
}

export function writeSessionResumed(v: m.SessionResumedInput): Json {
  return {
    agent_session_id: v.agentSessionId ?? undefined,
    evidence: v.evidence,
    fresh: v.fresh,
  };
}

export function readSessionRunning(_w: Json): m.SessionRunning {
  return {
  };
}

export function writeSessionRunning(_v: m.SessionRunning): Json {
  return {
  };
}

export function readSessionSpec(w: Json): m.SessionSpec {
  return {
    agent: w.agent ?? '',
    project: w.project ?? undefined,
    account: w.account ?? undefined,
    title: w.title ?? '',
    model: w.model ?? undefined,
    mode: w.mode ?? undefined,
    tools: readToolRules(w.tools ?? {}),
    systemPrompt: w.system_prompt ?? undefined,
    outputSchema: w.output_schema ?? null,
    mcp: w.mcp ?? {},
    settingSources: w.setting_sources ?? undefined,
    maxThinkingTokens: w.max_thinking_tokens ?? undefined,
    partialMessages: w.partial_messages ?? undefined,
    maxTurnRequests: w.max_turn_requests ?? undefined,
    budgetMicroUsd: w.budget_micro_usd ?? undefined,
    approvalTimeoutMs: w.approval_timeout_ms ?? undefined,
    env: w.env ?? {},
    extraArgs: w.extra_args ?? [],
  };
}

const givenSessionSpec = new Set(['agent', 'project', 'account', 'title', 'model', 'mode', 'tools', 'systemPrompt', 'outputSchema', 'mcp', 'settingSources', 'maxThinkingTokens', 'partialMessages', 'maxTurnRequests', 'budgetMicroUsd', 'approvalTimeoutMs', 'env', 'extraArgs']);

export function writeSessionSpec(v: m.SessionSpecInput): Json {
  only('SessionSpec', v, givenSessionSpec);
  return {
    agent: v.agent || undefined,
    project: v.project ?? undefined,
    account: v.account ?? undefined,
    title: v.title || undefined,
    model: v.model ?? undefined,
    mode: v.mode ?? undefined,
    tools: v.tools && writeToolRules(v.tools),
    system_prompt: v.systemPrompt ?? undefined,
    output_schema: v.outputSchema ?? undefined,
    mcp: filledMap(v.mcp),
    setting_sources: v.settingSources ?? undefined,
    max_thinking_tokens: v.maxThinkingTokens ?? undefined,
    partial_messages: v.partialMessages ?? undefined,
    max_turn_requests: v.maxTurnRequests ?? undefined,
    budget_micro_usd: v.budgetMicroUsd ?? undefined,
    approval_timeout_ms: v.approvalTimeoutMs ?? undefined,
    env: filledMap(v.env),
    extra_args: filled(v.extraArgs),
  };
}

export function readSessionUpdated(w: Json): m.SessionUpdated {
  return {
    title: w.title ?? undefined,
    mode: w.mode ?? undefined,
    model: w.model ?? undefined,
    agentSessionId: w.agent_session_id ?? undefined,
    agentVersion: w.agent_version ?? undefined,
    commands: w.commands ?? [],
    mcpServers: list(w.mcp_servers, readMcpServerStatus),
  };
}

export function writeSessionUpdated(v: m.SessionUpdatedInput): Json {
  return {
    title: v.title ?? undefined,
    mode: v.mode ?? undefined,
    model: v.model ?? undefined,
    agent_session_id: v.agentSessionId ?? undefined,
    agent_version: v.agentVersion ?? undefined,
    commands: filled(v.commands),
    mcp_servers: filled(v.mcpServers?.map(writeMcpServerStatus)),
  };
}

const fieldsOfSessionView = new Set(['session_id', 'project_id', 'task_id', 'state', 'agent', 'agent_version', 'agent_session_id', 'cwd', 'title', 'model', 'mode', 'commands', 'mcp_servers', 'context', 'items', 'items_before', 'partials', 'plan', 'subagents', 'approvals', 'queue', 'files', 'totals', 'turn', 'turns', 'retrying', 'rate_limit', 'last_at', 'cursor', 'revision', 'complete']);

export function readSessionView(w: Json): m.SessionView {
  return {
    sessionId: w.session_id ?? undefined,
    projectId: w.project_id ?? undefined,
    taskId: w.task_id ?? undefined,
    state: w.state ?? 'idle',
    agent: w.agent ?? '',
    agentVersion: w.agent_version ?? undefined,
    agentSessionId: w.agent_session_id ?? undefined,
    cwd: w.cwd ?? '',
    title: w.title ?? undefined,
    model: w.model ?? undefined,
    mode: w.mode ?? undefined,
    commands: w.commands ?? [],
    mcpServers: list(w.mcp_servers, readMcpServerStatus),
    context: w.context == null ? undefined : readContextUpdated(w.context),
    items: list(w.items, readViewItem),
    itemsBefore: w.items_before ?? 0,
    partials: list(w.partials, readPartial),
    plan: list(w.plan, readPlanEntry),
    subagents: list(w.subagents, readSubagentView),
    approvals: list(w.approvals, readPendingApproval),
    queue: list(w.queue, readQueuedView),
    files: list(w.files, readFileView),
    totals: readTotals(w.totals ?? {}),
    turn: w.turn == null ? undefined : readOpenTurn(w.turn),
    turns: w.turns ?? 0,
    retrying: w.retrying == null ? undefined : readAgentRetrying(w.retrying),
    rateLimit: w.rate_limit == null ? undefined : readAgentRateLimited(w.rate_limit),
    lastAt: w.last_at ?? undefined,
    cursor: w.cursor ?? undefined,
    revision: w.revision ?? 0,
    complete: w.complete ?? false,
    ...extra(w, fieldsOfSessionView),
  };
}

export function writeSessionView(v: m.SessionViewInput): Json {
  return {
    session_id: v.sessionId ?? undefined,
    project_id: v.projectId ?? undefined,
    task_id: v.taskId ?? undefined,
    state: v.state,
    agent: v.agent,
    agent_version: v.agentVersion ?? undefined,
    agent_session_id: v.agentSessionId ?? undefined,
    cwd: v.cwd || undefined,
    title: v.title ?? undefined,
    model: v.model ?? undefined,
    mode: v.mode ?? undefined,
    commands: filled(v.commands),
    mcp_servers: filled(v.mcpServers?.map(writeMcpServerStatus)),
    context: v.context == null ? undefined : writeContextUpdated(v.context),
    items: v.items?.map(writeViewItem),
    items_before: v.itemsBefore,
    partials: filled(v.partials?.map(writePartial)),
    plan: filled(v.plan?.map(writePlanEntry)),
    subagents: filled(v.subagents?.map(writeSubagentView)),
    approvals: filled(v.approvals?.map(writePendingApproval)),
    queue: filled(v.queue?.map(writeQueuedView)),
    files: filled(v.files?.map(writeFileView)),
    totals: v.totals && writeTotals(v.totals),
    turn: v.turn == null ? undefined : writeOpenTurn(v.turn),
    turns: v.turns,
    retrying: v.retrying == null ? undefined : writeAgentRetrying(v.retrying),
    rate_limit: v.rateLimit == null ? undefined : writeAgentRateLimited(v.rateLimit),
    last_at: v.lastAt ?? undefined,
    cursor: v.cursor ?? undefined,
    revision: v.revision,
    complete: v.complete,
    ...v.extra,
  };
}

export function readStep(w: Json): m.Step {
  switch (w.do) {
    case 'say': return { do: 'say', text: w.text, pauseMs: w.pause_ms ?? 0 };
    case 'think': return { do: 'think', text: w.text };
    case 'tool': return { do: 'tool', name: w.name ?? '', input: w.input ?? null, ask: w.ask ?? false, result: w.result ?? '', fails: w.fails ?? false, ms: w.ms ?? 0 };
    case 'ask': return { do: 'ask', question: w.question, choices: w.choices ?? [] };
    case 'write': return { do: 'write', path: w.path, content: w.content, ask: w.ask ?? false };
    case 'append': return { do: 'append', path: w.path, lines: w.lines ?? [], pauseMs: w.pause_ms ?? 0, ask: w.ask ?? false };
    case 'wait': return { do: 'wait', ms: w.ms };
    case 'spend': return { do: 'spend', usage: readUsage(w.usage ?? {}), costMicroUsd: w.cost_micro_usd ?? undefined };
    case 'fail': return { do: 'fail', message: w.message, kind: w.kind };
    case 'end': return { do: 'end', stopReason: w.stop_reason };
    case 'hang': return { do: 'hang' };
    case 'exit': return { do: 'exit' };
    default: return { do: 'unknown', wire: unknownVariant('Step', w, w.do) };
  }
}

export function writeStep(v: m.StepInput): Json {
  switch (v.do) {
    case 'say': return { do: 'say', text: v.text, pause_ms: v.pauseMs };
    case 'think': return { do: 'think', text: v.text };
    case 'tool': return { do: 'tool', name: v.name, input: v.input, ask: v.ask, result: v.result, fails: v.fails, ms: v.ms };
    case 'ask': return { do: 'ask', question: v.question, choices: v.choices };
    case 'write': return { do: 'write', path: v.path, content: v.content, ask: v.ask };
    case 'append': return { do: 'append', path: v.path, lines: v.lines, pause_ms: v.pauseMs, ask: v.ask };
    case 'wait': return { do: 'wait', ms: v.ms };
    case 'spend': return { do: 'spend', usage: v.usage && writeUsage(v.usage), cost_micro_usd: v.costMicroUsd ?? null };
    case 'fail': return { do: 'fail', message: v.message, kind: v.kind };
    case 'end': return { do: 'end', stop_reason: v.stopReason };
    case 'hang': return { do: 'hang' };
    case 'exit': return { do: 'exit' };
    case 'unknown': return v.wire;
    default: return notGiven('Step', (v as Json)?.do);
  }
}

export function readSubagentEnded(w: Json): m.SubagentEnded {
  return {
    agentId: w.agent_id ?? '',
    status: w.status ?? '',
    summary: w.summary ?? undefined,
    usage: w.usage == null ? undefined : readSubagentUsage(w.usage),
  };
}

export function writeSubagentEnded(v: m.SubagentEndedInput): Json {
  return {
    agent_id: v.agentId,
    status: v.status,
    summary: v.summary ?? undefined,
    usage: v.usage == null ? undefined : writeSubagentUsage(v.usage),
  };
}

export function readSubagentProgress(w: Json): m.SubagentProgress {
  return {
    agentId: w.agent_id ?? '',
    message: w.message ?? '',
    lastTool: w.last_tool ?? undefined,
    usage: w.usage == null ? undefined : readSubagentUsage(w.usage),
    background: w.background ?? undefined,
  };
}

export function writeSubagentProgress(v: m.SubagentProgressInput): Json {
  return {
    agent_id: v.agentId,
    message: v.message,
    last_tool: v.lastTool ?? undefined,
    usage: v.usage == null ? undefined : writeSubagentUsage(v.usage),
    background: v.background ?? undefined,
  };
}

export function readSubagentStarted(w: Json): m.SubagentStarted {
  return {
    agentId: w.agent_id ?? '',
    parentAgentId: w.parent_agent_id ?? undefined,
    toolCallId: w.tool_call_id ?? undefined,
    kind: w.kind ?? '',
    title: w.title ?? '',
    prompt: w.prompt ?? undefined,
    depth: w.depth ?? 0,
    background: w.background ?? false,
  };
}

export function writeSubagentStarted(v: m.SubagentStartedInput): Json {
  return {
    agent_id: v.agentId,
    parent_agent_id: v.parentAgentId ?? undefined,
    tool_call_id: v.toolCallId ?? undefined,
    kind: v.kind,
    title: v.title,
    prompt: v.prompt ?? undefined,
    depth: v.depth,
    background: v.background,
  };
}

export function readSubagentUsage(w: Json): m.SubagentUsage {
  return {
    tokens: w.tokens ?? 0,
    toolCalls: w.tool_calls ?? 0,
    durationMs: w.duration_ms ?? 0,
  };
}

export function writeSubagentUsage(v: m.SubagentUsageInput): Json {
  return {
    tokens: v.tokens,
    tool_calls: v.toolCalls,
    duration_ms: v.durationMs,
  };
}

export function readSubagentView(w: Json): m.SubagentView {
  return {
    agentId: w.agent_id ?? '',
    parentAgentId: w.parent_agent_id ?? undefined,
    toolCallId: w.tool_call_id ?? undefined,
    kind: w.kind ?? '',
    title: w.title ?? '',
    prompt: w.prompt ?? undefined,
    depth: w.depth ?? 0,
    background: w.background ?? false,
    ended: w.ended ?? undefined,
    message: w.message ?? undefined,
    lastTool: w.last_tool ?? undefined,
    summary: w.summary ?? undefined,
    usage: w.usage == null ? undefined : readSubagentUsage(w.usage),
    plan: list(w.plan, readPlanEntry),
    startedAt: w.started_at ?? undefined,
    endedAt: w.ended_at ?? undefined,
  };
}

export function writeSubagentView(v: m.SubagentViewInput): Json {
  return {
    agent_id: v.agentId,
    parent_agent_id: v.parentAgentId ?? undefined,
    tool_call_id: v.toolCallId ?? undefined,
    kind: v.kind,
    title: v.title,
    prompt: v.prompt ?? undefined,
    depth: v.depth,
    background: v.background,
    ended: v.ended ?? undefined,
    message: v.message ?? undefined,
    last_tool: v.lastTool ?? undefined,
    summary: v.summary ?? undefined,
    usage: v.usage == null ? undefined : writeSubagentUsage(v.usage),
    plan: filled(v.plan?.map(writePlanEntry)),
    started_at: v.startedAt ?? undefined,
    ended_at: v.endedAt ?? undefined,
  };
}

export function readTaskEnded(w: Json): m.TaskEnded {
  return {
    state: w.state ?? 'pending',
    outcome: w.outcome == null ? undefined : readOutcome(w.outcome),
    reason: w.reason ?? undefined,
    attempts: w.attempts ?? 0,
    usage: readUsage(w.usage ?? {}),
  };
}

export function writeTaskEnded(v: m.TaskEndedInput): Json {
  return {
    state: v.state,
    outcome: v.outcome == null ? undefined : writeOutcome(v.outcome),
    reason: v.reason ?? undefined,
    attempts: v.attempts,
    usage: v.usage && writeUsage(v.usage),
  };
}

export function readTaskFilter(w: Json): m.TaskFilter {
  return {
    project: w.project ?? undefined,
    states: w.states ?? [],
    limit: w.limit ?? undefined,
    pageToken: w.page_token ?? undefined,
  };
}

const givenTaskFilter = new Set(['project', 'states', 'limit', 'pageToken']);

export function writeTaskFilter(v: m.TaskFilterInput): Json {
  only('TaskFilter', v, givenTaskFilter);
  return {
    project: v.project ?? null,
    states: v.states,
    limit: v.limit ?? null,
    page_token: v.pageToken ?? null,
  };
}

const fieldsOfTaskInfo = new Set(['id', 'tenant_id', 'created_by', 'project_id', 'spec', 'requires', 'state', 'reason', 'attempts', 'failures', 'crashes', 'session_id', 'workspace_id', 'cancel', 'outcome', 'usage', 'not_before', 'idle_at', 'replies', 'deadline_at', 'created_at', 'started_at', 'ended_at']);

export function readTaskInfo(w: Json): m.TaskInfo {
  return {
    id: w.id,
    tenantId: w.tenant_id,
    createdBy: readActor(w.created_by),
    projectId: w.project_id ?? undefined,
    spec: readTaskSpec(w.spec),
    requires: w.requires,
    state: w.state,
    reason: w.reason ?? undefined,
    attempts: list(w.attempts, readAttemptInfo),
    failures: w.failures ?? 0,
    crashes: w.crashes ?? 0,
    sessionId: w.session_id ?? undefined,
    workspaceId: w.workspace_id ?? undefined,
    cancel: w.cancel == null ? undefined : readCancelRequest(w.cancel),
    outcome: w.outcome == null ? undefined : readOutcome(w.outcome),
    usage: readUsage(w.usage ?? {}),
    notBefore: w.not_before ?? undefined,
    idleAt: w.idle_at ?? undefined,
    replies: list(w.replies, readReplyInfo),
    deadlineAt: w.deadline_at ?? undefined,
    createdAt: w.created_at,
    startedAt: w.started_at ?? undefined,
    endedAt: w.ended_at ?? undefined,
    ...extra(w, fieldsOfTaskInfo),
  };
}

export function writeTaskInfo(v: m.TaskInfoInput): Json {
  return {
    id: v.id,
    tenant_id: v.tenantId,
    created_by: v.createdBy && writeActor(v.createdBy),
    project_id: v.projectId ?? undefined,
    spec: v.spec && writeTaskSpec(v.spec),
    requires: v.requires,
    state: v.state,
    reason: v.reason ?? undefined,
    attempts: v.attempts?.map(writeAttemptInfo),
    failures: v.failures,
    crashes: v.crashes,
    session_id: v.sessionId ?? undefined,
    workspace_id: v.workspaceId ?? undefined,
    cancel: v.cancel == null ? undefined : writeCancelRequest(v.cancel),
    outcome: v.outcome == null ? undefined : writeOutcome(v.outcome),
    usage: v.usage && writeUsage(v.usage),
    not_before: v.notBefore ?? undefined,
    idle_at: v.idleAt ?? undefined,
    replies: filled(v.replies?.map(writeReplyInfo)),
    deadline_at: v.deadlineAt ?? undefined,
    created_at: v.createdAt,
    started_at: v.startedAt ?? undefined,
    ended_at: v.endedAt ?? undefined,
    ...v.extra,
  };
}

export function readTaskInputRequired(w: Json): m.TaskInputRequired {
  return {
    reason: w.reason ?? '',
    detail: w.detail ?? undefined,
  };
}

export function writeTaskInputRequired(v: m.TaskInputRequiredInput): Json {
  return {
    reason: v.reason,
    detail: v.detail ?? undefined,
  };
}

export function readTaskPage(w: Json): m.TaskPage {
  return {
    tasks: list(w.tasks, readTaskInfo),
    next: w.next ?? undefined,
    asOf: w.as_of,
  };
}

export function writeTaskPage(v: m.TaskPageInput): Json {
  return {
    tasks: v.tasks?.map(writeTaskInfo),
    next: v.next ?? null,
    as_of: v.asOf,
  };
}

export function readTaskProgress(w: Json): m.TaskProgress {
  return {
    message: w.message ?? '',
    fraction: w.fraction ?? undefined,
    data: w.data ?? undefined,
  };
}

export function writeTaskProgress(v: m.TaskProgressInput): Json {
  return {
    message: v.message,
    fraction: v.fraction ?? undefined,
    data: v.data ?? undefined,
  };
}

export function readTaskQueued(_w: Json): m.TaskQueued {
  return {
  };
}

export function writeTaskQueued(_v: m.TaskQueued): Json {
  return {
  };
}

export function readTaskRetried(w: Json): m.TaskRetried {
  return {
    attempt: w.attempt ?? 0,
    reason: w.reason ?? '',
    notBefore: w.not_before ?? undefined,
    error: w.error == null ? undefined : readErrorInfo(w.error),
  };
}

export function writeTaskRetried(v: m.TaskRetriedInput): Json {
  return {
    attempt: v.attempt,
    reason: v.reason,
    not_before: v.notBefore ?? undefined,
    error: v.error == null ? undefined : writeErrorInfo(v.error),
  };
}

export function readTaskSpec(w: Json): m.TaskSpec {
  return {
    kind: w.kind ?? '',
    prompt: w.prompt ?? '',
    input: w.input ?? null,
    title: w.title ?? '',
    project: w.project ?? undefined,
    needs: w.needs ?? [],
    when: w.when ?? 'success',
    priority: w.priority ?? 0,
    idempotencyKey: w.idempotency_key ?? undefined,
    labels: w.labels ?? {},
    retry: readRetryPolicy(w.retry ?? {'max_attempts':1,'max_crashes':5,'backoff_ms':1000,'max_backoff_ms':300000}),
    deadlineMs: w.deadline_ms ?? undefined,
    idleTimeoutMs: w.idle_timeout_ms ?? undefined,
    notBefore: w.not_before ?? undefined,
    workspace: w.workspace ?? 'auto',
    base: w.base ?? undefined,
    session: readSessionSpec(w.session ?? {}),
  };
}

const givenTaskSpec = new Set(['kind', 'prompt', 'input', 'title', 'project', 'needs', 'when', 'priority', 'idempotencyKey', 'labels', 'retry', 'deadlineMs', 'idleTimeoutMs', 'notBefore', 'workspace', 'base', 'session']);

export function writeTaskSpec(v: m.TaskSpecInput): Json {
  only('TaskSpec', v, givenTaskSpec);
  return {
    kind: v.kind,
    prompt: v.prompt || undefined,
    input: v.input ?? undefined,
    title: v.title || undefined,
    project: v.project ?? undefined,
    needs: filled(v.needs),
    when: v.when,
    priority: v.priority,
    idempotency_key: v.idempotencyKey ?? undefined,
    labels: filledMap(v.labels),
    retry: v.retry && writeRetryPolicy(v.retry),
    deadline_ms: v.deadlineMs ?? undefined,
    idle_timeout_ms: v.idleTimeoutMs ?? undefined,
    not_before: v.notBefore ?? undefined,
    workspace: v.workspace,
    base: v.base ?? undefined,
    session: v.session && writeSessionSpec(v.session),
  };
}

export function readTaskStarted(w: Json): m.TaskStarted {
  return {
    attempt: w.attempt ?? 0,
    token: w.token ?? 0,
    nodeId: w.node_id ?? undefined,
  };
}

export function writeTaskStarted(v: m.TaskStartedInput): Json {
  return {
    attempt: v.attempt,
    token: v.token,
    node_id: v.nodeId ?? undefined,
  };
}

export function readTaskSubmitted(w: Json): m.TaskSubmitted {
  return {
    title: w.title ?? '',
    kind: w.kind ?? '',
    needs: w.needs ?? [],
    priority: w.priority ?? 0,
    state: w.state ?? 'pending',
  };
}

export function writeTaskSubmitted(v: m.TaskSubmittedInput): Json {
  return {
    title: v.title,
    kind: v.kind,
    needs: filled(v.needs),
    priority: v.priority,
    state: v.state,
  };
}

export function readTaskUpdated(w: Json): m.TaskUpdated {
  return {
    cancelRequested: w.cancel_requested ?? false,
    reason: w.reason ?? undefined,
  };
}

export function writeTaskUpdated(v: m.TaskUpdatedInput): Json {
  return {
    cancel_requested: v.cancelRequested,
    reason: v.reason ?? undefined,
  };
}

export function readTaskWaiting(w: Json): m.TaskWaiting {
  return {
    reasons: list(w.reasons, readWaitingReason),
  };
}

export function writeTaskWaiting(v: m.TaskWaitingInput): Json {
  return {
    reasons: filled(v.reasons?.map(writeWaitingReason)),
  };
}

export function readThought(w: Json): m.Thought {
  return {
    messageId: w.message_id ?? '',
    text: w.text ?? '',
    redacted: w.redacted ?? false,
    block: w.block ?? undefined,
    agentId: w.agent_id ?? undefined,
  };
}

export function writeThought(v: m.ThoughtInput): Json {
  return {
    message_id: v.messageId,
    text: v.text,
    redacted: v.redacted,
    block: v.block ?? undefined,
    agent_id: v.agentId ?? undefined,
  };
}

export function readThoughtDelta(w: Json): m.ThoughtDelta {
  return {
    messageId: w.message_id ?? '',
    block: w.block ?? 0,
    generation: w.generation ?? 0,
    offset: w.offset ?? 0,
    text: w.text ?? '',
    agentId: w.agent_id ?? undefined,
  };
}

export function writeThoughtDelta(v: m.ThoughtDeltaInput): Json {
  return {
    message_id: v.messageId,
    block: v.block,
    generation: v.generation,
    offset: v.offset,
    text: v.text,
    agent_id: v.agentId ?? undefined,
  };
}

export function readThoughtItem(w: Json): m.ThoughtItem {
  return {
    messageId: w.message_id ?? '',
    text: w.text ?? '',
    redacted: w.redacted ?? false,
  };
}

export function writeThoughtItem(v: m.ThoughtItemInput): Json {
  return {
    message_id: v.messageId,
    text: v.text,
    redacted: v.redacted,
  };
}

export function readToolApproval(w: Json): m.ToolApproval {
  return {
    approvalId: w.approval_id ?? undefined,
    state: w.state ?? 'pending',
    by: w.by == null ? undefined : readActor(w.by),
    rule: w.rule ?? undefined,
    reason: w.reason ?? undefined,
  };
}

export function writeToolApproval(v: m.ToolApprovalInput): Json {
  return {
    approval_id: v.approvalId ?? undefined,
    state: v.state,
    by: v.by == null ? undefined : writeActor(v.by),
    rule: v.rule ?? undefined,
    reason: v.reason ?? undefined,
  };
}

export function readToolContent(w: Json): m.ToolContent {
  switch (w.type) {
    case 'text': return { type: 'text', text: w.text };
    case 'diff': return { type: 'diff', path: w.path, old: w.old ?? undefined, new: w.new };
    case 'terminal': return { type: 'terminal', output: w.output, exitCode: w.exit_code ?? undefined };
    case 'image': return { type: 'image', mediaType: w.media_type, data: w.data };
    case 'blob': return { type: 'blob', blob: readBlobRef(w.blob) };
    case 'other': return { type: 'other', content: w.content ?? null };
    default: return { type: 'unknown', wire: unknownVariant('ToolContent', w, w.type) };
  }
}

export function writeToolContent(v: m.ToolContentInput): Json {
  switch (v.type) {
    case 'text': return { type: 'text', text: v.text };
    case 'diff': return { type: 'diff', path: v.path, old: v.old ?? undefined, new: v.new };
    case 'terminal': return { type: 'terminal', output: v.output, exit_code: v.exitCode ?? undefined };
    case 'image': return { type: 'image', media_type: v.mediaType, data: v.data };
    case 'blob': return { type: 'blob', blob: v.blob && writeBlobRef(v.blob) };
    case 'other': return { type: 'other', content: v.content };
    case 'unknown': return v.wire;
    default: return notGiven('ToolContent', (v as Json)?.type);
  }
}

export function readToolEnded(w: Json): m.ToolEnded {
  return {
    toolCallId: w.tool_call_id ?? '',
    status: w.status ?? 'pending',
    content: list(w.content, readToolContent),
    result: w.result ?? undefined,
    truncated: w.truncated ?? false,
    full: w.full == null ? undefined : readBlobRef(w.full),
    background: w.background ?? false,
  };
}

export function writeToolEnded(v: m.ToolEndedInput): Json {
  return {
    tool_call_id: v.toolCallId,
    status: v.status,
    content: filled(v.content?.map(writeToolContent)),
    result: v.result ?? undefined,
    truncated: v.truncated,
    full: v.full == null ? undefined : writeBlobRef(v.full),
    background: v.background || undefined,
  };
}

export function readToolItem(w: Json): m.ToolItem {
  return {
    toolCallId: w.tool_call_id ?? '',
    parentToolCallId: w.parent_tool_call_id ?? undefined,
    name: w.name ?? '',
    kind: w.kind ?? '',
    title: w.title ?? '',
    locations: w.locations ?? [],
    input: w.input ?? null,
    effectiveInput: w.effective_input ?? undefined,
    status: w.status ?? 'pending',
    content: list(w.content, readToolContent),
    result: w.result ?? undefined,
    truncated: w.truncated ?? false,
    full: w.full == null ? undefined : readBlobRef(w.full),
    background: w.background ?? false,
    approval: w.approval == null ? undefined : readToolApproval(w.approval),
    endedAt: w.ended_at ?? undefined,
  };
}

export function writeToolItem(v: m.ToolItemInput): Json {
  return {
    tool_call_id: v.toolCallId,
    parent_tool_call_id: v.parentToolCallId ?? undefined,
    name: v.name,
    kind: v.kind,
    title: v.title,
    locations: filled(v.locations),
    input: v.input,
    effective_input: v.effectiveInput ?? undefined,
    status: v.status,
    content: filled(v.content?.map(writeToolContent)),
    result: v.result ?? undefined,
    truncated: v.truncated,
    full: v.full == null ? undefined : writeBlobRef(v.full),
    background: v.background,
    approval: v.approval == null ? undefined : writeToolApproval(v.approval),
    ended_at: v.endedAt ?? undefined,
  };
}

export function readToolRules(w: Json): m.ToolRules {
  return {
    allow: w.allow ?? [],
    deny: w.deny ?? [],
  };
}

const givenToolRules = new Set(['allow', 'deny']);

export function writeToolRules(v: m.ToolRulesInput): Json {
  only('ToolRules', v, givenToolRules);
  return {
    allow: filled(v.allow),
    deny: filled(v.deny),
  };
}

export function readToolStarted(w: Json): m.ToolStarted {
  return {
    toolCallId: w.tool_call_id ?? '',
    parentToolCallId: w.parent_tool_call_id ?? undefined,
    agentId: w.agent_id ?? undefined,
    name: w.name ?? '',
    kind: w.kind ?? '',
    title: w.title ?? '',
    locations: w.locations ?? [],
    input: w.input ?? null,
    background: w.background ?? false,
  };
}

export function writeToolStarted(v: m.ToolStartedInput): Json {
  return {
    tool_call_id: v.toolCallId,
    parent_tool_call_id: v.parentToolCallId ?? undefined,
    agent_id: v.agentId ?? undefined,
    name: v.name,
    kind: v.kind,
    title: v.title,
    locations: filled(v.locations),
    input: v.input,
    background: v.background || undefined,
  };
}

export function readToolStep(w: Json): m.ToolStep {
  return {
    name: w.name ?? '',
    input: w.input ?? null,
    ask: w.ask ?? false,
    result: w.result ?? '',
    fails: w.fails ?? false,
    ms: w.ms ?? 0,
  };
}

export function writeToolStep(v: m.ToolStepInput): Json {
  return {
    name: v.name,
    input: v.input,
    ask: v.ask,
    result: v.result,
    fails: v.fails,
    ms: v.ms,
  };
}

export function readToolUpdated(w: Json): m.ToolUpdated {
  return {
    toolCallId: w.tool_call_id ?? '',
    effectiveInput: w.effective_input ?? undefined,
    status: w.status ?? undefined,
    content: list(w.content, readToolContent),
    background: w.background ?? undefined,
  };
}

export function writeToolUpdated(v: m.ToolUpdatedInput): Json {
  return {
    tool_call_id: v.toolCallId,
    effective_input: v.effectiveInput ?? undefined,
    status: v.status ?? undefined,
    content: filled(v.content?.map(writeToolContent)),
    background: v.background ?? undefined,
  };
}

export function readToolUse(w: Json): m.ToolUse {
  return {
    tool: w.tool ?? '',
    input: w.input ?? null,
    sessionId: w.session_id ?? undefined,
    project: w.project ?? undefined,
  };
}

const givenToolUse = new Set(['tool', 'input', 'sessionId', 'project']);

export function writeToolUse(v: m.ToolUseInput): Json {
  only('ToolUse', v, givenToolUse);
  return {
    tool: v.tool,
    input: v.input,
    session_id: v.sessionId ?? undefined,
    project: v.project ?? undefined,
  };
}

export function readTotals(w: Json): m.Totals {
  return {
    usage: readUsage(w.usage ?? {}),
    costMicroUsd: w.cost_micro_usd ?? undefined,
    unpriced: w.unpriced ?? 0,
  };
}

export function writeTotals(v: m.TotalsInput): Json {
  return {
    usage: v.usage && writeUsage(v.usage),
    cost_micro_usd: v.costMicroUsd ?? undefined,
    unpriced: v.unpriced,
  };
}

export function readTurnEnded(w: Json): m.TurnEnded {
  return {
    stopReason: w.stop_reason ?? '',
    isError: w.is_error ?? false,
    error: w.error == null ? undefined : readErrorInfo(w.error),
    result: w.result ?? undefined,
    structuredOutput: w.structured_output ?? undefined,
    usage: readUsage(w.usage ?? {}),
    costMicroUsd: w.cost_micro_usd ?? undefined,
    durationMs: w.duration_ms ?? undefined,
  };
}

export function writeTurnEnded(v: m.TurnEndedInput): Json {
  return {
    stop_reason: v.stopReason,
    is_error: v.isError,
    error: v.error == null ? undefined : writeErrorInfo(v.error),
    result: v.result ?? undefined,
    structured_output: v.structuredOutput ?? undefined,
    usage: v.usage && writeUsage(v.usage),
    cost_micro_usd: v.costMicroUsd ?? undefined,
    duration_ms: v.durationMs ?? undefined,
  };
}

export function readTurnInfo(w: Json): m.TurnInfo {
  return {
    id: w.id,
    number: w.number,
    origin: readOrigin(w.origin),
    prompt: list(w.prompt, readContentBlock),
    key: w.key ?? undefined,
    firstPrompt: list(w.first_prompt, readContentBlock),
    processNumber: w.process_number,
    startedAt: w.started_at,
    endedAt: w.ended_at ?? undefined,
    stopReason: w.stop_reason ?? undefined,
    error: w.error == null ? undefined : readErrorInfo(w.error),
    result: w.result ?? undefined,
    structuredOutput: w.structured_output ?? null,
    usage: readUsage(w.usage ?? {}),
  };
}

export function writeTurnInfo(v: m.TurnInfoInput): Json {
  return {
    id: v.id,
    number: v.number,
    origin: v.origin && writeOrigin(v.origin),
    prompt: filled(v.prompt?.map(writeContentBlock)),
    key: v.key ?? undefined,
    first_prompt: filled(v.firstPrompt?.map(writeContentBlock)),
    process_number: v.processNumber,
    started_at: v.startedAt,
    ended_at: v.endedAt ?? undefined,
    stop_reason: v.stopReason ?? undefined,
    error: v.error == null ? undefined : writeErrorInfo(v.error),
    result: v.result ?? undefined,
    structured_output: v.structuredOutput ?? undefined,
    usage: v.usage && writeUsage(v.usage),
  };
}

export function readTurnStarted(w: Json): m.TurnStarted {
  return {
    origin: readOrigin(w.origin ?? {'kind':'prompt'}),
    prompt: list(w.prompt, readContentBlock),
  };
}

export function writeTurnStarted(v: m.TurnStartedInput): Json {
  return {
    origin: v.origin && writeOrigin(v.origin),
    prompt: filled(v.prompt?.map(writeContentBlock)),
  };
}

export function readUsage(w: Json): m.Usage {
  return {
    inputTokens: w.input_tokens ?? 0,
    outputTokens: w.output_tokens ?? 0,
    cacheReadTokens: w.cache_read_tokens ?? 0,
    cacheWriteTokens: w.cache_write_tokens ?? 0,
    turns: w.turns ?? 0,
    costMicroUsd: w.cost_micro_usd ?? 0,
  };
}

export function writeUsage(v: m.UsageInput): Json {
  return {
    input_tokens: v.inputTokens,
    output_tokens: v.outputTokens,
    cache_read_tokens: v.cacheReadTokens,
    cache_write_tokens: v.cacheWriteTokens,
    turns: v.turns,
    cost_micro_usd: v.costMicroUsd,
  };
}

export function readUsageRecorded(w: Json): m.UsageRecorded {
  return {
    usage: readUsage(w.usage ?? {}),
    costMicroUsd: w.cost_micro_usd ?? undefined,
    model: w.model ?? undefined,
    provenance: w.provenance ?? '',
  };
}

export function writeUsageRecorded(v: m.UsageRecordedInput): Json {
  return {
    usage: v.usage && writeUsage(v.usage),
    cost_micro_usd: v.costMicroUsd ?? undefined,
    model: v.model ?? undefined,
    provenance: v.provenance,
  };
}

export function readViewItem(w: Json): m.ViewItem {
  return {
    id: w.id,
    revision: w.revision,
    at: w.at,
    turnId: w.turn_id ?? undefined,
    agentId: w.agent_id ?? undefined,
    ...readItemBody(w),
  };
}

export function writeViewItem(v: m.ViewItemInput): Json {
  return {
    id: v.id,
    revision: v.revision,
    at: v.at,
    turn_id: v.turnId ?? undefined,
    agent_id: v.agentId ?? undefined,
    ...writeItemBody(v),
  };
}

export function readWaitingReason(w: Json): m.WaitingReason {
  return {
    code: w.code,
    reference: w.reference ?? undefined,
    until: w.until ?? undefined,
    position: w.position ?? undefined,
    fix: w.fix ?? '',
  };
}

export function writeWaitingReason(v: m.WaitingReasonInput): Json {
  return {
    code: v.code,
    reference: v.reference ?? undefined,
    until: v.until ?? undefined,
    position: v.position ?? undefined,
    fix: v.fix || undefined,
  };
}

export function readWorkElsewhere(w: Json): m.WorkElsewhere {
  return {
    kind: w.kind,
    name: w.name,
    commit: w.commit ?? undefined,
  };
}

export function writeWorkElsewhere(v: m.WorkElsewhere): Json {
  return {
    kind: v.kind,
    name: v.name,
    commit: v.commit ?? undefined,
  };
}

export function readWorkspaceCommitted(w: Json): m.WorkspaceCommitted {
  return {
    workspaceId: w.workspace_id ?? undefined,
    commit: w.commit ?? '',
    files: list(w.files, readFileChange),
  };
}

export function writeWorkspaceCommitted(v: m.WorkspaceCommittedInput): Json {
  return {
    workspace_id: v.workspaceId ?? undefined,
    commit: v.commit,
    files: filled(v.files?.map(writeFileChange)),
  };
}

export function readWorkspaceConflicted(w: Json): m.WorkspaceConflicted {
  return {
    workspaceId: w.workspace_id ?? undefined,
    files: w.files ?? [],
    with: w.with ?? '',
  };
}

export function writeWorkspaceConflicted(v: m.WorkspaceConflictedInput): Json {
  return {
    workspace_id: v.workspaceId ?? undefined,
    files: filled(v.files),
    with: v.with,
  };
}

export function readWorkspaceElsewhere(w: Json): m.WorkspaceElsewhere {
  return {
    workspaceId: w.workspace_id ?? undefined,
    work: list(w.work, readWorkElsewhere),
  };
}

export function writeWorkspaceElsewhere(v: m.WorkspaceElsewhereInput): Json {
  return {
    workspace_id: v.workspaceId ?? undefined,
    work: filled(v.work?.map(writeWorkElsewhere)),
  };
}

const fieldsOfWorkspaceInfo = new Set(['id', 'tenant_id', 'project_id', 'task_id', 'state', 'kind', 'project', 'root', 'subdirectory', 'branch', 'base', 'not_isolated', 'work_elsewhere', 'keep', 'merged_into', 'created_at']);

export function readWorkspaceInfo(w: Json): m.WorkspaceInfo {
  return {
    id: w.id,
    tenantId: w.tenant_id,
    projectId: w.project_id,
    taskId: w.task_id,
    state: w.state,
    kind: w.kind,
    project: readPlacePath(w.project),
    root: readPlacePath(w.root),
    subdirectory: w.subdirectory ?? undefined,
    branch: w.branch ?? undefined,
    base: w.base ?? undefined,
    notIsolated: w.not_isolated ?? undefined,
    workElsewhere: list(w.work_elsewhere, readWorkElsewhere),
    keep: w.keep ?? false,
    mergedInto: w.merged_into ?? undefined,
    createdAt: w.created_at,
    ...extra(w, fieldsOfWorkspaceInfo),
  };
}

export function writeWorkspaceInfo(v: m.WorkspaceInfoInput): Json {
  return {
    id: v.id,
    tenant_id: v.tenantId,
    project_id: v.projectId,
    task_id: v.taskId,
    state: v.state,
    kind: v.kind,
    project: v.project && writePlacePath(v.project),
    root: v.root && writePlacePath(v.root),
    subdirectory: v.subdirectory ?? undefined,
    branch: v.branch ?? undefined,
    base: v.base ?? undefined,
    not_isolated: v.notIsolated ?? undefined,
    work_elsewhere: filled(v.workElsewhere?.map(writeWorkElsewhere)),
    keep: v.keep,
    merged_into: v.mergedInto ?? undefined,
    created_at: v.createdAt,
    ...v.extra,
  };
}

export function readWorkspaceKept(w: Json): m.WorkspaceKept {
  return {
    workspaceId: w.workspace_id ?? undefined,
    reasons: w.reasons ?? [],
  };
}

export function writeWorkspaceKept(v: m.WorkspaceKeptInput): Json {
  return {
    workspace_id: v.workspaceId ?? undefined,
    reasons: filled(v.reasons),
  };
}

export function readWorkspaceMerged(w: Json): m.WorkspaceMerged {
  return {
    workspaceId: w.workspace_id ?? undefined,
    into: w.into ?? '',
    commit: w.commit ?? '',
  };
}

export function writeWorkspaceMerged(v: m.WorkspaceMergedInput): Json {
  return {
    workspace_id: v.workspaceId ?? undefined,
    into: v.into,
    commit: v.commit,
  };
}

export function readWorkspacePrepared(w: Json): m.WorkspacePrepared {
  return {
    workspaceId: w.workspace_id ?? undefined,
    kind: w.kind ?? '',
    path: w.path ?? '',
    subdirectory: w.subdirectory ?? undefined,
    notIsolated: w.not_isolated ?? undefined,
    branch: w.branch ?? undefined,
    base: w.base ?? undefined,
    merged: w.merged ?? [],
    recreated: w.recreated ?? false,
  };
}

export function writeWorkspacePrepared(v: m.WorkspacePreparedInput): Json {
  return {
    workspace_id: v.workspaceId ?? undefined,
    kind: v.kind,
    path: v.path,
    subdirectory: v.subdirectory ?? undefined,
    not_isolated: v.notIsolated ?? undefined,
    branch: v.branch ?? undefined,
    base: v.base ?? undefined,
    merged: filled(v.merged),
    recreated: v.recreated,
  };
}

export function readWorkspaceRemoved(w: Json): m.WorkspaceRemoved {
  return {
    workspaceId: w.workspace_id ?? undefined,
    discarded: w.discarded ?? false,
  };
}

export function writeWorkspaceRemoved(v: m.WorkspaceRemovedInput): Json {
  return {
    workspace_id: v.workspaceId ?? undefined,
    discarded: v.discarded,
  };
}

export function writeEnvelope(v: m.EventEnvelope): Json {
  return {
    cursor: v.cursor ?? undefined,
    stream: v.stream,
    seq: v.seq ?? undefined,
    at: v.at,
    tenant_id: v.tenantId,
    actor: v.actor && writeActor(v.actor),
    project_id: v.projectId ?? undefined,
    session_id: v.sessionId ?? undefined,
    turn_id: v.turnId ?? undefined,
    task_id: v.taskId ?? undefined,
    attempt: v.attempt ?? undefined,
    account_id: v.accountId ?? undefined,
    node_id: v.nodeId ?? undefined,
    trace_id: v.traceId ?? undefined,
    schema: v.schema,
    raw: v.raw ?? undefined,
  };
}

/** An event from its envelope and its content, in one object literal. What is not in `w` is in `c`. */
export function readEnvelope(w: Json, type: string, originalType: string | undefined, data: unknown, c: Json): Json {
  if (originalType !== undefined) return { ...readEnvelope(w, type, undefined, data, c), originalType };
  return {
    cursor: w.cursor ?? undefined,
    stream: (w.stream === undefined ? c.stream : w.stream),
    seq: w.seq ?? undefined,
    at: w.at,
    tenantId: (w.tenant_id === undefined ? c.tenant_id : w.tenant_id),
    actor: readActor((w.actor === undefined ? c.actor : w.actor)),
    projectId: (w.project_id === undefined ? c.project_id : w.project_id) ?? undefined,
    sessionId: (w.session_id === undefined ? c.session_id : w.session_id) ?? undefined,
    turnId: (w.turn_id === undefined ? c.turn_id : w.turn_id) ?? undefined,
    taskId: (w.task_id === undefined ? c.task_id : w.task_id) ?? undefined,
    attempt: (w.attempt === undefined ? c.attempt : w.attempt) ?? undefined,
    accountId: (w.account_id === undefined ? c.account_id : w.account_id) ?? undefined,
    nodeId: (w.node_id === undefined ? c.node_id : w.node_id) ?? undefined,
    traceId: (w.trace_id === undefined ? c.trace_id : w.trace_id) ?? undefined,
    schema: (w.schema === undefined ? c.schema : w.schema),
    raw: w.raw ?? undefined,
    type,
    data,
  };
}

export const eventReaders: Record<string, (w: Json) => unknown> = {
  'session.opened': readSessionOpened,
  'session.resumed': readSessionResumed,
  'session.forked': readSessionForked,
  'session.running': readSessionRunning,
  'session.requires_action': readSessionRequiresAction,
  'session.idle': readSessionIdle,
  'session.updated': readSessionUpdated,
  'session.failed': readSessionFailed,
  'session.closed': readSessionClosed,
  'context.updated': readContextUpdated,
  'context.compacted': readContextCompacted,
  'prompt.queued': readPromptQueued,
  'prompt.folded': readPromptFolded,
  'prompt.cancelled': readPromptCancelled,
  'turn.started': readTurnStarted,
  'turn.ended': readTurnEnded,
  'message.delta': readMessageDelta,
  'thought.delta': readThoughtDelta,
  'message': readMessage,
  'thought': readThought,
  'message.superseded': readMessageSuperseded,
  'tool.started': readToolStarted,
  'tool.updated': readToolUpdated,
  'tool.ended': readToolEnded,
  'file.changed': readFileChanged,
  'plan.updated': readPlanUpdated,
  'subagent.started': readSubagentStarted,
  'subagent.progress': readSubagentProgress,
  'subagent.ended': readSubagentEnded,
  'approval.requested': readApprovalRequested,
  'approval.resolved': readApprovalResolved,
  'approval.updated': readApprovalUpdated,
  'approval.granted': readApprovalGranted,
  'approval.withdrawn': readApprovalWithdrawn,
  'approval.expired': readApprovalExpired,
  'policy.updated': readPolicyUpdated,
  'policy.removed': readPolicyRemoved,
  'usage.recorded': readUsageRecorded,
  'limit.reached': readLimitReached,
  'agent.retrying': readAgentRetrying,
  'agent.rate_limited': readAgentRateLimited,
  'agent.warning': readAgentWarning,
  'agent.stderr': readAgentStderr,
  'agent.output': readAgentOutput,
  'agent.frame': readAgentFrame,
  'task.submitted': readTaskSubmitted,
  'task.queued': readTaskQueued,
  'task.waiting': readTaskWaiting,
  'task.started': readTaskStarted,
  'task.progress': readTaskProgress,
  'task.input_required': readTaskInputRequired,
  'task.updated': readTaskUpdated,
  'task.retried': readTaskRetried,
  'task.ended': readTaskEnded,
  'attempt.lost': readAttemptLost,
  'attempt.recovered': readAttemptRecovered,
  'project.created': readProjectCreated,
  'project.updated': readProjectUpdated,
  'workspace.prepared': readWorkspacePrepared,
  'workspace.conflicted': readWorkspaceConflicted,
  'workspace.committed': readWorkspaceCommitted,
  'workspace.elsewhere': readWorkspaceElsewhere,
  'workspace.kept': readWorkspaceKept,
  'workspace.merged': readWorkspaceMerged,
  'workspace.removed': readWorkspaceRemoved,
  'node.joined': readNodeJoined,
  'node.lost': readNodeLost,
  'gap': readGap,
};

export const eventWriters: Record<string, (v: Json) => Json> = {
  'session.opened': writeSessionOpened,
  'session.resumed': writeSessionResumed,
  'session.forked': writeSessionForked,
  'session.running': writeSessionRunning,
  'session.requires_action': writeSessionRequiresAction,
  'session.idle': writeSessionIdle,
  'session.updated': writeSessionUpdated,
  'session.failed': writeSessionFailed,
  'session.closed': writeSessionClosed,
  'context.updated': writeContextUpdated,
  'context.compacted': writeContextCompacted,
  'prompt.queued': writePromptQueued,
  'prompt.folded': writePromptFolded,
  'prompt.cancelled': writePromptCancelled,
  'turn.started': writeTurnStarted,
  'turn.ended': writeTurnEnded,
  'message.delta': writeMessageDelta,
  'thought.delta': writeThoughtDelta,
  'message': writeMessage,
  'thought': writeThought,
  'message.superseded': writeMessageSuperseded,
  'tool.started': writeToolStarted,
  'tool.updated': writeToolUpdated,
  'tool.ended': writeToolEnded,
  'file.changed': writeFileChanged,
  'plan.updated': writePlanUpdated,
  'subagent.started': writeSubagentStarted,
  'subagent.progress': writeSubagentProgress,
  'subagent.ended': writeSubagentEnded,
  'approval.requested': writeApprovalRequested,
  'approval.resolved': writeApprovalResolved,
  'approval.updated': writeApprovalUpdated,
  'approval.granted': writeApprovalGranted,
  'approval.withdrawn': writeApprovalWithdrawn,
  'approval.expired': writeApprovalExpired,
  'policy.updated': writePolicyUpdated,
  'policy.removed': writePolicyRemoved,
  'usage.recorded': writeUsageRecorded,
  'limit.reached': writeLimitReached,
  'agent.retrying': writeAgentRetrying,
  'agent.rate_limited': writeAgentRateLimited,
  'agent.warning': writeAgentWarning,
  'agent.stderr': writeAgentStderr,
  'agent.output': writeAgentOutput,
  'agent.frame': writeAgentFrame,
  'task.submitted': writeTaskSubmitted,
  'task.queued': writeTaskQueued,
  'task.waiting': writeTaskWaiting,
  'task.started': writeTaskStarted,
  'task.progress': writeTaskProgress,
  'task.input_required': writeTaskInputRequired,
  'task.updated': writeTaskUpdated,
  'task.retried': writeTaskRetried,
  'task.ended': writeTaskEnded,
  'attempt.lost': writeAttemptLost,
  'attempt.recovered': writeAttemptRecovered,
  'project.created': writeProjectCreated,
  'project.updated': writeProjectUpdated,
  'workspace.prepared': writeWorkspacePrepared,
  'workspace.conflicted': writeWorkspaceConflicted,
  'workspace.committed': writeWorkspaceCommitted,
  'workspace.elsewhere': writeWorkspaceElsewhere,
  'workspace.kept': writeWorkspaceKept,
  'workspace.merged': writeWorkspaceMerged,
  'workspace.removed': writeWorkspaceRemoved,
  'node.joined': writeNodeJoined,
  'node.lost': writeNodeLost,
  'gap': writeGap,
};

export const readers: Record<string, (w: Json) => unknown> = {
  AccountInfo: readAccountInfo,
  AccountLimit: readAccountLimit,
  AccountSpec: readAccountSpec,
  AccountStatus: readAccountStatus,
  Actor: readActor,
  AgentCommand: readAgentCommand,
  AgentFrame: readAgentFrame,
  AgentInfo: readAgentInfo,
  AgentModel: readAgentModel,
  AgentOutput: readAgentOutput,
  AgentPointer: readAgentPointer,
  AgentRateLimited: readAgentRateLimited,
  AgentRetrying: readAgentRetrying,
  AgentStatus: readAgentStatus,
  AgentStderr: readAgentStderr,
  AgentWarning: readAgentWarning,
  ApprovalExpired: readApprovalExpired,
  ApprovalFilter: readApprovalFilter,
  ApprovalGranted: readApprovalGranted,
  ApprovalInfo: readApprovalInfo,
  ApprovalOption: readApprovalOption,
  ApprovalPage: readApprovalPage,
  ApprovalRequested: readApprovalRequested,
  ApprovalResolved: readApprovalResolved,
  ApprovalUpdated: readApprovalUpdated,
  ApprovalWithdrawn: readApprovalWithdrawn,
  AttemptInfo: readAttemptInfo,
  AttemptLost: readAttemptLost,
  AttemptRecovered: readAttemptRecovered,
  BlobRef: readBlobRef,
  CancelRequest: readCancelRequest,
  Changes: readChanges,
  Choice: readChoice,
  ContentBlock: readContentBlock,
  ContextCompacted: readContextCompacted,
  ContextUpdated: readContextUpdated,
  Decision: readDecision,
  ErrorInfo: readErrorInfo,
  EventFilter: readEventFilter,
  FileChange: readFileChange,
  FileChanged: readFileChanged,
  FileView: readFileView,
  Gap: readGap,
  Grant: readGrant,
  ItemBody: readItemBody,
  LimitHit: readLimitHit,
  LimitReached: readLimitReached,
  McpServerStatus: readMcpServerStatus,
  Message: readMessage,
  MessageDelta: readMessageDelta,
  MessageItem: readMessageItem,
  MessageSuperseded: readMessageSuperseded,
  NodeJoined: readNodeJoined,
  NodeLost: readNodeLost,
  NoticeItem: readNoticeItem,
  OpenTurn: readOpenTurn,
  Origin: readOrigin,
  Outcome: readOutcome,
  Partial: readPartial,
  PendingApproval: readPendingApproval,
  PlacePath: readPlacePath,
  PlanEntry: readPlanEntry,
  PlanUpdated: readPlanUpdated,
  PolicyRemoved: readPolicyRemoved,
  PolicyUpdated: readPolicyUpdated,
  ProcessRef: readProcessRef,
  ProjectCreated: readProjectCreated,
  ProjectInfo: readProjectInfo,
  ProjectSpec: readProjectSpec,
  ProjectUpdated: readProjectUpdated,
  PromptCancelled: readPromptCancelled,
  PromptFolded: readPromptFolded,
  PromptItem: readPromptItem,
  PromptQueued: readPromptQueued,
  Question: readQuestion,
  QueuedPrompt: readQueuedPrompt,
  QueuedView: readQueuedView,
  ReplyInfo: readReplyInfo,
  ReplySpec: readReplySpec,
  RetryPolicy: readRetryPolicy,
  RuleFilter: readRuleFilter,
  RuleInfo: readRuleInfo,
  RuleLevel: readRuleLevel,
  RulePage: readRulePage,
  RuleSpec: readRuleSpec,
  Ruling: readRuling,
  SessionClosed: readSessionClosed,
  SessionFailed: readSessionFailed,
  SessionFilter: readSessionFilter,
  SessionForked: readSessionForked,
  SessionIdle: readSessionIdle,
  SessionInfo: readSessionInfo,
  SessionOpened: readSessionOpened,
  SessionPage: readSessionPage,
  SessionRequiresAction: readSessionRequiresAction,
  SessionResumed: readSessionResumed,
  SessionRunning: readSessionRunning,
  SessionSpec: readSessionSpec,
  SessionUpdated: readSessionUpdated,
  SessionView: readSessionView,
  Step: readStep,
  SubagentEnded: readSubagentEnded,
  SubagentProgress: readSubagentProgress,
  SubagentStarted: readSubagentStarted,
  SubagentUsage: readSubagentUsage,
  SubagentView: readSubagentView,
  TaskEnded: readTaskEnded,
  TaskFilter: readTaskFilter,
  TaskInfo: readTaskInfo,
  TaskInputRequired: readTaskInputRequired,
  TaskPage: readTaskPage,
  TaskProgress: readTaskProgress,
  TaskQueued: readTaskQueued,
  TaskRetried: readTaskRetried,
  TaskSpec: readTaskSpec,
  TaskStarted: readTaskStarted,
  TaskSubmitted: readTaskSubmitted,
  TaskUpdated: readTaskUpdated,
  TaskWaiting: readTaskWaiting,
  Thought: readThought,
  ThoughtDelta: readThoughtDelta,
  ThoughtItem: readThoughtItem,
  ToolApproval: readToolApproval,
  ToolContent: readToolContent,
  ToolEnded: readToolEnded,
  ToolItem: readToolItem,
  ToolRules: readToolRules,
  ToolStarted: readToolStarted,
  ToolStep: readToolStep,
  ToolUpdated: readToolUpdated,
  ToolUse: readToolUse,
  Totals: readTotals,
  TurnEnded: readTurnEnded,
  TurnInfo: readTurnInfo,
  TurnStarted: readTurnStarted,
  Usage: readUsage,
  UsageRecorded: readUsageRecorded,
  ViewItem: readViewItem,
  WaitingReason: readWaitingReason,
  WorkElsewhere: readWorkElsewhere,
  WorkspaceCommitted: readWorkspaceCommitted,
  WorkspaceConflicted: readWorkspaceConflicted,
  WorkspaceElsewhere: readWorkspaceElsewhere,
  WorkspaceInfo: readWorkspaceInfo,
  WorkspaceKept: readWorkspaceKept,
  WorkspaceMerged: readWorkspaceMerged,
  WorkspacePrepared: readWorkspacePrepared,
  WorkspaceRemoved: readWorkspaceRemoved,
};

export const writers: Record<string, (v: Json) => Json> = {
  AccountInfo: writeAccountInfo,
  AccountLimit: writeAccountLimit,
  AccountSpec: writeAccountSpec,
  AccountStatus: writeAccountStatus,
  Actor: writeActor,
  AgentCommand: writeAgentCommand,
  AgentFrame: writeAgentFrame,
  AgentInfo: writeAgentInfo,
  AgentModel: writeAgentModel,
  AgentOutput: writeAgentOutput,
  AgentPointer: writeAgentPointer,
  AgentRateLimited: writeAgentRateLimited,
  AgentRetrying: writeAgentRetrying,
  AgentStatus: writeAgentStatus,
  AgentStderr: writeAgentStderr,
  AgentWarning: writeAgentWarning,
  ApprovalExpired: writeApprovalExpired,
  ApprovalFilter: writeApprovalFilter,
  ApprovalGranted: writeApprovalGranted,
  ApprovalInfo: writeApprovalInfo,
  ApprovalOption: writeApprovalOption,
  ApprovalPage: writeApprovalPage,
  ApprovalRequested: writeApprovalRequested,
  ApprovalResolved: writeApprovalResolved,
  ApprovalUpdated: writeApprovalUpdated,
  ApprovalWithdrawn: writeApprovalWithdrawn,
  AttemptInfo: writeAttemptInfo,
  AttemptLost: writeAttemptLost,
  AttemptRecovered: writeAttemptRecovered,
  BlobRef: writeBlobRef,
  CancelRequest: writeCancelRequest,
  Changes: writeChanges,
  Choice: writeChoice,
  ContentBlock: writeContentBlock,
  ContextCompacted: writeContextCompacted,
  ContextUpdated: writeContextUpdated,
  Decision: writeDecision,
  ErrorInfo: writeErrorInfo,
  EventFilter: writeEventFilter,
  FileChange: writeFileChange,
  FileChanged: writeFileChanged,
  FileView: writeFileView,
  Gap: writeGap,
  Grant: writeGrant,
  ItemBody: writeItemBody,
  LimitHit: writeLimitHit,
  LimitReached: writeLimitReached,
  McpServerStatus: writeMcpServerStatus,
  Message: writeMessage,
  MessageDelta: writeMessageDelta,
  MessageItem: writeMessageItem,
  MessageSuperseded: writeMessageSuperseded,
  NodeJoined: writeNodeJoined,
  NodeLost: writeNodeLost,
  NoticeItem: writeNoticeItem,
  OpenTurn: writeOpenTurn,
  Origin: writeOrigin,
  Outcome: writeOutcome,
  Partial: writePartial,
  PendingApproval: writePendingApproval,
  PlacePath: writePlacePath,
  PlanEntry: writePlanEntry,
  PlanUpdated: writePlanUpdated,
  PolicyRemoved: writePolicyRemoved,
  PolicyUpdated: writePolicyUpdated,
  ProcessRef: writeProcessRef,
  ProjectCreated: writeProjectCreated,
  ProjectInfo: writeProjectInfo,
  ProjectSpec: writeProjectSpec,
  ProjectUpdated: writeProjectUpdated,
  PromptCancelled: writePromptCancelled,
  PromptFolded: writePromptFolded,
  PromptItem: writePromptItem,
  PromptQueued: writePromptQueued,
  Question: writeQuestion,
  QueuedPrompt: writeQueuedPrompt,
  QueuedView: writeQueuedView,
  ReplyInfo: writeReplyInfo,
  ReplySpec: writeReplySpec,
  RetryPolicy: writeRetryPolicy,
  RuleFilter: writeRuleFilter,
  RuleInfo: writeRuleInfo,
  RuleLevel: writeRuleLevel,
  RulePage: writeRulePage,
  RuleSpec: writeRuleSpec,
  Ruling: writeRuling,
  SessionClosed: writeSessionClosed,
  SessionFailed: writeSessionFailed,
  SessionFilter: writeSessionFilter,
  SessionForked: writeSessionForked,
  SessionIdle: writeSessionIdle,
  SessionInfo: writeSessionInfo,
  SessionOpened: writeSessionOpened,
  SessionPage: writeSessionPage,
  SessionRequiresAction: writeSessionRequiresAction,
  SessionResumed: writeSessionResumed,
  SessionRunning: writeSessionRunning,
  SessionSpec: writeSessionSpec,
  SessionUpdated: writeSessionUpdated,
  SessionView: writeSessionView,
  Step: writeStep,
  SubagentEnded: writeSubagentEnded,
  SubagentProgress: writeSubagentProgress,
  SubagentStarted: writeSubagentStarted,
  SubagentUsage: writeSubagentUsage,
  SubagentView: writeSubagentView,
  TaskEnded: writeTaskEnded,
  TaskFilter: writeTaskFilter,
  TaskInfo: writeTaskInfo,
  TaskInputRequired: writeTaskInputRequired,
  TaskPage: writeTaskPage,
  TaskProgress: writeTaskProgress,
  TaskQueued: writeTaskQueued,
  TaskRetried: writeTaskRetried,
  TaskSpec: writeTaskSpec,
  TaskStarted: writeTaskStarted,
  TaskSubmitted: writeTaskSubmitted,
  TaskUpdated: writeTaskUpdated,
  TaskWaiting: writeTaskWaiting,
  Thought: writeThought,
  ThoughtDelta: writeThoughtDelta,
  ThoughtItem: writeThoughtItem,
  ToolApproval: writeToolApproval,
  ToolContent: writeToolContent,
  ToolEnded: writeToolEnded,
  ToolItem: writeToolItem,
  ToolRules: writeToolRules,
  ToolStarted: writeToolStarted,
  ToolStep: writeToolStep,
  ToolUpdated: writeToolUpdated,
  ToolUse: writeToolUse,
  Totals: writeTotals,
  TurnEnded: writeTurnEnded,
  TurnInfo: writeTurnInfo,
  TurnStarted: writeTurnStarted,
  Usage: writeUsage,
  UsageRecorded: writeUsageRecorded,
  ViewItem: writeViewItem,
  WaitingReason: writeWaitingReason,
  WorkElsewhere: writeWorkElsewhere,
  WorkspaceCommitted: writeWorkspaceCommitted,
  WorkspaceConflicted: writeWorkspaceConflicted,
  WorkspaceElsewhere: writeWorkspaceElsewhere,
  WorkspaceInfo: writeWorkspaceInfo,
  WorkspaceKept: writeWorkspaceKept,
  WorkspaceMerged: writeWorkspaceMerged,
  WorkspacePrepared: writeWorkspacePrepared,
  WorkspaceRemoved: writeWorkspaceRemoved,
};
