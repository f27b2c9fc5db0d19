import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const PLACES = ['.gitconfig', '.config/git/config'];
const MAX_CHARS = 200;

/**
 * The part of a person's git settings that a commit needs, as a file for the home folder of the sandbox: their name and address.
 * The rest may hold credentials, and programs to run. Undefined when it does not say both.
 */
export async function gitIdentity(home: string): Promise<string | undefined> {
  for (const place of PLACES) {
    const settings = await readFile(join(home, place), 'utf8').catch(() => '');
    const [name, email] = ['name', 'email'].map((key) => userValue(settings, key));
    if (name !== undefined && email !== undefined) return `[user]\n\tname = ${name}\n\temail = ${email}\n`;
  }
  return undefined;
}

/** A value of the section `user`, without quotes, escapes and comments. */
function userValue(settings: string, key: string): string | undefined {
  let section = '';
  let found: string | undefined;
  for (const line of settings.split(/\r?\n/)) {
    section = /^\s*\[([^\]]*)\]/.exec(line)?.[1]?.trim().toLowerCase() ?? section;
    const [, name = '', value = ''] = /^\s*([a-zA-Z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === 'user' && name.toLowerCase() === key) found = value;
  }
  if (found === undefined || found === '' || found.length > MAX_CHARS) return undefined;
  const plain = /^"(.*)"/.exec(found)?.[1] ?? found.replace(/\s+[#;].*$/, '');
  return `"${plain.replace(/["\\]/g, '')}"`;
}
