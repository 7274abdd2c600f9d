import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../src/base/ports.ts';
import { initSpace } from '../../src/node/init.ts';
import { openSpace, type Space } from '../../src/node/space.ts';
import { bootId, systemClock, systemRandomness } from '../../src/node/system.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { configOf, RELEASE } from './bench-space.ts';
import { DOORS } from './growth-history.ts';

/** The history's time begins here, and each look at the clock is a while later: a million entries take months. */
const HISTORY_BEGINS_MS = Date.UTC(2025, 5, 1);
const HISTORY_STEP_MS = 10_000;

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A clock that moves when it is looked at, from `startMs` on; timers are real. */
export function historyClock(startMs: number): Clock {
  const real = systemClock('trusted');
  let wallMs = Math.max(startMs, HISTORY_BEGINS_MS);
  return {
    ...real,
    now() {
      wallMs += HISTORY_STEP_MS;
      return { wallMs, quality: 'synced' };
    },
  };
}

function partsOf(folder: string, clock: Clock) {
  return {
    folder,
    dappsFolder: join(RELEASE, 'dapps'),
    clock,
    randomness: systemRandomness,
    boot: bootId(),
    runner: createProcessRunner({ path: `${dirname(process.execPath)}:/usr/bin:/bin` }),
    log: quiet,
  };
}

/** Founds a space with the doors of the history, to be run by a node later. */
export async function foundSpace(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'blockmesh.toml'), configOf(DOORS, 'warn'));
  await initSpace({
    ...partsOf(folder, historyClock(0)),
    dapps: ['membership', 'door'],
    spaceName: 'Growth',
    founderName: 'Ada',
    nodeName: 'bench',
    founderKey: { keyFile: `${folder}.founder.json` },
    configExample: join(RELEASE, 'src/node/blockmesh.example.toml'),
  });
}

export async function openAt(folder: string, clock: Clock): Promise<Space> {
  return await openSpace(partsOf(folder, clock));
}
