import type { Prompt } from '../prompt/prompt.ts';
import { ttlOf, type Ttl } from '../prompt/position.ts';

/** A place where a prefix is to be cached: an index of the prompt's positions. */
export type Breakpoint = { at: number; ttl: Ttl };

/** The marked positions in order, and the last one that takes a marker when the request asks for caching as a whole. */
export function breakpointsOf(prompt: Prompt, automatic: unknown): Breakpoint[] {
  const breakpoints: Breakpoint[] = [];
  const { positions } = prompt;
  for (let at = 0; at < positions.length; at += 1) {
    const ttl = positions[at]?.marker;
    if (ttl !== undefined) breakpoints.push({ at, ttl });
  }
  const ttl = ttlOf(automatic);
  const last = ttl === undefined ? -1 : positions.findLastIndex(({ markable }) => markable);
  if (ttl !== undefined && last !== -1 && breakpoints.at(-1)?.at !== last) breakpoints.push({ at: last, ttl });
  return breakpoints;
}
