import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'colloquy';
import type { Scene } from './program.ts';

const PROGRAM = join(import.meta.dirname, '../stand-ins/scripted-claude.mjs');

type Json = Record<string, unknown>;

/** What a stand-in does when it is spoken to. */
export type Step =
  /** Says a message, with a uuid and a session_id. */
  | { say: Json }
  /** Says these characters. */
  | { raw: string }
  /** Says these characters in pieces of 7 bytes. */
  | { bytes: string }
  /** Asks the host. */
  | { id: string; ask: Json }
  /** Waits for the answer to a question. */
  | { waitFor: string }
  | { exit: number };

/** What a stand-in says; Claude Code is replaced by it where its cause lies with the service, or what it is told is all that counts. */
export type StandInScript = {
  /** After the answer to `initialize`. */
  first?: Step[];
  /** For each prompt; without one it is answered with a result. */
  turns?: Step[][];
  initialized?: Json;
  answers?: Record<string, Json>;
  errors?: Record<string, Json>;
  /** Questions that it never answers. */
  silent?: string[];
  /** Variables of its environment that are noted. */
  env?: string[];
  exitCode?: number;
  exitAtOnce?: number;
  staysAfterEnd?: true;
  ignoreTerm?: true;
};

/** What it has noted, in order. */
export type Noted = { argv?: string[]; env?: Json; cwd?: string; in?: Json; end?: true; signal?: string };

export const RESULT: Json = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  duration_ms: 1,
  duration_api_ms: 1,
  num_turns: 1,
  result: 'Done.',
  stop_reason: 'end_turn',
  total_cost_usd: 0,
  usage: {},
  modelUsage: {},
  permission_denials: [],
};

/** Options that put the stand-in in the place of Claude Code, and what it has noted so far. */
export function standIn(at: Scene, script: StandInScript, name = 'stand-in'): { options: Options; noted(): Noted[] } {
  const [scriptFile, log] = [join(at.home, `${name}.json`), join(at.home, `${name}.log`)];
  writeFileSync(scriptFile, JSON.stringify(script));
  writeFileSync(log, '');
  return {
    options: { pathToClaudeCodeExecutable: PROGRAM, env: { CONFORMANCE_SCRIPT: scriptFile, CONFORMANCE_LOG: log } },
    noted: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Noted),
  };
}

/** Flags of a command line, with their values: `--flag=value`, `--flag value` and a flag alone. */
export function flagsOf(argv: readonly string[] = []): Record<string, string[]> {
  const flags: Record<string, string[]> = {};
  let last = '';
  for (const item of argv) {
    const [, name, , value] = /^--([\w-]+)(=([\s\S]*))?$/.exec(item) ?? [];
    if (name === undefined) flags[last]?.push(item);
    else {
      last = name;
      flags[name] = [...(flags[name] ?? []), ...(value === undefined ? [] : [value])];
    }
  }
  return flags;
}

/** What the host has written, of one type; the first control request is `initialize`. */
export const written = (noted: readonly Noted[], type: string): Json[] =>
  noted.flatMap(({ in: line }) => (line?.['type'] === type ? [line] : []));

/** The requests of this subtype, without their ids. */
export const requests = (noted: readonly Noted[], subtype: string): unknown[] =>
  written(noted, 'control_request')
    .map(({ request }) => request as Json)
    .filter((request) => request['subtype'] === subtype);
