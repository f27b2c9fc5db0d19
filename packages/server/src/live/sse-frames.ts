import type { PlacedMessage } from 'colloquy/internal';

/** A comment that keeps proxies from taking a quiet stream for a dead one. */
export const HEARTBEAT_FRAME = ': hb\n\n';
/** How soon a browser's own reader comes back after a broken connection. */
export const OPENING_FRAME = 'retry: 1000\n\n';

/** The frames of a batch, each with its place to come back to, to be written in one piece. Signals have no place: they are told once. */
export function toFrames(batch: readonly PlacedMessage[]): string {
  return batch.map(toFrame).join('');
}

function toFrame(item: PlacedMessage): string {
  if ('message' in item) return `id: ${item.cursor}\ndata: ${JSON.stringify(item.message)}\n\n`;
  const { live } = item;
  const id = live.type === 'gap' ? `id: ${live.cursor}\n` : '';
  return `${id}event: ${live.type}\ndata: ${JSON.stringify(live)}\n\n`;
}
