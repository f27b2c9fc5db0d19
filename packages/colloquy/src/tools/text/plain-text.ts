/** What a terminal would act on and nobody can read; tabs, line ends and colours stay. */
// oxlint-disable-next-line no-control-regex
const UNREADABLE = /[\0-\x08\x0B\x0C\x0E-\x1A\x1C-\x1F\x7F\uFFFD]/g;
/** Of text that shows anything at all, at most this part is unreadable. */
const MOST_UNREADABLE = 0.3;

/** What a command has printed, as it can be told: unreadable characters are replaced, and what is no text is only named. */
export function plainText(printed: string): string {
  const unreadable = printed.match(UNREADABLE)?.length ?? 0;
  if (unreadable === 0) return printed;
  if (unreadable > printed.length * MOST_UNREADABLE)
    return `[${printed.length} characters that are no text, not shown]`;
  return printed.replace(UNREADABLE, '\uFFFD');
}
