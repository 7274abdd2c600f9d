import type { Clock, Randomness } from '../base/ports.ts';
import type { PinsOutputEvent } from '../devices/pins/events.ts';
import type { Log } from '../sandbox/log.ts';
import type { Runner } from '../sandbox/runner.ts';
import { Agents } from './agents.ts';
import type { AllOutputs } from './all-outputs.ts';
import { BadgeLanes } from './badge-lanes.ts';
import type { FactFeed } from './badge-test.ts';
import type { LiveConfig } from './live-config.ts';
import type { MessageBus } from './message-bus.ts';
import type { NextCards } from './next-card.ts';
import { Outputs } from './outputs.ts';
import { alignLines } from './pins-lines.ts';
import type { Presentations } from './presentations.ts';
import type { ReaderSources } from './reader-drivers.ts';
import { ReaderWatch } from './reader-watch.ts';
import { Readers } from './readers.ts';
import type { Recovery } from './recovery.ts';
import type { Space } from './space.ts';
import type { WiegandFeed } from './wiegand-feed.ts';
import type { Wires } from './wires.ts';

interface DeviceParts {
  readonly live: LiveConfig;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

interface AgentNeeds {
  readonly space: Space;
  readonly outputs: AllOutputs;
  readonly facts: FactFeed;
  readonly bus: MessageBus;
  readonly recovery: Recovery;
  readonly wires: Wires;
}

/** The agents of this board; one that has started again is told how its wires are. */
export function agentsOf(
  { live, runner, log }: DeviceParts & { readonly runner: Runner },
  { space, outputs, facts, bus, recovery, wires }: AgentNeeds,
): Promise<Agents> {
  return Agents.start({
    space,
    outputs,
    runner,
    clock: space.clock,
    log,
    bus,
    topicBase: live.now.broker.base,
    onUp: () => wires.retell(),
    onFact: (fact) => facts.publish(fact),
    onOrphan: (pulse) => void recovery.adopt(pulse),
  });
}

/** The readers of this board; what is held to them goes to whoever waits for it, and to the agents. */
export function readersOf(
  { live, clock, randomness, log }: DeviceParts,
  { badgeKeys }: Space,
  presentations: Presentations,
  nextCards: NextCards,
  agents: Agents,
  sources: ReaderSources,
): Readers {
  const lanes = new BadgeLanes(clock, log);
  return new Readers({
    config: live.now,
    badgeKeys,
    clock,
    randomness,
    log,
    ...sources,
    onBadge: (reader, payload) => {
      // A card that is about to be enrolled opens nothing: no agent hears of it.
      if (nextCards.take(reader, payload)) return;
      const published = presentations.publish(reader, payload);
      lanes.take(reader, () => agents.event(`badge/${reader}`, published));
    },
  });
}

/** Tells the agents which readers are lost or babble. */
export function watchReaders({ clock }: DeviceParts, readers: Readers, wires: Wires): ReaderWatch {
  const watch = new ReaderWatch({
    clock,
    describe: () => readers.describe(),
    onState: (reader, state) => wires.readerIs(reader, state),
  });
  watch.start();
  return watch;
}

interface OutputNeeds {
  readonly recovery: Recovery;
  readonly wires: Wires;
  readonly wiegand: WiegandFeed;
  /** The pins process came or went. */
  readonly onDrivable: () => void;
}

/** The outputs of this board, their pulses in the log and, where nobody else tells of them, in the ledger. */
export function outputsOf(
  { live, clock, randomness, log }: DeviceParts,
  { recovery, wires, wiegand, onDrivable }: OutputNeeds,
): Outputs {
  return new Outputs({
    socketPath: live.now.pins.socket,
    clock,
    randomness,
    log,
    onConnected: async (pins) => {
      await alignLines(pins, live.now, log);
      await recovery.run(pins);
      await wires.connected(pins);
      wiegand.connected(true);
    },
    onLost: () => {
      recovery.lost();
      wires.lost();
      wiegand.connected(false);
    },
    onEvent: (event) => {
      wires.heard(event);
      wiegand.heard(event);
      if (event.type !== 'output') return;
      logPulse(event, log);
      recovery.heard(event);
      if (event.end !== undefined) void recovery.ended(event.id);
    },
    onDoubt: (pulse) => void recovery.adopt(pulse),
    onDrivable,
  });
}

export function logPulse({ output, id, atNs, end }: PinsOutputEvent, log: Log): void {
  const fields = { output, pulse: id, atNs: atNs.toString() };
  if (end === undefined) log.info(fields, 'output on');
  else log.info({ ...fields, end }, 'output off');
}
