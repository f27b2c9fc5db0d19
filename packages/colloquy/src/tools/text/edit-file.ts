import { missingFileError } from '../missing-file.ts';
import type { ToolContext } from '../tool.ts';
import { replacePassage } from './edit-text.ts';
import { explainMissing } from './explain-missing.ts';
import { type Hunk, structuredPatch } from './structured-patch.ts';
import { encodeText } from './text-encoding.ts';
import { readSeenText, toldOriginal, writeSeen } from './text-file.ts';

const MAX_TOLD_LINES = 10;

/** One replacement, as the model asks for it. */
export type PassageEdit = { old_string: string; new_string: string; replace_all?: boolean | undefined };

export type EditedFile = {
  /** The real path. */
  path: string;
  /** Null for an original of more than a million characters. */
  originalFile: string | null;
  structuredPatch: Hunk[];
  /** What each edit replaced, in words. */
  replaced: string[];
};

/**
 * Makes edits of a file one after another, all or none: the file is written once, and only if every edit fits. Encoding, byte
 * order mark, line ends and mode of the file stay.
 * @throws Error which tells the model what to mend, and for several edits which one.
 */
export async function editFile(
  shown: string,
  edits: readonly PassageEdit[],
  { files, signal, cwd }: ToolContext,
): Promise<EditedFile> {
  if (/\.ipynb$/i.test(shown)) throw new Error(`${shown} is a notebook. Change its cells with NotebookEdit.`);
  const path = await files.resolve(shown);
  const found = await files.stat(path);
  if (found === undefined) throw await missingFileError(files, shown, cwd);
  const original = await readSeenText(files, path, { shown, found, replacing: false, signal });
  const replaced: string[] = [];
  let { text } = original;
  for (const [index, edit] of edits.entries()) {
    const name = edits.length === 1 ? 'old_string' : `old_string of edit ${index + 1} of ${edits.length}`;
    const edited = applyEdit(text, edit, { shown, name, none: edits.length > 1 ? ' No edit was made.' : '' });
    replaced.push(describe(edited.atLines));
    text = edited.text;
  }
  const bytes = encodeText(text, original);
  await writeSeen(files, path, bytes, { unchangedSince: original.state, signal });
  const patch = await structuredPatch(original.text, text);
  return { path, originalFile: toldOriginal(original.text), structuredPatch: patch, replaced };
}

function applyEdit(
  text: string,
  { old_string, new_string, replace_all = false }: PassageEdit,
  { shown, name, none }: { shown: string; name: string; none: string },
): { text: string; atLines: number[] } {
  if (old_string === new_string)
    throw new Error(`${name} and new_string are the same: there is nothing to change.${none}`);
  return replacePassage(text, old_string, new_string, (atLines) => {
    if (atLines.length === 0)
      throw new Error(`${name} does not occur in ${shown}.${none} ${explainMissing(text, old_string)}`);
    if (atLines.length > 1 && !replace_all) {
      throw new Error(
        `${name} occurs ${atLines.length} times in ${shown} (${lineList(atLines)}).${none} Add neighbouring lines so that it occurs once, or set replace_all.`,
      );
    }
    return atLines.length;
  });
}

function describe(atLines: readonly number[]): string {
  return `${atLines.length === 1 ? 'one passage' : `${atLines.length} passages`} (${lineList(atLines)})`;
}

function lineList(atLines: readonly number[]): string {
  const lines = [...new Set(atLines)];
  const shown = lines.slice(0, MAX_TOLD_LINES);
  const more = lines.length > shown.length ? ', …' : '';
  return `${shown.length === 1 ? 'line' : 'lines'} ${shown.join(', ')}${more}`;
}
