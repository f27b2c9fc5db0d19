/** One way to hold a conversation, as the measures drive it. */
export type Contestant = {
  /** As the tables tell it. */
  title: string;
  kind: 'floor' | 'peer' | 'ours';
  /** A process for each conversation, or for all: it is run fewer times, and not by the hundred. */
  isSlow?: true;
  /** What it calls the tool `add`; undefined when it can offer no tool of the program. */
  toolName?: string | undefined;
  /** The folder that its packages are installed in, and the one of them whose version counts; undefined when it needs none. */
  packages?: Packages | undefined;
  /** What more it needs, told as a reason not to take part; undefined when nothing is missing. */
  missing?: () => string | undefined;
  open(o: OpenOptions): Promise<Talk>;
  /** Keeps a conversation on the disk as its users do, and resolves with what `OpenOptions.kept` takes it up by. */
  keep?(said: readonly Said[]): Promise<string>;
};

/** A prompt and its answer. */
export type Said = { prompt: string; answer: string };

export type Packages = { folder: string; name: string };

export type OpenOptions = {
  url: string;
  /** Called for each text delta as it reaches the program. */
  onDelta?: (() => void) | undefined;
  /** Offers the tool `add`. */
  withTool?: boolean | undefined;
  /** Takes up what `keep` has kept. */
  kept?: string | undefined;
};

/** An open conversation, which remembers what was said. */
export type Talk = {
  /** Sends a prompt and resolves with the text of the answer, after any calls of the tool `add`. Rejects when there is none. */
  turn(prompt: string): Promise<string>;
  close(): Promise<void>;
};

export const MODEL = 'claude-opus-5-5';
export const MAX_TOKENS = 32_000;
export const KEY = 'offline';

/** The tool that every contestant can offer: it adds two numbers in the process. */
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
