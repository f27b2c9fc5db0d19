import { expect, test } from 'vitest';
import { createEmulator, emit, manualClock, stall } from '../index.ts';
import { bodyOf, eventsOf, post, streamedText } from '../testing/ask.ts';

const NEVER = new AbortController().signal;

test('stands still until it is moved, and wakes each sleeper at its time, in order', async () => {
  const clock = manualClock({ startMs: 1_000 });
  const woken: string[] = [];
  const sleep = (ms: number, name: string): void =>
    void clock.sleep(ms, NEVER).then(() => woken.push(`${name} at ${clock.now()}`));
  sleep(20, 'late');
  sleep(10, 'early');
  expect(clock.sleeping).toEqual([10, 20]);
  await clock.advance(9);
  expect([woken, clock.sleeping]).toEqual([[], [1, 11]]);
  await clock.advance(11);
  expect(woken).toEqual(['early at 1010', 'late at 1020']);
  expect([clock.now(), clock.sleeping]).toEqual([1_020, []]);
});

test('a sleeper that sleeps again within the time moved wakes again', async () => {
  const clock = manualClock({ startMs: 0 });
  const times: number[] = [];
  const tick = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(30, NEVER);
      times.push(clock.now());
    }
  };
  void tick();
  await clock.advance(100);
  expect([times, clock.now()]).toEqual([[30, 60, 90], 100]);
});

test('a sleep that is aborted rejects with its reason and leaves nothing behind', async () => {
  const clock = manualClock();
  const leave = new AbortController();
  const asleep = clock.sleep(10, leave.signal);
  leave.abort(new Error('enough'));
  await expect(asleep).rejects.toThrow('enough');
  await expect(clock.sleep(10, leave.signal)).rejects.toThrow('enough');
  expect(clock.sleeping).toEqual([]);
});

test('moves a paced stream delta by delta', async () => {
  const clock = manualClock();
  const emulator = createEmulator({ clock, gapMs: 50, script: [emit(4), stall()] });
  let read = '';
  const reading = (async () => {
    for await (const chunk of (await post(emulator, bodyOf({ stream: true }))).body)
      read += Buffer.from(chunk).toString('utf8');
  })();
  await clock.advance(0);
  expect(streamedText(eventsOf(read))).toBe('1 ');
  await clock.advance(99);
  expect(streamedText(eventsOf(read))).toBe('1 2 ');
  await clock.advance(51);
  await reading;
  expect(streamedText(eventsOf(read))).toBe('1 2 3 4');
});

test.each([-1, Number.NaN])('time does not go back: %d', async (ms) => {
  const clock = manualClock({ startMs: 5 });
  await expect(clock.advance(ms)).rejects.toThrow(`advance takes a number of at least 0, not ${ms}`);
  expect(clock.now()).toBe(5);
});
