import { useEffect } from 'react';

/** Runs something at Escape, unless the key belongs to what is open: a dialog, a popover, a menu, an input method. */
export function useEscape(isActive: boolean, run: () => void): void {
  useEffect(() => {
    if (!isActive) return;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing || event.repeat) return;
      if (event.target instanceof HTMLSelectElement || document.querySelector(':popover-open, dialog[open]') !== null)
        return;
      run();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [isActive, run]);
}
