import type { Decision } from '../../log/entries.ts';
import { inOneLine, tellText } from '../tell-rule.ts';
import type { Access, CommandAnalysis, CommandPart, Word } from './command-part.ts';
import { isHarmlessVariable } from './environment-names.ts';
import {
  type CommandPattern,
  coveredWords,
  isOpenPattern,
  matchText,
  parseCommandPattern,
  reachOf,
} from './match-command.ts';

/** A rule about the tool that runs commands; without specifier it is about all of them. */
export type CommandRule = {
  behavior: 'allow' | 'ask' | 'deny';
  specifier?: string | undefined;
  text: string;
  /** The rule as reasons name it. Default: its text. */
  told?: string | undefined;
};

/** What else the judgement on a command depends on. */
export type CommandWorld = {
  sandbox: 'working' | 'none';
  /** Whether simple file commands inside the folders are allowed, as the mode acceptEdits does. */
  acceptsEdits: boolean;
  /** Where a path, relative ones from the working folder, really lies. */
  place(path: string, access: Access): Promise<'inside' | 'outside' | 'protected'>;
  /** The rule that gives leave to write to a path, where there is one. */
  mayWrite?(path: string): Promise<string | undefined>;
};

export type Verdict = { source: 'rule' | 'mode' | 'tool' | 'none'; rule?: string; reason: string };

/** What rules and lists say of a command; the mode, hooks and people may say more. The first of deny, ask and allow counts. */
export type CommandJudgement = {
  deny: Verdict | undefined;
  ask: Verdict | undefined;
  allow: Verdict | undefined;
  /** Why nothing allows it; of use when nothing else speaks. */
  why: string;
  readOnly: boolean;
  parts: NonNullable<Decision['parts']>;
};

type PlacedPattern = { rule: CommandRule; pattern: CommandPattern };
type PartVerdict = { behavior: 'allow' | 'ask' | 'deny'; rule?: string | undefined; why?: string; neutral?: true };

/** Of each command line, this many parts are told; of each, this much. */
const MAX_TOLD_PARTS = 100;
const MAX_TOLD_CHARS = 200;

/** Judges a command by all its parts: one denied part denies it, one that must be asked asks, and all must be allowed to allow it. */
export async function judgeCommand(
  analysis: CommandAnalysis,
  rules: readonly CommandRule[],
  world: CommandWorld,
): Promise<CommandJudgement> {
  const whole = rules.find(({ behavior, specifier }) => behavior === 'allow' && specifier === undefined);
  const verdicts: PartVerdict[] =
    whole === undefined
      ? await allowParts(analysis, patternsOf(rules, 'allow'), world)
      : analysis.parts.map(() => ({ behavior: 'allow', rule: whole.text }));
  const deny = findDeny(analysis, rules, verdicts);
  const ask = findAsk(analysis, rules, verdicts);
  const readOnly = analysis.unknown === undefined && analysis.parts.every((part) => part.readOnly || isNeutral(part));
  const refused = verdicts.findIndex(({ behavior }) => behavior !== 'allow');
  const { allow, why } = findAllow(analysis, rules, verdicts, refused);
  return { deny, ask, allow, why: inOneLine(why), readOnly, parts: tellParts(analysis.parts, verdicts) };
}

function findDeny(
  analysis: CommandAnalysis,
  rules: readonly CommandRule[],
  verdicts: PartVerdict[],
): Verdict | undefined {
  const denying = rules.filter(({ behavior }) => behavior === 'deny');
  const whole = denying.find(({ specifier }) => specifier === undefined);
  if (whole !== undefined) return byRule(whole, `The rule ${tell(whole)} denies every command.`);
  const [first] = denying;
  if (analysis.tooLarge && first !== undefined)
    return byRule(
      first,
      `The rule ${tell(first)} may be about this command, which is not looked into: ${analysis.unknown}.`,
    );
  for (const { rule, pattern } of patternsOf(rules, 'deny')) {
    const index = analysis.parts.findIndex((part) => reachOf(pattern, part) === 'yes');
    const part = analysis.parts[index];
    if (part !== undefined) {
      verdicts[index] = { behavior: 'deny', rule: rule.text };
      return byRule(rule, whyDenied(rule, part));
    }
    if (matchText(pattern, analysis.text)) return byRule(rule, `The rule ${tell(rule)} denies this command.`);
  }
  return undefined;
}

function whyDenied(rule: CommandRule, part: CommandPart): string {
  if (part.words[0] === undefined)
    return `It cannot be known which command ${quote(part)} runs, and the rule ${tell(rule)} denies some.`;
  const within = part.wrappers.length === 0 ? '' : `, which ${part.wrappers.join(' and ')} would run`;
  return `The rule ${tell(rule)} denies ${quote(part)}${within}.`;
}

function findAsk(
  analysis: CommandAnalysis,
  rules: readonly CommandRule[],
  verdicts: PartVerdict[],
): Verdict | undefined {
  const asking = rules.filter(({ behavior }) => behavior === 'ask');
  const whole = asking.find(({ specifier }) => specifier === undefined);
  if (whole !== undefined) return byRule(whole, `The rule ${tell(whole)} wants every command to be asked.`);
  const [first] = asking;
  if (analysis.tooLarge && first !== undefined)
    return byRule(
      first,
      `The rule ${tell(first)} may be about this command, which is not looked into: ${analysis.unknown}.`,
    );
  for (const behavior of ['ask', 'deny'] as const) {
    for (const { rule, pattern } of patternsOf(rules, behavior)) {
      const found = findReached(analysis, pattern, behavior);
      if (found === undefined) continue;
      if (found.index !== undefined && verdicts[found.index]?.behavior !== 'deny')
        verdicts[found.index] = { behavior: 'ask', rule: rule.text };
      const says = behavior === 'deny' ? 'denies' : 'wants to be asked';
      return byRule(
        rule,
        found.certain
          ? `The rule ${tell(rule)} wants ${found.what} to be asked.`
          : `Whether this is what the rule ${tell(rule)} ${says} cannot be told for certain: ${found.what}.`,
      );
    }
  }
  return undefined;
}

type Reached = { index: number | undefined; certain: boolean; what: string };

/** Where a rule is met, or may be. */
function findReached(
  analysis: CommandAnalysis,
  pattern: CommandPattern,
  behavior: 'ask' | 'deny',
): Reached | undefined {
  let doubt: Reached | undefined;
  for (const [index, part] of analysis.parts.entries()) {
    const reach = reachOf(pattern, part);
    const isKnown = part.words[0] !== undefined;
    if (reach === 'yes' && behavior === 'ask' && isKnown) return { index, certain: true, what: quote(part) };
    if (reach !== 'no') doubt ??= { index, certain: false, what: `some words of ${quote(part)} cannot be known` };
    const why = part.unclear ?? part.unseen;
    if (why !== undefined) doubt ??= { index, certain: false, what: why };
  }
  if (behavior === 'ask' && matchText(pattern, analysis.text))
    return { index: undefined, certain: true, what: 'this command' };
  if (analysis.unknown !== undefined) doubt ??= { index: undefined, certain: false, what: analysis.unknown };
  return doubt;
}

function findAllow(
  analysis: CommandAnalysis,
  rules: readonly CommandRule[],
  verdicts: readonly PartVerdict[],
  refused: number,
): { allow: Verdict | undefined; why: string } {
  const allowing = rules.filter(({ behavior }) => behavior === 'allow');
  const rule =
    allowing.find(({ specifier }) => specifier === undefined) ??
    (analysis.tooLarge ? undefined : allowing.find((each) => isExactly(each, analysis.text)));
  if (analysis.tooLarge) return { allow: undefined, why: `This command is not looked into: ${analysis.unknown}.` };
  if (rule !== undefined) return { allow: byRule(rule, `The rule ${tell(rule)} allows this command.`), why: '' };
  if (analysis.unknown !== undefined)
    return { allow: undefined, why: `This command is not fully understood: ${analysis.unknown}.` };
  const part = analysis.parts[refused];
  if (part !== undefined) return { allow: undefined, why: verdicts[refused]?.why ?? `No rule allows ${quote(part)}.` };
  const named = verdicts.filter(({ neutral }) => neutral !== true);
  const [first] = named;
  if (first === undefined) return { allow: undefined, why: 'No rule allows this command.' };
  const texts = [...new Set(named.flatMap(({ rule: text }) => (text === undefined ? [] : [text])))];
  if (texts.length === 0)
    return { allow: { source: 'tool', reason: 'It only does what the lists of known commands name.' }, why: '' };
  const reason = `${texts.length === 1 ? 'The rule' : 'The rules'} ${texts.slice(0, 5).join(', ')} ${texts.length === 1 ? 'allows' : 'allow'} every part of this command.`;
  return { allow: { source: 'rule', rule: texts[0] ?? '', reason }, why: '' };
}

function isExactly(rule: CommandRule, text: string): boolean {
  if (rule.specifier === undefined || isOpenPattern(patternOf(rule, rule.specifier))) return false;
  return rule.specifier.trim() === text.trim();
}

/** Which parts are allowed by themselves, by a rule about what runs them, or by the lists. */
async function allowParts(
  analysis: CommandAnalysis,
  patterns: readonly PlacedPattern[],
  world: CommandWorld,
): Promise<PartVerdict[]> {
  const verdicts: PartVerdict[] = [];
  const reaches: { rule: CommandRule; words: number }[] = [];
  for (const [index, part] of analysis.parts.entries()) {
    const outer = part.inside === undefined ? undefined : reaches[part.inside.part];
    const at = part.inside?.word ?? Number.POSITIVE_INFINITY;
    const own = findCovering(part, patterns);
    // A rule about a wrapper speaks for what the wrapper runs only if it names that command itself.
    const covering = own ?? (outer !== undefined && outer.words > at ? outer : undefined);
    if (covering !== undefined) reaches[index] = own ?? { rule: covering.rule, words: Number.POSITIVE_INFINITY };
    verdicts.push(await allowPart(part, covering?.rule, world));
  }
  return verdicts;
}

function findCovering(
  part: CommandPart,
  patterns: readonly PlacedPattern[],
): { rule: CommandRule; words: number } | undefined {
  for (const { rule, pattern } of patterns) {
    const words = coveredWords(pattern, part);
    if (words === undefined) continue;
    const isExact = !isOpenPattern(pattern);
    if (part.unclear !== undefined && !isExact) continue;
    return { rule, words: isExact ? Number.POSITIVE_INFINITY : words };
  }
  return undefined;
}

async function allowPart(part: CommandPart, rule: CommandRule | undefined, world: CommandWorld): Promise<PartVerdict> {
  const variable = part.assignments.find(({ name }) => !isHarmlessVariable(name));
  if (variable !== undefined) return refuse(`No rule allows ${quote(part)} with the variable ${variable.name} set.`);
  for (const redirect of part.redirects) {
    const why = await whyRedirectRefused(redirect, world);
    if (why !== undefined) return refuse(why);
  }
  if (rule !== undefined) return { behavior: 'allow', rule: rule.text };
  if (isNeutral(part)) return { behavior: 'allow', neutral: true };
  if (await isListed(part, world)) return { behavior: 'allow' };
  if (part.words[0] === undefined) return refuse(`It cannot be known which command ${quote(part)} runs.`);
  const sandbox = world.sandbox === 'none' ? ', and there is no sandbox to hold it' : '';
  return refuse(
    part.unclear === undefined
      ? `No rule allows ${quote(part)}${sandbox}.`
      : `No rule allows ${quote(part)}: ${part.unclear}.`,
  );
}

const refuse = (why: string): PartVerdict => ({ behavior: 'ask', why });

/** Nothing in it needs leave: it only runs the parts inside it, tests, or sets a variable of its own. */
function isNeutral(part: CommandPart): boolean {
  return (part.transparent && part.unclear === undefined) || (part.words.length === 0 && part.assignments.length > 0);
}

async function whyRedirectRefused(
  { path, access }: { path: Word; access: Access },
  world: CommandWorld,
): Promise<string | undefined> {
  const told = tellText(path ?? 'a file that cannot be known');
  const verb = access === 'write' ? 'writing to' : 'reading';
  if (path === undefined || path.startsWith('/dev/') || path.startsWith('~')) return `No rule allows ${verb} ${told}.`;
  const inside = (await world.place(path, access)) === 'inside';
  const byMode = access === 'read' || (world.acceptsEdits && world.sandbox === 'working');
  const allowed = inside && (byMode || (await world.mayWrite?.(path)) !== undefined);
  return allowed ? undefined : `No rule allows ${verb} ${told}.`;
}

/** Whether the lists of known commands allow a part: only where a sandbox holds it, and only inside the folders. */
async function isListed(part: CommandPart, world: CommandWorld): Promise<boolean> {
  if (world.sandbox !== 'working' || part.unclear !== undefined) return false;
  if (!part.readOnly && !(part.fileCommand === 'acceptEdits' && world.acceptsEdits)) return false;
  for (const { path, access } of part.paths) {
    if (path === undefined || (await world.place(path, access)) !== 'inside') return false;
  }
  return true;
}

function patternsOf(rules: readonly CommandRule[], behavior: CommandRule['behavior']): PlacedPattern[] {
  return rules.flatMap((rule) =>
    rule.behavior === behavior && rule.specifier !== undefined
      ? [{ rule, pattern: patternOf(rule, rule.specifier) }]
      : [],
  );
}

const patterns = new WeakMap<CommandRule, CommandPattern>();

/** The pattern of a rule, made once: rules may be many, and hold for every command of a session. */
function patternOf(rule: CommandRule, specifier: string): CommandPattern {
  const pattern = patterns.get(rule) ?? parseCommandPattern(specifier);
  patterns.set(rule, pattern);
  return pattern;
}

function tellParts(parts: readonly CommandPart[], verdicts: readonly PartVerdict[]): CommandJudgement['parts'] {
  return parts.slice(0, MAX_TOLD_PARTS).map((part, index) => {
    const { behavior, rule } = verdicts[index] ?? { behavior: 'ask' as const };
    return { text: part.text.slice(0, MAX_TOLD_CHARS), behavior, ...(rule === undefined ? {} : { rule }) };
  });
}

const tell = ({ text, told }: CommandRule): string => told ?? text;

const byRule = (rule: CommandRule, reason: string): Verdict => ({
  source: 'rule',
  rule: rule.text,
  reason: inOneLine(reason),
});

/** A part as it is told: in one line, and short. */
function quote({ text }: CommandPart): string {
  return `\`${tellText(text.split('\n')[0] ?? '')}\``;
}
