import { type Options, query, type SDKResultMessage } from 'agent-sdk';

async function resultOf(options: Options): Promise<SDKResultMessage | undefined> {
  let result: SDKResultMessage | undefined;
  try {
    for await (const message of query({ prompt: 'Go on for ever', options })) {
      if (message.type === 'result') result = message;
    }
  } catch {
    // What ends at a bound throws after its result.
  }
  return result;
}

/** A run ends after so many turns, and when it has cost so much. */
export async function run(given: Options): Promise<unknown> {
  const options: Options = { ...given, tools: ['Read'], allowedTools: ['Read'] };
  const turns = await resultOf({ ...options, maxTurns: 2 });
  const budget = await resultOf({ ...options, maxBudgetUsd: 0.000_001 });
  return {
    turns: {
      subtype: turns?.subtype,
      isError: turns?.is_error,
      turns: turns?.num_turns,
      ended: turns?.terminal_reason,
    },
    budget: { subtype: budget?.subtype, isError: budget?.is_error, ended: budget?.terminal_reason },
  };
}
