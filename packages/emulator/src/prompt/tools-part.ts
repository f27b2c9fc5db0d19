import type { RequestTool } from '../request/messages-request.ts';
import { bytesOfJson } from './block-bytes.ts';
import { canonical } from './block-identity.ts';
import { DigestChain } from './digest-chain.ts';
import { isCited, ttlOf, type Position } from './position.ts';

/** The part of a prompt that its tools make up. */
export type ToolsPart = { tools: ToolsLevel; web: ToolsLevel; bytes: number; hasCitations: boolean };
type ToolsLevel = { positions: readonly Position[]; chain: DigestChain };

/** Requests send the same tools again and again: what was made of the newest lists is kept, by their JSON. */
const recent: { json: string; part: ToolsPart }[] = [];
const MAX_RECENT = 8;
const MAX_KEPT_CHARS = 256 * 1024;

/** Reads the tools of a request; those that wait to be looked up are not part of the prompt. */
export function toolsPart(tools: readonly RequestTool[]): ToolsPart {
  if (tools.length === 0) return EMPTY;
  const json = JSON.stringify(tools);
  const known = recent.find((entry) => entry.json === json);
  if (known) return known.part;
  const part = readTools(tools);
  if (json.length <= MAX_KEPT_CHARS) {
    recent.unshift({ json, part });
    recent.length = Math.min(recent.length, MAX_RECENT);
  }
  return part;
}

/** `web_search` and `web_fetch`, which the API describes in the system prompt. */
export function isWebTool(tool: { type?: unknown }): boolean {
  return typeof tool.type === 'string' && /^web_(search|fetch)_\d+$/.test(tool.type);
}

const EMPTY: ToolsPart = readTools([]);

function readTools(all: readonly RequestTool[]): ToolsPart {
  const shown = all.filter((tool) => tool.defer_loading !== true);
  let bytes = 0;
  const read = (level: 'tools' | 'web', list: readonly RequestTool[]): ToolsLevel => ({
    positions: list.map((tool, index) => {
      bytes += bytesOfJson(tool);
      return { level, count: index + 1, bytesUpTo: bytes, marker: ttlOf(tool.cache_control), markable: true };
    }),
    chain: new DigestChain(list.map(canonical)),
  });
  const tools = read(
    'tools',
    shown.filter((tool) => !isWebTool(tool)),
  );
  const web = read('web', shown.filter(isWebTool));
  return { tools, web, bytes, hasCitations: shown.some((tool) => isWebTool(tool) && isCited(tool)) };
}
