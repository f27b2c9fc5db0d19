import { randomUUID } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { Deadline } from '../../helpers/deadline.ts';
import { LateMap } from '../../helpers/late-map.ts';
import { letOthersRun } from '../../helpers/let-others-run.ts';
import { within } from '../../helpers/within.ts';
import type { RunCommand } from '../../hooks/command-hook.ts';
import type { HookNews } from '../../hooks/hook-progress.ts';
import { createHookRunner, type HookOutcome, type HookRunner } from '../../hooks/run-hooks.ts';
import { type FileEvent, FileWatcher } from '../../hooks/watch-files.ts';
import type { NewEntry } from '../../log/entries.ts';
import { TimeoutError } from '../../errors.ts';
import type { BaseHookInput, HookEvent, HookFields } from '../../options/hook-inputs.ts';
import type { SettingsHooks } from '../../options/hooks.ts';
import type { Options } from '../../options/options.ts';
import type { PermissionModeInput } from '../../options/permissions.ts';
import { environmentOf } from '../../options/resolve-options.ts';
import { reportedMode } from '../../options/reported-mode.ts';
import { contextOf, hookContext, hookNews } from '../../turn/context.ts';
import type { SideHooks } from '../../turn/turn-world.ts';
import type { MessageSignal } from '../../views/signal-message.ts';
import type { ApiSession } from './api-session.ts';

/** How long the hooks of SessionEnd may hold up the end, and then whatever still runs. */
const END_WITHIN_MS = 5_000;
/** How long a session waits for a prompt before a Notification says so. */
const IDLE_MS = 60_000;

/** Made once: every session ends, and most have no hook to be told. */
const CLOSED = new Error('The session is closed');

/** The hooks of one session, and those of its events that belong to no turn. */
export class SessionHooks implements SideHooks {
  readonly runner: HookRunner;
  readonly #session: ApiSession;
  readonly #cwd: string;
  readonly #mode: () => PermissionModeInput;
  readonly #closed = new AbortController();
  /** What runs beside the turns, commands that nobody waits for included. */
  #running: Promise<unknown>[] = [];
  readonly #watcher: FileWatcher | undefined;
  readonly #alwaysWatched: readonly string[];
  readonly #changes = new LateMap<string, FileEvent>();
  #telling = false;
  #idle: NodeJS.Timeout | undefined;
  #title: string | undefined;
  readonly #source: HookFields['SessionStart']['source'];
  readonly #starting = new AbortController();

  constructor(session: ApiSession, options: Options, place: { cwd: string; mode: () => PermissionModeInput }) {
    const { cwd, mode } = place;
    this.#session = session;
    this.#cwd = cwd;
    this.#mode = mode;
    this.#title = session.log.row.title;
    this.#source = session.log.head === 0 ? 'startup' : options.forkSession === true ? 'fork' : 'resume';
    // A path has been followed when the session was opened.
    const commands = typeof options.settings === 'object' ? options.settings.hooks : undefined;
    this.runner = createHookRunner(
      { callbacks: options.hooks, commands },
      {
        base: () => this.#base(options.effort),
        closed: this.#closed.signal,
        run: this.#tracked(options),
        late: (_, outcome) => this.#keep(this.#tell(outcome)),
        tell: options.includeHookEvents === true ? (news) => this.#signal(news) : undefined,
      },
    );
    this.#alwaysWatched = this.runner.has('FileChanged') ? namedFiles(options.hooks, commands, cwd) : [];
    this.#watcher = this.runner.has('FileChanged')
      ? new FileWatcher((path, event) => this.#onChange(path, event))
      : undefined;
  }

  #base(effort: Options['effort']): BaseHookInput {
    const { id, state } = this.#session;
    const prompt = state.turn?.prompts.at(-1)?.uuid;
    const cwd = state.toolState['bash.cwd'];
    return {
      session_id: id,
      transcript_path: '',
      cwd: typeof cwd === 'string' ? cwd : this.#cwd,
      permission_mode: reportedMode(this.#mode()),
      ...(prompt === undefined ? {} : { prompt_id: prompt }),
      ...(effort === undefined ? {} : { effort: { level: effort } }),
    };
  }

  get title(): string | undefined {
    return this.#title;
  }

  async setTitle(title: string): Promise<void> {
    this.#title = title;
    await this.#session.store.sessions.patch(this.#session.id, { title });
  }

  /** The session begins to work: once, before its first turn. */
  async start(): Promise<void> {
    await this.watch([]);
    if (!this.runner.has('SessionStart')) return;
    // Whoever has opened the session begins to read it first.
    await letOthersRun();
    const { state, world } = this.#session;
    const outcome = await this.runner.run(
      'SessionStart',
      {
        source: this.#source,
        model: world.model(),
        ...(this.#title === undefined ? {} : { session_title: this.#title }),
        ...(state.context === undefined ? {} : { context_tokens: state.context.tokens }),
      },
      { signal: this.#starting.signal },
    );
    if (outcome.sessionTitle !== undefined) await this.setTitle(outcome.sessionTitle);
    const first = (outcome.initialUserMessages ?? []).map((text) => contextOf('first_prompt', text));
    await this.#append([...hookNews(outcome), ...hookContext(outcome), ...first]);
    await this.watch(outcome.watchPaths);
  }

  /** The session is about to end: it waits for no start. */
  stopStarting(): void {
    this.#starting.abort(CLOSED);
  }

  /** The session is over: tells its hooks, and ends all that they have begun. */
  async end(): Promise<void> {
    this.busy();
    if (this.runner.has('SessionEnd') && !this.#session.log.lost.aborted) {
      const bound = new Deadline();
      bound.start(END_WITHIN_MS, () => new TimeoutError(`The session's end waits ${END_WITHIN_MS} ms at most`));
      const outcome = await this.runner.run('SessionEnd', { reason: 'other' }, { signal: bound.signal });
      bound.close();
      await this.#append(hookNews(outcome));
    }
    this.#closed.abort(CLOSED);
    this.#watcher?.close();
    await within(
      END_WITHIN_MS,
      Promise.allSettled(this.#running).then(() => {}),
    );
  }

  fire<E extends HookEvent>(event: E, fields: HookFields[E]): void {
    if (this.runner.has(event)) this.#keep(this.#run(event, fields));
  }

  async watch(paths: readonly string[] | undefined): Promise<void> {
    if (paths === undefined) return;
    const known = paths.filter((path) => isAbsolute(path));
    await this.#watcher?.watch([...this.#alwaysWatched, ...known]);
  }

  /** Hooks before and after something that a control does. What they say is kept; undefined where none listens. */
  async around<E extends HookEvent>(event: E, fields: HookFields[E]): Promise<HookOutcome | undefined> {
    if (!this.runner.has(event)) return undefined;
    const outcome = await this.runner.run(event, fields, { signal: this.#closed.signal });
    await this.#tell(outcome);
    return outcome;
  }

  /** Nothing is to be done: after a while, a Notification says so, once. */
  idle(): void {
    if (!this.runner.has('Notification') || this.#closed.signal.aborted) return;
    this.#idle = setTimeout(() => {
      this.fire('Notification', { message: 'The agent waits for a prompt.', notification_type: 'idle_prompt' });
    }, IDLE_MS).unref();
  }

  busy(): void {
    clearTimeout(this.#idle);
  }

  async #run<E extends HookEvent>(event: E, fields: HookFields[E]): Promise<void> {
    const outcome = await this.runner.run(event, fields, { signal: this.#closed.signal });
    await this.watch(outcome.watchPaths);
    await this.#tell(outcome);
  }

  async #tell(outcome: HookOutcome): Promise<void> {
    if (!this.#closed.signal.aborted) await this.#append([...hookNews(outcome), ...hookContext(outcome)]);
  }

  async #append(facts: readonly NewEntry[]): Promise<void> {
    if (facts.length > 0) await this.#session.log.append(facts, { sync: 'lazy' });
  }

  /** Holds on to what nobody waits for. It fails only with the log, whose owner is told of that elsewhere. */
  #keep(running: Promise<unknown>): void {
    const kept = running
      .catch(() => {})
      .finally(() => (this.#running = this.#running.filter((other) => other !== kept)));
    this.#running.push(kept);
  }

  #tracked(options: Options): RunCommand {
    let commands: RunCommand | undefined;
    return (run) => {
      const running = (async () => {
        commands ??= await loadCommands(this.#cwd, options);
        return commands(run);
      })();
      this.#keep(running);
      return running;
    };
  }

  #signal(news: HookNews): void {
    const { id, log } = this.#session;
    const signal: MessageSignal = {
      kind: 'message',
      message: { type: 'system', ...news, uuid: randomUUID(), session_id: id },
    };
    log.feed.signal(signal);
  }

  /** Changes are told one after another; what happens to a file meanwhile is told as its newest. */
  #onChange(path: string, event: FileEvent): void {
    this.#changes.set(path, event);
    if (this.#telling) return;
    this.#telling = true;
    this.#keep(this.#tellChanges());
  }

  async #tellChanges(): Promise<void> {
    try {
      while (!this.#closed.signal.aborted) {
        // Asked anew each time: what comes meanwhile is to be told too.
        const [change] = this.#changes;
        if (change === undefined) return;
        const [path, event] = change;
        this.#changes.delete(path);
        await this.#run('FileChanged', { file_path: path, event });
      }
    } finally {
      this.#telling = false;
    }
  }
}

async function loadCommands(cwd: string, options: Options): Promise<RunCommand> {
  const { createHookCommands } = await import('../../tools/hook-command.ts');
  return createHookCommands({ cwd, env: environmentOf(options) });
}

/** The files of the working folder that matchers of FileChanged name. */
function namedFiles(callbacks: Options['hooks'], commands: SettingsHooks | undefined, cwd: string): string[] {
  const matchers = [...(callbacks?.FileChanged ?? []), ...(commands?.FileChanged ?? [])];
  const names = matchers.flatMap(({ matcher }) => matcher?.split('|') ?? []).map((name) => name.trim());
  return names.filter((name) => /^[\w.-]+$/.test(name) && !/^\.+$/.test(name)).map((name) => join(cwd, name));
}
