import { join } from 'node:path';
import type { Json, JsonObject } from '../base/json.ts';
import { LOG_WAIT_MS_MAX } from '../base/limits.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import type { PinsEvent } from '../devices/pins/protocol.ts';
import { idText } from '../format/ids.ts';
import type { Log } from '../sandbox/log.ts';
import type { Runner } from '../sandbox/runner.ts';
import { readText } from '../store/files.ts';
import { Agents } from './agents.ts';
import { announceDevices } from './announce.ts';
import { FactFeed, testBadge } from './badge-test.ts';
import { type Config, parseConfig } from './config.ts';
import { type ControlHandler, ControlServer } from './control.ts';
import { OPERATIONS } from './operations.ts';
import { Outputs } from './outputs.ts';
import { Readers } from './readers.ts';
import { Recovery } from './recovery.ts';
import { Signal } from './signal.ts';
import { openSpace, type Space } from './space.ts';

export interface NodeParts {
  readonly folder: string;
  readonly dappsFolder: string;
  readonly config: Config;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly boot: Uint8Array;
  readonly runner: Runner;
  readonly log: Log;
}

/** @throws file_missing, and the codes of `parseConfig`. */
export function readConfig(folder: string): Config {
  const path = join(folder, 'blockmesh.toml');
  return parseConfig(readText(path), path, folder);
}

/** A node that runs. */
export interface RunningNode {
  /** Stops in the reverse order of the start. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Constructs everything once and starts it in order: ledger and contracts; pins process, and what it did while we
 * were gone; agents; readers; the control socket last, so that whoever is answered finds everything running.
 */
export async function startNode(parts: NodeParts): Promise<RunningNode> {
  const { config, clock, randomness, runner, log } = parts;
  const stops: (() => Promise<void>)[] = [];
  const stop = once(async () => {
    for (const step of stops.reverse()) await step();
  });
  try {
    const committed = new Signal();
    let agents: Agents | null = null;
    const space = await openSpace({
      ...parts,
      onCommit: (changed) => {
        agents?.changed(changed);
        committed.fire();
      },
    });
    stops.push(() => space.close());
    await space.fold.settled();
    announceDevices(space, config);

    const recovery = new Recovery(space, log);
    const outputs = new Outputs({
      socketPath: config.pins.socket,
      clock,
      randomness,
      log,
      onConnected: (pins) => recovery.run(pins),
      onEvent: (event) => {
        logPulse(event, log);
        if (event.end !== undefined) void recovery.ended(event.id);
      },
    });
    stops.push(() => outputs.stop());
    await outputs.start();

    const facts = new FactFeed();
    const running = await Agents.start({ space, outputs, runner, clock, log, onFact: (fact) => facts.publish(fact) });
    agents = running;
    stops.push(() => running.stop());

    const readers = new Readers({
      config,
      badgeKeys: space.badgeKeys,
      clock,
      randomness,
      log,
      onBadge: (reader, payload) => void running.event(`badge/${reader}`, payload),
    });
    stops.push(() => readers.stop());
    await readers.start();

    const control = new ControlServer(
      config.control.socket,
      controlHandlers({ ...parts, space, facts, outputs, readers, committed }),
      log,
    );
    stops.push(() => control.stop());
    await control.start();
    log.info({ mesh: idText(space.mesh), socket: config.control.socket }, 'node running');
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function logPulse({ output, id, atNs, end }: PinsEvent, log: Log): void {
  const fields = { output, pulse: id, atNs: atNs.toString() };
  if (end === undefined) log.info(fields, 'output on');
  else log.info({ ...fields, end }, 'output off');
}

interface ControlParts extends NodeParts {
  readonly space: Space;
  readonly facts: FactFeed;
  readonly outputs: Outputs;
  readonly readers: Readers;
  readonly committed: Signal;
}

function controlHandlers(parts: ControlParts): Readonly<Record<string, ControlHandler>> {
  const { space, randomness, outputs, readers } = parts;
  const shared = Object.entries(OPERATIONS).map(([name, operation]): [string, ControlHandler] => [
    name,
    (params, progress) => operation({ space, randomness, progress }, params),
  ]);
  return {
    ...Object.fromEntries(shared),
    'node.status': async () => ({
      pins: outputs.isConnected ? 'connected' : 'offline',
      outputs: outputs.isConnected ? (await outputs.list()).map((output) => ({ ...output })) : [],
      readers: readers.describe(),
      uptimeMs: Math.round(process.uptime() * 1000),
    }),
    'badge.test': (params) => testBadge(parts, params),
    'log.follow': (params) => followLog(parts, params),
  };
}

/** As `log.read` from a cursor, but waits up to LOG_WAIT_MS_MAX for something to tell. */
async function followLog({ space, randomness, committed, clock }: ControlParts, params: JsonObject): Promise<Json> {
  const read = OPERATIONS['log.read'];
  if (read === undefined) throw new RangeError('log.read is an operation');
  const context = { space, randomness, progress: () => {} };
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(LOG_WAIT_MS_MAX, resolve);
  const news = committed.next();
  try {
    const page = await read(context, params);
    if (hasRows(page)) return page;
    await Promise.race([news, over]);
    return await read(context, params);
  } finally {
    cancel();
  }
}

function hasRows(page: Json): boolean {
  return (
    typeof page === 'object' && page !== null && 'rows' in page && Array.isArray(page.rows) && page.rows.length > 0
  );
}

function once(task: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | null = null;
  return () => {
    result ??= task();
    return result;
  };
}
