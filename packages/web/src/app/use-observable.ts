import { useSyncExternalStore } from 'react';
import type { Observable } from '../observable.ts';

/** The value of an observable; renders again when it is replaced. */
export function useObservable<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.get);
}

/** A part of an observable; renders again only when that part changes. `select` must give equal parts for equal values: plain words and numbers. */
export function useSelected<T, Part extends string | number | boolean | undefined>(
  observable: Observable<T>,
  select: (value: T) => Part,
): Part {
  return useSyncExternalStore(observable.subscribe, () => select(observable.get()));
}
