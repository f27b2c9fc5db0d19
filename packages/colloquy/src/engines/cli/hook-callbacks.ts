import { ConfigurationError } from '../../errors.ts';
import { isRecord } from '../../helpers/is-record.ts';
import type { HookInput } from '../../options/hook-inputs.ts';
import type { HookCallback } from '../../options/hooks.ts';
import type { Options } from '../../options/options.ts';
import type { PermissionModeInput } from '../../options/permissions.ts';
import { judgeByMode } from './mode-guard.ts';

const MODE_GUARD = 'colloquy_mode';

type Registered = { matcher?: string; hookCallbackIds: string[]; timeout?: number; onFailure?: string };

/** The callbacks of option `hooks` under the ids by which Claude Code calls them, and one of ours for the modes it does not know. */
export class HookCallbacks {
  /** For `initialize`. */
  readonly registered: Readonly<Record<string, readonly Registered[]>>;
  readonly #callbacks = new Map<string, HookCallback>();
  readonly #mode: () => PermissionModeInput;

  constructor(hooks: Options['hooks'], mode: () => PermissionModeInput) {
    this.#mode = mode;
    const registered: Record<string, Registered[]> = {};
    for (const [event, matchers] of Object.entries(hooks ?? {})) {
      const list = (matchers ?? []).map(({ matcher, hooks: callbacks, timeout, onFailure }) => ({
        ...(matcher === undefined ? {} : { matcher }),
        hookCallbackIds: callbacks.map((callback) => this.#add(event, callback)),
        ...(timeout === undefined ? {} : { timeout }),
        ...(onFailure === undefined ? {} : { onFailure }),
      }));
      if (list.length > 0) registered[event] = list;
    }
    // Always: the mode may be set later, and a guard that is registered then would come too late.
    const guard = { hookCallbackIds: [MODE_GUARD], onFailure: 'block' };
    registered['PreToolUse'] = [guard, ...(registered['PreToolUse'] ?? [])];
    this.registered = registered;
  }

  /** Answers `hook_callback`. What the callback throws is thrown. */
  async run(request: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<object> {
    const { callback_id: id, input, tool_use_id: toolUseId } = request;
    if (id === MODE_GUARD) return this.#guard(input);
    const callback = typeof id === 'string' ? this.#callbacks.get(id) : undefined;
    if (callback === undefined) throw new ConfigurationError(`There is no hook callback ${String(id)}`);
    // The protocol's word for it: what Claude Code gives a hook is the input of its event.
    const output: unknown = await callback(input as HookInput, typeof toolUseId === 'string' ? toolUseId : undefined, {
      signal,
    });
    return isRecord(output) ? output : {};
  }

  #add(event: string, callback: HookCallback): string {
    const id = `${event}_${this.#callbacks.size}`;
    this.#callbacks.set(id, callback);
    return id;
  }

  async #guard(input: unknown): Promise<object> {
    const { tool_name: tool, tool_input: given, cwd } = isRecord(input) ? input : {};
    const verdict = await judgeByMode(this.#mode(), {
      tool: String(tool),
      input: isRecord(given) ? given : {},
      cwd: String(cwd),
    });
    return verdict === undefined ? {} : { hookSpecificOutput: { hookEventName: 'PreToolUse', ...verdict } };
  }
}
