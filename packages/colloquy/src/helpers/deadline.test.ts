import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Deadline } from './deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const late = (): Error => new Error('late');

test('aborts with the reason made when the bound passes', () => {
  const deadline = new Deadline();
  deadline.start(100, late);
  vi.advanceTimersByTime(99);
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(deadline.signal.reason).toEqual(new Error('late'));
});

test('starting again moves the bound, with the same or another length', () => {
  const deadline = new Deadline();
  deadline.start(100, late);
  vi.advanceTimersByTime(60);
  deadline.start(100, late);
  vi.advanceTimersByTime(99);
  expect(deadline.signal.aborted).toBe(false);
  deadline.start(10, late);
  vi.advanceTimersByTime(10);
  expect(deadline.signal.aborted).toBe(true);
});

test('a paused bound never aborts and can be started anew', () => {
  const deadline = new Deadline();
  deadline.start(100, late);
  deadline.pause();
  vi.advanceTimersByTime(1_000);
  expect(deadline.signal.aborted).toBe(false);
  deadline.start(100, late);
  vi.advanceTimersByTime(100);
  expect(deadline.signal.aborted).toBe(true);
});

test('follows its parent and lets go of it', () => {
  const parent = new AbortController();
  const closed = new Deadline(parent.signal);
  const open = new Deadline(parent.signal);
  closed.start(100, late);
  closed.close();
  closed.close();
  expect(getEventListeners(parent.signal, 'abort')).toHaveLength(1);
  parent.abort('over');
  expect(open.signal.reason).toBe('over');
  expect(closed.signal.aborted).toBe(false);
  expect(getEventListeners(parent.signal, 'abort')).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a parent that is aborted already is followed at once', () => {
  const deadline = new Deadline(AbortSignal.abort('before'));
  deadline.start(100, late);
  expect(deadline.signal.reason).toBe('before');
  expect(vi.getTimerCount()).toBe(0);
});
