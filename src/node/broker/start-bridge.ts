import type { Log } from '../../sandbox/log.ts';
import type { Agents } from '../agents.ts';
import type { AllOutputs } from '../all-outputs.ts';
import type { Space } from '../space.ts';
import { Bridge } from './bridge.ts';
import { DoorCommands } from './door-commands.ts';
import type { NodeBroker } from './node-broker.ts';

interface BridgeNeeds {
  readonly broker: NodeBroker;
  readonly base: string;
  readonly version: string;
  readonly space: Space;
  readonly agents: Agents;
  readonly outputs: AllOutputs;
  readonly log: Log;
}

/** The doors of this board on MQTT, and what is asked of them there. */
export function bridgeOf({ broker, base, version, space, agents, outputs, log }: BridgeNeeds) {
  const commands = new DoorCommands({
    agents,
    useNonce: (nonce, expires, nowMs) => broker.useNonce(nonce, expires, nowMs),
    clock: space.clock,
    log,
    onRefused: (refusal) => bridge.event(refusal),
  });
  const bridge = new Bridge({
    publish: (topic, payload, options) => broker.publish(topic, payload, options),
    retained: (filter) => broker.retained(filter),
    subscribe: (filter, hear) => broker.subscribe(filter, hear),
    base,
    version,
    space,
    log,
    isDrivable: (output) => outputs.isDrivable(output),
    onCommand: (door, message) => void commands.take(door, message),
  });
  return { bridge, commands };
}
