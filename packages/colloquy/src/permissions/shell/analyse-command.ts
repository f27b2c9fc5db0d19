import { addCommand } from './add-command.ts';
import { whyTooLarge } from './bounds.ts';
import type { CommandAnalysis, CommandPart, ShellPlaces } from './command-part.ts';
import { Findings, type Reading } from './findings.ts';
import { loadShellParser, type ParseShell } from './load-parser.ts';
import { fileName } from './part-texts.ts';
import { readScript } from './read-script.ts';

const MOVERS: ReadonlySet<string> = new Set(['cd', 'pushd', 'popd']);
/** Options with which a program runs another in another folder: a letter, or how the others begin. */
const MOVING_OPTIONS: ReadonlyMap<string, RegExp> = new Map([
  ['env', /^-(?!-)\w*C|^--ch/],
  ['find', /^-(?:exec|ok)dir$/],
  ['sudo', /^-(?!-)\w*D|^--ch/],
]);

/**
 * Takes a command line apart into every command that would run, wrappers opened, without running anything. What cannot be told for
 * certain is said in `unknown` or at the part. The work is bounded whatever the command is. With `places`, words such as `~/x` count as
 * known: good enough to refuse, and not to allow, because a command may change what they stand for.
 */
export async function analyseCommand(command: string, places?: ShellPlaces): Promise<CommandAnalysis> {
  const tooLarge = whyTooLarge(command);
  if (tooLarge !== undefined)
    return { text: command, parts: [], unknown: tooLarge, tooLarge: true, steps: command.length };
  return analyse(command, await loadShellParser(), places);
}

function analyse(command: string, parse: ParseShell, places: ShellPlaces | undefined): CommandAnalysis {
  const findings = new Findings();
  const reading: Reading = {
    findings,
    places,
    script: (text, place) => readScript(text, place, reading, parse),
    command: (simple, place) => addCommand(simple, place, reading),
  };
  findings.step(command.length);
  reading.script(joinLines(command), { depth: 0, wrappers: [], inside: undefined, input: undefined });
  if (!findings.tooLarge) checkTogether(findings);
  const { parts, unknown, tooLarge, steps } = findings;
  return { text: command, parts: tooLarge ? [] : withPlaces(parts), unknown, tooLarge, steps };
}

/**
 * Takes out the ends of lines that a backslash continues, as a shell does before anything else. Where single quotes, comments or
 * here-documents could keep some, all are left for the parser.
 */
function joinLines(command: string): string {
  if (!command.includes('\\\n') || ["'", '#', '<<'].some((keeper) => command.includes(keeper))) return command;
  let joined = '';
  for (let at = 0; at < command.length; at += 1) {
    const pair = command.slice(at, at + 2);
    if (pair !== '\\\n') joined += pair.startsWith('\\') ? pair : pair.charAt(0);
    if (pair.startsWith('\\')) at += 1;
  }
  return joined;
}

/** What only shows when all parts are known. */
function checkTogether(findings: Findings): void {
  for (const name of findings.calculated) {
    if (findings.assigned.has(name)) findings.doubt(`it calculates with ${name}, whose value cannot be known`);
  }
  const written = new Set(
    findings.parts.flatMap(({ redirects, paths }) =>
      [...redirects, ...paths].filter(({ access }) => access === 'write').map(({ path }) => fileName(path ?? '')),
    ),
  );
  for (const part of findings.parts) {
    const [called] = part.words;
    if (called?.includes('/') === true && written.has(fileName(called)))
      findings.doubt(`it writes ${called} and runs it`);
  }
  if (findings.parts.length === 0) findings.doubt('there is no command in it');
}

// After a change of the folder, relative paths name something else, and git may find itself in a repository it does not know.
function withPlaces(parts: readonly CommandPart[]): CommandPart[] {
  if (!parts.some(moves)) return [...parts];
  return parts.map((part) => ({
    ...part,
    readOnly: part.readOnly && part.name !== 'git',
    paths: MOVERS.has(part.name ?? '')
      ? part.paths
      : part.paths.map(({ path, access }) => ({ path: path?.startsWith('/') === true ? path : undefined, access })),
    redirects: part.redirects.map(({ path, access }) => ({
      path: path?.startsWith('/') === true ? path : undefined,
      access,
    })),
  }));
}

function moves({ name = '', words }: CommandPart): boolean {
  const option = MOVING_OPTIONS.get(name);
  return MOVERS.has(name) || (option !== undefined && words.some((word) => word !== undefined && option.test(word)));
}
