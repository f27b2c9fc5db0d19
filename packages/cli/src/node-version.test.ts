import { expect, test } from 'vitest';
import { nodeVersionProblem } from './node-version.ts';

test.each(['22.19.0', '22.23.3', '24.0.0', '26.10.0', '24.21.0-nightly'])('Node %s is new enough', (version) => {
  expect(nodeVersionProblem(version)).toBeUndefined();
});

test.each(['18.20.0', '20.20.2', '22.18.9'])('Node %s is too old, and the message says what to do', (version) => {
  expect(nodeVersionProblem(version)).toBe(
    `this is Node ${version}, and 22.19 or newer is needed. Install Node 24 (LTS), or put a newer one first on PATH.`,
  );
});
