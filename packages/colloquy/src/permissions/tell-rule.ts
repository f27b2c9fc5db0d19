import type { PermissionUpdateDestination } from '../options/permissions.ts';
import type { PermissionCall } from './call.ts';
import { hostOf } from './match-host.ts';
import type { PlacedRule } from './state.ts';

const MAX_TOLD_CHARS = 200;

const OF: Readonly<Record<PermissionUpdateDestination, string>> = {
  cliArg: '',
  session: '',
  userSettings: ' of the user settings',
  projectSettings: ' of the project settings',
  localSettings: ' of the local settings',
};

/** A rule as reasons name it, with the settings that it stands in. */
export function tellRule({ text, destination }: Pick<PlacedRule, 'text' | 'destination'>): string {
  return `${text}${OF[destination]}`;
}

/** A call as reasons name it: its tool, and what it is about. */
export function tellCall({ tool, target }: PermissionCall): string {
  const [path] = target.paths ?? [];
  if (path !== undefined) return `${tool.name} of ${tellText(path.path)}`;
  const host = target.url === undefined ? undefined : hostOf(target.url);
  return host === undefined ? `this ${tool.name} call` : `${tool.name} of ${tellText(host)}`;
}

/** A text of others without line ends, and without what is not seen or turns text around. */
export function inOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD');
}

/** A text of others within a sentence: in one line, and short. */
export function tellText(text: string): string {
  const line = inOneLine(text);
  return line.length > MAX_TOLD_CHARS ? `${line.slice(0, MAX_TOLD_CHARS)}…` : line;
}
