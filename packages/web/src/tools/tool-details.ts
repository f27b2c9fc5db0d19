import { isRecord } from '../is-record.ts';
import type { ToolBlock } from '../session/view-model.ts';
import { countChanges, hunkFromTexts, hunksFromStructured, type Hunk } from './patch.ts';
import { toKind } from './describe-tool.ts';

/** What a card shows when it is opened, part by part. */
export type ToolPart =
  | { kind: 'code'; label: string; text: string; isError?: boolean | undefined }
  | { kind: 'patch'; label: string; hunks: readonly Hunk[] }
  | { kind: 'fields'; label: string; fields: readonly { name: string; value: string }[] }
  | { kind: 'note'; text: string };

type Input = Readonly<Record<string, unknown>>;

/** What a call is about to do, as whoever permits it must see it: the exact command, path and change. */
export function inputParts(name: string, input: Input): ToolPart[] {
  const { file_path: path, command, old_string: oldText, new_string: newText, content } = input;
  if (toKind(name) === 'command' && typeof command === 'string') {
    return [{ kind: 'code', label: 'Command', text: command }, ...otherFields(input, ['command', 'description'])];
  }
  if (typeof path === 'string' && typeof oldText === 'string' && typeof newText === 'string') {
    const patch: ToolPart = { kind: 'patch', label: path, hunks: [hunkFromTexts(oldText, newText)] };
    return [patch, ...otherFields(input, ['file_path', 'old_string', 'new_string'])];
  }
  if (typeof path === 'string' && typeof content === 'string') {
    const patch: ToolPart = { kind: 'patch', label: path, hunks: [hunkFromTexts('', content)] };
    return [patch, ...otherFields(input, ['file_path', 'content'])];
  }
  return otherFields(input, []);
}

function otherFields(input: Input, shown: readonly string[]): ToolPart[] {
  const fields = Object.entries(input)
    .filter(([name, value]) => !shown.includes(name) && value !== undefined)
    .map(([name, value]) => ({ name, value: typeof value === 'string' ? value : JSON.stringify(value, null, 2) }));
  return fields.length === 0 ? [] : [{ kind: 'fields', label: 'Input', fields }];
}

/** The parts of a call's card: its input, then what came of it. A change that was made replaces the one that was asked for; `you` is the reader's name. */
export function toolParts(tool: ToolBlock, o: { you?: string | undefined } = {}): ToolPart[] {
  const made = tool.result?.isError === false ? hunksFromStructured(tool.result.structured) : undefined;
  const input = tool.input === undefined ? streamingInput(tool) : inputParts(tool.name, tool.input);
  const shown =
    made === undefined ? input : input.map((part) => (part.kind === 'patch' ? { ...part, hunks: made } : part));
  return [...shown, ...answerParts(tool, o.you), ...programParts(tool), ...resultParts(tool, shown)];
}

function streamingInput(tool: ToolBlock): ToolPart[] {
  return tool.inputJson === '' ? [] : [{ kind: 'code', label: 'Input', text: tool.inputJson }];
}

function answerParts(tool: ToolBlock, you: string | undefined): ToolPart[] {
  if (tool.deniedReason !== undefined) return [{ kind: 'note', text: `Denied: ${tool.deniedReason}` }];
  if (tool.answered === undefined || tool.answered.behavior === 'withdrawn') return [];
  const { behavior, by } = tool.answered;
  return [
    {
      kind: 'note',
      text: `${behavior === 'allow' ? 'Allowed' : 'Denied'}${by === '' ? '' : ` by ${by === you ? 'you' : by}`}`,
    },
  ];
}

/** Of a call that runs outside of the server: what it waits for, or who gave its result. */
function programParts({ state, suppliedBy }: ToolBlock): ToolPart[] {
  if (suppliedBy !== undefined) return [{ kind: 'note', text: `The result is from ${suppliedBy}` }];
  return state === 'elsewhere'
    ? [{ kind: 'note', text: 'The program that has this tool has to give the result.' }]
    : [];
}

function resultParts(tool: ToolBlock, shown: readonly ToolPart[]): ToolPart[] {
  const { result } = tool;
  if (result === undefined) return [];
  const images: ToolPart[] =
    result.otherParts === 0 ? [] : [{ kind: 'note', text: `and ${result.otherParts} part(s) that are not text` }];
  if (result.isError)
    return [{ kind: 'code', label: 'Error', text: plainError(result.text), isError: true }, ...images];
  if (toKind(tool.name) === 'command') return [...commandParts(result.structured, result.text), ...images];
  // A change says all there is to say.
  if (shown.some((part) => part.kind === 'patch')) return images;
  const text = fileContent(result.structured) ?? result.text;
  return text === '' ? images : [{ kind: 'code', label: 'Output', text }, ...images];
}

function commandParts(structured: unknown, text: string): ToolPart[] {
  if (!isRecord(structured) || typeof structured['stdout'] !== 'string')
    return [{ kind: 'code', label: 'Output', text }];
  const { stdout, stderr } = structured;
  const parts: ToolPart[] = [];
  if (stdout !== '') parts.push({ kind: 'code', label: 'Output', text: stdout });
  if (typeof stderr === 'string' && stderr !== '') parts.push({ kind: 'code', label: 'Standard error', text: stderr });
  return parts.length === 0 ? [{ kind: 'note', text: 'No output' }] : parts;
}

/** A read file as it is, without the line numbers that the model sees. */
function fileContent(structured: unknown): string | undefined {
  const file = isRecord(structured) && isRecord(structured['file']) ? structured['file'] : structured;
  return isRecord(file) && typeof file['content'] === 'string' ? file['content'] : undefined;
}

function plainError(text: string): string {
  return text.replace(/^<tool_use_error>([\s\S]*)<\/tool_use_error>$/, '$1');
}

/** A few words on what came of a call, for its one line: "42 lines", "3 files", "+2 −1". */
export function outcomeOf(tool: ToolBlock): string {
  const { result } = tool;
  if (result === undefined || result.isError || tool.state === 'denied') return '';
  const { structured } = result;
  const hunks = hunksFromStructured(structured);
  if (hunks !== undefined) {
    const { added, removed } = countChanges(hunks);
    return `+${added} −${removed}`;
  }
  const facts = isRecord(structured) && isRecord(structured['file']) ? structured['file'] : structured;
  if (!isRecord(facts)) return '';
  if (toKind(tool.name) === 'search')
    return countWord(facts['numMatches'] === undefined ? facts['numFiles'] : facts['numMatches'], searchWord(facts));
  if (toKind(tool.name) === 'file') return countWord(facts['numLines'], 'line');
  return '';
}

function searchWord(facts: Record<string, unknown>): string {
  return facts['numMatches'] === undefined ? 'file' : 'match';
}

/** "1 step", "3 steps"; empty for what is no number. */
export function countWord(count: unknown, word: string): string {
  if (typeof count !== 'number') return '';
  if (count === 1) return `1 ${word}`;
  return `${count} ${word === 'match' ? 'matches' : `${word}s`}`;
}
