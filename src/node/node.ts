import { join } from 'node:path';
import type { Clock, Randomness } from '../base/ports.ts';
import { idText } from '../format/ids.ts';
import type { Log } from '../sandbox/log.ts';
import type { Runner } from '../sandbox/runner.ts';
import { readText } from '../store/files.ts';
import type { Agents } from './agents.ts';
import { announceDevices, announceReturn } from './announce.ts';
import { FactFeed } from './badge-test.ts';
import type { Bridge } from './broker/bridge.ts';
import { NodeBroker } from './broker/node-broker.ts';
import { bridgeOf } from './broker/start-bridge.ts';
import { type Config, parseConfig } from './config.ts';
import { ControlServer } from './control.ts';
import { type ControlParts, controlHandlers } from './control-handlers.ts';
import { once } from './ending.ts';
import { LiveConfig } from './live-config.ts';
import { NextCards } from './next-card.ts';
import { agentsOf, outputsOf, readersOf, watchReaders } from './node-devices.ts';
import { Presentations } from './presentations.ts';
import { Recovery } from './recovery.ts';
import { Reloader } from './reload.ts';
import { Signal } from './signal.ts';
import { openSpace } from './space.ts';
import { WiegandFeed } from './wiegand-feed.ts';
import { Wires } from './wires.ts';

export interface NodeParts {
  /** Of this release. */
  readonly version: string;
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
  /** Reads `blockmesh.toml` anew and takes it up as a whole, or says in the log why not. */
  reload(): Promise<void>;
  /** Stops in the reverse order of the start. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Constructs everything once and starts it in order: ledger and contracts; the MQTT broker; pins process, and what it
 * did while we were gone; agents; the doors on MQTT; readers; the control socket last, so that whoever is answered finds everything running.
 */
export async function startNode(given: NodeParts): Promise<RunningNode> {
  const parts = { ...given, live: new LiveConfig(given.config) };
  const { config, log } = parts;
  const stops: (() => Promise<void>)[] = [];
  const stop = once(async () => {
    for (const step of stops.reverse()) await step();
  });
  try {
    const committed = new Signal();
    let agents: Agents | null = null;
    let broker: NodeBroker | null = null;
    let told: Bridge | null = null;
    const space = await openSpace({
      ...parts,
      onCommit: (changed) => {
        agents?.changed(changed);
        broker?.changed(changed);
        told?.changed(changed);
        committed.fire();
      },
    });
    stops.push(() => space.close());
    await announceReturn(space, parts.boot);
    await announceDevices(space, config);
    await space.fold.settled();

    const mqtt = new NodeBroker({ ...parts, config: config.broker, space, clock: space.clock });
    broker = mqtt;
    stops.push(() => mqtt.stop());
    await mqtt.start();

    const wiegand = new WiegandFeed();
    const recovery = new Recovery(space, log);
    const wires = new Wires({
      ...parts,
      tell: async (topic, payload) => (await agents?.event(topic, payload)) ?? true,
    });
    const outputs = outputsOf(parts, { recovery, wires, wiegand, onDrivable: () => told?.drivableChanged() });
    stops.push(() => outputs.stop());
    await outputs.start();

    const facts = new FactFeed();
    const presentations = new Presentations();
    const nextCards = new NextCards();
    const running = await agentsOf(parts, { space, outputs, facts, bus: mqtt, recovery, wires });
    agents = running;
    stops.push(() => running.stop());
    stops.push(async () => wires.stop());
    wires.retell();

    const base = config.broker.base;
    const { bridge, commands } = bridgeOf({ ...parts, broker: mqtt, base, space, agents: running, outputs });
    told = bridge;
    stops.push(() => bridge.stop());
    await bridge.start();

    const readers = readersOf(parts, space, presentations, nextCards, running, wiegand);
    stops.push(() => readers.stop());
    await readers.start();
    const watch = watchReaders(parts, readers, wires);
    stops.push(async () => watch.stop());

    const devices = { space, outputs, wires, readers };
    const reloader = new Reloader({ ...parts, ...devices, watch, read: () => readConfig(parts.folder) });
    stops.push(() => reloader.stop());
    const heard = { agents: running, facts, presentations, nextCards, committed };
    await startControl({ ...parts, ...devices, ...heard, reloader, broker: mqtt, commands }, stops);
    log.info({ mesh: idText(space.mesh), socket: config.control.socket }, 'node running');
    return { stop, reload: () => reloader.tried() };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startControl(parts: Omit<ControlParts, 'ending'>, stops: (() => Promise<void>)[]): Promise<void> {
  const ending = new AbortController();
  const handlers = controlHandlers({ ...parts, ending: ending.signal });
  const control = new ControlServer(parts.config.control.socket, handlers, parts.log);
  stops.push(async () => {
    // Whoever waits for news would keep this process from ending.
    ending.abort();
    parts.facts.close();
    parts.presentations.close();
    await control.stop();
  });
  await control.start();
}
