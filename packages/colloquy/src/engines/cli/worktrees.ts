import { realpath } from 'node:fs/promises';

const GIT_WITHIN_MS = 5_000;
const PREFIX = 'worktree ';

/** The folder, and the other working trees of the repository that it lies in, if it does. */
export async function worktreesOf(dir: string): Promise<string[]> {
  const [here, listed] = await Promise.all([realpath(dir).catch(() => dir), listWorktrees(dir)]);
  const trees = await Promise.all(listed.map((tree) => realpath(tree).catch(() => tree)));
  return [...new Set([here, ...trees])];
}

/** None where there is no repository, or no git. */
async function listWorktrees(cwd: string): Promise<string[]> {
  const { execFile } = await import('node:child_process');
  const text = await new Promise<string>((resolve) => {
    // Its own list, nothing that a repository could have configured to be run.
    const child = execFile(
      'git',
      ['-C', cwd, 'worktree', 'list', '--porcelain'],
      { timeout: GIT_WITHIN_MS },
      (error, out) => resolve(error === null ? out : ''),
    );
    child.stdin?.end();
  });
  return text.split('\n').flatMap((line) => (line.startsWith(PREFIX) ? [line.slice(PREFIX.length)] : []));
}
