import type { PermissionCall, PermissionWorld } from './call.ts';
import { isPathRule, judgedPaths, loadPathRules, pathPlaces } from './rule-reach.ts';
import { isGoverned } from './rules.ts';
import type { PermissionState } from './state.ts';

/**
 * Which real paths a search must not show, although its place may be searched: those that deny and ask rules about reading name. An ask
 * rule about the place itself has been asked. Undefined when there is none.
 */
export async function hiddenPaths(
  call: PermissionCall,
  state: PermissionState,
  world: Pick<PermissionWorld, 'cwd' | 'resolve'>,
): Promise<((real: string) => boolean) | undefined> {
  const rules = state.rules.filter(
    (rule) => rule.behavior !== 'allow' && isPathRule(rule) && isGoverned(rule, call.tool),
  );
  if (rules.length === 0) return undefined;
  const patterns = [...(await loadPathRules(rules, pathPlaces(state, world))).values()];
  const places = await judgedPaths(call, world);
  const hiding = patterns.filter(
    (pattern) => pattern.behavior === 'deny' || places.every((place) => pattern.reach(place) !== 'yes'),
  );
  return (real) => hiding.some((pattern) => pattern.reach({ written: real, real }) === 'yes');
}
