import { expect, test } from 'vitest';
import { runRipgrep } from './ripgrep.ts';

const search = (pattern: string, cwd: string, path: string) =>
  runRipgrep(['--no-config', '--no-messages', `--regexp=${pattern}`], {
    cwd,
    path,
    separator: '\n',
    take: () => true,
    signal: new AbortController().signal,
  });

// The memory of a process cannot be read from its first byte on, not even by root.
test.skipIf(process.platform !== 'linux')(
  'what cannot be read makes a search incomplete, and does not fail it',
  async () => {
    expect(await search('x', '/proc/self', './mem')).toEqual({ cut: false, incomplete: true });
  },
);

test('a pattern that is none fails it', async () => {
  await expect(search('(', import.meta.dirname, '.')).rejects.toThrow(/could not be made: .*unclosed group/s);
});
