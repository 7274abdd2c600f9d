import { CodedError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { REFUSALS_TOLD_PER_MINUTE_MAX } from '../../base/limits.ts';
import type { Clock } from '../../base/ports.ts';
import { type DoorAction, readCommand, refusalOf } from '../../broker/door-command.ts';
import type { Message } from '../../broker/message.ts';
import type { Log } from '../../sandbox/log.ts';
import type { Agents } from '../agents.ts';
import type { BridgeDoor } from './bridge-doors.ts';

interface DoorCommandParts {
  readonly agents: Pick<Agents, 'request'>;
  /** Keeps a nonce, durably. @throws nonce_repeated, command_busy. */
  readonly useNonce: (nonce: string, expires: number, nowMs: number) => Promise<void>;
  /** The node's own clock, which never goes back. */
  readonly clock: Clock;
  readonly log: Log;
  /** A refusal that is to be told, at most REFUSALS_TOLD_PER_MINUTE_MAX a minute. */
  readonly onRefused: (refusal: JsonObject) => void;
}

const MINUTE_MS = 60_000;
/** What the agent of dapp `door` calls it. */
const REQUESTS: Readonly<Record<DoorAction, string>> = { open: 'open', lock: 'shut' };

/** Acts on what comes to the doors' `set`: whatever is fresh, for this door, and new goes to the door's agent. */
export class DoorCommands {
  readonly #parts: DoorCommandParts;
  #taken = 0;
  #refused = 0;
  #minute = 0;
  #toldInMinute = 0;

  constructor(parts: DoorCommandParts) {
    this.#parts = parts;
  }

  /** For `status`. */
  get counts(): { readonly taken: number; readonly refused: number } {
    return { taken: this.#taken, refused: this.#refused };
  }

  /** Resolves when the command was carried out or refused. */
  async take(door: BridgeDoor, message: Message): Promise<void> {
    const { agents, useNonce, clock, log } = this.#parts;
    const fields = { door: door.door, device: message.device };
    try {
      const now = clock.now();
      const { action, nonce, expires } = readCommand(message, { tag: door.nonceTag, now });
      await useNonce(nonce, expires, now.wallMs);
      const by = message.device === null ? 'node' : `device:${message.device}`;
      await agents.request('door', REQUESTS[action], { door: door.door, by });
      this.#taken += 1;
      log.info({ ...fields, action }, 'command from MQTT');
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#refused += 1;
      this.#tell(error, fields);
    }
  }

  /** A device that floods with bad commands fills neither the log nor the wire. */
  #tell(error: CodedError, fields: { readonly door: string; readonly device: string | null }): void {
    const { clock, log, onRefused } = this.#parts;
    const minute = Math.floor(clock.monotonicMs() / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#toldInMinute = 0;
    }
    this.#toldInMinute += 1;
    if (this.#toldInMinute > REFUSALS_TOLD_PER_MINUTE_MAX) return;
    log.warn({ ...fields, code: error.code }, `command from MQTT refused: ${error.message}`);
    onRefused(refusalOf(fields.door, fields.device, error));
  }
}
