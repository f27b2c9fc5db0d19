import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createEmulator } from '@colloquy/emulator';
import type { Options } from 'colloquy';
import { findClaudeCode, quietEnv } from '../claude-code.ts';
import { normalise } from './normalise.ts';
import type { Column, Scene, Sdk, Stage } from './program.ts';

/** A stage in this column. Its folders lie under the temporary folder of the process. */
export function openStage(column: Column, sdk: Sdk): Stage {
  const stack = new AsyncDisposableStack();
  return {
    column,
    sdk,
    async scene(script = [], { files = {}, env = {}, sharedHome } = {}): Promise<Scene> {
      const emulator = createEmulator({ script: [...script] });
      const at = stack.use(await emulator.listen());
      const root = await mkdtemp(join(tmpdir(), `conformance-${column}-`));
      stack.defer(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
      const folder = join(root, 'work');
      for (const path of ['work', 'home', 'tmp']) await mkdir(join(root, path));
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), content);
      }
      const home = sharedHome === true ? (process.env['HOME'] ?? join(root, 'home')) : join(root, 'home');
      const base = { ...quietEnv(root, at.url), HOME: home, ...env };
      return {
        emulator,
        folder,
        home,
        options: (given: Options = {}) => ({
          ...engineOf(column),
          cwd: folder,
          ...given,
          env: { ...base, ...given.env },
        }),
        normal: (value) =>
          normalise(value, [
            [folder, '<cwd>'],
            [folder.replaceAll(/[^a-zA-Z0-9]/g, '-'), '<cwd>'],
            [root, '<root>'],
            [home, '<home>'],
            [at.url, '<api>'],
          ]),
      };
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function engineOf(column: Column): Options {
  const { program } = findClaudeCode();
  switch (column) {
    case 'official':
      return {};
    case 'cli':
      return { engine: 'cli', pathToClaudeCodeExecutable: program };
    case 'api':
      return { engine: 'api' };
    default:
      return column satisfies never;
  }
}
