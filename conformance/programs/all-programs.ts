import type { Program } from '../harness/program.ts';
import { plainTurns } from './plain-turns.ts';

/** Every program; long ones first, so that none is waited for alone. */
export const PROGRAMS: readonly Program[] = [plainTurns];
