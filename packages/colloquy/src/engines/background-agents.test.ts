import { beforeEach, expect, test, vi } from 'vitest';
import type { SDKMessage } from '../messages.ts';
import { BackgroundAgents } from './background-agents.ts';

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

// As much of each message as is looked at.
const tasks = (...types: string[]) =>
  ({
    type: 'system',
    subtype: 'background_tasks_changed',
    tasks: types.map((task_type) => ({ task_type })),
  }) as SDKMessage;
const init = { type: 'system', subtype: 'init' } as SDKMessage;
const result = { type: 'result' } as SDKMessage;

test('an agent is awaited until the turn that tells of its end has ended', () => {
  const agents = new BackgroundAgents(() => {});
  for (const message of [init, tasks('local_agent'), result]) agents.follow(message);
  expect(agents.areAwaited).toBe(true);
  for (const message of [tasks(), init]) agents.follow(message);
  vi.advanceTimersByTime(60_000);
  expect(agents.areAwaited).toBe(true);
  agents.follow(result);
  expect(agents.areAwaited).toBe(false);
});

test('an agent that ends without such a turn is awaited no longer than 5 s', () => {
  const over = vi.fn<() => void>();
  const agents = new BackgroundAgents(over);
  for (const message of [tasks('local_agent'), result, tasks()]) agents.follow(message);
  vi.advanceTimersByTime(4_999);
  expect([agents.areAwaited, over.mock.calls.length]).toEqual([true, 0]);
  vi.advanceTimersByTime(1);
  expect([agents.areAwaited, over.mock.calls.length]).toEqual([false, 1]);
});

test('commands in the background are not awaited', () => {
  const agents = new BackgroundAgents(() => {});
  for (const message of [tasks('local_bash'), result]) agents.follow(message);
  expect(agents.areAwaited).toBe(false);
});
