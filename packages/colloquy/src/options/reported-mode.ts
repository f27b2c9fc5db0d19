import type { PermissionMode } from '../messages.ts';
import type { PermissionModeInput } from './permissions.ts';

/** The mode as messages report it: those of the official SDK as they are, ours as `default`. */
export function reportedMode(mode: PermissionModeInput): PermissionMode {
  switch (mode) {
    case 'askForEdits':
    case 'readOnly':
    case 'strict':
      return 'default';
    default:
      return mode;
  }
}
