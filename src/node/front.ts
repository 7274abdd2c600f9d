import type { Clock, Randomness } from '../base/ports.ts';
import type { Log } from '../sandbox/log.ts';
import type { Agents } from './agents.ts';
import type { AllOutputs } from './all-outputs.ts';
import type { FactFeed } from './badge-test.ts';
import type { Bridge } from './broker/bridge.ts';
import type { NodeBroker } from './broker/node-broker.ts';
import { bridgeOf } from './broker/start-bridge.ts';
import type { Config } from './config.ts';
import { ControlServer } from './control.ts';
import { controlHandlers } from './control-handlers.ts';
import type { Health } from './health.ts';
import type { LiveConfig } from './live-config.ts';
import { NextCards } from './next-card.ts';
import { readersOf, watchReaders } from './node-devices.ts';
import type { Outputs } from './outputs.ts';
import { Presentations } from './presentations.ts';
import { Reloader } from './reload.ts';
import type { Signal } from './signal.ts';
import type { Space } from './space.ts';
import type { WiegandFeed } from './wiegand-feed.ts';
import type { Wires } from './wires.ts';

interface FrontParts {
  readonly version: string;
  readonly folder: string;
  /** As it was at the start. */
  readonly config: Config;
  readonly live: LiveConfig;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Reads and checks `blockmesh.toml` anew. */
  readonly read: () => Config;
}

/** What stands before a node begins to listen. */
interface FrontNeeds {
  readonly space: Space;
  readonly broker: NodeBroker;
  /** Lines of the pins process alone. */
  readonly pins: Outputs;
  /** All outputs of the board. */
  readonly outputs: AllOutputs;
  readonly agents: Agents;
  readonly facts: FactFeed;
  readonly wires: Wires;
  readonly wiegand: WiegandFeed;
  readonly committed: Signal;
  readonly health: Health;
}

/**
 * Starts all by which others reach a node, in order: MQTT, readers, the configuration, and the control socket last, so
 * that whoever is answered finds everything running.
 * @param stops gets, for each that has started, what stops it.
 */
export async function startFront(
  parts: FrontParts,
  needs: FrontNeeds,
  stops: (() => Promise<void>)[],
  onBridge: (bridge: Bridge) => void,
): Promise<Reloader> {
  const { space, broker, agents, wires, wiegand, pins } = needs;
  const { base } = parts.live.now.broker;
  const { bridge, commands } = bridgeOf({ ...parts, ...needs, base });
  onBridge(bridge);
  stops.push(() => bridge.stop());
  bridge.start();

  const presentations = new Presentations();
  const nextCards = new NextCards();
  const sources = { wiegand, mqtt: broker.links };
  const readers = readersOf(parts, space, presentations, nextCards, agents, sources);
  stops.push(() => readers.stop());
  await readers.start();
  const watch = watchReaders(parts, readers, wires);
  stops.push(async () => watch.stop());

  const reloader = new Reloader({ ...parts, space, outputs: pins, wires, readers, watch });
  stops.push(() => reloader.stop());

  const ending = new AbortController();
  const heard = { presentations, nextCards, readers, reloader, commands };
  const handlers = controlHandlers({ ...parts, ...needs, ...heard, ending: ending.signal });
  const control = new ControlServer(parts.live.now.control.socket, handlers, parts.log);
  stops.push(async () => {
    // Whoever waits for news would keep this process from ending.
    ending.abort();
    needs.facts.close();
    presentations.close();
    await control.stop();
  });
  await control.start();
  return reloader;
}
