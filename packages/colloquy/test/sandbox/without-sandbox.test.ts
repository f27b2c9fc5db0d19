import { type CanUseTool, ConfigurationError, type Options } from 'colloquy';
import { detectSandbox } from 'colloquy/internal';
import { beforeAll, expect, test, vi } from 'vitest';
import { createField, play, type PlayOptions, tell } from './sandbox-scene.ts';

// On a machine on which bwrap is not found. Whether a sandbox works is found out once per process, which is this file's own.
const COMMANDS = ['ls', 'touch a', 'node --version'];
const MODES = ['default', 'acceptEdits', 'plan', 'dontAsk', 'readOnly', 'strict', 'bypassPermissions'] as const;

beforeAll(async () => {
  vi.stubEnv('PATH', '/nowhere');
  await detectSandbox();
  vi.unstubAllEnvs();
});

test('what is missing is told, with what to install', async () => {
  expect(await detectSandbox()).toEqual({
    works: false,
    why: expect.stringContaining('bwrap is not on PATH; install the package bubblewrap'),
  });
});

/** What was asked, and what was run. */
async function decided(options: PlayOptions): Promise<{ asked: string[]; ran: string[] }> {
  await using field = await createField();
  const asked: string[] = [];
  const canUseTool: CanUseTool = async (_, input) => {
    asked.push(String(input['command']));
    return { behavior: 'deny', message: 'No.' };
  };
  const { told } = await play(field, COMMANDS, { allowedTools: [], canUseTool, ...options });
  return { asked, ran: COMMANDS.filter((_, index) => told[index]?.isError === false) };
}

const modeOptions = (permissionMode: (typeof MODES)[number]): Options => ({
  permissionMode,
  allowDangerouslySkipPermissions: permissionMode === 'bypassPermissions',
});

test.for<[mode: (typeof MODES)[number], asked: string[], ran: string[]]>([
  ['default', COMMANDS, []],
  ['acceptEdits', COMMANDS, []],
  ['plan', COMMANDS, []],
  ['dontAsk', [], []],
  ['readOnly', [], []],
  ['strict', COMMANDS, []],
  // Only with its own leave, `allowDangerouslySkipPermissions`.
  ['bypassPermissions', [], COMMANDS],
])('the mode %s allows no command by itself', async ([mode, asked, ran]) => {
  expect(await decided(modeOptions(mode))).toEqual({ asked, ran });
});

test.for(MODES.filter((mode) => mode !== 'bypassPermissions'))(
  'where nobody can be asked, the mode %s denies commands, and says that there is no sandbox',
  async (mode) => {
    await using field = await createField();
    const { told } = await play(field, COMMANDS, { allowedTools: [], ...modeOptions(mode) });
    expect(told.map(({ isError }) => isError)).toEqual([true, true, true]);
    if (mode !== 'strict') expect(told[0]?.text).toContain('No rule allows `ls`, and there is no sandbox to hold it.');
  },
);

test.for<[mode: (typeof MODES)[number], ran: string[]]>([
  ['default', COMMANDS],
  ['acceptEdits', COMMANDS],
  ['plan', COMMANDS],
  ['dontAsk', COMMANDS],
  ['readOnly', ['ls']],
  ['strict', []],
  ['bypassPermissions', COMMANDS],
])('an allow rule allows a command in the mode %s, unless the mode asks or refuses', async ([mode, ran]) => {
  const allowedTools = ['Bash(ls)', 'Bash(touch:*)', 'Bash(node:*)'];
  expect((await decided({ ...modeOptions(mode), allowedTools })).ran).toEqual(ran);
});

test('on a server with several users no rule allows a command, be it word for word', async () => {
  await using field = await createField();
  const allowedTools = ['Bash', 'Bash(ls)', 'Bash(node --version)'];
  const { told } = await play(field, COMMANDS, { allowedTools, severalUsers: true });
  expect(told.map(({ isError }) => isError)).toEqual([true, true, true]);
  expect(told[0]?.text).toContain('on a server with several users no rule allows such a command');
  expect((await decided({ allowedTools, severalUsers: true })).asked).toEqual(COMMANDS);
});

test('a hook allows a command', async () => {
  const hooks: Options['hooks'] = {
    PreToolUse: [
      {
        hooks: [async () => ({ hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow' } })],
      },
    ],
  };
  expect(await decided({ hooks })).toEqual({ asked: [], ran: COMMANDS });
});

test('the callback allows a command', async () => {
  const canUseTool: CanUseTool = async () => ({ behavior: 'allow' });
  expect((await decided({ canUseTool })).ran).toEqual(COMMANDS);
});

test('where the option wants a sandbox no command runs, and the model is told why', async () => {
  await using field = await createField();
  const options = { sandbox: { enabled: true }, ...modeOptions('bypassPermissions') };
  expect(await tell(field, 'ls', options)).toEqual({
    isError: true,
    text: expect.stringMatching(
      /option `sandbox` wants commands to run in a sandbox, and none works here: bwrap is not on PATH.*No command runs\./,
    ),
  });
});

test('where a part of the sandbox is missing, a program that wants one is told before anything starts', async () => {
  await using field = await createField();
  vi.stubEnv('PATH', '/nowhere');
  const opening = play(field, ['ls'], { sandbox: { enabled: true } });
  await expect(opening).rejects.toThrow(ConfigurationError);
  await expect(opening).rejects.toThrow('bwrap is not on PATH; install the package bubblewrap. To go on without');
});

test('unless it also says that none is needed', async () => {
  const sandbox = { enabled: true, failIfUnavailable: false };
  expect(await decided({ sandbox })).toEqual({ asked: COMMANDS, ran: [] });
});
