import type { Json, JsonObject } from '../base/json.ts';
import { LOG_WAIT_MS_MAX } from '../base/limits.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import type { Log } from '../sandbox/log.ts';
import type { Agents } from './agents.ts';
import type { AllOutputs } from './all-outputs.ts';
import { type FactFeed, testBadge } from './badge-test.ts';
import type { DoorCommands } from './broker/door-commands.ts';
import type { NodeBroker } from './broker/node-broker.ts';
import type { Config } from './config.ts';
import type { ControlHandler } from './control.ts';
import { openDoorBy } from './door-open.ts';
import { untilEnd } from './ending.ts';
import type { Health } from './health.ts';
import type { LiveConfig } from './live-config.ts';
import { enrolNext, type NextCards } from './next-card.ts';
import { OPERATIONS } from './operations/operations.ts';
import { runOperation } from './operations/run-operation.ts';
import type { Presentations } from './presentations.ts';
import type { Readers } from './readers.ts';
import type { Reloader } from './reload.ts';
import type { Signal } from './signal.ts';
import type { Space } from './space.ts';
import type { Wires } from './wires.ts';

/** The parts of a running node that the control socket reaches. */
export interface ControlParts {
  readonly folder: string;
  readonly config: Pick<Config, 'control'>;
  readonly live: LiveConfig;
  readonly reloader: Reloader;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly space: Space;
  readonly agents: Agents;
  readonly facts: FactFeed;
  readonly presentations: Presentations;
  readonly nextCards: NextCards;
  readonly log: Log;
  readonly outputs: AllOutputs;
  readonly wires: Wires;
  readonly readers: Readers;
  readonly broker: NodeBroker;
  readonly commands: DoorCommands;
  readonly committed: Signal;
  readonly health: Health;
  /** The node stops. */
  readonly ending: AbortSignal;
}

/** What the control socket answers: the operations of a space, and what only a running node can tell or do. */
export function controlHandlers(parts: ControlParts): Readonly<Record<string, ControlHandler>> {
  const { folder, space, randomness, outputs, wires, readers } = parts;
  const operations = { ...OPERATIONS, 'door.open': openDoorBy(parts.agents) };
  const shared = Object.entries(operations).map(([name, operation]): [string, ControlHandler] => [
    name,
    untilEnd(parts.ending, (params, progress) =>
      runOperation(operation, folder, { space, randomness, progress }, params),
    ),
  ]);
  return {
    ...Object.fromEntries(shared),
    'node.status': async () => ({
      pins: outputs.isConnected ? 'connected' : 'offline',
      outputs: (await outputs.list()).map((output) => ({ ...output })),
      ...wires.describe(),
      readers: readers.describe(),
      broker: { ...(await parts.broker.describe()), commands: parts.commands.counts },
      uptimeMs: Math.round(process.uptime() * 1000),
    }),
    'node.health': () => parts.health.look(),
    'badge.next': (params, progress, gone) =>
      untilEnd(parts.ending, () => enrolNext(parts, params, gone))(params, progress),
    'badge.test': untilEnd(parts.ending, (params) => testBadge(parts, params)),
    'config.reload': untilEnd(parts.ending, ({ dryRun }) => parts.reloader.run(dryRun === true)),
    'log.follow': (params) => followLog(parts, params),
  };
}

/** As `log.read` from a cursor, but waits up to LOG_WAIT_MS_MAX for something to tell. */
async function followLog(parts: ControlParts, params: JsonObject): Promise<Json> {
  const { space, randomness, committed, clock, ending } = parts;
  const read = OPERATIONS['log.read'];
  if (read === undefined) throw new RangeError('log.read is an operation');
  const context = { space, randomness, progress: () => {} };
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const leave = () => resolve();
  const cancel = clock.after(LOG_WAIT_MS_MAX, leave);
  ending.addEventListener('abort', leave);
  const news = committed.next();
  try {
    const page = await read(context, params);
    if (hasRows(page)) return page;
    await Promise.race([news, over]);
    return ending.aborted ? page : await read(context, params);
  } finally {
    cancel();
    ending.removeEventListener('abort', leave);
  }
}

function hasRows(page: Json): boolean {
  return (
    typeof page === 'object' && page !== null && 'rows' in page && Array.isArray(page.rows) && page.rows.length > 0
  );
}
