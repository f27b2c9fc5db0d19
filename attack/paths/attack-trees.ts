import fc from 'fast-check';
import { playTree, treeRun } from './random-trees.ts';

/** Plays random trees. @returns the smallest one with a flaw, told with its seed; undefined when there is none */
export async function attackTrees(count: number, seed: number): Promise<string | undefined> {
  const property = fc.asyncProperty(treeRun, async (run) => {
    const flaws = await playTree(run);
    if (flaws.length > 0) throw new Error(flaws.join('\n'));
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: count, seed });
  return failed ? `${String(errorInstance)}\n${JSON.stringify(counterexample)}` : undefined;
}
