// What the emulator knows of each model, as of 2026-11-20: docs/internals/facts/messages-api.md, sections 3, 6, 7 and 11.
// Where that leaves a point open, the stricter reading is taken.

export type ThinkingType = 'adaptive' | 'enabled' | 'disabled' | 'between_tools';

export type Model = {
  id: string;
  displayName: string;
  line: 'fable' | 'opus' | 'sonnet' | 'haiku';
  createdAt: string;
  lifecycle: 'active' | 'deprecated';
  /** Context window, in tokens. */
  maxInputTokens: number;
  /** Cap of `max_tokens`. */
  maxTokens: number;
  /** Values of `thinking.type` that are accepted. */
  thinking: readonly ThinkingType[];
  /** Whether it thinks when `thinking` is absent. */
  thinksByDefault: boolean;
  /** `thinking.display` when absent: omitted blocks carry a signature and no text. */
  display: 'omitted' | 'summarized';
  /** Replayed thinking is checked against the conversation before it. */
  preservesThinking: boolean;
  /** Accepts `tool_choice` of type any or tool. */
  forcedTools: boolean;
  /** Accepts a final assistant message, to be continued. */
  prefill: boolean;
  /** Accepts temperature, top_p and top_k, under the API version that still has them. */
  sampling: boolean;
  /** Accepts messages with role system. */
  systemMessages: boolean;
};

type Generation = Omit<Model, 'id' | 'displayName' | 'line' | 'createdAt'>;

const PRESERVING: Generation = {
  lifecycle: 'active',
  maxInputTokens: 1_000_000,
  maxTokens: 128_000,
  thinking: ['adaptive'],
  thinksByDefault: true,
  display: 'summarized',
  preservesThinking: true,
  forcedTools: false,
  prefill: false,
  sampling: false,
  systemMessages: true,
};
const FIVE: Generation = { ...PRESERVING, preservesThinking: false, forcedTools: true };
const FOUR_SEVEN: Generation = {
  ...FIVE,
  thinking: ['adaptive', 'disabled'],
  thinksByDefault: false,
  systemMessages: false,
};
const FOUR_SIX: Generation = { ...FOUR_SEVEN, thinking: ['adaptive', 'enabled', 'disabled'], sampling: true };
const FOUR_FIVE: Generation = {
  ...FOUR_SIX,
  maxInputTokens: 200_000,
  maxTokens: 64_000,
  thinking: ['enabled', 'disabled'],
  prefill: true,
};

/** Newest first, as the models endpoint lists them. */
export const MODELS: readonly Model[] = [
  {
    ...PRESERVING,
    id: 'claude-fable-5-2',
    displayName: 'Claude Fable 5.2',
    line: 'fable',
    createdAt: '2026-11-09T00:00:00Z',
  },
  {
    ...FIVE,
    id: 'claude-haiku-5-5',
    displayName: 'Claude Haiku 5.5',
    line: 'haiku',
    createdAt: '2026-10-07T00:00:00Z',
  },
  {
    ...PRESERVING,
    id: 'claude-sonnet-5-5',
    displayName: 'Claude Sonnet 5.5',
    line: 'sonnet',
    createdAt: '2026-09-28T00:00:00Z',
    thinking: ['adaptive', 'between_tools'],
  },
  {
    ...PRESERVING,
    id: 'claude-opus-5-5',
    displayName: 'Claude Opus 5.5',
    line: 'opus',
    createdAt: '2026-09-22T00:00:00Z',
    display: 'omitted',
  },
  {
    ...PRESERVING,
    id: 'claude-fable-5-1',
    displayName: 'Claude Fable 5.1',
    line: 'fable',
    createdAt: '2026-09-01T00:00:00Z',
  },
  {
    ...FIVE,
    id: 'claude-opus-5',
    displayName: 'Claude Opus 5',
    line: 'opus',
    createdAt: '2026-07-01T00:00:00Z',
    thinking: ['adaptive', 'disabled'],
  },
  {
    ...FIVE,
    id: 'claude-sonnet-5',
    displayName: 'Claude Sonnet 5',
    line: 'sonnet',
    createdAt: '2026-07-01T00:00:00Z',
    thinking: ['adaptive', 'disabled'],
  },
  {
    ...FOUR_SEVEN,
    id: 'claude-opus-4-8',
    displayName: 'Claude Opus 4.8',
    line: 'opus',
    createdAt: '2026-05-01T00:00:00Z',
  },
  {
    ...FOUR_SEVEN,
    id: 'claude-opus-4-7',
    displayName: 'Claude Opus 4.7',
    line: 'opus',
    createdAt: '2026-04-01T00:00:00Z',
  },
  {
    ...FOUR_SIX,
    id: 'claude-sonnet-4-6',
    displayName: 'Claude Sonnet 4.6',
    line: 'sonnet',
    createdAt: '2026-02-01T00:00:00Z',
  },
  {
    ...FOUR_SIX,
    id: 'claude-opus-4-6',
    displayName: 'Claude Opus 4.6',
    line: 'opus',
    createdAt: '2026-02-01T00:00:00Z',
  },
  {
    ...FOUR_FIVE,
    id: 'claude-opus-4-5-20251101',
    displayName: 'Claude Opus 4.5',
    line: 'opus',
    createdAt: '2025-11-01T00:00:00Z',
  },
  {
    ...FOUR_FIVE,
    id: 'claude-haiku-4-5-20251001',
    displayName: 'Claude Haiku 4.5',
    line: 'haiku',
    createdAt: '2025-10-01T00:00:00Z',
  },
  {
    ...FOUR_FIVE,
    id: 'claude-sonnet-4-5-20250929',
    displayName: 'Claude Sonnet 4.5',
    line: 'sonnet',
    createdAt: '2025-09-29T00:00:00Z',
    lifecycle: 'deprecated',
  },
];

const BY_ID = new Map(
  MODELS.flatMap((model) => [model.id, model.id.replace(/-\d{8}$/, '')].map((id) => [id, model] as const)),
);

/** The model of this id, or of this id without its date. */
export function findModel(id: string): Model | undefined {
  return BY_ID.get(id);
}
