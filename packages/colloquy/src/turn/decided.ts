import type { Decision, Json, NewEntry } from '../log/entries.ts';
import type { Located } from '../tools/tool.ts';

/** The last word on a call, the input it runs with, and what else the log should hold of it. */
export type Decided = {
  decision: Decision;
  input: Json;
  notes: NewEntry[];
  /** The paths that were judged, and what each really was at that moment. */
  places: ReadonlyMap<string, Located>;
};
