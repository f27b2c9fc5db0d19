import type { Program } from '../harness/program.ts';
import { background, events } from './events.ts';
import { interrupts, severalTurns } from './live-sessions.ts';
import { patterns } from './patterns.ts';
import { plainTurns } from './plain-turns.ts';
import { refusedCredential, retries } from './retries.ts';
import { relayed } from './relayed.ts';
import { answers, limits } from './situations.ts';

/** Every program; long ones first, so that none is waited for alone. */
export const PROGRAMS: readonly Program[] = [
  refusedCredential,
  interrupts,
  background,
  events,
  retries,
  relayed,
  severalTurns,
  limits,
  answers,
  plainTurns,
  ...patterns,
];
