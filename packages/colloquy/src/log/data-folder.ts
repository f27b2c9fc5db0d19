import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/** The folder for sessions and settings: `$COLLOQUY_HOME`, else the platform's place for application data. It may not exist yet. */
export function dataFolder(
  env: Record<string, string | undefined>,
  platform: NodeJS.Platform = process.platform,
): string {
  const path = platform === 'win32' ? win32 : posix;
  if (env['COLLOQUY_HOME']) return path.resolve(env['COLLOQUY_HOME']);
  switch (platform) {
    case 'win32':
      return path.join(
        env['LOCALAPPDATA'] || path.join(env['USERPROFILE'] || homedir(), 'AppData', 'Local'),
        'colloquy',
      );
    case 'darwin':
      return path.join(env['HOME'] || homedir(), 'Library', 'Application Support', 'colloquy');
    default: {
      const xdg = env['XDG_DATA_HOME'];
      // The specification says to ignore a relative path.
      const base = xdg && path.isAbsolute(xdg) ? xdg : path.join(env['HOME'] || homedir(), '.local', 'share');
      return path.join(base, 'colloquy');
    }
  }
}
