/** One way to hold a conversation, as the measures drive it. */
export type Contestant = {
  open(o: OpenOptions): Promise<Talk>;
};

export type OpenOptions = {
  url: string;
  /** Called for each text delta as it reaches the program. */
  onDelta?: (() => void) | undefined;
};

/** An open conversation, which remembers what was said. */
export type Talk = {
  /** Sends a prompt and resolves with the text of the answer, after any calls of the tool `add`. */
  turn(prompt: string): Promise<string>;
  close(): Promise<void>;
};

export const MODEL = 'claude-opus-5-5';
export const MAX_TOKENS = 32_000;

/** The tool that every contestant offers: it adds two numbers in the process. */
export const ADD = {
  name: 'add',
  description: 'Adds two numbers.',
  input_schema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
    additionalProperties: false,
  },
} as const;

export const add = ({ a, b }: { a: number; b: number }): string => String(a + b);
