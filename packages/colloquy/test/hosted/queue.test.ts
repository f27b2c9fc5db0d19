import { randomUUID } from 'node:crypto';
import { text, toolUse } from '@colloquy/emulator';
import type { SDKMessage } from 'colloquy';
import { describe, expect, test } from 'vitest';
import { type HostedScene, isSystem, openHosted } from './hosted-scene.ts';

const weather = { name: 'weather', description: 'Weather.', inputSchema: { type: 'object' } };
const managed = { toolset: 'agent_toolset_20260401', toolPolicies: {}, externalTools: [weather] } as const;
const ANSWERS = Array.from({ length: 6 }, (_, index) => text(`answer ${index}`));

/** A session whose turn waits, so that what comes now has to wait too; `go` ends the wait. */
async function busy(): Promise<HostedScene & { go(): Promise<unknown> }> {
  const scene = await openHosted([toolUse('weather', {}), ...ANSWERS], managed);
  await scene.say('First');
  const { tool_use_id: toolUseId } = await scene.heardOne(isSystem('tool_call_request'));
  return Object.assign(scene, { go: () => scene.session.control('toolResult', { toolUseId, content: 'sun' }) });
}

const lastPrompt = (scene: HostedScene): unknown => {
  const content = scene.emulator.requests.at(-1)?.messages.at(-1)?.content;
  return Array.isArray(content) ? content.map((block) => (block.type === 'text' ? block.text : block.type)) : content;
};

test('the queue tells who wants what, in the order of the turns to come', async () => {
  await using scene = await busy();
  await scene.say('later', { by: 'ann' });
  await scene.say('sooner', { by: 'bob', priority: 'next' });
  await scene.say('last', { by: 'ann' });
  const queue = await scene.session.control('queue', {});
  expect(queue.map(({ by, priority, content }) => [by, priority, content])).toEqual([
    ['bob', 'next', [{ type: 'text', text: 'sooner' }]],
    ['ann', 'later', [{ type: 'text', text: 'later' }]],
    ['ann', 'later', [{ type: 'text', text: 'last' }]],
  ]);
  expect(queue.every(({ at, seq }) => !Number.isNaN(Date.parse(at)) && seq > 0)).toBe(true);
  const told = scene.heard
    .filter((message) => 'isReplay' in message && 'by' in message)
    .map((message) => 'by' in message && message.by);
  expect(told).toEqual(['server', 'ann', 'bob', 'ann']);
});

test('a prompt is withdrawn once, and not when a turn has it', async () => {
  await using scene = await busy();
  const { uuid } = await scene.say('Never mind');
  const withdraw = (which: string) => scene.session.control('withdraw', { uuid: which, by: 'ann' });
  const both = await Promise.all([withdraw(uuid), withdraw(uuid)]);
  expect(both.filter(({ withdrawn }) => withdrawn)).toHaveLength(1);
  expect(await withdraw(uuid)).toEqual({ withdrawn: false });
  expect(await withdraw(randomUUID())).toEqual({ withdrawn: false });
  const [first] = scene.heard.filter((message) => 'isReplay' in message);
  expect(await withdraw(first?.uuid ?? '')).toEqual({ withdrawn: false });
});

test('an edited prompt keeps its place, and the one it replaces is gone in the same moment', async () => {
  await using scene = await busy();
  const { uuid } = await scene.say('one', { by: 'ann' });
  await scene.say('two');
  const edited = await scene.session.control('editPrompt', { uuid, content: 'one, better', by: 'bob' });
  if ('taken' in edited) throw new Error('It waited');
  const again = await scene.session.control('editPrompt', { uuid: edited.uuid, content: 'one, best', by: 'bob' });
  if ('taken' in again) throw new Error('It waited');
  expect((await scene.session.control('queue', {})).map(({ by, content }) => [by, content])).toEqual([
    ['bob', [{ type: 'text', text: 'one, best' }]],
    ['server', [{ type: 'text', text: 'two' }]],
  ]);
  expect(await scene.session.control('editPrompt', { uuid, content: 'late' })).toEqual({ taken: true });
  await scene.go();
  await scene.result();
  expect(await scene.result()).toMatchObject({ user_message_uuid: again.uuid });
});

test('an edit that is sent twice under one name is one edit', async () => {
  await using scene = await busy();
  const { uuid } = await scene.say('one');
  const newUuid = randomUUID();
  const edit = () => scene.session.control('editPrompt', { uuid, content: 'two', newUuid });
  const [first, second] = await Promise.all([edit(), edit()]);
  const third = await edit();
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  expect(await scene.session.control('queue', {})).toMatchObject([{ uuid: newUuid }]);
});

test('a more urgent priority moves a prompt forward; of two edits at once, one wins', async () => {
  await using scene = await busy();
  await scene.say('one');
  const { uuid } = await scene.say('two');
  const edits = await Promise.all([
    scene.session.control('editPrompt', { uuid, priority: 'next', by: 'ann' }),
    scene.session.control('editPrompt', { uuid, content: 'three', by: 'bob' }),
  ]);
  expect(edits.filter((edit) => 'taken' in edit)).toHaveLength(1);
  expect(await scene.session.control('queue', {})).toMatchObject([
    { by: 'ann', priority: 'next', content: [{ text: 'two' }] },
    { content: [{ text: 'one' }] },
  ]);
});

test('an edit of rubbish changes nothing', async () => {
  await using scene = await busy();
  const { uuid } = await scene.say('one');
  const edit = (args: object) => scene.session.control('editPrompt', { uuid, ...args });
  for (const content of ['', '  ', [], [7], {}, null])
    await expect(edit({ content })).rejects.toThrow('Not a user message');
  await expect(edit({ priority: 'soon' })).rejects.toThrow('priority');
  expect(await scene.session.control('queue', {})).toMatchObject([{ uuid, content: [{ text: 'one' }] }]);
});

describe('receipts', () => {
  const statesOf = (heard: readonly SDKMessage[], uuid: string): string[] =>
    heard.flatMap((message) =>
      message.type === 'command_lifecycle' && message.command_uuid === uuid ? [message.state] : [],
    );

  test('of each prompt: queued, started, completed; withdrawn ones are cancelled, interrupted ones have had their turn', async () => {
    await using scene = await busy();
    const [first] = scene.heard.filter((message) => 'isReplay' in message);
    const withdrawn = await scene.say('a');
    const edited = await scene.say('b');
    const answered = await scene.say('c');
    await scene.session.control('withdraw', { uuid: withdrawn.uuid });
    const edit = await scene.session.control('editPrompt', { uuid: edited.uuid, content: 'B' });
    const interrupt = await scene.session.control('interrupt', { by: 'ann' });
    expect(interrupt).toMatchObject({
      still_queued: ['uuid' in edit ? edit.uuid : '', answered.uuid],
      seq: expect.any(Number),
    });
    for (let index = 0; index < 3; index += 1) await scene.result();
    await scene.heardOne((message): message is SDKMessage => {
      return message.type === 'command_lifecycle' && message.state === 'completed';
    }, 2);
    expect(statesOf(scene.heard, first?.uuid ?? '')).toEqual(['queued', 'started', 'completed']);
    expect(statesOf(scene.heard, withdrawn.uuid)).toEqual(['queued', 'cancelled']);
    expect(statesOf(scene.heard, edited.uuid)).toEqual(['queued', 'cancelled']);
    expect(statesOf(scene.heard, answered.uuid)).toEqual(['queued', 'started', 'completed']);
    expect(lastPrompt(scene)).toEqual(['c']);
    const uuids = scene.heard.map(({ uuid }) => uuid);
    expect(new Set(uuids).size).toBe(uuids.length);
  });

  test('an interrupt that empties the queue cancels what waited', async () => {
    await using scene = await busy();
    const { uuid } = await scene.say('a');
    expect(await scene.session.control('interrupt', { cancelQueued: true })).toMatchObject({
      still_queued: [],
      cancelled: [uuid],
    });
    await scene.result();
    expect(statesOf(scene.heard, uuid)).toEqual(['queued', 'cancelled']);
  });
});
