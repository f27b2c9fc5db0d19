import { expect, test } from 'vitest';
import { type Access, type Origin, type Place, placeOf, settlePlaces } from './place.ts';

const place = (path: string, access: Access, by: Origin): Place => ({ path, access, by, isFolder: true });

/** What may be done at each of these paths. */
function accessAt(said: Place[], ...paths: string[]): (Access | undefined)[] {
  const places = settlePlaces(said);
  return paths.map((path) => placeOf(places, path)?.access);
}

const workspace = place('/w', 'write', 'workspace');

test('nothing is seen of what nobody named', () => {
  expect(accessAt([workspace], '/w', '/w/a/b', '/wide', '/', '/etc')).toEqual([
    'write',
    'write',
    undefined,
    undefined,
    undefined,
  ]);
});

test('the deepest place counts', () => {
  const said = [workspace, place('/w/secret', 'none', 'secret'), place('/w/secret/open', 'read', 'allowRead')];
  expect(accessAt(said, '/w/a', '/w/secret/a', '/w/secret/open/a')).toEqual(['write', 'none', 'read']);
});

test('at one place what denies wins over what allows, and settings over lists', () => {
  expect(accessAt([place('/a', 'read', 'allowRead'), place('/a', 'none', 'denyRead')], '/a')).toEqual(['none']);
  expect(accessAt([place('/a', 'write', 'allowWrite'), place('/a', 'read', 'denyWrite')], '/a')).toEqual(['read']);
  expect(accessAt([place('/a', 'read', 'allowRead'), place('/a', 'none', 'secret')], '/a')).toEqual(['read']);
  expect(accessAt([workspace, place('/w/.git', 'read', 'protected')], '/w/.git')).toEqual(['read']);
  expect(accessAt([workspace, place('/w', 'none', 'secret')], '/w')).toEqual(['none']);
});

test('to be allowed to read a working folder takes nothing from it', () => {
  expect(accessAt([workspace, place('/w', 'read', 'allowRead')], '/w/a')).toEqual(['write']);
});

test('what is ours stays hidden, whatever lies in it is opened', () => {
  const said = [workspace, place('/w/data', 'none', 'own'), place('/w/data/a', 'write', 'allowWrite')];
  expect(accessAt(said, '/w/data', '/w/data/a/b')).toEqual(['none', 'none']);
});

test('denyWrite holds for all below it', () => {
  const said = [place('/s', 'read', 'denyWrite'), place('/s/w', 'write', 'workspace')];
  expect(accessAt(said, '/s/w/a')).toEqual(['read']);
});

test('denyRead takes tools below it away, but neither the workspace nor what settings allow', () => {
  const said = [
    place('/h', 'none', 'denyRead'),
    place('/h/tool', 'read', 'tools'),
    place('/h/w', 'write', 'workspace'),
    place('/h/data', 'read', 'allowRead'),
  ];
  expect(accessAt(said, '/h/tool/a', '/h/w/a', '/h/data/a')).toEqual(['none', 'write', 'read']);
});

test('the private home folder stands back where the real one may be seen', () => {
  const home: Place = { ...place('/h', 'write', 'private'), source: '/session/home' };
  expect(placeOf(settlePlaces([home]), '/h/a')?.source).toBe('/session/home');
  expect(placeOf(settlePlaces([home, place('/', 'read', 'allowRead')]), '/h/a')?.source).toBeUndefined();
});

test('outer places come first', () => {
  const said = [place('/w/a/b', 'read', 'protected'), workspace, place('/w/a', 'none', 'denyRead')];
  expect(settlePlaces(said).map(({ path }) => path)).toEqual(['/w', '/w/a', '/w/a/b']);
});
