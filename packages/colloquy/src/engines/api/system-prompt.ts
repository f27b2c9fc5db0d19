import { wellFormedJson } from '../../helpers/well-formed-json.ts';
import type { Options } from '../../options/options.ts';
import type { PermissionModeInput } from '../../options/permissions.ts';
import type { Tool } from '../../tools/tool.ts';

const SHORT = 'You are a helpful assistant. Answer precisely, and say so when you do not know.';

const AGENT = `You are an agent that works with a person on their computer, through the tools you are given.

How to work:
- Look before you answer: read the files and run the searches that the question needs, and build on what they show.
- Change only what was asked for. Read a file before you edit it, and keep its style.
- Use the tool made for the purpose: Read, Glob and Grep rather than shell commands for looking at files.
- Calls that do not depend on each other go together in one answer.
- A call may be refused by the person or by a rule. Then do not try to get around it: say what you wanted to do and why, or find another way that they would agree to.
- If the outcome of a call is unknown, check what happened before you repeat it.

How to answer:
- Briefly, in plain words, in Markdown where it helps. Lead with the answer.
- Name files by their path, and lines by their number.
- Say what you did, what you could not do, and what you are not sure of. Never claim what you have not seen.`;

const textBlock = (text: string): string => wellFormedJson({ type: 'text', text });
const SHORT_BLOCK = textBlock(SHORT);
const AGENT_BLOCK = textBlock(AGENT);

/**
 * The system prompt as the JSON of its blocks. Without the option: a short one of ours, or the one for agents when tools are
 * offered. It holds nothing that changes from run to run, so that it stays in the API's cache.
 */
export function systemPrompt(option: Options['systemPrompt'], offered: readonly Tool[]): readonly string[] {
  if (option === undefined) return [offered.length === 0 ? SHORT_BLOCK : AGENT_BLOCK];
  return textsOf(option)
    .filter((text) => text.trim() !== '')
    .map(textBlock);
}

function textsOf(option: NonNullable<Options['systemPrompt']>): string[] {
  if (typeof option === 'string' || Array.isArray(option)) return [option].flat();
  return option.type === 'custom' ? [option.prompt].flat() : [AGENT, option.append ?? ''];
}

const PLANNING =
  'You are planning: look, read and think, and change nothing. When the plan is complete, show it with ExitPlanMode if you have that tool, else in your answer.';
const PLANNED = 'Planning has ended: you may change things again, as far as you are allowed to.';

/**
 * What an agent must know of where and how it works; told with a prompt whenever it is not what was `told` last, because it
 * differs from session to session and from mode to mode.
 */
export function environmentNote(o: {
  cwd: string;
  offered: readonly Tool[];
  mode: PermissionModeInput;
  planModeInstructions: string | undefined;
  told: string | undefined;
}): string | undefined {
  if (o.offered.length === 0) return undefined;
  const place = `Working directory: ${o.cwd}`;
  if (o.mode === 'plan') return `${place}\n${o.planModeInstructions ?? PLANNING}`;
  // Longer than the place alone: it was told to plan before.
  return o.told?.startsWith(`${place}\n`) === true ? `${place}\n${PLANNED}` : place;
}
