import { isRecord } from '../request/messages-request.ts';
import { checkTypes, LIST, required, rulesOf, STRING, type FieldRule, type FieldRules } from './check-types.ts';

const CITATIONS: FieldRule = {
  is: (value) =>
    isRecord(value) &&
    Object.keys(value).every((key) => key === 'enabled') &&
    (value.enabled === undefined || typeof value.enabled === 'boolean'),
  says: 'Input should be an object with enabled and nothing else',
};
const TRANSFORMATIONS: FieldRule = {
  is: (value) =>
    isRecord(value) &&
    Object.entries(value).every(([key, how]) => key === 'oversized_image' && (how === 'downsize' || how === 'error')),
  says: "Input should be an object with oversized_image: 'downsize' or 'error'",
};
const NOT_EMPTY: FieldRule = {
  is: (value) => typeof value === 'string' && value !== '',
  says: 'Input should be a string that is not empty',
};
const TEXTS: FieldRule = {
  is: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  says: 'Input should be a list of text blocks that are not empty',
};

const RULES: ReadonlyMap<string, FieldRules> = new Map([
  ['text', rulesOf({ citations: LIST })],
  ['image', rulesOf({ transformations: TRANSFORMATIONS })],
  ['document', rulesOf({ title: STRING, context: STRING, citations: CITATIONS })],
  [
    'search_result',
    rulesOf({ source: required(STRING), title: required(STRING), content: required(TEXTS), citations: CITATIONS }),
  ],
  ['container_upload', rulesOf({ file_id: required(STRING) })],
  ['tool_reference', rulesOf({ tool_name: required(STRING) })],
  ['compaction', rulesOf({ content: NOT_EMPTY })],
]);

/** The kinds of a block's fields, where no file of its own says more of them. */
export function checkBlockTypes(block: Record<string, unknown>, type: string, place: string): void {
  const rules = RULES.get(type);
  if (rules) checkTypes(block, rules, `${place}.${type}`);
}

function isText(block: unknown): boolean {
  return isRecord(block) && block.type === 'text' && typeof block.text === 'string' && block.text.trim() !== '';
}
