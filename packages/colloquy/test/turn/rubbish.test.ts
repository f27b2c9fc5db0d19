import { text, toolUse } from '@colloquy/emulator';
import { createSdkMcpServer, type Options, tool } from 'colloquy';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { newestBlocks, openScene, type Scene } from './scene.ts';

// Tools, hooks and callbacks are other people's code: whatever they give or throw, the turn ends well, the next one runs,
// and nothing runs that was not plainly allowed.

const circle: Record<string, unknown> = {};
circle['self'] = circle;
const withMessage = (message: unknown): Error => Object.defineProperty(new Error('x'), 'message', { value: message });

/** A scene whose model calls a tool with `{ a: 'asked' }` and then answers; `ran` collects what the tool was given. */
async function openCall(
  options: Options,
  handler: () => unknown = () => ({ content: [{ type: 'text', text: 'R' }] }),
  shape: z.ZodRawShape = { a: z.any() },
): Promise<Scene & { ran: unknown[] }> {
  const ran: unknown[] = [];
  const run = async (input: unknown): Promise<never> => {
    ran.push(input);
    // What a handler gives is typed; those written in JavaScript give anything.
    return handler() as never;
  };
  const server = createSdkMcpServer({ name: 's', tools: [tool('t', 'A tool.', shape, run)] });
  const script = [toolUse('mcp__s__t', { a: 'asked' }), text('done'), text('next')];
  return Object.assign(await openScene(script, { mcpServers: { s: server }, ...options }), { ran });
}

/** Plays the turn and the one after it: both end well, and the log is plain JSON. */
async function expectItGoesOn(scene: Scene): Promise<void> {
  expect((await scene.turn('go')).at(-1)).toMatchObject({ subtype: 'success', is_error: false, result: 'done' });
  expect((await scene.turn('go on')).at(-1)).toMatchObject({ subtype: 'success', is_error: false, result: 'next' });
  const log = await scene.log();
  expect(JSON.parse(JSON.stringify(log))).toEqual(log);
}

const allowedTools = ['mcp__s'];

test.each<[string, () => unknown, string | unknown[]]>([
  ['undefined', () => undefined, expect.stringContaining('gave no result')],
  ['structured output with a BigInt', () => ({ content: [], structuredContent: { n: 1n } }), expect.anything()],
  [
    'a circle',
    () => ({ content: [{ type: 'text', text: 'x' }], structuredContent: circle }),
    [{ type: 'text', text: 'x' }],
  ],
  ['a function', () => ({ content: [], structuredContent: () => 1 }), '[The tool returned nothing.]'],
  [
    'an image that is none',
    () => ({ content: [{ type: 'image', data: '!', mimeType: 'image/png' }] }),
    expect.any(String),
  ],
])('a tool may return %s', async (_what, handler, content) => {
  await using scene = await openCall({ allowedTools }, handler);
  await expectItGoesOn(scene);
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ type: 'tool_result', content }]);
});

test('what a tool returns beyond what a model can take is cut', async () => {
  const long = { content: [{ type: 'text', text: 'x'.repeat(5_000_000) }] };
  await using scene = await openCall({ allowedTools }, () => long);
  await expectItGoesOn(scene);
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['an object without a prototype', Object.create(null)],
  ['a message that is no text', withMessage(5)],
])('a tool may throw %s', async (_what, thrown) => {
  const throwIt = (): never => {
    throw thrown;
  };
  await using scene = await openCall({ allowedTools }, throwIt);
  await expectItGoesOn(scene);
  expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ content: expect.any(String), is_error: true }]);
});

test('guards judge the input as the model wrote it, and the tool gets it as its schema makes it', async () => {
  const seen: unknown[] = [];
  const look = async (input: { tool_input?: unknown }): Promise<object> => {
    seen.push(input.tool_input);
    return {};
  };
  const options: Options = {
    hooks: { PreToolUse: [{ hooks: [look as never] }] },
    canUseTool: async (_name, input) => ({ behavior: 'allow', updatedInput: input }),
  };
  const shape = { a: z.string().transform((value) => () => BigInt(value.length)) };
  await using scene = await openCall(options, undefined, shape);
  await expectItGoesOn(scene);
  expect(seen).toEqual([{ a: 'asked' }]);
  expect(scene.ran).toEqual([{ a: expect.any(Function) }]);
});

test('a hook that denies is heard, whatever the schema makes of the input', async () => {
  const deny = async () =>
    ({ hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'deny' } }) as const;
  const options: Options = { allowedTools, hooks: { PreToolUse: [{ hooks: [deny] }] } };
  await using scene = await openCall(options, undefined, { a: z.string().transform(() => () => 1) });
  await expectItGoesOn(scene);
  expect(scene.ran).toEqual([]);
});

test('an interrupt does not wait for the check of an input that never ends', async () => {
  const checking = Promise.withResolvers<void>();
  const never = (): Promise<boolean> => {
    checking.resolve();
    return new Promise(() => {});
  };
  await using scene = await openCall({ allowedTools }, undefined, { a: z.string().refine(never) });
  const turn = scene.turn('go');
  await checking.promise;
  await scene.control('interrupt', {});
  expect((await turn).at(-1)).toMatchObject({ terminal_reason: 'aborted_tools' });
  expect(scene.ran).toEqual([]);
});

describe('hooks', () => {
  const post = (updatedToolOutput: unknown) => ({
    hookSpecificOutput: { hookEventName: 'PostToolUse' as const, updatedToolOutput },
  });
  test.each<[string, unknown, unknown]>([
    ['a BigInt', 1n, [{ type: 'text', text: 'R' }]],
    ['a circle', circle, [{ type: 'text', text: 'R' }]],
    ['numbers', [1, 2], '[1,2]'],
    ['a block that is none', [{ type: 'text' }], '[{"type":"text"}]'],
    ['too much', 'x'.repeat(5_000_000), expect.stringContaining('[cut: ')],
  ])('one may replace what a tool gave by %s', async (_what, output, content) => {
    const hooks: Options['hooks'] = { PostToolUse: [{ hooks: [async () => post(output)] }] };
    await using scene = await openCall({ allowedTools, hooks });
    await expectItGoesOn(scene);
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ type: 'tool_result', content }]);
  });

  test.each<[string, Record<string, unknown>, unknown[]]>([
    ['a BigInt in the input asks', { updatedInput: { a: 1n }, permissionDecision: 'allow' }, []],
    ['a blank text is none', { additionalContext: ' \n' }, [{ a: 'asked' }]],
    ['too much text is cut', { additionalContext: 'x'.repeat(5_000_000) }, [{ a: 'asked' }]],
  ])('before a call, %s', async (_what, specific, ran) => {
    const answer = { hookSpecificOutput: { hookEventName: 'PreToolUse', ...specific } };
    const hooks: Options['hooks'] = { PreToolUse: [{ hooks: [async () => answer as never] }] };
    await using scene = await openCall({ allowedTools, hooks });
    await expectItGoesOn(scene);
    expect(scene.ran).toEqual(ran);
  });

  test.each(['PreToolUse', 'PostToolUse', 'UserPromptSubmit', 'Stop'] as const)(
    'a %s hook may throw what says nothing',
    async (event) => {
      const hooks: Options['hooks'] = { [event]: [{ hooks: [() => Promise.reject(Object.create(null))] }] };
      await using scene = await openCall({ allowedTools, hooks });
      await expectItGoesOn(scene);
    },
  );
});

describe('canUseTool', () => {
  const addRules = (toolName: string) => ({
    type: 'addRules',
    rules: [{ toolName }],
    behavior: 'allow',
    destination: 'session',
  });
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a message that is no text', { behavior: 'deny', message: 5 }],
    ['a circle for a message', { behavior: 'deny', message: circle }],
    ['a changed input with a BigInt', { behavior: 'allow', updatedInput: { a: 1n } }],
    ['a changed input that is a circle', { behavior: 'allow', updatedInput: circle }],
    ['an update that is none', { behavior: 'allow', updatedPermissions: [null] }],
    ['an update of no known type', { behavior: 'allow', updatedPermissions: [{ type: 'x', destination: 'session' }] }],
    ['a rule that cannot be', { behavior: 'allow', updatedPermissions: [addRules('???')] }],
    [
      'a mode that it may not set',
      {
        behavior: 'allow',
        updatedPermissions: [{ type: 'setMode', mode: 'bypassPermissions', destination: 'session' }],
      },
    ],
  ])('may answer %s, and the call does not run', async (_what, answer) => {
    await using scene = await openCall({ canUseTool: async () => answer as never });
    await expectItGoesOn(scene);
    expect(scene.ran).toEqual([]);
    expect(newestBlocks(scene.emulator, 1)).toMatchObject([{ content: expect.stringMatching(/./), is_error: true }]);
  });

  test('what it does to the input in its hands changes nothing', async () => {
    const meddle: Options['canUseTool'] = async (_name, input) => {
      input['a'] = 'changed';
      return { behavior: 'allow' };
    };
    await using scene = await openCall({ canUseTool: meddle });
    await expectItGoesOn(scene);
    expect(scene.ran).toEqual([{ a: 'asked' }]);
  });
});
