import { join } from 'node:path';
import { CodedError } from '../base/errors.ts';
import { type Contract, startContract } from '../sandbox/contract.ts';
import { compileEntryCheck, type EntryCheck } from '../sandbox/entry-check.ts';
import type { Log } from '../sandbox/log.ts';
import { loadManifest, type Manifest } from '../sandbox/manifest.ts';
import type { Runner } from '../sandbox/runner.ts';

/** A dapp whose contract runs. */
export interface Dapp {
  readonly manifest: Manifest;
  readonly folder: string;
  readonly check: EntryCheck;
  readonly contract: Contract;
}

/** The dapps of this node, by name. */
export class Dapps {
  readonly #dapps: ReadonlyMap<string, Dapp>;

  constructor(dapps: readonly Dapp[]) {
    this.#dapps = new Map(dapps.map((dapp) => [dapp.manifest.name, dapp]));
  }

  find(name: string): Dapp | undefined {
    return this.#dapps.get(name);
  }

  /** @throws no_dapp. */
  get(name: string): Dapp {
    const dapp = this.find(name);
    if (dapp === undefined) throw new CodedError('no_dapp', `no dapp ${name} is installed`, { fields: { dapp: name } });
    return dapp;
  }

  all(): readonly Dapp[] {
    return [...this.#dapps.values()];
  }

  /** Names of those whose contract does not run now. */
  down(): readonly string[] {
    return this.all()
      .filter(({ contract }) => !contract.isUp)
      .map(({ manifest }) => manifest.name);
  }

  async stop(): Promise<void> {
    await Promise.all(this.all().map((dapp) => dapp.contract.stop()));
  }
}

/**
 * Starts the contracts of the named dapps, each from its folder below `dappsFolder`. One that does not start is tried
 * again by itself: its entries wait, and the node goes on.
 */
export async function startDapps(
  names: readonly string[],
  dappsFolder: string,
  branch: string,
  runner: Runner,
  log: Log,
): Promise<Dapps> {
  const starts = await Promise.allSettled(
    names.map(async (name): Promise<Dapp> => {
      const folder = join(dappsFolder, name);
      const manifest = await loadManifest(folder);
      const contract = await startContract({ manifest, folder, runner, branch, log, isPatient: true });
      return { manifest, folder, check: compileEntryCheck(manifest), contract };
    }),
  );
  const dapps = new Dapps(starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : [])));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed === undefined) return dapps;
  // What does run would keep this process from ending.
  await dapps.stop();
  throw failed.reason;
}
