import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { describeOwner, isHeld, isOwnerAlive, newOwner } from './owner.ts';

/** An owner's name with one of its parts changed: host, pid, boot, start, random. */
function changed(part: number, value: string): string {
  return newOwner().split(' ').with(part, value).join(' ');
}

test('every owner is another, and alive', () => {
  const [a, b] = [newOwner(), newOwner()];
  expect(a).not.toBe(b);
  expect([isOwnerAlive(a), isOwnerAlive(b)]).toEqual([true, true]);
});

test('an owner is shown to people as host and process', () => {
  expect(describeOwner(newOwner())).toBe(`${hostname()} ${process.pid}`);
  expect(describeOwner('what a test called itself')).toBe('what a test called itself');
  expect(describeOwner(undefined)).toBe('another process');
});

test('of another machine, boot or origin nothing can be told', () => {
  expect(isOwnerAlive(changed(0, 'elsewhere'))).toBeUndefined();
  expect(isOwnerAlive(changed(2, 'another-boot'))).toBeUndefined();
  expect(isOwnerAlive('what a test called itself')).toBeUndefined();
});

test('a process that has ended is dead, and one that took its number is another', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  expect(isOwnerAlive(changed(1, String(child.pid)))).toBe(false);
  expect(isOwnerAlive(changed(3, '1'))).toBe(false);
});

test('a lease holds while it has time and its holder is not known to be dead', () => {
  expect(isHeld(newOwner(), 2, 1)).toBe(true);
  expect(isHeld('somebody', 2, 1)).toBe(true);
  expect(isHeld(newOwner(), 1, 1)).toBe(false);
  expect(isHeld(changed(3, '1'), 2, 1)).toBe(false);
  expect([isHeld(null, 2, 1), isHeld(undefined, 2, 1)]).toEqual([false, false]);
});
