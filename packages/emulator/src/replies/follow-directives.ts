import { createHash } from 'node:crypto';
import type { MessagesRequest } from '../request/messages-request.ts';
import type { TurnSoFar } from '../request/turn-so-far.ts';
import { DEFAULT_TEXT, maxTokens, MULTI_BYTE_TEXT, refusal, status, text, together, withFaults } from './builders.ts';
import type { Directive, Trouble } from './directives.ts';
import type { MessageReply, PlainReply } from './reply.ts';
import { ownWords } from './own-words.ts';
import { sumUpCalls } from './sum-up-calls.ts';
import { contextWindowExceeded, pauseTurn } from './web-builders.ts';

/** One answer that the directives describe. */
type Stage = {
  parts: MessageReply[];
  hasTools: boolean;
  stops: (Directive & { type: 'stop' })['by'] | undefined;
  troubles: Trouble[];
};

const MAX_COUNTED = 10_000;

/** How often each trouble of an answer has struck; forgotten when the answer has been given. */
export class TroubleCounts {
  readonly #struck = new Map<string, number>();

  /** The first trouble that has not struck `times` times yet for this history. */
  next(troubles: readonly Trouble[], request: MessagesRequest): Trouble | undefined {
    if (troubles.length === 0) return undefined;
    const history = createHash('sha256').update(JSON.stringify(request.messages, withoutMarkers)).digest('base64');
    for (const [index, trouble] of troubles.entries()) {
      const key = `${index} ${history}`;
      const struck = this.#struck.get(key) ?? 0;
      if (struck >= trouble.times) continue;
      this.#remember(key, struck + 1);
      return trouble;
    }
    for (const index of troubles.keys()) this.#struck.delete(`${index} ${history}`);
    return undefined;
  }

  /** Prompts whose answer is never asked for to its end would fill the memory, so the oldest are forgotten. */
  #remember(key: string, struck: number): void {
    this.#struck.delete(key);
    this.#struck.set(key, struck);
    const oldest = this.#struck.size > MAX_COUNTED ? this.#struck.keys().next().value : undefined;
    if (oldest !== undefined) this.#struck.delete(oldest);
  }
}

/** The answer that the directives of a prompt ask for at this point of the turn. */
export function followDirectives(
  directives: readonly Directive[],
  o: { turn: TurnSoFar; request: MessagesRequest; counts: TroubleCounts },
): PlainReply {
  const stages = toStages(directives);
  const stage = stages[o.turn.rounds.length];
  if (stage === undefined) return ownWords(sumUpCalls(o.turn.rounds.flat()), o.request);
  const trouble = o.counts.next(stage.troubles, o.request);
  switch (trouble?.type) {
    case undefined:
      return said(stage, o);
    case 'status':
      return status(trouble.code, { retryAfterSeconds: trouble.retryAfterSeconds });
    case 'raw':
      return trouble.reply;
    case 'fault':
      return withFaults(said(stage, o), trouble.fault);
    default:
      return trouble satisfies never;
  }
}

/** A tool call ends its answer as soon as something other than a further tool call follows. */
function toStages(directives: readonly Directive[]): Stage[] {
  const done: Stage[] = [];
  let open = emptyStage();
  const close = (): void => {
    done.push(open);
    open = emptyStage();
  };
  for (const directive of directives) {
    if (open.hasTools && directive.type !== 'tool') close();
    switch (directive.type) {
      case 'part':
        open.parts.push(directive.reply);
        break;
      case 'tool':
        open.parts.push(directive.reply);
        open.hasTools = true;
        break;
      case 'calls':
        for (let made = 0; made < directive.count; made += 1) {
          open.parts.push(directive.reply);
          close();
        }
        break;
      case 'stop':
        open.stops = directive.by;
        // A paused answer is sent back and goes on: what follows belongs to the next one.
        if (directive.by === 'pause') close();
        break;
      case 'trouble':
        open.troubles.push(directive.trouble);
        break;
      default:
        directive satisfies never;
    }
  }
  return [...done, open];
}

function emptyStage(): Stage {
  return { parts: [], hasTools: false, stops: undefined, troubles: [] };
}

type Scene = { turn: TurnSoFar; request: MessagesRequest };

function said(stage: Stage, scene: Scene): MessageReply {
  const parts = together(...stage.parts);
  // Thinking alone is no answer: something is said after it.
  const speaks = parts.blocks.some((block) => block.type !== 'thinking');
  const saysNothing = stage.stops === 'refuse' || stage.stops === 'pause';
  const reply = speaks || saysNothing ? parts : together(parts, fallback(stage, scene));
  switch (stage.stops) {
    case undefined:
      return reply;
    case 'max_tokens':
      return maxTokens(reply);
    case 'refuse':
      return { ...refusal(), blocks: parts.blocks };
    case 'context_window':
      return contextWindowExceeded(reply);
    case 'pause':
      return pauseTurn(speaks ? reply : together(parts, text(DEFAULT_TEXT)));
    default:
      return stage.stops satisfies never;
  }
}

function fallback(stage: Stage, { turn, request }: Scene): MessageReply {
  const calls = turn.rounds.flat();
  if (calls.length > 0) return ownWords(sumUpCalls(calls), request);
  const splits = stage.troubles.some(
    (trouble) =>
      trouble.type === 'fault' && (trouble.fault.type === 'split_characters' || trouble.fault.type === 'cut'),
  );
  return ownWords(splits ? MULTI_BYTE_TEXT : DEFAULT_TEXT, request);
}

function withoutMarkers(key: string, value: unknown): unknown {
  return key === 'cache_control' ? undefined : value;
}
