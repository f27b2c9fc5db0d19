import { expect, test } from 'vitest';
import { protectedPart, secretPart } from './protected-paths.ts';

test.each([
  '.git/config',
  'sub/.git/hooks/pre-commit',
  '.GIT/config',
  '.git./config',
  '.git /config',
  '.git::$INDEX_ALLOCATION/config',
  'GIT~1/config',
  '.g\u200cit/config',
  '.\uff47it/config',
  'a\\.git\\config',
  '.config/git/config',
  '.Config//./Git/config',
  '.cargo/config.toml',
  'home/.ssh/config',
])('%j is protected', (path) => {
  expect(protectedPart(path)).toBeDefined();
});

test.each([
  '.gitignore',
  '.github/workflows/x.yml',
  'git/config',
  '.config/app.json',
  'src/.gitkeep',
  'a~1',
  '.env',
  '',
])('%j is not protected', (path) => {
  expect(protectedPart(path)).toBeUndefined();
});

test.each(['.ssh/id_ed25519', 'a/.aws/credentials', '.docker/config.json', '.claude/.credentials.json', '.NETRC'])(
  '%j is a secret',
  (path) => {
    expect(secretPart(path)).toBeDefined();
  },
);

test.each(['.git/config', '.env', '.docker/buildx', '.claude/settings.json', '.npmrc', 'ssh/id_rsa'])(
  '%j is read like any file',
  (path) => {
    expect(secretPart(path)).toBeUndefined();
  },
);
