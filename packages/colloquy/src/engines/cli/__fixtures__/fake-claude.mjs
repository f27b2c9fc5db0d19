// A stand-in for Claude Code that speaks its stream-json protocol: what it does is said by the prompts, and by FAKE in its environment.
// Written after docs/internals/facts/agent-protocol.md (f).
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const args = process.argv.slice(2);
const how = process.env.FAKE ?? '';
if (args[0] === '--version') {
  console.log(`${how === 'old' ? '1.0.20' : '2.1.400'} (Claude Code)`);
  process.exit(0);
}
const flag = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const session_id = flag('session-id') ?? flag('resume') ?? '00000000-0000-4000-8000-000000000000';
const uuid = () => crypto.randomUUID();
const write = (text) => process.stdout.write(text);
const tell = (message) => write(`${JSON.stringify({ ...message, uuid: uuid(), session_id })}\n`);
const config = process.env.CLAUDE_CONFIG_DIR ?? join(process.env.HOME ?? '/nowhere', '.claude');
const folder = join(config, 'projects', process.env.FAKE_PROJECT ?? '-folder');
const transcript = join(folder, `${session_id}.jsonl`);

if (how === 'old') fail("error: unknown option '--input-format'");
if (how === 'die') fail('It is not my day', 7);
if (how === 'rubbish') console.log('Usage: claude-something-else [file]\n  --help');
if (flag('resume') !== undefined && !existsSync(join(folder, `${flag('resume')}.jsonl`))) {
  tell({ type: 'result', subtype: 'error_during_execution', is_error: true, num_turns: 0, errors: ['not found'] });
  fail('There is no such conversation');
}
if (how === 'flood') setInterval(() => write('y\n'.repeat(1000)), 1);
if (how === 'stubborn') process.on('SIGTERM', () => {}).on('SIGINT', () => {});

function fail(why, code = 1) {
  console.error(why);
  process.exit(code);
}

let hooks = {};
let counter = 0;
const asked = new Map();
const queue = [];
let turn;

/** Asks the host, and gives its whole response. */
function ask(request, onId = () => {}) {
  const request_id = `cli-${(counter += 1)}`;
  onId(request_id);
  write(`${JSON.stringify({ type: 'control_request', request_id, request })}\n`);
  return new Promise((resolve) => asked.set(request_id, resolve));
}

const lines = createInterface(process.stdin);
lines.on('line', (line) => {
  const message = JSON.parse(line);
  if (message.type === 'control_request') onControl(message);
  if (message.type === 'control_response') asked.get(message.response.request_id)?.(message.response);
  if (message.type === 'control_cancel_request') appendFileSync(join(process.env.HOME, 'cancelled'), 'x');
  if (message.type === 'user') {
    queue.push(message);
    void next();
  }
});
lines.on('close', () => {
  if (how !== 'stubborn') process.exit(0);
});
if (how === 'stubborn') setInterval(() => {}, 1000);

function onControl({ request_id, request }) {
  const reply = (response) => write(`${JSON.stringify({ type: 'control_response', response: { request_id, ...response } })}\n`);
  const ok = (response) => reply({ subtype: 'success', response });
  switch (request.subtype) {
    case 'initialize':
      hooks = request.hooks ?? {};
      if (['silent', 'rubbish', 'flood'].includes(how)) return;
      if (how === 'refuse') return reply({ subtype: 'error', error: 'not today' });
      return ok({ commands: [], agents: [], models: [], account: { apiKeySource: 'none' }, output_style: 'default', available_output_styles: ['default'], seen: request });
    case 'interrupt':
      ok({ still_queued: queue.map((message) => message.uuid) });
      if (request.cancel_queued === true) queue.length = 0;
      turn?.interrupt();
      return;
    case 'set_permission_mode':
      ok({ mode: request.mode });
      return tell({ type: 'system', subtype: 'status', status: null, permissionMode: request.mode });
    case 'set_model':
      return ok({ model: request.model ?? 'first-model' });
    case 'mcp_set_servers':
      return ok({ added: Object.keys(request.servers), removed: [], errors: {} });
    case 'mcp_status':
      return ok({ mcpServers: [{ name: 'one', status: 'failed', error: 'gone' }] });
    case 'deaf':
      return;
    default:
      return reply({ subtype: 'error', error: `Unsupported: ${request.subtype}`, error_code: 'unsupported_request' });
  }
}

async function next() {
  if (turn !== undefined || queue.length === 0) return;
  const message = queue.shift();
  turn = { interrupted: new Promise((resolve) => (turnEnd = resolve)), interrupt: () => turnEnd('interrupted') };
  mkdirSync(folder, { recursive: true });
  keep('user', message.message);
  tell({ type: 'command_lifecycle', command_uuid: message.uuid, state: 'started' });
  tell({ type: 'system', subtype: 'init', model: flag('model') ?? 'first-model', permissionMode: flag('permission-mode') ?? 'default', tools: [], cwd: process.cwd() });
  const { content } = message.message;
  const text = typeof content === 'string' ? content : content.map((block) => block.text).join('');
  const [word, ...rest] = text.split(' ');
  const said = await (ACTS[word] ?? ACTS.say)(rest.join(' '));
  const isInterrupted = said === 'interrupted';
  keep('assistant', { role: 'assistant', content: [{ type: 'text', text: said }] });
  assistant(said);
  tell({
    type: 'result',
    subtype: isInterrupted ? 'error_during_execution' : 'success',
    is_error: isInterrupted,
    num_turns: 1,
    total_cost_usd: 0,
    modelUsage: {},
    permission_denials: [],
    user_message_uuids: [message.uuid],
    ...(isInterrupted ? { errors: [], terminal_reason: 'aborted_streaming' } : { result: said }),
  });
  tell({ type: 'command_lifecycle', command_uuid: message.uuid, state: isInterrupted ? 'cancelled' : 'completed' });
  turn = undefined;
  void next();
}
let turnEnd = () => {};

/** Keeps a message in the transcript, below the one before it. */
function keep(type, message) {
  const lines = existsSync(transcript) ? readFileSync(transcript, 'utf8').trim().split('\n') : [];
  const parentUuid = lines.length === 0 ? null : JSON.parse(lines.at(-1)).uuid;
  const entry = { type, uuid: uuid(), parentUuid, sessionId: session_id, message };
  appendFileSync(transcript, `${JSON.stringify(entry)}\n`);
  if (args.includes('--session-mirror'))
    write(`${JSON.stringify({ type: 'transcript_mirror', filePath: transcript, entries: [entry] })}\n`);
}

function assistant(text) {
  tell({ type: 'assistant', parent_tool_use_id: null, message: { id: 'm', role: 'assistant', content: [{ type: 'text', text }] } });
}

const ACTS = {
  say: (text) => text,
  args: () => JSON.stringify(args),
  env: (name) => process.env[name] ?? 'not set',
  pid: () => String(process.pid),
  big: (count) => 'ä'.repeat(Number(count)),
  stream: (count) => {
    for (let index = 0; index < Number(count); index++) {
      tell({ type: 'stream_event', parent_tool_use_id: null, event: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: `${index} ` } } });
    }
    return 'streamed';
  },
  noise: () => {
    write('Debugger attached.\n\n{ not json\n{"level":"info"}\n[1,2]\nnull\n');
    tell({ type: 'from_the_future', value: 1 });
    return 'heard';
  },
  torn: () => {
    write('{"type":"assistant","message":{"content":[{"type":"te\n');
    return turn.interrupted;
  },
  hang: () => turn.interrupted,
  die: (code) => {
    console.error('out of cheese');
    process.exitCode = Number(code);
    process.exit();
  },
  kill: () => {
    console.error('out of memory');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20);
    return new Promise(() => {});
  },
  exit: () => {
    setTimeout(() => process.exit(0), 20);
    return 'last words';
  },
  // Leaves an agent behind, which ends after the turn and has a turn of its own then.
  agent: () => {
    tell({ type: 'system', subtype: 'background_tasks_changed', tasks: [{ task_id: 'a1', task_type: 'local_agent', description: 'Look' }] });
    setTimeout(() => {
      tell({ type: 'system', subtype: 'background_tasks_changed', tasks: [] });
      tell({ type: 'system', subtype: 'init', permissionMode: 'default' });
      tell({ type: 'result', subtype: 'success', is_error: false, result: 'the agent is back', origin: { kind: 'task-notification' } });
    }, 50);
    return 'sent';
  },
  // Asks as Claude Code does before it runs a tool: hooks first, then permission.
  tool: async (text) => {
    const [tool_name, ...rest] = text.split(' ');
    const tool_input = JSON.parse(rest.join(' ') || '{}');
    const callbacks = (hooks.PreToolUse ?? []).flatMap((matcher) => matcher.hookCallbackIds);
    const input = { hook_event_name: 'PreToolUse', tool_name, tool_input, tool_use_id: 't1', cwd: process.cwd(), session_id };
    const outputs = [];
    for (const callback_id of callbacks) outputs.push(await ask({ subtype: 'hook_callback', callback_id, input, tool_use_id: 't1' }));
    const asks = await ask({ subtype: 'can_use_tool', tool_name, input: tool_input, tool_use_id: 't1', permission_suggestions: [], blocked_path: '/blocked', decision_reason: 'because' });
    return JSON.stringify({ hooks: outputs.map(({ response, error }) => response ?? error), asked: asks.response ?? asks.error });
  },
  // Asks for permission, and does not wait for the answer.
  giveup: async () => {
    let id;
    void ask({ subtype: 'can_use_tool', tool_name: 'Bash', input: {}, tool_use_id: 't1' }, (given) => (id = given));
    await new Promise((resolve) => setTimeout(resolve, 30));
    write(`${JSON.stringify({ type: 'control_cancel_request', request_id: id })}\n`);
    write(`${JSON.stringify({ type: 'control_cancel_request', request_id: 'never-was' })}\n`);
    return 'gave up';
  },
  mcp: async (text) => {
    const [server_name, name, ...rest] = text.split(' ');
    const call = async (method, params, id) => {
      const { response, error } = await ask({ subtype: 'mcp_message', server_name, message: { jsonrpc: '2.0', method, params, id } });
      return response?.mcp_response ?? error;
    };
    const hello = await call('initialize', { protocolVersion: '2025-11-25' }, 0);
    await call('notifications/initialized', {});
    const list = await call('tools/list', {}, 1);
    const result = await call('tools/call', { name, arguments: JSON.parse(rest.join(' ') || '{}'), _meta: { 'claudecode/toolUseId': 't9' } }, 2);
    return JSON.stringify({ hello, list, result });
  },
  nonsense: async () => {
    for (;;) await ask({ subtype: 'what_is_this' });
  },
};
