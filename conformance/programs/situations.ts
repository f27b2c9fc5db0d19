import { maxTokens, status, text, toolUse } from '@colloquy/emulator';
import type { Reply } from '@colloquy/emulator';
import type { HookCallback, Options, SDKMessage } from 'colloquy';
import { find, gather, type Gathered, kindOf, pick } from '../harness/gather.ts';
import type { Program, Scene, Stage } from '../harness/program.ts';
import { conversation, outcomeOf, ownWords, story } from '../harness/tell.ts';

type Situation = {
  /** In order; further requests would be answered by the emulator itself. */
  script: readonly Reply[];
  prompt?: string;
  options?: Options;
  files?: Readonly<Record<string, string>>;
};

const bash = (command: string): Reply => toolUse('Bash', { command, description: 'Do it' });
const BYPASS: Options = { permissionMode: 'bypassPermissions', allowDangerouslySkipPermissions: true };
const hook =
  (output: Awaited<ReturnType<HookCallback>>): HookCallback =>
  async () =>
    output;

async function play(
  stage: Stage,
  { script, prompt = 'Do it', options, files = {} }: Situation,
): Promise<Gathered & { at: Scene }> {
  const at = await stage.scene(script, { files });
  const given = at.options({ model: 'claude-opus-5-5', settingSources: [], ...options });
  return { at, ...(await gather(stage.sdk, stage.sdk.query({ prompt, options: given }))) };
}

const warning = (message: SDKMessage | undefined) =>
  message?.type === 'system' && message.subtype === 'informational'
    ? { level: message.level, content: ownWords(message.content, ['Not this.', 'Do it']) }
    : message;

/** How turns end that something limits or stops. */
export const limits: Program = {
  name: 'situations-limits',
  ids: [
    'a.situation.max-turns',
    'a.result.error-fields',
    'a.exit.error-then-throw',
    'a.situation.budget',
    'a.situation.deny-interrupt',
    'a.situation.post-hook-stops',
    'a.situation.defer',
    'a.situation.prompt-blocked',
    'a.system.informational',
    'a.situation.http-400',
    'a.assistant.api-error',
  ],
  async run(stage) {
    const turns = await play(stage, {
      script: [bash('echo 1'), bash('echo 2'), text('Done.')],
      options: { maxTurns: 1, ...BYPASS },
    });
    const budget = await play(stage, {
      script: [bash('echo 1'), text('Done.')],
      options: { maxBudgetUsd: 0.0001, ...BYPASS },
    });
    const denied = await play(stage, {
      script: [bash('touch a.txt'), text('Done.')],
      options: { canUseTool: async () => ({ behavior: 'deny', message: 'Stop it.', interrupt: true }) },
    });
    const stopped = await play(stage, {
      script: [bash('echo 1'), text('Done.')],
      options: { ...BYPASS, hooks: { PostToolUse: [{ hooks: [hook({ continue: false, stopReason: 'Enough.' })] }] } },
    });
    const deferred = await play(stage, {
      script: [bash('echo 1'), text('Done.')],
      options: {
        ...BYPASS,
        hooks: {
          PreToolUse: [
            { hooks: [hook({ hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'defer' } })] },
          ],
        },
      },
    });
    const blocked = await play(stage, {
      script: [text('Done.')],
      options: { hooks: { UserPromptSubmit: [{ hooks: [hook({ decision: 'block', reason: 'Not this.' })] }] } },
    });
    // It asks again with fewer features before it gives up.
    const refused = await play(stage, { script: Array.from({ length: 6 }, () => status(400)) });
    return {
      'a.situation.max-turns': turns.at.normal(story(turns)),
      'a.result.error-fields': Object.keys({ ...turns.messages.at(-1) }).filter((key) =>
        ['errors', 'result', 'structured_output'].includes(key),
      ),
      'a.exit.error-then-throw': { last: turns.messages.at(-1)?.type, thrown: turns.thrown },
      'a.situation.budget': budget.at.normal(story(budget)),
      'a.situation.deny-interrupt': denied.at.normal(story(denied)),
      'a.situation.post-hook-stops': stopped.at.normal(story(stopped, ['Enough.'])),
      'a.situation.defer': deferred.at.normal(story(deferred)),
      'a.situation.prompt-blocked': {
        ...(blocked.at.normal(story(blocked, ['Not this.'])) as object),
        requests: blocked.at.emulator.requests.length,
      },
      'a.system.informational': blocked.at.normal(warning(find(blocked.messages, 'system/informational'))),
      'a.situation.http-400': refused.at.normal(outcomeOf(refused.messages.at(-1))),
      'a.assistant.api-error': refused.at.normal(story(refused)),
    };
  },
};

const SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
};

/** Which of the violations an error result names. */
function errorOf(message: SDKMessage & { type: 'user' }): unknown {
  const [block] = typeof message.message.content === 'string' ? [] : message.message.content;
  return block?.type === 'tool_result' && block.is_error === true
    ? ownWords(block.content, ['answer', 'string'])
    : 'fine';
}

/** What a turn does about answers that are not what was wanted. */
export const answers: Program = {
  name: 'situations-answers',
  ids: [
    'a.structured-output',
    'a.situation.schema-invalid',
    'a.situation.schema-not-called',
    'a.situation.max-tokens',
    'a.situation.unknown-command',
    'a.situation.resume-unknown',
    'a.result.denials',
  ],
  async run(stage) {
    const outputFormat: Options['outputFormat'] = { type: 'json_schema', schema: SCHEMA };
    const structured = (input: object): Reply => toolUse('StructuredOutput', { ...input });
    const right = await play(stage, {
      script: [structured({ answer: '42' }), text('Done.')],
      options: { outputFormat },
    });
    const wrong = await play(stage, {
      script: [structured({ answer: 42 }), structured({ answer: '42' }), text('Done.')],
      options: { outputFormat },
    });
    const never = await play(stage, {
      script: Array.from({ length: 4 }, () => text('No tool.')),
      options: { outputFormat },
    });
    const cut = await play(stage, { script: [maxTokens('The first half'), text('and the second.')] });
    const command = await play(stage, { script: [text('No such thing.')], prompt: '/no-such-command now' });
    const unknown = await play(stage, { script: [], options: { resume: '11111111-2222-4333-8444-555555555555' } });
    const denied = await play(stage, {
      script: [bash('touch a.txt'), text('Then not.')],
      options: { canUseTool: async () => ({ behavior: 'deny', message: 'No.' }) },
    });
    const lastUser = (of: typeof command) =>
      of.at.emulator.requests.at(-1)?.messages.findLast(({ role }) => role === 'user');
    return {
      'a.structured-output': right.at.normal(outcomeOf(right.messages.at(-1))),
      'a.situation.schema-invalid': {
        kinds: conversation(wrong.messages).map(kindOf),
        errors: wrong.messages.flatMap((message) => (message.type === 'user' ? [errorOf(message)] : [])),
        result: outcomeOf(wrong.messages.at(-1)),
      },
      'a.situation.schema-not-called': never.at.normal(outcomeOf(never.messages.at(-1))),
      'a.situation.max-tokens': cut.at.normal({ ...(story(cut) as object), requests: cut.at.emulator.requests.length }),
      'a.situation.unknown-command': {
        told: JSON.stringify(lastUser(command)).includes('/no-such-command now'),
        ...(command.at.normal(story(command)) as object),
      },
      'a.situation.resume-unknown': unknown.at.normal(story(unknown)),
      'a.result.denials': denied.at.normal(pick(denied.messages.at(-1), ['permission_denials'])),
    };
  },
};
