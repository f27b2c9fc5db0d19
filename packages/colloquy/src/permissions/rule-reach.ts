import { resolve } from 'node:path';
import { isRecord } from '../helpers/is-record.ts';
import type { PermissionCall, PermissionWorld } from './call.ts';
import { matchHost, parseHostPattern } from './match-host.ts';
import type { JudgedPath, PathPlaces, PathRule } from './match-path.ts';
import { absolutePath } from './paths.ts';
import type { RuleMatch } from './rule-match.ts';
import { isAboutTool, isGoverned } from './rules.ts';
import type { PermissionState, PlacedRule } from './state.ts';
import { specifierKind } from './tool-names.ts';

const SEARCHING_TOOLS: readonly string[] = ['Glob', 'Grep', 'LS'];
/** The kind of agent that is started when the call names none. */
const DEFAULT_AGENT = 'general-purpose';

/** Tells of each rule how far it reaches a call; what commands run is not looked at here. Patterns of paths are loaded when there are any. */
export async function ruleReach(
  call: PermissionCall,
  state: PermissionState,
  world: PermissionWorld,
): Promise<(rule: PlacedRule) => RuleMatch> {
  const governing = state.rules.filter((rule) => isPathRule(rule) && isGoverned(rule, call.tool));
  const patterns = await loadPathRules(governing, pathPlaces(state, world));
  const paths = governing.length === 0 ? [] : await judgedPaths(call, world);
  return (rule) => {
    if (rule.specifier === undefined) return isAboutTool(rule, call.tool) ? 'yes' : 'no';
    if (!isGoverned(rule, call.tool)) return 'no';
    if (rule.flaw !== undefined) return 'unclear';
    const pattern = patterns.get(rule);
    return pattern === undefined ? reachByName(rule, rule.specifier, call) : reachAll(pattern, paths);
  };
}

/** A rule about paths, whose brackets are understood. */
export function isPathRule(rule: PlacedRule): boolean {
  return rule.specifier !== undefined && rule.flaw === undefined && specifierKind(rule.tool) === 'path';
}

/** Rules about paths made ready; the library behind them is loaded with the first. */
export async function loadPathRules(
  rules: readonly PlacedRule[],
  places: PathPlaces,
): Promise<ReadonlyMap<PlacedRule, PathRule>> {
  if (rules.length === 0) return new Map();
  const { PathRule } = await import('./match-path.ts');
  return new Map(await Promise.all(rules.map(async (rule) => [rule, await PathRule.load(rule, places)] as const)));
}

/** Where patterns of paths begin. Each path is looked at once: many rules begin at the same. */
export function pathPlaces(state: PermissionState, world: Pick<PermissionWorld, 'cwd' | 'resolve'>): PathPlaces {
  const known = new Map<string, Promise<string>>();
  const resolveOnce = (path: string): Promise<string> => {
    const resolving = known.get(path) ?? world.resolve(path);
    known.set(path, resolving);
    return resolving;
  };
  return { cwd: world.cwd, home: state.home, resolve: resolveOnce };
}

/** A path as it is written and as it really is. Relative ones begin at `folder`. */
export async function judgePath(
  path: string,
  folder: string,
  world: Pick<PermissionWorld, 'resolve'>,
): Promise<JudgedPath> {
  const written = resolve(folder, path);
  try {
    return { written, real: await world.resolve(absolutePath(folder, path)) };
  } catch {
    return { written, real: undefined };
  }
}

/** The paths of a call; those that are searched with all below them are marked. */
export function judgedPaths(
  { tool, target }: PermissionCall,
  world: Pick<PermissionWorld, 'cwd' | 'resolve'>,
): Promise<JudgedPath[]> {
  const searched = [tool.name, ...(tool.aliases ?? [])].some((name) => SEARCHING_TOOLS.includes(name));
  return Promise.all(
    (target.paths ?? []).map(async ({ path }) => ({ ...(await judgePath(path, world.cwd, world)), searched })),
  );
}

// Leave must cover every path, a refusal is met by one.
function reachAll(rule: PathRule, paths: readonly JudgedPath[]): RuleMatch {
  const reaches = paths.map((path) => rule.reach(path));
  if (reaches.length === 0) return 'unclear';
  if (rule.behavior === 'allow') return reaches.every((reach) => reach === 'yes') ? 'yes' : 'no';
  return reaches.find((reach) => reach === 'yes') ?? reaches.find((reach) => reach === 'unclear') ?? 'no';
}

function reachByName(rule: PlacedRule, specifier: string, { input, target }: PermissionCall): RuleMatch {
  const fields = isRecord(input) ? input : {};
  switch (rule.tool) {
    case 'WebFetch':
    case 'web_fetch': {
      const pattern = parseHostPattern(specifier);
      const matches = pattern === undefined ? undefined : matchHost(pattern, target.url ?? '');
      return matches === undefined ? 'unclear' : yesOrNo(matches);
    }
    case 'Agent':
      return reachText(specifier, fields['subagent_type'] ?? DEFAULT_AGENT);
    case 'Skill':
      return reachText(specifier.replace(/(?: |:)\*$/, ''), fields['skill']);
    default:
      return 'unclear';
  }
}

/** A name, in which an asterisk stands for any text. */
function reachText(pattern: string, value: unknown): RuleMatch {
  if (typeof value !== 'string') return 'unclear';
  const text = value.trim().replace(/^[/]/, '');
  const pieces = pattern.trim().replace(/^[/]/, '').split('*');
  const [first = '', ...others] = pieces;
  if (others.length === 0) return yesOrNo(text === first);
  const last = others.pop() ?? '';
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return 'no';
  let at = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found === -1) return 'no';
    at = found + piece.length;
  }
  return yesOrNo(at <= text.length - last.length);
}

const yesOrNo = (matches: boolean): RuleMatch => (matches ? 'yes' : 'no');
