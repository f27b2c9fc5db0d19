import { isRecord } from '../helpers/is-record.ts';
import type { SDKMessage } from '../messages.ts';

/** What was said in a conversation, without tools, thinking and figures. */
export type DialogueMessage = { role: 'user' | 'assistant'; text: string };

type Heard = DialogueMessage & { answer: string | undefined; parts: { uuid: string | undefined; text: string }[] };

/** Collects what is said: prompts, and the text of each answer; answers that broke off and were tried again are left out. */
export class Dialogue {
  #heard: Heard[] = [];

  get messages(): readonly DialogueMessage[] {
    return this.#heard.map(({ role, text }) => ({ role, text }));
  }

  /** Another one, which goes its own way from here. */
  copy(): Dialogue {
    const copy = new Dialogue();
    copy.#heard = this.#heard.map((heard) => ({ ...heard, parts: [...heard.parts] }));
    return copy;
  }

  /** Takes in a message of a session, or one that was stored; those without text change nothing. */
  add(message: Pick<SDKMessage, 'type'> & { message?: unknown; uuid?: string | undefined }): void {
    if (message.type !== 'user' && message.type !== 'assistant') return;
    // What subagents say is said to the model.
    if ('parent_tool_use_id' in message && typeof message.parent_tool_use_id === 'string') return;
    if ('supersedes' in message && Array.isArray(message.supersedes)) this.#drop(new Set(message.supersedes));
    const { id, model, content } = isRecord(message.message) ? message.message : {};
    const text = textIn(content);
    // An error of the API is told like an answer, but nobody said it.
    if (text === '' || model === '<synthetic>') return;
    const answer = message.type === 'assistant' && typeof id === 'string' ? id : undefined;
    const last = this.#heard.at(-1);
    const part = { uuid: message.uuid, text };
    if (answer !== undefined && last?.answer === answer) {
      last.parts.push(part);
      last.text += text;
    } else this.#heard.push({ role: message.type, text, answer, parts: [part] });
  }

  #drop(uuids: ReadonlySet<unknown>): void {
    for (const heard of this.#heard) {
      heard.parts = heard.parts.filter(({ uuid }) => !uuids.has(uuid));
      heard.text = heard.parts.map(({ text }) => text).join('');
    }
    this.#heard = this.#heard.filter(({ parts }) => parts.length > 0);
  }
}

function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block: unknown) => (isRecord(block) && block['type'] === 'text' ? String(block['text']) : ''))
    .join('');
}
