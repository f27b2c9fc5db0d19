import { expect, test } from 'vitest';
import { dataFolder } from './data-folder.ts';

test('COLLOQUY_HOME comes before everything', () => {
  expect(dataFolder({ COLLOQUY_HOME: '/srv/x/../colloquy', HOME: '/home/a', XDG_DATA_HOME: '/data' }, 'linux')).toBe(
    '/srv/colloquy',
  );
  expect(dataFolder({ COLLOQUY_HOME: '', HOME: '/home/a' }, 'linux')).toBe('/home/a/.local/share/colloquy');
});

test('each platform has its own place for application data', () => {
  expect(dataFolder({ HOME: '/home/a', XDG_DATA_HOME: '/data' }, 'linux')).toBe('/data/colloquy');
  expect(dataFolder({ HOME: '/home/a', XDG_DATA_HOME: 'relative' }, 'freebsd')).toBe('/home/a/.local/share/colloquy');
  expect(dataFolder({ HOME: '/Users/a' }, 'darwin')).toBe('/Users/a/Library/Application Support/colloquy');
  expect(dataFolder({ LOCALAPPDATA: 'C:\\Users\\a\\AppData\\Local' }, 'win32')).toBe(
    'C:\\Users\\a\\AppData\\Local\\colloquy',
  );
  expect(dataFolder({ USERPROFILE: 'C:\\Users\\a' }, 'win32')).toBe('C:\\Users\\a\\AppData\\Local\\colloquy');
});
