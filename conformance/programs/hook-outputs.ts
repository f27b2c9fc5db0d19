import { setTimeout as delay } from 'node:timers/promises';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '@colloquy/emulator';
import type { HookCallback, HookJSONOutput, Options, PreToolUseHookInput } from 'colloquy';
import { type Call, calledIn, scriptOf } from '../harness/calls.ts';
import { find, findAll, gather, kindOf, pick } from '../harness/gather.ts';
import { asker, decisions } from '../harness/judged-calls.ts';
import type { Program, Scene } from '../harness/program.ts';

const BASE: Options = { model: 'claude-opus-5-5', settingSources: [] };
const bash = (command: string): Call => ['Bash', { command, description: 'Do it' }];
const pre = (more: object): HookJSONOutput => ({ hookSpecificOutput: { hookEventName: 'PreToolUse', ...more } });
const commandOf = (input: PreToolUseHookInput): string => String(Object(input.tool_input)['command']);
/** Whether the model was sent these words. */
const wasTold = (at: Scene, words: string): boolean =>
  at.emulator.requests.some(({ body }) => JSON.stringify(body?.messages ?? '').includes(words));

/** What PreToolUse and PostToolUse may answer: one session, a command for each answer. */
export const hookOutputs: Program = {
  name: 'hook-outputs',
  ids: [
    'd.matcher',
    'd.empty-output',
    'd.PreToolUse.allow',
    'd.PreToolUse.allow-not-deny-rules',
    'd.PreToolUse.deny',
    'd.PreToolUse.ask',
    'd.PreToolUse.updatedInput',
    'd.PreToolUse.additionalContext',
    'd.PreToolUse.before-rules',
    'd.PostToolUse.updatedToolOutput',
    'd.PostToolUse.additionalContext',
    'd.output.systemMessage',
    'd.output.decision-block',
    'd.output.suppressOutput',
    'd.output.async',
    'd.several-matchers',
    'd.throws',
    'd.onFailure',
    'd.timeout',
  ],
  async run({ sdk, scene }) {
    const at = await scene();
    const calls: Record<string, Call> = {
      empty: bash('hook empty'),
      allow: bash('hook allow'),
      'allow, but denied by a rule': bash('never allow'),
      deny: bash('ruled deny'),
      ask: bash('ruled ask'),
      updated: bash('ruled before'),
      context: bash('ruled context'),
      post: bash('ruled post'),
      'post context': bash('ruled after'),
      system: bash('ruled system'),
      block: bash('ruled block'),
      suppress: bash('ruled suppress'),
      async: bash('ruled async'),
      several: bash('ruled several'),
      throws: bash('ruled throws'),
      strictly: bash('ruled strictly'),
      slow: bash('ruled slow'),
    };
    const seen: string[] = [];
    let wasAborted = false;
    const answers: Readonly<Record<string, HookJSONOutput>> = {
      'hook empty': {},
      'hook allow': pre({ permissionDecision: 'allow' }),
      'never allow': pre({ permissionDecision: 'allow' }),
      'ruled deny': pre({ permissionDecision: 'deny', permissionDecisionReason: 'The reason of it' }),
      'ruled ask': pre({ permissionDecision: 'ask', permissionDecisionReason: 'Look at it' }),
      'ruled before': pre({
        permissionDecision: 'allow',
        updatedInput: { command: 'echo changed', description: 'Do it' },
      }),
      'ruled context': pre({ additionalContext: 'A word beside' }),
      'ruled system': { systemMessage: 'A word to people' },
      'ruled block': { decision: 'block', reason: 'Blocked by decision' },
      'ruled suppress': { suppressOutput: true },
      'ruled async': { async: true, asyncTimeout: 1000 },
      'ruled several': pre({ permissionDecision: 'allow' }),
    };
    const first: HookCallback = async (input) => {
      if (input.hook_event_name !== 'PreToolUse') return {};
      const command = commandOf(input);
      seen.push(command);
      if (command === 'ruled throws') throw new Error('The hook is broken');
      return answers[command] ?? {};
    };
    const second: HookCallback = async (input) => {
      if (input.hook_event_name !== 'PreToolUse' || commandOf(input) !== 'ruled several') return {};
      return pre({ permissionDecision: 'deny', permissionDecisionReason: 'One of them says no' });
    };
    const strict: HookCallback = async (input) => {
      if (input.hook_event_name === 'PreToolUse' && commandOf(input) === 'ruled strictly') throw new Error('Broken');
      return {};
    };
    const slow: HookCallback = async (input, _id, { signal }) => {
      if (input.hook_event_name !== 'PreToolUse' || commandOf(input) !== 'ruled slow') return {};
      await delay(12_000, undefined, { signal }).catch(() => (wasAborted = true));
      return {};
    };
    const post: HookCallback = async (input) => {
      if (input.hook_event_name !== 'PostToolUse') return {};
      const command = String(Object(input.tool_input)['command']);
      const replaced = { stdout: 'replaced', stderr: '', interrupted: false };
      if (command === 'ruled post')
        return { hookSpecificOutput: { hookEventName: 'PostToolUse', updatedToolOutput: replaced } };
      if (command === 'ruled after')
        return { hookSpecificOutput: { hookEventName: 'PostToolUse', additionalContext: 'A word after' } };
      return {};
    };
    const matched: string[] = [];
    const matching = (name: string): HookCallback[] => [async () => (matched.push(name), {})];
    const ask = asker();
    at.emulator.script(...scriptOf(Object.values(calls)));
    // Commands of this name exist, and do nothing: a result is wanted.
    writeFileSync(join(at.folder, 'ruled'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
    const { messages } = await gather(
      sdk,
      sdk.query({
        prompt: 'Make the calls',
        options: at.options({
          ...BASE,
          tools: ['Bash', 'Read'],
          env: { PATH: `${at.folder}:${process.env['PATH'] ?? ''}` },
          canUseTool: ask.canUseTool,
          allowedTools: ['Bash(ruled *)'],
          disallowedTools: ['Bash(never *)'],
          hooks: {
            PreToolUse: [
              { hooks: [first] },
              { matcher: 'Bash', hooks: [second] },
              { hooks: [strict], onFailure: 'block' },
              // Long enough that no other call is late on a machine that is busy.
              { matcher: 'Ba.h', hooks: [slow], timeout: 4 },
              { matcher: 'Read|Bash', hooks: matching('names') },
              { matcher: 'B.*', hooks: matching('regular expression') },
              { matcher: '*', hooks: matching('star') },
              { matcher: 'Read', hooks: matching('another tool') },
              { matcher: 'BASH', hooks: matching('upper case') },
              { matcher: 'Bas', hooks: matching('part of a name') },
            ],
            PostToolUse: [{ hooks: [post] }],
          },
        }),
      }),
    );
    const { decided, asked } = decisions(Object.keys(calls), messages, ask.asked);
    const results = calledIn(messages);
    const result = (name: string) => results[Object.keys(calls).indexOf(name)];
    const told = (name: string): string => JSON.stringify(result(name)?.told ?? '');
    const informed = findAll(messages, 'system/informational').map((message) => pick(message, ['level']));
    const denials = pick(find(messages, 'result'), ['permission_denials'])['permission_denials'] as {
      tool_input: { command: string };
    }[];
    const wasDenied = (command: string): boolean => denials.some(({ tool_input }) => tool_input.command === command);
    return {
      'd.matcher': [...new Set(matched)].toSorted(),
      'd.empty-output': decided['empty'],
      'd.PreToolUse.allow': decided['allow'],
      'd.PreToolUse.allow-not-deny-rules': decided['allow, but denied by a rule'],
      'd.PreToolUse.deny': {
        isError: result('deny')?.isError,
        hasReason: told('deny').includes('The reason of it'),
        isDenial: wasDenied('ruled deny'),
      },
      'd.PreToolUse.ask': { decided: decided['ask'], reason: asked['ask']?.options['decisionReason'] },
      'd.PreToolUse.updatedInput': {
        ran: told('updated').includes('changed'),
        kept: JSON.stringify(messages.filter(({ type }) => type === 'assistant')).includes('ruled before'),
      },
      'd.PreToolUse.additionalContext': { decided: decided['context'], told: wasTold(at, 'A word beside') },
      'd.PreToolUse.before-rules': { seen: seen.includes('never allow'), all: seen.length },
      'd.PostToolUse.updatedToolOutput': at.normal(pick(result('post'), ['told', 'output'])),
      'd.PostToolUse.additionalContext': { told: wasTold(at, 'A word after') },
      'd.output.systemMessage': { decided: decided['system'], informed: informed.length > 0 },
      'd.output.decision-block': {
        isError: result('block')?.isError,
        told: told('block').includes('Blocked by decision'),
      },
      'd.output.suppressOutput': { decided: decided['suppress'], isError: result('suppress')?.isError },
      'd.output.async': { decided: decided['async'], isError: result('async')?.isError },
      'd.several-matchers': {
        isError: result('several')?.isError,
        told: told('several').includes('One of them says no'),
      },
      'd.throws': { decided: decided['throws'], isError: result('throws')?.isError, warned: informed.length > 0 },
      'd.onFailure': { isError: result('strictly')?.isError },
      'd.timeout': { isError: result('slow')?.isError, wasAborted },
    };
  },
};

/** Answers that end a turn or keep it going. */
export const hookEndings: Program = {
  name: 'hook-endings',
  ids: [
    'd.PreToolUse.defer',
    'd.UserPromptSubmit.additionalContext',
    'd.UserPromptSubmit.block',
    'd.Stop.block',
    'd.output.continue-false',
  ],
  async run({ sdk, scene }) {
    const play = async (hooks: Options['hooks'], calls: readonly Call[] = []) => {
      const at = await scene([...scriptOf(calls), text('And more.'), text('And more.')]);
      const options = at.options({ ...BASE, tools: ['Bash'], allowedTools: ['Bash(echo *)'], hooks });
      const { messages, thrown } = await gather(sdk, sdk.query({ prompt: 'Go', options }));
      const result = pick(find(messages, 'result'), [
        'subtype',
        'is_error',
        'num_turns',
        'stop_reason',
        'terminal_reason',
        'deferred_tool_use',
      ]);
      return { at, messages, thrown, result: at.normal(result), asked: at.emulator.requests.length };
    };
    const stops: boolean[] = [];
    const [defer, context, block, stop, end] = await Promise.all([
      play({ PreToolUse: [{ hooks: [async () => pre({ permissionDecision: 'defer' })] }] }, [bash('echo a')]),
      play({
        UserPromptSubmit: [
          {
            hooks: [
              async () => ({
                hookSpecificOutput: { hookEventName: 'UserPromptSubmit', additionalContext: 'A word beside' },
              }),
            ],
          },
        ],
      }),
      play({ UserPromptSubmit: [{ hooks: [async () => ({ decision: 'block', reason: 'Not that prompt' })] }] }),
      play({
        Stop: [
          {
            hooks: [
              async (input) => {
                if (input.hook_event_name !== 'Stop') return {};
                stops.push(input.stop_hook_active);
                return input.stop_hook_active ? {} : { decision: 'block', reason: 'Say more' };
              },
            ],
          },
        ],
      }),
      play({ PostToolUse: [{ hooks: [async () => ({ continue: false, stopReason: 'Enough' })] }] }, [bash('echo a')]),
    ]);
    return {
      'd.PreToolUse.defer': { result: defer.result, thrown: defer.thrown },
      'd.UserPromptSubmit.additionalContext': { told: wasTold(context.at, 'A word beside'), result: context.result },
      'd.UserPromptSubmit.block': {
        result: block.result,
        asked: block.asked,
        hasReason: JSON.stringify(find(block.messages, 'result')).includes('Not that prompt'),
      },
      'd.Stop.block': {
        stops,
        asked: stop.asked,
        told: wasTold(stop.at, 'Say more'),
        kinds: stop.messages.map(kindOf).filter((kind) => /^(assistant|user|result)/.test(kind)),
      },
      'd.output.continue-false': { result: end.result, asked: end.asked, thrown: end.thrown },
    };
  },
};

const script = (body: string): { type: 'command'; command: string } => ({ type: 'command', command: body });

/** Commands as hooks, in settings. */
export const hookCommands: Program = {
  name: 'hook-commands',
  ids: [
    'd.command.exit-0-json',
    'd.command.exit-0-text',
    'd.command.exit-2',
    'd.command.other-exit',
    'd.command.input',
    'd.CwdChanged',
    'd.FileChanged',
    'c.includeHookEvents',
  ],
  async run({ sdk, scene }) {
    const at = await scene([], { files: { 'sub/a.txt': 'x' } });
    const json = JSON.stringify(pre({ permissionDecision: 'deny', permissionDecisionReason: 'Says the script' }));
    const calls: Record<string, Call> = {
      json: bash('echo json'),
      two: bash('echo two'),
      other: bash('echo other'),
      enter: bash('cd sub'),
      change: bash('sleep 1; echo x > watched.txt; sleep 2'),
    };
    const watched = join(at.folder, 'sub/watched.txt');
    const watching = JSON.stringify({ hookSpecificOutput: { hookEventName: 'CwdChanged', watchPaths: [watched] } });
    at.emulator.script(...scriptOf(Object.values(calls)));
    writeFileSync(
      join(at.folder, 'hook.sh'),
      [
        'input=$(cat)',
        `case "$input" in`,
        `  *'"echo json"'*) printf '%s' "$input" > seen.json; printf '%s' "$CLAUDE_PROJECT_DIR" > project.txt; echo '${json}';;`,
        `  *'"echo two"'*) echo 'Blocked by the script' >&2; exit 2;;`,
        `  *'"echo other"'*) echo 'Something is odd' >&2; exit 3;;`,
        'esac',
      ].join('\n'),
    );
    const { messages } = await gather(
      sdk,
      sdk.query({
        prompt: 'Go',
        options: at.options({
          ...BASE,
          tools: ['Bash'],
          allowedTools: ['Bash'],
          includeHookEvents: true,
          settings: {
            hooks: {
              PreToolUse: [{ matcher: 'Bash', hooks: [script(`cd ${at.folder} && sh hook.sh`)] }],
              CwdChanged: [{ hooks: [script(`cat > ${at.folder}/moved.json; echo '${watching}'`)] }],
              FileChanged: [{ matcher: 'watched.txt', hooks: [script(`cat > ${at.folder}/changed.json`)] }],
              UserPromptSubmit: [{ hooks: [script('echo A plain word')] }],
            },
          },
        }),
      }),
    );
    const results = calledIn(messages);
    const told = (index: number): string => JSON.stringify(results[index]?.told ?? '');
    const read = (name: string): string =>
      existsSync(join(at.folder, name)) ? readFileSync(join(at.folder, name), 'utf8') : '';
    const input = JSON.parse(read('seen.json') || '{}') as Record<string, unknown>;
    const inputIn = (name: string): unknown => {
      const text = read(name);
      return text === ''
        ? { fired: false }
        : pick(JSON.parse(text) as object, ['hook_event_name', 'old_cwd', 'new_cwd', 'file_path', 'event']);
    };
    const { transcript_path: _path, prompt_id: _id, effort: _effort, ...fields } = input;
    const events = findAll(messages, 'system/hook_response')
      .filter((message) => 'hook_event' in message && message.hook_event === 'PreToolUse')
      .slice(0, 3)
      .map((message) => pick(message, ['hook_name', 'hook_event', 'exit_code', 'outcome', 'stderr']));
    return {
      'd.command.exit-0-json': { isError: results[0]?.isError, told: told(0).includes('Says the script') },
      'd.command.exit-0-text': { told: wasTold(at, 'A plain word') },
      'd.command.exit-2': { isError: results[1]?.isError, told: told(1).includes('Blocked by the script') },
      'd.command.other-exit': { isError: results[2]?.isError },
      'd.CwdChanged': at.normal(inputIn('moved.json')),
      'd.FileChanged': at.normal(inputIn('changed.json')),
      'd.command.input': at.normal({ fields, project: read('project.txt') }),
      'c.includeHookEvents': at.normal({
        kinds: [
          ...new Set(messages.map(kindOf).filter((kind) => /^system\/hook_(started|response)/.test(kind))),
        ].toSorted(),
        events,
      }),
    };
  },
};
