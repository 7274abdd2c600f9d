import type { Clock, Randomness } from '../base/ports.ts';
import type { PinsOutputEvent } from '../devices/pins/events.ts';
import type { Log } from '../sandbox/log.ts';
import type { Agents } from './agents.ts';
import type { Config } from './config.ts';
import type { NextCards } from './next-card.ts';
import { Outputs } from './outputs.ts';
import type { Presentations } from './presentations.ts';
import { Readers } from './readers.ts';
import type { Recovery } from './recovery.ts';
import type { Space } from './space.ts';
import type { WiegandFeed } from './wiegand-feed.ts';

interface DeviceParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

/** The readers of this board; what is held to them goes to whoever waits for it, and to the agents. */
export function readersOf(
  { config, clock, randomness, log }: DeviceParts,
  { badgeKeys }: Space,
  presentations: Presentations,
  nextCards: NextCards,
  agents: Agents,
  wiegand: WiegandFeed,
): Readers {
  return new Readers({
    config,
    badgeKeys,
    clock,
    randomness,
    log,
    wiegand,
    onBadge: (reader, payload) => {
      // A card that is about to be enrolled opens nothing: no agent hears of it.
      if (nextCards.take(reader, payload)) return;
      void agents.event(`badge/${reader}`, presentations.publish(reader, payload));
    },
  });
}

/** The outputs of this board, their pulses in the log and, where nobody else tells of them, in the ledger. */
export function outputsOf(
  { config, clock, randomness, log }: DeviceParts,
  recovery: Recovery,
  wiegand: WiegandFeed,
): Outputs {
  return new Outputs({
    socketPath: config.pins.socket,
    clock,
    randomness,
    log,
    onConnected: async (pins) => {
      await recovery.run(pins);
      wiegand.connected(true);
    },
    onLost: () => wiegand.connected(false),
    onEvent: (event) => {
      wiegand.heard(event);
      if (event.type !== 'output') return;
      logPulse(event, log);
      if (event.end !== undefined) void recovery.ended(event.id);
    },
    onDoubt: (pulse) => void recovery.adopt(pulse),
  });
}

function logPulse({ output, id, atNs, end }: PinsOutputEvent, log: Log): void {
  const fields = { output, pulse: id, atNs: atNs.toString() };
  if (end === undefined) log.info(fields, 'output on');
  else log.info({ ...fields, end }, 'output off');
}
