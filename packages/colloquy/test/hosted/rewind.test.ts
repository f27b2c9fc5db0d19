import { randomUUID } from 'node:crypto';
import { text, thinking, toolUse } from '@colloquy/emulator';
import { createApiEngine, createMemoryStore, type NewEntry, type Store } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { type HostedScene, isSystem, openHosted } from './hosted-scene.ts';

const weather = { name: 'weather', description: 'Weather.', inputSchema: { type: 'object' } };
const managed = { toolset: 'agent_toolset_20260401', toolPolicies: {}, externalTools: [weather] } as const;

async function ask(scene: HostedScene, prompt: string): Promise<string> {
  const { uuid } = await scene.say(prompt);
  await scene.result();
  return uuid;
}

/** What the model was told with a request, in words. */
function told(scene: HostedScene, index: number): string[] {
  return (scene.emulator.requests[index]?.messages ?? []).flatMap(({ content }) =>
    typeof content === 'string'
      ? [content]
      : content.map((block) => (block.type === 'text' ? String(block.text) : block.type)),
  );
}

async function transcript(scene: HostedScene): Promise<string[]> {
  const { sessions } = createApiEngine({ store: scene.store });
  return (await sessions.messages(scene.session.id)).map(({ message }) => JSON.stringify(message));
}

const SCRIPT = ['A', 'B', 'C', 'D', 'E'].map((word) => text(`answer ${word}`));

test('the conversation goes on from before a prompt: the model, the transcript and its forks know nothing of what came after', async () => {
  await using scene = await openHosted(SCRIPT, {});
  await ask(scene, 'one');
  const two = await ask(scene, 'two');
  const three = await ask(scene, 'three');
  await scene.session.control('rewind', { to: two, by: 'ann' });
  expect(await scene.heardOne(isSystem('conversation_rewound'))).toMatchObject({
    prompt_uuid: two,
    dropped_prompts: [two, three],
    by: 'ann',
  });
  await ask(scene, 'other');
  expect(told(scene, 3)).toEqual(['one', 'answer A', 'other']);
  expect((await transcript(scene)).join()).not.toMatch(/two|three|answer B|answer C/);
  expect(await transcript(scene)).toHaveLength(4);
  const [init] = scene.heard.filter(isSystem('init')).slice(1);
  expect(scene.heard.find(isSystem('conversation_rewound'))).toMatchObject({ from_uuid: init?.uuid });
  const engine = createApiEngine({ store: scene.store });
  const { sessionId } = await engine.sessions.fork(scene.session.id);
  await using fork = await openHosted([text('answer F')], { resume: sessionId }, { store: scene.store });
  await fork.say('more');
  for (let index = 0; index < 5; index += 1) await fork.result();
  expect(told(fork, 0)).toEqual(['one', 'answer A', 'other', 'answer D', 'more']);
});

test('a session that is closed while it is being rewound closes as soon as that is done', async () => {
  const store = createMemoryStore();
  await using scene = await openHosted(SCRIPT, {}, { store });
  const one = await ask(scene, 'one');
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const append = store.append.bind(store);
  store.append = async (id: string, entries: readonly NewEntry[], o?: object) => {
    begun.resolve();
    await gate.promise;
    // Of the two ways to call it, whichever it was.
    return append(id, entries, o as Parameters<Store['append']>[2]);
  };
  const rewound = scene.session.control('rewind', { to: one });
  await begun.promise;
  const startedMs = performance.now();
  const closed = scene.session[Symbol.asyncDispose]();
  gate.resolve();
  await Promise.all([rewound, closed]);
  // It gives up on what does not end after five seconds.
  expect(performance.now() - startedMs).toBeLessThan(2_500);
});

test('also after a restart, and again further back; what it has cost stays spent', async () => {
  let place;
  let one: string;
  {
    await using scene = await openHosted(SCRIPT, {});
    one = await ask(scene, 'one');
    const two = await ask(scene, 'two');
    await scene.session.control('rewind', { to: two });
    place = { store: scene.store, id: scene.session.id };
  }
  await using again = await openHosted(
    [text('answer F'), text('answer G')],
    { resume: place.id },
    { store: place.store },
  );
  await again.result();
  await again.result();
  const three = await ask(again, 'three');
  expect(told(again, 0)).toEqual(['one', 'answer A', 'three']);
  const costs = again.heard.flatMap((message) => (message.type === 'result' ? [message.total_cost_usd] : []));
  expect(costs[2]).toBeGreaterThan(costs[1] ?? 0);
  await again.session.control('rewind', { to: one });
  await expect(again.session.control('rewind', { to: three })).rejects.toThrow('that still counts');
  await ask(again, 'anew');
  expect(told(again, 1)).toEqual(['anew']);
});

test('a prompt that waits, was withdrawn or is unknown is no place to go back to; nor is there one while a turn runs', async () => {
  await using scene = await openHosted([toolUse('weather', {}), text('Sun.')], managed);
  const { uuid } = await scene.say('one');
  await scene.heardOne(isSystem('tool_call_request'));
  const rewind = (to: string) => scene.session.control('rewind', { to });
  await expect(rewind(uuid)).rejects.toThrow('is running');
  const gone = await scene.say('two');
  await scene.session.control('withdraw', { uuid: gone.uuid });
  await scene.session.control('interrupt', {});
  await scene.result();
  await expect(rewind(gone.uuid)).rejects.toThrow('that a turn has taken');
  await expect(rewind(randomUUID())).rejects.toThrow('that a turn has taken');
  expect((await scene.log()).some(({ kind }) => kind === 'rewind')).toBe(false);
});

test('what waits in the queue waits on, and is answered in the conversation as it is then', async () => {
  await using scene = await openHosted(SCRIPT, {});
  await ask(scene, 'one');
  const two = await ask(scene, 'two');
  const rewinding = scene.session.control('rewind', { to: two });
  const three = scene.say('three');
  await rewinding;
  await three;
  await scene.result();
  expect(told(scene, 2)).toEqual(['one', 'answer A', 'three']);
});

test('calls and thinking that no longer count are not sent', async () => {
  await using scene = await openHosted(
    [thinking('Hm.', text('answer A')), toolUse('weather', {}), text('answer B'), text('answer C')],
    managed,
  );
  await ask(scene, 'one');
  const { uuid } = await scene.say('two');
  const { tool_use_id: toolUseId } = await scene.heardOne(isSystem('tool_call_request'));
  await scene.session.control('toolResult', { toolUseId, content: 'sun' });
  await scene.result();
  await scene.session.control('rewind', { to: uuid });
  await ask(scene, 'three');
  expect(told(scene, 3).filter((word) => !word.startsWith('Working directory'))).toEqual(['one', 'answer A', 'three']);
  expect(await scene.session.control('toolResult', { toolUseId, content: 'late' })).toMatchObject({ won: false });
  expect(scene.emulator.requests.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});
