import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { PDFDocument } from '@cantoo/pdf-lib';
import { text, toolUses } from '@colloquy/emulator';
import sharp from 'sharp';
import { expect, test, vi } from 'vitest';
import { openTools, resultsOf, type ToolScene } from './tool-scene.ts';

const CALLS = 1000;
const A_BATCH = 50;
/** A search for this without ripgrep, in a file of many a's, does not end by itself. */
const ENDLESS = '(a+)+$';
const MANY_AS = `${'a'.repeat(40)}!`;

/** What this process holds: descriptors, processes it has started, what keeps it alive, and temporary files. */
function holdings(temporary: string): string[] {
  const children = readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      return readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean);
    } catch {
      // A thread that has ended meanwhile has no children.
      return [];
    }
  });
  return [
    ...readdirSync('/proc/self/fd').map(() => 'a descriptor'),
    ...children.map((id) => `the process ${id}`),
    ...process.getActiveResourcesInfo(),
    ...readdirSync(temporary).map((name) => `the file ${name}`),
  ];
}

/** What is held now and was not before, once all that was under way has come to its end. */
async function leftSince(before: readonly string[], temporary: string): Promise<string[]> {
  const untilMs = performance.now() + 3000;
  for (;;) {
    // No timer, which would count itself.
    await new Promise((resolve) => void setImmediate(resolve));
    const rest = [...before];
    const left = holdings(temporary).filter((one) => {
      const at = rest.indexOf(one);
      if (at !== -1) rest.splice(at, 1);
      return at === -1;
    });
    if (left.length === 0 || performance.now() > untilMs) return left;
  }
}

type Call = { name: string; input: Record<string, unknown> };

/** What a model may call, right and wrong. */
function someCall(number: number): Call {
  const calls: Call[] = [
    { name: 'Read', input: { file_path: 'a.txt' } },
    { name: 'Read', input: { file_path: 'gone.txt' } },
    { name: 'Read', input: { file_path: 'data.bin' } },
    { name: 'Read', input: { file_path: 'a.txt', offset: 2, limit: 1 } },
    { name: 'LS', input: { path: '.' } },
    { name: 'Edit', input: { file_path: 'a.txt', old_string: 'not there', new_string: 'x' } },
    { name: 'Edit', input: { file_path: 'a.txt', old_string: 'one', new_string: 'one', replace_all: true } },
    { name: 'Write', input: { file_path: `new/${number}.txt`, content: 'new' } },
    { name: 'Write', input: { file_path: 'a.txt/b', content: 'new' } },
    {
      name: 'MultiEdit',
      input: { file_path: `new/${number - 2}.txt`, edits: [{ old_string: 'new', new_string: 'n' }] },
    },
    { name: 'NotebookEdit', input: { notebook_path: 'a.ipynb', cell_id: 'none', new_source: '' } },
    { name: 'Read', input: { file_path: 'a.ipynb' } },
  ];
  const searches: Call[] = [
    { name: 'Grep', input: { pattern: 'one', output_mode: 'content' } },
    { name: 'Glob', input: { pattern: '**/*.txt' } },
    { name: 'Grep', input: { pattern: '(' } },
    { name: 'Read', input: { file_path: 'a.png' } },
  ];
  const [from, at] = number % 20 === 0 ? [searches, number / 20] : [calls, number];
  return from[at % from.length]!;
}

/** Lets the model make these calls in one answer. @returns how many had a result */
async function callAll(scene: ToolScene, calls: readonly Call[], o: { interrupt: boolean }): Promise<number> {
  // A turn that is interrupted asks the model for nothing more.
  scene.emulator.script(toolUses([...calls]), ...(o.interrupt ? [] : [text('Done.')]));
  await scene.client.query('Go on');
  let results = 0;
  for await (const message of scene.client.receiveResponse()) {
    const found = resultsOf(message).length;
    // In the middle of the others.
    if (results === 0 && found > 0 && o.interrupt) await scene.client.interrupt();
    results += found;
  }
  return results;
}

test.skipIf(process.platform !== 'linux')(
  'after 1,000 calls that worked, failed or were interrupted, nothing is left',
  { timeout: 60_000 },
  async () => {
    const pdf = await PDFDocument.create();
    pdf.addPage();
    await using scene = await openTools({
      'a.txt': 'one\ntwo\n',
      'many.txt': MANY_AS,
      'data.bin': Buffer.from([0, 1, 2]),
      'a.ipynb': '{"cells":[],"metadata":{}}',
      'a.png': await sharp({ create: { width: 20, height: 20, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
      'a.pdf': await pdf.save(),
    });
    const temporary = `${scene.root}/tmp`;
    mkdirSync(temporary);
    vi.stubEnv('TMPDIR', temporary);
    const batch = (at: number): Call[] => Array.from({ length: A_BATCH }, (_, index) => someCall(at * A_BATCH + index));
    const pdfs: Call[] = [
      { name: 'Read', input: { file_path: 'a.pdf' } },
      { name: 'Read', input: { file_path: 'a.pdf', pages: '9' } },
    ];
    // What is loaded at first use, and kept, is loaded before it is counted.
    await callAll(scene, [...batch(0), ...pdfs], { interrupt: false });
    const before = holdings(temporary);
    let results = 0;
    for (let at = 1; at <= CALLS / A_BATCH; at++)
      results += await callAll(scene, batch(at), { interrupt: at % 5 === 0 });
    await callAll(scene, pdfs, { interrupt: true });
    vi.stubEnv('COLLOQUY_RIPGREP', '/nowhere/rg');
    const endless = { name: 'Grep', input: { pattern: ENDLESS } };
    await callAll(scene, [{ name: 'LS', input: { path: '.' } }, endless], { interrupt: true });
    expect(results).toBe(CALLS);
    expect(await leftSince(before, temporary)).toEqual([]);
  },
);

test.skipIf(process.platform !== 'linux')(
  'a session that is closed in the middle of calls leaves nothing',
  { timeout: 20_000 },
  async () => {
    vi.stubEnv('COLLOQUY_RIPGREP', '/nowhere/rg');
    const closeInTheMiddle = async (): Promise<void> => {
      await using scene = await openTools({ 'a.txt': MANY_AS });
      const endless = { name: 'Grep', input: { pattern: ENDLESS } };
      scene.emulator.script(toolUses([endless, { name: 'Read', input: { file_path: 'a.txt' } }, endless]));
      await scene.client.query('Go on');
      for await (const message of scene.client.receiveMessages()) if (resultsOf(message).length > 0) break;
    };
    await using other = await openTools();
    await closeInTheMiddle();
    vi.stubEnv('TMPDIR', other.root);
    const before = holdings(other.root);
    for (let time = 0; time < 5; time++) await closeInTheMiddle();
    expect(await leftSince(before, other.root)).toEqual([]);
  },
);
