import { useEffect } from 'react';

/** A key pressed for something else just as the question appears must not answer it. */
const ARMING_MS = 500;

/** Alt+Y and Alt+N decide the shown question, wherever the focus is; `request` names it, so that each is armed anew. Without `decide` no key does. */
export function usePermissionKeys(request: number, decide: ((behavior: 'allow' | 'deny') => void) | undefined): void {
  useEffect(() => {
    if (decide === undefined) return;
    const shownAtMs = performance.now();
    const onKeyDown = (event: KeyboardEvent): void => {
      // The code, not the key: with Alt held, some keyboards write another letter.
      const behavior = event.code === 'KeyY' ? 'allow' : event.code === 'KeyN' ? 'deny' : undefined;
      if (!event.altKey || event.ctrlKey || event.metaKey || behavior === undefined) return;
      event.preventDefault();
      if (!event.repeat && performance.now() - shownAtMs >= ARMING_MS) decide(behavior);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [request, decide]);
}
