import { createContext } from 'react';

/** Where the tools of the shown conversation work: paths below it are shown without it. */
export const WorkingDirectory = createContext<string | undefined>(undefined);
