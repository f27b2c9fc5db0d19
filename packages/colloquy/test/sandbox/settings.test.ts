import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CanUseTool, Options, SandboxSettings } from 'colloquy';
import { ConfigurationError } from 'colloquy';
import { validateOptions } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { createField, needSandbox, play, tell } from './sandbox-scene.ts';

/** Notes what is asked, and allows it. */
function asking(): { asked: string[]; canUseTool: CanUseTool } {
  const asked: string[] = [];
  return {
    asked,
    canUseTool: async (_, input) => {
      asked.push(String(input['command']));
      return { behavior: 'allow' };
    },
  };
}

/** A command that tells whether it runs in the sandbox. */
const WHERE = 'test -e /run/colloquy && echo inside || echo outside';

test('a command may ask to run without the sandbox; then rules or a person decide, as if there were none', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const call = { command: WHERE, dangerouslyDisableSandbox: true };
  const { asked, canUseTool } = asking();
  const sandbox = { enabled: true };
  const { told } = await play(field, [WHERE, call], { sandbox, allowedTools: [], canUseTool });
  expect(told.map(({ text }) => text)).toEqual(['inside', 'outside']);
  expect(asked).toEqual([WHERE]);
  expect((await tell(field, call)).text).toBe('outside');
  expect(await tell(field, call, { sandbox, allowedTools: [] })).toMatchObject({ isError: true });
});

test('where that is not allowed, it runs in the sandbox all the same', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const sandbox = { allowUnsandboxedCommands: false };
  expect((await tell(field, { command: WHERE, dangerouslyDisableSandbox: true }, { sandbox })).text).toBe('inside');
});

test('a hook or a callback that changes the command does not get it out of the sandbox', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const canUseTool: CanUseTool = async () => ({ behavior: 'allow', updatedInput: { command: `${WHERE}; true` } });
  expect((await tell(field, 'make', { allowedTools: [], canUseTool })).text).toBe('inside');
});

test('excluded commands run without the sandbox, and only they', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const sandbox = { enabled: true, excludedCommands: ['./where'] };
  await writeFile(join(field.workspace, 'where'), `#!/bin/sh\n${WHERE}\n`, { mode: 0o755 });
  const outside = './where';
  const { asked, canUseTool } = asking();
  const options: Options = { sandbox, allowedTools: [], canUseTool };
  const { told } = await play(field, [outside, `${outside} | cat`, `${outside}; node --version`, WHERE], options);
  expect(told.map(({ text }) => text.split('\n')[0])).toEqual(['outside', 'outside', 'inside', 'inside']);
  expect(asked).toEqual([outside, `${outside} | cat`]);
});

test('with enabled: true, what the sandbox holds is not asked about, unless a rule or the mode says so', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const commands = ['touch a', 'node --version', 'git status'];
  const run = async (sandbox: SandboxSettings, options: Options = {}): Promise<string[]> => {
    const { asked, canUseTool } = asking();
    await play(field, commands, { allowedTools: [], canUseTool, sandbox, ...options });
    return asked;
  };
  expect(await run({ enabled: true })).toEqual([]);
  expect(await run({ enabled: true, autoAllowBashIfSandboxed: false })).toEqual(['touch a', 'node --version']);
  expect(await run({ autoAllowBashIfSandboxed: true })).toEqual([]);
  expect(await run({ enabled: true }, { permissionMode: 'strict' })).toEqual(commands);
  // What only reads inside the folders is never asked about in a sandbox.
  expect(await run({ enabled: true }, { permissionMode: 'plan' })).toEqual(['touch a', 'node --version']);
  const denied = await play(field, commands, {
    allowedTools: [],
    disallowedTools: ['Bash(touch:*)'],
    sandbox: { enabled: true },
  });
  expect(denied.told.map(({ isError }) => isError)).toEqual([true, false, true]);
});

test('refusals that are not to be told are not', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const plan = join(field.other, 'plan.txt');
  const sandbox = (ignoreViolations: Record<string, string[]>): Options => ({ sandbox: { ignoreViolations } });
  expect((await tell(field, `cat ${plan}`, sandbox({ cat: ['plan.txt'] }))).text).not.toContain('[/');
  expect((await tell(field, `cat ${plan}`, sandbox({ '*': [field.other] }))).text).not.toContain('[/');
  expect((await tell(field, `cat ${plan}`, sandbox({ less: ['plan.txt'] }))).text).toContain('hidden by the sandbox');
});

test('files that are named as secrets are hidden', async (context) => {
  await needSandbox(context);
  await using field = await createField();
  const credentials = { files: [{ path: '.env', mode: 'deny' as const }] };
  await tell(field, 'echo KEY=1 > .env');
  expect((await tell(field, 'cat .env', { sandbox: { credentials } })).text).toContain('Permission denied');
});

test.for<[sandbox: unknown, problem: string]>([
  [true, 'must be an object such as { enabled: true }'],
  [{ enabled: 'yes' }, 'given with `enabled` as true or false'],
  [{ enable: true }, 'without `enable`, which is not known; did you mean `enabled`?'],
  [{ network: [] }, 'given with `network` as an object'],
  [
    { network: { allowUnixSockets: ['/run/x'] } },
    'without `network.allowUnixSockets`, which is not supported: sockets cannot',
  ],
  [{ network: { allowManagedDomainsOnly: true } }, 'without `network.allowManagedDomainsOnly`, which is not supported'],
  [{ network: { httpProxyPort: 1 } }, 'without `network.httpProxyPort`'],
  [{ network: { allowedDomains: ['*'] } }, '"*" is none'],
  [{ network: { allowedDomains: ['https://example.org'] } }, '"https://example.org" is none'],
  [{ network: { allowedDomains: ['*.org'] } }, '"*.org" is none'],
  [
    { filesystem: { disabled: true } },
    'without `filesystem.disabled`, which is not supported: files are always confined',
  ],
  [{ filesystem: { denyRead: ['**/*.pem'] } }, '"**/*.pem" is a pattern'],
  [{ filesystem: { allowWrite: ['a\0b'] } }, 'given with `filesystem.allowWrite` as an array of paths'],
  [{ credentials: { files: [{ path: '~/x', mode: 'mask' }] } }, 'secrets are not masked here'],
  [{ credentials: { envVars: ['X'] } }, "{ name, mode: 'deny' }"],
  [{ enableWeakerNestedSandbox: true }, 'without `enableWeakerNestedSandbox`, which is not supported'],
  [{ ignoreViolations: { '*': 'x' } }, 'given with `ignoreViolations` as an object with an array of strings'],
])('the option sandbox: %j is refused in words', ([sandbox, problem]) => {
  const validate = (): void => validateOptions({ sandbox } as Options);
  expect(validate).toThrow(ConfigurationError);
  expect(validate).toThrow(problem);
});

test('the official settings that can be honoured are taken', () => {
  const sandbox: SandboxSettings = {
    enabled: true,
    failIfUnavailable: false,
    autoAllowBashIfSandboxed: true,
    allowUnsandboxedCommands: false,
    excludedCommands: ['docker'],
    ignoreViolations: { '*': ['/x'] },
    network: {
      allowedDomains: ['example.org', '*.example.org', 'localhost:80', '127.0.0.1', '[::1]:443'],
      deniedDomains: ['evil.example.org'],
      allowAllUnixSockets: true,
      allowLocalBinding: true,
    },
    filesystem: { allowWrite: ['~/x', '/y/**'], denyWrite: ['./z'], allowRead: [], denyRead: ['/w/'] },
    credentials: { files: [{ path: '~/.secret', mode: 'deny' }], envVars: [{ name: 'TOKEN', mode: 'deny' }] },
  };
  expect(() => validateOptions({ sandbox })).not.toThrow();
});
