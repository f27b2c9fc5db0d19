import { dataFolder } from '../../log/data-folder.ts';
import type { Entry, Thread } from '../../log/entries.ts';
import type { SessionState } from '../../log/fold.ts';
import type { SessionLog } from '../../log/session-log.ts';
import type { Totals } from '../../log/totals.ts';
import type { Store } from '../../log/store.ts';
import type { HookRunner } from '../../hooks/run-hooks.ts';
import type { MessagesClient } from '../../messages-api/messages-client.ts';
import type { Options } from '../../options/options.ts';
import type { PermissionModeInput } from '../../options/permissions.ts';
import { environmentOf, smallModelOf } from '../../options/resolve-options.ts';
import { createLocalFiles } from '../../tools/local-files.ts';
import { type CommandSandbox, createCommandSandbox } from '../../tools/sandbox/command-sandbox.ts';
import { BackgroundTasks } from '../../tools/tasks/background-tasks.ts';
import type { Files, Web } from '../../tools/tool.ts';
import { createWeb } from '../../tools/web/create-web.ts';
import type { Backups } from '../../turn/checkpoints.ts';
import type { Asker, ToolBox, TurnLimits, TurnWorld } from '../../turn/turn-world.ts';
import type { RequestHistory } from '../../views/request-history.ts';
import type { InitFacts } from '../../views/to-sdk-messages.ts';
import type { ApiSession } from './api-session.ts';
import { backupFolder, backupsPath } from './file-backups.ts';
import { requestExtras } from './request-extras.ts';
import type { SessionHooks } from './session-hooks.ts';
import type { SessionPermissions } from './session-permissions.ts';
import type { SessionSetup, SetupParts } from './session-setup.ts';
import { environmentNote, systemPrompt } from './system-prompt.ts';
import { taskJournal } from './task-journal.ts';

/**
 * What the turns of one session read and use. Thousands of sessions may be open and idle, so that each holds little: what a conversation
 * may never need is made when it is first asked for.
 */
export class SessionWorld implements TurnWorld {
  readonly run: TurnWorld['run'];
  readonly prompt: TurnWorld['prompt'];
  readonly backups: Backups | undefined;
  readonly #session: ApiSession;
  readonly #setup: SessionSetup;
  readonly #options: Options;
  readonly #parts: SetupParts;
  #files: Files | undefined;
  #sandbox: CommandSandbox | undefined;
  #background: BackgroundTasks | undefined;
  #isEnding = false;
  #web: Web | undefined;

  constructor(session: ApiSession, setup: SessionSetup, options: Options, parts: SetupParts) {
    this.#session = session;
    this.#setup = setup;
    this.#options = options;
    this.#parts = parts;
    this.run = { results: 0, provider: parts.apiKeySource === 'client' ? undefined : 'firstParty' };
    this.prompt = new SessionPrompt(session, setup, options, parts);
    this.backups = backupsOf(session, options);
    // What the folders of a session with tools are is settled before anybody's command runs, which may put links where they were.
    if (setup.tools.box.offered.length > 0) this.#files = this.#makeFiles();
  }

  get thread(): Thread {
    return 'main';
  }

  get log(): SessionLog {
    return this.#session.log;
  }

  get state(): SessionState {
    return this.#session.state;
  }

  get history(): RequestHistory {
    return this.#session.history;
  }

  get client(): MessagesClient {
    return this.#parts.client;
  }

  get hooks(): HookRunner {
    return this.#session.hooks.runner;
  }

  get side(): SessionHooks {
    return this.#session.hooks;
  }

  get tools(): ToolBox {
    return this.#setup.tools.box;
  }

  get permissions(): SessionPermissions {
    return this.#parts.permissions;
  }

  get limits(): TurnLimits {
    return this.#setup.limits;
  }

  get cwd(): string {
    return this.#setup.cwd;
  }

  get files(): Files {
    return (this.#files ??= this.#makeFiles());
  }

  get sandbox(): CommandSandbox {
    return (this.#sandbox ??= createCommandSandbox({
      settings: this.#options.sandbox,
      env: environmentOf(this.#options),
      cwd: this.cwd,
      directories: () => this.permissions.state.directories,
      own: () => ownPaths(this.#session.store),
      isServer: this.#setup.hosted,
      asksUnconfined: this.#parts.severalUsers,
    }));
  }

  get background(): BackgroundTasks {
    if (this.#background === undefined) {
      this.#background = new BackgroundTasks({ journal: taskJournal(this.#session) });
      if (this.#isEnding) void this.#background.close();
    }
    return this.#background;
  }

  get web(): Web {
    return (this.#web ??= createWeb(this.#options.webFetch));
  }

  get smallModel(): string {
    return smallModelOf(this.#options);
  }

  get ask(): Asker {
    return this.#setup.asker;
  }

  totals(): Totals {
    return this.state.totals;
  }

  budgetUsd(): number | undefined {
    return this.#setup.budgetUsd;
  }

  model(): string {
    return this.#setup.model;
  }

  mode(): PermissionModeInput {
    return this.permissions.state.mode;
  }

  init(): InitFacts {
    return this.#setup.initFacts();
  }

  waitFor(fits: (entry: Entry) => boolean, signal: AbortSignal): Promise<Entry> {
    return this.#session.waitFor(fits, signal);
  }

  /** Ends what goes on beside the turns; nothing is started any longer. What cannot be removed is left to the system. */
  async endTasks(): Promise<void> {
    this.#isEnding = true;
    await this.#background?.close().catch(() => {});
  }

  get hasRunningTasks(): boolean {
    return this.#background?.hasRunning === true;
  }

  /** Removes what commands and backups have left behind, once nothing runs any longer. What cannot be removed is left to the system. */
  async close(): Promise<void> {
    await this.#sandbox?.close().catch(() => {});
    if (this.backups?.isTemporary === true) await this.backups.folder.remove().catch(() => {});
  }

  #makeFiles(): Files {
    const { cwd, permissions } = this;
    return createLocalFiles({ cwd, roots: () => [cwd, ...permissions.state.directories] });
  }
}

/** What the model is told of the session before the conversation. */
class SessionPrompt {
  readonly system: readonly string[];
  readonly #session: ApiSession;
  readonly #setup: SessionSetup;
  readonly #options: Options;
  readonly #runsElsewhere: boolean;

  constructor(session: ApiSession, setup: SessionSetup, options: Options, { runsElsewhere }: SetupParts) {
    this.system = systemPrompt(options.systemPrompt, setup.tools.box.offered);
    this.#session = session;
    this.#setup = setup;
    this.#options = options;
    this.#runsElsewhere = runsElsewhere;
  }

  get environment(): string | undefined {
    // Where the tools are at a worker, this folder is not theirs.
    if (this.#runsElsewhere) return undefined;
    return environmentNote({
      cwd: this.#setup.cwd,
      offered: this.#setup.tools.box.offered,
      mode: this.#setup.mode,
      planModeInstructions: this.#options.planModeInstructions,
      told: this.#session.state.environment,
    });
  }

  extras(model: string): Record<string, unknown> {
    return requestExtras(this.#options, model);
  }
}

function backupsOf(session: ApiSession, options: Options): Backups | undefined {
  if (options.enableFileCheckpointing !== true) return undefined;
  const { folder, isTemporary } = backupFolder(session.store, session.id);
  return { folder, isTemporary, done: new Set() };
}

/** Where sessions and credentials are kept, which no command may see. */
function ownPaths({ location }: Store): string[] {
  const backups = backupsPath({ location });
  const files = location === undefined ? [] : [location, `${location}-wal`, `${location}-shm`];
  return [dataFolder(process.env), ...files, ...(backups === undefined ? [] : [backups])];
}
