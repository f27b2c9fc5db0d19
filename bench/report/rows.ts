import type { Contestant } from '../contestants/contestant.ts';
import { type ContestantName, FLOOR } from '../contestants/roster.ts';
import { type Figure, median, type Unit } from '../measures/measure.ts';

/** One figure of one contestant. */
export type Row = {
  measure: string;
  figure: string;
  title: string;
  unit: Unit;
  more?: true | undefined;
  absolute?: true | undefined;
  /** What it is more than raw fetch's, where that is judged. */
  aboveFloor?: number | undefined;
  contestant: ContestantName;
  kind: Contestant['kind'];
  /** Of each run, in order. */
  values: readonly number[];
  min: number;
  median: number;
  max: number;
  /** Of the medians, to raw fetch and to the peer that is best at it. */
  toFloor: number | undefined;
  toBestPeer: number | undefined;
  gate?: number | undefined;
  aim?: number | undefined;
  isMet?: boolean | undefined;
  isAimMet?: boolean | undefined;
};

export type Results = {
  /** When the run began. */
  at: string;
  command: string;
  /** What it took, in minutes. */
  minutes: number;
  machine: { node: string; cpu: string; cores: number; memoryGb: number; system: string };
  contestants: Partial<Record<ContestantName, { title: string; kind: Contestant['kind']; version: string }>>;
  /** Who could not take part at all, and who not in one measure, each with the reason. */
  leftOut: readonly { contestant: ContestantName; measure?: string; reason: string }[];
  rows: readonly Row[];
};

/** The values of one figure, by contestant. */
export type Values = ReadonlyMap<ContestantName, { kind: Contestant['kind']; values: readonly number[] }>;

/** The rows of one figure. Pure. */
export function rowsOf(place: { measure: string; figure: string }, figure: Figure, values: Values): Row[] {
  const medians = [...values].map(([contestant, { kind, values: own }]) => ({ contestant, kind, median: median(own) }));
  const floor = medians.find(({ contestant }) => contestant === FLOOR)?.median;
  const peers = medians.filter(({ kind }) => kind === 'peer').map((one) => one.median);
  const best = peers.length === 0 ? undefined : figure.more === true ? Math.max(...peers) : Math.min(...peers);
  return medians.map(({ contestant, kind, median: middle }) => {
    const own = values.get(contestant)?.values ?? [];
    const toFloor = floor === undefined || floor <= 0 || figure.absolute === true ? undefined : middle / floor;
    const toBestPeer = best === undefined || best <= 0 ? undefined : middle / best;
    const { title, unit, more, absolute } = figure;
    const aboveFloor = figure.above === true && floor !== undefined ? middle - floor : undefined;
    const judged = absolute === true ? middle : (aboveFloor ?? toFloor);
    const [gate, aim] = [figure.gates?.[contestant], figure.aims?.[contestant]];
    return {
      ...place,
      title,
      unit,
      ...(more === undefined ? {} : { more }),
      ...(absolute === undefined ? {} : { absolute }),
      ...(aboveFloor === undefined ? {} : { aboveFloor }),
      contestant,
      kind,
      values: own,
      min: Math.min(...own),
      median: middle,
      max: Math.max(...own),
      toFloor,
      toBestPeer,
      ...(gate === undefined ? {} : { gate, isMet: isWithin(judged, gate, more) }),
      ...(aim === undefined ? {} : { aim, isAimMet: isWithin(judged, aim, more) }),
    };
  });
}

function isWithin(value: number | undefined, limit: number, more: true | undefined): boolean {
  if (value === undefined) return false;
  return more === true ? value >= limit : value <= limit;
}
