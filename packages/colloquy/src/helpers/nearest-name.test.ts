import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';

const NAMES = ['permissionMode', 'maxTurns', 'model', 'tools', 'cwd'];

test.each([
  ['permisionMode', 'permissionMode'],
  ['PermissionMode', 'permissionMode'],
  ['max_turns', 'maxTurns'],
  ['modle', 'model'],
  ['cdw', 'cwd'],
])('takes %s for %s', (typed, meant) => {
  expect(nearestName(typed, NAMES)).toBe(meant);
});

test('says nothing when no name is near', () => {
  expect(nearestName('temperature', NAMES)).toBeUndefined();
  expect(nearestName('x', [])).toBeUndefined();
});
