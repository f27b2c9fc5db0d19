import { text, toolUse } from '@colloquy/emulator';
import { emptyState, foldEntry, hasWaitingWork, type Store } from 'colloquy/internal';
import { expect, test } from 'vitest';
import { isSystem, openHosted, sentResults } from './hosted-scene.ts';

const NOTHING_USD = 0.000_001;
const weather = { name: 'weather', description: 'Weather.', inputSchema: { type: 'object' } };
const managed = { toolset: 'agent_toolset_20260401', toolPolicies: {}, externalTools: [weather] } as const;

test('a turn that the budget has ended goes on by itself when it is raised, with all that was said and done', async () => {
  await using scene = await openHosted([toolUse('weather', {}), text('Sun.'), text('Bye.')], managed);
  await scene.say('Weather?');
  const { tool_use_id: toolUseId } = await scene.heardOne(isSystem('tool_call_request'));
  expect(await scene.session.control('setBudget', { maxBudgetUsd: NOTHING_USD })).toMatchObject({
    maxBudgetUsd: NOTHING_USD,
  });
  await scene.session.control('toolResult', { toolUseId, content: 'sun' });
  expect(await scene.result()).toMatchObject({ subtype: 'error_max_budget_usd', terminal_reason: 'budget_exhausted' });
  expect(scene.emulator.requests.filter(({ path }) => path === '/v1/messages')).toHaveLength(1);
  await scene.session.control('setBudget', { maxBudgetUsd: 5, by: 'ann' });
  expect(await scene.result()).toMatchObject({ subtype: 'success', result: 'Sun.' });
  const asked = scene.emulator.requests.findLastIndex(({ path }) => path === '/v1/messages');
  expect(sentResults(scene.emulator, asked)).toEqual([{ id: toolUseId, content: 'sun' }]);
  await scene.say('Bye');
  expect(await scene.result()).toMatchObject({ result: 'Bye.' });
});

test('prompts wait while the budget is used up, and are answered after the turn that it had ended', async () => {
  await using scene = await openHosted([text('One.'), text('Two.')], { ...managed, maxBudgetUsd: NOTHING_USD });
  await scene.say('One');
  expect(await scene.result()).toMatchObject({ subtype: 'error_max_budget_usd' });
  const { uuid } = await scene.say('Two');
  expect(await scene.session.control('queue', {})).toMatchObject([{ uuid }]);
  await scene.session.control('setBudget', { maxBudgetUsd: NOTHING_USD / 2 });
  expect(await scene.session.control('queue', {})).toMatchObject([{ uuid }]);
  await scene.session.control('setBudget', { maxBudgetUsd: null });
  expect(await scene.result()).toMatchObject({ result: 'One.' });
  expect(await scene.result()).toMatchObject({ result: 'Two.', user_message_uuid: uuid });
});

test('whoever looks for sessions to take up is told of those that go on, and not of those that wait for their budget', async () => {
  await using scene = await openHosted([text('One.')], { ...managed, maxBudgetUsd: NOTHING_USD });
  const waits = async () => {
    const state = emptyState();
    for (const entry of await scene.log()) foldEntry(state, entry);
    return hasWaitingWork(state);
  };
  expect(await waits()).toBe(false);
  await scene.say('One');
  await scene.result();
  await scene.say('Two');
  expect(await waits()).toBe(false);
  await scene.store.append(scene.session.id, [{ kind: 'settings', patch: { maxBudgetUsd: 5 }, by: 'ann' }]);
  expect(await waits()).toBe(true);
});

test('the budget that was set counts after a restart, and a turn whose budget was raised just before it goes on', async () => {
  let place: { store: Store; id: string };
  {
    await using scene = await openHosted([], { ...managed, maxBudgetUsd: NOTHING_USD });
    await scene.say('One');
    await scene.result();
    place = { store: scene.store, id: scene.session.id };
  }
  // As another process may do it, before anybody has the session again.
  await place.store.append(place.id, [{ kind: 'settings', patch: { maxBudgetUsd: 5 }, by: 'ann' }]);
  const options = { ...managed, maxBudgetUsd: NOTHING_USD, resume: place.id };
  await using again = await openHosted([text('One.')], options, { store: place.store });
  await again.result();
  expect(await again.result()).toMatchObject({ result: 'One.' });
});

test('in a session with modes each prompt has its result, also where the budget is used up', async () => {
  await using scene = await openHosted([], { maxBudgetUsd: NOTHING_USD });
  await scene.say('One');
  await scene.say('Two');
  expect(await scene.result()).toMatchObject({ subtype: 'error_max_budget_usd' });
  expect(await scene.result()).toMatchObject({ subtype: 'error_max_budget_usd' });
});

test('what is no amount, and a model without a price, are refused', async () => {
  await using scene = await openHosted([], managed);
  for (const amount of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5', undefined])
    await expect(scene.session.control('setBudget', { maxBudgetUsd: amount as number })).rejects.toThrow(
      'maxBudgetUsd',
    );
  await using other = await openHosted([], { ...managed, model: 'somebody-elses-model' });
  await expect(other.session.control('setBudget', { maxBudgetUsd: 5 })).rejects.toThrow('price is not known');
  await scene.session.control('setBudget', { maxBudgetUsd: 5 });
  await expect(scene.session.control('setModel', { model: 'somebody-elses-model' })).rejects.toThrow('price');
  await scene.session.control('setBudget', { maxBudgetUsd: null });
  await scene.session.control('setModel', { model: 'somebody-elses-model' });
});
