import type { Program } from '../harness/program.ts';
import { commands, orders } from './commands.ts';
import { controls, framing, questions } from './control.ts';
import { background, events } from './events.ts';
import { hookEvents, hookEventsLater } from './hook-events.ts';
import { hookCommands, hookEndings, hookOutputs } from './hook-outputs.ts';
import { interrupts, interruptsAll, severalTurns } from './live-sessions.ts';
import { optionsClaudeCode, optionsOneByOne } from './options-claude-code.ts';
import { optionsRequest, optionsRequestLater } from './options-request.ts';
import { optionsAgents, optionsSessions, optionsTurns } from './options-sessions.ts';
import { patterns } from './patterns.ts';
import { keptSessions } from './kept-sessions.ts';
import { launch } from './launch.ts';
import { permissionAnswers } from './permission-answers.ts';
import { permissionModes, permissionSettings } from './permission-modes.ts';
import { permissionRules } from './permission-rules.ts';
import { plainTurns } from './plain-turns.ts';
import { checkpoints, constants, lives, methods, ownProcess, ownTools } from './query-methods.ts';
import { brokenStores, sessionStores, worktrees } from './session-stores.ts';
import { refusedCredential, retries } from './retries.ts';
import { relayed } from './relayed.ts';
import { answers, limits } from './situations.ts';
import { shutDown, transcripts } from './transcripts.ts';
import { agentsBackground, optionsSandbox, toolsBackground } from './tools-background.ts';
import { toolsFiles } from './tools-files.ts';
import { toolsLater, toolsPeople } from './tools-people.ts';
import { toolsLists, toolsShell } from './tools-shell.ts';

/** Every program; long ones first, so that none is waited for alone. */
export const PROGRAMS: readonly Program[] = [
  refusedCredential,
  interrupts,
  interruptsAll,
  background,
  events,
  retries,
  relayed,
  severalTurns,
  limits,
  answers,
  controls,
  framing,
  questions,
  methods,
  checkpoints,
  lives,
  ownTools,
  constants,
  ownProcess,
  keptSessions,
  sessionStores,
  brokenStores,
  worktrees,
  commands,
  orders,
  transcripts,
  shutDown,
  launch,
  plainTurns,
  hookEvents,
  hookEventsLater,
  hookOutputs,
  hookEndings,
  hookCommands,
  optionsRequest,
  optionsRequestLater,
  optionsSessions,
  optionsTurns,
  optionsAgents,
  optionsClaudeCode,
  ...optionsOneByOne,
  optionsSandbox,
  toolsBackground,
  agentsBackground,
  permissionAnswers,
  permissionModes,
  permissionSettings,
  permissionRules,
  toolsFiles,
  toolsShell,
  toolsLists,
  toolsPeople,
  toolsLater,
  ...patterns,
];
