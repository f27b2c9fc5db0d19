import { paced, type Reply, text, toolUse } from '@colloquy/emulator';
import { loadPattern } from '../harness/load-pattern.ts';
import type { Program, SceneOptions } from '../harness/program.ts';

type Situation = { script: Reply[]; o?: SceneOptions };

/** What the model says to each program of patterns/, and what lies in the folder. */
const SITUATIONS: Readonly<Record<string, Situation>> = {
  'one-shot': {
    script: [toolUse('Read', { file_path: 'city.txt' }), text('It is Oslo.')],
    o: { files: { 'city.txt': 'Oslo\n' } },
  },
  'streaming-input': {
    script: [paced(400, text('one two three four five six seven eight nine ten')), text('Hello.')],
  },
  'permission-callback': {
    script: [
      toolUse('Write', { file_path: 'draft.txt', content: 'a' }),
      toolUse('Write', { file_path: 'secret.txt', content: 'b' }),
      text('Done.'),
    ],
  },
  'pre-tool-use-hook': {
    script: [
      toolUse('Bash', { command: 'echo hello' }),
      toolUse('Bash', { command: 'rm everything' }),
      text('As far as I may.'),
    ],
  },
  'in-process-tool': {
    script: [
      toolUse('mcp__weather__degrees', { city: 'Oslo' }),
      toolUse('mcp__weather__degrees', { city: 'Nowhere', day: 2 }),
      text('Cool.'),
    ],
  },
  'partial-messages': { script: [text('Once upon a time there was a fox.')] },
  'resume-and-fork': { script: [text('Hello Ada.'), text('Ada.'), text('adA.'), text('Yes.')] },
  'mode-and-model': {
    script: [
      toolUse('Write', { file_path: 'a.txt', content: 'a' }),
      text('I may not.'),
      toolUse('Write', { file_path: 'b.txt', content: 'b' }),
      text('Written.'),
    ],
  },
  bounds: {
    script: Array.from({ length: 4 }, () => toolUse('Read', { file_path: 'a.txt' })),
    o: { files: { 'a.txt': 'a' } },
  },
  abort: { script: [paced(400, text('one two three four five six seven eight nine ten'))] },
};

function pattern(name: string, { script, o }: Situation): Program {
  return {
    name: `pattern-${name}`,
    ids: [`p.${name}`],
    async run(stage) {
      const at = await stage.scene(script, o);
      const program = await loadPattern(name, stage.column);
      const { engine: _engine, pathToClaudeCodeExecutable: _path, ...options } = at.options();
      return { [`p.${name}`]: at.normal(await program.run(options)) };
    },
  };
}

/** The programs of patterns/, each in a folder and with a model of its own. */
export const patterns: readonly Program[] = Object.entries(SITUATIONS).map(([name, situation]) =>
  pattern(name, situation),
);
