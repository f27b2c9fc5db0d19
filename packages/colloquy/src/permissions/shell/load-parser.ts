import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Parser, Tree } from 'web-tree-sitter';

/** The parser reports about every hundred operations. Errors make it try many ways; more than this is not worth it. */
const MAX_PARSER_REPORTS = 20_000;
/** Some garbage makes single operations slow; a parse of what is not garbage takes a tenth of this. Time in which others run is not counted. */
const MAX_PARSE_MS = 250;

/** Parses a text in the language of bash. The tree must be deleted. Undefined: it was not worth going on. */
export type ParseShell = (text: string) => { tree: Tree | undefined; steps: number };

let loading: Promise<ParseShell> | undefined;

/** The parser of bash, loaded when it is first needed: 20 to 30 ms. @throws Error when the grammar cannot be loaded. */
export function loadShellParser(): Promise<ParseShell> {
  loading ??= load();
  return loading;
}

async function load(): Promise<ParseShell> {
  const { Language, Parser: ShellParser } = await import('web-tree-sitter');
  const engine = await findWasm('web-tree-sitter', 'web-tree-sitter.wasm');
  await ShellParser.init({ locateFile: () => engine });
  const parser = new ShellParser();
  parser.setLanguage(await Language.load(await findWasm('tree-sitter-bash', 'tree-sitter-bash.wasm')));
  return (text) => parse(parser, text);
}

function parse(parser: Parser, text: string): ReturnType<ParseShell> {
  let reports = 0;
  const started = process.cpuUsage();
  const tree = parser.parse(text, null, {
    progressCallback: () => ++reports > MAX_PARSER_REPORTS || msSince(started) > MAX_PARSE_MS,
  });
  if (tree === null) parser.reset();
  return { tree: tree ?? undefined, steps: reports };
}

function msSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** In the published package it lies beside the code; in this repository, where its package is. */
async function findWasm(fromPackage: string, file: string): Promise<string> {
  const built = fileURLToPath(new URL(file, import.meta.url));
  try {
    await access(built);
    return built;
  } catch {
    return createRequire(import.meta.url).resolve(`${fromPackage}/${file}`);
  }
}
