import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text, toolUse, toolUses } from '@colloquy/emulator';
import { ConfigurationError } from 'colloquy';
import type { HostedOptions } from 'colloquy/internal';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { type HostedScene, isSystem, openHosted, sentResults } from './hosted-scene.ts';

const allow = { enabled: true, policy: 'always_allow' } as const;
const ask = { enabled: true, policy: 'always_ask' } as const;
const off = { enabled: false, policy: 'always_allow' } as const;
const weather = { name: 'weather', description: 'Weather.', inputSchema: { type: 'object' } };
const request = isSystem('permission_request');

const managed = (options: HostedOptions = {}): HostedOptions => ({ toolset: 'agent_toolset_20260401', ...options });

function toolsOf(scene: HostedScene, index: number): unknown[] {
  const tools = scene.emulator.requests[index]?.body?.tools;
  return Array.isArray(tools) ? tools.map((tool: { name: unknown }) => tool.name) : [];
}

async function decisions(scene: HostedScene) {
  return (await scene.log()).flatMap((entry) =>
    entry.kind === 'tool_decision' ? [[entry.decision.behavior, entry.decision.source, entry.decision.rule]] : [],
  );
}

function folderWith(files: Record<string, string>): string {
  const cwd = temporaryFolder('managed');
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  return cwd;
}

test('the enabled tools are offered, and then the custom ones; the segment names the set', async () => {
  const toolPolicies = { read: allow, bash: ask, grep: off };
  await using scene = await openHosted([text('Hi')], managed({ toolPolicies, externalTools: [weather] }));
  await scene.say('Hello');
  await scene.result();
  expect(toolsOf(scene, 0)).toEqual(['bash', 'read', 'weather']);
  const segment = (await scene.log()).find(({ kind }) => kind === 'segment');
  expect(segment).toMatchObject({ toolset: 'agent_toolset_20260401' });
});

test('without policies all are offered and allowed', async () => {
  const cwd = folderWith({ 'a.txt': 'alpha' });
  await using scene = await openHosted(
    [
      toolUses([
        { name: 'read', input: { file_path: 'a.txt' } },
        { name: 'write', input: { file_path: 'b.txt', content: 'b' } },
      ]),
      text('Ok'),
    ],
    managed({ cwd }),
  );
  await scene.say('Go');
  await scene.result();
  expect(toolsOf(scene, 0)).toEqual(['bash', 'read', 'write', 'edit', 'glob', 'grep', 'web_fetch', 'web_search']);
  expect(await decisions(scene)).toEqual([
    ['allow', 'rule', 'always_allow'],
    ['allow', 'rule', 'always_allow'],
  ]);
  expect(scene.heard.filter(request)).toEqual([]);
});

test('a tool that is not enabled is denied, and one that does not exist is an error; the model is told', async () => {
  await using scene = await openHosted(
    [
      toolUses([
        { name: 'grep', input: { pattern: 'x' } },
        { name: 'fly', input: {} },
      ]),
      text('Sorry'),
    ],
    managed({ toolPolicies: { read: allow } }),
  );
  await scene.say('Go');
  await scene.result();
  expect(sentResults(scene.emulator, 1)).toMatchObject([
    { content: 'The tool grep is not enabled in this session.', failed: true },
    { content: expect.stringContaining('There is no tool named fly'), failed: true },
  ]);
  expect(await decisions(scene)).toEqual([['deny', 'rule', 'not_enabled']]);
});

test('all questions of an answer are asked at once, and answered in any order; a denial is told with its words', async () => {
  const cwd = folderWith({ 'a.txt': 'alpha', 'b.txt': 'beta' });
  const read = (file_path: string) => ({ name: 'read', input: { file_path } });
  const write = { name: 'write', input: { file_path: 'c.txt', content: 'c' } };
  await using scene = await openHosted(
    [toolUses([write, read('a.txt'), read('b.txt')]), text('Ok')],
    managed({ cwd, toolPolicies: { read: ask, write: ask } }),
  );
  await scene.say('Go');
  await scene.heardOne(request, 2);
  const asked = scene.heard.filter(request);
  expect(asked.map(({ tool_name: name, suggestions }) => [name, suggestions])).toEqual([
    ['write', []],
    ['read', []],
    ['read', []],
  ]);
  const [first, second, third] = asked.map(({ request: seq }) => seq);
  const answer = (seq: number, deny?: string) =>
    scene.session.control('answer', {
      request: seq,
      decision: deny === undefined ? { behavior: 'allow' } : { behavior: 'deny', message: deny },
      by: 'ann',
    });
  await answer(third!);
  await answer(second!, 'Not this one.');
  await answer(first!);
  await scene.result();
  expect(sentResults(scene.emulator, 1)).toMatchObject([
    { content: expect.stringContaining('c.txt') },
    { content: 'Not this one.', failed: true },
    { content: expect.stringContaining('beta') },
  ]);
  expect(scene.heard.filter(request)).toHaveLength(3);
});

describe('a policy reaches no further than the session', () => {
  test('a path outside of its folder is denied, even where calls are asked about, unless the operator allows it', async () => {
    const cwd = folderWith({});
    const other = folderWith({ 'key.txt': 'secret' });
    const calls = [{ name: 'read', input: { file_path: join(other, 'key.txt') } }];
    for (const toolPolicies of [{ read: allow }, { read: ask }]) {
      await using scene = await openHosted([toolUses(calls), text('Ok')], managed({ cwd, toolPolicies }));
      await scene.say('Go');
      await scene.result();
      expect(sentResults(scene.emulator, 1)).toMatchObject([
        { content: expect.stringContaining('lies outside the working folders'), failed: true },
      ]);
    }
    await using scene = await openHosted(
      [toolUses(calls), text('Ok')],
      managed({ cwd, toolPolicies: { read: allow }, allowedTools: [`Read(/${other}/**)`] }),
    );
    await scene.say('Go');
    await scene.result();
    expect(sentResults(scene.emulator, 1)).toMatchObject([{ content: expect.stringContaining('secret') }]);
  });

  test("the operator's rules come first: what they deny is denied, what they ask is asked", async () => {
    const cwd = folderWith({ 'a.txt': 'alpha', 'b.txt': 'beta' });
    await using scene = await openHosted(
      [
        toolUses([
          { name: 'read', input: { file_path: 'a.txt' } },
          { name: 'read', input: { file_path: 'b.txt' } },
          { name: 'web_fetch', input: { url: 'https://example.com' } },
        ]),
        text('Ok'),
      ],
      managed({
        cwd,
        disallowedTools: ['Read(a.txt)', 'WebFetch'],
        settings: { permissions: { ask: ['Read(b.txt)'] } },
      }),
    );
    await scene.say('Go');
    const asked = await scene.heardOne(request);
    expect(asked.input).toEqual({ file_path: 'b.txt' });
    await scene.session.control('answer', { request: asked.request, decision: { behavior: 'allow' } });
    await scene.result();
    expect(toolsOf(scene, 0)).not.toContain('web_fetch');
    expect(sentResults(scene.emulator, 1)).toMatchObject([
      { failed: true },
      { content: expect.stringContaining('beta') },
      { content: 'The tool web_fetch is not enabled in this session.', failed: true },
    ]);
  });

  test('a command that no sandbox holds is asked about, whatever its policy; a rule counts where one person uses the server', async () => {
    const run = async (options: HostedOptions, severalUsers: boolean) => {
      await using scene = await openHosted(
        [toolUse('bash', { command: 'echo hi' }), text('Ok')],
        managed({ sandbox: { enabled: false }, toolPolicies: { bash: allow }, ...options }),
        { severalUsers },
      );
      await scene.say('Go');
      const ended = scene.result();
      const first = await Promise.race([scene.heardOne(request), ended]);
      if (first.type === 'result') return 'ran';
      await scene.session.control('answer', { request: first.request, decision: { behavior: 'allow' } });
      await ended;
      return 'asked';
    };
    expect(await run({}, false)).toBe('asked');
    expect(await run({ allowedTools: ['Bash(echo *)'] }, false)).toBe('ran');
    expect(await run({ allowedTools: ['Bash(echo *)'] }, true)).toBe('asked');
  });
});

test('other tools from the next turn on: a new segment begins, also after a restart; the running turn keeps its own', async () => {
  const options = managed({ toolPolicies: { read: allow }, externalTools: [weather] });
  const script = [toolUse('weather', {}), text('One'), text('Two')];
  let place;
  {
    await using scene = await openHosted(script, options);
    await scene.say('One');
    const { tool_use_id: toolUseId } = await scene.heardOne(isSystem('tool_call_request'));
    const set = await scene.session.control('setTools', {
      toolPolicies: { bash: allow, glob: ask },
      externalTools: [],
      by: 'ann',
    });
    expect(set).toMatchObject({ tools: ['bash', 'glob'], seq: expect.any(Number) });
    await scene.session.control('toolResult', { toolUseId, content: 'sun' });
    await scene.result();
    expect(toolsOf(scene, 1)).toEqual(['read', 'weather']);
    await scene.say('Two');
    await scene.result();
    expect(toolsOf(scene, 2)).toEqual(['bash', 'glob']);
    const reasons = (await scene.log()).flatMap((entry) => (entry.kind === 'segment' ? [entry.reason] : []));
    expect(reasons).toEqual(['start', 'prefix']);
    await scene.session.control('setTools', { externalTools: [weather] });
    place = { store: scene.store, id: scene.session.id };
  }
  await using again = await openHosted([text('Three')], { ...options, resume: place.id }, { store: place.store });
  await again.say('Three');
  await again.result();
  await again.result();
  await again.result();
  expect(toolsOf(again, 0)).toEqual(['bash', 'glob', 'weather']);
});

describe('what cannot be is refused', () => {
  const refused = async (options: HostedOptions): Promise<string> => {
    const opened = await openHosted([], options).catch((error: unknown) => error);
    if (!(opened instanceof ConfigurationError)) return 'opened';
    return opened.message;
  };

  test.each<[HostedOptions, string]>([
    [{ toolset: 'other' as 'claude_code' }, 'no toolset "other"'],
    [{ runsElsewhere: true }, 'runsElsewhere'],
    [{ toolPolicies: { bash: allow } }, 'toolPolicies'],
    [managed({ toolPolicies: { Bash: allow } }), 'names Bash, which is no tool'],
    [managed({ toolPolicies: { bash: { enabled: true, policy: 'auto' as 'always_ask' } } }), 'toolPolicies.bash'],
    [managed({ externalTools: [weather, weather] }), 'Two tools are named weather'],
    [managed({ externalTools: [{ ...weather, name: 'bash' }] }), 'Two tools are named bash'],
    [managed({ externalTools: [{ ...weather, name: 'a b' }] }), '"a b" cannot be the name'],
    [managed({ externalTools: [{ ...weather, inputSchema: { type: 'string' } }] }), 'JSON Schema of type object'],
    [managed({ externalTools: Array.from({ length: 257 }, () => weather) }), 'at most 256'],
  ])('%#: %j', async (options, message) => {
    expect(await refused(options)).toContain(message);
  });

  test('as a change, which leaves everything as it was', async () => {
    await using scene = await openHosted([text('Hi')], managed({ toolPolicies: { read: allow } }));
    const set = (changes: object) => scene.session.control('setTools', changes);
    await expect(set({ toolPolicies: { fly: allow } })).rejects.toThrow(ConfigurationError);
    await expect(set({ externalTools: [{ ...weather, name: 'read' }] })).rejects.toThrow('Two tools are named read');
    await scene.say('Hello');
    await scene.result();
    expect(toolsOf(scene, 0)).toEqual(['read']);
  });
});
