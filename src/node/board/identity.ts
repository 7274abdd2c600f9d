import { existsSync } from 'node:fs';
import { toHex } from '../../base/bytes.ts';
import { CodedError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { Randomness } from '../../base/ports.ts';
import { readText, writeFileDurably } from '../../store/files.ts';

/** Who this board is: drawn at its first start, and kept until it is reset. */
export interface Identity {
  /** As systemd wants it in /etc/machine-id: 32 hex digits. */
  readonly machineId: string;
  /** Unless the card names it otherwise. */
  readonly hostName: string;
}

const MACHINE_ID_BYTES = 16;
const HOST_NAME_BYTES = 3;
const HOST_NAME = /^blockmesh-[0-9a-f]{6}$/;
const MACHINE_ID = /^[0-9a-f]{32}$/;

/**
 * The identity in `path`, made there when it is not. One that cannot be read is never replaced by itself: others know
 * this board by it.
 * @throws identity_damaged; file_unwritable, file_unreadable.
 */
export function identityIn(path: string, randomness: Randomness): Identity {
  if (existsSync(path)) return parse(readText(path), path);
  const identity = {
    machineId: toHex(randomness.bytes(MACHINE_ID_BYTES)),
    hostName: `blockmesh-${toHex(randomness.bytes(HOST_NAME_BYTES))}`,
  };
  writeFileDurably(path, `${JSON.stringify(identity)}\n`, 0o644);
  return identity;
}

function parse(text: string, path: string): Identity {
  const damaged = (cause?: unknown) =>
    new CodedError('identity_damaged', `${path} is not what this board wrote`, {
      cause,
      fields: { path },
      advice: 'Remove it for a new name and id; the keys of SSH and of the space stay.',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(cause);
  }
  if (!isJsonObject(value)) throw damaged();
  const { machineId, hostName } = value;
  if (typeof machineId !== 'string' || !MACHINE_ID.test(machineId)) throw damaged();
  if (typeof hostName !== 'string' || !HOST_NAME.test(hostName)) throw damaged();
  return { machineId, hostName };
}
