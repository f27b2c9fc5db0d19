import { expect, test } from 'vitest';
import * as server from './index.ts';

test('the public surface is these names', () => {
  expect(Object.keys(server).toSorted((a, b) => a.localeCompare(b))).toEqual(['createApp', 'openManagement', 'serve']);
});
