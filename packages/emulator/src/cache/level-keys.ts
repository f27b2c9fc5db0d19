import { canonical } from '../prompt/block-identity.ts';
import { digestOf } from '../prompt/digest-chain.ts';
import type { Level, Position } from '../prompt/position.ts';
import type { CheckedRequest } from '../refusals/check-request.ts';

/**
 * Names the prefixes of one request. A prefix depends on its blocks, and on settings by level:
 *
 * | A change of | loses |
 * |---|---|
 * | workspace, model, a tool | everything |
 * | speed, web tools, citations on or off, answer format, system text | system and messages |
 * | tool choice, whether there are images, thinking, effort | messages |
 *
 * @see docs/internals/facts/messages-api.md, section 10
 */
export class PrefixKeys {
  readonly #checked: CheckedRequest;
  readonly #levels: { [L in Level]?: string } = {};
  readonly #workspaceId: string;

  constructor(checked: CheckedRequest, workspaceId: string) {
    this.#checked = checked;
    this.#workspaceId = workspaceId;
  }

  /** The same for the same prefix under the same settings, whatever request it stands in. */
  of({ level, count }: Position): string {
    return `${(this.#levels[level] ??= this.#before(level))}${this.#checked.prompt.chains[level].after(count)}`;
  }

  /** Everything that a level depends on besides its own blocks; not hashed, because looking it up costs less. */
  #before(level: Level): string {
    const { model, prompt } = this.#checked;
    const { tools, web, system } = prompt.chains;
    switch (level) {
      case 'tools':
        return `${this.#workspaceId} ${model.id} `;
      case 'web':
        return `${this.#before('tools')}${tools.whole()} ${systemSettings(this.#checked)} `;
      case 'system':
        return `${this.#before('web')}${web.whole()} `;
      case 'messages':
        return `${this.#before('system')}${system.whole()} ${messagesSettings(this.#checked)} `;
      default:
        return level satisfies never;
    }
  }
}

/** Settings that reach into the system prompt. */
export function systemSettings({ request, prompt }: CheckedRequest): string {
  const format = request.output_config?.format ?? undefined;
  const formatDigest = format === undefined ? '' : digestOf(canonical(format));
  return `${request.speed ?? 'standard'} ${prompt.has.citations} ${formatDigest}`;
}

/** Settings that reach into the messages; one that is left out is the same as its default. */
export function messagesSettings({ request, model, prompt }: CheckedRequest): string {
  const { tool_choice: choice, thinking } = request;
  const thinks = thinking?.type ?? (model.thinksByDefault ? 'adaptive' : 'disabled');
  const effort = request.output_config?.effort ?? model.effort;
  const parallel = choice?.disable_parallel_tool_use !== true;
  return `${choice?.type ?? 'auto'} ${choice?.name} ${parallel} ${prompt.has.images} ${thinks} ${thinking?.budget_tokens} ${effort}`;
}
