import { accessSync, constants } from 'node:fs';
import { CodedError, messageOf } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { FOLD_STILL_MS_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import type { Agents } from './agents.ts';
import type { NodeBroker } from './broker/node-broker.ts';
import type { Check } from './health.ts';
import type { LiveConfig } from './live-config.ts';
import type { Outputs } from './outputs.ts';
import type { Space } from './space.ts';
import { ledgerPath } from './space-folder.ts';

export interface HealthNeeds {
  readonly space: Pick<Space, 'folder' | 'blocks' | 'journal' | 'fold' | 'writer' | 'dapps' | 'disk'>;
  readonly pins: Pick<Outputs, 'list'>;
  readonly agents: Pick<Agents, 'down'>;
  readonly broker: Pick<NodeBroker, 'describe'>;
  readonly live: LiveConfig;
  readonly clock: Clock;
}

/** What a node of a board has to be able to do, in the words of `blockmesh health`. */
export function healthChecks(needs: HealthNeeds): readonly Check[] {
  const { space, pins, agents, broker, live } = needs;
  return [
    { part: 'ledger', isVital: true, look: () => space.writer.probe() },
    { part: 'fold', isVital: true, look: foldLook(needs) },
    { part: 'disk', isVital: false, look: () => lookAtDisk(space) },
    {
      part: 'dapps',
      isVital: false,
      look: () => refuseSome('dapp_down', [...new Set([...space.dapps.down(), ...agents.down()])]),
    },
    {
      part: 'pins',
      isVital: false,
      look: async () => {
        if (usesPins(live)) await pins.list();
      },
    },
    {
      part: 'broker',
      isVital: false,
      look: async () => {
        const fault = brokerFault(await broker.describe());
        if (fault !== null) throw new CodedError('broker_down', fault);
      },
    },
  ];
}

/**
 * The fold is current, or moves. It may stand still for as long as a task holds it or the disk refuses it; entries of a
 * dapp that is down wait beside it and hold nothing up.
 */
function foldLook({ space, clock }: HealthNeeds): () => void {
  const { blocks, journal, fold } = space;
  let still: { readonly at: number; readonly sinceMs: number } | null = null;
  return () => {
    const at = journal.foldedTo();
    if (fold.isPaused || at === blocks.counts().blocks) {
      still = null;
      return;
    }
    const nowMs = clock.monotonicMs();
    if (still?.at !== at) still = { at, sinceMs: nowMs };
    if (nowMs - still.sinceMs < FOLD_STILL_MS_MAX) return;
    throw new CodedError('fold_stuck', `nothing has been played since block ${at}`, { fields: { arrival: at } });
  };
}

/** A disk that is full or read-only is nothing that a new start mends; doors go on meanwhile. */
function lookAtDisk({ folder, disk }: HealthNeeds['space']): void {
  try {
    accessSync(ledgerPath(folder), constants.W_OK);
  } catch (cause) {
    throw new CodedError('disk_read_only', `the ledger cannot be written: ${messageOf(cause)}`, { cause });
  }
  disk.refuseWhenLow('what is no fact and no denial');
}

/** Why it does not serve devices. An interface of `[broker.plain]` may come and go: that is no fault of ours. */
function brokerFault({ enabled, fault, listeners }: JsonObject): string | null {
  if (enabled !== true) return null;
  if (typeof fault === 'string') return fault;
  const ways = ((Array.isArray(listeners) ? listeners : []) as readonly JsonObject[]).filter(
    ({ way }) => way !== 'plain',
  );
  if (!ways.some(({ way }) => way === 'tls')) return 'it does not listen with TLS yet';
  const deaf = ways.find(({ isListening }) => isListening !== true);
  return deaf === undefined ? null : `port ${deaf.port}: ${deaf.fault ?? 'it does not listen yet'}`;
}

function refuseSome(code: string, names: readonly string[]): void {
  if (names.length > 0) throw new CodedError(code, `${names.join(', ')} does not run; it is started again`);
}

/** A board whose readers and relays are all on the network needs no pins process. */
function usesPins({ now }: LiveConfig): boolean {
  const { output, input, reader } = now;
  const isEmpty = (devices: object) => Object.keys(devices).length === 0;
  return !isEmpty(output) || !isEmpty(input) || Object.values(reader).some(({ driver }) => driver === 'wiegand');
}
