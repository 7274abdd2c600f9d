import type { Clock, Randomness } from '../base/ports.ts';
import { idText } from '../format/ids.ts';
import type { Log } from '../sandbox/log.ts';
import type { Runner } from '../sandbox/runner.ts';
import type { Agents } from './agents.ts';
import { AllOutputs } from './all-outputs.ts';
import { announceDevices, announceReturn } from './announce.ts';
import { FactFeed } from './badge-test.ts';
import type { Bridge } from './broker/bridge.ts';
import { NodeBroker } from './broker/node-broker.ts';
import type { Config } from './config.ts';
import { once } from './ending.ts';
import { startFront } from './front.ts';
import { Health } from './health.ts';
import { healthChecks } from './health-checks.ts';
import { LiveConfig } from './live-config.ts';
import { agentsOf, outputsOf } from './node-devices.ts';
import { readConfig } from './read-config.ts';
import { Recovery } from './recovery.ts';
import { relaysOf } from './relays.ts';
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

/** A node that runs. */
export interface RunningNode {
  readonly health: Health;
  /** Reads `blockmesh.toml` anew and takes it up as a whole, or says in the log why not. */
  reload(): Promise<void>;
  /** Stops in the reverse order of the start. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Constructs everything once and starts it in order: ledger and contracts; the MQTT broker; pins process, and what it
 * did while we were gone; agents; and all by which others reach it (`startFront`).
 */
export async function startNode(given: NodeParts): Promise<RunningNode> {
  const parts = { ...given, live: new LiveConfig(given.config), read: () => readConfig(given.folder) };
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

    const onReturn = () => told?.start();
    const mqtt = new NodeBroker({ ...parts, config: config.broker, space, clock: space.clock, onReturn });
    broker = mqtt;
    stops.push(() => mqtt.stop());
    mqtt.start();

    const wiegand = new WiegandFeed();
    const recovery = new Recovery(space, log);
    const wires = new Wires({
      ...parts,
      tell: async (topic, payload) => (await agents?.event(topic, payload)) ?? true,
    });
    const onDrivable = () => told?.drivableChanged();
    const pins = outputsOf(parts, { recovery, wires, wiegand, onDrivable });
    const relays = relaysOf({ ...parts, broker: mqtt, wires, onDrivable });
    const outputs = new AllOutputs(pins, relays, parts.randomness);
    stops.push(() => outputs.stop());
    await pins.start();

    const facts = new FactFeed();
    const running = await agentsOf(parts, { space, outputs, facts, bus: mqtt, recovery, wires });
    agents = running;
    stops.push(() => running.stop());
    stops.push(async () => wires.stop());
    wires.retell();

    const { live } = parts;
    const health = new Health(
      healthChecks({ space, pins, agents: running, broker: mqtt, live, clock: parts.clock }),
      parts.clock,
    );
    const front = { space, health, broker: mqtt, pins, outputs, agents: running, facts, wires, wiegand, committed };
    const reloader = await startFront(parts, front, stops, (bridge) => {
      told = bridge;
    });
    log.info({ mesh: idText(space.mesh), socket: config.control.socket }, 'node running');
    return { health, stop, reload: () => reloader.tried() };
  } catch (error) {
    await stop();
    throw error;
  }
}
