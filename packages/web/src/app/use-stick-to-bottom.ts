import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/** A distance from the end that still counts as being there. */
const NEAR_PX = 40;

/**
 * Keeps a scrolled element at its end while its content grows, unless the person has scrolled away from it.
 * `jump` goes back to the end and stays there.
 */
export function useStickToBottom(): {
  scrollRef: RefObject<HTMLDivElement | null>;
  contentRef: RefObject<HTMLDivElement | null>;
  isAtBottom: boolean;
  jump: () => void;
} {
  const scrollRef = useRef<HTMLDivElement>(null);
  const contentRef = useRef<HTMLDivElement>(null);
  const sticks = useRef(true);
  const [isAtBottom, setAtBottom] = useState(true);

  const jump = useCallback(() => {
    const element = scrollRef.current;
    sticks.current = true;
    setAtBottom(true);
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, []);

  useEffect(() => {
    const element = scrollRef.current;
    const content = contentRef.current;
    if (element === null || content === null) return;
    let lastTop = element.scrollTop;

    const onScroll = (): void => {
      const distance = element.scrollHeight - element.clientHeight - element.scrollTop;
      // Only a movement upwards leaves the end: content that grows below does not.
      if (element.scrollTop < lastTop - 1 && distance > 4) sticks.current = false;
      else if (distance < NEAR_PX) sticks.current = true;
      lastTop = element.scrollTop;
      setAtBottom(sticks.current || distance < NEAR_PX);
    };
    const observer = new ResizeObserver(() => {
      if (sticks.current) element.scrollTop = element.scrollHeight;
    });
    element.addEventListener('scroll', onScroll, { passive: true });
    observer.observe(content);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', onScroll);
      observer.disconnect();
    };
  }, []);

  return { scrollRef, contentRef, isAtBottom, jump };
}
