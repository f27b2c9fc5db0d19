import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as colloquy from 'colloquy';
import { findClaudeCode } from '../claude-code.ts';
import type { Column, Sdk } from './program.ts';

const CACHE = join(import.meta.dirname, '../../.cache/conformance');

/** Where `script/conformance --setup` puts the official SDK; undefined where it has not been run. */
export function officialSdk(): string | undefined {
  const folder = `claude-agent-sdk-${findClaudeCode().version}`;
  const main = join(CACHE, folder, 'node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs');
  return existsSync(main) ? main : undefined;
}

/** What programs import in this column. The official module is run, never read. @throws when it is not there */
export async function loadSdk(column: Column): Promise<Sdk> {
  if (column === 'api') return { ...colloquy, all: colloquy };
  if (column === 'cli') {
    const cli = { ...colloquy, ...CLI_FUNCTIONS };
    return { ...cli, all: cli };
  }
  const path = officialSdk();
  if (path === undefined) throw new Error('The official SDK is not there: run script/conformance --setup');
  const all = (await import(path)) as Record<string, unknown>;
  // The names that programs use have our types: that they fit is what the test of types and these rows are about.
  return { ...all, all } as unknown as Sdk;
}

/** The session functions over the sessions of Claude Code: chosen by an option, as the engine is. */
const CLI_FUNCTIONS: Partial<Sdk> = {
  listSessions: (o) => colloquy.listSessions({ ...o, engine: 'cli' }),
  getSessionInfo: (id, o) => colloquy.getSessionInfo(id, { ...o, engine: 'cli' }),
  getSessionMessages: (id, o) => colloquy.getSessionMessages(id, { ...o, engine: 'cli' }),
  forkSession: (id, o) => colloquy.forkSession(id, { ...o, engine: 'cli' }),
  renameSession: (id, title, o) => colloquy.renameSession(id, title, { ...o, engine: 'cli' }),
  tagSession: (id, tag, o) => colloquy.tagSession(id, tag, { ...o, engine: 'cli' }),
  listSubagents: (id, o) => colloquy.listSubagents(id, { ...o, engine: 'cli' }),
  getSubagentMessages: (id, agent, o) => colloquy.getSubagentMessages(id, agent, { ...o, engine: 'cli' }),
  archiveSession: (id, o) => colloquy.archiveSession(id, { ...o, engine: 'cli' }),
  unarchiveSession: (id, o) => colloquy.unarchiveSession(id, { ...o, engine: 'cli' }),
  deleteSession: (id, o) => colloquy.deleteSession(id, { ...o, engine: 'cli' }),
};
