#!/usr/bin/env node
import { nodeVersionProblem } from './node-version.ts';

// Checked before anything else is loaded: on an older Node a native module ends the process without a word.
const problem = nodeVersionProblem(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`colloquy: ${problem}\n`);
  process.exitCode = 1;
} else {
  const { run } = await import('./run.ts');
  await run(process.argv.slice(2));
}
