import type { Emulator, Reply } from '@colloquy/emulator';
import type * as colloquy from 'colloquy';
import type { Options } from 'colloquy';

/** Where a program runs: the official SDK with its own Claude Code, our cli engine with the same one, our api engine. */
export type Column = 'official' | 'cli' | 'api';
export const COLUMNS: readonly Column[] = ['official', 'cli', 'api'];
/** Our two, which are held against the official one. */
export type OurColumn = Exclude<Column, 'official'>;

/** What a program may import: the names that both have, of our types. `all` is the module itself, with every name. */
export type Sdk = typeof colloquy & { all: Readonly<Record<string, unknown>> };

/** What a user saw, by id. It is made comparable (`Scene.normal`) by the program. */
export type Observations = Readonly<Record<string, unknown>>;

export type Program = {
  name: string;
  /** The rows that it observes: exactly the keys of what `run` gives. */
  ids: readonly string[];
  /** Default: all. Rows of (f) have no api column. */
  columns?: readonly Column[];
  /** In it the official CLI waits by the clock: run with `--full` only. */
  waits?: true;
  run(stage: Stage): Promise<Observations>;
};

/** What a program has to work with, in one column. Everything is closed and removed when it has ended. */
export type Stage = AsyncDisposable & {
  column: Column;
  sdk: Sdk;
  /** A new place to hold sessions in: working folder, home, model. Replies are given in order. */
  scene: (script?: readonly Reply[], o?: SceneOptions) => Promise<Scene>;
};

export type SceneOptions = {
  /** Files of the working folder, by path in it. */
  files?: Readonly<Record<string, string>>;
  /** Further variables of the environment. */
  env?: Readonly<Record<string, string>>;
  /** Sessions of this scene are kept where the session functions look: in the home of the whole run. */
  sharedHome?: true;
};

export type Scene = {
  emulator: Emulator;
  folder: string;
  home: string;
  /** The options that a session needs to be held here, with these besides. `env` is added to. */
  options(given?: Options): Options;
  /** The value with ids, times, places and costs replaced by placeholders; fields that are undefined are left out. */
  normal(value: unknown): unknown;
};
