import type { Program } from '../harness/program.ts';
import { plainTurns } from './plain-turns.ts';
import { answers, limits } from './situations.ts';

/** Every program; long ones first, so that none is waited for alone. */
export const PROGRAMS: readonly Program[] = [limits, answers, plainTurns];
