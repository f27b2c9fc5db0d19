/**
 * A behaviour of the official SDK. `api` says whether our api engine is to have it: `built`, its feature is there, so that it counts;
 * `later`, its feature comes later; `none`, it cannot have it.
 */
export type Row = { id: string; what: string; api: 'built' | 'later' | 'none' };

/** Rows of a table of docs/internals/facts/agent-protocol.md, by id without the table's letter. */
export function rowsOf(table: string, rows: Partial<Record<Row['api'], Readonly<Record<string, string>>>>): Row[] {
  return (['built', 'later', 'none'] as const).flatMap((api) =>
    Object.entries(rows[api] ?? {}).map(([id, what]) => ({ id: `${table}.${id}`, what, api })),
  );
}
