import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { accessSync, constants, statSync } from 'node:fs';
import { CLIConnectionError, CLINotFoundError } from '../../errors.ts';
import type { Options } from '../../options/options.ts';
import { environmentOf } from '../../options/resolve-options.ts';
import { findProgram } from '../../tools/sandbox/find-program.ts';

const HOW_TO_INSTALL =
  'Install it with `npm install @anthropic-ai/claude-code`, or give its path as option `pathToClaudeCodeExecutable`';
const PACKAGE = '@anthropic-ai/claude-code';

/** What starts Claude Code: a program, with arguments that come before ours. */
export type ClaudeProgram = { file: string; args: readonly string[]; path: string };

/** Where packages are looked up; in tests another place than where this file lies. */
export type FindOptions = { from?: string | undefined };

/**
 * Finds Claude Code: the path that was given, else `claude` on PATH, else the package beside Colloquy. Folders of the session are not
 * looked into: what lies in a workspace may be anybody's.
 * @throws CLINotFoundError | CLIConnectionError for one that cannot be executed
 */
export function findClaude(options: Options, o: FindOptions = {}): ClaudeProgram {
  const given = options.pathToClaudeCodeExecutable;
  if (given !== undefined) return toProgram(given, options);
  const path = environmentOf(options)['PATH'];
  const onPath = findProgram(process.platform === 'win32' ? 'claude.exe' : 'claude', path);
  if (onPath !== undefined) return toProgram(onPath, options);
  const places = packagePlaces(o.from ?? import.meta.filename);
  const inPackage = places.find((place) => isFile(place));
  if (inPackage !== undefined) return toProgram(inPackage, options);
  const lookedIn = [`PATH (${path ?? 'not set'})`, ...(places.length === 0 ? [`the package ${PACKAGE}`] : places)];
  throw new CLINotFoundError(`There is no Claude Code in ${lookedIn.join(', nor in ')}. ${HOW_TO_INSTALL}`, {
    lookedIn,
  });
}

function toProgram(given: string, options: Options): ClaudeProgram {
  const path = isAbsolute(given) || /[/\\]/.test(given) ? resolve(given) : given;
  if (path === given && !isAbsolute(path)) {
    const found = findProgram(given, environmentOf(options)['PATH']);
    if (found === undefined) throw notThere(given, `PATH (${environmentOf(options)['PATH'] ?? 'not set'})`);
    return toProgram(found, options);
  }
  if (!isFile(path)) throw notThere(given, path);
  if (/\.[cm]?[jt]s$/.test(path)) {
    const { executable, executableArgs = [] } = options;
    const runner = executable === undefined || executable === 'node' ? process.execPath : executable;
    return { file: runner, args: [...executableArgs, path], path };
  }
  if (!isExecutable(path)) {
    throw new CLIConnectionError(`${path} cannot be executed; make it executable (chmod +x), or give another path`);
  }
  return { file: path, args: [], path };
}

function notThere(given: string, place: string): CLINotFoundError {
  const message = `There is no Claude Code at ${given}, which the option \`pathToClaudeCodeExecutable\` names. ${HOW_TO_INSTALL}`;
  return new CLINotFoundError(message, { cliPath: given, lookedIn: [place] });
}

/** The program in the package of this platform, or in the package itself. */
function packagePlaces(from: string): string[] {
  const name = process.platform === 'win32' ? 'claude.exe' : 'claude';
  const platform = `${PACKAGE}-${process.platform}-${process.arch}`;
  const main = folderOf(PACKAGE, from);
  // The package of the platform is a dependency of the other, which some package managers put where only that one sees it.
  const beside = main === undefined ? from : join(main, 'package.json');
  const folders = [platform, `${platform}-musl`].flatMap(
    (each) => folderOf(each, beside) ?? folderOf(each, from) ?? [],
  );
  return [
    ...folders.map((folder) => join(folder, name)),
    ...(main === undefined ? [] : [join(main, 'bin/claude.exe')]),
  ];
}

function folderOf(name: string, from: string): string | undefined {
  try {
    return dirname(createRequire(from).resolve(`${name}/package.json`));
  } catch {
    // Not installed.
    return undefined;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
