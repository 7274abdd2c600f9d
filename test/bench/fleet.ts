import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/base/json.ts';
import { readEnvironment } from '../../src/cli/environment.ts';
import { openSession, type Session } from '../../src/cli/session.ts';
import { type BenchSpace, RELEASE } from './bench-space.ts';

/** What the devices have done since they began, and the times of their last second. */
export interface FleetCount {
  readonly sent: number;
  readonly acknowledged: number;
  readonly echoed: number;
  readonly lost: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Many devices at the broker of a space, in a process of their own. */
export class Fleet {
  readonly port: number;
  readonly #space: BenchSpace;
  readonly #log: string;

  private constructor(space: BenchSpace, port: number) {
    this.#space = space;
    this.port = port;
    this.#log = space.log('fleet');
  }

  /** Adds the devices, starts them, and resolves when all are connected. The node runs. */
  static async start(space: BenchSpace, devices: number, rate: number): Promise<Fleet> {
    const session = await openSession(space.folder, readEnvironment(process.env));
    try {
      const passwords: Record<string, string> = {};
      for (let at = 0; at < devices; at += 1) {
        const added = (await session.call('device.add', { device: `d${at}`, driver: 'generic' })) as JsonObject;
        passwords[`d${at}`] = String(added.password);
      }
      const [ca, list] = ['ca.pem', 'devices.json'].map((name) => join(space.folder, name));
      const fleet = new Fleet(space, await portOf(session, space));
      writeFileSync(ca ?? '', String(((await session.call('device.ca', {})) as JsonObject).certificate));
      writeFileSync(list ?? '', JSON.stringify(passwords));
      const main = join(RELEASE, 'test/bench/fleet-main.ts');
      const words = [String(fleet.port), ca ?? '', list ?? '', String(rate)];
      space.programs.start('the fleet', [process.execPath, main, ...words], fleet.#log);
      await space.programs.until('the fleet to connect', () => fleet.#lines().length > 0);
      return fleet;
    } finally {
      await session.close();
    }
  }

  /** The newest line; at least one second after the start. */
  async count(): Promise<FleetCount> {
    await this.#space.programs.until('the fleet to say how it does', () => this.#lines().length > 1);
    return JSON.parse(this.#lines().at(-1) ?? '{}') as FleetCount;
  }

  #lines(): readonly string[] {
    return readFileSync(this.#log, 'utf8')
      .trim()
      .split('\n')
      .filter((line) => line !== '');
  }
}

async function portOf(session: Session, space: BenchSpace): Promise<number> {
  let port = 0;
  await space.programs.until('the broker to listen', async () => {
    const { broker } = (await session.call('node.status', {})) as { readonly broker: { listeners: JsonObject[] } };
    const tls = broker.listeners.find(({ way, isListening }) => way === 'tls' && isListening === true);
    port = Number(tls?.port ?? 0);
    return port > 0;
  });
  return port;
}
