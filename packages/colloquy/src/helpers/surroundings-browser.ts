import type * as Node from './surroundings.ts';

// What is around the program in a browser: no process, no files.

export const DEFAULT_ENGINE: typeof Node.DEFAULT_ENGINE = 'remote';

export const HAS_PROCESSES: typeof Node.HAS_PROCESSES = false;

export const processEnvironment: typeof Node.processEnvironment = () => ({});

export const absolutePath: typeof Node.absolutePath = (path) => path;

export const folderFlaw: typeof Node.folderFlaw = () => undefined;

export const isIPv4: typeof Node.isIPv4 = (text) =>
  /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255 && !/^0\d/.test(part));

export const isIPv6: typeof Node.isIPv6 = (text) => text.includes(':') && URL.canParse(`http://[${text}]`);
