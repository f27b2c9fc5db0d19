import { createContext } from 'react';

/** What every card of a conversation has to know about where it is shown. */
export type Surroundings = {
  /** Where the tools work: paths below it are shown without it. */
  cwd: string | undefined;
  /** Under what name this browser's own answers are told. */
  you: string | undefined;
};

export const SurroundingsContext = createContext<Surroundings>({ cwd: undefined, you: undefined });
