import type { SDKUserMessageReplay } from 'colloquy';
import { appendBlock, isLive } from './edit-view.ts';
import type { Block, QueuedPrompt, SessionView, Turn } from './view-model.ts';

/** A prompt told back: it is accepted and waits for its turn. The page's own bubble of the same uuid becomes this one. */
export function acceptPrompt(view: SessionView, message: SDKUserMessageReplay): SessionView {
  if (isInTurn(view, message.uuid)) return view;
  const text = promptText(message.message.content);
  if (message.origin?.kind === 'task-notification') return acceptNews(view, message.uuid, text);
  const prompt: QueuedPrompt = {
    uuid: message.uuid,
    text,
    state: 'accepted',
    error: undefined,
    priority: message.priority ?? 'later',
  };
  const at = view.queue.findIndex((queued) => queued.uuid === message.uuid);
  return { ...view, queue: at < 0 ? [...view.queue, prompt] : view.queue.with(at, prompt) };
}

/** Not a prompt of anybody's: what has become of work in the background. */
function acceptNews(view: SessionView, uuid: string, text: string): SessionView {
  if (view.news.some((one) => one.uuid === uuid)) return view;
  return { ...view, news: [...view.news, { uuid, text: text.replaceAll(/<\/?task-notification>\n?/g, '').trim() }] };
}

/** Opens a turn. Its prompt joins when the server names it, or with the first thing the turn says. */
export function openTurn(view: SessionView, key: string): SessionView {
  const turns = view.turns.map((turn) => (turn.end === undefined ? lost(turn) : turn));
  return { ...view, turns: [...turns, { key, blocks: [], end: undefined }], running: true, retry: undefined };
}

/** A turn that never told its end: the server stopped in the middle of it. */
function lost(turn: Turn): Turn {
  return {
    ...turn,
    blocks: turn.blocks.filter((block) => !isLive(block)),
    end: { kind: 'lost', details: '', durationMs: undefined },
  };
}

/** The server named the prompt that the running turn takes. */
export function takePrompt(view: SessionView, uuid: string): SessionView {
  if (view.turns.length === 0) return view;
  const told = view.news.find((one) => one.uuid === uuid);
  if (told !== undefined) {
    const news = view.news.filter((one) => one !== told);
    return appendBlock({ ...view, news }, { kind: 'notice', key: uuid, level: 'info', text: told.text });
  }
  const prompt = view.queue.find((queued) => queued.uuid === uuid);
  if (prompt === undefined) return view;
  const queue = view.queue.filter((queued) => queued !== prompt);
  return appendBlock({ ...view, queue }, { kind: 'prompt', key: uuid, text: prompt.text });
}

/** Gives a turn that begins to speak its prompt, where the server has not named it: the most urgent, then the oldest. */
export function ensurePrompt(view: SessionView): SessionView {
  const turn = view.turns.at(-1);
  if (turn === undefined || turn.end !== undefined || turn.blocks.length > 0) return view;
  const accepted = view.queue.filter((queued) => queued.state === 'accepted');
  const first = accepted.toSorted((a, b) => URGENCY[a.priority] - URGENCY[b.priority])[0];
  return first === undefined ? view : takePrompt(view, first.uuid);
}

const URGENCY = { now: 0, next: 1, later: 2 } as const;

/** The prompt was taken back, or cancelled with an interrupt, before a turn took it. */
export function withdrawPrompt(view: SessionView, uuid: string): SessionView {
  if (![...view.queue, ...view.news].some((one) => one.uuid === uuid)) return view;
  const without = <T extends { uuid: string }>(list: readonly T[]): T[] => list.filter((one) => one.uuid !== uuid);
  return { ...view, queue: without(view.queue), news: without(view.news) };
}

function isInTurn(view: SessionView, uuid: string): boolean {
  const isOf = (block: Block): boolean => (block.kind === 'prompt' || block.kind === 'notice') && block.key === uuid;
  return view.turns.some((turn) => turn.blocks.some(isOf));
}

/** The prompt as text; what is not text is named in brackets. */
function promptText(content: SDKUserMessageReplay['message']['content']): string {
  if (typeof content === 'string') return content;
  return content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('\n');
}
