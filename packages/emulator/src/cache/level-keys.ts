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

  /** Stands for everything that a level depends on besides its own blocks. */
  #before(level: Level): string {
    const { model, prompt } = this.#checked;
    const { tools, web, system } = prompt.chains;
    switch (level) {
      case 'tools':
        return digestOf(`tools ${model.id} ${this.#workspaceId}`);
      case 'web':
        return digestOf(`web ${this.#before('tools')} ${tools.whole()} ${systemSettings(this.#checked)}`);
      case 'system':
        return digestOf(`system ${this.#before('web')} ${web.whole()}`);
      case 'messages':
        return digestOf(`messages ${this.#before('system')} ${system.whole()} ${messagesSettings(this.#checked)}`);
      default:
        return level satisfies never;
    }
  }
}

/** Settings that reach into the system prompt. */
function systemSettings({ request, prompt }: CheckedRequest): string {
  return canonical([request.speed ?? 'standard', prompt.has.citations, request.output_config?.format]);
}

/** Settings that reach into the messages; one that is left out is the same as its default. */
export function messagesSettings({ request, model, prompt }: CheckedRequest): string {
  const choice = request.tool_choice;
  const thinking = request.thinking;
  return canonical([
    [choice?.type ?? 'auto', choice?.name, choice?.disable_parallel_tool_use === true],
    prompt.has.images,
    [thinking?.type ?? (model.thinksByDefault ? 'adaptive' : 'disabled'), thinking?.budget_tokens],
    request.output_config?.effort ?? model.effort,
  ]);
}
