import { createHash, timingSafeEqual } from 'node:crypto';

export const DRIVERS = ['esp-rfid', 'tasmota', 'esphome', 'shelly', 'homeassistant', 'generic'] as const;
export type Driver = (typeof DRIVERS)[number];

/** A device that may connect, as the ledger has it. */
export interface Device {
  readonly driver: Driver;
  /** Where its driver has its topics. */
  readonly topic: string;
  /** Whether it may come without TLS over the interface of `[broker.plain]`. */
  readonly plain: boolean;
  readonly secret: Secret;
}

/** A password's salt and SHA-256(salt ‖ password), both in hex. Our passwords are random: no slow hash is needed. */
export interface Secret {
  readonly salt: string;
  readonly hash: string;
}

/** The devices of the ledger, as they are now. */
export interface DeviceBook {
  find(name: string): Device | null;
}

/** Takes the place of an unknown device's, so that the answer takes as long. */
const NOBODY: Secret = { salt: '', hash: '0'.repeat(64) };

export function hashPassword(salt: string, password: Uint8Array | string): string {
  return createHash('sha256').update(Buffer.from(salt, 'hex')).update(password).digest('hex');
}

export function isPassword(device: Device | null, password: Uint8Array | undefined): boolean {
  const { salt, hash } = device?.secret ?? NOBODY;
  const given = Buffer.from(hashPassword(salt, password ?? ''), 'hex');
  const wanted = Buffer.from(hash, 'hex');
  return given.length === wanted.length && timingSafeEqual(given, wanted) && device !== null;
}
