import { rowsOf } from './row.ts';

/** (p) Programs of the documented patterns, with the import switched and nothing else. */
export const PATTERNS = rowsOf('p', {
  built: {
    'one-shot': 'a question with tools',
    'streaming-input': 'streaming input, with an interrupt',
    'permission-callback': 'canUseTool, with a changed input',
    'pre-tool-use-hook': 'PreToolUse that denies',
    'in-process-tool': 'a tool of the program',
    'partial-messages': 'text as it comes',
    'resume-and-fork': 'resume, fork, continue',
    'mode-and-model': 'mode and model change',
    bounds: 'budget and most turns',
    abort: 'abort',
  },
});
