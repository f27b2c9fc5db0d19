import { openClient } from './colloquy-client.ts';
import type { Contestant } from './contestant.ts';

/** The same, kept in SQLite: every prompt and every result is on disk before it is told. */
export const contestant: Contestant = { open: (o) => openClient(o, true, process.env['BENCH_TOOL'] === '1') };
