import { blocksOf, isRecord, type MessagesRequest } from '../request/messages-request.ts';
import { refuse } from './refusal.ts';

const MAX_MARKERS = 4;

/** `cache_control` markers: their number, their shape, and that those of one hour precede those of five minutes. */
export function checkCacheMarkers(request: MessagesRequest): void {
  const markers: { marker: unknown; place: string }[] = [];
  const collect = (holder: Record<string, unknown>, place: string): void => {
    if (holder.cache_control !== undefined && holder.cache_control !== null) {
      markers.push({ marker: holder.cache_control, place: `${place}.cache_control` });
    }
  };
  for (const [index, tool] of (request.tools ?? []).entries()) collect(tool, `tools.${index}`);
  for (const [index, block] of blocksOf(request.system ?? []).entries()) collect(block, `system.${index}`);
  for (const [at, message] of request.messages.entries()) {
    for (const [index, block] of blocksOf(message.content).entries()) {
      const place = `messages.${at}.content.${index}`;
      if (block.type === 'tool_result' && Array.isArray(block.content)) {
        for (const [inner, part] of block.content.entries())
          if (isRecord(part)) collect(part, `${place}.content.${inner}`);
      }
      collect(block, place);
    }
  }
  collect(request, 'request');
  if (markers.length > MAX_MARKERS) {
    refuse(`A maximum of ${MAX_MARKERS} blocks with cache_control may be provided. Found ${markers.length}.`);
  }
  let seenFiveMinutes = false;
  for (const { marker, place } of markers) {
    const ttl = ttlOf(marker, place);
    if (ttl === '1h' && seenFiveMinutes) refuse(`${place}: a ttl='1h' block must not come after a ttl='5m' block`);
    seenFiveMinutes ||= ttl === '5m';
  }
}

function ttlOf(marker: unknown, place: string): string {
  if (!isRecord(marker) || marker.type !== 'ephemeral') refuse(`${place}.type: Input should be 'ephemeral'`);
  for (const key of Object.keys(marker))
    if (key !== 'type' && key !== 'ttl') refuse(`${place}.${key}: Extra inputs are not permitted`);
  const ttl = marker.ttl ?? '5m';
  return ttl === '5m' || ttl === '1h' ? ttl : refuse(`${place}.ttl: Input should be '5m' or '1h'`);
}
