import type { OpenTurn } from '../log/fold.ts';
import { contextOf } from './context.ts';
import type { Ending } from './turn-result.ts';
import { note, type TurnWorld } from './turn-world.ts';

/** Answers in a turn that may miss the form that was asked for. */
const MAX_FAILURES = 5;
/** Times that a turn which ends without such an answer is reminded of it. */
const MAX_REMINDERS = 1;

/** How a turn ends once its answer is given in the form that the program asked for, or has missed it too often. */
export function outputEnding({ output, outputFailures }: OpenTurn): Ending | undefined {
  if (output !== undefined) return { kind: 'success', terminal: 'completed', result: JSON.stringify(output.value) };
  if (outputFailures < MAX_FAILURES) return undefined;
  return {
    kind: 'error',
    subtype: 'error_max_structured_output_retries',
    terminal: 'structured_output_retry_exhausted',
    errors: [`${outputFailures} answers did not fit the schema of outputFormat`],
  };
}

/** Tells a model that would end without it that the answer has a form. True: it is asked again. */
export async function remindOfOutput(world: TurnWorld, turn: OpenTurn): Promise<boolean> {
  if (world.tools.find('StructuredOutput') === undefined || turn.outputReminders >= MAX_REMINDERS) return false;
  await note(world, contextOf('output_reminder', 'Give your final answer by calling StructuredOutput.'));
  return true;
}
