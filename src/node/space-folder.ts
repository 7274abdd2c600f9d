import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';

/** Where in the folder of a space its ledger is. */
export function ledgerPath(folder: string): string {
  return join(folder, 'ledger.db');
}

/** @throws space_missing when `init` has made nothing in `folder`. */
export function requireSpace(folder: string): void {
  const path = ledgerPath(folder);
  try {
    statSync(path);
    return;
  } catch (cause) {
    const code = codeOf(cause);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw new CodedError('space_unreadable', `cannot look into ${folder}: ${messageOf(cause)}`, {
        cause,
        fields: { folder },
        advice: 'Run this as the user of the node.',
      });
    }
  }
  throw new CodedError('space_missing', `there is no space in ${folder}`, {
    fields: { folder },
    advice: 'Make one with `blockmesh init`, or name its folder with --folder.',
  });
}
