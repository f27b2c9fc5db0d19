import type { Options, Query, SDKMessage } from 'colloquy';
import { z } from 'zod';
import { gather, kindOf, outcome, pick } from '../harness/gather.ts';
import { listen, prompts, withId } from '../harness/inbox.ts';
import type { Observations, Program, Scene, Stage } from '../harness/program.ts';
import { RESULT, requests, standIn, type StandInScript, type Step, written } from '../harness/stand-in.ts';

const SAYS = (text: string) => ({
  type: 'assistant',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text }],
    stop_reason: null,
    usage: {},
  },
  parent_tool_use_id: null,
});
const DONE: Step = { say: RESULT };
const seen = (messages: readonly SDKMessage[]): unknown =>
  messages.map((one) => (one.type === 'assistant' ? { said: one.message.content } : kindOf(one)));

const MAX_SILENCE_MS = 4_000;

type Played = { seen: unknown; thrown: string | undefined; noted: ReturnType<ReturnType<typeof standIn>['noted']> };

async function play(
  stage: Stage,
  at: Scene,
  name: string,
  script: StandInScript,
  options: Options = {},
): Promise<Played> {
  const given = standIn(at, script, name);
  const whole = at.options({ ...options, ...given.options });
  const query = stage.sdk.query({ prompt: 'Go', options: whole });
  // Some questions the official one never answers, so that the stand-in never goes on.
  const timer = setTimeout(() => query.close(), MAX_SILENCE_MS);
  const { messages, thrown } = await gather(stage.sdk, query);
  clearTimeout(timer);
  return { seen: seen(messages), thrown, noted: given.noted() };
}

/** What both make of lines that are long, cut, broken or unknown. */
export const framing: Program = {
  name: 'framing',
  ids: [
    'f.framing.ndjson',
    'f.framing.megabytes',
    'f.framing.noise',
    'f.framing.split',
    'f.envelope.unknown-response',
    'f.keep-alive',
    'f.transcript-mirror',
    'f.prompt.string',
    'f.order.prompt-after-initialize',
    'f.end.stdin-after-result',
    'f.end.exit-0',
    'f.end.exit-without-result',
    'f.end.exit-1-after-error',
    'f.host.initialize',
  ],
  columns: ['official', 'cli'],
  async run(stage) {
    const at = await stage.scene();
    const turn = (...steps: Step[]): StandInScript => ({ turns: [[...steps, DONE]] });
    const plain = await play(stage, at, 'plain', turn());
    const long = await play(stage, at, 'long', turn({ say: SAYS('x'.repeat(3_000_000)) }));
    const noise = await play(stage, at, 'noise', turn({ raw: 'a line that is no JSON\n' }, { say: SAYS('Hi') }));
    const split = await play(
      stage,
      at,
      'split',
      turn({
        bytes: `${JSON.stringify({ ...SAYS('é 你好 🎈'), uuid: '44444444-4444-4444-8444-444444444444', session_id: 's' })}\n`,
      }),
    );
    const stray = await play(
      stage,
      at,
      'stray',
      turn({ say: { type: 'control_response', response: { subtype: 'success', request_id: 'nobody-asked' } } }),
    );
    const alive = await play(stage, at, 'alive', turn({ say: { type: 'keep_alive' } }));
    const mirror = await play(
      stage,
      at,
      'mirror',
      turn({ say: { type: 'transcript_mirror', filePath: '/a.jsonl', entries: [] } }),
    );
    const dies = await play(stage, at, 'dies', { turns: [[{ exit: 3 }]] });
    const fails = await play(stage, at, 'fails', {
      turns: [
        [{ say: { ...RESULT, subtype: 'error_during_execution', is_error: true, errors: ['No.'], result: undefined } }],
      ],
      exitCode: 1,
    });
    const types = ({ noted }: Played) =>
      noted.flatMap((one) => (one.in === undefined ? (one.end === true ? ['end of input'] : []) : [one.in['type']]));
    const [line] = written(plain.noted, 'user');
    return {
      'f.framing.ndjson': { lines: types(plain) },
      'f.framing.megabytes': { chars: JSON.stringify(long.seen).length, thrown: long.thrown },
      'f.framing.noise': { seen: noise.seen, thrown: noise.thrown },
      'f.framing.split': { seen: split.seen, thrown: split.thrown },
      'f.envelope.unknown-response': { seen: stray.seen, thrown: stray.thrown },
      'f.keep-alive': { seen: alive.seen, thrown: alive.thrown },
      'f.transcript-mirror': { seen: mirror.seen, thrown: mirror.thrown },
      'f.prompt.string': { ...pick(line, ['type', 'parent_tool_use_id', 'session_id']), text: textIn(line) },
      'f.order.prompt-after-initialize': { order: types(plain).slice(0, 2) },
      'f.end.stdin-after-result': { ends: plain.noted.some(({ end }) => end === true) },
      'f.end.exit-0': { seen: plain.seen, thrown: plain.thrown ?? 'nothing' },
      'f.end.exit-without-result': { seen: dies.seen, thrown: dies.thrown },
      'f.end.exit-1-after-error': { seen: fails.seen, thrown: fails.thrown },
      'f.host.initialize': {
        first: pick(plain.noted.find((one) => one.in !== undefined)?.in, ['type']),
        subtype: requests(plain.noted, 'initialize').length,
      },
    };
  },
};

/** A string prompt is a text, or one block of text: to Claude Code the same. */
function textIn(line: Record<string, unknown> | undefined): unknown {
  const { content } = (line?.['message'] ?? {}) as { content?: string | { text?: string }[] };
  return typeof content === 'string' ? content : content?.map(({ text }) => text).join('');
}

type AnyQuery = Query & Record<string, (...args: unknown[]) => Promise<unknown>>;

/** Methods of `Query`, with what they send. */
const CALLS: Record<string, (query: AnyQuery) => Promise<unknown>> = {
  interrupt: (query) => query.interrupt(),
  set_permission_mode: (query) => query.setPermissionMode('plan'),
  set_model: (query) => query.setModel('claude-haiku-4-5'),
  set_max_thinking_tokens: (query) => query.setMaxThinkingTokens(1024),
  apply_flag_settings: (query) => query.applyFlagSettings({ model: 'haiku' }),
  update_settings: (query) => query.updateSettings('localSettings', { outputStyle: 'x' }),
  mcp_status: (query) => query.mcpServerStatus(),
  mcp_set_servers: (query) => query.setMcpServers({ files: { type: 'stdio', command: 'c' } }),
  mcp_reconnect: (query) => query.reconnectMcpServer('files'),
  mcp_toggle: (query) => query.toggleMcpServer('files', false),
  mcp_read_resource: (query) => query.readMcpResource('files', 'ui://a'),
  rewind_files: (query) => query.rewindFiles('66666666-6666-4666-8666-666666666666', { dryRun: true }),
  stop_task: (query) => query.stopTask('b1'),
  background_tasks: (query) => query.backgroundTasks(),
  get_context_usage: (query) => query.getContextUsage(),
  get_usage: (query) =>
    query['usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET']?.() ??
    Promise.reject(new Error('No such method')),
  read_file: (query) => query.readFile('a.txt', { maxBytes: 10 }),
  seed_read_state: (query) => query.seedReadState('a.txt', 5),
  reload_plugins: (query) => query.reloadPlugins(),
  reload_skills: (query) => query.reloadSkills(),
  reload_output_styles: (query) => query.reloadOutputStyles(),
};
/** What Claude Code can be asked, and no method of the official `Query` asks. */
const NOT_OFFERED = [
  'get_settings',
  'mcp_call',
  'cancel_async_message',
  'get_task_output',
  'get_session_cost',
  'list_models',
  'list_permission_rules',
  'get_hooks_listing',
  'file_suggestions',
  'register_repo_root',
  'rename_session',
  'set_color',
  'set_has_subscribers',
  'get_binary_version',
];
const camel = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** What each method of a query sends, and makes of the answer. */
export const controls: Program = {
  name: 'controls',
  ids: [...Object.keys(CALLS), ...NOT_OFFERED]
    .map((subtype) => `f.host.${subtype}`)
    .concat(
      'f.envelope.request',
      'f.envelope.success',
      'f.envelope.error',
      'f.initialize.response',
      'f.prompt.iterable',
      'f.end.stdin-open-for-iterable',
    ),
  columns: ['official', 'cli'],
  async run({ sdk, scene }) {
    const at = await scene();
    const servers = [{ name: 'files', status: 'connected' }];
    const answers = {
      mcp_status: { mcpServers: servers },
      background_tasks: { backgrounded: true },
      rewind_files: { canRewind: true, filesChanged: [] },
      interrupt: { still_queued: [] },
      read_file: { contents: 'a', absPath: '/a.txt' },
      mcp_set_servers: { added: ['files'], removed: [], errors: {} },
    };
    const initialized = {
      commands: [{ name: 'go', description: 'Goes', argumentHint: '' }],
      models: [{ value: 'opus', displayName: 'O', description: 'Big' }],
      account: { email: 'a@example.org' },
    };
    const given = standIn(at, { answers, initialized });
    const input = prompts(withId('First', { uuid: '77777777-7777-4777-8777-777777777777' }));
    const query = sdk.query({ prompt: input, options: at.options(given.options) }) as AnyQuery;
    const heard = listen(query);
    await heard.heard('result', 1);
    const observed: Record<string, unknown> = {};
    for (const [subtype, call] of Object.entries(CALLS)) {
      const before = given.noted().length;
      const gave = await outcome(sdk, () => call(query));
      observed[`f.host.${subtype}`] = {
        gave,
        sent: written(given.noted().slice(before), 'control_request').map(({ request }) => request),
      };
    }
    for (const subtype of NOT_OFFERED)
      observed[`f.host.${subtype}`] = { isOffered: typeof query[camel(subtype)] === 'function' };
    const told = await query.initializationResult();
    const openBefore = given.noted().every(({ end }) => end !== true);
    input.end();
    await heard.ended;
    const failing = standIn(
      at,
      { errors: { set_model: { error: 'No such model', error_code: 'unknown_model' } } },
      'failing',
    );
    const more = prompts(withId('First'));
    const other = sdk.query({ prompt: more, options: at.options(failing.options) });
    const listening = listen(other);
    const refused = await other.setModel('none').then(
      () => 'taken',
      (error: unknown) => String(error).includes('No such model'),
    );
    more.end();
    await listening.ended;
    const [envelope] = written(given.noted(), 'control_request');
    return {
      ...observed,
      'f.envelope.request': { keys: Object.keys(envelope ?? {}).toSorted(), id: typeof envelope?.['request_id'] },
      'f.envelope.success': { servers: await Promise.resolve(observed['f.host.mcp_status']) },
      'f.envelope.error': { refused },
      'f.initialize.response': pick(told, ['commands', 'models', 'account', 'output_style', 'available_output_styles']),
      'f.prompt.iterable': written(given.noted(), 'user').map((line) =>
        pick(line, ['type', 'message', 'parent_tool_use_id', 'uuid']),
      ),
      'f.end.stdin-open-for-iterable': { openBefore, closedAfter: given.noted().some(({ end }) => end === true) },
    };
  },
};

const asks = (id: string, ask: Record<string, unknown>): Step[] => [{ id, ask }, { waitFor: id }];
const CALL = { subtype: 'can_use_tool', tool_name: 'Bash', input: { command: 'ls' }, tool_use_id: 'toolu_1' };
const rpc = (method: string, params: object, id?: number) => ({
  subtype: 'mcp_message',
  server_name: 'tools',
  message: { jsonrpc: '2.0', method, params, ...(id === undefined ? {} : { id }) },
});

/** What Claude Code asks the host, and what it is answered. */
export const questions: Program = {
  name: 'questions',
  ids: [
    'f.cli.can_use_tool',
    'f.cli.hook_callback',
    'f.cli.mcp_message',
    'f.cli.mcp_message.notification',
    'f.cli.elicitation',
    'f.cli.request_user_dialog',
    'f.cli.unknown',
    'f.cli.concurrent',
    'f.cancel.aborts',
    'f.cancel.unknown',
  ],
  columns: ['official', 'cli'],
  async run(stage) {
    const at = await stage.scene();
    const { sdk } = stage;
    const answersOf = (played: Played) =>
      written(played.noted, 'control_response')
        .map(({ response }) => pick(response as object, ['subtype', 'request_id', 'response']))
        .map(withoutWords);
    const go = (name: string, steps: Step[], options: Options) =>
      play(stage, at, name, { turns: [[...steps, DONE]] }, options);

    const decided = await go(
      'decided',
      [
        ...asks('p1', CALL),
        ...asks('p2', { ...CALL, input: { command: 'no' } }),
        ...asks('p3', { ...CALL, input: { command: 'throw' } }),
      ],
      {
        canUseTool: async (_name, input) => {
          if (input['command'] === 'throw') throw new Error('Broken');
          return input['command'] === 'no'
            ? { behavior: 'deny', message: 'No.' }
            : { behavior: 'allow', updatedInput: { command: 'pwd' } };
        },
      },
    );
    const hooked = await play(
      stage,
      at,
      'hooked',
      {
        turns: [
          [{ id: 'h1', ask: { subtype: 'hook_callback', callback_id: '<first>', input: {}, tool_use_id: 't' } }, DONE],
        ],
      },
      {},
    );
    const echo = sdk.tool('echo', 'Says it again', { text: z.string() }, async ({ text }) => ({
      content: [{ type: 'text', text }],
    }));
    const server = sdk.createSdkMcpServer({ name: 'tools', tools: [echo] });
    const spoken = await go(
      'spoken',
      [
        ...asks(
          'm1',
          rpc(
            'initialize',
            { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
            0,
          ),
        ),
        ...asks('m2', rpc('notifications/initialized', {})),
        ...asks('m3', rpc('tools/call', { name: 'echo', arguments: { text: 'Hi' } }, 2)),
        ...asks('m4', rpc('tools/call', { name: 'echo', arguments: { text: 5 } }, 3)),
      ],
      { mcpServers: { tools: server } },
    );
    const question = {
      subtype: 'elicitation',
      mcp_server_name: 'files',
      message: 'Which one?',
      mode: 'form',
      requested_schema: { type: 'object', properties: {} },
    };
    const asked = await go('asked', asks('e1', question), {
      onElicitation: async () => ({ action: 'accept', content: { a: 1 } }),
    });
    const unasked = await go('unasked', asks('e1', question), {});
    const dialog = await go(
      'dialog',
      asks('d1', { subtype: 'request_user_dialog', dialog_kind: 'refusal_fallback_prompt', payload: { a: 1 } }),
      {
        supportedDialogKinds: ['refusal_fallback_prompt'],
        onUserDialog: async (asked) => ({ behavior: 'completed', result: asked }),
      },
    );
    const unknown = await go('unknown', asks('u1', { subtype: 'of_the_next_year' }), {});
    const slow = await go(
      'slow',
      [
        { id: 'a', ask: { ...CALL, input: { command: 'slow' } } },
        { id: 'b', ask: { ...CALL, input: { command: 'quick' } } },
        { waitFor: 'a' },
      ],
      {
        canUseTool: async (_name, input) => {
          if (input['command'] === 'slow') await new Promise((resolve) => setTimeout(resolve, 200));
          return { behavior: 'allow', updatedInput: input };
        },
      },
    );
    let aborted = false;
    const cancelled = await go(
      'cancelled',
      [
        { id: 'c1', ask: CALL },
        { say: { type: 'control_cancel_request', request_id: 'c1' } },
        ...asks('c2', { ...CALL, input: { command: 'then' } }),
      ],
      {
        canUseTool: async (_name, input, { signal }) => {
          if (input['command'] === 'then') return { behavior: 'allow', updatedInput: input };
          await new Promise<void>((resolve) =>
            signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve()),
          );
          aborted = signal.aborted;
          return { behavior: 'deny', message: 'Too late' };
        },
      },
    );
    const stray = await go('stray', [{ say: { type: 'control_cancel_request', request_id: 'nobody' } }], {});
    const of = answersOf(spoken);
    const result: Observations = {
      'f.cli.can_use_tool': answersOf(decided),
      'f.cli.hook_callback': { thrown: hooked.thrown ?? 'nothing', answered: answersOf(hooked).length },
      'f.cli.mcp_message': of.filter(({ request_id: id }) => id !== 'm2').map(withoutCapabilities),
      'f.cli.mcp_message.notification': of
        .filter(({ request_id: id }) => id === 'm2')
        .map((one) => pick(one, ['subtype'])),
      'f.cli.elicitation': { with: answersOf(asked), without: answersOf(unasked) },
      'f.cli.request_user_dialog': answersOf(dialog),
      'f.cli.unknown': answersOf(unknown),
      'f.cli.concurrent': answersOf(slow).map(({ request_id: id }) => id),
      'f.cancel.aborts': { aborted, next: answersOf(cancelled).filter(({ request_id: id }) => id === 'c2') },
      'f.cancel.unknown': { seen: stray.seen, thrown: stray.thrown },
    };
    return at.normal(result) as Observations;
  },
};

/** Of capabilities only which there are: a server of ours tells no changes of its list. */
function withoutCapabilities(answer: Record<string, unknown>): unknown {
  return JSON.parse(
    JSON.stringify(answer, (key, item: unknown) => (key === 'capabilities' ? Object.keys(item as object) : item)),
  );
}

/** Without the words of errors, and the version of a server. */
function withoutWords(answer: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(answer, (key, item: unknown) =>
      key === 'text' && typeof item === 'string' && item.length > 20
        ? '<words>'
        : key === 'version'
          ? '<version>'
          : item,
    ),
  ) as Record<string, unknown>;
}
