// What the emulator knows of each model, as of 2026-11-20: docs/internals/facts/messages-api.md, sections 3, 6, 7 and 11.
// Where that leaves a point open, the stricter reading is taken.

export type ThinkingType = 'adaptive' | 'enabled' | 'disabled' | 'between_tools';

export type Model = {
  id: string;
  displayName: string;
  line: 'mythos' | 'fable' | 'opus' | 'sonnet' | 'haiku';
  createdAt: string;
  /** A retired one is listed when asked for; requests that name it fail. */
  lifecycle: 'active' | 'deprecated' | 'retired';
  deprecatedAt: string | null;
  retiresAt: string | null;
  /** Context window, in tokens. */
  maxInputTokens: number;
  /** Cap of `max_tokens`. */
  maxTokens: number;
  /** Values of `thinking.type` that are accepted. */
  thinking: readonly ThinkingType[];
  /** Efforts above high go with adaptive thinking only. */
  highEffortThinks: boolean;
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
  /** A shorter prefix is not cached. */
  minCachedTokens: number;
  /** `output_config.effort` when absent. */
  effort: 'medium' | 'high';
};

type Generation = Omit<Model, 'id' | 'displayName' | 'line' | 'createdAt'>;

const PRESERVING: Generation = {
  lifecycle: 'active',
  deprecatedAt: null,
  retiresAt: null,
  maxInputTokens: 1_000_000,
  maxTokens: 128_000,
  thinking: ['adaptive'],
  highEffortThinks: false,
  thinksByDefault: true,
  display: 'summarized',
  preservesThinking: true,
  forcedTools: false,
  prefill: false,
  sampling: false,
  systemMessages: true,
  minCachedTokens: 512,
  effort: 'high',
};
/** Haiku 5.5 came after preserved thinking and is taken to have it. */
const FORCIBLE: Generation = { ...PRESERVING, forcedTools: true, effort: 'medium' };
const FIVE: Generation = { ...FORCIBLE, thinking: ['adaptive', 'disabled'], preservesThinking: false, effort: 'high' };
const FOUR_EIGHT: Generation = { ...FIVE, thinksByDefault: false, minCachedTokens: 1024 };
const FOUR_SEVEN: Generation = { ...FOUR_EIGHT, systemMessages: false, minCachedTokens: 2048 };
const FOUR_SIX: Generation = {
  ...FOUR_SEVEN,
  thinking: ['adaptive', 'enabled', 'disabled'],
  sampling: true,
  minCachedTokens: 4096,
};
const FOUR_FIVE: Generation = {
  ...FOUR_SIX,
  maxInputTokens: 200_000,
  maxTokens: 64_000,
  thinking: ['enabled', 'disabled'],
  prefill: true,
};
/** Its last day is known; the day on which that was said is not, and is taken to be half a year before. */
const LEAVING: Generation = {
  ...FOUR_FIVE,
  lifecycle: 'deprecated',
  deprecatedAt: '2026-05-30T00:00:00Z',
  retiresAt: '2026-11-30T00:00:00Z',
};

/** Newest first, as the models endpoint lists them. Release days of older models are approximate. */
export const MODELS: readonly Model[] = [
  model(PRESERVING, 'fable', 'claude-fable-5-2', '2026-11-09'),
  model(PRESERVING, 'mythos', 'claude-mythos-5-2', '2026-11-09'),
  model(FORCIBLE, 'haiku', 'claude-haiku-5-5', '2026-10-07'),
  model(
    { ...PRESERVING, thinking: ['adaptive', 'between_tools'], highEffortThinks: true },
    'sonnet',
    'claude-sonnet-5-5',
    '2026-09-28',
  ),
  model({ ...PRESERVING, display: 'omitted', effort: 'medium' }, 'opus', 'claude-opus-5-5', '2026-09-22'),
  model(PRESERVING, 'fable', 'claude-fable-5-1', '2026-09-01'),
  model(PRESERVING, 'mythos', 'claude-mythos-5-1', '2026-09-01'),
  model({ ...FIVE, highEffortThinks: true }, 'opus', 'claude-opus-5', '2026-07-01'),
  model({ ...FIVE, minCachedTokens: 1024 }, 'sonnet', 'claude-sonnet-5', '2026-07-01'),
  model(FOUR_EIGHT, 'opus', 'claude-opus-4-8', '2026-05-01'),
  model(FOUR_SEVEN, 'opus', 'claude-opus-4-7', '2026-04-01'),
  model({ ...FOUR_SIX, minCachedTokens: 1024 }, 'sonnet', 'claude-sonnet-4-6', '2026-02-01'),
  model(FOUR_SIX, 'opus', 'claude-opus-4-6', '2026-02-01'),
  model(FOUR_FIVE, 'opus', 'claude-opus-4-5-20251101', '2025-11-01'),
  model(FOUR_FIVE, 'haiku', 'claude-haiku-4-5-20251001', '2025-10-01'),
  model({ ...LEAVING, minCachedTokens: 1024 }, 'sonnet', 'claude-sonnet-4-5-20250929', '2025-09-29'),
];

const BY_ID = new Map(MODELS.flatMap((entry) => [entry.id, undated(entry.id)].map((id) => [id, entry] as const)));

/** The model of this id, or of this id without its date. */
export function findModel(id: string): Model | undefined {
  return BY_ID.get(id);
}

function model(generation: Generation, line: Model['line'], id: string, day: string): Model {
  const [, name = '', ...version] = undated(id).split('-');
  const displayName = `Claude ${name.charAt(0).toUpperCase()}${name.slice(1)} ${version.join('.')}`;
  return { ...generation, id, displayName, line, createdAt: `${day}T00:00:00Z` };
}

function undated(id: string): string {
  return id.replace(/-\d{8}$/, '');
}
